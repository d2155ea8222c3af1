"""Carrying a contract's end out: what it waits for, what is left, and that no crash leaves it half done."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from api.worker import Worker
from custody.accounts import create_account
from custody.certificates.facts import Kind
from custody.clients import create_client
from custody.contract.ask import withdraw_end
from custody.contract.carry_out import Progress, Sizes, end_contracts, overdue_ends
from custody.contract.end import ContractEnd, EndState
from custody.contract.erase import ERASED, KEPT, is_erased
from custody.contract.waits import Wait
from custody.disposal.change import cancel
from custody.disposal.execute import execute
from custody.disposal.propose import propose_due, propose_instruction
from custody.disposal.run import Run, RunState, read_run
from custody.holds import lift_holds, place_holds
from custody.log_check import check_log
from custody.named import Named
from custody.prepare import Request, prepare
from custody.registration import register
from custody.roster import Columns
from custody.sessions import log_in, session_actor
from custody.tokens import issue_tokens
from custody.undone import refuse_undone
from custody.use import confirm, detokenize
from custody.witness import refuse_rollback, witness
from policies.actor import Role
from tests.support.capture import capturing
from tests.support.contract import (
    AFTER,
    LAST,
    agree,
    approve,
    ask,
    carry_out,
    end,
    fill,
    keep,
    log_in_as,
    prepare_use,
    rows_of,
    shown,
)
from tests.support.disposal import GENSEN, Ending
from tests.support.faults import Fate, Killed, doomed
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import record_of, rule_of
from tests.support.tamper import change, value
from tests.support.world import PASSWORD, World
from tokenizer.audit.action import Action, Outcome
from tokenizer.errors import SealBrokenError
from tokenizer.storage.residue import data_files, find_residue
from tokenizer.storage.statement import Backend

pytestmark = pytest.mark.fresh_database

WITH_THE_NUMBER = {"number", "token"}
"""Tables whose rows went with the persons' numbers, before the rest was erased."""

SMALL = Sizes(listed=2, disposed=2, erased=100)


async def left_of(world: World) -> set[str]:
    """Tables in which the tenant has rows."""
    found = await rows_of(world.house.database, world.tenant.id)
    return {name for name, rows in found.items() if rows}


async def assert_ended(ending: Ending, persons: int) -> ContractEnd:
    """Nothing is left but what is kept; log, ledger and rows agree."""
    world = ending.world
    done = await shown(ending)
    assert (done.state, done.ended_at >= done.began_at > 0) == (EndState.ENDED, True)
    found = await rows_of(world.house.database, world.tenant.id)
    assert {name for name, rows in found.items() if rows} <= {*KEPT, "disposal_item"}
    assert len(found["disposal_item"]) == persons
    assert await world.house.database.read(
        world.tenant.id, lambda tx: is_erased(tx, world.tenant.id, done.run)
    )
    run = await run_of_end(ending)
    assert (run.kind, run.state, run.listed, run.disposed) == (
        Kind.CONTRACT_END,
        RunState.DONE,
        persons,
        persons,
    )
    assert (run.confirmed_by, run.approved_by) == (done.requested_by, done.approved_by)
    assert run.extinct_by > 0
    record = await record_of(world)
    told = [leaf.person for leaf in record if leaf.detail.get("run") == run.public_id and leaf.person]
    assert len(set(told)) == len(told) == persons
    last = record[-1]
    assert (last.action, last.human, len(record) - 1) == (Action.CONTRACT_ENDED, "sato", done.ended_leaf)
    assert {f"rows.{table}": str(count) for table, count in done.counts.items()} == {
        name: value for name, value in last.detail.items() if name.startswith("rows.")
    }
    ledger = world.custodian.ledger
    assert world.tenant.id in {each.tenant for each in ledger.contract_ends()}
    assert {p for each in ledger.disposals() if each.run == run.id for p in each.persons} == set(told)
    checked = await check_log(world.custodian, world.tenant.id)
    assert (checked.fault, checked.entries) == ("", len(record))
    await refuse_undone(world.custodian)
    return done


async def run_of_end(ending: Ending) -> Run:
    world, done = ending.world, await shown(ending)
    run = await world.house.database.read(
        world.tenant.id, lambda tx: read_run(tx, world.custodian.authority, world.tenant.id, done.run)
    )
    assert run is not None
    return run


async def test_on_its_last_day_a_contract_runs_and_on_the_next_it_is_over(ending: Ending) -> None:
    world = ending.world
    await fill(ending)
    await agree(ending)
    ending.go_to(LAST)
    assert await carry_out(ending) is None
    assert (await shown(ending)).state is EndState.APPROVED
    assert isinstance(await log_in_as(ending, ending.handler), object)
    ending.go_to(AFTER)
    world.clock.now -= 12 * 3_600_000  # the first moment of December in Japan
    assert await carry_out(ending) == Progress(world.tenant.id)
    done = await assert_ended(ending, 3)
    assert set(done.counts) == {table.name for table in ERASED} - WITH_THE_NUMBER
    assert await carry_out(ending) is None


async def test_nothing_happens_without_the_second_human_or_once_it_is_taken_back(ending: Ending) -> None:
    world = ending.world
    await ending.people(1)
    before = await left_of(world)
    await ask(ending)
    ending.go_to(AFTER)
    assert await carry_out(ending) is None
    await ask(ending)
    await approve(ending)
    await withdraw_end(world.custodian, ending.administrator.actor, "継続する", world.clock())
    ending.go_to(AFTER + timedelta(days=40))
    assert await carry_out(ending) is None
    assert await left_of(world) == before
    assert list(world.custodian.ledger.contract_ends()) == []


async def test_a_contract_without_persons_ends_as_well(ending: Ending) -> None:
    await end(ending)
    await assert_ended(ending, 0)


async def test_a_hold_that_is_placed_late_keeps_everything_until_it_is_lifted(ending: Ending) -> None:
    world = ending.world
    people = await ending.people(2)
    await agree(ending)
    holds = await keep(ending, people.external_ids[:1])
    before = await left_of(world)
    assert await overdue_ends(world.custodian, world.clock()) == []
    ending.go_to(AFTER)
    waits = Progress(world.tenant.id, (Wait.LEGAL_HOLD,))
    assert await carry_out(ending) == waits
    assert await overdue_ends(world.custodian, world.clock()) == [waits]
    assert await left_of(world) == before
    assert (await shown(ending)).state is EndState.APPROVED
    await lift_holds(world.custodian, ending.renewed(ending.administrator), holds, "終結", world.clock())
    assert await carry_out(ending) == Progress(world.tenant.id)
    await assert_ended(ending, 2)
    assert await overdue_ends(world.custodian, world.clock()) == []


async def test_a_disposal_that_is_half_done_is_completed_first(ending: Ending) -> None:
    world = ending.world
    people = await ending.people(4)
    run = await ending.decide(await ending.instruct(people.external_ids[:2]))
    await agree(ending)
    custodian = doomed(world.custodian, Fate(before="committed"))
    with pytest.raises(Killed):
        await execute(custodian, ending.means, world.tenant.id, run.id, 1)
    ending.go_to(AFTER)
    assert await carry_out(ending) == Progress(world.tenant.id, (Wait.RUN_UNDER_WAY,))
    assert (await shown(ending)).state is EndState.APPROVED
    await ending.execute(run)
    assert await carry_out(ending) == Progress(world.tenant.id)
    await assert_ended(ending, 2)


async def test_other_disposals_that_are_open_are_cancelled_and_nobody_is_kept_by_them(ending: Ending) -> None:
    world = ending.world
    people = await ending.people(6)
    proposed = await ending.instruct(people.external_ids[:2])
    approved = await ending.decide(await ending.instruct(people.external_ids[2:4]))
    custodian = doomed(world.custodian, Fate(before="commit"))
    with pytest.raises(Killed):  # the ledger was told of a batch that was never committed
        await execute(custodian, ending.means, world.tenant.id, approved.id)
    await end(ending)
    await assert_ended(ending, 6)
    record = await record_of(world)
    cancelled = {leaf.detail["run"] for leaf in record if leaf.action is Action.DISPOSAL_CANCEL}
    assert cancelled == {proposed.public_id, approved.public_id}


async def test_the_door_is_shut_before_the_first_number_goes(ending: Ending) -> None:
    world = ending.world
    people = await ending.people(3)
    session = await log_in_as(ending, ending.handler)
    prepared = await prepare_use(ending, people.tokens)
    await agree(ending)
    await begun(ending)
    now, custodian, tenant = world.clock(), world.custodian, world.tenant.id
    administrator = ending.renewed(ending.administrator)
    # Nobody enters: not with a session, not with a password, not with a key.
    assert await session_actor(custodian, tenant, session.secret, now, None) is None
    size = len(await record_of(world))
    entered = await log_in(custodian, tenant, "sato", PASSWORD, "000000", now, None)
    assert rule_of(entered) == "account-unknown"
    assert len(await record_of(world)) == size
    # And whoever was let in just before changes nothing any more.
    named = Named(people.external_ids[:1])
    columns = Columns(["E-new"], synthetic_numbers(1, 99))
    request = Request(people.tokens[:1], GENSEN, "x", ending.handler.login)
    roles = frozenset({Role.HANDLER})
    late = [
        await place_holds(custodian, administrator, named, "係争中", now),
        await propose_instruction(custodian, administrator, named, "x", now),
        await register(custodian, ending.client, columns, world.terms(), now),
        await prepare(custodian, ending.client, request, now),
        await create_account(custodian, administrator, "mori", "森", roles, PASSWORD, now),
        await create_client(custodian, administrator, "late", frozenset(), now),
        await create_client(custodian, world.operator, "late", frozenset(), now),
        await cancel(custodian, administrator, (await run_of_end(ending)).public_id, "x", now),
        await withdraw_end(custodian, administrator, "x", now),
    ]
    assert {rule_of(each) for each in late} == {"contract-ended"}
    code = world.code(ending.handler)
    outcome = await detokenize(custodian, ending.client, request, code, world.clock())
    assert rule_of(outcome) == "a-use-needs-a-human"  # the handler is not known any more
    human, use = ending.handler, prepared.use
    confirmed = await confirm(
        custodian, human.actor, use.public_id, use.digest, human.login, world.code(human), world.clock()
    )
    assert rule_of(confirmed) == "use-unknown"
    assert await propose_due(custodian, tenant, now) == []
    # What was begun is completed.
    assert await carry_out(ending) == Progress(tenant)
    await assert_ended(ending, 3)


async def begun(ending: Ending) -> None:
    """A contract's end of which the first step is done, and no more."""
    ending.go_to(AFTER)
    with pytest.raises(Killed):
        await carry_out(ending, doomed(ending.world.custodian, Fate(before="committed")))
    assert (await shown(ending)).state is EndState.ENDING


async def test_once_the_ledger_knows_an_end_that_a_crash_undid_is_not_taken_back(ending: Ending) -> None:
    world = ending.world
    people = await ending.people(2)
    await agree(ending)
    ending.go_to(AFTER)
    with pytest.raises(Killed):
        await carry_out(ending, doomed(world.custodian, Fate(before="commit")))
    assert (await shown(ending)).state is EndState.APPROVED
    assert {each.tenant for each in world.custodian.ledger.contract_ends()} == {world.tenant.id}
    await refuse_undone(world.custodian)  # a house that opened now would serve
    refused = await withdraw_end(world.custodian, ending.administrator.actor, "継続する", world.clock())
    assert rule_of(refused) == "contract-ended"
    # Whoever was quick enough to place a hold keeps everything, and the house opens still.
    holds = await keep(ending, people.external_ids[:1])
    assert await carry_out(ending) == Progress(world.tenant.id, (Wait.LEGAL_HOLD,))
    await refuse_undone(world.custodian)
    await lift_holds(world.custodian, ending.renewed(ending.administrator), holds, "終結", world.clock())
    assert await carry_out(ending) == Progress(world.tenant.id)
    await assert_ended(ending, 2)


async def test_tokens_of_all_audiences_are_dead_and_another_tenant_is_untouched(
    ending: Ending, world: World
) -> None:
    other = await Ending.begin(await World.open(world.house, world.clock, "有限会社となり"))
    await fill(other)
    people = await fill(ending)
    await issue_tokens(world.custodian, ending.handler.actor, people.external_ids, world.clock())
    before = await rows_of(world.house.database, other.world.tenant.id)
    await end(ending)
    await assert_ended(ending, 3)
    for actor in (ending.client, ending.handler.actor):
        request = Request(people.tokens[:1], GENSEN, "x", ending.handler.login)
        outcome = await detokenize(world.custodian, actor, request, "000000", world.clock())
        assert rule_of(outcome) in {"a-use-needs-a-human", "token-unknown"}
    assert await rows_of(world.house.database, other.world.tenant.id) == before
    assert (await check_log(world.custodian, other.world.tenant.id)).fault == ""


async def test_killed_at_every_single_step_the_next_life_completes_the_end(ending: Ending) -> None:
    world = ending.world
    await ending.people(3)
    await agree(ending)
    ending.go_to(AFTER)
    seen, before, steps = Counter[str](), await stage(ending), 0
    while True:
        try:
            fate = Fate(at=steps)
            await carry_out(ending, doomed(world.custodian, fate), SMALL)
            break
        except Killed as killed:
            seen[str(killed)] += 1
            await refuse_undone(world.custodian)  # a house that opened now would serve
            await refuse_rollback(world.custodian)
            await witness(world.custodian, world.clock())
            await assert_nobody_is_half_gone(ending)
            now = await stage(ending)
            # Once all numbers are gone, the tables that are empty already are passed by in every life.
            again = now != before and now[3] < 3
            steps, before = (0 if again else steps + 1), now
    assert {
        "end in ledger",
        "end in ledger written",
        "ledger",
        "ledger written",
        "commit",
        "committed",
    } <= set(seen)
    assert seen["statement"] > 200
    await assert_ended(ending, 3)


async def test_keys_that_a_sweep_moves_on_in_between_are_within_what_is_certified(ending: Ending) -> None:
    """Somebody whose number is collected and not registered has a key that is no part of the disposal."""
    world = ending.world
    await fill(ending)
    await agree(ending)
    ending.go_to(AFTER)
    steps = 0
    while (await stage(ending))[3] < 3:
        with pytest.raises(Killed):
            await carry_out(ending, doomed(world.custodian, Fate(at=steps)))
        steps += 1
    keys = "SELECT max(epoch) FROM person_key WHERE tenant_id = :own"
    assert await value(world.house.database, world.tenant.id, keys, own=world.tenant.id) == 1
    world.clock.advance(days=8)
    await Worker(world.house, world.clock).tick()
    await assert_ended(ending, 3)
    assert [(await run_of_end(ending)).epoch] == world.house.provider.epoch_numbers()[-1:] != [1]


async def stage(ending: Ending) -> tuple[EndState, RunState | None, int, int]:
    """How far it has come."""
    found = await shown(ending)
    if not found.run:
        return found.state, None, 0, 0
    run = await run_of_end(ending)
    return found.state, run.state, run.listed, run.disposed


async def assert_nobody_is_half_gone(ending: Ending) -> None:
    found = await rows_of(ending.world.house.database, ending.world.tenant.id)
    keys = {row[1] for row in found["person_key"]}
    assert {row[1] for row in found["number"]} == keys
    gone = {row[2] for row in found["disposal_item"] if row[5] == "disposed"}
    assert not gone & keys
    told = {leaf.person for leaf in await record_of(ending.world) if leaf.action is Action.NUMBER_DISPOSE}
    assert told == gone
    assert (await check_log(ending.world.custodian, ending.world.tenant.id)).fault == ""


async def test_two_nodes_that_end_the_same_contract_end_it_once(ending: Ending) -> None:
    world = ending.world
    await fill(ending, 7)
    await agree(ending)
    ending.go_to(AFTER)
    told = await asyncio.gather(*(carry_out(ending, sizes=SMALL) for _ in range(3)))
    assert Progress(world.tenant.id) in told
    await assert_ended(ending, 7)
    record = await record_of(world)
    counts = Counter(leaf.action for leaf in record)
    assert (counts[Action.CONTRACT_END_BEGIN], counts[Action.CONTRACT_ENDED]) == (1, 1)
    run = await run_of_end(ending)
    complete = [leaf for leaf in record if leaf.action is Action.DISPOSAL_COMPLETE]
    assert [leaf.detail["run"] for leaf in complete].count(run.public_id) == 1


async def test_a_release_at_the_same_moment_comes_before_the_end_or_not_at_all(ending: Ending) -> None:
    world = ending.world
    people = await ending.people(4)
    await agree(ending)
    ending.go_to(AFTER)
    code = world.code(ending.handler)
    request = Request(people.tokens[:1], GENSEN, "源泉徴収票の作成", ending.handler.login)
    await asyncio.gather(
        carry_out(ending, sizes=SMALL),
        detokenize(world.custodian, ending.client, request, code, world.clock()),
        register(
            world.custodian,
            ending.client,
            Columns(["E-new"], synthetic_numbers(1, 99)),
            world.terms(),
            world.clock(),
        ),
    )
    begun_at, released = None, []
    for place, leaf in enumerate(await record_of(world)):
        if leaf.action is Action.CONTRACT_END_BEGIN:
            begun_at = place
        if leaf.action is Action.NUMBER_RELEASE and leaf.outcome is Outcome.ALLOWED:
            released.append(place)
    assert begun_at is not None
    assert all(place < begun_at for place in released)
    run = await run_of_end(ending)
    await assert_ended(ending, run.listed)
    assert run.listed in {4, 5}


async def test_a_tenant_whose_rows_were_altered_stops_no_other(ending: Ending, world: World) -> None:
    other = await Ending.begin(await World.open(world.house, world.clock, "有限会社となり"))
    await other.people(1)
    for each in (ending, other):
        await agree(each)
    sql = "UPDATE contract_end SET ends_on = '2026-11-01' WHERE tenant_id = :own"
    await change(world.house.database, world.tenant.id, sql, own=world.tenant.id)
    other.go_to(AFTER)
    with pytest.raises(SealBrokenError):
        await end_contracts(world.custodian, other.means)
    await assert_ended(other, 1)


async def test_a_number_that_was_hidden_in_the_database_is_gone_and_counted(ending: Ending) -> None:
    world = ending.world
    await ending.people(3)
    sql = "UPDATE person SET number_state = 'disposed' WHERE tenant_id = :own AND external_id = 'E0-0'"
    await change(world.house.database, world.tenant.id, sql, own=world.tenant.id)
    await end(ending)
    done = await shown(ending)
    assert (done.counts["person_key"], done.counts["number"]) == (1, 1)
    assert await left_of(world) <= {*KEPT, "disposal_item"}


async def test_nothing_is_erased_as_long_as_the_numbers_are_not_disposed_of(ending: Ending) -> None:
    world = ending.world
    await ending.people(2)
    await agree(ending)
    await begun(ending)
    await change(world.house.database, world.tenant.id, "DELETE FROM disposal_run")
    before = await left_of(world)
    with pytest.raises(SealBrokenError):
        await carry_out(ending)
    assert await left_of(world) == before


async def test_an_approval_that_was_written_into_the_database_ends_nothing(ending: Ending) -> None:
    world = ending.world
    await ending.people(1)
    await ask(ending)
    sql = "UPDATE contract_end SET state = 'approved', approved_by = 'suzuki' WHERE tenant_id = :own"
    await change(world.house.database, world.tenant.id, sql, own=world.tenant.id)
    before = await left_of(world)
    ending.go_to(AFTER)
    with pytest.raises(SealBrokenError):
        await carry_out(ending)
    assert await left_of(world) == before


async def test_nothing_of_the_tenant_is_in_the_files_of_an_embedded_database(ending: Ending) -> None:
    world = ending.world
    if world.house.database.backend is not Backend.SQLITE:
        return
    people = await fill(ending, 40)
    found = await rows_of(world.house.database, world.tenant.id)
    secrets = [row[4] for row in found["person_key"]] + [row[5] for row in found["number"]]
    texts = [row[3] for row in found["number"]] + people.tokens[:40]
    needles = [*secrets, *(text.encode() for text in texts)]
    assert find_residue(await data_files(world.house.database), needles) != []
    await agree(ending)
    ending.go_to(AFTER)
    await Worker(world.house, world.clock).tick()
    await assert_ended(ending, 40)
    assert find_residue(await data_files(world.house.database), needles) == []


async def test_the_chore_says_what_an_end_waits_for_and_when_it_is_over(ending: Ending) -> None:
    world = ending.world
    people = await ending.people(1)
    await agree(ending)
    holds = await keep(ending, people.external_ids)
    ending.go_to(AFTER)
    with capturing() as stream:
        await Worker(world.house, world.clock).tick()
        await lift_holds(world.custodian, ending.renewed(ending.administrator), holds, "終結", world.clock())
        world.clock.advance(minutes=2)
        await Worker(world.house, world.clock).tick()
        told = [line for line in stream.lines if line["event"].startswith("contract end")]
    assert [(line["event"], line.get("reason")) for line in told] == [
        ("contract end waits", "legal-hold"),
        ("contract ended", None),
    ]
