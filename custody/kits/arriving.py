"""Kits that came back, by the codes somebody typed: every collection a kit stands for has arrived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from custody.collection.acting import Acting, counter
from custody.collection.collection import Collection, collections_by_id, collections_of
from custody.collection.steps import stepped, write_steps
from custody.collection.taking import take
from custody.custodian import Custodian, entry, record_refusal
from custody.departure import with_family
from custody.kits.code import parse_kit_code
from custody.kits.errors import KitError
from custody.kits.kit import SentKit, kits_by_code, kits_of_collections, save_arrival
from custody.people import BY_ID, find_person
from custody.rejections import Rejection, rejection
from custody.roster import MAX_ROWS
from policies.actor import Actor
from policies.authorize import may
from policies.collection import Step, allowed
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class KitArrivals:
    """What became of codes.

    Attributes:
        arrived: for each row how many collections have arrived by it; 0 for a rejected one.
        collections: those collections, as they are now.
        rejections: the rows by which nothing arrived.
    """

    arrived: list[int]
    collections: list[Collection]
    rejections: list[Rejection] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ShownKit:
    """A kit and the collections it stands for, as they are now."""

    kit: SentKit
    collections: tuple[Collection, ...]


async def record_kit_arrivals(
    custodian: Custodian, actor: Actor, codes: Sequence[str], now: int
) -> KitArrivals | Denied:
    """Record that kits have come back.

    Args:
        custodian: what the use case works with.
        actor: a handler, an administrator or a client.
        codes: as they were typed; at most 10,000.
        now: milliseconds since the epoch.
    """
    acting = counter(actor)
    denial = denied("too-many-rows") if len(codes) > MAX_ROWS else None
    wanted = [_parsed(text) for text in codes] if denial is None else []

    def work(tx: Transaction) -> KitArrivals:
        known = list(dict.fromkeys(code for code in wanted if code))
        kits = kits_by_code(tx, custodian.authority, actor.tenant, known)
        moved: dict[str, list[Collection]] = {}
        for code, kit in kits.items():
            moved[code] = arrive(tx, custodian, acting, kit, now)
        rejections = [
            rejection(row, why) for row, code in enumerate(wanted) if (why := _why_not(code, kits, moved))
        ]
        done = [each for arrived in moved.values() for each in arrived]
        return KitArrivals([len(moved.get(code, ())) for code in wanted], done, rejections)

    return await take(custodian, acting, Action.COLLECTION_ARRIVE, denial, now, work)


def arrive(tx: Transaction, custodian: Custodian, acting: Acting, kit: SentKit, now: int) -> list[Collection]:
    """Let whatever of a kit can arrive do so, in a transaction that has locked the tenant's log."""
    there = collections_by_id(tx, custodian.authority, kit.tenant, kit.members)
    able = [each for each in there.values() if allowed(each.state, Step.ARRIVE, acting.by)]
    moved = [stepped(each, Step.ARRIVE, acting, now) for each in able]
    if moved:
        write_steps(tx, custodian, acting, Step.ARRIVE, moved, now, {"kit": str(kit.id)})
        save_arrival(tx, custodian.authority, replace(kit, arrived_at=now))
    return moved


async def show_kit(custodian: Custodian, actor: Actor, code: str, now: int) -> ShownKit | Denied | None:
    """Whose kit a code is, as it was typed; None if it is nobody's."""
    parsed = _parsed(code)

    def work(tx: Transaction) -> ShownKit | None:
        kit = kits_by_code(tx, custodian.authority, actor.tenant, [parsed]).get(parsed) if parsed else None
        return None if kit is None else _shown(tx, custodian, kit)

    denial = await _refuse_reading(custodian, actor, now)
    if denial is not None:
        return denial
    return await custodian.database.read(actor.tenant, work)


async def list_kits(custodian: Custodian, actor: Actor, collection: int, now: int) -> list[ShownKit] | Denied:
    """The kits that stand for a collection, oldest first; none if there is no such collection.

    Args:
        custodian: what the use case works with.
        actor: whoever sees collections.
        collection: its id.
        now: milliseconds since the epoch.
    """

    def work(tx: Transaction) -> list[ShownKit]:
        heads = [collection, *_heads(tx, custodian, actor.tenant, collection)]
        kits = kits_of_collections(tx, custodian.authority, actor.tenant, heads)
        return [_shown(tx, custodian, kit) for kit in kits if collection in kit.members]

    denial = await _refuse_reading(custodian, actor, now)
    if denial is not None:
        return denial
    return await custodian.database.read(actor.tenant, work)


def _heads(tx: Transaction, custodian: Custodian, tenant: int, collection: int) -> list[int]:
    """The collections that may stand first in a kit with this one: those of the same family in the same campaign."""
    found = collections_by_id(tx, custodian.authority, tenant, [collection]).get(collection)
    person = tx.one(BY_ID, {"tenant": tenant, "person": found.person}) if found else None
    if found is None or person is None or not person[8]:
        return []
    employee = find_person(tx, tenant, person[8])
    persons = [] if employee is None else with_family(tx, tenant, [employee[1]])
    every = collections_of(tx, custodian.authority, tenant, persons)
    return [each.id for each in every if each.campaign == found.campaign and each.id != collection]


def _shown(tx: Transaction, custodian: Custodian, kit: SentKit) -> ShownKit:
    there = collections_by_id(tx, custodian.authority, kit.tenant, kit.members)
    return ShownKit(kit, tuple(there[each] for each in kit.members if each in there))


async def _refuse_reading(custodian: Custodian, actor: Actor, now: int) -> Denied | None:
    denial = may(actor, "readCollections")
    if denial is None:
        return None
    refused = entry(actor, Action.COLLECTION_LIST, now, denied=denial)
    return await record_refusal(custodian, actor, refused, denial)


def _parsed(text: str) -> str:
    """The code as it is stored; empty if it is none."""
    try:
        return parse_kit_code(text)
    except KitError:
        return ""


def _why_not(code: str, kits: Mapping[str, SentKit], moved: Mapping[str, list[Collection]]) -> str:
    if not code:
        return "KIT_CODE_INVALID"
    if code not in kits:
        return "KIT_UNKNOWN"
    return "" if moved[code] else "KIT_ARRIVED"
