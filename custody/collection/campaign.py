"""Campaigns (収集): for which purposes a company asks people for their numbers, with which documents, until when.

The row is stamped: its purposes are what persons are told of in its name.
"""

import re
from dataclasses import astuple, dataclass
from typing import Final

from sqlalchemy import BigInteger, Integer, LargeBinary, Text, bindparam, select, update
from sqlmodel import Field, SQLModel

from tokenizer.crypto.authority import Authority
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction

_PUBLIC_ID: Final = re.compile(r"cmp_([0-9]{1,18})", re.ASCII)


class CampaignRow(SQLModel, table=True):
    """A campaign of a tenant."""

    __tablename__ = "campaign"

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    campaign_id: int = Field(primary_key=True, sa_type=BigInteger)
    name: str = Field(sa_type=Text)
    purposes: str = Field(sa_type=Text, description="codes of purposes, with spaces between")
    documents: str = Field(sa_type=Text, description="codes of wanted documents, with spaces between")
    deadline: str = Field(sa_type=Text, description="ISO 8601")
    created_by: str = Field(sa_type=Text)
    created_at: int = Field(sa_type=BigInteger)
    closed_at: int = Field(sa_type=BigInteger, description="0 while it runs")
    papers_days: int = Field(sa_type=Integer, description="days that images are kept after a registration")
    stamp: bytes = Field(sa_type=LargeBinary)


CAMPAIGN: Final = table_of(CampaignRow)
_THIS: Final = (CAMPAIGN.c.tenant_id == bindparam("tenant"), CAMPAIGN.c.campaign_id == bindparam("campaign"))
_READ: Final = Statement(select(CAMPAIGN).where(*_THIS))
_LOCK: Final = Statement(select(CAMPAIGN).where(*_THIS).with_for_update())
_CLOSE: Final = Statement(
    update(CAMPAIGN).where(*_THIS).values(closed_at=bindparam("new_closed_at"), stamp=bindparam("new_stamp"))
)


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign; times are milliseconds since the epoch, `closed_at` 0 while it runs, `deadline` ISO 8601.

    Attributes:
        papers_days: so many days images of papers are kept after a number is registered; 0 destroys them with it.
    """

    tenant: int
    id: int
    name: str
    purposes: tuple[str, ...]
    documents: tuple[str, ...]
    deadline: str
    created_by: str
    created_at: int
    closed_at: int = 0
    papers_days: int = 0

    @property
    def public_id(self) -> str:
        """The id the API and the audit log name it by."""
        return f"cmp_{self.id}"


def parse_campaign_id(public_id: str) -> int | None:
    """The id behind a public id; None if it is none of ours."""
    found = _PUBLIC_ID.fullmatch(public_id)
    return int(found[1]) if found else None


def insert_campaign(tx: Transaction, authority: Authority, campaign: Campaign) -> None:
    """Write a campaign that is not there."""
    values = _values(campaign)
    tx.insert(CampaignRow, [(*values, authority.stamp("campaign", _stamped(values)))])


def read_campaign(
    tx: Transaction, authority: Authority, tenant: int, campaign: int, *, lock: bool = False
) -> Campaign | None:
    """Read a campaign; `lock` holds its row until the transaction ends.

    Raises:
        SealBrokenError: the row was altered.
    """
    row = tx.one(_LOCK if lock else _READ, {"tenant": tenant, "campaign": campaign})
    return campaign_of(authority, row) if row else None


def save_closed(tx: Transaction, authority: Authority, campaign: Campaign) -> Campaign:
    """Write when a campaign was closed."""
    place = {"tenant": campaign.tenant, "campaign": campaign.id}
    stamp = authority.stamp("campaign", _stamped(_values(campaign)))
    tx.run(_CLOSE, {**place, "new_closed_at": campaign.closed_at, "new_stamp": stamp})
    return campaign


def campaign_of(authority: Authority, row: Row) -> Campaign:
    """A campaign from a row of the table, in its column order.

    Raises:
        SealBrokenError: the row was altered.
    """
    authority.check("campaign", _stamped(row[:-1]), row[-1])
    tenant, identity, name, purposes, documents, *rest = row[:-1]
    return Campaign(tenant, identity, name, tuple(purposes.split()), tuple(documents.split()), *rest)


def _stamped(values: Row) -> Row:
    """What the stamp covers: how long papers are kept only where they are, so that older stamps stay good."""
    return values if values[-1] else values[:-1]


def _values(campaign: Campaign) -> Row:
    tenant, identity, name, purposes, documents, *rest = astuple(campaign)
    return (tenant, identity, name, " ".join(purposes), " ".join(documents), *rest)
