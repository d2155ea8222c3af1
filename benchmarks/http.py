"""A client that costs next to nothing: requests are bytes made beforehand, on connections that stay open."""

import asyncio
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import orjson

from benchmarks.stage import PURPOSE
from custody.roster import Columns

_OPERATIONS: Final = Path(__file__).parent.parent / "clients" / "operations"
_DAY: Final = "2026-04-01"
_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length: "


class Connection(asyncio.Protocol):
    """One connection to the server, with one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[bytes] | None = None
        self._received = bytearray()
        self._wanted = 0

    @classmethod
    async def open(cls, port: int) -> "Connection":
        """Connect to the server on loopback."""
        _, connection = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        self._received += data
        if not self._wanted:
            self._wanted = _length(self._received)
        if self._wanted and len(self._received) >= self._wanted and self._answer is not None:
            answer, self._answer = self._answer, None
            answer.set_result(bytes(self._received))

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        if self._answer is not None:
            self._answer.set_exception(exc or ConnectionResetError("the server closed the connection"))

    async def send(self, request: bytes) -> bytes:
        """Send a request and wait for the whole response."""
        assert self._transport is not None
        self._received.clear()
        self._wanted = 0
        self._answer = asyncio.get_running_loop().create_future()
        answered: asyncio.Future[bytes] = self._answer
        self._transport.write(request)
        return await answered

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


def request(operation: str, key: str, values: dict[str, Any], document: str = "") -> bytes:
    """A POST of an operation.

    Args:
        operation: name of the file that all clients share.
        key: the client key.
        values: the fields of its input.
        document: what to ask for, if not what stands in that file.
    """
    body = orjson.dumps({"query": document or _document(operation), "variables": {"input": values}})
    head = (
        "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Accept: application/graphql-response+json\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def tokenize_input(columns: Columns) -> dict[str, Any]:
    """The input that registers a batch."""
    return {
        "externalIds": columns.external_ids,
        "numbers": columns.numbers,
        "notifiedPurposes": [PURPOSE],
        "notifiedOn": _DAY,
        "verification": "MY_NUMBER_CARD",
        "verifiedOn": _DAY,
    }


def answer(operation: str, typename: str, response: bytes) -> dict[str, Any]:
    """What the operation answered, which must be of this type."""
    body = orjson.loads(response[response.index(_HEAD_END) + len(_HEAD_END) :])
    found: dict[str, Any] = (body.get("data") or {}).get(operation) or {}
    assert found.get("__typename") == typename, body.get("errors") or found
    return found


@lru_cache
def _document(operation: str) -> str:
    return (_OPERATIONS / f"{operation}.graphql").read_text(encoding="utf-8")


def _length(received: bytearray) -> int:
    """How long the whole response is; 0 while its head is incomplete."""
    end = received.find(_HEAD_END)
    if end < 0:
        return 0
    head = bytes(received[:end]).lower()
    start = head.index(_LENGTH) + len(_LENGTH)
    return end + len(_HEAD_END) + int(head[start:].split(b"\r", 1)[0])
