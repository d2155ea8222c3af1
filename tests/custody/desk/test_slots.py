"""Slots: offered as columns for times to come, by the clock in Japan, and withdrawn only if whoever booked is told."""

from datetime import date

import pytest

from custody.desk.calendar import ListedSlot, free_slots, list_slots
from custody.desk.clock import in_japan, read_instant, told
from custody.desk.inquiry import Speaker
from custody.desk.offering import MOST_SLOTS, Offered, SlotColumns, Withdrawn, offer_slots, withdraw_slot
from custody.desk.reading import thread_of
from custody.desk.thread import Thread
from custody.listing import Page, Window
from custody.replay import Replay
from policies.actor import Role
from policies.refusals import Denied
from tests.support.canary import Canaries, numbers_in
from tests.support.desk import TEN, Desk
from tests.support.outcomes import codes_of, record_of, rule_of
from tokenizer.audit.action import Action

SORRY = "会場が使えなくなりました。別の枠を選んでください。"


async def listed(desk: Desk, since: date | None = None, until: date | None = None) -> list[ListedSlot]:
    collecting = desk.collecting
    page = await list_slots(
        collecting.custodian, collecting.handler, since, until, Window(100), desk.now, withdrawn=True
    )
    assert isinstance(page, Page), page
    return list(page.items)


async def withdraw(desk: Desk, slot: str, message: str = "") -> Withdrawn | Denied:
    collecting = desk.collecting
    return await withdraw_slot(collecting.custodian, collecting.handler, slot, message, desk.now)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-12-01T10:00", "2026-12-01T10:00+09:00"),
        ("2026-12-01 10:00", "2026-12-01T10:00+09:00"),
        ("2026-12-01T01:00Z", "2026-12-01T10:00+09:00"),
        ("2026-12-01T01:00:00.000Z", "2026-12-01T10:00+09:00"),
        ("2026-11-30T20:00-05:00", "2026-12-01T10:00+09:00"),
        ("2026-12-31T15:00:00Z", "2027-01-01T00:00+09:00"),
    ],
)
def test_an_instant_is_read_with_any_offset_and_shown_by_the_clock_in_japan(text: str, same: str) -> None:
    instant = read_instant(text)
    assert instant is not None
    assert in_japan(instant) == same
    assert read_instant(same) == instant


@pytest.mark.parametrize(
    "text",
    [
        *("", "10:00", "2026-12-01", "20261201T1000", "2026-W49-2T10:00", "2026-12-01T10:00:01"),
        *("2026-13-01T10:00", "2026-02-29T10:00", "2026-12-01T24:00", "2026-12-01T10:00+99:00"),
        *("2026-12-01T10:00+09:00\n", "2026-12-01T1\uff10:00", "0001-01-01T00:00"),
    ],
)
def test_what_is_no_instant_to_the_minute_is_none(text: str) -> None:
    assert read_instant(text) is None


def test_people_read_when_an_appointment_begins_and_ends() -> None:
    assert told(read_instant("2026-12-01T23:45") or 0, 30) == "2026-12-01 23:45-00:15"


async def test_slots_are_listed_by_their_start_whatever_the_order_they_were_offered_in(desk: Desk) -> None:
    late, early = await desk.offered("2026-12-02T09:00", "2026-12-01T09:00")
    (between,) = await desk.offered("2026-12-01T17:30")
    (beside,) = await desk.offered("2026-12-01T09:00", place="大阪支店")
    found = await listed(desk)
    assert [each.slot.public_id for each in found] == [early, beside, between, late]
    assert {(each.slot.minutes, each.slot.seats, each.taken, each.free) for each in found} == {(30, 2, 0, 2)}
    day = date(2026, 12, 1)
    assert [each.slot.public_id for each in await listed(desk, day, day)] == [early, beside, between]
    assert [each.slot.public_id for each in await listed(desk, date(2026, 12, 2), date.max)] == [late]
    leaf = (await record_of(desk.collecting.world))[-2]
    assert (leaf.action, leaf.detail["first"]) == (Action.SLOT_OFFER, "2026-12-01T17:30+09:00")


async def test_a_day_ends_at_midnight_in_japan(desk: Desk) -> None:
    before, after = await desk.offered("2026-12-01T23:59", "2026-12-02T00:00")
    assert [each.slot.public_id for each in await listed(desk, None, date(2026, 12, 1))] == [before]
    assert [each.slot.public_id for each in await listed(desk, date(2026, 12, 2))] == [after]


async def test_a_row_that_cannot_be_offered_is_told_and_the_others_are_taken(desk: Desk) -> None:
    number = Canaries().plant("place")
    columns = SlotColumns(
        ["本社", "", "本社\x07", number, *["本社"] * 10],
        [TEN] * 4
        + ["明日", "2026-11-21T10:00", "2028-12-01T10:00"]
        + [TEN] * 4
        + ["2026-12-01T10:00+09:00", "2026-12-01T11:00", "2026-12-01T11:00"],
        [30] * 7 + [4, 481, 30, 30, 30, 30, 30],
        [1] * 9 + [0, 501, 1, 500, 1],
    )
    collecting = desk.collecting
    done = await offer_slots(collecting.custodian, collecting.handler, columns, desk.now)
    assert isinstance(done, Offered)
    assert codes_of(done.rejections) == {
        **dict.fromkeys((1, 2, 3), "PLACE_INVALID"),
        4: "START_INVALID",
        **dict.fromkeys((5, 6), "START_NOT_AHEAD"),
        **dict.fromkeys((7, 8, 9, 10), "SEATS_INVALID"),
        **dict.fromkeys((11, 13), "SLOT_REPEATED"),
    }
    assert [row for row, slot in enumerate(done.slots) if slot] == [0, 12]
    assert number not in repr(done)
    assert not numbers_in(repr(await record_of(collecting.world)).encode()) & {number}
    again = await offer_slots(collecting.custodian, collecting.handler, columns, desk.now)
    assert isinstance(again, Offered)
    assert set(again.slots) == {None}
    assert codes_of(again.rejections)[0] == "SLOT_REPEATED"


async def test_a_batch_is_refused_as_a_whole_if_it_is_too_large_or_ragged(desk: Desk) -> None:
    collecting = desk.collecting
    many = MOST_SLOTS + 1
    for columns, rule in (
        (SlotColumns(["本社"], [TEN, TEN], [30], [1]), "columns-differ"),
        (SlotColumns(["本社"] * many, [TEN] * many, [30] * many, [1] * many), "too-many-slots"),
    ):
        done = await offer_slots(collecting.custodian, collecting.handler, columns, desk.now)
        assert rule_of(done) == rule


async def test_slots_sent_twice_with_one_key_are_offered_once(desk: Desk) -> None:
    collecting = desk.collecting
    columns = SlotColumns(["本社", ""], [TEN, TEN], [30, 30], [1, 1])
    replay = Replay(collecting.handler, "a-key", "offerAppointmentSlots", b"{}")
    first = await offer_slots(collecting.custodian, collecting.handler, columns, desk.now, replay)
    assert first == await offer_slots(collecting.custodian, collecting.handler, columns, desk.now, replay)
    assert len(await listed(desk)) == 1


async def test_auditors_look_on_and_clients_have_no_business_at_the_desk(desk: Desk) -> None:
    collecting = desk.collecting
    (slot,) = await desk.offered()
    world, custodian = collecting.world, collecting.custodian
    auditor = (await world.human("kansa", Role.AUDITOR)).actor
    page = await list_slots(custodian, auditor, None, None, Window(9), desk.now)
    assert isinstance(page, Page)
    assert len(page.items) == 1
    columns = SlotColumns(["本社"], [TEN], [30], [1])
    for actor in (auditor, await world.client()):
        assert rule_of(await offer_slots(custodian, actor, columns, desk.now)) == "no-rule-permits"
        assert rule_of(await withdraw_slot(custodian, actor, slot, "", desk.now)) == "no-rule-permits"
    refused = await list_slots(custodian, await world.client("other"), None, None, Window(9), desk.now)
    assert rule_of(refused) == "no-rule-permits"


async def test_people_choose_from_what_is_to_come_and_has_seats(desk: Desk) -> None:
    collecting = desk.collecting
    soon, full, later, gone = await desk.offered(
        "2026-11-23T10:00", "2026-12-01T10:00", "2026-12-02T10:00", "2026-12-03T10:00", seats=1
    )
    await desk.booked("E1", full)
    assert isinstance(await withdraw(desk, gone), Withdrawn)
    tenant = collecting.world.tenant.id
    free = await free_slots(collecting.custodian, tenant, desk.now)
    assert [(each.slot.public_id, each.free) for each in free] == [(soon, 1), (later, 1)]
    at = free[0].slot.starts_at
    assert len(await free_slots(collecting.custodian, tenant, at - 1)) == 2
    assert len(await free_slots(collecting.custodian, tenant, at)) == 1


async def test_a_slot_that_is_booked_is_withdrawn_only_with_words_for_those_who_come(desk: Desk) -> None:
    (slot,) = await desk.offered(seats=3)
    for who in ("E1", "E2"):
        await desk.booked(who, slot)
    assert rule_of(await withdraw(desk, slot)) == "slot-booked"
    assert rule_of(await withdraw(desk, slot, " \n")) == "slot-booked"
    number = Canaries().plant("message")
    assert rule_of(await withdraw(desk, slot, f"番号は{number}")) == "message-holds-number"
    done = await withdraw(desk, slot, SORRY)
    assert isinstance(done, Withdrawn)
    assert done.cancelled == 2
    collecting = desk.collecting
    for who in ("E1", "E2"):
        collection = await desk.collection(who)
        thread = await thread_of(
            collecting.custodian, collecting.themselves, collection.person, collection.public_id
        )
        assert isinstance(thread, Thread)
        (message,) = thread.messages
        assert message.speaker is Speaker.COMPANY
        assert message.text.endswith(SORRY)
        assert "2026-12-01 10:00-10:30 本社3階" in message.text
    assert rule_of(await desk.booking("E3", slot)) == "slot-withdrawn"
    assert rule_of(await withdraw(desk, slot, SORRY)) == "slot-withdrawn"
    leaves = (await record_of(collecting.world))[-5:]
    withdrawn = [leaf for leaf in leaves if leaf.action is Action.SLOT_WITHDRAW and not leaf.rule]
    cancelled = [leaf.person for leaf in leaves if leaf.action is Action.APPOINTMENT_CANCEL]
    assert (len(withdrawn), len(set(cancelled)), None in cancelled) == (1, 2, False)


async def test_a_slot_nobody_booked_is_withdrawn_without_a_word(desk: Desk) -> None:
    (slot,) = await desk.offered()
    done = await withdraw(desk, slot)
    assert isinstance(done, Withdrawn)
    assert (done.cancelled, done.slot.withdrawn_by) == (0, "tanaka")
    (again,) = await desk.offered()
    assert again != slot
    assert [each.free for each in await listed(desk)] == [0, 2]


async def test_what_has_begun_is_not_withdrawn(desk: Desk) -> None:
    (slot,) = await desk.offered("2026-11-23T10:00")
    (found,) = await listed(desk)
    desk.collecting.world.clock.now = found.slot.starts_at - 1
    assert not isinstance(await desk.booking("E1", slot), Denied)
    desk.collecting.world.clock.now = found.slot.starts_at
    assert rule_of(await withdraw(desk, slot, SORRY)) == "slot-begun"
    assert rule_of(await withdraw(desk, "slt_1")) == "slot-unknown"
