"""A contract's end (解約): who asked for it, who approved it, from which day on, and how far it has come.

    (none) --request--> requested --approve--> approved --the day after its last--> ending --erased--> ended
                            └─────── withdraw ─────┘ (no row again; the log keeps it)

There is one row for each tenant whose contract ends, and it stays when everything else is gone: it says whose word it
was, and holds the digest of the key by which the certificates are fetched. The row is stamped.
"""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

import orjson
from sqlalchemy import BigInteger, LargeBinary, Text, bindparam, delete, or_, select, update
from sqlmodel import Field, SQLModel

from tokenizer.crypto.authority import Authority
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction


class EndState(StrEnum):
    """How far the end of a contract has come."""

    REQUESTED = "requested"
    APPROVED = "approved"
    ENDING = "ending"
    ENDED = "ended"


class ContractEndRow(SQLModel, table=True):
    """The end of a tenant's contract. `stamp` is a MAC over the row: everything of the tenant is erased for it."""

    __tablename__ = "contract_end"

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    state: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    ends_on: str = Field(sa_type=Text, description="the last day of the contract in Japan, ISO 8601")
    requested_by: str = Field(sa_type=Text)
    requested_name: str = Field(sa_type=Text, description="of the human; the account is erased")
    requested_at: int = Field(sa_type=BigInteger)
    approved_by: str = Field(sa_type=Text)
    approved_name: str = Field(sa_type=Text)
    approved_at: int = Field(sa_type=BigInteger)
    key_digest: bytes = Field(sa_type=LargeBinary, description="of the certificate key, SHA-256")
    began_at: int = Field(sa_type=BigInteger, description="when nobody could enter any more")
    run_id: int = Field(sa_type=BigInteger, description="the disposal of the numbers, 0 until it is made")
    erased: str = Field(sa_type=Text, description="JSON: rows erased by table")
    ended_at: int = Field(sa_type=BigInteger)
    ended_leaf: int = Field(sa_type=BigInteger, description="where in the log it stands that it is over")
    stamp: bytes = Field(sa_type=LargeBinary)


CONTRACT_END: Final = table_of(ContractEndRow)
_THIS: Final = CONTRACT_END.c.tenant_id == bindparam("tenant")
_READ: Final = Statement(select(CONTRACT_END).where(_THIS))
_LOCK: Final = Statement(select(CONTRACT_END).where(_THIS).with_for_update())
_DROP: Final = Statement(delete(CONTRACT_END).where(_THIS))
_CHANGING: Final = tuple(column.name for column in CONTRACT_END.columns if not column.primary_key)
_SAVE: Final = Statement(
    update(CONTRACT_END).where(_THIS).values({name: bindparam(f"new_{name}") for name in _CHANGING})
)
_CLOSED: Final = Statement(
    select(CONTRACT_END.c.tenant_id).where(
        _THIS,
        or_(*(CONTRACT_END.c.state == state.value for state in (EndState.ENDING, EndState.ENDED))),
    )
)


@dataclass(frozen=True, slots=True)
class ContractEnd:
    """The end of one tenant's contract. Days are ISO 8601; times are milliseconds, 0 as long as it has not happened.

    Attributes:
        ends_on: the last day on which the tenant uses the vault.
        erased: JSON text, rows erased so far by table; `counts` reads it.
    """

    tenant: int
    state: EndState
    reason: str
    ends_on: str
    requested_by: str
    requested_name: str
    requested_at: int
    approved_by: str = ""
    approved_name: str = ""
    approved_at: int = 0
    key_digest: bytes = field(default=b"", repr=False)
    began_at: int = 0
    run: int = 0
    erased: str = "{}"
    ended_at: int = 0
    ended_leaf: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """Rows erased so far, by table."""
        found: dict[str, int] = orjson.loads(self.erased)
        return found

    @property
    def digest(self) -> str:
        """What a human approves: SHA-256, in hex, over one line of JSON.

        ["warifu-contract-end-1",<tenant>,"<ends on>","<reason>","<requested by>",<requested at>]
        """
        said = [self.tenant, self.ends_on, self.reason, self.requested_by, self.requested_at]
        return sha256(orjson.dumps(["warifu-contract-end-1", *said])).hexdigest()

    @property
    def is_closed(self) -> bool:
        """Whether nobody of the tenant can enter any more."""
        return self.state in {EndState.ENDING, EndState.ENDED}


def more_erased(end: ContractEnd, counts: Mapping[str, int]) -> str:
    """The JSON text of what is erased once this is erased as well."""
    total = end.counts
    for table, count in counts.items():
        if count:
            total[table] = total.get(table, 0) + count
    return orjson.dumps(total, option=orjson.OPT_SORT_KEYS).decode()


def read_end(tx: Transaction, authority: Authority, tenant: int, *, lock: bool = False) -> ContractEnd | None:
    """The end of a tenant's contract, if somebody asked for it; `lock` holds its row.

    Raises:
        SealBrokenError: the row was altered.
    """
    row = tx.one(_LOCK if lock else _READ, {"tenant": tenant})
    if row is None:
        return None
    authority.check("contract_end", row[:-1], row[-1])
    identity, state, *rest = row[:-1]
    return ContractEnd(identity, EndState(state), *rest)


def is_closed(tx: Transaction, tenant: int) -> bool:
    """Whether a tenant's contract is over. The row is not checked: whoever writes it can only shut the door."""
    return tx.one(_CLOSED, {"tenant": tenant}) is not None


def insert_end(tx: Transaction, authority: Authority, end: ContractEnd) -> None:
    """Write the end of a contract that nobody has asked for yet.

    Raises:
        Conflict: somebody has.
    """
    values = _values(end)
    tx.insert(ContractEndRow, [(*values, authority.stamp("contract_end", values))])


def save_end(tx: Transaction, authority: Authority, end: ContractEnd) -> ContractEnd:
    """Write how far it has come."""
    values = _values(end)
    stamped = (*values[1:], authority.stamp("contract_end", values))
    changes: dict[str, Any] = {f"new_{name}": value for name, value in zip(_CHANGING, stamped, strict=True)}
    tx.run(_SAVE, {"tenant": end.tenant, **changes})
    return end


def drop_end(tx: Transaction, end: ContractEnd) -> None:
    """Take back that a contract ends."""
    tx.run(_DROP, {"tenant": end.tenant})


def _values(end: ContractEnd) -> Row:
    tenant, state, *rest = astuple(end)
    return (tenant, state.value, *rest)
