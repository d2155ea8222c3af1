"""Exports: who may take what along, that it is all there and nobody else's, and what the log says of it."""

import csv
import io

import pytest

from custody.export.acts import USES_PAGE
from custody.export.cells import BOM
from custody.export.export import SHEETS, Export, File, Stage, begin_export
from custody.export.sheet import PAGE
from custody.holds import Placed, lift_holds, place_holds
from custody.named import Named
from custody.prepare import Prepared, Request, prepare
from custody.registration import Registered, register
from custody.release import Released
from custody.roster import Columns
from custody.use import detokenize
from policies.actor import Actor, Role
from policies.purposes import PersonKind
from tests.support import tamper
from tests.support.canary import numbers_in
from tests.support.disposal import DUE, Ending
from tests.support.exporting import Lending, crowd, over
from tests.support.faults import Fate, Killed
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import codes_of, record_of, rule_of
from tests.support.world import World
from tokenizer.audit.action import Action, Outcome
from tokenizer.errors import SealBrokenError

MANY = 50_000


async def begun(world: World, actor: Actor, file: File = File.PEOPLE) -> Export:
    export = await begin_export(world.custodian, actor, file, world.clock())
    assert isinstance(export, Export), export
    return export


async def take(world: World, actor: Actor, file: File) -> list[dict[str, str]]:
    """The rows of a file, each by the English names of its columns."""
    export = await begun(world, actor, file)
    whole = b"".join([page async for page in export.pages()])
    assert await export.end(world.clock()) is Stage.COMPLETE
    assert whole.startswith(BOM)
    header, *rows = csv.reader(io.StringIO(whole.decode("utf-8-sig"), newline=""), strict=True)
    assert export.rows == len(rows)
    names = [title.rpartition(" (")[2].removesuffix(")") for title in header]
    return [dict(zip(names, row, strict=True)) for row in rows]


async def test_people_come_with_all_that_is_known_of_them_and_no_number(world: World) -> None:
    boss, client = (await world.human("sato", Role.ADMINISTRATOR)).actor, await world.client()
    numbers = synthetic_numbers(2, 77)
    columns = Columns(
        ["=E1", "D1"],
        numbers,
        [PersonKind.EMPLOYEE, PersonKind.DEPENDENT],
        ['架空, "太郎"', "架空 花子"],
        ["カクウ タロウ", ""],
        ["1985-04-01", ""],
        ["東京都", ""],
        ["", "=E1"],
    )
    done = await register(world.custodian, client, columns, world.terms(), world.clock())
    assert isinstance(done, Registered), done
    first, second = await take(world, boss, File.PEOPLE)
    assert first.pop("person").startswith("person_")
    assert first == {
        "external_id": "'=E1",
        "kind": "employee",
        "name": '架空, "太郎"',
        "kana": "カクウ タロウ",
        "birth_date": "1985-04-01",
        "address": "東京都",
        "employee": "",
        "number_state": "held",
        "verification": "my_number_card",
        "verified_on": "2026-04-01",
        "notified": "TAX_GENSEN=2026-04-01",
        "ends": "",
        "due_on": "",
        "registered_at": "2026-11-22T12:00:00+09:00",
    }
    assert (second["kind"], second["employee"]) == ("dependent", "'=E1")
    assert not numbers_in(str([first, second]).encode()) & set(numbers)


@pytest.mark.parametrize("name", ["\ud800", "架空\n太郎", "架空\x00", "架空\t太郎"])
async def test_a_name_that_a_row_could_not_hold_is_never_taken(world: World, name: str) -> None:
    columns = Columns(["E1"], synthetic_numbers(1), names=[name])
    done = await register(world.custodian, await world.client(), columns, world.terms(), world.clock())
    assert isinstance(done, Registered), done
    assert codes_of(done.rejections) == {0: "TEXT_INVALID"}


async def test_employees_come_before_their_families_whoever_was_registered_first(world: World) -> None:
    boss, client = (await world.human("sato", Role.ADMINISTRATOR)).actor, await world.client()
    kinds = [PersonKind.DEPENDENT, PersonKind.EMPLOYEE]
    columns = Columns(["D1", "E1"], synthetic_numbers(2), kinds, employees=["E1", ""])
    done = await register(world.custodian, client, columns, world.terms(), world.clock())
    assert isinstance(done, Registered), done
    assert done.rejections == []
    assert [row["external_id"] for row in await take(world, boss, File.PEOPLE)] == ["E1", "D1"]


async def test_what_was_done_about_people_comes_in_files_of_its_own(world: World) -> None:
    ending = await Ending.begin(world)
    await ending.people(3)
    await ending.left(["E0-0", "E0-1", "E0-2"])
    now = ending.go_to(DUE)
    boss = ending.renewed(ending.administrator)
    placed = await place_holds(world.custodian, boss, Named(["E0-2"]), "-係争中", now)
    assert isinstance(placed, Placed), placed
    lifted = await lift_holds(world.custodian, boss, [placed.holds[0] or ""], "和解", now)
    assert isinstance(lifted, Placed), lifted
    assert lifted.rejections == []
    (run,) = await ending.propose()
    await ending.execute(await ending.decide(run))
    boss = ending.renewed(ending.administrator)

    documents = await take(world, boss, File.DOCUMENTS)
    assert [(row["external_id"], row["purpose"], row["deadline_on"]) for row in documents] == [
        (f"E0-{row}", "TAX_FUYO", "2019-01-24") for row in range(3)
    ]
    departures = await take(world, boss, File.DEPARTURES)
    assert [(row["external_id"], row["ended_on"]) for row in departures] == [
        (f"E0-{row}", "2019-06-30") for row in range(3)
    ]
    (hold,) = await take(world, boss, File.HOLDS)
    assert (hold["external_id"], hold["reason"], hold["lifted_by"]) == ("E0-2", "'-係争中", "sato")
    disposals = await take(world, boss, File.DISPOSALS)
    assert {(row["run"], row["run_state"], row["state"]) for row in disposals} == {
        (run.public_id, "done", "disposed")
    }
    assert [row["external_id"] for row in disposals] == ["E0-0", "E0-1", "E0-2"]
    assert all(row["approved_by"] == "suzuki" and row["leaf"] and row["disposed_at"] for row in disposals)
    people = await take(world, boss, File.PEOPLE)
    assert {row["number_state"] for row in people} == {"disposed"}
    assert {row["person"] for row in people} == {row["person"] for row in disposals}


async def test_uses_come_with_who_stood_behind_them_and_how_many_numbers_they_had(world: World) -> None:
    boss, client = (await world.human("sato", Role.ADMINISTRATOR)).actor, await world.client()
    handler = await world.human()
    people = await world.register(client, 2)

    request = Request(people.tokens, "TAX_GENSEN", "年末調整", handler.login)
    done = await detokenize(world.custodian, client, request, world.code(handler), world.clock())
    assert isinstance(done, Released), done
    (use,) = await take(world, boss, File.USES)
    assert (use["persons"], use["state"], use["client"], use["confirmed_by"]) == (
        "2",
        "released",
        "payroll",
        "tanaka",
    )
    assert not numbers_in(str(use).encode()) & set(people.numbers)


@pytest.mark.parametrize("count", [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE])
async def test_everybody_is_there_once_wherever_pages_end(world: World, count: int) -> None:
    await crowd(world.custodian, world.tenant.id, count)
    boss = (await world.human("sato", Role.ADMINISTRATOR)).actor
    found = [row["external_id"] for row in await take(world, boss, File.PEOPLE)]
    assert found == [f"C-{row}" for row in range(1, count + 1)]


async def test_persons_of_several_disposals_are_there_once_wherever_pages_end(world: World) -> None:
    ending = await Ending.begin(world)
    people = (await ending.people(PAGE + 100)).external_ids
    runs = [await ending.instruct(people[:300]), await ending.instruct(people[300:])]
    boss = ending.renewed(ending.administrator)
    found = [(row["run"], row["external_id"]) for row in await take(world, boss, File.DISPOSALS)]
    expected = [(runs[0].public_id, person) for person in people[:300]]
    assert found == expected + [(runs[1].public_id, person) for person in people[300:]]


async def test_uses_are_there_once_wherever_pages_end(world: World) -> None:
    boss, client = (await world.human("sato", Role.ADMINISTRATOR)).actor, await world.client()
    tokens = (await world.register(client, 1)).tokens
    made = []
    for _ in range(USES_PAGE + 1):
        request = Request(tokens, "TAX_GENSEN", "年末調整")
        done = await prepare(world.custodian, client, request, world.clock())
        assert isinstance(done, Prepared), done
        made.append(done.use.public_id)
    assert [row["use"] for row in await take(world, boss, File.USES)] == made


async def test_fifty_thousand_people_are_read_a_page_at_a_time_as_somebody_asks_for_them(
    world: World,
) -> None:
    await crowd(world.custodian, world.tenant.id, MANY)
    boss = (await world.human("sato", Role.ADMINISTRATOR)).actor
    lending = Lending(world.custodian.database)
    export = await begin_export(over(world.custodian, lending), boss, File.PEOPLE, world.clock())
    assert isinstance(export, Export), export
    longest = count = 0
    async for page in export.pages():
        count += 1
        assert lending.lent == count  # none was read ahead
        assert export.rows == PAGE * (count - 1)
        longest = max(longest, len(page))
    assert (export.rows, count) == (MANY, MANY // PAGE)
    assert longest < 200 * PAGE


async def test_both_ends_of_an_export_are_in_the_log(world: World) -> None:
    await crowd(world.custodian, world.tenant.id, 3)
    boss = (await world.human("sato", Role.ADMINISTRATOR)).actor
    await take(world, boss, File.PEOPLE)
    first, last = (await record_of(world))[-2:]
    assert (first.action, first.outcome, first.human) == (Action.DATA_EXPORT, Outcome.ALLOWED, "sato")
    name = first.detail["export"]
    assert first.detail == {"file": "people", "export": name, "stage": "begun"}
    assert last.detail == {"file": "people", "export": name, "stage": "complete", "rows": "3"}


async def test_an_export_that_breaks_off_says_how_many_rows_had_left(world: World) -> None:
    await crowd(world.custodian, world.tenant.id, 3 * PAGE)
    boss = (await world.human("sato", Role.ADMINISTRATOR)).actor
    export = await begun(world, boss)
    pages = export.pages()
    await anext(pages)
    await anext(pages)  # the first one was handed over, of the second nobody knows
    assert await export.end(world.clock()) is Stage.BROKEN_OFF
    last = (await record_of(world))[-1]
    assert (last.detail["stage"], last.detail["rows"]) == ("broken-off", str(PAGE))


async def test_nothing_is_read_before_the_log_has_it(world: World) -> None:
    boss = (await world.human("sato", Role.ADMINISTRATOR)).actor
    lending = Lending(world.custodian.database, Fate(before="commit"))
    with pytest.raises(Killed):
        await begin_export(over(world.custodian, lending), boss, File.PEOPLE, world.clock())
    assert lending.lent == 0


@pytest.mark.parametrize("role", [Role.HANDLER, Role.APPROVER, Role.AUDITOR])
async def test_only_administrators_export(world: World, role: Role) -> None:
    human = await world.human("tanaka", role)
    refused = await begin_export(world.custodian, human.actor, File.PEOPLE, world.clock())
    assert rule_of(refused) == "no-rule-permits"
    last = (await record_of(world))[-1]
    assert (last.action, last.outcome, last.human) == (Action.DATA_EXPORT, Outcome.DENIED, "tanaka")
    assert last.detail == {"file": "people"}


async def test_neither_a_client_nor_the_operator_exports(world: World) -> None:
    for actor in (await world.client(), world.operator):
        refused = await begin_export(world.custodian, actor, File.USES, world.clock())
        assert rule_of(refused) == "no-rule-permits"


async def test_an_administrator_needs_a_code_of_late(world: World) -> None:
    boss = (await world.human("sato", Role.ADMINISTRATOR)).actor
    world.clock.advance(seconds=601)
    refused = await begin_export(world.custodian, boss, File.PEOPLE, world.clock())
    assert rule_of(refused) == "recent-proof-needed"


@pytest.mark.parametrize("file", [*File])
async def test_nobody_finds_another_tenants_rows_in_their_file(world: World, file: File) -> None:
    ending = await Ending.begin(await World.open(world.house, world.clock, "株式会社ベータ"))
    await ending.people(2, seed=9)
    await ending.left(["E9-0", "E9-1"])
    now = ending.go_to(DUE)
    other = ending.world
    await place_holds(other.custodian, ending.administrator.actor, Named(["E9-0"]), "係争中", now)
    await ending.propose()

    tokens = (await other.register(ending.client, 1, seed=10)).tokens
    request = Request(tokens, "TAX_GENSEN", "年末調整")
    assert isinstance(await prepare(other.custodian, ending.client, request, other.clock()), Prepared)
    assert await take(other, ending.renewed(ending.administrator), file)
    ours = (await world.human("sato", Role.ADMINISTRATOR)).actor
    assert await take(world, ours, file) == []


async def test_a_row_that_was_altered_stops_the_export_by_name(world: World) -> None:
    ending = await Ending.begin(world)
    await ending.people(1)
    await ending.left(["E0-0"])
    sql = "UPDATE document SET deadline_on = '2030-01-01' WHERE tenant_id = :tenant"
    changed = await tamper.change(world.house.database, world.tenant.id, sql, tenant=world.tenant.id)
    assert changed == 1
    export = await begun(world, ending.renewed(ending.administrator), File.DOCUMENTS)
    with pytest.raises(SealBrokenError):
        [page async for page in export.pages()]
    assert await export.end(world.clock()) is Stage.BROKEN_OFF
    assert export.rows == 0


def test_every_file_has_titles_that_differ() -> None:

    assert set(SHEETS) == set(File)
    for sheet in SHEETS.values():
        assert len({name for _, name in sheet.titles}) == len(sheet.titles) == len(sheet.header)
        assert len({title for title, _ in sheet.titles}) == len(sheet.titles)
