"""Recording documents: row by row, each with what is wrong; nothing of a person who is not here."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from custody.document import documents_by_id, parse_document_id
from custody.document_listing import Papers, show_papers
from custody.documents import DocumentColumns, Documented, record_documents
from custody.named import Named
from custody.replay import Replay
from custody.roster import MAX_ROWS
from policies.actor import Actor, Role
from policies.refusals import Denied
from tests.support.outcomes import codes_of, record_of, rule_of
from tests.support.tamper import change, value
from tests.support.world import World
from tokenizer.audit.action import Action, Outcome

FUYO, GENSEN, SHUTOKU, HOSHU = "TAX_FUYO", "TAX_GENSEN", "EI_SHUTOKU", "TAX_SHI_HOSHU"


async def attempt(world: World, actor: Actor, columns: DocumentColumns) -> Documented | Denied:
    return await record_documents(world.custodian, actor, columns, world.clock())


async def recorded(world: World, actor: Actor, columns: DocumentColumns) -> Documented:
    done = await attempt(world, actor, columns)
    assert isinstance(done, Documented), done
    return done


async def kept(world: World, ids: Sequence[str | None]) -> list[tuple[str, str, str, int]]:
    wanted = [parse_document_id(text or "") or 0 for text in ids]
    tenant, authority = world.tenant.id, world.custodian.authority
    found = await world.house.database.read(tenant, lambda tx: documents_by_id(tx, authority, tenant, wanted))
    return [found[each].paper for each in wanted if each in found]


async def test_documents_are_kept_as_they_were_given(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 2)
    first, second = people.external_ids
    columns = DocumentColumns(
        Named([first, f" {second} ", first]),
        [FUYO, SHUTOKU, FUYO],
        deadlines=["2026-01-22", "", "2025-01-23"],
        completions=["", "2026-03-31", ""],
        copies=[1, 2, 0],
    )
    done = await recorded(world, client, columns)
    assert done.rejections == []
    assert None not in done.documents
    assert await kept(world, done.documents) == [
        (FUYO, "2026-01-22", "", 1),
        (SHUTOKU, "", "2026-03-31", 2),
        (FUYO, "2025-01-23", "", 0),
    ]


async def test_persons_may_be_named_by_the_callers_own_tokens(world: World) -> None:
    client, other = await world.client(), await world.client("accounting")
    people = await world.register(client, 1)
    columns = DocumentColumns(Named(people.tokens, by_token=True), [GENSEN])
    assert codes_of((await recorded(world, client, columns)).rejections) == {}
    assert codes_of((await recorded(world, other, columns)).rejections) == {0: "TOKEN_UNKNOWN"}


async def test_each_wrong_row_is_rejected_by_itself_and_the_rest_is_taken(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 1)
    rows = {
        "PERSON_UNKNOWN": ("nobody", GENSEN, "", "", 1),
        "PURPOSE_UNKNOWN": (people.external_ids[0], "TAX_NOTHING", "", "", 1),
        "PURPOSE_REFUSED": (people.external_ids[0], "RO_NENKIN", "", "", 1),
        "NOT_THEIR_PURPOSE": (people.external_ids[0], HOSHU, "", "", 1),
        "DEADLINE_MISSING": (people.external_ids[0], FUYO, "", "2026-01-01", 1),
        "COPIES_INVALID": (people.external_ids[0], GENSEN, "", "", 1_000),
        "fine": (people.external_ids[0], GENSEN, "", "", 0),
    }
    wrong_days = ["2015-10-04", "2037-01-01", "20260122", "2026-02-30", "明日", "2026-1-1"]
    for number, day in enumerate(wrong_days):
        rows[f"DATE_INVALID {number}"] = (people.external_ids[0], FUYO, day, "", 1)
    texts, purposes, deadlines, completions, copies = zip(*rows.values(), strict=True)
    columns = DocumentColumns(Named(texts), purposes, deadlines, completions, copies)
    done = await recorded(world, client, columns)
    told = [name.split()[0] for name in rows]
    assert codes_of(done.rejections) == {row: code for row, code in enumerate(told) if code != "fine"}
    assert [row for row, document in enumerate(done.documents) if document] == [told.index("fine")]


async def test_a_number_that_is_not_in_the_vault_bears_on_no_document(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 1)
    tenant = world.tenant.id
    sql = "UPDATE person SET number_state = 'disposed' WHERE tenant_id = :own"
    await change(world.house.database, tenant, sql, own=tenant)
    done = await recorded(world, client, DocumentColumns(Named(people.external_ids), [GENSEN]))
    assert codes_of(done.rejections) == {0: "NUMBER_NOT_HELD"}


@pytest.mark.parametrize(
    "columns",
    [
        DocumentColumns(Named(["a", "b"]), [FUYO]),
        DocumentColumns(Named(["a"]), [FUYO], deadlines=["2026-01-01", ""]),
        DocumentColumns(Named(["a"]), [FUYO], completions=["", ""]),
        DocumentColumns(Named(["a"]), [FUYO], copies=[1, 1]),
    ],
)
async def test_columns_of_different_lengths_are_refused(world: World, columns: DocumentColumns) -> None:
    assert rule_of(await attempt(world, await world.client(), columns)) == "columns-differ"


async def test_more_than_ten_thousand_rows_are_refused_and_recorded(world: World) -> None:
    client = await world.client()
    size = MAX_ROWS + 1
    assert rule_of(await attempt(world, client, DocumentColumns(Named(["a"] * size), [FUYO] * size))) == (
        "too-many-rows"
    )
    last = (await record_of(world))[-1]
    assert (last.action, last.outcome, last.rule) == (Action.DOCUMENT_RECORD, Outcome.DENIED, "too-many-rows")


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.APPROVER, Role.AUDITOR])
async def test_only_who_works_with_people_records_documents(world: World, role: Role) -> None:
    human = await world.human("sato", role)
    assert rule_of(await attempt(world, human.actor, DocumentColumns(Named(["a"]), [FUYO]))) == (
        "no-rule-permits"
    )


async def test_one_leaf_for_each_document_says_what_it_is(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 3)
    columns = DocumentColumns(
        Named(people.external_ids), [FUYO] * 3, deadlines=["2026-01-22", "2026-01-22", "2025-01-23"]
    )
    await recorded(world, client, columns)
    leaves = [leaf for leaf in await record_of(world) if leaf.action is Action.DOCUMENT_RECORD]
    assert len({leaf.person for leaf in leaves}) == 3
    assert [leaf.purpose for leaf in leaves] == [FUYO] * 3
    assert [dict(leaf.detail) for leaf in leaves] == [
        {"deadline_on": day, "copies": "1"} for day in ("2026-01-22", "2026-01-22", "2025-01-23")
    ]


async def test_the_same_request_twice_is_recorded_once(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 1)
    columns = DocumentColumns(Named([*people.external_ids, "nobody"]), [GENSEN, GENSEN])
    replay = Replay(client, "7f0b", "recordDocuments", b"the request")
    first, again = [
        await record_documents(world.custodian, client, columns, world.clock(), replay) for _ in range(2)
    ]
    assert isinstance(first, Documented)
    assert first == again
    assert await value(world.house.database, world.tenant.id, "SELECT count(*) FROM document") == 1
    other = await record_documents(
        world.custodian, client, columns, world.clock(), replace(replay, request=b"another")
    )
    assert rule_of(other) == "idempotency-conflict"


async def test_ten_thousand_rows_are_taken_at_once(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 2_500)
    columns = DocumentColumns(
        Named(people.external_ids * 4),
        [FUYO] * MAX_ROWS,
        deadlines=[f"{year}-01-20" for year in (2023, 2024, 2025, 2026) for _ in range(2_500)],
    )
    done = await recorded(world, client, columns)
    assert done.rejections == []
    assert len(set(done.documents)) == MAX_ROWS


async def test_what_keeps_a_number_is_shown_to_who_may_see_people(world: World) -> None:
    client, auditor = await world.client(), await world.human("mori", Role.AUDITOR)
    people = await world.register(client, 1)
    columns = DocumentColumns(Named(people.external_ids * 2), [FUYO, GENSEN], deadlines=["2026-01-22", ""])
    await recorded(world, client, columns)
    shown = await show_papers(world.custodian, auditor.actor, people.external_ids[0], world.clock())
    assert isinstance(shown, Papers)
    assert [document.purpose for document in shown.documents] == [FUYO, GENSEN]
    assert shown.departed_on is None
    approver = await world.human("sato", Role.APPROVER)
    refused = await show_papers(world.custodian, approver.actor, people.external_ids[0], world.clock())
    assert rule_of(refused) == "no-rule-permits"
    assert (await record_of(world))[-1].action is Action.DOCUMENT_LIST
    assert rule_of(await show_papers(world.custodian, auditor.actor, "nobody", world.clock())) == "unknown-id"
