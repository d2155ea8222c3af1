"""Numbers here are synthetic."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from api.middleware import SECURITY_HEADERS, BodyLimit, Perimeter, ResponseAbortedError, new_request_id
from tests.support.capture import Captured, capturing
from tests.support.serve import serving

NUMBER = "123456789018"


async def page(request: Request) -> Response:
    return PlainTextResponse(request.state.request_id)


async def console(_request: Request) -> Response:
    return PlainTextResponse("console", headers={"Content-Security-Policy": "default-src 'self'"})


async def echo(request: Request) -> Response:
    return Response(str(len(await request.body())))


async def burst(request: Request) -> Response:
    raise ValueError(f"a careless page quotes {NUMBER} and {request.url}")


async def burst_midway(_request: Request) -> Response:
    async def pieces() -> Any:
        yield b"a piece"
        raise ValueError(f"a careless page quotes {NUMBER}")

    return StreamingResponse(pieces())


ROUTES = [
    Route("/page", page, methods=["GET", "POST"]),
    Route("/people/{id}", page),
    Mount("/console", routes=[Route("/{path:path}", console)]),
    Route("/echo", echo, methods=["POST"]),
    Route("/burst", burst),
    Route("/midway", burst_midway),
]


def application(**options: Any) -> ASGIApp:
    middleware = [Middleware(Perimeter, **options), Middleware(BodyLimit, max_bytes=1000)]
    return Starlette(routes=ROUTES, middleware=middleware)


def client(app: ASGIApp | None = None) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app or application(), raise_app_exceptions=True)
    return httpx.AsyncClient(transport=transport, base_url="http://warifu.test")


@pytest.fixture
def captured() -> Iterator[Captured]:
    with capturing() as stream:
        yield stream


# --- request id


async def test_a_request_without_an_id_is_given_one() -> None:
    async with client(application(mint=lambda: "minted-by-the-test")) as http:
        response = await http.get("/page")
    assert response.headers["x-request-id"] == response.text == "minted-by-the-test"


def test_minted_ids_are_random_and_hold_no_digits() -> None:
    ids = {new_request_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch(r"[a-p]{32}", text) for text in ids)


@pytest.mark.parametrize("given", ["abcdefgh", "4bf92f35-77b3.4da6_a3ce", "A" * 64])
async def test_a_well_formed_id_of_the_client_is_kept(given: str) -> None:
    async with client() as http:
        response = await http.get("/page", headers={"x-request-id": given})
    assert response.headers["x-request-id"] == given


@pytest.mark.parametrize(
    "given",
    [
        "",
        "short",
        "a" * 65,
        "with space inside",
        "<script>",
        "-leading",
        NUMBER,
        f"id-{NUMBER}",
        "1234-5678-9018",
        "ÿÿÿÿÿÿÿÿ",
    ],
)
async def test_any_other_id_is_replaced(given: str) -> None:
    async with client(application(mint=lambda: "minted-by-the-test")) as http:
        response = await http.get("/page", headers={"x-request-id": given.encode("latin-1")})
    assert response.headers["x-request-id"] == "minted-by-the-test"


# --- security headers


@pytest.mark.parametrize("path", ["/page", "/nowhere", "/burst"])
async def test_every_answer_carries_the_security_headers(path: str) -> None:
    async with client() as http:
        response = await http.get(path)
    assert SECURITY_HEADERS.items() <= dict(response.headers).items()
    assert "strict-transport-security" not in response.headers


async def test_a_page_may_set_a_header_of_its_own() -> None:
    async with client() as http:
        response = await http.get("/console/index.html")
    assert response.headers.get_list("content-security-policy") == ["default-src 'self'"]


async def test_strict_transport_security_is_said_when_asked_for() -> None:
    async with client(application(hsts_seconds=86_400)) as http:
        response = await http.get("/page")
    assert response.headers["strict-transport-security"] == "max-age=86400; includeSubDomains"


# --- exceptions


async def test_an_exception_becomes_a_500_without_its_text(
    captured: Captured, capfd: pytest.CaptureFixture[str]
) -> None:
    async with client() as http:
        response = await http.get(f"/burst?number={NUMBER}", headers={"x-request-id": "request-of-the-test"})
    assert response.status_code == 500
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["extensions"]["requestId"] == "request-of-the-test"
    failure = captured.line("request failed")
    assert failure["error"] == "ValueError"
    assert "burst" in failure["where"][-1]
    assert failure["request_id"] == "request-of-the-test"
    printed = capfd.readouterr()
    assert NUMBER not in response.text + captured.text + printed.out + printed.err


def test_an_exception_after_the_first_bytes_cuts_the_connection(
    captured: Captured, capfd: pytest.CaptureFixture[str]
) -> None:
    with serving(application()) as url, pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{url}/midway")
    assert captured.line("request failed")["error"] == "ValueError"
    printed = capfd.readouterr()
    assert NUMBER not in captured.text + printed.out + printed.err


async def test_the_server_is_told_that_an_answer_broke_off_and_not_why() -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return await asyncio.Event().wait() and {}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/midway", "headers": []}
    with pytest.raises(ResponseAbortedError) as caught:
        await application()(scope, receive, send)
    assert caught.value.__suppress_context__
    assert str(caught.value) == ""
    assert [message.get("status") for message in sent][:1] == [200]


# --- access line


async def test_each_request_leaves_one_line_without_query_headers_or_path_values(captured: Captured) -> None:
    ticks = iter([10.0, 10.25])
    async with client(application(clock=lambda: next(ticks))) as http:
        await http.get(
            f"/people/{NUMBER}?q=secret", headers={"authorization": "Bearer secret", "cookie": "secret"}
        )
    line = captured.line("request")
    assert (line["method"], line["route"], line["status"]) == ("GET", "/people/{id}", 200)
    assert line["duration_ms"] == 250.0
    assert "secret" not in captured.text
    assert NUMBER not in captured.text


async def test_a_path_or_method_nobody_serves_is_not_repeated(captured: Captured) -> None:
    async with client() as http:
        await http.request("SECRET", "/secret")
    line = captured.line("request")
    assert (line["method"], line["route"], line["status"]) == ("other", "none", 404)
    assert "secret" not in captured.text.lower()


# --- bodies


@pytest.mark.parametrize(("length", "status"), [(0, 200), (1000, 200), (1001, 413), (100_000, 413)])
async def test_a_body_over_the_limit_is_refused_by_its_announced_length(length: int, status: int) -> None:
    async with client() as http:
        response = await http.post("/echo", content=b"x" * length)
    assert response.status_code == status


async def test_a_body_that_does_not_announce_its_length_is_counted() -> None:
    async def pieces() -> Any:
        for _ in range(11):
            yield b"x" * 100

    async with client() as http:
        response = await http.post("/echo", content=pieces())
    assert response.status_code == 413
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "PAYLOAD_TOO_LARGE"
    assert response.headers["connection"] == "close"


@pytest.mark.parametrize("announced", [b"9" * 5000, b"-1", b"1e9", b"0x10"])
async def test_an_absurd_announcement_is_survived(announced: bytes) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"x", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/echo", "headers": [(b"content-length", announced)]}
    await application()(scope, receive, send)
    assert sent[0]["status"] in {200, 413}


# --- what is not HTTP


async def test_other_protocols_pass_through_untouched() -> None:
    seen: list[str] = []

    async def inner(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["type"])

    async def receive() -> dict[str, Any]:
        return {"type": "lifespan.startup"}

    async def send(_message: Any) -> None:
        return None

    await Perimeter(BodyLimit(inner, max_bytes=1))({"type": "lifespan"}, receive, send)
    assert seen == ["lifespan"]
