"""How answers leave: in one piece where they are short, as they come where they are long."""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from api.http_protocol import Gathering
from tests.support.serve import serving

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Wire(asyncio.Transport):
    """A transport that remembers what it was given to send."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed


async def connected(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", int(address.rsplit(":", 1)[1]))


def answering(*pieces: bytes, close: bool = False) -> ASGIApp:
    """An application that writes its answer in these pieces, in one go."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"content-length", str(sum(map(len, pieces))).encode())]
        if close:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for piece in pieces[:-1]:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": pieces[-1]})

    return app


async def test_what_is_written_in_one_turn_leaves_together_at_its_end() -> None:
    wire = Wire()
    transport = Gathering(wire, asyncio.get_running_loop())
    transport.write(b"head")
    transport.write(b"body")
    assert wire.sent == []
    await asyncio.sleep(0)
    transport.write(b"next")
    await asyncio.sleep(0)
    assert wire.sent == [b"headbody", b"next"]


async def test_a_long_answer_is_not_gathered_in_memory() -> None:
    wire = Wire()
    transport = Gathering(wire, asyncio.get_running_loop())
    piece = b"x" * 40_000
    for _ in range(5):
        transport.write(piece)
    assert len(b"".join(wire.sent)) == 4 * len(piece)
    await asyncio.sleep(0)
    assert b"".join(wire.sent) == 5 * piece


async def test_what_was_written_leaves_before_the_connection_is_closed() -> None:
    wire = Wire()
    transport = Gathering(wire, asyncio.get_running_loop())
    transport.write(b"last words")
    transport.close()
    assert (wire.sent, transport.is_closing()) == ([b"last words"], True)
    await asyncio.sleep(0)
    assert wire.sent == [b"last words"]


async def test_requests_on_one_connection_are_answered_in_their_order_and_each_as_a_whole() -> None:
    with serving(answering(b"a" * 10, b"b" * 10)) as address:
        reader, writer = await connected(address)
        writer.write(REQUEST * 3)
        for _ in range(3):
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(20) == b"a" * 10 + b"b" * 10
        writer.close()


async def test_an_answer_that_ends_the_connection_arrives_as_a_whole() -> None:
    body = [b"%07d" % number * 10_000 for number in range(20)]
    with serving(answering(*body, close=True)) as address:
        reader, writer = await connected(address)
        writer.write(REQUEST)
        answer = await asyncio.wait_for(reader.read(), 20)
        writer.close()
    assert answer.split(b"\r\n\r\n", 1)[1] == b"".join(body)


async def test_who_reads_slowly_holds_up_the_answer_and_loses_nothing() -> None:
    body = [b"%07d" % number * 100_000 for number in range(16)]
    with serving(answering(*body)) as address:
        reader, writer = await connected(address)
        writer.write(REQUEST)
        await reader.readuntil(b"\r\n\r\n")
        read = await reader.readexactly(sum(map(len, body)))
        writer.close()
    assert read == b"".join(body)
