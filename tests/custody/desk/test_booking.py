"""Appointments: one for each collection, never more than there are seats, booked, moved and cancelled at any hour."""

import asyncio
from datetime import date
from typing import Any

import pytest

from custody.collection.decisions import close_collections
from custody.collection.steps import Moved
from custody.desk.booking import Booked, appointment_for, book, cancel, cancel_appointment, move
from custody.desk.calendar import ListedAppointment, free_slots, list_appointments
from custody.desk.reading import thread_of
from custody.desk.thread import Thread
from custody.disposal.scope import destroy
from custody.listing import Page, Window
from custody.replay import Replay
from policies.actor import Role
from policies.collection_codes import Closing
from policies.refusals import Denied
from tests.support.canary import Canaries
from tests.support.collecting import Collecting
from tests.support.desk import TEN, Desk
from tests.support.outcomes import record_of, rule_of
from tests.support.tamper import change
from tests.support.world import World
from tokenizer.audit.action import Action
from tokenizer.errors import SealBrokenError
from tokenizer.storage.transaction import Conflict, Transaction

AT_ONCE = 16


async def moved(desk: Desk, who: str, slot: str) -> Booked | Denied:
    collecting, own = desk.collecting, await desk.collection(who)
    return await move(collecting.custodian, collecting.themselves, own.person, own.public_id, slot, desk.now)


async def cancelled(desk: Desk, who: str) -> Booked | Denied:
    collecting, own = desk.collecting, await desk.collection(who)
    return await cancel(collecting.custodian, collecting.themselves, own.person, own.public_id, desk.now)


async def phoned(desk: Desk, who: str, slot: str, replay: Replay | None = None) -> Booked | Denied:
    """The company books for somebody."""
    collecting = desk.collecting
    place = collecting.ids[who]
    return await book(collecting.custodian, desk.handling, None, place, slot, desk.now, replay)


async def coming(desk: Desk, day: date | None = None, **further: Any) -> list[ListedAppointment]:
    collecting = desk.collecting
    page = await list_appointments(
        collecting.custodian, collecting.handler, day, Window(100), desk.now, **further
    )
    assert isinstance(page, Page), page
    return list(page.items)


async def free(desk: Desk) -> dict[str, int]:
    found = await free_slots(desk.collecting.custodian, desk.collecting.world.tenant.id, desk.now)
    return {each.slot.public_id: each.free for each in found}


async def test_an_appointment_is_booked_moved_and_cancelled(desk: Desk) -> None:
    first, second = await desk.offered(TEN, "2026-12-02T10:00")
    made = await desk.booked("E1", first)
    assert (made.slot.public_id, made.appointment.booked_by) == (first, "")
    assert await free(desk) == {first: 1, second: 2}
    assert rule_of(await desk.booking("E1", second)) == "appointment-exists"
    there = await moved(desk, "E1", second)
    assert isinstance(there, Booked)
    assert there.appointment.id == made.appointment.id
    assert await free(desk) == {first: 2, second: 1}
    assert rule_of(await moved(desk, "E1", second)) == "appointment-there"
    assert isinstance(await cancelled(desk, "E1"), Booked)
    assert await free(desk) == {first: 2, second: 2}
    assert rule_of(await cancelled(desk, "E1")) == "appointment-unknown"
    assert rule_of(await moved(desk, "E1", first)) == "appointment-unknown"
    assert isinstance(await desk.booking("E1", first), Booked)
    leaves = [leaf for leaf in await record_of(desk.collecting.world) if "appointment" in leaf.action]
    assert [leaf.action for leaf in leaves if leaf.rule is None] == [
        Action.APPOINTMENT_BOOK,
        Action.APPOINTMENT_MOVE,
        Action.APPOINTMENT_CANCEL,
        Action.APPOINTMENT_BOOK,
    ]
    assert leaves[0].person == made.appointment.person
    assert leaves[0].detail["starts"] == "2026-12-01T10:00+09:00"


async def test_who_cannot_get_another_seat_keeps_their_own(desk: Desk) -> None:
    first, second = await desk.offered(TEN, "2026-12-02T10:00", seats=1)
    await desk.booked("E1", first)
    await desk.booked("E2", second)
    assert rule_of(await moved(desk, "E1", second)) == "slot-full"
    assert rule_of(await moved(desk, "E1", "slt_1")) == "slot-unknown"
    assert [each.slot.public_id for each in await coming(desk)] == [first, second]


@pytest.mark.parametrize("seats", [1, 5])
async def test_of_sixteen_who_want_the_last_seats_only_so_many_get_one(world: World, seats: int) -> None:
    desk = await Desk.begin(await Collecting.begin(world), people=AT_ONCE)
    (slot,) = await desk.offered(seats=seats)
    people = [f"E{place}" for place in range(1, AT_ONCE + 1)]
    done = await asyncio.gather(*(desk.booking(who, slot) for who in people))
    assert sum(isinstance(each, Booked) for each in done) == seats
    refused = {rule_of(each) for each in done if not isinstance(each, Booked)}
    assert refused == {"slot-full"}
    assert len(await coming(desk)) == seats
    assert await free(desk) == {}


async def test_of_sixteen_requests_of_one_person_one_books(desk: Desk) -> None:
    slots = await desk.offered(*(f"2026-12-01T{10 + place % 8}:{place // 8}0" for place in range(AT_ONCE)))
    done = await asyncio.gather(*(desk.booking("E1", slot) for slot in slots))
    assert sum(isinstance(each, Booked) for each in done) == 1
    assert len(await coming(desk)) == 1


async def test_sixteen_who_move_into_one_seat_leave_no_slot_over_booked(world: World) -> None:
    desk = await Desk.begin(await Collecting.begin(world), people=AT_ONCE)
    (before,) = await desk.offered(seats=AT_ONCE)
    (after,) = await desk.offered("2026-12-02T10:00", seats=3)
    people = [f"E{place}" for place in range(1, AT_ONCE + 1)]
    for who in people:
        await desk.booked(who, before)
    done = await asyncio.gather(*(moved(desk, who, after) for who in people))
    assert sum(isinstance(each, Booked) for each in done) == 3
    assert await free(desk) == {before: 3}


async def test_the_table_itself_takes_no_second_appointment_that_stands(desk: Desk) -> None:
    first, second = await desk.offered(TEN, "2026-12-02T10:00")
    await desk.booked("E1", first)
    await cancelled(desk, "E1")
    await desk.booked("E1", second)
    world = desk.collecting.world
    sql = "UPDATE appointment SET cancelled_at = 0"
    with pytest.raises(Conflict):
        await change(world.house.database, world.tenant.id, sql)
    assert len(await coming(desk)) == 1


async def test_the_company_books_and_cancels_for_somebody_who_phones(desk: Desk) -> None:
    (slot,) = await desk.offered()
    made = await phoned(desk, "E1", slot)
    assert isinstance(made, Booked)
    assert made.appointment.booked_by == "tanaka"
    collecting = desk.collecting
    custodian, handler = collecting.custodian, collecting.handler
    seen = await appointment_for(custodian, desk.handling, None, collecting.ids["E1"])
    assert seen == made
    wanted = made.appointment.public_id
    number = Canaries().plant("message")
    refused = await cancel_appointment(custodian, handler, wanted, number, desk.now)
    assert rule_of(refused) == "message-holds-number"
    done = await cancel_appointment(custodian, handler, wanted, "担当者が休みます。", desk.now)
    assert isinstance(done, Booked)
    assert done.appointment.cancelled_by == "tanaka"
    own = await desk.collection("E1")
    thread = await thread_of(custodian, collecting.themselves, own.person, own.public_id)
    assert isinstance(thread, Thread)
    assert thread.messages[-1].text.endswith("担当者が休みます。")
    again = await cancel_appointment(custodian, handler, wanted, "", desk.now)
    assert rule_of(again) == "appointment-unknown"


async def test_without_a_message_nothing_is_written_to_who_cancelled_by_phone(desk: Desk) -> None:
    (slot,) = await desk.offered()
    made = await desk.booked("E1", slot)
    collecting, own = desk.collecting, await desk.collection("E1")
    wanted = made.appointment.public_id
    done = await cancel_appointment(collecting.custodian, collecting.handler, wanted, "", desk.now)
    assert isinstance(done, Booked)
    thread = await thread_of(collecting.custodian, collecting.themselves, own.person, own.public_id)
    assert thread is None


async def test_a_booking_sent_twice_with_one_key_is_made_once(desk: Desk) -> None:
    (slot,) = await desk.offered()
    replay = Replay(desk.collecting.handler, "a-key", "bookAppointment", b"{}")
    first = await phoned(desk, "E1", slot, replay)
    assert isinstance(first, Booked)
    assert await phoned(desk, "E1", slot, replay) == first
    assert len(await coming(desk)) == 1


async def test_nobody_touches_the_appointment_of_somebody_else(desk: Desk) -> None:
    (slot,) = await desk.offered()
    await desk.booked("E1", slot)
    collecting, other = desk.collecting, await desk.collection("E2")
    custodian, acting, place = collecting.custodian, collecting.themselves, collecting.ids["E1"]
    for refused in (
        await book(custodian, acting, other.person, place, slot, desk.now),
        await move(custodian, acting, other.person, place, slot, desk.now),
        await cancel(custodian, acting, other.person, place, desk.now),
        await appointment_for(custodian, acting, other.person, place),
        await book(custodian, acting, None, place, slot, desk.now),
    ):
        assert rule_of(refused) == "collection-unknown"
    auditor = (await collecting.world.human("kansa", Role.AUDITOR)).actor
    for actor in (auditor, await collecting.world.client()):
        done = await cancel_appointment(custodian, actor, "apt_1", "", desk.now)
        assert rule_of(done) == "no-rule-permits"
    client = await collecting.world.client("other")
    assert rule_of(await list_appointments(custodian, client, None, Window(9), desk.now)) == "no-rule-permits"


async def test_another_company_has_slots_of_its_own(desk: Desk, world: World) -> None:
    (slot,) = await desk.offered()
    other = await Desk.begin(
        await Collecting.begin(await World.open(world.house, world.clock, "有限会社となり"))
    )
    assert rule_of(await other.booking("E1", slot)) == "slot-unknown"
    assert await free(other) == {}
    made = await desk.booked("E1", slot)
    custodian, handler = world.custodian, other.collecting.handler
    done = await cancel_appointment(custodian, handler, made.appointment.public_id, "", desk.now)
    assert rule_of(done) == "appointment-unknown"
    foreign = desk.collecting.ids["E2"]
    (own,) = await other.offered()
    refused = await book(custodian, other.handling, None, foreign, own, desk.now)
    assert rule_of(refused) == "collection-unknown"


async def test_what_has_begun_is_neither_booked_moved_nor_cancelled(desk: Desk) -> None:
    first, second = await desk.offered("2026-11-23T10:00", TEN)
    made = await desk.booked("E1", first)
    clock = desk.collecting.world.clock
    clock.now = made.slot.starts_at
    assert rule_of(await desk.booking("E2", first)) == "slot-begun"
    assert rule_of(await moved(desk, "E1", second)) == "appointment-begun"
    assert rule_of(await cancelled(desk, "E1")) == "appointment-begun"
    collecting = desk.collecting
    by_desk = await cancel_appointment(
        collecting.custodian, collecting.handler, made.appointment.public_id, "", desk.now
    )
    assert rule_of(by_desk) == "appointment-begun"
    await desk.booked("E2", second)
    assert rule_of(await moved(desk, "E2", first)) == "slot-begun"


async def test_there_is_nothing_to_come_for_once_a_collection_is_over(desk: Desk) -> None:
    (slot,) = await desk.offered()
    collecting = desk.collecting
    done = await close_collections(
        collecting.custodian, collecting.handler, collecting.chosen("E1"), Closing.LEFT, desk.now
    )
    assert isinstance(done, Moved)
    assert rule_of(await desk.booking("E1", slot)) == "appointment-late"
    assert rule_of(await phoned(desk, "E1", slot)) == "appointment-late"


async def test_a_person_books_twenty_times_and_then_phones(desk: Desk) -> None:
    (slot,) = await desk.offered(seats=1)
    for _ in range(20):
        await desk.booked("E1", slot)
        await cancelled(desk, "E1")
    assert rule_of(await desk.booking("E1", slot)) == "appointment-often"
    assert isinstance(await phoned(desk, "E1", slot), Booked)


async def test_the_desk_sees_who_comes_by_the_clock_and_by_the_day(desk: Desk) -> None:
    noon, ten, next_day = await desk.offered("2026-12-01T12:00", TEN, "2026-12-02T00:00")
    for who, slot in (("E1", noon), ("E2", ten), ("E3", next_day)):
        await desk.booked(who, slot)
    found = await coming(desk)
    assert [each.person.external_id for each in found] == ["E2", "E1", "E3"]
    assert [each.collection.state.value for each in found] == ["instructed"] * 3
    on_the_day = await coming(desk, date(2026, 12, 1))
    assert [each.person.external_id for each in on_the_day] == ["E2", "E1"]
    assert await coming(desk, date(2026, 12, 3)) == []
    await cancelled(desk, "E2")
    assert [each.person.external_id for each in await coming(desk)] == ["E1", "E3"]
    assert len(await coming(desk, cancelled=True)) == 3


@pytest.mark.parametrize(
    ("table", "column"), [("slot", "place"), ("slot", "seats"), ("appointment", "person_id")]
)
async def test_an_altered_slot_or_appointment_is_not_shown(desk: Desk, table: str, column: str) -> None:
    (slot,) = await desk.offered()
    await desk.booked("E1", slot)
    world = desk.collecting.world
    other = (await desk.collection("E2")).person
    after = {"place": "どこか", "seats": 9, "person_id": other}[column]
    sql = f"UPDATE {table} SET {column} = :after"  # noqa: S608 - constants
    await change(world.house.database, world.tenant.id, sql, after=after)
    with pytest.raises(SealBrokenError):
        await coming(desk)


async def test_whatever_was_written_and_booked_goes_with_the_number(desk: Desk) -> None:
    (slot,) = await desk.offered()
    for who in ("E1", "E2"):
        await desk.booked(who, slot)
        await desk.asked(who)
    world, gone = desk.collecting.world, (await desk.collection("E1")).person
    await world.house.database.write(world.tenant.id, lambda tx: _destroy(world, tx, gone))
    for table in ("appointment", "inquiry", "inquiry_message"):
        assert await desk.collecting.count(table) == 1
    assert [each.person.external_id for each in await coming(desk)] == ["E2"]


def _destroy(world: World, tx: Transaction, person: int) -> None:
    world.custodian.vault.log(world.tenant.id).lock(tx)
    destroy(tx, world.tenant.id, [person])
