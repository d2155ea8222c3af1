"""Numbers are planted wherever a client can put one, and must be found nowhere but in a release. All are synthetic.

Channels: every byte of every answer, the log, the metrics, the database with its write-ahead log. Encodings: UTF-8,
UTF-16 and base64 of them, half and full width, with signs in between or not. On SQLite, whose files can be read whole.
"""

from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator
from typing import Annotated, Any, Final

import httpx
import orjson
import pytest
import strawberry
from prometheus_client import Counter
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp
from strawberry.schema.config import StrawberryConfig

from api.auth import Gate
from api.graphql import GraphQLEndpoint
from api.metrics import Metrics, metrics_route
from api.middleware import Perimeter
from policies.actor import Role
from schema.people import ChangeNumberInput, ChangeNumberResult
from schema.quiet import PublicError, QuietSchema
from schema.results import INPUT, RowRejection
from schema.root import Mutation, Query
from schema.scalars import SCALARS, SENSITIVE
from tests.support import routes, tamper
from tests.support.api import (
    ACCEPT,
    PLAUSIBLE_OF_TYPE,
    Caller,
    Colleague,
    Office,
    batch,
    http_to,
    plausible,
    plausibly,
)
from tests.support.campaigns import CARD_SEEN
from tests.support.canary import FORMS, Canaries
from tests.support.kitting import on_paper
from tests.support.walk import Operation, Path, operation, operations
from tests.support.world import GENSEN, PASSWORD, World
from tokenizer.storage.sqlite import SqliteDatabase

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
JSON: Final = "application/json"
SPENDING: Final = {
    *("detokenize", "confirmUse", "approveUse", "confirmDisposal", "approveDisposal"),
    "approveContractEnd",
}


class Watch:
    """An office, everything it answered, and callers of each kind with something to work on."""

    def __init__(self, office: Office, http: httpx.AsyncClient | None = None) -> None:
        self.office = office
        self.canaries = Canaries()
        self.answers: list[bytes] = []
        self.http = http or office.http

    @classmethod
    async def open(cls, office: Office, http: httpx.AsyncClient | None = None) -> "Watch":
        watch = cls(office, http)
        watch.client = Caller(watch.http, (await office.client()).credential)
        boss = await office.colleague("suzuki", *Role)
        watch.boss = Colleague(boss.human, Caller(watch.http, boss.caller.credential))
        # Numbers the search does not know: it looks for planted ones.
        watch.people = await office.register(watch.client, 1, seed=31)
        wanted = {"name": "年末調整", "purposes": [GENSEN], "deadline": "2027-01-31"}
        watch.campaign = (await watch.boss.caller.do("createCampaign", **wanted))["campaign"]["campaignId"]
        watch.collection = await watch.ask("asked")
        watch.staff = (await watch.boss.caller.do("issueTokens", externalIds=watch.people.external_ids))[
            "tokens"
        ]
        return watch

    async def ask(self, external_id: str) -> str:
        """A new person who is asked at the counter, and was told what for: the id of their collection."""
        rows = {"externalIds": [external_id], "channels": ["DIRECT"]}
        added = await self.boss.caller.do("addToCampaign", campaignId=self.campaign, **rows)
        notice = {"form": "DOCUMENT", "purposes": [GENSEN], "text": "利用目的", "toldOn": "2026-11-20"}
        await self.boss.caller.do("givePurposeNotice", externalIds=[external_id], notice=notice)
        return str(added["collectionIds"][0])

    async def prove(self) -> None:
        """Let the administrator give a code, so that nothing is refused for want of a recent one."""
        proven = await self.boss.caller.do("reauthenticate", code=self.office.next_code(self.boss.human))
        assert proven["__typename"] == "Reauthenticated", proven

    client: Caller
    boss: Colleague
    people: Any
    staff: list[str]
    campaign: str
    collection: str

    async def send(self, caller: Caller, document: str, variables: Any = None, **parameters: Any) -> Any:
        """Send a document and keep the answer."""
        response = await caller.post(document, variables, **parameters)
        self.keep(response)
        return response

    def keep(self, response: httpx.Response) -> None:
        self.answers.append(routes.readable(response))

    async def leaks(self) -> dict[str, set[str]]:
        """Where planted numbers were found, by channel."""
        metrics = await self.http.get("/metrics")
        channels = {
            "answers": b"\n".join(self.answers),
            "log": self.office.log.getvalue(),
            "metrics": metrics.content,
            "database": stored(self.office.world),
        }
        assert all(channels.values())
        return {name: hits for name, data in channels.items() if (hits := self.canaries.hits(data))}


def stored(world: World) -> bytes:
    """Every byte of the database: the file, the write-ahead log and its index."""
    database = world.house.database
    assert isinstance(database, SqliteDatabase)
    files = sorted(database.path.parent.glob(f"{database.path.name}*"))
    assert len(files) == 3
    return b"".join(path.read_bytes() for path in files)


def calls(watch: Watch, item: Operation, parity: int) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The operation with a number in one place, in every form, and something plausible in all others.

    Every other check digit is wrong; which ones, `parity` says.
    """
    mine = plausible(watch.office.tenant, watch.staff[0], watch.people.external_ids[0])
    mine |= {"campaignId": watch.campaign, "collectionId": watch.collection, "inquiryId": watch.collection}
    for place, _ in item.places:
        for turn, form in enumerate(FORMS, parity):
            planted = watch.canaries.plant(f"{item}.{'.'.join(place)}", form, right=turn % 2 == 0)

            def fill(path: Path, kind: str, place: Path = place, planted: Any = planted) -> Any:
                return planted if path == place else plausibly(mine, path, kind)

            yield place, item.variables(fill)


async def plant_in_variables(watch: Watch) -> None:
    """Call everything with a number in every place."""
    boss, office = watch.boss, watch.office
    for item in operations():
        await watch.prove()
        for place, variables in calls(watch, item, 0):
            caller, sent = boss.caller, variables.get("input", {})
            if item.name == "changePassword" and place[-1] == "new":
                # The new password may do, and then it ends the session it came by.
                caller, sent["old"] = (await office.colleague(f"h{len(watch.answers)}")).caller, PASSWORD
            elif item.name in SPENDING and place[-1] != "code":
                sent["code"] = office.next_code(boss.human)
            response = await watch.send(caller, item.document, variables)
            assert response.status_code in {200, 400}, (item, response.text)


def literal(value: Any) -> str:
    """A value as it stands in a document."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {literal(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return value if isinstance(value, str) and value in ENUMS else orjson.dumps(value).decode()


ENUMS: Final = {"MY_NUMBER_CARD", "HANDLER", "EMPLOYEE", *PLAUSIBLE_OF_TYPE.values()}


async def plant_in_documents(watch: Watch) -> None:
    """Write numbers into documents: as literals, as names of everything that has one."""
    for item in operations():
        for _, variables in calls(watch, item, 1):
            arguments = ", ".join(f"{name}: {literal(value)}" for name, value in variables.items())
            call = f"{item.name}({arguments})" if arguments else item.name
            await watch.send(watch.boss.caller, f"{item.kind} {{ {call} {{ __typename }} }}")
    plant = watch.canaries.plant
    who = "{viewer{name}}"
    for document, parameters in (
        (f"query n{plant('operation name')}{who}", {}),
        (who, {"operationName": plant("unknown operation")}),
        (f"query q{who}", {"operationName": f"n{plant('unknown operation')}"}),
        (f"{{n{plant('field')}}}", {}),
        (f"{{viewer{{n{plant('field below')}}}}}", {}),
        (f"{{viewer(n{plant('argument')}: 1){{name}}}}", {}),
        (f"{{viewer @n{plant('directive')}{{name}}}}", {}),
        (f"{{...n{plant('fragment')}}}", {}),
        (f"{{viewer{{...on N{plant('type')}{{name}}}}}}", {}),
        (f"query(${'n' + plant('variable')}: Int){who}", {}),
        (f"query($a: N{plant('type of a variable')}){who}", {}),
        (f"{{purpose(code: {plant('literal')}){{code}}}}", {}),
        (f"{{purposes(first: {plant('literal')}){{nodes{{code}}}}}}", {}),
        (f"# {plant('comment')}\n{who}", {}),
        (f"{{viewer{{name}} {plant('syntax error')}", {}),
        (f'{{"{plant("syntax error")}"}}', {}),
        (who, {"variables": {f"n{plant('name of a variable')}": 1}}),
        (who, {"extensions": {"number": plant("extension")}}),
        (who, {plant("parameter"): 1}),
        (who, {"documentId": plant("document id")}),
    ):
        await watch.send(watch.boss.caller, document, parameters.pop("variables", None), **parameters)
    await watch.send(
        watch.boss.caller,
        operation("changeNumber").document,
        {"input": {f"n{plant('unknown field of an input')}": plant("value of an unknown field")}},
    )


async def plant_around(watch: Watch) -> None:
    """Put numbers into everything that surrounds a document: headers, paths, bodies that are none."""
    plant, http = watch.canaries.plant, watch.http
    body = {"query": "{viewer{name}}"}
    bearer = {"authorization": f"Bearer {watch.client.credential}"}
    for form in ("bare", "hyphenated", "spaced"):
        for name in (
            "x-request-id",
            "traceparent",
            "user-agent",
            "cookie",
            "origin",
            "referer",
            "x-forwarded-for",
        ):
            headers = {**bearer, name: plant(name, form)}
            watch.keep(await http.post("/graphql", json=body, headers=headers))
        for scheme in ("Bearer", "Basic", "Bearer wfk_", "Bearer wfs_", ""):
            headers = {"authorization": f"{scheme} {plant('credential', form)}"}
            watch.keep(await http.post("/graphql", json=body, headers=headers))
    for name in ("content-type", "accept", "content-encoding"):
        for text in (f"{JSON}; n={plant(name)}", plant(name), f"application/{plant(name)}"):
            watch.keep(await http.post("/graphql", content=b"{}", headers={**bearer, name: text}))
    dotted = plant("x-request-id, dotted", "bare")
    dotted = ".".join((dotted[:4], dotted[4:8], dotted[8:]))
    watch.keep(await http.post("/graphql", json=body, headers={**bearer, "x-request-id": dotted}))
    for path in (f"/{plant('path')}", f"/graphql?n={plant('query string')}", f"/live/{plant('path')}"):
        for method in ("GET", "POST", "DELETE"):
            watch.keep(await http.request(method, path, headers=bearer))
    for content in (
        plant("body"),
        f'"{plant("body")}"',
        f"[{plant('body')}]",
        f'{{"query": {plant("query as a number")}}}',
        f'{{"query": "{plant("cut off")}',
        f'{{"query": "{{viewer{{name}}}}", "variables": "{plant("variables as text")}"}}',
        f'{{"query": "{{viewer{{name}}}}", "operationName": {plant("operation name as a number")}}}',
        f'{{"{plant("name")}": "{plant("value")}"}}',
    ):
        headers = {**bearer, "content-type": JSON, "accept": ACCEPT}
        watch.keep(await http.post("/graphql", content=content.encode(), headers=headers))


async def plant_in_files(watch: Watch) -> None:
    """Ask for every file with a number in every place of its address, and of what surrounds it."""
    http, plant = watch.http, watch.canaries.plant
    await watch.prove()
    holder = await routes.leaving(watch.boss)
    for path, place in routes.places():
        for turn, form in enumerate(FORMS):
            planted = str(plant(f"{path} {place}", form, right=turn % 2 == 0))
            where = routes.address(path, routes.usual(path, **{place: planted}))
            caller = holder if path in routes.KEYED else watch.boss.caller
            response = await routes.fetch(http, caller, where)
            assert response.status_code in {400, 404}, (path, place, response.text)
            watch.keep(response)
    for path in routes.FILES:
        where = routes.address(path, routes.usual(path))
        for name in ("x-request-id", "if-none-match", "range", "accept", "cookie"):
            headers = {name: plant(f"{path}, {name}", "hyphenated")}
            watch.keep(await routes.fetch(http, watch.client, where, **headers))
        further = "&" if "?" in where else "?"
        watch.keep(await routes.fetch(http, watch.client, f"{where}{further}n={plant(f'{path}, query')}"))
        watch.keep(await routes.fetch(http, Caller(http, plant(f"{path}, credential")), where))
        watch.keep(await http.post(where, content=plant(f"{path}, body")))


async def test_a_number_planted_anywhere_is_found_nowhere(office: Office) -> None:
    watch = await Watch.open(office)
    await plant_in_files(watch)
    await plant_in_variables(watch)
    await plant_in_documents(watch)
    await plant_around(watch)
    assert min(len(watch.canaries.planted), len(watch.answers)) > 1_200
    assert await watch.leaks() == {}


async def collected(watch: Watch) -> None:
    """Numbers typed in at the desk and at the counter; the one is looked at, and its answer kept but for it."""
    boss, first, second = watch.boss.caller, await watch.ask("desk"), await watch.ask("counter")
    typed = {"number": watch.canaries.plant("submitNumber.number", "full width")}
    kept = watch.canaries.latest
    await watch.send(boss, operation("submitNumber").document, {"input": typed | {"collectionId": first}})
    shown = await boss.get("collection", collectionId=first)
    looked = {"collectionId": first, "itemIds": [item["itemId"] for item in shown["items"]]}
    opened = await boss.post(operation("openSubmitted").document, {"input": looked})
    answer = opened.json()["data"]["openSubmitted"]
    assert answer.pop("number") == kept
    watch.answers.append(orjson.dumps(answer) + str(opened.headers).encode())
    case = {"revision": shown["collection"]["revision"], "case": CARD_SEEN}
    decided = {"input": {"collectionId": first, **case}}
    verdict = await watch.send(boss, operation("verifyCollection").document, decided)
    assert verdict.json()["data"]["verifyCollection"]["state"] == "VERIFIED"
    await watch.send(boss, operation("registerCollections").document, {"input": {"collectionIds": [first]}})
    number = watch.canaries.plant("enterNumber.number", "hyphenated")
    for seen in (CARD_SEEN | {"identity": []}, CARD_SEEN):
        entered = {"input": {"collectionId": second, "number": number, "case": seen}}
        done = await watch.send(boss, operation("enterNumber").document, entered)
    assert done.json()["data"]["enterNumber"]["token"]
    for collection in (first, second):
        await watch.send(boss, operation("collection").document, {"collectionId": collection})


async def test_a_number_that_is_kept_leaves_by_its_release_and_by_nothing_else(office: Office) -> None:
    watch = await Watch.open(office)
    sent, kept = [], []
    for form in ("bare", "hyphenated", "full width", "full width with long vowel marks", "spaced"):
        sent.append(watch.canaries.plant("tokenize.numbers", form))
        kept.append(watch.canaries.latest)
    rows = batch([f"K-{row}" for row in range(len(sent))], sent) | {"idempotencyKey": "canaries"}
    for _ in range(2):  # the second is answered from memory
        done = await watch.send(watch.client, operation("tokenize").document, {"input": rows})
    tokens = done.json()["data"]["tokenize"]["tokens"]
    assert None not in tokens
    card = {"verification": "MY_NUMBER_CARD", "verifiedOn": "2026-11-22"}
    change = {"externalId": "K-0", "number": watch.canaries.plant("changeNumber.number"), **card}
    await watch.send(watch.boss.caller, operation("changeNumber").document, {"input": change})
    wanted = {"tokens": tokens, "purpose": GENSEN, "reason": "年末調整", "handler": "suzuki"}
    code = office.next_code(watch.boss.human)
    released = await watch.client.post(operation("detokenize").document, {"input": {**wanted, "code": code}})
    answer = released.json()["data"]["detokenize"]
    assert answer.pop("numbers") == [change["number"], *kept[1:]]
    watch.answers.append(orjson.dumps(answer) + str(released.headers).encode())
    await collected(watch)
    for name in ("persons", "tokens", "uses", "auditEntries", "auditExport", "auditLog"):
        await watch.send(watch.boss.caller, operation(name).document, {"first": 50, "start": 0})
    run = await routes.disposed(office, watch.boss, ["K-4"], "approver")
    await watch.prove()
    paper = await on_paper(office, watch.boss, watch.campaign, "K-paper")
    for where in routes.addresses(run=run, order=paper.order):
        response = await routes.fetch(watch.http, watch.boss.caller, where)
        assert response.status_code == 200, (where, response.text)
        watch.keep(response)
    holder = await routes.leaving(watch.boss)
    await routes.gone(office, watch.boss, await office.colleague("approver-2", Role.APPROVER))
    for where in routes.addresses(keyed=True):
        response = await routes.fetch(watch.http, holder, where)
        assert response.status_code == 200, (where, response.text)
        watch.keep(response)
    assert await watch.leaks() == {}


# --- negative controls: what the search is for, it finds


def careless(sabotage: Callable[[str], Awaitable[ChangeNumberResult]]) -> QuietSchema:
    """A schema in which changing a number does something careless with it first."""

    async def change(input: Annotated[ChangeNumberInput, INPUT]) -> ChangeNumberResult:  # noqa: A002 - its name
        return await sabotage(input.number)

    @strawberry.type
    class CarelessMutation(Mutation):
        change_number: ChangeNumberResult = strawberry.mutation(resolver=change)

    return QuietSchema(Query, CarelessMutation, config=StrawberryConfig(scalar_map=SCALARS))


def served(office: Office, schema: QuietSchema, metrics: Metrics) -> ASGIApp:
    """That schema behind the same gate and perimeter."""
    endpoint = GraphQLEndpoint(
        schema, Gate(office.world.house, metrics), sensitive=SENSITIVE, metrics=metrics
    )
    return Perimeter(Starlette(routes=[Route("/graphql", endpoint), metrics_route(metrics)]))


@pytest.mark.parametrize("channel", ["answers", "log", "metrics", "database"])
async def test_a_resolver_that_is_careless_with_a_number_is_caught(office: Office, channel: str) -> None:
    metrics = Metrics()

    async def sabotage(number: str) -> ChangeNumberResult:
        if channel == "answers":
            return RowRejection(row=0, code="WRONG", message_ja=number, message_en="-".join(number))
        if channel == "log":
            office.log.write(b64encode(f"the number is {number}".encode("utf-16")))
        elif channel == "metrics":
            Counter("careless", "careless", ("number",), registry=metrics.registry).labels(number).inc()
        else:
            sql = "UPDATE person SET kana = :kana WHERE tenant_id = :tenant"
            kana = number.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
            world = office.world
            await tamper.change(world.house.database, world.tenant.id, sql, kana=kana, tenant=world.tenant.id)
        raise PublicError("BAD_USER_INPUT", "番号が違います", "the number is wrong")

    async with http_to(served(office, careless(sabotage), metrics)) as http:
        watch = await Watch.open(office, http)
        planted = watch.canaries.plant("changeNumber.number")
        change = {"externalId": "E31-0", "number": planted, "verification": "MY_NUMBER_CARD"}
        sent = {"input": {**change, "verifiedOn": "2026-11-22"}}
        await watch.send(watch.boss.caller, operation("changeNumber").document, sent)
        assert await watch.leaks() == {channel: {"changeNumber.number, bare, right"}}
    office.log.forget()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("form", [form for form in FORMS if form != "as a JSON number"])
def test_a_number_is_found_in_every_form_and_encoding(encoding: str, form: str, database_url: str) -> None:
    canaries = Canaries()
    text = canaries.plant("somewhere", form)
    data = text.encode(encoding)
    label = {canaries.planted[canaries.latest]}
    assert canaries.hits(b"\x00\xff" + data + b"\x80 \x01") == label
    for start in range(3):
        assert canaries.hits(b"x" * start + data) == label
        assert canaries.hits(b"..." + b64encode(b"x" * start + data) + b"...") == label
    assert canaries.hits(data[: len(data) // 2]) == set()
