"""Links as the company deals with them: issued for people of a campaign, and revoked.

A link is the employee's or the payee's; a dependent's number comes through the employee's. A newer link of the same
person in the same campaign takes the giving from the older ones, which then only read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from custody.calendar import start_of_day_in_japan
from custody.collection.acting import Acting, company
from custody.collection.campaign import Campaign, parse_campaign_id, read_campaign
from custody.collection.collection import Collection
from custody.collection.steps import Chosen, find_chosen
from custody.collection.taking import take
from custody.custodian import Custodian
from custody.leaves import leaves_of
from custody.rejections import Rejection, rejection
from custody.roster import MAX_ROWS
from custody.selfservice.factor import passcode_mac
from custody.selfservice.holders import Holder, holders_of
from custody.selfservice.link import Factor, Link, insert_links, links_of, save_link
from custody.selfservice.passcode import Passcode
from custody.selfservice.visit import END_VISITS_OF_LINKS
from policies.actor import Actor
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.audit.entry import Entry
from tokenizer.storage.transaction import Transaction
from tokenizer.token import Kind, digest, mint_secret

GRACE_DAYS: Final = 14
"""So many days after the campaign's deadline, and at least from its issue, something can be given."""

READS_MS: Final = 366 * 86_400_000
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class IssuedLink:
    """A new link; its secrets are shown this once and kept out of `repr`.

    Attributes:
        collection: public id of the collection it was asked for.
        link: public id of the link.
        secret: what stands behind the `#` of the address.
        passcode: told apart, in two groups of four; None where the birth date is asked for.
        gives_until: until when something can be given; milliseconds since the epoch.
    """

    collection: str
    link: str
    secret: str = field(repr=False)
    passcode: str | None = field(repr=False)
    gives_until: int


@dataclass(frozen=True, slots=True)
class IssuedLinks:
    """The links of many people, in the order asked for, and the rows without one."""

    links: list[IssuedLink]
    rejections: list[Rejection] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RevokedLinks:
    """How many links were revoked, and the rows that named no collection."""

    count: int
    rejections: list[Rejection] = field(default_factory=list)


async def issue_links(
    custodian: Custodian,
    actor: Actor,
    campaign_id: str,
    chosen: Chosen,
    factor: Factor,
    now: int,
    denial: Denied | None = None,
) -> IssuedLinks | Denied:
    """Issue links to people of a campaign. Earlier links of theirs in it give no more.

    Args:
        custodian: what the use case works with.
        actor: an administrator, a handler or a client.
        campaign_id: public id of the campaign.
        chosen: at most 10,000 of its collections; a dependent's stands for the link of the employee.
        factor: what the people have to know besides.
        now: milliseconds since the epoch.
        denial: why nobody can be given one, if so.
    """
    acting = company(actor)

    def work(tx: Transaction) -> IssuedLinks | Denied:
        campaign = read_campaign(tx, custodian.authority, actor.tenant, parse_campaign_id(campaign_id) or 0)
        if campaign is None:
            return denied("campaign-unknown")
        rejected: dict[int, Rejection] = {}
        found = find_chosen(tx, custodian, actor.tenant, chosen, rejected)
        for row in [row for row, each in found.items() if each.campaign != campaign.id]:
            found.pop(row)
            rejected[row] = rejection(row, "COLLECTION_UNKNOWN")
        wanted = _wanted(tx, actor.tenant, found, factor, rejected)
        links = _mint(tx, custodian, acting, campaign, wanted, factor, now)
        return IssuedLinks(links, [rejected[row] for row in sorted(rejected)])

    return await take(custodian, acting, Action.LINK_ISSUE, denial or _refuse_shape(chosen), now, work)


def mint_link(
    tx: Transaction, custodian: Custodian, acting: Acting, collection: Collection, factor: Factor, now: int
) -> IssuedLink | Denied:
    """Issue one link, in a transaction that has locked the tenant's log; refused before anything is written.

    Args:
        tx: the transaction.
        custodian: what the use case works with.
        acting: the company, or the program that sends what the company ordered.
        collection: whose number is wanted; a dependent's stands for the link of the employee.
        factor: what the person has to know besides.
        now: milliseconds since the epoch.
    """
    campaign = read_campaign(tx, custodian.authority, collection.tenant, collection.campaign)
    if campaign is None:
        return denied("campaign-unknown")
    rejected: dict[int, Rejection] = {}
    wanted = _wanted(tx, collection.tenant, {0: collection}, factor, rejected)
    if rejected:
        return denied("link-not-possible", rejected[0].message_ja, rejected[0].message_en)
    return _mint(tx, custodian, acting, campaign, wanted, factor, now)[0]


async def revoke_links(custodian: Custodian, actor: Actor, chosen: Chosen, now: int) -> RevokedLinks | Denied:
    """Revoke every link of people: none opens any more, visits end at once.

    Args:
        custodian: what the use case works with.
        actor: an administrator, a handler or a client.
        chosen: at most 10,000 collections.
        now: milliseconds since the epoch.
    """
    acting = company(actor)

    def work(tx: Transaction) -> RevokedLinks:
        rejected: dict[int, Rejection] = {}
        found = find_chosen(tx, custodian, actor.tenant, chosen, rejected)
        holders = holders_of(tx, actor.tenant, list(found.values()))
        theirs = {(found[row].campaign, holder.id) for row, holder in _by_row(found, holders).items()}
        persons = list(dict.fromkeys(person for _, person in theirs))
        doomed = [
            each
            for each in links_of(tx, custodian.authority, actor.tenant, persons)
            if (each.campaign, each.person) in theirs and not each.revoked_at
        ]
        for each in doomed:
            save_link(tx, custodian.authority, replace(each, revoked_at=now))
        END_VISITS_OF_LINKS(tx, actor.tenant, [each.id for each in doomed])
        _record(tx, custodian, acting, Action.LINK_REVOKE, doomed, now)
        return RevokedLinks(len(doomed), [rejected[row] for row in sorted(rejected)])

    return await take(custodian, acting, Action.LINK_REVOKE, _refuse_shape(chosen), now, work)


def _refuse_shape(chosen: Chosen) -> Denied | None:
    if not chosen.lengths_agree():
        return denied("columns-differ")
    return denied("too-many-rows") if len(chosen) > MAX_ROWS else None


def _by_row(found: dict[int, Collection], holders: Sequence[Holder | None]) -> dict[int, Holder]:
    return {row: holder for row, holder in zip(found, holders, strict=True) if holder is not None}


def _wanted(
    tx: Transaction, tenant: int, found: dict[int, Collection], factor: Factor, rejected: dict[int, Rejection]
) -> list[tuple[Collection, Holder]]:
    """The collections a link is minted for, each of another holder; the other rows are rejected."""
    wanted: dict[int, tuple[Collection, Holder]] = {}
    holders = _by_row(found, holders_of(tx, tenant, list(found.values())))
    for row, collection in found.items():
        holder = holders.get(row)
        if holder is None:
            rejected[row] = rejection(row, "EMPLOYEE_UNKNOWN")
        elif factor is Factor.BIRTH_DATE and not holder.birth_date:
            rejected[row] = rejection(row, "BIRTH_DATE_MISSING")
        elif holder.id in wanted:
            rejected[row] = rejection(row, "LINK_SHARED")
        else:
            wanted[holder.id] = collection, holder
    return list(wanted.values())


def _mint(
    tx: Transaction,
    custodian: Custodian,
    acting: Acting,
    campaign: Campaign,
    wanted: Sequence[tuple[Collection, Holder]],
    factor: Factor,
    now: int,
) -> list[IssuedLink]:
    authority, random_bytes = custodian.authority, custodian.random_bytes
    told = _supersede(tx, custodian, campaign, [holder.id for _, holder in wanted], now)
    links, issued = [], []
    for identity, (collection, holder) in zip(custodian.vault.new_ids(len(wanted), now), wanted, strict=True):
        secret = mint_secret(Kind.LINK, campaign.tenant, random_bytes)
        passcode = Passcode.draw(random_bytes) if factor is Factor.PASSCODE else ""
        link = Link(
            campaign.tenant,
            identity,
            digest(secret),
            campaign.id,
            holder.id,
            factor,
            passcode_mac(authority, campaign.tenant, identity, passcode) if passcode else b"",
            0,
            acting.actor.name if acting.actor else "",
            now,
            _gives_until(campaign, now),
            now + READS_MS,
            told.get(holder.id, 0),
        )
        shown = Passcode.show(passcode) if passcode else None
        issued.append(IssuedLink(collection.public_id, link.public_id, secret, shown, link.gives_until))
        links.append(link)
    insert_links(tx, authority, links)
    _record(tx, custodian, acting, Action.LINK_ISSUE, links, now)
    return issued


def _supersede(
    tx: Transaction, custodian: Custodian, campaign: Campaign, persons: Sequence[int], now: int
) -> dict[int, int]:
    """Take the giving from older links of a campaign; says who acknowledged its notice already, and when."""
    told: dict[int, int] = {}
    for each in links_of(tx, custodian.authority, campaign.tenant, persons):
        if each.campaign != campaign.id:
            continue
        told[each.person] = max(told.get(each.person, 0), each.told_at)
        if each.gives(now):
            save_link(tx, custodian.authority, replace(each, gives_until=now - 1))
    return told


def _gives_until(campaign: Campaign, now: int) -> int:
    last = date.fromisoformat(campaign.deadline) + timedelta(days=GRACE_DAYS + 1)
    wanted = max(start_of_day_in_japan(last) - 1, now + GRACE_DAYS * _DAY_MS)
    return min(wanted, now + READS_MS)


def _record(
    tx: Transaction, custodian: Custodian, acting: Acting, action: Action, links: Sequence[Link], now: int
) -> None:
    if not links:
        return

    def say(likeness: tuple[str, int, str]) -> Entry:
        link, campaign, factor = likeness
        return acting.says(action, now, {"link": link, "campaign": f"cmp_{campaign}", "factor": factor})

    alike = [(each.public_id, each.campaign, each.factor.value) for each in links]
    record = leaves_of([each.person for each in links], alike, say)
    custodian.vault.log(acting.tenant).append(tx, record)
