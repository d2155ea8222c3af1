"""Quotas: how many numbers a client, a human, and a purpose may bring out in a day (Japan time).

Counted in numbers, not in requests, and taken in the transaction of the release: the conditional update is exact
however many releases run at once, on however many nodes.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import BigInteger, Integer, Text, text
from sqlmodel import Field, SQLModel

from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Transaction

_DAY_MS: Final = 86_400_000
_JAPAN_MS: Final = 9 * 3_600_000
_NO_LIMIT: Final = 2**62


class QuotaUsage(SQLModel, table=True):
    """How many numbers one subject brought out on one day."""

    __tablename__ = "quota_usage"

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    kind: str = Field(primary_key=True, sa_type=Text, description="client, human or purpose")
    subject: str = Field(primary_key=True, sa_type=Text)
    day: int = Field(primary_key=True, sa_type=Integer, description="days since 1970-01-01 in Japan")
    released: int = Field(sa_type=BigInteger)


_TAKE: Final = Statement(
    text(
        "INSERT INTO quota_usage (tenant_id, kind, subject, day, released) "
        "VALUES (:tenant, :kind, :subject, :day, :amount) "
        "ON CONFLICT (tenant_id, kind, subject, day) DO UPDATE SET released = quota_usage.released + :amount "
        "WHERE quota_usage.released + :amount <= :limit"
    )
)


@dataclass(frozen=True, slots=True)
class Quotas:
    """Numbers a day for each kind of subject."""

    client: int
    human: int
    purpose: int


class Withdrawal(NamedTuple):
    """What a release takes from its quotas.

    Attributes:
        tenant: whose quotas.
        client: name of the client, if one receives the numbers.
        human: login of the human behind the release.
        purpose: code of the purpose.
        amount: how many numbers.
    """

    tenant: int
    client: str | None
    human: str
    purpose: str
    amount: int


def take(tx: Transaction, quotas: Quotas, withdrawal: Withdrawal, now: int) -> str | None:
    """Take a release from its quotas.

    Returns:
        None, or the rule of the quota that has no room. The transaction must then not release anything; what was
        taken from the other quotas is given back.
    """
    taken: list[tuple[str, str]] = []
    for kind, subject, limit in (
        ("client", withdrawal.client, quotas.client),
        ("human", withdrawal.human, quotas.human),
        ("purpose", withdrawal.purpose, quotas.purpose),
    ):
        if subject is None:
            continue
        if withdrawal.amount > limit or not _add(
            tx, withdrawal, kind, subject, withdrawal.amount, limit, now
        ):
            for kind_taken, subject_taken in taken:
                _add(tx, withdrawal, kind_taken, subject_taken, -withdrawal.amount, _NO_LIMIT, now)
            return f"quota-{kind}"
        taken.append((kind, subject))
    return None


def _add(
    tx: Transaction, withdrawal: Withdrawal, kind: str, subject: str, amount: int, limit: int, now: int
) -> bool:
    params = {
        "tenant": withdrawal.tenant,
        "kind": kind,
        "subject": subject,
        "day": (now + _JAPAN_MS) // _DAY_MS,
        "amount": amount,
        "limit": limit,
    }
    return tx.run(_TAKE, params) == 1
