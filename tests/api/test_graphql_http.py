"""The endpoint over HTTP. Every number here is synthetic."""

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, NewType

import httpx
import orjson
import pytest
import strawberry
from prometheus_client.exposition import generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import Route
from strawberry.schema.config import StrawberryConfig

from api.errors import HttpRefusal
from api.graphql import GraphQLEndpoint, Settings
from api.guard import Admitted, Limits
from api.middleware import Perimeter
from schema.quiet import PublicError, QuietSchema
from tests.support.capture import Captured, capturing
from tests.support.serve import serving

NUMBER = "123456789018"
GRAPHQL_JSON = "application/graphql-response+json"
MyNumber = NewType("MyNumber", str)
MyNumbers = NewType("MyNumbers", list[str])


def read_number(value: object) -> MyNumber:
    if not isinstance(value, str):
        raise TypeError(f"a careless scalar quotes what it found: {value!r}")
    if len(value) != 12:
        raise PublicError("INVALID_NUMBER", "番号は12桁です", "a number has twelve digits")
    return MyNumber(value)


def read_numbers(value: object) -> MyNumbers:
    if not isinstance(value, list):
        raise TypeError(f"a careless scalar quotes what it found: {value!r}")
    return MyNumbers([read_number(item) for item in value])


class StorageLostError(Exception):
    """An error of a lower floor whose text is written for clients."""

    code = "STORAGE_UNAVAILABLE"
    message_ja = "いまは保存できません"
    message_en = "storage is unavailable"


@strawberry.input
class RegisterInput:
    number: MyNumber
    note: str | None = None
    times: int = 1


@strawberry.input(one_of=True)
class Selector:
    token: strawberry.Maybe[str]
    reference: strawberry.Maybe[str]


@strawberry.type
class Item:
    id: strawberry.ID

    @strawberry.field
    def items(self, first: int = 10) -> list["Item"]:
        return [Item(id=strawberry.ID(str(n))) for n in range(min(first, 3))]


@strawberry.type
class Query:
    @strawberry.field
    def ping(self) -> str:
        return "pong"

    @strawberry.field
    def item(self) -> Item:
        return Item(id=strawberry.ID("i"))

    @strawberry.field
    def find(self, number: MyNumber) -> str:
        return f"{len(number)} digits"

    @strawberry.field
    def count(self, numbers: MyNumbers) -> int:
        return len(numbers)

    @strawberry.field
    def add(self, number: int = 0) -> int:
        return number + 1

    @strawberry.field
    def select(self, by: Selector) -> str:
        return "selected"

    @strawberry.field
    def burst(self, number: MyNumber) -> str | None:
        raise ValueError(f"a careless resolver quotes {number}")

    @strawberry.field
    def burst_required(self, number: MyNumber) -> str:
        raise RuntimeError(f"a careless resolver quotes {number}") from KeyError(number)

    @strawberry.field
    def refuse(self) -> str | None:
        raise PublicError("NOT_TODAY", "本日はできません", "not today", {"until": "tomorrow"})

    @strawberry.field
    def lost(self) -> str | None:
        raise StorageLostError

    @strawberry.field
    def impossible(self) -> str:
        return None  # type: ignore[return-value]

    @strawberry.field
    async def stuck(self) -> str:
        await asyncio.Event().wait()
        return "never"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def register(self, input: RegisterInput) -> str:  # noqa: A002 - the argument's name in the API
        return f"{len(input.number)} digits"


def build_schema() -> QuietSchema:
    scalars = {
        MyNumber: strawberry.scalar(name="MyNumberInput", parse_value=read_number),
        MyNumbers: strawberry.scalar(name="MyNumberListInput", parse_value=read_numbers),
    }
    return QuietSchema(Query, Mutation, config=StrawberryConfig(scalar_map=scalars))


async def anyone(_request: Request) -> None:
    return None


def endpoint(**options: Any) -> GraphQLEndpoint[None]:
    return GraphQLEndpoint(build_schema(), options.pop("context_factory", anyone), **options)


def application(subject: GraphQLEndpoint[None]) -> Starlette:
    return Starlette(routes=[Route("/graphql", subject)], middleware=[Middleware(Perimeter)])


@asynccontextmanager
async def client(subject: GraphQLEndpoint[None]) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application(subject))
    async with httpx.AsyncClient(transport=transport, base_url="http://warifu.test") as http:
        yield http


async def ask(
    query: str, variables: dict[str, Any] | None = None, subject: GraphQLEndpoint[None] | None = None
) -> httpx.Response:
    async with client(subject or endpoint()) as http:
        body = {"query": query, "variables": variables}
        return await http.post("/graphql", json=body, headers={"accept": GRAPHQL_JSON})


def codes(response: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in response.json()["errors"]]


@pytest.fixture
def captured() -> Iterator[Captured]:
    with capturing() as stream:
        yield stream


# --- answers


async def test_a_query_is_answered_with_data_and_its_cost() -> None:
    response = await ask("{ping}")
    assert response.status_code == 200
    assert response.json() == {"data": {"ping": "pong"}, "extensions": {"cost": {"requested": 1}}}
    assert response.headers["cache-control"] == "no-store"


async def test_cost_follows_the_variables() -> None:
    response = await ask("query($n: Int!){item{items(first: $n){id}}}", {"n": 40})
    assert response.json()["extensions"] == {"cost": {"requested": 42}}
    refused = await ask("query($n: Int!){item{items(first: $n){id}}}", {"n": 4000})
    assert refused.status_code == 400
    assert refused.json()["extensions"] == {"cost": {"requested": 4002}}
    assert "data" not in refused.json()


async def test_a_column_of_ten_thousand_numbers_fits_into_one_request() -> None:
    response = await ask("query($n: MyNumberListInput!){count(numbers: $n)}", {"n": [NUMBER] * 10_000})
    assert response.json()["data"] == {"count": 10_000}


async def test_an_operation_may_be_named() -> None:
    async with client(endpoint()) as http:
        body = {"query": "query A{ping} query B{add}", "operationName": "B", "extensions": {}, "other": 1}
        response = await http.post("/graphql", json=body)
    assert response.json()["data"] == {"add": 1}


async def test_partial_data_comes_with_200_and_the_errors_first() -> None:
    response = await ask("{ping refuse}")
    assert response.status_code == 200
    assert list(response.json()) == ["errors", "data", "extensions"]
    assert response.json()["data"] == {"ping": "pong", "refuse": None}


async def test_one_document_is_parsed_and_validated_once() -> None:
    subject = endpoint()
    for _ in range(3):
        await ask("{ping}", subject=subject)
    assert subject.guard.kept == ("{ping}",)


# --- content negotiation and the head of a request


ACCEPTS = {
    "nothing": (None, "application/json"),
    "anything": ("*/*", "application/json"),
    "any application type": ("application/*", "application/json"),
    "json": ("application/json", "application/json"),
    "graphql": (GRAPHQL_JSON, GRAPHQL_JSON),
    "both as recommended": (f"{GRAPHQL_JSON}; charset=utf-8, application/json; charset=utf-8", GRAPHQL_JSON),
    "both, json first": (f"application/json, {GRAPHQL_JSON}", GRAPHQL_JSON),
    "json liked better": (f"{GRAPHQL_JSON};q=0.5, application/json;q=0.9", "application/json"),
    "graphql liked better": (f"{GRAPHQL_JSON};q=0.9, application/json;q=0.5", GRAPHQL_JSON),
    "graphql or else anything": (f"{GRAPHQL_JSON}, */*;q=0.1", GRAPHQL_JSON),
    "anything but json": ("application/json;q=0, */*", GRAPHQL_JSON),
    "upper case": ("APPLICATION/JSON", "application/json"),
    "html, else anything": ("text/html, */*;q=0.8", "application/json"),
    "an extension after q": ("application/json;q=1;v=b3", "application/json"),
}


@pytest.mark.parametrize(("accept", "expected"), ACCEPTS.values(), ids=ACCEPTS.keys())
async def test_the_answer_comes_in_the_media_type_the_client_likes_best(
    accept: str | None, expected: str
) -> None:
    async with client(endpoint()) as http:
        http.headers.pop("accept")
        headers = {} if accept is None else {"accept": accept}
        response = await http.post("/graphql", json={"query": "{ping}"}, headers=headers)
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{expected}; charset=utf-8"


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "text/event-stream",
        "application/json;q=0",
        "application/jsonx",
        "application/json;charset=shift_jis",
        f"{GRAPHQL_JSON};q=0, application/json;q=0.0",
        "application/json;q=nan",
        ",",
        ";",
        "\u00ff",
    ],
)
async def test_a_client_that_likes_nothing_we_speak_gets_406(accept: str) -> None:
    async with client(endpoint()) as http:
        headers = {"accept": accept.encode("latin-1")}
        response = await http.post("/graphql", json={"query": "{ping}"}, headers=headers)
    assert response.status_code == 406
    assert codes(response) == ["NOT_ACCEPTABLE"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"])
async def test_every_method_but_post_gets_405_and_is_told_so(method: str) -> None:
    async with client(endpoint()) as http:
        response = await http.request(method, "/graphql?query={ping}")
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/jsonx",
        "x-application/json",
        "text/plain; application/json",
        "application/graphql",
        "application/json; charset=shift_jis",
        "application/json; charset=utf-16",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ],
)
async def test_a_body_that_does_not_say_json_in_utf_8_gets_415(content_type: str | None) -> None:
    async with client(endpoint()) as http:
        headers = {} if content_type is None else {"content-type": content_type}
        response = await http.post("/graphql", content=b'{"query":"{ping}"}', headers=headers)
    assert response.status_code == 415
    assert codes(response) == ["UNSUPPORTED_MEDIA_TYPE"]


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        'Application/JSON;charset="UTF-8"',
        "application/json;x=y",
    ],
)
async def test_json_in_utf_8_is_recognised_however_it_is_spelled(content_type: str) -> None:
    async with client(endpoint()) as http:
        headers = {"content-type": content_type}
        response = await http.post("/graphql", content=b'{"query":"{ping}"}', headers=headers)
    assert response.status_code == 200


async def test_a_compressed_body_gets_415_and_is_told_what_is_accepted() -> None:
    async with client(endpoint()) as http:
        headers = {"content-type": "application/json", "content-encoding": "gzip"}
        response = await http.post("/graphql", content=gzip.compress(b'{"query":"{ping}"}'), headers=headers)
    assert response.status_code == 415
    assert response.headers["accept-encoding"] == "identity"


# --- hostile bodies


HOSTILE_BODIES: dict[str, bytes] = {
    "nothing": b"",
    "white space": b" \n\t",
    "no JSON": b"NONSENSE",
    "JSON cut off": b'{"query":',
    "JSON nested 100,000 deep": b"[" * 100_000 + b"]" * 100_000,
    "objects nested 100,000 deep in variables": b'{"query":"{ping}","variables":'
    + b'{"a":' * 100_000
    + b"1"
    + b"}" * 100_001,
    "invalid UTF-8": b'{"query":"{ping}\xff\xfe"}',
    "UTF-16": '{"query":"{ping}"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"query":"{ping}"}',
    "an integer of 5,000 digits": b'{"query":"{ping}","variables":{"n":' + b"9" * 5000 + b"}}",
    "a number": b"5",
    "null": b"null",
    "a string": b'"s"',
    "true": b"true",
    "an empty array": b"[]",
    "an array of operations": b'[{"query":"{ping}"},{"query":"{ping}"}]',
    "an empty object": b"{}",
    "a lone surrogate": b'{"query":"{ping}","variables":{"n":"\\ud800"}}',
    "a lone surrogate in the query": b'{"query":"{ping(a:\\"\\udfff\\")}"}',
    "NaN": b'{"query":"{ping}","variables":{"n":NaN}}',
    "Infinity": b'{"query":"{ping}","variables":{"n":-Infinity}}',
    "a zero byte": b'{"query":"{ping}"}\x00',
    "a zero byte in the query": b'{"query":"{ping}\\u0000"}',
    "a control character in a string": b'{"query":"{ping\n}"}',
    "a query that is a number": b'{"query":1}',
    "a query that is an object": b'{"query":{"a":1}}',
    "a query that is null": b'{"query":null}',
    "an empty query": b'{"query":""}',
    "variables that are an array": b'{"query":"{ping}","variables":[1]}',
    "variables that are a string": b'{"query":"{ping}","variables":"{}"}',
    "an operation name that is a number": b'{"query":"{ping}","operationName":7}',
    "an operation name nobody has": b'{"query":"{ping}","operationName":"x"}',
    "extensions that are an array": b'{"query":"{ping}","extensions":[]}',
    "a trusted document nobody knows": b'{"documentId":"sha256:00"}',
    "a trusted document and a query": b'{"documentId":"sha256:00","query":"{ping}"}',
    "a query nested 100,000 deep": b'{"query":"' + b"{a" * 100_000 + b'"}',
    "a query of a megabyte of comments": b'{"query":"{ping}#' + b"#" * 1_000_000 + b'"}',
    "a body over the limit": b'{"query":"{ping}","variables":{"x":"' + b"x" * 5_000_000 + b'"}}',
    "JSON with comments": b'{"query":"{ping}"} // hello',
    "form data": b"query=%7Bping%7D",
    "gzip that does not say so": gzip.compress(b'{"query":"{ping}"}'),
}
TOLERATED_BODIES: dict[str, bytes] = {
    "duplicate keys: the last one counts": b'{"query":"{nobody}","query":"{ping}"}',
    "nulls for what is optional": b'{"query":"{ping}","variables":null,"operationName":null,"extensions":null}',
    "keys nobody knows": b'{"query":"{ping}","variables":{"unused":{"a":[1,2.5e300,true]}},"x":1}',
}


@pytest.fixture(scope="module")
def live_url() -> Iterator[str]:
    with serving(application(endpoint())) as url:
        yield f"{url}/graphql"


@pytest.mark.parametrize("accept", ["application/json", GRAPHQL_JSON])
@pytest.mark.parametrize("body", HOSTILE_BODIES.values(), ids=HOSTILE_BODIES.keys())
def test_a_hostile_body_gets_a_4xx_in_json_that_names_what_is_wrong(
    live_url: str, body: bytes, accept: str
) -> None:
    headers = {"content-type": "application/json", "accept": accept}
    response = httpx.post(live_url, content=body, headers=headers)
    well_formed = response.status_code == 200 and accept == "application/json"
    assert 400 <= response.status_code < 500 or well_formed
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"
    told = response.json()
    assert "data" not in told
    assert told["errors"]
    for error in told["errors"]:
        assert error["extensions"]["code"] != "INTERNAL"
        assert error["message"] == f"{error['extensions']['messageJa']} / {error['extensions']['messageEn']}"


@pytest.mark.parametrize("body", TOLERATED_BODIES.values(), ids=TOLERATED_BODIES.keys())
def test_an_odd_but_well_formed_body_is_served(live_url: str, body: bytes) -> None:
    response = httpx.post(live_url, content=body, headers={"content-type": "application/json"})
    assert response.status_code == 200
    assert response.json()["data"] == {"ping": "pong"}


def test_a_body_that_never_announces_its_length_is_cut_off_at_the_limit(live_url: str) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b" " * 100_000

    response = httpx.post(live_url, content=endless(), headers={"content-type": "application/json"})
    assert response.status_code == 413
    assert codes(response) == ["PAYLOAD_TOO_LARGE"]


async def test_a_request_whose_client_hangs_up_gets_no_answer() -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "headers": [(b"content-type", b"application/json")],
    }
    await endpoint()(scope, receive, send)
    assert sent == []


# --- refusals by the context factory and the budget


REFUSALS = {
    "no credential": (
        HttpRefusal(401, "UNAUTHENTICATED", "認証してください", "log in"),
        "www-authenticate",
        "Bearer",
    ),
    "a stale credential": (
        HttpRefusal(401, "UNAUTHENTICATED", "認証", "again", challenge='Bearer error="invalid_token"'),
        "www-authenticate",
        'Bearer error="invalid_token"',
    ),
    "no right": (HttpRefusal(403, "FORBIDDEN", "権限がありません", "no"), "cache-control", "no-store"),
    "no patience": (
        HttpRefusal(429, "THROTTLED", "お待ちください", "wait", retry_after=7),
        "retry-after",
        "7",
    ),
}


@pytest.mark.parametrize(("refusal", "header", "value"), REFUSALS.values(), ids=REFUSALS.keys())
async def test_a_refusal_of_the_context_factory_becomes_an_http_status(
    refusal: HttpRefusal, header: str, value: str
) -> None:
    async def refuse(_request: Request) -> None:
        raise refusal

    response = await ask("{ping}", subject=endpoint(context_factory=refuse))
    assert response.status_code == refusal.status
    assert response.headers[header] == value
    assert codes(response) == [refusal.code]


async def test_who_is_asking_is_found_out_before_the_body_is_read() -> None:
    async def refuse(_request: Request) -> None:
        raise HttpRefusal(401, "UNAUTHENTICATED", "認証してください", "log in")

    async with client(endpoint(context_factory=refuse)) as http:
        response = await http.post(
            "/graphql", content=b"NONSENSE", headers={"content-type": "application/json"}
        )
    assert response.status_code == 401


async def test_resolvers_see_the_context_the_factory_made() -> None:
    @strawberry.type
    class Who:
        @strawberry.field
        def name(self, info: strawberry.Info[dict[str, str], None]) -> str:
            return info.context["name"]

    async def named(request: Request) -> dict[str, str]:
        return {"name": request.headers["x-name"]}

    subject = GraphQLEndpoint(QuietSchema(Who), named)
    transport = httpx.ASGITransport(Starlette(routes=[Route("/graphql", subject)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://warifu.test") as http:
        response = await http.post("/graphql", json={"query": "{name}"}, headers={"x-name": "hanako"})
    assert response.json()["data"] == {"name": "hanako"}


async def test_the_budget_is_charged_the_cost_before_the_operation_runs() -> None:
    charged: list[int] = []

    async def charge(_context: None, admitted: Admitted) -> None:
        charged.append(admitted.cost)
        raise HttpRefusal(429, "THROTTLED", "お待ちください", "wait", retry_after=1)

    response = await ask("{item{items(first: 30){id}}}", subject=endpoint(budget=charge))
    assert charged == [32]
    assert response.status_code == 429


# --- request errors


REQUEST_ERRORS = {
    "a document that cannot be read": ("{", "GRAPHQL_PARSE_FAILED"),
    "a document that does not fit": ("{nobody}", "GRAPHQL_VALIDATION_FAILED"),
    "a variable that does not fit": ("query($n: Int!){add(number: $n)}", "BAD_USER_INPUT"),
    "a document too deep": ("{item" * 13, "GRAPHQL_PARSE_FAILED"),
    "introspection": ("{__schema{types{name}}}", "INTROSPECTION_DISABLED"),
    "two mutations": ("mutation A{a} mutation B{b}", "ONE_MUTATION_PER_REQUEST"),
    "a literal": (f'{{find(number: "{NUMBER}")}}', "LITERAL_REFUSED"),
}


@pytest.mark.parametrize(("query", "code"), REQUEST_ERRORS.values(), ids=REQUEST_ERRORS.keys())
async def test_a_request_error_is_400_without_data_and_200_in_the_older_media_type(
    query: str, code: str
) -> None:
    response = await ask(query)
    assert response.status_code == 400
    assert "data" not in response.json()
    assert codes(response)[0] == code
    async with client(endpoint()) as http:
        older = await http.post("/graphql", json={"query": query}, headers={"accept": "application/json"})
    assert older.status_code == 200
    assert "data" not in older.json()


async def test_introspection_can_be_switched_on() -> None:
    subject = endpoint(settings=Settings(introspection=True))
    response = await ask('{__type(name: "Item"){name}}', subject=subject)
    assert response.json()["data"] == {"__type": {"name": "Item"}}


async def test_at_most_five_errors_are_told() -> None:
    query = "query(" + " ".join(f"$v{n}: Int!" for n in range(9)) + "){" + " ".join("add(number: $v0)") + "}"
    response = await ask(query)
    assert len(response.json()["errors"]) <= 5
    variables = " ".join(f"$v{n}: Int!" for n in range(9))
    fields = " ".join(f"a{n}: add(number: $v{n})" for n in range(9))
    response = await ask(f"query({variables}){{{fields}}}")
    assert codes(response) == ["BAD_USER_INPUT"] * 5


async def test_trusted_documents_run_by_their_id() -> None:
    subject = endpoint(settings=Settings(documents={"sha256:ab": "{ping}"}, documents_only=True))
    async with client(subject) as http:
        response = await http.post("/graphql", json={"documentId": "sha256:ab"})
        assert response.json()["data"] == {"ping": "pong"}
        refused = await http.post("/graphql", json={"query": "{ping}"})
    assert refused.status_code == 400
    assert codes(refused) == ["DOCUMENT_NOT_FOUND"]


# --- variables that do not fit


VARIABLES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "a string for an integer": (
        "query($n: Int!){add(number: $n)}",
        {"n": NUMBER},
        {"variable": "n", "path": [], "expected": "Int!"},
    ),
    "nothing for what is required": (
        "query($n: Int!){add(number: $n)}",
        {},
        {"variable": "n", "path": [], "expected": "Int!"},
    ),
    "null for what is required": (
        "query($n: Int!){add(number: $n)}",
        {"n": None},
        {"variable": "n", "path": [], "expected": "Int!"},
    ),
    "a field of the wrong type": (
        "mutation($i: RegisterInput!){register(input: $i)}",
        {"i": {"number": NUMBER, "times": NUMBER}},
        {"variable": "i", "path": ["times"], "expected": "Int!"},
    ),
    "a field missing": (
        "mutation($i: RegisterInput!){register(input: $i)}",
        {"i": {"note": NUMBER}},
        {"variable": "i", "path": [], "expected": "RegisterInput!", "missing": ["number"]},
    ),
    "a field nobody knows": (
        "mutation($i: RegisterInput!){register(input: $i)}",
        {"i": {"number": NUMBER, f"x{NUMBER}": NUMBER}},
        {"variable": "i", "path": [], "expected": "RegisterInput!"},
    ),
    "no object at all": (
        "mutation($i: RegisterInput!){register(input: $i)}",
        {"i": NUMBER},
        {"variable": "i", "path": [], "expected": "RegisterInput!"},
    ),
    "a scalar that quotes what it found": (
        "query($n: MyNumberInput!){find(number: $n)}",
        {"n": [NUMBER]},
        {"variable": "n", "path": [], "expected": "MyNumberInput!"},
    ),
    "a list scalar that quotes what it found": (
        "query($n: MyNumberListInput!){count(numbers: $n)}",
        {"n": {"a": NUMBER}},
        {"variable": "n", "path": [], "expected": "MyNumberListInput!"},
    ),
    "two members of a oneOf input": (
        "query($s: Selector!){select(by: $s)}",
        {"s": {"token": NUMBER, "reference": NUMBER}},
        {"variable": "s", "path": [], "expected": "Selector!"},
    ),
}


@pytest.mark.parametrize(("query", "variables", "details"), VARIABLES.values(), ids=VARIABLES.keys())
async def test_a_variable_that_does_not_fit_is_named_by_place_and_expectation_without_its_value(
    query: str, variables: dict[str, Any], details: dict[str, Any]
) -> None:
    response = await ask(query, variables)
    assert response.status_code == 400
    error = response.json()["errors"][0]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert details.items() <= error["extensions"].items()
    assert f"${details['variable']}" in error["message"]
    assert error["locations"]
    assert NUMBER not in response.text


async def test_each_fault_of_a_variable_is_told_once() -> None:
    variables = {"i": {"times": "x", "note": 1, "unknown": 1}}
    response = await ask("mutation($i: RegisterInput!){register(input: $i)}", variables)
    places = [tuple(error["extensions"]["path"]) for error in response.json()["errors"]]
    assert sorted(places) == [(), (), ("note",), ("times",)]


async def test_a_scalar_may_explain_itself_in_words_written_beforehand() -> None:
    response = await ask("query($n: MyNumberInput!){find(number: $n)}", {"n": "123"})
    assert response.status_code == 400
    told = response.json()["errors"][0]
    assert told["message"] == "番号は12桁です / a number has twelve digits"
    assert told["extensions"]["code"] == "INVALID_NUMBER"
    assert told["extensions"]["variable"] == "n"


async def test_an_argument_that_fails_only_at_run_time_is_the_clients_error_and_named() -> None:
    response = await ask("query($n: Int = 1){add(number: $n)}", {"n": None})
    error = response.json()["errors"][0]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "add" in error["message"]


async def test_a_one_of_with_a_variable_nobody_defined_is_a_request_error() -> None:
    response = await ask("{select(by: {token: $nobody})}")
    assert response.status_code == 400
    assert codes(response)[0] == "GRAPHQL_VALIDATION_FAILED"


# --- errors of resolvers


async def test_an_unexpected_error_becomes_one_text_with_the_request_id() -> None:
    async with client(endpoint()) as http:
        body = {"query": "query($n: MyNumberInput!){burst(number: $n)}", "variables": {"n": NUMBER}}
        response = await http.post("/graphql", json=body, headers={"x-request-id": "request-of-the-test"})
    error = response.json()["errors"][0]
    assert response.status_code == 200
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["extensions"]["requestId"] == "request-of-the-test"
    assert error["path"] == ["burst"]
    assert NUMBER not in response.text


async def test_an_error_written_for_clients_passes_with_its_details() -> None:
    error = (await ask("{refuse}")).json()["errors"][0]
    assert error["message"] == "本日はできません / not today"
    assert error["extensions"]["code"] == "NOT_TODAY"
    assert error["extensions"]["until"] == "tomorrow"
    assert error["path"] == ["refuse"]


async def test_an_error_raised_again_and_again_does_not_gather_the_frames_it_passed() -> None:
    shared = PublicError("NOT_TODAY", "本日はできません", "not today")

    def read(_value: object) -> MyNumber:
        raise shared

    @strawberry.type
    class Careless:
        @strawberry.field
        def find(self, number: MyNumber | None = None) -> str | None:
            raise shared

    scalars = {MyNumber: strawberry.scalar(name="MyNumberInput", parse_value=read)}
    schema = QuietSchema(Careless, config=StrawberryConfig(scalar_map=scalars))
    subject = GraphQLEndpoint(schema, anyone)
    for query, variables in (("{find}", {}), ("query($n: MyNumberInput){find(number: $n)}", {"n": NUMBER})):
        assert codes(await ask(query, variables, subject)) == ["NOT_TODAY"]
        assert shared.__traceback__ is None


async def test_errors_of_lower_floors_pass_only_if_their_class_is_on_the_list() -> None:
    masked = await ask("{lost}")
    assert codes(masked) == ["INTERNAL"]
    subject = endpoint(settings=Settings(public_errors=(StorageLostError,)))
    assert codes(await ask("{lost}", subject=subject)) == ["STORAGE_UNAVAILABLE"]


async def test_a_null_where_the_schema_promises_a_value_is_an_internal_error() -> None:
    response = await ask("{impossible}")
    assert response.status_code == 200
    assert response.json()["data"] is None
    assert codes(response) == ["INTERNAL"]


async def test_an_operation_that_takes_too_long_is_stopped_by_name() -> None:
    subject = endpoint(settings=Settings(seconds=0.01))
    response = await ask("{stuck}", subject=subject)
    assert response.status_code == 503
    assert codes(response) == ["TIMEOUT"]
    assert "data" not in response.json()


# --- counting


async def test_requests_and_refusals_are_counted() -> None:
    subject = endpoint()
    for query in ("{ping}", "{ping}", "{refuse}", "{nobody}", "{"):
        await ask(query, subject=subject)
    page = generate_latest(subject.metrics.registry).decode()
    assert 'warifu_requests_total{operation_type="query",outcome="OK"} 2.0' in page
    assert 'warifu_requests_total{operation_type="query",outcome="PARTIAL"} 1.0' in page
    assert 'warifu_requests_total{operation_type="none",outcome="GRAPHQL_PARSE_FAILED"} 1.0' in page
    assert 'warifu_refusals_total{rule="validation"} 1.0' in page
    assert 'warifu_refusals_total{rule="syntax"} 1.0' in page


async def test_latency_is_measured_by_the_clock_it_was_given() -> None:
    ticks = iter([100.0, 100.5])
    subject = endpoint(clock=lambda: next(ticks))
    await ask("{ping}", subject=subject)
    page = generate_latest(subject.metrics.registry).decode()
    assert 'warifu_request_seconds_sum{operation_type="query"} 0.5' in page


# --- canaries: a number must not come back, be logged, or be kept, whichever way it came in


CANARIES: dict[str, tuple[str, dict[str, Any] | None]] = {
    "a literal of a sensitive scalar": (f'{{find(number: "{NUMBER}")}}', None),
    "a literal integer": (f"{{find(number: {NUMBER})}}", None),
    "a literal of another type": (f'{{add(number: "{NUMBER}")}}', None),
    "a literal integer of another type": (f"{{add(number: {NUMBER})}}", None),
    "a literal in a list": (f'{{count(numbers: ["{NUMBER}"])}}', None),
    "a literal in an input object": (f'mutation{{register(input: {{number: "{NUMBER}"}})}}', None),
    "a literal where nothing takes one": (f'{{ping(number: "{NUMBER}")}}', None),
    "a literal in a syntax error": (f'{{ping "{NUMBER}"', None),
    "an unterminated literal": (f'{{find(number: "{NUMBER}', None),
    "a default value": (f'query($n: Int = "{NUMBER}"){{add(number: $n)}}', None),
    "a comment": (f"{{ping}} # {NUMBER}", None),
    "an unknown field": (f"{{n{NUMBER}}}", None),
    "an unknown type": (f"query($n: N{NUMBER}){{ping}}", None),
    "an operation name": (f"query N{NUMBER}{{nobody}}", None),
    "an unknown directive": (f"{{ping @n{NUMBER}}}", None),
    "a variable nobody uses": ("{ping}", {"n": NUMBER}),
    "a variable of the wrong type": ("query($n: Int!){add(number: $n)}", {"n": NUMBER}),
    "a variable that is an integer": ("query($n: MyNumberInput!){find(number: $n)}", {"n": int(NUMBER)}),
    "a variable out of range": ("query($n: Int!){add(number: $n)}", {"n": int(NUMBER)}),
    "a member of a list": ("query($n: MyNumberListInput!){count(numbers: $n)}", {"n": [NUMBER, "1"]}),
    "a member of a list of the wrong type": (
        "query($n: MyNumberListInput!){count(numbers: $n)}",
        {"n": [int(NUMBER)]},
    ),
    "a number with a digit too many": ("query($n: MyNumberInput!){find(number: $n)}", {"n": f"{NUMBER}1"}),
    "a key of an input object": (
        "mutation($i: RegisterInput!){register(input: $i)}",
        {"i": {NUMBER: 1}},
    ),
    "a resolver that quotes it": ("query($n: MyNumberInput!){burst(number: $n)}", {"n": NUMBER}),
    "a resolver that wraps an error that quotes it": (
        "query($n: MyNumberInput!){burstRequired(number: $n)}",
        {"n": NUMBER},
    ),
    "a resolver that succeeds": ("query($n: MyNumberInput!){find(number: $n)}", {"n": NUMBER}),
}


@pytest.mark.parametrize("accept", ["application/json", GRAPHQL_JSON])
@pytest.mark.parametrize(("query", "variables"), CANARIES.values(), ids=CANARIES.keys())
async def test_a_number_is_in_no_answer_no_log_and_no_cache(
    query: str,
    variables: dict[str, Any] | None,
    accept: str,
    captured: Captured,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    logging.getLogger().addHandler(caplog.handler)
    subject = endpoint()
    async with client(subject) as http:
        body = orjson.dumps({"query": query, "variables": variables})
        headers = {"content-type": "application/json", "accept": accept}
        response = await http.post("/graphql", content=body, headers=headers)
    printed = capfd.readouterr()
    records = "".join(f"{record.getMessage()}{record.exc_info}{record.args}" for record in caplog.records)
    assert response.json()
    assert captured.line("request")["route"] == "/graphql"
    for place, text in {
        "the answer": response.text,
        "the log": captured.text,
        "a record of another logger": records,
        "stdout": printed.out,
        "stderr": printed.err,
        "the cache": "".join(subject.guard.kept),
        "the metrics": generate_latest(subject.metrics.registry).decode(),
    }.items():
        assert NUMBER not in text, place


async def test_what_went_wrong_is_logged_by_class_and_place(captured: Captured) -> None:
    await ask("query($n: MyNumberInput!){burstRequired(number: $n)}", {"n": NUMBER})
    failure, access = captured.line("resolver failed"), captured.line("request")
    assert failure["error"] == "RuntimeError"
    assert failure["causes"] == ["KeyError"]
    assert failure["field"] == "burstRequired"
    assert "burst_required" in failure["where"][-1]
    assert (access["operation_type"], access["code"], access["status"]) == ("query", "PARTIAL", 200)
    assert access["request_id"] == failure["request_id"]


async def test_the_limits_are_an_argument() -> None:
    response = await ask("{item{id}}", subject=endpoint(limits=Limits(depth=1)))
    assert response.json()["errors"][0]["extensions"]["limit"] == "depth"
