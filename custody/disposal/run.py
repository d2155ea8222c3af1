"""Disposal runs (廃棄の実行): which persons' numbers are to go, who stands behind it, and how far it has come.

    gathering --> proposed --confirm--> confirmed --approve--> approved --its day, batch by batch--> done
                     ^                      |
                     └─ the list changes ───┘          any of these but done, before the first batch --> cancelled

Two humans stand behind a run, each with a one-time code bound to the digest of the list they saw. The row is stamped.
"""

import re
from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import BigInteger, Integer, LargeBinary, Text, bindparam, delete, select, update
from sqlmodel import Field, SQLModel

from custody.certificates.facts import Kind
from tokenizer.crypto.authority import Authority
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction

_PUBLIC_ID: Final = re.compile(r"run_([0-9]{1,18})", re.ASCII)


class RunState(StrEnum):
    """How far a run has come."""

    GATHERING = "gathering"
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    APPROVED = "approved"
    DONE = "done"
    CANCELLED = "cancelled"


OPEN: Final = (RunState.GATHERING, RunState.PROPOSED, RunState.CONFIRMED, RunState.APPROVED)
"""States of a run that still has a claim on its persons: no other run lists them."""


class RunRow(SQLModel, table=True):
    """A run. `stamp` is a MAC over the row: an approved run is what numbers are destroyed for."""

    __tablename__ = "disposal_run"

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    run_id: int = Field(primary_key=True, sa_type=BigInteger)
    kind: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text, description="the words of an instruction, or empty")
    as_of: str = Field(sa_type=Text, description="the day from which it is carried out, once approved")
    proposed_by: str = Field(sa_type=Text, description="login, or empty for the scheduler")
    proposed_at: int = Field(sa_type=BigInteger)
    revision: int = Field(sa_type=Integer, description="counts changes of the list")
    digest: str = Field(sa_type=Text, description="of the list, as it was confirmed")
    confirmed_by: str = Field(sa_type=Text)
    confirmed_at: int = Field(sa_type=BigInteger)
    approved_by: str = Field(sa_type=Text)
    approved_at: int = Field(sa_type=BigInteger)
    finished_at: int = Field(sa_type=BigInteger, description="done, or cancelled")
    epoch: int = Field(sa_type=Integer, description="the newest epoch when it was done")
    extinct_by: int = Field(sa_type=BigInteger)
    extinct_at: int = Field(sa_type=BigInteger)
    listed: int = Field(sa_type=BigInteger, description="how many persons were proposed")
    disposed: int = Field(sa_type=BigInteger)
    completion_leaf: int = Field(sa_type=BigInteger, description="where in the log it stands that it is done")
    extinction_leaf: int = Field(sa_type=BigInteger, description="and that every copy is unreadable")
    stamp: bytes = Field(sa_type=LargeBinary)


RUN: Final = table_of(RunRow)
_THIS: Final = (RUN.c.tenant_id == bindparam("tenant"), RUN.c.run_id == bindparam("run"))
_READ: Final = Statement(select(RUN).where(*_THIS))
_LOCK: Final = Statement(select(RUN).where(*_THIS).with_for_update())
_CHANGING: Final = tuple(column.name for column in RUN.columns if not column.primary_key)
_SAVE: Final = Statement(
    update(RUN).where(*_THIS).values({name: bindparam(f"new_{name}") for name in _CHANGING})
)
_DROP: Final = Statement(delete(RUN).where(*_THIS))
_IN_STATE: Final = Statement(
    select(RUN)
    .where(RUN.c.tenant_id == bindparam("tenant"), RUN.c.state == bindparam("state"))
    .order_by(RUN.c.run_id)
)


@dataclass(frozen=True, slots=True)
class Run:
    """One run. Days are ISO 8601; times are milliseconds since the epoch, 0 as long as it has not happened."""

    tenant: int
    id: int
    kind: Kind
    state: RunState
    reason: str
    as_of: str
    proposed_by: str
    proposed_at: int
    revision: int = 0
    digest: str = ""
    confirmed_by: str = ""
    confirmed_at: int = 0
    approved_by: str = ""
    approved_at: int = 0
    finished_at: int = 0
    epoch: int = 0
    extinct_by: int = 0
    extinct_at: int = 0
    listed: int = 0
    disposed: int = 0
    completion_leaf: int = 0
    extinction_leaf: int = 0

    @property
    def public_id(self) -> str:
        """The id the API and the audit log name it by."""
        return f"run_{self.id}"

    @property
    def is_open(self) -> bool:
        """Whether it still has a claim on its persons."""
        return self.state in OPEN

    @property
    def is_under_way(self) -> bool:
        """Whether numbers have been destroyed for it: what is left is carried out, and not cancelled."""
        return self.state is RunState.APPROVED and self.disposed > 0


def parse_run_id(public_id: str) -> int | None:
    """The id behind a public id; None if it is none of ours."""
    found = _PUBLIC_ID.fullmatch(public_id)
    return int(found[1]) if found else None


def insert_run(tx: Transaction, authority: Authority, run: Run) -> None:
    """Write a run that is not there."""
    values = _values(run)
    tx.insert(RunRow, [(*values, authority.stamp("disposal_run", values))])


def read_run(
    tx: Transaction, authority: Authority, tenant: int, run: int, *, lock: bool = False
) -> Run | None:
    """Read a run; `lock` holds its row until the transaction ends.

    Raises:
        SealBrokenError: the row was altered.
    """
    row = tx.one(_LOCK if lock else _READ, {"tenant": tenant, "run": run})
    return run_of(authority, row) if row else None


def runs_in_state(tx: Transaction, authority: Authority, tenant: int, state: RunState) -> list[Run]:
    """The runs of a tenant that are in a state, oldest first.

    Raises:
        SealBrokenError: a row was altered.
    """
    return [run_of(authority, row) for row in tx.all(_IN_STATE, {"tenant": tenant, "state": state.value})]


def save_run(tx: Transaction, authority: Authority, run: Run) -> Run:
    """Write how far a run has come."""
    values = _values(run)
    stamped = (*values[2:], authority.stamp("disposal_run", values))
    changes = {f"new_{name}": value for name, value in zip(_CHANGING, stamped, strict=True)}
    tx.run(_SAVE, {"tenant": run.tenant, "run": run.id, **changes})
    return run


def drop_run(tx: Transaction, run: Run) -> None:
    """Take back a run that has nobody on its list."""
    tx.run(_DROP, {"tenant": run.tenant, "run": run.id})


def run_of(authority: Authority, row: Row) -> Run:
    """A run from a row of the table, in its column order.

    Raises:
        SealBrokenError: the row was altered.
    """
    authority.check("disposal_run", row[:-1], row[-1])
    tenant, identity, kind, state, *rest = row[:-1]
    return Run(tenant, identity, Kind(kind), RunState(state), *rest)


def _values(run: Run) -> Row:
    tenant, identity, kind, state, *rest = astuple(run)
    return (tenant, identity, kind.value, state.value, *rest)
