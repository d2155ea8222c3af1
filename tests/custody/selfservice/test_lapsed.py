"""Rows of links and visits go when their time is over, and not before."""

from api.jobs import JOBS
from api.worker import Worker
from custody.selfservice.lapsed import drop_lapsed
from custody.selfservice.links import revoke_links
from custody.selfservice.visits import Visit, open_door
from tests.support.collecting import Collecting
from tests.support.outcomes import record_of, rule_of
from tests.support.visiting import BIRTHDAY, Visitor, ask, issue
from tests.support.world import World


async def drop(collecting: Collecting) -> int:
    world = collecting.world
    now = world.clock()
    return await world.house.database.write(world.tenant.id, lambda tx: drop_lapsed(tx, world.tenant.id, now))


async def there(collecting: Collecting) -> tuple[int, int]:
    return await collecting.count("collection_link"), await collecting.count("collection_visit")


async def test_a_visit_goes_once_it_is_silent_or_long_and_its_link_a_year_and_a_day_later(
    collecting: Collecting,
) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    clock = collecting.world.clock
    clock.advance(minutes=30)
    assert (await drop(collecting), await there(collecting)) == (0, (1, 1))
    clock.advance(seconds=0.001)
    assert (await drop(collecting), await there(collecting)) == (1, (1, 0))
    again = await open_door(collecting.custodian, visitor.link.secret, BIRTHDAY, clock())
    assert isinstance(again, Visit)
    clock.now = again.link.reads_until
    assert (await drop(collecting), await there(collecting)) == (1, (1, 0))
    clock.advance(seconds=0.001)
    assert (await drop(collecting), await there(collecting)) == (1, (0, 0))
    gone = await open_door(collecting.custodian, visitor.link.secret, BIRTHDAY, clock())
    assert rule_of(gone) == "door-not-opened"


async def test_a_revoked_link_stays_for_its_collection_to_tell_of_it(collecting: Collecting) -> None:
    await Visitor.comes(collecting, "E1")
    now = collecting.world.clock()
    await revoke_links(collecting.custodian, collecting.administrator, collecting.chosen("E1"), now)
    assert (await drop(collecting), await there(collecting)) == (0, (1, 0))


async def test_the_chore_does_it_for_every_tenant_and_leaves_the_log_alone(collecting: Collecting) -> None:
    world = collecting.world
    other = await Collecting.begin(await World.open(world.house, world.clock, "有限会社となり"))
    for each in (collecting, other):
        await ask(each, "E1")
        await issue(each, "E1")
    world.clock.advance(days=367)
    before = [len(await record_of(each.world)) for each in (collecting, other)]
    jobs = [each for each in JOBS if each.name == "drop-links"]
    assert (await Worker(world.house, world.clock, jobs).tick()).done == ["drop-links"]
    assert [await there(each) for each in (collecting, other)] == [(0, 0)] * 2
    assert [len(await record_of(each.world)) for each in (collecting, other)] == before
