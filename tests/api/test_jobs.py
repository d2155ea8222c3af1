"""The chores together, as the clock goes: a hundred days in which keys come and go and every number stays readable."""

from collections.abc import Sequence

import pytest

from api.bootstrap import House
from api.jobs import JOBS, Job
from api.worker import Worker
from custody.replay import Replay
from policies.actor import Actor
from tests.support.capture import capturing
from tests.support.clock import FakeClock
from tests.support.numbers import synthetic_numbers
from tests.support.tamper import rows, value
from tests.support.world import Registration, World
from tokenizer.epochs.state import read_state
from tokenizer.epochs.terms import DAY_MS
from tokenizer.grant import Grant
from tokenizer.vault import Revealed


def worker(world: World, jobs: Sequence[Job] = JOBS) -> Worker:
    return Worker(world.house, world.clock, jobs)


def grant(tenant: int, persons: Sequence[int]) -> Grant:
    return Grant(
        tenant=tenant,
        audience=1,
        persons=persons,
        purpose="TAX_GENSEN",
        use="use_1",
        reason="年末調整",
        human="tanaka",
        approver=None,
        client=None,
        rule="statutory-use",
        request=None,
        at=1,
    )


async def readable(world: World) -> dict[str, str]:
    """Every number of the tenant, by external id, as a release brings it out."""
    sql = "SELECT person_id, external_id FROM person WHERE tenant_id = :own ORDER BY person_id"
    persons = await rows(world.house.database, world.tenant.id, sql, own=world.tenant.id)
    granted = grant(world.tenant.id, [person for person, _ in persons])
    revealed = await world.custodian.vault.reveal(granted, lambda tx, tokens: None)
    assert isinstance(revealed, Revealed), revealed
    return {name: number.decode() for (_, name), number in zip(persons, revealed.numbers, strict=True)}


def known(registrations: Sequence[Registration]) -> dict[str, str]:
    return {
        name: number
        for each in registrations
        for name, number in zip(each.external_ids, each.numbers, strict=True)
    }


async def test_in_a_hundred_days_keys_come_and_go_and_every_number_stays_readable(world: World) -> None:
    handler, chores = await world.human("tanaka"), worker(world)
    provider, vault = world.house.provider, world.custodian.vault
    done: list[Registration] = []
    most = 0
    for half_day in range(200):
        if half_day % 25 == 0:
            done.append(await world.register(handler.actor, 6, seed=half_day))
        tick = await chores.tick()
        assert (tick.leading, tick.failed) == (True, [])
        living, now = provider.epochs(), world.clock()
        most = max(most, len(living))
        assert all(now - each.began < 90 * DAY_MS for each in living)
        assert (await read_state(vault, provider, now)).alarms == []
        if half_day % 20 == 0:
            assert await readable(world) == known(done)
        world.clock.advance(days=0.5)
    assert await readable(world) == known(done)
    assert 12 <= most <= 14
    assert provider.destroyed_epochs() == [1, 2]
    under = await rows(world.house.database, world.tenant.id, "SELECT DISTINCT epoch FROM person_key")
    assert under == [(provider.epoch_numbers()[-1],)]


async def test_a_restart_in_between_changes_nothing(world: World) -> None:
    handler = await world.human("tanaka")
    done = [await world.register(handler.actor, 6)]
    for _ in range(30):
        chores = worker(world)
        await chores.tick()
        await chores.stop()
        world.clock.advance(days=3)
    assert await readable(world) == known(done)
    assert len(world.house.provider.epoch_numbers()) <= 14


async def test_a_server_that_was_off_for_months_catches_up_and_destroys_what_is_overdue(world: World) -> None:
    handler = await world.human("tanaka")
    done = [await world.register(handler.actor, 6)]
    world.clock.advance(days=200)
    chores = worker(world)
    await chores.tick()
    world.clock.advance(minutes=61)
    await chores.tick()
    assert world.house.provider.epoch_numbers() == [2]
    assert await readable(world) == known(done)


async def test_the_answers_to_idempotency_keys_go_when_their_day_is_over(world: World) -> None:
    client = await world.client()
    await answered(world, client)
    chores = worker(world)
    count = "SELECT count(*) FROM replay WHERE tenant_id = :own"
    for days, left in ((0.9, 1), (0.2, 0)):
        world.clock.advance(days=days)
        await chores.tick()
        assert await value(world.house.database, world.tenant.id, count, own=world.tenant.id) == left


async def answered(world: World, actor: Actor) -> None:
    replay = Replay(actor, "a-key-of-this-test", "tokenize", b"{}")
    tenant, now = world.tenant.id, world.clock()
    await world.house.database.write(
        tenant, lambda tx: replay.remember(tx, world.custodian.vault, {"tokens": []}, now)
    )


async def test_what_rings_is_in_the_log_once_an_hour(world: World) -> None:
    late = [job for job in JOBS if job.name == "epoch-alarms"]
    chores = worker(world, late)
    world.clock.advance(days=11)
    with capturing() as stream:
        await chores.tick()
        world.clock.advance(minutes=59)
        await chores.tick()
        lines = [line["reason"] for line in stream.lines if line["event"] == "epoch alarm"]
    assert len(lines) == 2
    assert [line.partition(":")[0] for line in lines] == ["roll-late", "sweep-late"]


async def test_the_ledger_witnesses_every_log(world: World) -> None:
    await worker(world).tick()
    seen = world.custodian.ledger.witnessed()
    assert set(seen) == {0, world.tenant.id}


@pytest.mark.parametrize("name", [job.name for job in JOBS])
async def test_every_chore_can_be_done_twice(house: House, clock: FakeClock, name: str) -> None:
    (job,) = (each for each in JOBS if each.name == name)
    for _ in range(2):
        await job.run(house, clock())


def test_chores_have_names_of_their_own() -> None:
    assert len({job.name for job in JOBS}) == len(JOBS)


async def test_numbers_registered_while_a_sweep_is_half_done_are_found_again(world: World) -> None:
    client = await world.client()
    first = await world.register(client, 4)
    world.house.provider.create_epoch(2, world.clock())
    again = await world.register(client, 4)
    assert again.tokens == first.tokens
    await worker(world).tick()
    assert (await world.register(client, 4)).tokens == first.tokens
    assert list((await readable(world)).values()) == synthetic_numbers(4, 0)
