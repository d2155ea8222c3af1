"""Somebody whom an employee adds at the door: a person of their own in the family, and a collection in the campaign."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from custody.collection.acting import Acting
from custody.collection.addition import person_row
from custody.collection.collection import Collection, Route, insert_collections
from custody.custodian import Custodian
from custody.leaves import leaves_of
from custody.people import PersonRow, known
from custody.roster import Columns, check_particulars
from custody.selfservice.household import MOST_ADDED, Household
from policies.collection import State
from policies.free_text import contains_number
from policies.purposes import PersonKind
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Transaction

_LONGEST_BASE: Final = 56
"""So much of the employee's id stands in that of the newcomer, which has 64 characters at most."""
_KINDS: Final = frozenset({PersonKind.DEPENDENT, PersonKind.SPOUSE})
_LINKS: Final = frozenset({Route.LINK_MAIL, Route.LINK_QR})


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What is said of somebody who is added; `birth_date` in ISO 8601."""

    name: str
    kana: str
    birth_date: str
    kind: PersonKind


def check_newcomer(name: str, kana: str, birth_date: str, kind: PersonKind, today: date) -> Newcomer | Denied:
    """What is said of a newcomer, if it can be."""
    newcomer = Newcomer(name.strip(), kana.strip(), birth_date.strip(), kind)
    _, wrong = check_particulars(_columns(newcomer, "newcomer", "employee"), today)
    fits = newcomer.name and newcomer.birth_date and kind in _KINDS and not wrong
    return newcomer if fits else denied("dependent-invalid")


def refuse_newcomer(household: Household, newcomer: Newcomer, now: int) -> Denied | None:
    """Why somebody cannot be added to a family; None if they can."""
    if household.campaign.closed_at:
        return denied("campaign-closed")
    if not household.link.told_at:
        return denied("notice-not-acknowledged")
    there = {(each.name, each.birth_date.isoformat() if each.birth_date else "") for each in household.family}
    if (newcomer.name, newcomer.birth_date) in there:
        return denied("dependent-known")
    married = newcomer.kind is PersonKind.SPOUSE and any(
        each.kind is PersonKind.SPOUSE for each in household.family
    )
    return denied("dependents-too-many") if married or not household.may_add(now) else None


def add_newcomer(
    tx: Transaction, custodian: Custodian, acting: Acting, household: Household, newcomer: Newcomer, now: int
) -> Collection:
    """Write a newcomer and their collection, in a transaction that has locked the tenant's log."""
    tenant, campaign = household.link.tenant, household.campaign
    person, identity = custodian.vault.new_ids(2, now)
    external_id = _external_id(tx, household, person)
    columns = _columns(newcomer, external_id, household.visitor.external_id)
    tx.insert(PersonRow, [person_row(tenant, person, columns, 0, now)])
    routes = [each.collection.channel for each in household.brought if each.collection.channel in _LINKS]
    channel = routes[0] if routes else Route.LINK_QR
    made = Collection(tenant, identity, campaign.id, person, channel, "", State.INSTRUCTED, now, 1, now)
    insert_collections(tx, custodian.authority, [made])
    detail = {
        "campaign": campaign.public_id,
        "channel": channel.value,
        "link": household.link.public_id,
        "kind": newcomer.kind.value,
    }
    said = acting.says(Action.COLLECTION_INSTRUCT, now, detail)
    custodian.vault.log(tenant).append(tx, leaves_of([person], [0], lambda _: said))
    return made


def _external_id(tx: Transaction, household: Household, person: int) -> str:
    """An id that nobody has: the employee's with a count behind it, or one of the newcomer's own."""
    base = household.visitor.external_id[:_LONGEST_BASE]
    wanted = [f"{base}-F{count}" for count in range(1, 2 * MOST_ADDED + 1)]
    taken = known(tx, household.link.tenant, wanted)
    free = [text for text in wanted if text not in taken and not contains_number(text)]
    return free[0] if free else f"F-{person}"


def _columns(newcomer: Newcomer, external_id: str, employee: str) -> Columns:
    return Columns(
        [external_id],
        [""],
        kinds=[newcomer.kind],
        names=[newcomer.name],
        kana=[newcomer.kana],
        birth_dates=[newcomer.birth_date],
        addresses=[""],
        employees=[employee],
    )
