"""The tenant's choice (廃棄の方針): when numbers that have fallen due go, how long copies are kept, how early to tell.

A change reaches the persons who have left in steps, so that nobody waits behind half a million rows: `applied_to` says
how far it has come, and no run is proposed until it has reached everybody.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import BigInteger, Integer, LargeBinary, Text, bindparam, delete, select
from sqlmodel import Field, SQLModel

from policies.disposal_plan import DEFAULT_POLICY, DisposalMode, DisposalPolicy
from tokenizer.crypto.authority import Authority
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction

EVERYBODY: Final = 2**53 - 1
"""Above every person's id."""


class DisposalPolicyRow(SQLModel, table=True):
    """A tenant's choice. `stamp` is a MAC over the row: it says when numbers are destroyed."""

    __tablename__ = "disposal_policy"

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    mode: str = Field(sa_type=Text)
    month: int = Field(sa_type=Integer)
    copies_years: int = Field(sa_type=Integer)
    notice_days: int = Field(sa_type=Integer)
    applied_to: int = Field(sa_type=BigInteger, description="persons up to this id are counted by it")
    stamp: bytes = Field(sa_type=LargeBinary)


_POLICY: Final = table_of(DisposalPolicyRow)
_THIS: Final = _POLICY.c.tenant_id == bindparam("tenant")
_READ: Final = Statement(select(_POLICY).where(_THIS))
_DROP: Final = Statement(delete(_POLICY).where(_THIS))


@dataclass(frozen=True, slots=True)
class Choice:
    """What a tenant chose, and up to which person it has been applied."""

    policy: DisposalPolicy = DEFAULT_POLICY
    applied_to: int = EVERYBODY

    @property
    def is_applied(self) -> bool:
        """Whether everybody who has left is counted by it."""
        return self.applied_to == EVERYBODY


def read_choice(tx: Transaction, authority: Authority, tenant: int) -> Choice:
    """The tenant's choice; at once, seven years, thirty days where it made none.

    Raises:
        SealBrokenError: the row was altered.
    """
    row = tx.one(_READ, {"tenant": tenant})
    if row is None:
        return Choice()
    authority.check("disposal_policy", row[:-1], row[-1])
    _, mode, month, copies_years, notice_days, applied_to, _ = row
    return Choice(DisposalPolicy(DisposalMode(mode), month, copies_years, notice_days), applied_to)


def write_choice(tx: Transaction, authority: Authority, tenant: int, choice: Choice) -> None:
    """Put a choice in the place of the one before."""
    policy = choice.policy
    values: Row = (
        tenant,
        policy.mode.value,
        policy.month,
        policy.copies_years,
        policy.notice_days,
        choice.applied_to,
    )
    tx.run(_DROP, {"tenant": tenant})
    tx.insert(DisposalPolicyRow, [(*values, authority.stamp("disposal_policy", values))])
