"""Two humans decide: each with a code of their own, on exactly the list they saw, and never the same one twice."""

import asyncio

import pytest

from custody.disposal.change import exclude
from custody.disposal.decide import approve, confirm
from custody.disposal.digest import list_digest
from custody.disposal.item import ItemState
from custody.disposal.run import Run, RunState
from custody.disposal.tasks import Task, TaskKind, tasks
from custody.named import Named
from policies.actor import Role
from policies.step_up import MAX_FAILURES
from policies.totp import code_at
from tests.support.disposal import DUE, Ending
from tests.support.outcomes import record_of, rule_of
from tests.support.tamper import change
from tests.support.world import Human
from tokenizer.audit.action import Action, Outcome


async def proposed(ending: Ending, count: int = 3) -> tuple[Run, list[str]]:
    people = (await ending.people(count)).external_ids
    await ending.left(people)
    ending.go_to(DUE)
    (run,) = await ending.propose()
    return run, people


async def test_two_humans_stand_behind_a_run_and_the_log_says_for_what(ending: Ending) -> None:
    run, _ = await proposed(ending)
    digest = (await ending.show(run)).digest
    confirmed = await ending.confirm(run)
    assert isinstance(confirmed, Run)
    assert (confirmed.state, confirmed.confirmed_by, confirmed.digest) == (
        RunState.CONFIRMED,
        "sato",
        digest,
    )
    errands = ending.world.custodian.errands
    assert not errands.is_set(), "nothing is decided yet that a worker could carry out"
    approved = await ending.approve(run)
    assert isinstance(approved, Run)
    assert errands.is_set()
    assert (approved.state, approved.approved_by) == (RunState.APPROVED, "suzuki")
    leaves = [leaf for leaf in await record_of(ending.world) if leaf.detail.get("digest")]
    assert [(leaf.action, leaf.human) for leaf in leaves] == [
        (Action.DISPOSAL_CONFIRM, "sato"),
        (Action.DISPOSAL_APPROVE, "suzuki"),
    ]
    assert {leaf.detail["digest"] for leaf in leaves} == {digest}


async def test_who_confirmed_never_approves_whatever_roles_they_have(ending: Ending) -> None:
    everything = await ending.world.human("all", Role.ADMINISTRATOR, Role.APPROVER)
    run, _ = await proposed(ending)
    assert isinstance(await ending.confirm(run, everything), Run)
    assert rule_of(await ending.approve(run, everything)) == "disposal-needs-two-people"
    assert isinstance(await ending.approve(run, ending.administrator), Run)


@pytest.mark.parametrize(
    ("who", "may_confirm", "may_approve"),
    [
        ("administrator", True, True),
        ("approver", False, True),
        ("handler", False, False),
        ("auditor", False, False),
    ],
)
async def test_who_may_confirm_and_who_may_approve(
    ending: Ending, who: str, may_confirm: bool, may_approve: bool
) -> None:
    human = await ending.world.human("mori", Role(who))
    run, _ = await proposed(ending)
    outcome = await ending.confirm(run, human)
    if may_confirm:
        assert isinstance(outcome, Run)
    else:
        assert rule_of(outcome) == "no-rule-permits"
        await ending.confirm(run)
    other = await ending.world.human("hara", Role(who))
    assert isinstance(await ending.approve(run, other), Run) is may_approve


async def test_neither_a_client_nor_the_operator_decides(ending: Ending) -> None:
    world = ending.world
    run, _ = await proposed(ending)
    digest = (await ending.show(run)).digest
    for actor in (ending.client, world.operator):
        for step in (confirm, approve):
            refused = await step(world.custodian, actor, run.public_id, digest, "000000", world.clock())
            assert rule_of(refused) == "no-rule-permits"


async def test_a_list_that_is_another_than_was_seen_is_not_confirmed(ending: Ending) -> None:
    world, admin = ending.world, ending.administrator.actor
    run, people = await proposed(ending)
    seen = (await ending.show(run)).digest
    await exclude(
        world.custodian, admin, run.public_id, Named(people[:1]), "係争中", world.clock(), hold=False
    )
    assert rule_of(await ending.confirm(run, digest=seen)) == "run-changed"
    assert rule_of(await ending.confirm(run, digest="")) == "run-changed"
    assert isinstance(await ending.confirm(run), Run)
    assert rule_of(await ending.approve(run, digest=seen)) == "run-changed"


async def test_an_item_that_was_added_or_altered_in_the_database_is_found_out(ending: Ending) -> None:
    world = ending.world
    run, people = await proposed(ending)
    bystander = (await ending.people(1, seed=9)).external_ids[0]
    await ending.confirm(run)
    confirmed = (await ending.show(run)).run
    add = (
        "INSERT INTO disposal_item SELECT tenant_id, run_id, "
        "(SELECT person_id FROM person WHERE external_id = :who), due_on, grounds, state, reason, decided_by, "
        "decided_at, disposed_at, leaf_index FROM disposal_item WHERE run_id = :run LIMIT 1"
    )
    await change(world.house.database, world.tenant.id, add, who=bystander, run=run.id)
    assert await list_digest(world.custodian, confirmed) != confirmed.digest
    assert rule_of(await ending.approve(run, digest=confirmed.digest)) == "run-changed"
    await change(
        world.house.database,
        world.tenant.id,
        "DELETE FROM disposal_item WHERE person_id = (SELECT person_id FROM person WHERE external_id = :who)",
        who=bystander,
    )
    for column, value in (("due_on", "2020-01-01"), ("grounds", "[]")):
        sql = f"UPDATE disposal_item SET {column} = :value WHERE run_id = :run"  # noqa: S608 - constants
        await change(world.house.database, world.tenant.id, sql, value=value, run=run.id)
        assert rule_of(await ending.approve(run, digest=confirmed.digest)) == "run-changed"
    assert people


async def test_steps_come_in_order(ending: Ending) -> None:
    run, _ = await proposed(ending)
    assert rule_of(await ending.approve(run)) == "run-not-confirmed"
    await ending.confirm(run)
    other = await ending.world.human("hara", Role.ADMINISTRATOR)
    assert rule_of(await ending.confirm(run, other)) == "run-already-confirmed"
    await ending.approve(run)
    assert rule_of(await ending.approve(run, other)) == "run-already-approved"
    assert rule_of(await ending.confirm(run, other)) == "run-already-approved"


async def test_a_run_nobody_knows_is_refused(ending: Ending) -> None:
    world = ending.world
    for step, human in ((confirm, ending.administrator), (approve, ending.approver)):
        code = world.code(human)
        refused = await step(world.custodian, human.actor, "run_7", "x", code, world.clock())
        assert rule_of(refused) == "run-unknown"


# --- the code


async def try_code(ending: Ending, run: Run, human: Human, code: str) -> object:
    digest = (await ending.show(run)).digest
    world = ending.world
    return await confirm(world.custodian, human.actor, run.public_id, digest, code, world.clock())


async def test_a_wrong_code_is_counted_and_recorded_and_the_tenth_ends_the_factor(ending: Ending) -> None:
    run, _ = await proposed(ending)
    admin = ending.administrator
    for _ in range(MAX_FAILURES):
        assert rule_of(await try_code(ending, run, admin, "000000")) == "code-wrong"
    assert rule_of(await try_code(ending, run, admin, ending.world.code(admin))) == "factor-disabled"
    record = await record_of(ending.world)
    refused = [leaf for leaf in record if leaf.action is Action.CODE_REFUSE]
    assert len(refused) == MAX_FAILURES + 1
    assert dict(refused[0].detail) == {"run": run.public_id}
    ended = next(leaf for leaf in record if leaf.action is Action.ACCOUNT_DISABLE)
    assert (ended.outcome, dict(ended.detail)) == (Outcome.DENIED, {"account": "sato"})
    assert (await ending.show(run)).run.state is RunState.PROPOSED


async def test_a_code_confirms_one_run_and_no_other(ending: Ending) -> None:
    first, _ = await proposed(ending, 1)
    other = await ending.instruct((await ending.people(1, seed=2)).external_ids)
    code = ending.world.code(ending.administrator)
    assert isinstance(await try_code(ending, first, ending.administrator, code), Run)
    assert rule_of(await try_code(ending, other, ending.administrator, code)) == "code-used"


async def test_two_confirmations_at_once_take_one_code_and_one_step(ending: Ending) -> None:
    run, _ = await proposed(ending)
    code = ending.world.code(ending.administrator)
    outcomes = await asyncio.gather(
        *(try_code(ending, run, ending.administrator, code) for _ in range(4)), return_exceptions=False
    )
    assert sum(isinstance(outcome, Run) for outcome in outcomes) == 1
    told = {rule_of(outcome) for outcome in outcomes if not isinstance(outcome, Run)}
    assert told <= {"code-used", "run-already-confirmed", "run-changed"}


async def test_two_administrators_confirming_at_once_leave_one_behind_it(ending: Ending) -> None:
    run, _ = await proposed(ending)
    other = await ending.world.human("hara", Role.ADMINISTRATOR)
    now = ending.world.clock.advance(seconds=30)
    humans = (ending.administrator, other)
    outcomes = await asyncio.gather(
        *(try_code(ending, run, each, code_at(each.seed, now)) for each in humans)
    )
    assert sum(isinstance(outcome, Run) for outcome in outcomes) == 1
    shown = (await ending.show(run)).run
    assert shown.confirmed_by in {"sato", "hara"}


async def test_somebody_left_out_between_seeing_and_deciding_voids_the_decision(ending: Ending) -> None:
    """The list changes after the digest was compared and before the step is taken: the revision tells."""
    world, admin = ending.world, ending.administrator
    run, people = await proposed(ending)
    digest = (await ending.show(run)).digest
    code = world.code(admin)
    hara = await world.human("hara", Role.ADMINISTRATOR)
    outcomes = await asyncio.gather(
        confirm(world.custodian, admin.actor, run.public_id, digest, code, world.clock()),
        exclude(
            world.custodian, hara.actor, run.public_id, Named(people[:1]), "係争中", world.clock(), hold=False
        ),
    )
    shown = await ending.show(run)
    assert shown.counts[ItemState.EXCLUDED] == 1
    assert shown.run.state is RunState.PROPOSED
    assert not isinstance(outcomes[0], Run) or shown.run.digest == ""


# --- what a console shows


async def told(ending: Ending, human: Human) -> list[TaskKind]:
    found: list[Task] = await tasks(ending.world.custodian, human.actor, ending.world.clock())
    return [task.kind for task in found]


async def test_everybody_is_told_what_they_can_do(ending: Ending) -> None:
    run, _ = await proposed(ending)
    hara = await ending.world.human("hara", Role.ADMINISTRATOR)
    auditor = await ending.world.human("mori", Role.AUDITOR)
    assert await told(ending, ending.administrator) == [TaskKind.CONFIRM]
    assert await told(ending, ending.approver) == [TaskKind.WAIT]
    await ending.confirm(run)
    assert await told(ending, ending.administrator) == [TaskKind.WAIT]
    assert await told(ending, hara) == [TaskKind.APPROVE]
    assert await told(ending, ending.approver) == [TaskKind.APPROVE]
    assert await told(ending, auditor) == [TaskKind.WAIT]
    assert await told(ending, ending.handler) == []
    await ending.approve(run)
    assert await told(ending, ending.approver) == [TaskKind.WAIT]
    await ending.execute(run)
    assert await told(ending, ending.administrator) == []
