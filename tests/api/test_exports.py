"""Files over HTTP: for an administrator with a code of late, whole or visibly cut, and without a number anywhere."""

import asyncio
from dataclasses import replace

import httpx
import pytest

from api.app import create_app
from api.budget import Allowance
from api.middleware import ResponseAbortedError
from custody.export.cells import BOM
from custody.export.export import File
from custody.export.sheet import PAGE
from policies.actor import Role
from tests.support import tamper
from tests.support.api import Caller, Colleague, Office, batch, http_to
from tests.support.canary import Canaries
from tests.support.exporting import Lending, Reader, crowd, over
from tests.support.outcomes import record_of
from tokenizer.audit.action import Action
from tokenizer.audit.entry import Entry


async def get(office: Office, caller: Caller, path: str) -> httpx.Response:
    headers = {} if caller.credential is None else {"authorization": f"Bearer {caller.credential}"}
    return await office.http.get(path, headers=headers)


@pytest.fixture
async def boss(office: Office) -> Colleague:
    return await office.colleague("sato", Role.ADMINISTRATOR)


async def exports_of(office: Office) -> list[Entry]:
    return [entry for entry in await record_of(office.world) if entry.action is Action.DATA_EXPORT]


def rule_in(response: httpx.Response) -> tuple[int, str]:
    (error,) = response.json()["errors"]
    assert error["extensions"]["messageJa"]
    return response.status_code, error["extensions"]["rule"]


@pytest.mark.parametrize("file", [*File])
async def test_every_file_comes_as_csv_to_be_saved_and_kept_nowhere_else(
    office: Office, boss: Colleague, file: File
) -> None:
    got = await get(office, boss.caller, f"/exports/{file.value}.csv")
    assert (got.status_code, got.headers["cache-control"]) == (200, "no-store")
    assert got.headers["content-type"].startswith("text/csv")
    assert got.headers["content-disposition"] == f'attachment; filename="{file.value}-20261122.csv"'
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.content.startswith(BOM)
    assert got.content.endswith(b"\r\n")


async def test_no_file_no_log_and_no_record_has_a_number(office: Office, boss: Colleague) -> None:
    canaries, client = Canaries(), await office.client()
    rows = [canaries.plant("numbers", "bare") for _ in range(5)]
    people = await client.do("tokenize", **batch([f"K-{row}" for row in range(5)], rows))
    handler = await office.colleague()
    wanted = {"tokens": people["tokens"], "purpose": "TAX_GENSEN", "reason": "年末調整", "handler": "tanaka"}
    released = await client.do("detokenize", **wanted, code=office.next_code(handler.human))
    assert released["numbers"] == rows
    for file in File:
        got = await get(office, boss.caller, f"/exports/{file.value}.csv")
        assert got.status_code == 200
        assert not canaries.hits(got.content + str(got.headers).encode())
    assert not canaries.hits(office.log.getvalue())
    assert not canaries.hits(b"\n".join(entry.to_bytes() for entry in await record_of(office.world)))


async def test_who_is_not_an_administrator_with_a_code_of_late_gets_nothing(office: Office) -> None:
    path = "/exports/people.csv"
    assert (await get(office, office.anonymous, path)).status_code == 401
    assert (await get(office, Caller(office.http, "wfs_nonsense"), path)).status_code == 401
    assert rule_in(await get(office, await office.client(), path)) == (403, "no-rule-permits")
    handler = await office.colleague("tanaka", Role.HANDLER, Role.APPROVER, Role.AUDITOR)
    assert rule_in(await get(office, handler.caller, path)) == (403, "no-rule-permits")
    boss = await office.colleague("sato", Role.ADMINISTRATOR)
    office.world.clock.advance(seconds=601)
    assert rule_in(await get(office, boss.caller, path)) == (403, "recent-proof-needed")
    await boss.caller.do("reauthenticate", code=office.next_code(boss.human))
    assert (await get(office, boss.caller, path)).status_code == 200
    assert [entry.rule for entry in await exports_of(office)] == [
        "no-rule-permits",
        "no-rule-permits",
        "recent-proof-needed",
        None,
        None,
    ]


async def test_a_file_has_the_rows_of_the_tenant_who_asks(office: Office, boss: Colleague) -> None:
    beta = await office.beside("株式会社ベータ")
    await office.register(await office.client(), 2, seed=1, prefix="ALPHA")
    await beta.register(await beta.client(), 2, seed=2, prefix="BETA")
    other = await beta.colleague("sato", Role.ADMINISTRATOR)
    ours = (await get(office, boss.caller, "/exports/people.csv")).text
    theirs = (await get(office, other.caller, "/exports/people.csv")).text
    assert ("ALPHA1-1" in ours, "BETA" in ours) == (True, False)
    assert ("BETA2-1" in theirs, "ALPHA" in theirs) == (True, False)


@pytest.mark.parametrize("path", ["/exports/numbers.csv", "/exports/people.xlsx", "/exports/.csv"])
async def test_what_is_no_file_is_not_found(office: Office, boss: Colleague, path: str) -> None:
    got = await get(office, boss.caller, path)
    assert got.status_code == 404
    assert await exports_of(office) == []


async def test_the_head_of_a_file_alone_is_not_to_be_had(office: Office, boss: Colleague) -> None:
    headers = {"authorization": f"Bearer {boss.caller.credential}"}
    for method in ("HEAD", "POST"):
        got = await office.http.request(method, "/exports/people.csv", headers=headers)
        assert (got.status_code, "GET" in got.headers["allow"]) == (405, True)
    assert await exports_of(office) == []


async def test_where_half_a_file_would_look_whole_none_is_sent(office: Office, boss: Colleague) -> None:
    reader = Reader("/exports/people.csv", boss.caller.credential or "", takes=9, version="1.0")
    app = create_app(office.world.house, introspection=False)
    await app(reader.scope, reader.receive, reader.send)
    assert reader.status == 505
    assert b"proxy_http_version" in reader.pieces[0]
    assert await exports_of(office) == []


async def test_a_file_has_its_price(office: Office, boss: Colleague) -> None:
    app = create_app(
        office.world.house, introspection=False, allowance=Allowance(points=25_000, per_second=1)
    )
    async with http_to(app) as http:
        headers = {"authorization": f"Bearer {boss.caller.credential}"}
        answers = [await http.get("/exports/holds.csv", headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert int(answers[1].headers["retry-after"]) > 0


async def test_a_reader_who_goes_away_stops_the_reading_and_the_log_says_how_far_it_came(
    office: Office, boss: Colleague
) -> None:
    world = office.world
    await crowd(world.custodian, world.tenant.id, 5 * PAGE)
    lending = Lending(world.house.database)
    house = replace(world.house, custodian=over(world.custodian, lending))
    reader = Reader("/exports/people.csv", boss.caller.credential or "", takes=2)
    await create_app(house, introspection=False)(reader.scope, reader.receive, reader.send)
    assert (reader.status, len(reader.pieces)) == (200, 2)
    assert lending.lent == 3
    begun, ended = await exports_of(office)
    assert begun.detail["stage"] == "begun"
    assert ended.detail == {**begun.detail, "stage": "broken-off", "rows": str(2 * PAGE)}


async def test_a_reader_who_does_not_read_on_holds_one_page_and_no_more(
    office: Office, boss: Colleague
) -> None:
    world = office.world
    await crowd(world.custodian, world.tenant.id, 5 * PAGE)
    lending = Lending(world.house.database)
    house = replace(world.house, custodian=over(world.custodian, lending))
    reader = Reader("/exports/people.csv", boss.caller.credential or "", takes=1, stays=True)
    app = create_app(house, introspection=False)
    serving = asyncio.ensure_future(app(reader.scope, reader.receive, reader.send))
    await reader.stopped.wait()
    assert lending.lent == 1
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert lending.lent == 1
    assert (await exports_of(office))[-1].detail["stage"] == "broken-off"


async def test_rows_that_were_altered_are_refused_by_name_before_the_first_byte(
    office: Office, boss: Colleague
) -> None:
    client = await office.client()
    people = await office.register(client, 1)
    papers = {"purposes": ["TAX_FUYO"], "deadlines": ["2026-01-24"]}
    recorded = await client.do("recordDocuments", externalIds=people.external_ids, **papers)
    assert recorded["rejections"] == []
    await alter(office, "UPDATE document SET completed_on = '2026-02-01' WHERE tenant_id = :own")
    got = await get(office, boss.caller, "/exports/documents.csv")
    assert (got.status_code, got.json()["errors"][0]["extensions"]["code"]) == (409, "SEAL_BROKEN")
    assert [entry.detail["stage"] for entry in await exports_of(office)] == ["begun", "broken-off"]


async def test_rows_that_were_altered_further_on_cut_the_connection(office: Office, boss: Colleague) -> None:
    world, client = office.world, await office.client()
    people = await office.register(client, 1)
    count = PAGE + 1
    papers = {"purposes": ["TAX_FUYO"] * count, "deadlines": ["2026-01-24"] * count}
    recorded = await client.do("recordDocuments", externalIds=people.external_ids * count, **papers)
    assert recorded["rejections"] == []
    await alter(
        office,
        "UPDATE document SET copies = 9 WHERE tenant_id = :own AND document_id = "
        "(SELECT max(document_id) FROM document WHERE tenant_id = :own)",
    )
    reader = Reader("/exports/documents.csv", boss.caller.credential or "", takes=9)
    with pytest.raises(ResponseAbortedError):
        await create_app(world.house, introspection=False)(reader.scope, reader.receive, reader.send)
    assert len(reader.pieces) == 1
    assert (await exports_of(office))[-1].detail["rows"] == str(PAGE)
    assert office.log.line("request failed")["error"] == "SealBrokenError"
    office.log.forget()


async def alter(office: Office, sql: str) -> None:
    own = office.world.tenant.id
    assert await tamper.change(office.world.house.database, own, sql, own=own) == 1
