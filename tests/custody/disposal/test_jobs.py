"""The scheduler's part: for every tenant, again and again, with no tenant in another's way."""

from datetime import date

import pytest

from custody.disposal.jobs import execute_runs, mark_extinct_runs, propose_runs
from custody.disposal.policy import Choice, read_choice, write_choice
from custody.disposal.run import RunState
from policies.disposal_plan import DisposalMode, DisposalPolicy
from tests.support.disposal import DUE, Ending
from tests.support.outcomes import record_of
from tests.support.tamper import change, value
from tests.support.world import World
from tokenizer.audit.action import Action
from tokenizer.errors import SealBrokenError
from tokenizer.storage.transaction import Transaction

pytestmark = pytest.mark.fresh_database


async def companies(world: World, count: int) -> list[Ending]:
    """Companies of which everybody has left."""
    found = []
    for number in range(count):
        ending = await Ending.begin(await World.open(world.house, world.clock, f"会社 {number}"))
        await ending.left((await ending.people(3, seed=number)).external_ids)
        found.append(ending)
    return found


async def test_every_tenant_is_proposed_carried_out_and_seen_extinct(world: World) -> None:
    endings = await companies(world, 3)
    first = endings[0]
    first.go_to(DUE)
    proposed = await propose_runs(world.custodian, world.clock())
    assert {run.tenant for run in proposed} == {ending.world.tenant.id for ending in endings}
    assert await propose_runs(world.custodian, world.clock()) == []
    assert await execute_runs(world.custodian, first.means) == []
    by_tenant = {run.tenant: run for run in proposed}
    for ending in endings[:2]:
        await ending.decide(by_tenant[ending.world.tenant.id])
    done = await execute_runs(world.custodian, first.means)
    assert {run.tenant for run in done} == {ending.world.tenant.id for ending in endings[:2]}
    assert {run.disposed for run in done} == {3}
    assert await execute_runs(world.custodian, first.means) == []
    epoch = done[0].epoch
    assert await mark_extinct_runs(world.custodian, [epoch, epoch + 1], world.clock()) == []
    assert await mark_extinct_runs(world.custodian, [], world.clock()) == []
    extinct = await mark_extinct_runs(world.custodian, [epoch + 2, epoch + 1], world.clock())
    assert {run.tenant for run in extinct} == {run.tenant for run in done}
    for ending in endings[:2]:
        actions = [leaf.action for leaf in await record_of(ending.world)]
        assert actions.count(Action.DISPOSAL_EXTINCT) == 1


async def test_residue_is_removed_once_for_all_runs_of_a_day(world: World) -> None:
    endings = await companies(world, 3)
    first = endings[0]
    first.go_to(DUE)
    for run in await propose_runs(world.custodian, world.clock()):
        (ending,) = [each for each in endings if each.world.tenant.id == run.tenant]
        await ending.decide(run)
    assert len(await execute_runs(world.custodian, first.means)) == 3
    assert first.scrubbed.times == 1


async def test_a_tenant_whose_rows_were_altered_stops_no_other(world: World) -> None:
    broken, sound = await companies(world, 2)
    sound.go_to(DUE)
    proposed = {run.tenant: run for run in await propose_runs(world.custodian, world.clock())}
    for ending in (broken, sound):
        await ending.decide(proposed[ending.world.tenant.id])
    tenant = broken.world.tenant.id
    sql = "UPDATE document SET deadline_on = '2010-01-01' WHERE tenant_id = :own"
    await change(world.house.database, tenant, sql, own=tenant)
    with pytest.raises(SealBrokenError):
        await execute_runs(world.custodian, sound.means)
    keys = "SELECT count(*) FROM person_key WHERE tenant_id = :own"
    assert await value(world.house.database, tenant, keys, own=tenant) == 3
    other = sound.world.tenant.id
    assert await value(world.house.database, other, keys, own=other) == 0
    assert (await sound.show(proposed[other])).run.state is RunState.DONE
    with pytest.raises(SealBrokenError):
        await execute_runs(world.custodian, sound.means)


async def test_a_policy_that_was_changed_half_way_is_applied_first(world: World) -> None:
    (ending,) = await companies(world, 1)
    tenant, authority = ending.world.tenant.id, world.custodian.authority
    policy = DisposalPolicy(DisposalMode.YEARLY, month=3)

    def half_way(tx: Transaction) -> None:
        write_choice(tx, authority, tenant, Choice(policy, 0))

    await world.house.database.write(tenant, half_way)
    ending.go_to(date(2027, 3, 31))
    (run,) = await propose_runs(world.custodian, world.clock())
    assert run.as_of == "2027-03-31"
    applied = await world.house.database.read(tenant, lambda tx: read_choice(tx, authority, tenant))
    assert applied == Choice(policy)
    due = "SELECT max(due_on) FROM person WHERE tenant_id = :own"
    assert await value(world.house.database, tenant, due, own=tenant) == "2027-03-31"
