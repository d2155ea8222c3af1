"""Proposing: who is asked about when, what an instruction lists, and what happens to a list that was cut short."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from custody.certificates.facts import Kind
from custody.disposal.candidates import due_days
from custody.disposal.change import cancel, exclude
from custody.disposal.item import parse_grounds
from custody.disposal.policy import read_choice, write_choice
from custody.disposal.propose import Proposed, propose_instruction, propose_until
from custody.disposal.run import Run, RunState, runs_in_state, save_run
from custody.disposal_policy import change_disposal_policy
from custody.document_changes import withdraw_documents
from custody.documents import DocumentColumns, Documented, record_documents
from custody.holds import place_holds
from custody.named import Named
from custody.replay import Replay
from policies.actor import Actor
from policies.disposal_plan import DisposalMode, DisposalPolicy
from policies.refusals import Denied
from tests.support.disposal import DUE, FUYO, Ending
from tests.support.outcomes import codes_of, record_of, rule_of
from tests.support.tamper import change, rows, value
from tokenizer.audit.action import Action, Outcome
from tokenizer.storage.transaction import Transaction


async def choose(ending: Ending, policy: DisposalPolicy) -> DisposalPolicy | Denied:
    operator = ending.world.operator
    return await change_disposal_policy(ending.world.custodian, operator, policy, ending.world.clock())


async def instruct(
    ending: Ending, people: list[str], replay: Replay | None = None, by: Actor | None = None
) -> Proposed | Denied:
    return await propose_instruction(
        ending.world.custodian,
        by or ending.administrator.actor,
        Named(people),
        "退会の申出",
        ending.world.clock(),
        replay,
    )


# --- the scheduler


async def test_each_day_has_a_run_of_its_own_and_what_is_overdue_goes_together(ending: Ending) -> None:
    people = (await ending.people(6)).external_ids
    await ending.left(people[:2], "2018-12-31", deadline="2017-01-24")  # due 2025-01-11
    await ending.left(people[2:3], "2018-12-31", deadline="2018-01-24")  # due 2026-01-11
    await ending.left(people[3:5])  # due 2027-01-11
    ending.go_to(date(2026, 12, 20))
    overdue, coming = await ending.propose()
    assert (overdue.as_of, overdue.listed) == ("2026-12-20", 3)
    assert (coming.as_of, coming.listed) == (DUE.isoformat(), 2)
    assert {item.due_on for item in (await ending.items(overdue)).values()} == {"2025-01-11", "2026-01-11"}


async def test_somebody_with_an_open_matter_is_never_proposed(ending: Ending) -> None:
    people = (await ending.people(1)).external_ids
    await ending.left(people)
    columns = DocumentColumns(Named(people), ["EI_SHUTOKU"])
    done = await record_documents(ending.world.custodian, ending.client, columns, ending.world.clock())
    assert isinstance(done, Documented)
    ending.go_to(date(2040, 1, 1))
    assert await ending.propose() == []
    document = [text or "" for text in done.documents]
    now = ending.world.clock()
    await withdraw_documents(ending.world.custodian, ending.client, document, "誤り", now)
    (run,) = await ending.propose()
    assert run.listed == 1


async def test_a_yearly_tenant_is_asked_before_its_year_ends(ending: Ending) -> None:
    people = (await ending.people(1)).external_ids
    await ending.left(people)
    await choose(ending, DisposalPolicy(DisposalMode.YEARLY, month=3, notice_days=10))
    assert await value(
        ending.world.house.database, ending.world.tenant.id, "SELECT max(due_on) FROM person"
    ) == ("2027-03-31")
    ending.go_to(date(2027, 3, 20))
    assert await ending.propose() == []
    ending.go_to(date(2027, 3, 21))
    (run,) = await ending.propose()
    assert run.as_of == "2027-03-31"
    assert parse_grounds((await ending.items(run))[people[0]].grounds)[0].free_on == DUE.isoformat()


async def test_a_held_person_is_not_asked_about(ending: Ending) -> None:
    people = (await ending.people(2)).external_ids
    await ending.left(people)
    now = ending.world.clock()
    await place_holds(ending.world.custodian, ending.administrator.actor, Named(people[:1]), "係争中", now)
    ending.go_to(DUE)
    (run,) = await ending.propose()
    assert set(await ending.items(run)) == {people[1]}


async def test_who_was_left_out_is_asked_about_again_after_the_notice(ending: Ending) -> None:
    people = (await ending.people(2)).external_ids
    await ending.left(people)
    ending.go_to(DUE)
    (run,) = await ending.propose()
    admin, custodian = ending.administrator.actor, ending.world.custodian
    await exclude(
        custodian, admin, run.public_id, Named(people[:1]), "延期", ending.world.clock(), hold=False
    )
    await ending.decide(run)
    await ending.execute(run)
    ending.go_to(DUE + timedelta(days=29))
    assert await ending.propose() == []
    ending.go_to(DUE + timedelta(days=31))
    (again,) = await ending.propose()
    assert set(await ending.items(again)) == {people[0]}


async def test_a_cancelled_run_is_asked_about_again_after_the_notice(ending: Ending) -> None:
    people = (await ending.people(1)).external_ids
    await ending.left(people)
    ending.go_to(DUE)
    (run,) = await ending.propose()
    admin, custodian = ending.administrator.actor, ending.world.custodian
    cancelled = await cancel(custodian, admin, run.public_id, "誤って作成", ending.world.clock())
    assert isinstance(cancelled, Run)
    assert cancelled.state is RunState.CANCELLED
    assert await ending.propose() == []
    ending.go_to(DUE + timedelta(days=31))
    assert len(await ending.propose()) == 1


async def test_a_list_that_was_cut_short_is_gathered_on(ending: Ending) -> None:
    world = ending.world
    people = (await ending.people(1_100)).external_ids
    await ending.left(people)
    ending.go_to(DUE)
    (run,) = await ending.propose()
    tenant, authority = world.tenant.id, world.custodian.authority

    def cut(tx: Transaction) -> None:
        """As if the process had been killed after the first thousand."""
        save_run(tx, authority, replace(run, state=RunState.GATHERING, listed=1_000))

    await world.house.database.write(tenant, cut)
    last = (
        "DELETE FROM disposal_item WHERE person_id IN "
        "(SELECT person_id FROM person ORDER BY due_on, person_id LIMIT 100 OFFSET 1000)"
    )
    assert await change(world.house.database, tenant, last) == 100
    assert rule_of(await ending.confirm(run)) == "run-gathering"
    (again,) = await ending.propose()
    assert (again.id, again.state, again.listed) == (run.id, RunState.PROPOSED, 1_100)
    assert await value(world.house.database, tenant, "SELECT count(*) FROM disposal_item") == 1_100


async def test_nothing_is_proposed_while_a_policy_spreads(ending: Ending) -> None:
    world = ending.world
    people = (await ending.people(1)).external_ids
    await ending.left(people)
    await choose(ending, DisposalPolicy(notice_days=60))
    tenant, authority = world.tenant.id, world.custodian.authority

    def behind(tx: Transaction) -> None:
        write_choice(tx, authority, tenant, replace(read_choice(tx, authority, tenant), applied_to=0))

    await world.house.database.write(tenant, behind)
    ending.go_to(DUE)
    assert await ending.propose() == []
    refused = await propose_until(world.custodian, ending.administrator.actor, DUE, world.clock())
    assert rule_of(refused) == "disposal-policy-spreading"


# --- an administrator


async def test_an_administrator_may_gather_a_longer_time(ending: Ending) -> None:
    world, admin = ending.world, ending.administrator.actor
    people = (await ending.people(3)).external_ids
    await ending.left(people[:1], "2018-12-31", deadline="2018-01-24")
    await ending.left(people[1:])
    run = await propose_until(world.custodian, admin, DUE, world.clock())
    assert isinstance(run, Run)
    assert (run.as_of, run.listed, run.proposed_by) == (DUE.isoformat(), 3, "sato")
    assert rule_of(await propose_until(world.custodian, admin, DUE, world.clock())) == "nobody-is-due"


@pytest.mark.parametrize("days", [-1, 367])
async def test_a_day_in_the_past_or_far_ahead_is_refused(ending: Ending, days: int) -> None:
    until = date(2026, 11, 22) + timedelta(days=days)
    world = ending.world
    refused = await propose_until(world.custodian, ending.administrator.actor, until, world.clock())
    assert rule_of(refused) == "disposal-day-invalid"


async def test_others_propose_nothing(ending: Ending) -> None:
    world = ending.world
    for actor in (ending.handler.actor, ending.approver.actor, ending.client, world.operator):
        assert rule_of(await propose_until(world.custodian, actor, DUE, world.clock())) == "no-rule-permits"
        assert rule_of(await instruct(ending, ["E"], by=actor)) == "no-rule-permits"
    last = (await record_of(world))[-1]
    assert (last.action, last.outcome) == (Action.DISPOSAL_PROPOSE, Outcome.DENIED)


# --- on instruction


async def test_an_instruction_lists_people_whose_purposes_live_and_says_so(ending: Ending) -> None:
    people = (await ending.people(3)).external_ids
    await ending.left(people[:1])
    run = await ending.instruct(people[:2])
    assert (run.kind, run.listed, run.as_of, run.reason) == (
        Kind.INSTRUCTION,
        2,
        "2026-11-22",
        "本人の求めによる",
    )
    items = await ending.items(run)
    gone, here = items[people[0]], items[people[1]]
    assert [(ground.purpose, ground.free_on) for ground in parse_grounds(gone.grounds)] == [
        (FUYO, "2027-01-11"),
        ("TAX_GENSEN", "2019-07-01"),
    ]
    assert [ground.free_on for ground in parse_grounds(here.grounds)] == ["", ""]
    assert (gone.due_on, here.due_on) == ("", "")


async def test_whom_an_instruction_cannot_list_is_told_row_by_row(ending: Ending) -> None:
    people = (await ending.people(4)).external_ids
    now, admin = ending.world.clock(), ending.administrator.actor
    await place_holds(ending.world.custodian, admin, Named(people[:1]), "係争中", now)
    await ending.instruct(people[1:2])
    done = await instruct(ending, ["nobody", *people[:3], people[2]])
    assert isinstance(done, Proposed)
    assert codes_of(done.rejections) == {
        0: "PERSON_UNKNOWN",
        1: "ON_HOLD",
        2: "IN_ANOTHER_RUN",
        4: "PERSON_REPEATED",
    }
    assert done.run is not None
    assert done.run.listed == 1
    nobody = await instruct(ending, people[:2])
    assert isinstance(nobody, Proposed)
    assert nobody.run is None
    found = await rows(ending.world.house.database, ending.world.tenant.id, "SELECT run_id FROM disposal_run")
    assert len(found) == 2


async def test_the_same_instruction_twice_is_one_run(ending: Ending) -> None:
    people = (await ending.people(1)).external_ids
    replay = Replay(ending.administrator.actor, "key-1", "disposeNow", b"the request")
    first, again = [await instruct(ending, people, replay) for _ in range(2)]
    assert first == again
    assert isinstance(first, Proposed)
    assert first.run is not None


async def test_somebody_on_an_instruction_is_not_proposed_by_the_scheduler(ending: Ending) -> None:
    people = (await ending.people(1)).external_ids
    await ending.left(people)
    ending.go_to(DUE)
    await ending.instruct(people)
    assert await ending.propose() == []
    tenant = ending.world.tenant.id
    found = await ending.world.house.database.read(
        tenant, lambda tx: due_days(tx, tenant, DUE.isoformat(), 0)
    )
    assert found == []
    authority = ending.world.custodian.authority
    open_runs = await ending.world.house.database.read(
        tenant, lambda tx: runs_in_state(tx, authority, tenant, RunState.PROPOSED)
    )
    assert len(open_runs) == 1
