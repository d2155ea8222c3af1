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
        "SELECT :tenant, kind, subject, :day, :amount FROM (SELECT 'client' AS kind, CAST(:client AS TEXT) AS subject "
        "UNION ALL SELECT 'human', :human UNION ALL SELECT 'purpose', :purpose) AS asked WHERE subject IS NOT NULL "
        "ON CONFLICT (tenant_id, kind, subject, day) DO UPDATE SET released = quota_usage.released + :amount "
        "WHERE quota_usage.released + :amount <= CASE quota_usage.kind WHEN 'client' THEN :client_limit "
        "WHEN 'human' THEN :human_limit ELSE :purpose_limit END RETURNING kind"
    )
)
_GIVE_BACK: Final = Statement(
    text(
        "UPDATE quota_usage SET released = released - :amount "
        "WHERE tenant_id = :tenant AND kind = :kind AND subject = :subject AND day = :day"
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
    tenant, client, human, purpose, amount = withdrawal
    subjects = {"client": client, "human": human, "purpose": purpose}
    place = {"tenant": tenant, "day": (now + _JAPAN_MS) // _DAY_MS, "amount": amount}
    limits = {
        "client_limit": quotas.client,
        "human_limit": quotas.human,
        "purpose_limit": quotas.purpose,
    }
    taken = {kind for (kind,) in tx.all(_TAKE, {**place, **subjects, **limits})}
    # The first release of a day finds no row whose sum could be compared.
    full = [
        kind
        for kind, subject in subjects.items()
        if subject is not None and (amount > limits[f"{kind}_limit"] or kind not in taken)
    ]
    if not full:
        return None
    for kind in taken:
        tx.run(_GIVE_BACK, {**place, "kind": kind, "subject": subjects[kind]})
    return f"quota-{full[0]}"
