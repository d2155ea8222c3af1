"""Appointments: booked, moved and cancelled at any hour, by the person, or by the company for somebody who phones.

Whoever books has the lock of the tenant's log, so that of all who want the last seat one gets it.
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any, Final

from custody.collection.acting import Acting, company
from custody.collection.collection import Collection
from custody.collection.taking import take
from custody.custodian import Custodian
from custody.desk.appointment import (
    Appointment,
    appointments_about,
    appointments_in,
    insert_appointment,
    next_rank,
    parse_appointment_id,
    read_appointment,
    save_appointment,
)
from custody.desk.clock import in_japan
from custody.desk.offering import cancel_for
from custody.desk.slot import Slot, parse_slot_id, read_slot
from custody.desk.thread import find_collection, note, refuse_desk
from custody.desk.words import refuse_message, spoken
from custody.replay import Once, Replay
from policies.actor import Actor
from policies.collection import By, Step, allowed
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Transaction

_OFTEN: Final = 20
"""So many appointments of one collection a person books by themselves."""


@dataclass(frozen=True, slots=True)
class Booked:
    """An appointment and its slot."""

    appointment: Appointment
    slot: Slot


async def book(
    custodian: Custodian,
    acting: Acting,
    person: int | None,
    collection_id: str,
    slot_id: str,
    now: int,
    replay: Replay | None = None,
) -> Booked | Denied:
    """Book a seat for a collection that has none yet.

    Args:
        custodian: what the use case works with.
        acting: the person, let in by whoever calls this; or the company.
        person: id of the person whose collection it is; None if the company books.
        collection_id: its public id.
        slot_id: public id of the slot.
        now: milliseconds since the epoch.
        replay: makes a request of the company idempotent.
    """

    def work(tx: Transaction) -> Booked | Denied:
        collection = find_collection(tx, custodian, acting, person, collection_id)
        if isinstance(collection, Denied):
            return collection
        refusal = _refuse_booking(tx, custodian, acting, collection)
        seat = refusal or _seat(tx, custodian, acting.tenant, slot_id, now)
        if isinstance(seat, Denied):
            return seat
        (identity,) = custodian.vault.new_ids(1, now)
        place = (seat.slot.id, collection.id, collection.person)
        made = Appointment(acting.tenant, identity, seat.rank, *place, _name(acting), now)
        insert_appointment(tx, custodian.authority, made)
        _record(tx, custodian, acting, Action.APPOINTMENT_BOOK, made, seat.slot, now)
        return Booked(made, seat.slot)

    denial = refuse_desk(acting)
    return await take(custodian, acting, Action.APPOINTMENT_BOOK, denial, now, work, _once(replay))


async def move(
    custodian: Custodian,
    acting: Acting,
    person: int | None,
    collection_id: str,
    slot_id: str,
    now: int,
    replay: Replay | None = None,
) -> Booked | Denied:
    """Move the appointment of a collection to another slot; the seat of before is free only if this one is.

    Args:
        custodian: what the use case works with.
        acting: the person, let in by whoever calls this; or the company.
        person: id of the person whose collection it is; None if the company moves it.
        collection_id: its public id.
        slot_id: public id of the other slot.
        now: milliseconds since the epoch.
        replay: makes a request of the company idempotent.
    """

    def change(tx: Transaction, standing: Booked) -> Booked | Denied:
        if standing.slot.public_id == slot_id:
            return denied("appointment-there")
        seat = _seat(tx, custodian, acting.tenant, slot_id, now)
        if isinstance(seat, Denied):
            return seat
        moved = replace(standing.appointment, rank=seat.rank, slot=seat.slot.id)
        save_appointment(tx, custodian.authority, moved)
        before = {"from": standing.slot.public_id}
        _record(tx, custodian, acting, Action.APPOINTMENT_MOVE, moved, seat.slot, now, before)
        return Booked(moved, seat.slot)

    return await _change(
        custodian, acting, person, collection_id, Action.APPOINTMENT_MOVE, change, now, replay
    )


async def cancel(
    custodian: Custodian, acting: Acting, person: int | None, collection_id: str, now: int
) -> Booked | Denied:
    """Cancel the appointment of a collection, as the person does who cannot come.

    Args:
        custodian: what the use case works with.
        acting: the person, let in by whoever calls this; or the company.
        person: id of the person whose collection it is; None if the company cancels it.
        collection_id: its public id.
        now: milliseconds since the epoch.
    """

    def change(tx: Transaction, standing: Booked) -> Booked:
        gone = replace(standing.appointment, cancelled_by=_name(acting), cancelled_at=now)
        save_appointment(tx, custodian.authority, gone)
        _record(tx, custodian, acting, Action.APPOINTMENT_CANCEL, gone, standing.slot, now)
        return Booked(gone, standing.slot)

    return await _change(custodian, acting, person, collection_id, Action.APPOINTMENT_CANCEL, change, now)


async def cancel_appointment(
    custodian: Custodian, actor: Actor, appointment_id: str, message: str, now: int
) -> Booked | Denied:
    """Cancel an appointment in the company's name.

    Args:
        custodian: what the use case works with.
        actor: a handler or an administrator.
        appointment_id: its public id.
        message: what the person is told in their thread; "" if they asked for it themselves.
        now: milliseconds since the epoch.
    """
    acting = company(actor)

    def work(tx: Transaction) -> Booked | Denied:
        identity = parse_appointment_id(appointment_id) or 0
        found = read_appointment(tx, custodian.authority, actor.tenant, identity)
        if found is None or found.cancelled_at:
            return denied("appointment-unknown")
        slot = _slot_of(tx, custodian, found)
        if slot.starts_at <= now:
            return denied("appointment-begun")
        return Booked(cancel_for(tx, custodian, acting, found, slot, spoken(message), now), slot)

    denial = refuse_desk(acting) or (refuse_message(message) if message.strip() else None)
    return await take(custodian, acting, Action.APPOINTMENT_CANCEL, denial, now, work)


async def appointment_for(
    custodian: Custodian, acting: Acting, person: int | None, collection_id: str
) -> Booked | Denied | None:
    """The appointment of a collection that stands, past or to come; None if there is none.

    Raises:
        SealBrokenError: a row was altered.
    """

    def work(tx: Transaction) -> Booked | Denied | None:
        collection = find_collection(tx, custodian, acting, person, collection_id)
        return collection if isinstance(collection, Denied) else _standing(tx, custodian, collection)

    return refuse_desk(acting) or await custodian.database.read(acting.tenant, work)


@dataclass(frozen=True, slots=True)
class _Seat:
    slot: Slot
    rank: int


async def _change(
    custodian: Custodian,
    acting: Acting,
    person: int | None,
    collection_id: str,
    action: Action,
    change: Callable[[Transaction, Booked], Booked | Denied],
    now: int,
    replay: Replay | None = None,
) -> Booked | Denied:
    """Change the appointment of a collection that has not begun."""

    def work(tx: Transaction) -> Booked | Denied:
        collection = find_collection(tx, custodian, acting, person, collection_id)
        if isinstance(collection, Denied):
            return collection
        standing = _standing(tx, custodian, collection)
        if standing is None:
            return denied("appointment-unknown")
        if standing.slot.starts_at <= now:
            return denied("appointment-begun")
        return change(tx, standing)

    return await take(custodian, acting, action, refuse_desk(acting), now, work, _once(replay))


def _refuse_booking(
    tx: Transaction, custodian: Custodian, acting: Acting, collection: Collection
) -> Denied | None:
    if allowed(collection.state, Step.CLOSE, By.SYSTEM) is None:
        return denied("appointment-late")
    before = appointments_about(tx, custodian.authority, collection.tenant, collection.id)
    if any(not each.cancelled_at for each in before):
        return denied("appointment-exists")
    own = sum(not each.booked_by for each in before)
    return denied("appointment-often") if acting.by is By.PERSON and own >= _OFTEN else None


def _seat(tx: Transaction, custodian: Custodian, tenant: int, slot_id: str, now: int) -> _Seat | Denied:
    """A free seat of a slot that is to come."""
    slot = read_slot(tx, custodian.authority, tenant, parse_slot_id(slot_id) or 0)
    if slot is None:
        return denied("slot-unknown")
    if slot.withdrawn_at:
        return denied("slot-withdrawn")
    if slot.starts_at <= now:
        return denied("slot-begun")
    rank = next_rank(tx, slot)
    if rank is None or len(appointments_in(tx, custodian.authority, slot)) >= slot.seats:
        return denied("slot-full")
    return _Seat(slot, rank)


def _standing(tx: Transaction, custodian: Custodian, collection: Collection) -> Booked | None:
    every = appointments_about(tx, custodian.authority, collection.tenant, collection.id)
    found = next((each for each in every if not each.cancelled_at), None)
    return Booked(found, _slot_of(tx, custodian, found)) if found else None


def _slot_of(tx: Transaction, custodian: Custodian, appointment: Appointment) -> Slot:
    slot = read_slot(tx, custodian.authority, appointment.tenant, appointment.slot)
    if slot is None:
        raise LookupError("an appointment in no slot")
    return slot


def _name(acting: Acting) -> str:
    return acting.actor.name if acting.actor else ""


def _record(
    tx: Transaction,
    custodian: Custodian,
    acting: Acting,
    action: Action,
    appointment: Appointment,
    slot: Slot,
    now: int,
    further: dict[str, str] | None = None,
) -> None:
    detail = {
        "appointment": appointment.public_id,
        "slot": slot.public_id,
        "starts": in_japan(slot.starts_at),
        **(further or {}),
    }
    note(tx, custodian, acting, action, appointment.person, now, detail)


def _once(replay: Replay | None) -> Once[Booked | Denied] | None:
    return Once(replay, _to_answer, _from_answer) if replay else None


def _to_answer(done: Booked | Denied) -> list[Any]:
    if isinstance(done, Denied):
        return []  # refusals are not kept
    return [astuple(done.appointment), astuple(done.slot)]


def _from_answer(answer: Sequence[Any]) -> Booked:
    appointment, slot = answer
    return Booked(Appointment(*appointment), Slot(*slot))
