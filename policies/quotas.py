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


_CLIENT: Final = "(:tenant, 'client', :client, :day, :amount), "


def _take(client: str) -> Statement:
    """Take from all subjects that have room, and tell their kinds."""
    return Statement(
        text(
            "INSERT INTO quota_usage (tenant_id, kind, subject, day, released) VALUES "  # noqa: S608 - constants
            f"{client}(:tenant, 'human', :human, :day, :amount), (:tenant, 'purpose', :purpose, :day, :amount) "
            "ON CONFLICT (tenant_id, kind, subject, day) DO UPDATE SET released = quota_usage.released + :amount "
            "WHERE quota_usage.released + :amount <= CASE quota_usage.kind WHEN 'client' THEN :client_limit "
            "WHEN 'human' THEN :human_limit ELSE :purpose_limit END RETURNING kind"
        )
    )


_TAKE: Final = _take("")
_TAKE_FOR_CLIENT: Final = _take(_CLIENT)
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
    subjects = {"human": human, "purpose": purpose}
    if client is not None:
        subjects = {"client": client, **subjects}
    limits = {
        "client_limit": quotas.client,
        "human_limit": quotas.human,
        "purpose_limit": quotas.purpose,
    }
    place = {"tenant": tenant, "day": (now + _JAPAN_MS) // _DAY_MS, "amount": amount}
    taken = tx.all(_TAKE if client is None else _TAKE_FOR_CLIENT, {**place, **subjects, **limits})
    kinds = [kind for (kind,) in taken]
    # The first release of a day finds no row whose sum could be compared.
    full = [kind for kind in subjects if amount > limits[f"{kind}_limit"] or kind not in kinds]
    if not full:
        return None
    for kind in kinds:
        tx.run(_GIVE_BACK, {**place, "kind": kind, "subject": subjects[kind]})
    return f"quota-{full[0]}"
