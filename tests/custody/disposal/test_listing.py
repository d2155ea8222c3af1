"""Who sees what is disposed of: the forecast, runs with their lists, holds, the tenant's choice; page by page."""

from collections.abc import Awaitable, Callable
from datetime import date

import pytest

from custody.disposal.decide import confirm
from custody.disposal.facts import certify
from custody.disposal.item import ItemState
from custody.disposal.listing import (
    Shown,
    list_holds,
    list_items,
    list_runs,
    show_choice,
    show_run,
)
from custody.disposal.policy import Choice
from custody.disposal.report import report
from custody.disposal.run import RunState
from custody.documents import DocumentColumns, record_documents
from custody.forecast import Outlook, list_due, look_ahead
from custody.holds import place_holds
from custody.listing import Page, Window
from custody.named import Named
from policies.actor import Actor, Role
from tests.support.disposal import DUE, Ending
from tests.support.outcomes import record_of, rule_of
from tests.support.world import World
from tokenizer.audit.action import Action, Outcome

Read = Callable[[Ending, Actor], Awaitable[object]]
READS: dict[str, Read] = {
    "the forecast": lambda e, a: look_ahead(e.world.custodian, a, e.world.clock()),
    "who falls due": lambda e, a: list_due(e.world.custodian, a, None, DUE, Window(10), e.world.clock()),
    "the tenant's choice": lambda e, a: show_choice(e.world.custodian, a, e.world.clock()),
    "runs": lambda e, a: list_runs(e.world.custodian, a, None, Window(10), e.world.clock()),
    "a run": lambda e, a: show_run(e.world.custodian, a, "run_1", e.world.clock()),
    "its list": lambda e, a: list_items(e.world.custodian, a, "run_1", None, Window(10), e.world.clock()),
    "holds": lambda e, a: list_holds(e.world.custodian, a, Window(10), e.world.clock(), standing=True),
    "a certificate": lambda e, a: certify(e.world.custodian, a, "run_1", e.world.clock()),
    "the report": lambda e, a: report(
        e.world.custodian, a, date(2026, 1, 1), date(2026, 6, 30), e.world.clock()
    ),
}


@pytest.mark.parametrize("what", READS)
async def test_only_who_decides_or_checks_sees_it(ending: Ending, what: str) -> None:
    auditor = await ending.world.human("mori", Role.AUDITOR)
    for human in (ending.administrator, ending.approver, auditor):
        outcome = await READS[what](ending, human.actor)
        assert getattr(outcome, "rule", "run-unknown") == "run-unknown"
    before = len(await record_of(ending.world))
    for actor in (ending.handler.actor, ending.client, ending.world.operator):
        assert rule_of(await READS[what](ending, actor)) == "no-rule-permits"
    refused = (await record_of(ending.world))[before:]
    assert [(leaf.action, leaf.outcome) for leaf in refused] == [(Action.DISPOSAL_LIST, Outcome.DENIED)] * 3


async def test_the_forecast_counts_each_day_once(ending: Ending) -> None:
    world, admin = ending.world, ending.administrator.actor
    people = (await ending.people(8)).external_ids
    await ending.left(people[:1], "2018-12-31", deadline="2018-01-24")  # overdue since January 2026
    await ending.left(people[1:4])  # January 2027
    await ending.left(people[4:5], deadline="2021-01-24")  # January 2029: later
    await ending.left(people[5:6])
    now = world.clock()
    await place_holds(world.custodian, admin, Named(people[1:2]), "係争中", now)
    columns = DocumentColumns(Named(people[5:6]), ["EI_SHUTOKU"])
    await record_documents(world.custodian, ending.client, columns, now)
    outlook = await look_ahead(world.custodian, admin, now)
    assert isinstance(outlook, Outlook)
    months = {month.month: month.persons for month in outlook.due.months if month.persons}
    assert (outlook.due.overdue, months, outlook.due.later) == (1, {"2027-01": 3}, 1)
    assert (outlook.on_hold, outlook.open) == (1, 1)
    assert len(outlook.due.months) == 12


async def test_who_falls_due_is_listed_with_day_grounds_and_hold(ending: Ending) -> None:
    world, admin = ending.world, ending.administrator.actor
    people = (await ending.people(5)).external_ids
    await ending.left(people[:4])
    await place_holds(world.custodian, admin, Named(people[:1]), "係争中", world.clock())
    first = await list_due(world.custodian, admin, None, DUE, Window(3), world.clock())
    assert isinstance(first, Page)
    assert [each.person.external_id for each in first.items] == people[:3]
    assert (first.has_next, first.has_previous) == (True, False)
    one = first.items[0]
    assert (one.due_on, one.on_hold) == (DUE, True)
    assert [ground.code for ground in one.grounds] == ["TAX_FUYO:A", "TAX_GENSEN:departure"]
    after = first.items[-1].person.id
    rest = await list_due(world.custodian, admin, None, DUE, Window(3, after=after), world.clock())
    assert isinstance(rest, Page)
    assert [(each.person.external_id, each.on_hold) for each in rest.items] == [(people[3], False)]
    none = await list_due(world.custodian, admin, date(2027, 1, 12), DUE, Window(3), world.clock())
    assert isinstance(none, Page)
    assert none.items == []


async def test_runs_and_their_lists_come_page_by_page(ending: Ending) -> None:
    world, admin = ending.world, ending.administrator.actor
    people = (await ending.people(7)).external_ids
    runs = [await ending.instruct([person]) for person in people[:2]]
    big = await ending.instruct(people[2:])
    await ending.confirm(big)
    page = await list_runs(world.custodian, admin, None, Window(2), world.clock())
    assert isinstance(page, Page)
    assert ([run.id for run in page.items], page.has_next) == ([run.id for run in runs], True)
    confirmed = await list_runs(world.custodian, admin, RunState.CONFIRMED, Window(2), world.clock())
    assert isinstance(confirmed, Page)
    assert [run.id for run in confirmed.items] == [big.id]
    items = await list_items(world.custodian, admin, big.public_id, None, Window(4), world.clock())
    assert isinstance(items, Page)
    assert [each.person.external_id for each in items.items] == people[2:6]
    last = items.items[-1].person.id
    more = await list_items(
        world.custodian, admin, big.public_id, ItemState.LISTED, Window(4, after=last), world.clock()
    )
    assert isinstance(more, Page)
    assert [each.person.external_id for each in more.items] == people[6:]
    back = await list_items(
        world.custodian, admin, big.public_id, None, Window(2, before=last, backward=True), world.clock()
    )
    assert isinstance(back, Page)
    assert [each.person.external_id for each in back.items] == people[3:5]


async def test_a_run_is_shown_with_the_digest_that_confirms_it(ending: Ending) -> None:
    people = (await ending.people(2)).external_ids
    run = await ending.instruct(people)
    shown = await ending.show(run)
    assert isinstance(shown, Shown)
    assert len(shown.digest) == 64
    assert shown.counts[ItemState.LISTED] == 2
    await ending.confirm(run)
    assert (await ending.show(run)).digest == shown.digest


async def test_a_certificate_waits_until_the_run_is_done(ending: Ending) -> None:
    run = await ending.instruct((await ending.people(1)).external_ids)
    world, admin = ending.world, ending.administrator.actor
    assert rule_of(await certify(world.custodian, admin, run.public_id, world.clock())) == "run-not-done"


async def test_nothing_of_another_tenant_is_seen(ending: Ending) -> None:
    run = await ending.instruct((await ending.people(2)).external_ids)
    there = await Ending.begin(await World.open(ending.world.house, ending.world.clock, "別の会社"))
    world, admin = there.world, there.administrator.actor
    assert rule_of(await show_run(world.custodian, admin, run.public_id, world.clock())) == "run-unknown"
    page = await list_runs(world.custodian, admin, None, Window(10), world.clock())
    assert isinstance(page, Page)
    assert page.items == []
    code = world.code(there.administrator)
    refused = await confirm(world.custodian, admin, run.public_id, "", code, world.clock())
    assert rule_of(refused) == "run-unknown"
    assert await show_choice(world.custodian, admin, world.clock()) == Choice()
