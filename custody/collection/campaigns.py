"""Campaigns as the company runs them: created, filled with people in columns, closed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from custody.calendar import day_in_japan
from custody.collection.acting import company
from custody.collection.campaign import (
    Campaign,
    insert_campaign,
    parse_campaign_id,
    read_campaign,
    save_closed,
)
from custody.collection.taking import take
from custody.custodian import Custodian, entry, one_leaf
from custody.notices import refuse_purposes
from custody.replay import Once, Replay
from policies.actor import Actor
from policies.free_text import contains_number, is_plain
from policies.identity_catalogue import load_identity_catalogue
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Transaction

MOST_PAPERS_DAYS: Final = 7 * 365 + 2
"""Seven years: no document that bears a number is kept for longer than that."""

_LONGEST: Final = 100
_FURTHEST: Final = timedelta(days=731)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a campaign is for.

    Attributes:
        name: what the company calls it.
        purposes: codes of the purposes it asks for numbers for.
        documents: codes of documents it asks for; empty for whatever the law accepts.
        deadline: the day by which people are to answer, ISO 8601.
        consented: whether the persons consent to the purposes that need it.
        papers_days: so many days images of papers are kept after a registration; 0 destroys them with it.
    """

    name: str
    purposes: frozenset[str]
    documents: frozenset[str]
    deadline: str
    consented: bool = False
    papers_days: int = 0


async def create_campaign(
    custodian: Custodian, actor: Actor, wanted: Wanted, now: int, replay: Replay | None = None
) -> Campaign | Denied:
    """Begin a campaign.

    Args:
        custodian: what the use case works with.
        actor: an administrator, a handler or a client.
        wanted: what it is for.
        now: milliseconds since the epoch.
        replay: makes the request idempotent.
    """
    denial = _refuse(custodian, wanted, now)
    once: Once[Campaign | Denied] | None = Once(replay, _to_answer, _from_answer) if replay else None

    def work(tx: Transaction) -> Campaign | Denied:
        (identity,) = custodian.vault.new_ids(1, now)
        campaign = Campaign(
            actor.tenant,
            identity,
            wanted.name.strip(),
            tuple(sorted(wanted.purposes)),
            tuple(sorted(wanted.documents)),
            wanted.deadline,
            actor.name,
            now,
            papers_days=wanted.papers_days,
        )
        insert_campaign(tx, custodian.authority, campaign)
        detail = {"campaign": campaign.public_id, "purposes": " ".join(campaign.purposes)}
        detail |= {"deadline": campaign.deadline, "papers_days": str(campaign.papers_days)}
        said = entry(actor, Action.CAMPAIGN_CREATE, now, detail=detail)
        custodian.vault.log(actor.tenant).append(tx, one_leaf(said))
        return campaign

    return await take(custodian, company(actor), Action.CAMPAIGN_CREATE, denial, now, work, once)


async def close_campaign(custodian: Custodian, actor: Actor, campaign_id: str, now: int) -> Campaign | Denied:
    """End a campaign: nobody is added to it any more; what is under way in it goes on.

    Args:
        custodian: what the use case works with.
        actor: an administrator, a handler or a client.
        campaign_id: public id of the campaign.
        now: milliseconds since the epoch.
    """

    def work(tx: Transaction) -> Campaign | Denied:
        found = open_campaign(tx, custodian, actor.tenant, campaign_id, lock=True)
        if isinstance(found, Denied):
            return found
        said = entry(actor, Action.CAMPAIGN_CLOSE, now, detail={"campaign": found.public_id})
        custodian.vault.log(actor.tenant).append(tx, one_leaf(said))
        return save_closed(tx, custodian.authority, replace(found, closed_at=now))

    return await take(custodian, company(actor), Action.CAMPAIGN_CLOSE, None, now, work)


def open_campaign(
    tx: Transaction, custodian: Custodian, tenant: int, campaign_id: str, *, lock: bool = False
) -> Campaign | Denied:
    """A campaign that runs; why there is none.

    Raises:
        SealBrokenError: the row was altered.
    """
    identity = parse_campaign_id(campaign_id) or 0
    campaign = read_campaign(tx, custodian.authority, tenant, identity, lock=lock)
    if campaign is None:
        return denied("campaign-unknown")
    return denied("campaign-closed") if campaign.closed_at else campaign


def _refuse(custodian: Custodian, wanted: Wanted, now: int) -> Denied | None:
    name, today = wanted.name.strip(), day_in_japan(now)
    fits = 0 < len(name) <= _LONGEST and is_plain(name) and not contains_number(name)
    fits = fits and wanted.documents <= _collectable() and _is_ahead(wanted.deadline, today)
    if not fits or not wanted.purposes:
        return denied("campaign-invalid")
    if not 0 <= wanted.papers_days <= MOST_PAPERS_DAYS:
        return denied("papers-days-invalid")
    return refuse_purposes(custodian.catalogue, wanted.purposes, consented=wanted.consented)


def _collectable() -> frozenset[str]:
    """The documents that may be asked for: none that never counts."""
    documents = load_identity_catalogue().documents.values()
    return frozenset(each.code for each in documents if each.refused is None)


def _is_ahead(text: str, today: date) -> bool:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return False
    return day.isoformat() == text and today <= day <= today + _FURTHEST


def _to_answer(campaign: Campaign | Denied) -> list[Any]:
    if isinstance(campaign, Denied):
        return []  # refusals are not kept
    return [
        campaign.tenant,
        campaign.id,
        campaign.name,
        campaign.purposes,
        campaign.documents,
        campaign.deadline,
        campaign.created_by,
        campaign.created_at,
        campaign.closed_at,
        campaign.papers_days,
    ]


def _from_answer(answer: Sequence[Any]) -> Campaign:
    tenant, identity, name, purposes, documents, *rest = answer
    return Campaign(tenant, identity, name, tuple(purposes), tuple(documents), *rest)
