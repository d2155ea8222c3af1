"""A proposal until a day that is sent more than once: with one idempotency key it is one run, whatever happens."""

import asyncio
from datetime import date, timedelta

import pytest

from custody.disposal.change import cancel
from custody.disposal.propose import propose_until
from custody.disposal.run import Run, RunState
from custody.replay import Replay
from policies.actor import Actor
from policies.refusals import Denied
from tests.support.disposal import DUE, Ending
from tests.support.faults import Fate, Killed, doomed
from tests.support.outcomes import record_of, rule_of
from tests.support.tamper import change, rows, value
from tokenizer.audit.action import Action, Outcome


def once(actor: Actor, key: str = "key-1", until: date = DUE) -> Replay:
    return Replay(actor, key, "proposeDisposal", until.isoformat().encode())


async def send(
    ending: Ending, key: str | None = "key-1", until: date = DUE, fate: Fate | None = None
) -> Run | Denied:
    world, actor = ending.world, ending.administrator.actor
    custodian = doomed(world.custodian, fate) if fate else world.custodian
    replay = once(actor, key, until) if key else None
    return await propose_until(custodian, actor, until, world.clock(), replay)


async def runs(ending: Ending) -> list[tuple[object, ...]]:
    return await rows(
        ending.world.house.database,
        ending.world.tenant.id,
        "SELECT run_id, state, listed FROM disposal_run ORDER BY run_id",
    )


async def items(ending: Ending) -> object:
    return await value(
        ending.world.house.database, ending.world.tenant.id, "SELECT count(*) FROM disposal_item"
    )


async def proposals(ending: Ending) -> int:
    found = await record_of(ending.world)
    return sum((one.action, one.outcome) == (Action.DISPOSAL_PROPOSE, Outcome.ALLOWED) for one in found)


async def due(ending: Ending, count: int) -> list[str]:
    people = (await ending.people(count)).external_ids
    await ending.left(people)
    return people


async def test_sent_twice_it_is_proposed_once_and_answered_alike(ending: Ending) -> None:
    await due(ending, 3)
    first = await send(ending)
    assert isinstance(first, Run)
    assert (first.state, first.listed, first.as_of) == (RunState.PROPOSED, 3, DUE.isoformat())
    ending.world.clock.advance(minutes=120)
    assert await send(ending) == first
    assert await runs(ending) == [(first.id, "proposed", 3)]
    assert await proposals(ending) == 1


async def test_the_answer_stays_the_first_when_the_run_has_gone_on(ending: Ending) -> None:
    await due(ending, 2)
    first = await send(ending)
    assert isinstance(first, Run)
    await cancel(
        ending.world.custodian,
        ending.administrator.actor,
        first.public_id,
        "誤って作成",
        ending.world.clock(),
    )
    assert await send(ending) == first
    assert len(await runs(ending)) == 1


async def test_it_is_answered_alike_when_its_day_would_be_refused_by_now(ending: Ending) -> None:
    ending.go_to(DUE)
    await due(ending, 1)
    first = await send(ending, until=DUE)
    assert isinstance(first, Run)
    ending.world.clock.advance(minutes=23 * 60)
    assert await send(ending, until=DUE) == first
    assert rule_of(await send(ending, "key-2", until=DUE)) == "disposal-day-invalid"


async def test_the_same_key_for_another_day_is_refused_and_recorded(ending: Ending) -> None:
    await due(ending, 1)
    first = await send(ending)
    assert isinstance(first, Run)
    assert rule_of(await send(ending, until=DUE + timedelta(days=1))) == "idempotency-conflict"
    last = (await record_of(ending.world))[-1]
    assert (last.action, last.outcome) == (Action.DISPOSAL_PROPOSE, Outcome.DENIED)
    assert len(await runs(ending)) == 1


async def test_another_key_or_none_finds_nobody_left_to_propose(ending: Ending) -> None:
    await due(ending, 1)
    assert isinstance(await send(ending), Run)
    for key in ("key-2", None):
        assert rule_of(await send(ending, key)) == "nobody-is-due"


async def test_a_request_that_found_nobody_can_be_sent_again_later(ending: Ending) -> None:
    assert rule_of(await send(ending)) == "nobody-is-due"
    await due(ending, 2)
    later = await send(ending)
    assert isinstance(later, Run)
    assert later.listed == 2
    assert await send(ending) == later


async def test_sent_many_times_at_once_it_is_one_run_that_lists_everybody_once(ending: Ending) -> None:
    await due(ending, 1_050)
    answers = await asyncio.gather(*(send(ending) for _ in range(5)))
    first = answers[0]
    assert isinstance(first, Run)
    assert answers == [first] * 5
    assert await runs(ending) == [(first.id, "proposed", 1_050)]
    assert await items(ending) == 1_050
    assert await proposals(ending) == 1


async def test_two_keys_at_once_propose_nobody_twice(ending: Ending) -> None:
    await due(ending, 40)
    await asyncio.gather(*(send(ending, key) for key in ("a", "b") for _ in range(2)))
    assert await items(ending) == 40
    assert sum(int(str(listed)) for _, _, listed in await runs(ending)) == 40


@pytest.mark.parametrize("by_scheduler", [False, True], ids=["sent again", "the scheduler was faster"])
async def test_killed_at_any_step_it_is_gathered_on_as_one_run(ending: Ending, by_scheduler: bool) -> None:
    people, counted = await due(ending, 2), Fate()
    await send(ending, "key-counted", DUE - timedelta(days=1), counted)
    assert len(counted.passed) > 8
    ending.go_to(DUE)
    at = 0
    while True:
        key, fate = f"key-{at}", Fate(at)
        try:
            done: Run | Denied | None = await send(ending, key, fate=fate)
        except Killed:
            done = None
        if by_scheduler and done is None:
            await ending.propose()
        again = await send(ending, key)
        if by_scheduler and isinstance(again, Denied):
            # It had died before anything was begun, and the scheduler proposed on its own account.
            assert rule_of(again) == "nobody-is-due"
        else:
            assert isinstance(again, Run)
            assert (again.state, again.listed) == (RunState.PROPOSED, len(people))
            assert done is None or again == done
        (run,) = [one for one in await runs(ending) if one[1] != "cancelled"]
        assert run[1:] == ("proposed", len(people))
        if done is not None:
            return
        await forget_runs(ending)
        at += 1


async def forget_runs(ending: Ending) -> None:
    """As if nothing had been proposed yet."""
    database, tenant = ending.world.house.database, ending.world.tenant.id
    for table in ("disposal_item", "disposal_run"):
        await change(database, tenant, f"DELETE FROM {table}")  # noqa: S608 - constants
