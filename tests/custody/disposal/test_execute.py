"""Carrying a run out: killed at every step, by two at once, against releases and registrations; all or nothing."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from api.bootstrap import House, set_up
from api.settings import Settings
from custody.custodian import Custodian
from custody.disposal.change import cancel, exclude
from custody.disposal.execute import execute
from custody.disposal.item import ItemState
from custody.disposal.run import Run, RunState
from custody.holds import Placed, place_holds
from custody.named import Named
from custody.prepare import Request
from custody.registration import Registered, register
from custody.release import Released
from custody.roster import Columns
from custody.tokens import Issued, issue_tokens
from custody.undone import refuse_undone
from custody.use import detokenize
from policies.refusals import Denied
from tests.support.clock import FakeClock
from tests.support.disposal import DUE, GENSEN, Ending
from tests.support.faults import Fate, FatefulDatabase, Killed, doomed
from tests.support.outcomes import codes_of, record_of, rule_of
from tests.support.tamper import change, rows, value
from tests.support.world import Registration, World
from tokenizer.audit.action import Action
from tokenizer.crypto.passwords import CHEAP_FOR_TESTS, Passwords
from tokenizer.errors import SealBrokenError, StorageError
from tokenizer.grant import Grant
from tokenizer.providers.file import FileKeyProvider
from tokenizer.storage.transaction import Transaction
from tokenizer.vault import Missing, Vault

T = TypeVar("T")


async def approved(ending: Ending, count: int, seed: int = 0) -> tuple[Run, Registration]:
    people = await ending.people(count, seed)
    await ending.left(people.external_ids)
    ending.go_to(DUE)
    (run,) = await ending.propose()
    return await ending.decide(run), people


async def check_whole(ending: Ending, run: Run) -> Counter[ItemState]:
    """Everybody has their number with all that belongs to it, or nothing of it is left and the log says so."""
    database, tenant = ending.world.house.database, ending.world.tenant.id
    sql = (
        "SELECT p.person_id, p.number_state, i.state, i.leaf_index, "
        "(SELECT count(*) FROM person_key k WHERE k.person_id = p.person_id), "
        "(SELECT count(*) FROM number n WHERE n.person_id = p.person_id), "
        "(SELECT count(*) FROM token t WHERE t.person_id = p.person_id) "
        "FROM person p JOIN disposal_item i ON i.person_id = p.person_id AND i.run_id = :run"
    )
    leaves = [leaf for leaf in await record_of(ending.world) if leaf.action is Action.NUMBER_DISPOSE]
    told = Counter(leaf.person for leaf in leaves)
    states: Counter[ItemState] = Counter()
    for person, state, item, _, keys, numbers, tokens in await rows(database, tenant, sql, run=run.id):
        there = item != ItemState.DISPOSED.value
        assert state == ("held" if there else "disposed")
        assert (keys, numbers, tokens) == ((1, 1, 1) if there else (0, 0, 0))
        assert told[person] == (0 if there else 1)
        states[ItemState(item)] += 1
    return states


async def test_nothing_goes_before_its_day_or_without_two_humans(ending: Ending) -> None:
    people = await ending.people(2)
    await ending.left(people.external_ids)
    ending.go_to(DUE)
    (run,) = await ending.propose()
    for step in (ending.confirm, ending.approve):
        assert (await ending.execute(run)).disposed == 0
        assert isinstance(await step(run), Run)
    assert (await ending.execute(run)).disposed == 2


async def test_a_run_that_is_done_is_not_done_again(ending: Ending) -> None:
    run, _ = await approved(ending, 3)
    done = await ending.execute(run)
    assert await ending.execute(run) == done
    assert await execute(ending.world.custodian, ending.means, ending.world.tenant.id, 7) is None
    assert await check_whole(ending, run) == {ItemState.DISPOSED: 3}
    completed = [leaf for leaf in await record_of(ending.world) if leaf.action is Action.DISPOSAL_COMPLETE]
    assert len(completed) == 1


async def test_more_persons_than_fit_a_batch_go_batch_by_batch(ending: Ending) -> None:
    run, _ = await approved(ending, 1_201)
    done = await ending.execute(run)
    assert (done.state, done.disposed) == (RunState.DONE, 1_201)
    assert await check_whole(ending, run) == {ItemState.DISPOSED: 1_201}
    batches = list(ending.world.custodian.ledger.disposals())
    assert [len(batch.persons) for batch in batches] == [500, 500, 201]
    tenant = ending.world.tenant.id
    sql = "SELECT destructions FROM audit_head WHERE tenant_id = :own"
    assert await value(ending.world.house.database, tenant, sql, own=tenant) == 3


async def test_killed_at_every_single_step_a_second_run_completes_the_first(ending: Ending) -> None:
    run, _ = await approved(ending, 3)
    custodian, tenant = ending.world.custodian, ending.world.tenant.id
    steps, seen, before = 0, Counter[str](), Counter({ItemState.LISTED: 3})
    while True:
        fate = Fate(at=steps)
        try:
            done = await execute(doomed(custodian, fate), ending.means, tenant, run.id)
            break
        except Killed as killed:
            seen[str(killed)] += 1
            states = await check_whole(ending, run)
            assert set(states) in ({ItemState.LISTED}, {ItemState.DISPOSED})
            await refuse_undone(custodian)  # a house that opened now would not mistake it for a rollback
            # The next life does not come by what this one committed, and begins its own steps.
            steps, before = (steps + 1, before) if states == before else (0, states)
    assert done is not None
    assert done.state is RunState.DONE
    assert {"read", "statement", "ledger", "ledger written", "commit", "committed"} == set(seen)
    assert seen["statement"] > 20
    assert await check_whole(ending, run) == {ItemState.DISPOSED: 3}
    assert ending.scrubbed.times > 0
    ledger = {person for batch in custodian.ledger.disposals() for person in batch.persons}
    assert len(ledger) == 3


async def die(ending: Ending, run: Run, step: str) -> None:
    """Carry a run out in a process that dies before the first step of a name."""
    custodian = doomed(ending.world.custodian, Fate(before=step))
    with pytest.raises(Killed):
        await execute(custodian, ending.means, ending.world.tenant.id, run.id)


async def test_killed_between_two_batches_only_the_rest_is_done(ending: Ending) -> None:
    run, _ = await approved(ending, 700)
    await die(ending, run, "committed")
    assert await check_whole(ending, run) == {ItemState.DISPOSED: 500, ItemState.LISTED: 200}
    shown = (await ending.show(run)).run
    assert (shown.disposed, shown.is_under_way) == (500, True)
    done = await ending.execute(run)
    assert (done.state, done.disposed) == (RunState.DONE, 700)
    batches = [len(batch.persons) for batch in ending.world.custodian.ledger.disposals()]
    assert batches == [500, 200]


async def test_what_is_under_way_is_not_changed_and_spares_whom_a_hold_keeps(ending: Ending) -> None:
    run, people = await approved(ending, 600)
    await die(ending, run, "committed")
    world, admin, now = ending.world, ending.administrator.actor, ending.world.clock()
    last = people.external_ids[-1:]
    for outcome in (
        await exclude(world.custodian, admin, run.public_id, Named(last), "係争中", now, hold=True),
        await cancel(world.custodian, admin, run.public_id, "見直し", now),
    ):
        assert rule_of(outcome) == "run-under-way"
    assert isinstance(await place_holds(world.custodian, admin, Named(last), "係争中", now), Placed)
    done = await ending.execute(run)
    assert (done.state, done.disposed) == (RunState.DONE, 599)
    assert await check_whole(ending, run) == {ItemState.DISPOSED: 599, ItemState.SPARED: 1}


# --- the ledger


async def told_to_ledger(ending: Ending) -> set[int]:
    return {person for batch in ending.world.custodian.ledger.disposals() for person in batch.persons}


async def test_a_hold_that_comes_between_ledger_and_commit_is_kept_and_retracted(ending: Ending) -> None:
    run, people = await approved(ending, 3)
    await die(ending, run, "commit")
    assert len(await told_to_ledger(ending)) == 3
    world, admin = ending.world, ending.administrator.actor
    world.clock.advance(seconds=1)
    held = Named(people.external_ids[:1])
    assert isinstance(await place_holds(world.custodian, admin, held, "係争中", world.clock()), Placed)
    done = await ending.execute(run)
    assert done.disposed == 2
    items = await ending.items(run)
    kept = items[people.external_ids[0]]
    assert kept.state is ItemState.SPARED
    assert await told_to_ledger(ending) == {item.person for item in items.values()} - {kept.person}
    await refuse_undone(world.custodian)


async def test_a_run_given_up_after_its_commit_failed_is_retracted_whole(ending: Ending) -> None:
    run, _ = await approved(ending, 3)
    await die(ending, run, "commit")
    world, admin = ending.world, ending.administrator.actor
    world.clock.advance(seconds=1)
    done = await cancel(world.custodian, admin, run.public_id, "見直し", world.clock())
    assert isinstance(done, Run)
    assert await told_to_ledger(ending) == set()
    await refuse_undone(world.custodian)


async def test_a_changed_list_after_a_failed_commit_is_retracted_whole(ending: Ending) -> None:
    run, people = await approved(ending, 3)
    await die(ending, run, "commit")
    world, admin = ending.world, ending.administrator.actor
    now = world.clock.advance(seconds=1)
    named = Named(people.external_ids[:1])
    await exclude(world.custodian, admin, run.public_id, named, "係争中", now, hold=False)
    assert await told_to_ledger(ending) == set()
    await ending.decide(run)
    assert (await ending.execute(run)).disposed == 2
    assert len(await told_to_ledger(ending)) == 2


async def test_a_ledger_that_takes_nothing_lets_nothing_go(ending: Ending) -> None:
    run, _ = await approved(ending, 3)

    class Full(Fate):
        def step(self, name: str) -> None:
            if name == "ledger":
                raise StorageError("台帳に書けません", "the ledger cannot be written")

    custodian = doomed(ending.world.custodian, Full())
    with pytest.raises(StorageError):
        await execute(custodian, ending.means, ending.world.tenant.id, run.id)
    assert await check_whole(ending, run) == {ItemState.LISTED: 3}


# --- somebody who can write to the database


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE disposal_item SET grounds = '[]'",
        "UPDATE disposal_item SET due_on = '2020-01-01'",
        "DELETE FROM disposal_item WHERE person_id = (SELECT min(person_id) FROM person)",
        "UPDATE disposal_item SET state = 'excluded' WHERE person_id = (SELECT min(person_id) FROM person)",
    ],
)
async def test_a_list_that_was_rewritten_is_not_carried_out(ending: Ending, sql: str) -> None:
    run, _ = await approved(ending, 3)
    await change(ending.world.house.database, ending.world.tenant.id, sql)
    with pytest.raises(SealBrokenError):
        await ending.execute(run)
    held = "SELECT count(*) FROM person_key"
    assert await value(ending.world.house.database, ending.world.tenant.id, held) == 3


async def test_a_run_approved_by_the_database_alone_is_not_carried_out(ending: Ending) -> None:
    people = await ending.people(1)
    await ending.left(people.external_ids)
    ending.go_to(DUE)
    (run,) = await ending.propose()
    sql = "UPDATE disposal_run SET state = 'approved', approved_by = 'suzuki' WHERE run_id = :run"
    await change(ending.world.house.database, ending.world.tenant.id, sql, run=run.id)
    with pytest.raises(SealBrokenError):
        await ending.execute(run)


async def test_a_due_day_moved_forward_in_the_database_spares_the_person(ending: Ending) -> None:
    """The day on the row is derived; the batch counts it anew from documents and departure, which are stamped."""
    people = await ending.people(2)
    await ending.left(people.external_ids[:1])
    tenant = ending.world.tenant.id
    sql = "UPDATE person SET due_on = '2026-11-01' WHERE tenant_id = :own"
    await change(ending.world.house.database, tenant, sql, own=tenant)
    assert await ending.propose() == []
    assert await value(ending.world.house.database, tenant, "SELECT count(*) FROM disposal_run") == 0


# --- at the same time


async def test_two_who_carry_out_the_same_run_take_turns(ending: Ending) -> None:
    run, _ = await approved(ending, 1_100)
    outcomes = await asyncio.gather(*(ending.execute(run) for _ in range(3)))
    assert RunState.DONE in {outcome.state for outcome in outcomes}
    assert (await ending.execute(run)).disposed == 1_100
    assert await check_whole(ending, run) == {ItemState.DISPOSED: 1_100}
    record = await record_of(ending.world)
    assert sum(leaf.action is Action.DISPOSAL_COMPLETE for leaf in record) == 1


async def test_no_release_of_a_number_stands_after_its_disposal(ending: Ending) -> None:
    run, people = await approved(ending, 60, seed=3)
    handlers = [await ending.world.human(f"handler{number}") for number in range(6)]
    world = ending.world
    current = await ending.people(6, seed=4)

    async def release(place: int) -> object:
        human = handlers[place]
        tokens = [*people.tokens[place::6], current.tokens[place]]
        request = Request(tokens, "TAX_FUYO", "年末調整", human.login)
        code = world.code(human)
        return await detokenize(world.custodian, ending.client, request, code, world.clock())

    outcomes = await asyncio.gather(*(release(place) for place in range(6)), ending.execute(run))
    assert isinstance(outcomes[-1], Run)
    gone: set[int | None] = set()
    for leaf in await record_of(world):
        if leaf.action is Action.NUMBER_DISPOSE:
            gone.add(leaf.person)
        elif leaf.action is Action.NUMBER_RELEASE:
            assert leaf.person not in gone
    assert len(gone) == 60


async def test_a_release_that_read_before_a_disposal_does_not_get_the_number(
    postgres_house: House, clock: FakeClock
) -> None:
    """On PostgreSQL others write between two statements of a transaction; on SQLite nobody does."""
    world = await World.open(postgres_house, clock)
    ending = await Ending.begin(world)
    run, _ = await approved(ending, 1)
    loop = asyncio.get_running_loop()
    ((person,),) = await rows(world.house.database, world.tenant.id, "SELECT person_id FROM person")
    passes = []

    def spend(tx: Transaction, tokens: object) -> None:
        """Between reading the sealed number and the record, a disposal comes and goes."""
        del tx, tokens
        passes.append(1)
        if len(passes) == 1:
            asyncio.run_coroutine_threadsafe(ending.execute(run), loop).result(timeout=30)

    grant = Grant(
        tenant=world.tenant.id,
        audience=ending.client.audience,
        persons=[person],
        purpose=GENSEN,
        use="use_1",
        reason="試験",
        human="tanaka",
        approver=None,
        client="payroll",
        rule="statutory-use",
        request=None,
        at=world.clock(),
    )
    outcome = await world.custodian.vault.reveal(grant, spend)
    assert outcome == Missing([person])
    assert len(passes) == 2
    assert not [leaf for leaf in await record_of(world) if leaf.action is Action.NUMBER_RELEASE]


@pytest.fixture
async def postgres_house(postgres_url: str, tmp_path: Path, clock: FakeClock) -> AsyncIterator[House]:
    keys = FileKeyProvider.create(tmp_path / "keys", "test-vault", now_ms=clock(), data_dir=tmp_path / "data")
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys", database=postgres_url)
    opened = await set_up(settings, keys, clock, passwords=Passwords(CHEAP_FOR_TESTS))
    yield opened
    await opened.database.close()


class ComesFirst(FatefulDatabase):
    """Lets a disposal come between somebody's look and their write."""

    disposal: Callable[[], object]

    async def write(self, tenant: int, work: Callable[[Transaction], T]) -> T:
        disposal, self.disposal = self.disposal, lambda: None
        found = disposal()
        if asyncio.iscoroutine(found):
            await found
        return await super().write(tenant, work)


def overtaken(ending: Ending, run: Run) -> Custodian:
    """A custodian in whose way a run is carried out, after the first look and before the first write."""
    custodian = ending.world.custodian
    database = ComesFirst(custodian.database, Fate())
    database.disposal = lambda: ending.execute(run)
    vault = custodian.vault
    return replace(custodian, vault=Vault(database, vault.keyring, vault._origin, vault.random_bytes))


async def test_a_registration_that_looked_before_a_disposal_looks_again(ending: Ending) -> None:
    """For another audience it is a token alone; after the disposal it is the number, collected anew."""
    run, people = await approved(ending, 2)
    world, other = ending.world, await ending.world.client("accounting")
    custodian = overtaken(ending, run)
    again = Columns(people.external_ids, people.numbers)
    # The first attempt finds the persons there, the second looks, and between look and write they are disposed of.
    done = await register(custodian, other, again, world.terms(GENSEN), world.clock())
    assert isinstance(done, Registered)
    assert done.registered == 2
    assert done.rejections == []
    ((keys, numbers, tokens),) = await rows(
        world.house.database,
        world.tenant.id,
        "SELECT (SELECT count(*) FROM person_key), (SELECT count(*) FROM number), (SELECT count(*) FROM token)",
    )
    assert (keys, numbers, tokens) == (2, 2, 2)


async def test_tokens_are_not_issued_for_who_is_disposed_of(ending: Ending) -> None:
    run, people = await approved(ending, 2)
    world, other = ending.world, await ending.world.client("accounting")
    await ending.execute(run)
    issued = await issue_tokens(world.custodian, other, [*people.external_ids, "nobody"], world.clock())
    assert isinstance(issued, Issued)
    assert issued.tokens == [None, None, None]
    assert codes_of(issued.rejections) == {0: "NUMBER_NOT_HELD", 1: "NUMBER_NOT_HELD", 2: "PERSON_UNKNOWN"}


async def test_persons_registered_while_others_are_disposed_of_are_all_there(ending: Ending) -> None:
    run, _ = await approved(ending, 600)
    world = ending.world
    outcomes = await asyncio.gather(
        ending.execute(run), *(ending.people(20, seed=seed) for seed in range(20, 26))
    )
    assert isinstance(outcomes[0], Run)
    held = "SELECT count(*) FROM person WHERE number_state = 'held'"
    assert await value(world.house.database, world.tenant.id, held) == 120
    assert await check_whole(ending, run) == {ItemState.DISPOSED: 600}
    one = outcomes[1]
    assert isinstance(one, Registration)
    code = world.code(ending.handler)
    request = Request(one.tokens[:1], GENSEN, "源泉徴収票の作成", ending.handler.login)
    assert isinstance(
        await detokenize(world.custodian, ending.client, request, code, world.clock()), Released
    )


async def test_a_prepared_use_of_somebody_who_is_disposed_of_releases_nothing(ending: Ending) -> None:
    run, people = await approved(ending, 1)
    await ending.execute(run)
    world = ending.world
    code = world.code(ending.handler)
    request = Request(people.tokens, "TAX_FUYO", "年末調整", ending.handler.login)
    outcome = await detokenize(world.custodian, ending.client, request, code, world.clock())
    assert isinstance(outcome, Denied)
    assert outcome.rule == "token-unknown"
