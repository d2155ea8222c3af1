"""A seat is free again, and its holder told, as soon as their collection is settled."""

import pytest

from api.jobs import JOBS
from api.worker import Worker
from custody.collection.decisions import close_collections
from custody.collection.steps import Moved
from custody.desk.calendar import free_slots
from custody.desk.reading import thread_of
from custody.desk.thread import Thread
from custody.desk.vacating import vacate_seats
from policies.collection_codes import Closing
from tests.support.desk import Desk
from tests.support.outcomes import record_of
from tests.support.tamper import change
from tokenizer.audit.action import Action
from tokenizer.errors import SealBrokenError


@pytest.fixture
async def busy(desk: Desk) -> Desk:
    """A desk with one slot of two seats, both taken."""
    (slot,) = await desk.offered(seats=2)
    for who in ("E1", "E2"):
        await desk.booked(who, slot)
    return desk


async def settled(desk: Desk, who: str) -> None:
    collecting = desk.collecting
    done = await close_collections(
        collecting.custodian, collecting.handler, collecting.chosen(who), Closing.LEFT, desk.now
    )
    assert isinstance(done, Moved), done
    assert done.rejections == []


async def vacated(desk: Desk, at_once: int = 100) -> int:
    collecting = desk.collecting
    return await vacate_seats(collecting.custodian, collecting.world.tenant.id, desk.now, at_once)


async def taken(desk: Desk) -> list[int]:
    """How many seats are taken of each slot that has one left."""
    collecting = desk.collecting
    found = await free_slots(collecting.custodian, collecting.world.tenant.id, desk.now)
    return [each.taken for each in found]


async def said_to(desk: Desk, who: str) -> list[str]:
    collecting = desk.collecting
    own = await desk.collection(who)
    thread = await thread_of(collecting.custodian, collecting.themselves, own.person, own.public_id)
    return [each.text for each in thread.messages] if isinstance(thread, Thread) else []


async def test_the_seat_of_somebody_who_need_not_come_any_more_is_free_for_others(busy: Desk) -> None:
    assert await taken(busy) == []
    assert await vacated(busy) == 0
    await settled(busy, "E1")
    assert await vacated(busy) == 1
    assert await taken(busy) == [1]
    assert await vacated(busy) == 0, "once"


async def test_they_are_told_in_their_thread_and_the_record_says_that_nobody_did_it(busy: Desk) -> None:
    await settled(busy, "E1")
    await vacated(busy)
    (message,) = await said_to(busy, "E1")
    assert "2026-12-01 10:00-10:30 本社3階" in message
    assert "お越しいただく必要はなくなりました" in message
    assert "you need not come" in message
    assert await said_to(busy, "E2") == []
    (leaf,) = [
        each for each in await record_of(busy.collecting.world) if each.action is Action.APPOINTMENT_CANCEL
    ]
    assert (leaf.human, leaf.client, leaf.detail["by"]) == (None, None, "system")
    assert leaf.person == (await busy.collection("E1")).person


async def test_an_appointment_that_has_begun_is_left_as_it_was(busy: Desk) -> None:
    await settled(busy, "E1")
    busy.collecting.world.clock.advance(days=9, seconds=3_600)
    assert await vacated(busy) == 0


async def test_many_are_cancelled_batch_by_batch(busy: Desk) -> None:
    for who in ("E1", "E2"):
        await settled(busy, who)
    assert await vacated(busy, at_once=1) == 2
    assert await taken(busy) == [0]


async def test_an_appointment_that_was_written_into_the_database_is_not_acted_on(busy: Desk) -> None:
    await settled(busy, "E1")
    tenant = busy.collecting.world.tenant.id
    await change(busy.collecting.custodian.database, tenant, "UPDATE appointment SET booked_by = 'mallory'")
    with pytest.raises(SealBrokenError):
        await vacated(busy)


async def test_the_worker_does_it(busy: Desk) -> None:
    await settled(busy, "E1")
    world = busy.collecting.world
    jobs = [each for each in JOBS if each.name == "vacate-seats"]
    assert (await Worker(world.house, world.clock, jobs).tick()).done == ["vacate-seats"]
    assert await taken(busy) == [1]
