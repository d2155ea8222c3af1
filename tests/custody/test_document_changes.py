"""Closing, correcting and withdrawing documents: each with its own leaf, and the person's terms follow."""

from collections.abc import Sequence

import pytest

from custody.departures import record_departures
from custody.document_changes import close_documents, correct_documents, withdraw_documents
from custody.documents import DocumentColumns, Documented, record_documents
from custody.named import Named
from policies.actor import Actor, Role
from policies.refusals import Denied
from tests.support.outcomes import codes_of, record_of, rule_of
from tests.support.tamper import value
from tests.support.world import World
from tokenizer.audit.action import Action, Outcome

FUYO, SHUTOKU = "TAX_FUYO", "EI_SHUTOKU"
WHY = "入力の誤り"


async def employee_who_left(world: World, client: Actor) -> str:
    """One employee who left on 31 March 2026."""
    people = await world.register(client, 1, terms=world.terms(FUYO))
    named = Named(people.external_ids)
    await record_departures(world.custodian, client, named, ["2026-03-31"], world.clock())
    return people.external_ids[0]


async def record(world: World, client: Actor, person: str, *papers: tuple[str, str, str]) -> list[str]:
    purposes, deadlines, completions = zip(*papers, strict=True)
    columns = DocumentColumns(Named([person] * len(papers)), purposes, deadlines, completions)
    done = await record_documents(world.custodian, client, columns, world.clock())
    assert isinstance(done, Documented), done
    assert done.rejections == []
    return [text or "" for text in done.documents]


async def due(world: World) -> str:
    found: str = await value(world.house.database, world.tenant.id, "SELECT due_on FROM person")
    return found


async def correct(
    world: World, client: Actor, documents: Sequence[str], deadlines: Sequence[str], *, reason: str = WHY
) -> Documented | Denied:
    size = len(documents)
    return await correct_documents(
        world.custodian, client, documents, deadlines, [""] * size, [1] * size, reason, world.clock()
    )


async def test_a_matter_that_is_closed_gives_the_person_a_day(world: World) -> None:
    client = await world.client()
    person = await employee_who_left(world, client)
    assert await due(world) == "2026-04-01"
    (document,) = await record(world, client, person, (SHUTOKU, "", ""))
    assert await due(world) == ""
    done = await close_documents(world.custodian, client, [document], ["2026-03-31"], world.clock())
    assert isinstance(done, Documented)
    assert (done.documents, done.rejections) == ([document], [])
    assert await due(world) == "2030-04-01"
    leaf = (await record_of(world))[-1]
    assert (leaf.action, leaf.purpose) == (Action.DOCUMENT_CLOSE, SHUTOKU)
    assert dict(leaf.detail) == {"document": document, "completed_on": "2026-03-31", "copies": "1"}


async def test_a_closed_matter_is_not_closed_again_and_no_day_is_no_closing(world: World) -> None:
    client = await world.client()
    person = await employee_who_left(world, client)
    done, still = await record(world, client, person, (SHUTOKU, "", "2026-03-31"), (SHUTOKU, "", ""))
    closed = await close_documents(
        world.custodian,
        client,
        [done, still, "doc_1", "no id", still],
        ["2026-03-31", "", "2026-03-31", "2026-03-31", "2026-03-31"],
        world.clock(),
    )
    assert isinstance(closed, Documented)
    assert codes_of(closed.rejections) == {
        0: "DOCUMENT_CLOSED",
        1: "DATE_INVALID",
        2: "DOCUMENT_UNKNOWN",
        3: "DOCUMENT_UNKNOWN",
        4: "DOCUMENT_REPEATED",
    }
    assert closed.documents == [None] * 5
    assert await due(world) == ""


async def test_a_corrected_deadline_moves_the_day(world: World) -> None:
    client = await world.client()
    person = await employee_who_left(world, client)
    (document,) = await record(world, client, person, (FUYO, "2026-01-22", ""))
    assert await due(world) == "2034-01-11"
    done = await correct(world, client, [document], ["2025-01-23"])
    assert isinstance(done, Documented)
    assert done.rejections == []
    assert await due(world) == "2033-01-11"
    leaf = (await record_of(world))[-1]
    assert (leaf.action, leaf.reason) == (Action.DOCUMENT_CORRECT, WHY)
    assert leaf.detail["deadline_on"] == "2025-01-23"


async def test_a_correction_that_cannot_be_is_rejected_row_by_row(world: World) -> None:
    client = await world.client()
    person = await employee_who_left(world, client)
    first, second = await record(world, client, person, (FUYO, "2026-01-22", ""), (FUYO, "2025-01-23", ""))
    done = await correct(world, client, ["doc_x", first, second], ["", "", "2024-01-20"])
    assert isinstance(done, Documented)
    assert codes_of(done.rejections) == {0: "DOCUMENT_UNKNOWN", 1: "DEADLINE_MISSING"}
    assert done.documents == [None, None, second]
    assert await due(world) == "2034-01-11"


async def test_a_withdrawn_document_keeps_nothing_and_the_log_says_what_it_was(world: World) -> None:
    client = await world.client()
    person = await employee_who_left(world, client)
    (document,) = await record(world, client, person, (FUYO, "2026-01-22", ""))
    done = await withdraw_documents(world.custodian, client, [document, document], WHY, world.clock())
    assert isinstance(done, Documented)
    assert codes_of(done.rejections) == {1: "DOCUMENT_REPEATED"}
    assert await due(world) == "2026-04-01"
    assert await value(world.house.database, world.tenant.id, "SELECT count(*) FROM document") == 0
    leaf = (await record_of(world))[-1]
    assert (leaf.action, leaf.reason) == (Action.DOCUMENT_WITHDRAW, WHY)
    assert dict(leaf.detail) == {"document": document, "deadline_on": "2026-01-22", "copies": "1"}
    again = await withdraw_documents(world.custodian, client, [document], WHY, world.clock())
    assert isinstance(again, Documented)
    assert codes_of(again.rejections) == {0: "DOCUMENT_UNKNOWN"}


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201, "番号は123456789018です", "a\nb"])
async def test_a_correction_needs_words_without_a_number(world: World, reason: str) -> None:
    client = await world.client()
    assert rule_of(await correct(world, client, ["doc_1"], [""], reason=reason)) == "reason-needed"
    refused = await withdraw_documents(world.custodian, client, ["doc_1"], reason, world.clock())
    assert rule_of(refused) == "reason-needed"
    last = (await record_of(world))[-1]
    assert (last.outcome, last.reason) == (Outcome.DENIED, None)


async def test_who_does_not_work_with_people_changes_no_document(world: World) -> None:
    auditor = (await world.human("mori", Role.AUDITOR)).actor
    now = world.clock()
    outcomes = [
        await close_documents(world.custodian, auditor, ["doc_1"], ["2026-01-01"], now),
        await correct(world, auditor, ["doc_1"], [""]),
        await withdraw_documents(world.custodian, auditor, ["doc_1"], WHY, now),
    ]
    assert [rule_of(outcome) for outcome in outcomes] == ["no-rule-permits"] * 3


async def test_columns_of_different_lengths_are_refused(world: World) -> None:
    client, now = await world.client(), world.clock()
    assert rule_of(await close_documents(world.custodian, client, ["doc_1"], [], now)) == "columns-differ"
    assert rule_of(await correct(world, client, ["doc_1"], [])) == "columns-differ"


async def test_a_document_of_another_tenant_is_unknown(world: World) -> None:
    client = await world.client()
    person = await employee_who_left(world, client)
    (document,) = await record(world, client, person, (FUYO, "2026-01-22", ""))
    there = await World.open(world.house, world.clock, "別の会社")
    done = await withdraw_documents(world.custodian, await there.client(), [document], WHY, world.clock())
    assert isinstance(done, Documented)
    assert codes_of(done.rejections) == {0: "DOCUMENT_UNKNOWN"}
    assert await due(world) == "2034-01-11"
