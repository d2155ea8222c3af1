"""Writes down what goes over the wire: what was asked of an application, and every byte that it answered."""

import gzip
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NUMBERS_COME_OUT: Final = {"openSubmitted": "number", "confirmUse": "numbers", "releaseUse": "numbers"}
"""The fields of the API that give numbers, and where those stand in what they answer."""


@dataclass(frozen=True)
class Exchange:
    """A request with its answer.

    Attributes:
        head: the answer's headers.
        answer: its body.
    """

    path: str
    asked: bytes
    head: bytes
    answer: bytes

    @property
    def apart_from_released(self) -> bytes:
        """The answer without the numbers that it is there to give."""
        if self.path != "/graphql":
            return self.head + self.answer
        body = orjson.loads(self.answer)
        for name, place in _NUMBERS_COME_OUT.items():
            value: Any = (body.get("data") or {}).get(name)
            if value is not None:
                value.pop(place, None)
        return self.head + orjson.dumps(body)


@dataclass
class Wiretap:
    """Listens in front of an application."""

    heard: list[Exchange] = field(default_factory=list)

    def before(self, app: ASGIApp) -> ASGIApp:
        """The same application, listened to."""

        async def tapped(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            asked, answer = bytearray(), bytearray()
            head: dict[bytes, bytes] = {}

            async def hear() -> Message:
                message = await receive()
                asked.extend(message.get("body", b""))
                return message

            async def tell(message: Message) -> None:
                if message["type"] == "http.response.start":
                    head.update(message["headers"])
                answer.extend(message.get("body", b""))
                await send(message)

            await app(scope, hear, tell)
            packed = head.get(b"content-encoding") == b"gzip"
            body = gzip.decompress(answer) if packed else bytes(answer)
            lines = b"".join(name + b": " + value + b"\n" for name, value in head.items())
            self.heard.append(Exchange(scope["path"], bytes(asked), lines, body))

        return tapped
