"""Changing a list before it is carried out: by hand, by a hold, by the clock; and what a confirmation is worth then."""

from collections.abc import Awaitable

import pytest

from custody.departures import cancel_departures
from custody.disposal.change import Changed, cancel, exclude, include
from custody.disposal.item import LEGAL_HOLD, NO_LONGER_DUE, ItemState, parse_grounds
from custody.disposal.run import Run, RunState
from custody.disposal_policy import change_disposal_policy
from custody.documents import DocumentColumns, record_documents
from custody.holds import Placed, lift_holds, place_holds
from custody.named import Named
from policies.disposal_plan import DisposalMode, DisposalPolicy
from policies.refusals import Denied
from tests.support.disposal import DUE, FUYO, Ending
from tests.support.outcomes import codes_of, record_of, rule_of
from tests.support.tamper import value
from tokenizer.audit.action import Action, Outcome

WHY = "係争中のため"


async def proposed(ending: Ending, count: int = 3) -> tuple[Run, list[str]]:
    people = (await ending.people(count)).external_ids
    await ending.left(people)
    ending.go_to(DUE)
    (run,) = await ending.propose()
    return run, people


async def leave_out(
    ending: Ending, run: Run, people: list[str], *, hold: bool = False, reason: str = WHY
) -> Changed | Denied:
    world, admin = ending.world, ending.administrator.actor
    return await exclude(
        world.custodian, admin, run.public_id, Named(people), reason, world.clock(), hold=hold
    )


async def take_in(ending: Ending, run: Run, people: list[str]) -> Changed | Denied:
    world, admin = ending.world, ending.administrator.actor
    return await include(world.custodian, admin, run.public_id, Named(people), "解決", world.clock())


async def hold(ending: Ending, people: list[str]) -> list[str]:
    now, admin = ending.world.clock(), ending.administrator.actor
    done = await place_holds(ending.world.custodian, admin, Named(people), WHY, now)
    assert isinstance(done, Placed), done
    return [text or "" for text in done.holds]


async def state(ending: Ending, run: Run) -> tuple[RunState, str]:
    shown = (await ending.show(run)).run
    return shown.state, shown.confirmed_by


# --- by hand


async def test_who_is_left_out_stays_with_the_reason_and_the_name_of_who_decided(ending: Ending) -> None:
    run, people = await proposed(ending)
    changed = await leave_out(ending, run, people[:1])
    assert isinstance(changed, Changed)
    item = (await ending.items(run))[people[0]]
    assert (item.state, item.reason, item.decided_by) == (ItemState.EXCLUDED, WHY, "sato")
    leaf = (await record_of(ending.world))[-1]
    assert (leaf.action, leaf.reason, leaf.person) == (Action.DISPOSAL_EXCLUDE, WHY, item.person)
    await ending.decide(run)
    done = await ending.execute(run)
    assert (done.disposed, done.listed) == (2, 3)


async def test_rows_that_are_not_on_the_list_are_rejected_by_themselves(ending: Ending) -> None:
    run, people = await proposed(ending)
    await leave_out(ending, run, people[:1])
    changed = await leave_out(ending, run, [people[0], "nobody", people[1], people[1]])
    assert isinstance(changed, Changed)
    assert codes_of(changed.rejections) == {0: "NOT_IN_RUN", 1: "PERSON_UNKNOWN", 3: "PERSON_REPEATED"}
    nothing = await leave_out(ending, run, ["nobody"])
    assert isinstance(nothing, Changed)
    assert nothing.run.revision == changed.run.revision


async def test_a_confirmation_is_void_once_the_list_is_another(ending: Ending) -> None:
    run, people = await proposed(ending)
    seen = (await ending.show(run)).digest
    await ending.confirm(run)
    await leave_out(ending, run, people[:1])
    assert await state(ending, run) == (RunState.PROPOSED, "")
    assert rule_of(await ending.approve(run, digest=seen)) == "run-not-confirmed"
    assert rule_of(await ending.confirm(run, digest=seen)) == "run-changed"
    actions = [leaf.action for leaf in await record_of(ending.world)]
    assert Action.DISPOSAL_VOID in actions


async def test_an_approval_is_void_as_well_before_the_first_batch(ending: Ending) -> None:
    run, people = await proposed(ending)
    await ending.decide(run)
    await leave_out(ending, run, people[:1])
    assert await state(ending, run) == (RunState.PROPOSED, "")
    assert (await ending.execute(run)).disposed == 0


async def test_who_was_left_out_by_hand_can_be_taken_in_again(ending: Ending) -> None:
    run, people = await proposed(ending)
    seen = (await ending.show(run)).digest
    await leave_out(ending, run, people[:2])
    changed = await take_in(ending, run, people[:1])
    assert isinstance(changed, Changed)
    assert changed.rejections == []
    assert (await ending.items(run))[people[0]].state is ItemState.LISTED
    assert codes_of((await _changed(take_in(ending, run, people))).rejections) == {
        0: "NOT_IN_RUN",
        2: "NOT_IN_RUN",
    }
    assert (await ending.show(run)).digest == seen


async def _changed(outcome: Awaitable[object]) -> Changed:
    found = await outcome
    assert isinstance(found, Changed), found
    return found


async def test_nobody_on_hold_is_taken_in_again(ending: Ending) -> None:
    run, people = await proposed(ending)
    await leave_out(ending, run, people[:1], hold=True)
    changed = await _changed(take_in(ending, run, people[:1]))
    assert codes_of(changed.rejections) == {0: "ON_HOLD"}


async def test_nobody_who_is_not_due_is_taken_in_again(ending: Ending) -> None:
    run, people = await proposed(ending)
    await leave_out(ending, run, people[:1])
    columns = DocumentColumns(Named(people[:1]), [FUYO], deadlines=["2026-01-22"])
    await record_documents(ending.world.custodian, ending.client, columns, ending.world.clock())
    changed = await _changed(take_in(ending, run, people[:1]))
    assert codes_of(changed.rejections) == {0: "NOT_DUE"}


async def test_everybody_left_out_leaves_nothing_to_confirm(ending: Ending) -> None:
    run, people = await proposed(ending)
    await leave_out(ending, run, people)
    assert rule_of(await ending.confirm(run)) == "run-is-empty"


async def test_a_cancelled_run_takes_no_further_step(ending: Ending) -> None:
    world, admin = ending.world, ending.administrator.actor
    run, people = await proposed(ending)
    await ending.decide(run)
    done = await cancel(world.custodian, admin, run.public_id, "見直し", world.clock())
    assert isinstance(done, Run)
    assert rule_of(await leave_out(ending, run, people)) == "run-closed"
    assert rule_of(await take_in(ending, run, people)) == "run-closed"
    assert rule_of(await ending.confirm(run)) == "run-closed"
    assert rule_of(await ending.approve(run)) == "run-closed"
    assert rule_of(await cancel(world.custodian, admin, run.public_id, "再", world.clock())) == "run-closed"
    assert (await ending.execute(run)).state is RunState.CANCELLED
    assert await value(world.house.database, world.tenant.id, "SELECT count(*) FROM person_key") == 3


@pytest.mark.parametrize("reason", ["", "x" * 201, "123456789018 の人"])
async def test_a_change_needs_words_without_a_number(ending: Ending, reason: str) -> None:
    run, people = await proposed(ending, 1)
    world, admin = ending.world, ending.administrator.actor
    assert rule_of(await leave_out(ending, run, people, reason=reason)) == "reason-needed"
    now, name = world.clock(), Named(people)
    assert rule_of(await include(world.custodian, admin, run.public_id, name, reason, now)) == "reason-needed"
    assert rule_of(await cancel(world.custodian, admin, run.public_id, reason, now)) == "reason-needed"


async def test_others_change_nothing_and_the_log_says_they_tried(ending: Ending) -> None:
    run, people = await proposed(ending, 1)
    world, now = ending.world, ending.world.clock()
    for actor in (ending.approver.actor, ending.handler.actor, ending.client, world.operator):
        for outcome in (
            await exclude(world.custodian, actor, run.public_id, Named(people), WHY, now, hold=True),
            await include(world.custodian, actor, run.public_id, Named(people), WHY, now),
            await cancel(world.custodian, actor, run.public_id, WHY, now),
        ):
            assert rule_of(outcome) == "no-rule-permits"
    last = (await record_of(world))[-1]
    assert (last.action, last.outcome, dict(last.detail)) == (
        Action.DISPOSAL_CANCEL,
        Outcome.DENIED,
        {"run": run.public_id},
    )


async def test_a_run_nobody_knows_is_refused(ending: Ending) -> None:
    world, admin, now = ending.world, ending.administrator.actor, ending.world.clock()
    for run_id in ("run_1", "use_1", "run_", "", "run_99999999999999999999"):
        refused = await cancel(world.custodian, admin, run_id, WHY, now)
        assert rule_of(refused) == "run-unknown"


# --- by a hold and by the clock


async def test_a_hold_takes_a_person_off_the_list_and_lifting_it_puts_them_back(ending: Ending) -> None:
    run, people = await proposed(ending)
    await ending.confirm(run)
    (placed,) = await hold(ending, people[:1])
    item = (await ending.items(run))[people[0]]
    assert (item.state, item.reason, item.decided_by) == (ItemState.EXCLUDED, LEGAL_HOLD, "")
    assert await state(ending, run) == (RunState.PROPOSED, "")
    now, admin = ending.world.clock(), ending.administrator
    await lift_holds(ending.world.custodian, ending.renewed(admin), [placed], "和解", now)
    assert (await ending.items(run))[people[0]].state is ItemState.LISTED


async def test_a_document_that_lives_longer_takes_a_person_off_the_list(ending: Ending) -> None:
    run, people = await proposed(ending)
    await ending.confirm(run)
    columns = DocumentColumns(Named(people[:1]), [FUYO], deadlines=["2026-01-22"])
    await record_documents(ending.world.custodian, ending.client, columns, ending.world.clock())
    item = (await ending.items(run))[people[0]]
    assert (item.state, item.reason) == (ItemState.EXCLUDED, NO_LONGER_DUE)
    assert await state(ending, run) == (RunState.PROPOSED, "")


async def test_who_came_back_is_off_the_list(ending: Ending) -> None:
    run, people = await proposed(ending)
    await cancel_departures(
        ending.world.custodian, ending.client, Named(people[:1]), "再雇用", ending.world.clock()
    )
    assert (await ending.items(run))[people[0]].reason == NO_LONGER_DUE


async def test_a_change_that_does_not_touch_the_list_leaves_the_confirmation(ending: Ending) -> None:
    run, people = await proposed(ending)
    await ending.confirm(run)
    columns = DocumentColumns(Named(people[:1]), [FUYO], deadlines=["2019-01-24"])
    await record_documents(ending.world.custodian, ending.client, columns, ending.world.clock())
    assert await state(ending, run) == (RunState.CONFIRMED, "sato")


async def test_what_a_human_left_out_the_clock_does_not_put_back(ending: Ending) -> None:
    run, people = await proposed(ending)
    await leave_out(ending, run, people[:1], hold=True)
    columns = DocumentColumns(Named(people[:1]), [FUYO], deadlines=["2018-01-24"])
    await record_documents(ending.world.custodian, ending.client, columns, ending.world.clock())
    item = (await ending.items(run))[people[0]]
    assert (item.state, item.reason, item.decided_by) == (ItemState.EXCLUDED, WHY, "sato")


async def test_the_grounds_of_an_instruction_follow_the_documents(ending: Ending) -> None:
    people = (await ending.people(1)).external_ids
    run = await ending.instruct(people)
    await ending.confirm(run)
    columns = DocumentColumns(Named(people), [FUYO], deadlines=["2026-01-22"])
    await record_documents(ending.world.custodian, ending.client, columns, ending.world.clock())
    item = (await ending.items(run))[people[0]]
    assert item.state is ItemState.LISTED
    assert [ground.code for ground in parse_grounds(item.grounds)] == ["TAX_FUYO:A", "TAX_GENSEN:departure"]
    assert await state(ending, run) == (RunState.PROPOSED, "")


async def test_an_approved_list_stands_and_spares_whom_a_hold_keeps(ending: Ending) -> None:
    run, people = await proposed(ending)
    await ending.decide(run)
    await hold(ending, people[:1])
    columns = DocumentColumns(Named(people[1:2]), [FUYO], deadlines=["2026-01-22"])
    await record_documents(ending.world.custodian, ending.client, columns, ending.world.clock())
    assert (await state(ending, run))[0] is RunState.APPROVED
    done = await ending.execute(run)
    assert (done.state, done.disposed) == (RunState.DONE, 1)
    items = await ending.items(run)
    assert [items[person].state for person in people] == [
        ItemState.SPARED,
        ItemState.SPARED,
        ItemState.DISPOSED,
    ]
    assert [items[person].reason for person in people[:2]] == [LEGAL_HOLD, NO_LONGER_DUE]
    spared = [leaf for leaf in await record_of(ending.world) if leaf.action is Action.DISPOSAL_SPARE]
    assert [leaf.detail["why"] for leaf in spared] == [LEGAL_HOLD, NO_LONGER_DUE]


async def test_a_changed_policy_moves_everybody_and_their_lists(ending: Ending) -> None:
    world = ending.world
    people = (await ending.people(2)).external_ids
    columns = DocumentColumns(
        Named(people), ["TAX_KYUYO_HOKOKU", "TAX_GENSEN"], completions=["2020-01-31", "2019-06-30"]
    )
    await record_documents(world.custodian, ending.client, columns, world.clock())
    await ending.left(people)
    ending.go_to(DUE)
    (run,) = await ending.propose()
    await ending.confirm(run)
    chosen = await change_disposal_policy(
        world.custodian, world.operator, DisposalPolicy(notice_days=5), world.clock()
    )
    assert isinstance(chosen, DisposalPolicy)
    assert (await state(ending, run))[0] is RunState.CONFIRMED
    later = DisposalPolicy(mode=DisposalMode.YEARLY, month=12)
    await change_disposal_policy(world.custodian, world.operator, later, world.clock())
    assert (await state(ending, run))[0] is RunState.PROPOSED
    assert {item.reason for item in (await ending.items(run)).values()} == {NO_LONGER_DUE}
    assert (
        await value(world.house.database, world.tenant.id, "SELECT min(due_on) FROM person") == "2027-12-31"
    )
    leaf = next(e for e in await record_of(world) if e.action is Action.DISPOSAL_POLICY_CHANGE)
    assert leaf.detail["notice_days"] == "5"


async def test_only_who_manages_the_tenant_changes_the_policy(ending: Ending) -> None:
    world = ending.world
    for actor in (ending.handler.actor, ending.approver.actor, ending.client):
        refused = await change_disposal_policy(world.custodian, actor, DisposalPolicy(), world.clock())
        assert rule_of(refused) == "no-rule-permits"
    world.clock.now += 20 * 60_000
    stale = ending.administrator.actor
    refused = await change_disposal_policy(world.custodian, stale, DisposalPolicy(), world.clock())
    assert rule_of(refused) == "recent-proof-needed"
