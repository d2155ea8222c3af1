"""The report to management: counted from what was done, and a period that is over told as it ended."""

from datetime import date, timedelta

import pytest

from custody.certificates.report import ManagementFacts
from custody.disposal.change import exclude
from custody.disposal.extinction import mark_extinct
from custody.disposal.report import report
from custody.documents import DocumentColumns, record_documents
from custody.holds import place_holds
from custody.named import Named
from tests.support.disposal import DUE, FUYO, Ending
from tests.support.outcomes import rule_of
from tests.support.tamper import change


async def told(ending: Ending, first: date, last: date) -> ManagementFacts:
    world, admin = ending.world, ending.administrator.actor
    found = await report(world.custodian, admin, first, last, world.clock(), issuer="割符")
    assert isinstance(found, ManagementFacts), found
    found.check()
    return found


async def january(ending: Ending) -> list[str]:
    """Six of ten fall due on 11 January 2027: one on hold, one put off, one spared; three go."""
    people = (await ending.people(10)).external_ids
    await ending.left(people[:6])
    world, admin = ending.world, ending.administrator.actor
    ending.go_to(DUE - timedelta(days=10))
    (run,) = await ending.propose()
    for person, reason, hold in ((people[0], "訴訟", True), (people[1], "調査", False)):
        await exclude(
            world.custodian, admin, run.public_id, Named([person]), reason, world.clock(), hold=hold
        )
    await ending.decide(run)
    columns = DocumentColumns(Named(people[2:3]), [FUYO], deadlines=["2026-01-22"])
    await record_documents(world.custodian, ending.client, columns, world.clock())
    ending.go_to(DUE)
    await ending.execute(run)
    return people


async def test_a_month_tells_what_fell_due_what_went_and_what_was_left_out(ending: Ending) -> None:
    await january(ending)
    ending.go_to(date(2027, 2, 3))
    found = await told(ending, date(2027, 1, 1), date(2027, 2, 3))
    assert [month.month for month in found.months] == ["2027-01", "2027-02"]
    first = found.months[0]
    assert (first.due, first.disposed, first.excluded, first.extinct) == (5, 3, 3, 0)
    assert [(each.reason, each.persons, each.held) for each in found.left_out] == [
        ("廃棄の時期の変更", 1, False),
        ("訴訟", 1, True),
        ("調査", 1, False),
    ]
    (line,) = found.runs
    assert (line.listed, line.disposed, line.extinct_at) == (6, 3, None)
    assert line.finished_at is not None
    assert (found.kept, found.held, found.waiting, found.fading) == (7, 1, 1, 3)
    assert (found.ahead, found.overdue_epochs, found.issuer) == (0, (), "割符")


async def test_a_period_that_is_over_is_told_as_it_ended(ending: Ending) -> None:
    await january(ending)
    ending.go_to(date(2027, 2, 3))
    before = await told(ending, date(2026, 12, 1), date(2027, 1, 10))
    assert (before.kept, before.fading, before.waiting) == (10, 0, 0)
    assert [month.disposed for month in before.months] == [0, 0]
    assert before.runs[0].finished_at is None
    assert before.ahead == 5  # four days later and within the year that follows
    later = await told(ending, date(2027, 1, 12), date(2027, 2, 3))
    assert later.runs == ()
    assert later.left_out == ()


async def test_what_became_extinct_fades_no_more(ending: Ending) -> None:
    await january(ending)
    now = ending.go_to(date(2027, 4, 1))
    tenant = ending.world.tenant.id
    (run,) = await mark_extinct(ending.world.custodian, tenant, [99], now)
    found = await told(ending, date(2027, 1, 1), date(2027, 4, 1))
    assert found.fading == 0
    assert [month.extinct for month in found.months] == [0, 0, 0, run.disposed]
    assert found.runs[0].extinct_at == now


async def test_an_epoch_that_outlived_its_day_is_named(ending: Ending) -> None:
    began = 1_780_000_000_000
    sql = (
        "INSERT INTO epoch (number, began, swept_at, closed_at, destroyed_at, waiting) "
        "VALUES (90, :began, 0, 0, 0, 0)"
    )
    await change(ending.world.house.database, 0, sql, began=began)
    ending.go_to(date(2027, 1, 31))
    found = await told(ending, date(2027, 1, 1), date(2027, 1, 31))
    late = {epoch.epoch: epoch.destroyed_at for epoch in found.overdue_epochs}
    assert late[90] is None


async def test_several_holds_of_one_person_count_once(ending: Ending) -> None:
    world, admin = ending.world, ending.administrator.actor
    people = (await ending.people(2)).external_ids
    for _ in range(2):
        await place_holds(world.custodian, admin, Named(people[:1]), "係争中", world.clock())
    today = date(2026, 11, 22)
    assert (await told(ending, today, today)).held == 1


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 2, 1), date(2026, 1, 1)),
        (date(2026, 1, 1), date(2026, 11, 23)),
        (date(2016, 1, 1), date(2026, 1, 1)),
    ],
)
async def test_a_period_that_makes_no_sense_is_refused(ending: Ending, first: date, last: date) -> None:
    world, admin = ending.world, ending.administrator.actor
    assert rule_of(await report(world.custodian, admin, first, last, world.clock())) == "period-invalid"
