"""What surrounds every request, whatever it asks for: plain ASGI, outermost first.

`Perimeter` gives the request its id, the answer its security headers, and the log its one line; an exception
that comes this far becomes a 500 without a word of its text. `BodyLimit` stops bodies that are too long
before anything holds them in memory.
"""

import re
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Final

import orjson
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import NUMBER_RUN, HttpRefusal, internal_entry, refusal_entry
from api.logs import IN_FORCE, locate
from policies.free_text import contains_number

REQUEST_ID: Final = "request_id"
SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_WELL_FORMED_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_LETTERS: Final = str.maketrans("0123456789", "ghijklmnop")


class ResponseAbortedError(Exception):
    """An answer broke off after its first bytes; the server must cut the connection."""


def new_request_id() -> str:
    """Mint a request id: 128 random bits in sixteen letters, since digits might look like a number."""
    return secrets.token_hex(16).translate(_LETTERS)


class Perimeter:
    """Request id, security headers, one access line, and no exception past this point.

    Args:
        app: what it surrounds.
        mint: makes a request id.
        clock: seconds that only grow.
        hsts_seconds: `max-age` of Strict-Transport-Security; 0 leaves it to the proxy that ends TLS.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        mint: Callable[[], str] = new_request_id,
        clock: Callable[[], float] = time.perf_counter,
        hsts_seconds: int = 0,
    ) -> None:
        self._app = app
        self._mint = mint
        self._clock = clock
        headers = dict(SECURITY_HEADERS)
        if hsts_seconds:
            headers["strict-transport-security"] = f"max-age={hsts_seconds}; includeSubDomains"
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        # Bound once: to look up at every request how logs are written takes longer than to write the line.
        self._log = structlog.get_logger().bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _given_id(scope) or self._mint()
        scope.setdefault("state", {})[REQUEST_ID] = request_id
        answer = _Answer(send, self._headers, request_id)
        started = self._clock()
        before = IN_FORCE.set(request_id)
        try:
            await self._app(scope, receive, answer)
        except Exception as error:  # noqa: BLE001 - nothing may pass, its text could hold a value
            self._log.error("request failed", **locate(error))
            await answer.fail()
        finally:
            self._record(scope, answer, self._clock() - started)
            IN_FORCE.reset(before)

    def _record(self, scope: Scope, answer: "_Answer", seconds: float) -> None:
        method, state = scope["method"], scope["state"]
        self._log.info(
            "request",
            method=method if method in _METHODS else "other",
            # The route's template: the path itself is the client's text.
            route=getattr(scope.get("route"), "path", "none"),
            status=answer.status,
            duration_ms=round(seconds * 1000, 3),
            **{key: state[key] for key in ("operation_type", "code") if key in state},
        )


class _Answer:
    """The `send` that the application sees: adds headers and remembers the status."""

    __slots__ = ("_headers", "_request_id", "_send", "status")

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]], request_id: str) -> None:
        self._send = send
        self._headers = headers
        self._request_id = request_id
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = list(message.get("headers", ()))
            names = {name.lower() for name, _ in given}
            given += [pair for pair in self._headers if pair[0] not in names]
            given.append((b"x-request-id", self._request_id.encode()))
            message = {**message, "headers": given}
        await self._send(message)

    async def fail(self) -> None:
        if self.status:
            raise ResponseAbortedError from None
        await _send_json(self, 500, {"errors": [internal_entry(self._request_id)]}, {})


class BodyLimit:
    """Refuses request bodies longer than a limit, announced or not, with 413.

    Args:
        app: what it surrounds.
        max_bytes: the longest body let through.
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            check_announced_length(dict(scope["headers"]).get(b"content-length"), self._max_bytes)
            await self._app(scope, _Counted(receive, self._max_bytes), send)
        except HttpRefusal as refusal:
            await _send_json(send, refusal.status, {"errors": [refusal_entry(refusal)]}, refusal.headers)


class _Counted:
    """The `receive` that the application sees: counts what has come."""

    __slots__ = ("_left", "_max_bytes", "_receive")

    def __init__(self, receive: Receive, max_bytes: int) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._left = max_bytes

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise body_too_large(self._max_bytes)
        return message


def check_announced_length(announced: bytes | None, max_bytes: int) -> None:
    """Look at the `Content-Length` header before reading anything.

    Raises:
        HttpRefusal: 413, it announces more than `max_bytes`.
    """
    # Digits beyond those of the limit are not worth converting.
    if (
        announced
        and announced.isdigit()
        and (len(announced) > len(str(max_bytes)) + 1 or int(announced) > max_bytes)
    ):
        raise body_too_large(max_bytes)


def body_too_large(max_bytes: int) -> HttpRefusal:
    """The refusal of a body that is too long."""
    return HttpRefusal(
        413,
        "PAYLOAD_TOO_LARGE",
        f"本文は {max_bytes} バイトまでです。分けて送ってください",
        f"the body may have up to {max_bytes} bytes; send it in parts",
        headers={"connection": "close"},
    )


def _given_id(scope: Scope) -> str | None:
    """The client's request id, if it is one: short, plain, and nothing like an Individual Number."""
    given: bytes = dict(scope["headers"]).get(b"x-request-id", b"")
    text = given.decode("latin-1")
    if not _WELL_FORMED_ID.fullmatch(text) or NUMBER_RUN.search(text) or contains_number(text):
        return None
    return text


async def _send_json(send: Send, status: int, body: object, headers: Mapping[str, str]) -> None:
    content = orjson.dumps(body)
    fields = {
        "content-type": "application/json; charset=utf-8",
        "content-length": str(len(content)),
        **headers,
    }
    raw = [(name.encode(), value.encode()) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": content})
