"""Slots as the company offers them, many at once as columns, and takes them back."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from typing import Any, Final

from custody.collection.acting import Acting, company
from custody.collection.collection import collections_by_id
from custody.collection.taking import take
from custody.custodian import Custodian, entry, one_leaf
from custody.desk.appointment import Appointment, appointments_in, save_appointment
from custody.desk.clock import MINUTE_MS, in_japan, read_instant, told
from custody.desk.slot import (
    ORDINALS,
    Slot,
    insert_slots,
    parse_slot_id,
    rank_at,
    read_slot,
    save_withdrawn,
    slots_between,
)
from custody.desk.thread import note, refuse_desk, write
from custody.desk.words import refuse_message, spoken
from custody.rejections import Rejection, rejection
from custody.replay import Once, Replay
from policies.actor import Actor
from policies.free_text import contains_number, is_plain
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Transaction

MOST_SLOTS: Final = 1_000
"""So many slots are offered at once."""

_LONGEST_PLACE: Final = 100
_MINUTES: Final = range(5, 481)
_SEATS: Final = range(1, 501)
_FURTHEST_MS: Final = 400 * 24 * 60 * MINUTE_MS


@dataclass(frozen=True, slots=True)
class SlotColumns:
    """Slots as columns: value n of every column belongs to row n.

    Attributes:
        places: where.
        starts: when they begin: ISO 8601 to the minute; without an offset, by the clock in Japan.
        minutes: how long each takes, 5 to 480.
        seats: for how many people, 1 to 500.
    """

    places: Sequence[str]
    starts: Sequence[str]
    minutes: Sequence[int]
    seats: Sequence[int]

    def __len__(self) -> int:
        return len(self.places)

    def lengths_agree(self) -> bool:
        """Whether every column has as many rows."""
        return {len(self.starts), len(self.minutes), len(self.seats)} == {len(self.places)}


@dataclass(frozen=True, slots=True)
class Offered:
    """What became of a batch of slots: public id of each row's slot, None for a rejected row."""

    slots: list[str | None]
    rejections: list[Rejection] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A slot that was taken back, and how many appointments were cancelled with it."""

    slot: Slot
    cancelled: int


async def offer_slots(
    custodian: Custodian, actor: Actor, columns: SlotColumns, now: int, replay: Replay | None = None
) -> Offered | Denied:
    """Offer slots in which people may come.

    Args:
        custodian: what the use case works with.
        actor: a handler or an administrator.
        columns: at most 1,000 slots.
        now: milliseconds since the epoch.
        replay: makes the request idempotent.
    """
    acting = company(actor)
    starts = [read_instant(text) for text in columns.starts]

    def work(tx: Transaction) -> Offered:
        rejected = _reject(columns, starts, now)
        good = {row: start for row, start in enumerate(starts) if start is not None and row not in rejected}
        slots = _place(tx, custodian, actor, columns, good, rejected, now)
        insert_slots(tx, custodian.authority, slots.values())
        if slots:
            said = entry(actor, Action.SLOT_OFFER, now, detail=_told_of(list(slots.values())))
            custodian.vault.log(actor.tenant).append(tx, one_leaf(said))
        public = [slots[row].public_id if row in slots else None for row in range(len(columns))]
        return Offered(public, [rejected[row] for row in sorted(rejected)])

    denial = refuse_desk(acting) or _refuse_shape(columns)
    once: Once[Offered | Denied] | None = Once(replay, _to_answer, _from_answer) if replay else None
    return await take(custodian, acting, Action.SLOT_OFFER, denial, now, work, once)


async def withdraw_slot(
    custodian: Custodian, actor: Actor, slot_id: str, message: str, now: int
) -> Withdrawn | Denied:
    """Take a slot back that has not begun. Whoever has an appointment in it is told in their thread.

    Args:
        custodian: what the use case works with.
        actor: a handler or an administrator.
        slot_id: public id of the slot.
        message: what those are told whose appointments are cancelled; "" if there are none.
        now: milliseconds since the epoch.
    """
    acting = company(actor)

    def work(tx: Transaction) -> Withdrawn | Denied:
        slot = read_slot(tx, custodian.authority, actor.tenant, parse_slot_id(slot_id) or 0)
        refusal = _refuse_withdrawal(slot, now)
        if slot is None or refusal is not None:
            return refusal or denied("slot-unknown")
        booked = appointments_in(tx, custodian.authority, slot)
        if booked and not message.strip():
            return denied("slot-booked")
        gone = save_withdrawn(
            tx, custodian.authority, replace(slot, withdrawn_by=actor.name, withdrawn_at=now)
        )
        said = entry(actor, Action.SLOT_WITHDRAW, now, detail={"slot": slot.public_id})
        custodian.vault.log(actor.tenant).append(tx, one_leaf(said))
        for each in booked:
            cancel_for(tx, custodian, acting, each, slot, spoken(message), now)
        return Withdrawn(gone, len(booked))

    denial = refuse_desk(acting) or (refuse_message(message) if message.strip() else None)
    return await take(custodian, acting, Action.SLOT_WITHDRAW, denial, now, work)


def cancel_for(
    tx: Transaction,
    custodian: Custodian,
    acting: Acting,
    appointment: Appointment,
    slot: Slot,
    message: str,
    now: int,
) -> Appointment:
    """Cancel somebody's appointment for them, and tell them in their thread if there is a message."""
    by = acting.actor.name if acting.actor else ""
    gone = replace(appointment, cancelled_by=by, cancelled_at=now)
    save_appointment(tx, custodian.authority, gone)
    detail = {"appointment": appointment.public_id, "slot": slot.public_id}
    if message:
        found = collections_by_id(tx, custodian.authority, acting.tenant, [appointment.collection])
        time = told(slot.starts_at, slot.minutes)
        head = f"予約の取消し / appointment cancelled: {time} {slot.place}"
        thread = write(tx, custodian, acting, found[appointment.collection], f"{head}\n{message}", now)
        detail["inquiry"] = thread.public_id
    note(tx, custodian, acting, Action.APPOINTMENT_CANCEL, appointment.person, now, detail)
    return gone


def _refuse_shape(columns: SlotColumns) -> Denied | None:
    if not columns.lengths_agree():
        return denied("columns-differ")
    return denied("too-many-slots") if len(columns) > MOST_SLOTS else None


def _refuse_withdrawal(slot: Slot | None, now: int) -> Denied | None:
    if slot is None:
        return denied("slot-unknown")
    if slot.withdrawn_at:
        return denied("slot-withdrawn")
    return denied("slot-begun") if slot.starts_at <= now else None


def _reject(columns: SlotColumns, starts: Sequence[int | None], now: int) -> dict[int, Rejection]:
    """The rows that say nothing that can be offered."""
    rejected: dict[int, Rejection] = {}
    for row, (place, start) in enumerate(zip(columns.places, starts, strict=True)):
        if not _is_place(place.strip()):
            rejected[row] = rejection(row, "PLACE_INVALID")
        elif start is None:
            rejected[row] = rejection(row, "START_INVALID")
        elif not now < start <= now + _FURTHEST_MS:
            rejected[row] = rejection(row, "START_NOT_AHEAD")
        elif columns.minutes[row] not in _MINUTES or columns.seats[row] not in _SEATS:
            rejected[row] = rejection(row, "SEATS_INVALID")
    return rejected


def _is_place(place: str) -> bool:
    return 0 < len(place) <= _LONGEST_PLACE and is_plain(place) and not contains_number(place)


def _place(
    tx: Transaction,
    custodian: Custodian,
    actor: Actor,
    columns: SlotColumns,
    starts: Mapping[int, int],
    rejected: dict[int, Rejection],
    now: int,
) -> dict[int, Slot]:
    """The slots of the rows that are good, each after those of the same minute; one that is there is rejected."""
    if not starts:
        return {}
    low, high = rank_at(min(starts.values())), rank_at(max(starts.values()) + MINUTE_MS)
    there = slots_between(tx, custodian.authority, actor.tenant, low, high)
    taken = {(each.place, each.starts_at) for each in there if not each.withdrawn_at}
    following = {rank_at(start): rank_at(start) for start in starts.values()}
    for each in there:
        minute = rank_at(each.starts_at)
        following[minute] = max(following.get(minute, minute), each.rank + 1)
    slots: dict[int, Slot] = {}
    for row, identity in zip(starts, custodian.vault.new_ids(len(starts), now), strict=True):
        place, start = columns.places[row].strip(), starts[row]
        rank = following[rank_at(start)]
        if (place, start) in taken or rank >= rank_at(start) + ORDINALS:
            rejected[row] = rejection(row, "SLOT_REPEATED")
            continue
        taken.add((place, start))
        following[rank_at(start)] += 1
        size = columns.minutes[row], columns.seats[row]
        slots[row] = Slot(actor.tenant, identity, rank, place, start, *size, actor.name, now)
    return slots


def _told_of(slots: Sequence[Slot]) -> dict[str, str]:
    starts = [slot.starts_at for slot in slots]
    return {
        "slots": str(len(slots)),
        "seats": str(sum(slot.seats for slot in slots)),
        "first": in_japan(min(starts)),
        "last": in_japan(max(starts)),
    }


def _to_answer(done: Offered | Denied) -> list[Any]:
    if isinstance(done, Denied):
        return []  # refusals are not kept
    return [done.slots, [astuple(item) for item in done.rejections]]


def _from_answer(answer: list[Any]) -> Offered:
    slots, rejections = answer
    return Offered(slots, [Rejection(*item) for item in rejections])
