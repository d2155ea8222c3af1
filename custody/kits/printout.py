"""Printouts (印刷): how far the kits, postcards or letters of an order are on paper.

The files lie on the server that printed them, for thirty days after they are done or until somebody says that they may
go. The row has how far it came, so that a job that was killed goes on with the next file.
"""

from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import BigInteger, Integer, Text, bindparam, delete, select
from sqlmodel import Field, SQLModel

from custody.collection.dispatch import Sending, order_public_id
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction

PER_FILE: Final = 50
"""How many kits a file has: about 280 pages, and 260 MB while it is set."""
MANIFEST: Final = "manifest.csv"
KEPT_DAYS: Final = 30

_STEMS: Final = {Sending.KIT: "kits", Sending.POSTCARD: "postcards", Sending.LINK_QR: "letters"}
PRINTABLE: Final = frozenset(_STEMS)
"""What goes out on paper."""


class PrintState(StrEnum):
    """How far it is: asked for, under way, all there, given up for a reason, files destroyed."""

    WAITING = "waiting"
    PRINTING = "printing"
    DONE = "done"
    FAILED = "failed"
    DELETED = "deleted"


OPEN: Final = frozenset({PrintState.WAITING, PrintState.PRINTING})
"""Something is still to be printed."""


class KitPrintRow(SQLModel, table=True):
    """The printing of one order. Times are 0 as long as the thing has not happened."""

    __tablename__ = "kit_print"

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    order_id: int = Field(primary_key=True, sa_type=BigInteger)
    kind: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    issued_on: str = Field(sa_type=Text, description="ISO 8601")
    deadline: str = Field(sa_type=Text, description="ISO 8601")
    papers: int = Field(sa_type=Integer, description="how many households it is for")
    printed: int = Field(sa_type=Integer, description="how many of them are in files")
    pages: int = Field(sa_type=Integer)
    files: int = Field(sa_type=Integer)
    asked_by: str = Field(sa_type=Text)
    asked_at: int = Field(sa_type=BigInteger)
    finished_at: int = Field(sa_type=BigInteger)
    delete_at: int = Field(sa_type=BigInteger)
    problem: str = Field(sa_type=Text, description="why it was given up, a fault of kits; or empty")


KIT_PRINT: Final = table_of(KitPrintRow)
_OWN: Final = KIT_PRINT.c.tenant_id == bindparam("tenant")
_THIS: Final = (_OWN, KIT_PRINT.c.order_id == bindparam("order_id"))
_READ: Final = Statement(select(KIT_PRINT).where(*_THIS))
_LOCK: Final = Statement(select(KIT_PRINT).where(*_THIS).with_for_update())
_ALL: Final = Statement(select(KIT_PRINT).where(_OWN).order_by(KIT_PRINT.c.order_id))
_DROP: Final = Statement(delete(KIT_PRINT).where(*_THIS))


@dataclass(frozen=True, slots=True)
class Printout:
    """The printing of one order; times are milliseconds since the epoch, days ISO 8601."""

    tenant: int
    order: int
    kind: Sending
    state: PrintState
    issued_on: str
    deadline: str
    papers: int
    printed: int
    pages: int
    files: int
    asked_by: str
    asked_at: int
    finished_at: int = 0
    delete_at: int = 0
    problem: str = ""

    @property
    def order_id(self) -> str:
        """The id the API and the audit log name the order by."""
        return order_public_id(self.order)

    @property
    def names(self) -> tuple[str, ...]:
        """The files that can be fetched now: none once they are destroyed; the list last, when all are there."""
        if self.state is PrintState.DELETED:
            return ()
        there = tuple(file_name(self.kind, number) for number in range(1, self.files + 1))
        return (*there, MANIFEST) if self.state is PrintState.DONE else there


def file_name(kind: Sending, number: int) -> str:
    """The name of a file, counted from one."""
    return f"{_STEMS[kind]}-{number:04}.pdf"


def read_printout(tx: Transaction, tenant: int, order: int, *, lock: bool = False) -> Printout | None:
    """The printing of an order; `lock` holds its row until the transaction ends."""
    row = tx.one(_LOCK if lock else _READ, {"tenant": tenant, "order_id": order})
    return None if row is None else _printout(row)


def printouts_of(tx: Transaction, tenant: int) -> list[Printout]:
    """Everything a tenant had printed, oldest first."""
    return [_printout(row) for row in tx.all(_ALL, {"tenant": tenant})]


def save_printout(tx: Transaction, printout: Printout) -> Printout:
    """Write how far a printing is, whether its row was there or not."""
    tx.run(_DROP, {"tenant": printout.tenant, "order_id": printout.order})
    values = astuple(printout)
    tx.insert(KitPrintRow, [tuple(value.value if isinstance(value, StrEnum) else value for value in values)])
    return printout


def _printout(row: Row) -> Printout:
    tenant, order, kind, state, *rest = row
    return Printout(tenant, order, Sending(kind), PrintState(state), *rest)
