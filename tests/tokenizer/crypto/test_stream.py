"""Sealed streams: only the whole of it, in order, under its key, opens."""

from collections.abc import Callable

import pytest

from tokenizer.crypto.stream import CHUNK_OVERHEAD_BYTES, HEADER_BYTES, StreamOpener, StreamSealer
from tokenizer.errors import SealBrokenError

KEY = bytes(range(32))
CHUNKS = [b"first", b"", b"second" * 1000, b"last"]


def sealed(chunks: list[bytes] = CHUNKS) -> tuple[bytes, list[bytes]]:
    sealer = StreamSealer(KEY, b"place")
    return sealer.header, [
        sealer.seal(chunk, last=place == len(chunks)) for place, chunk in enumerate(chunks, 1)
    ]


def opened(header: bytes, parts: list[bytes], key: bytes = KEY, associated: bytes = b"place") -> list[bytes]:
    opener = StreamOpener(key, header, associated)
    return [opener.open(part, last=place == len(parts)) for place, part in enumerate(parts, 1)]


def test_a_stream_opens_as_it_was_sealed() -> None:
    header, parts = sealed()
    assert opened(header, parts) == CHUNKS
    assert len(header) == HEADER_BYTES
    assert [len(part) - len(chunk) for part, chunk in zip(parts, CHUNKS, strict=True)] == [
        CHUNK_OVERHEAD_BYTES
    ] * 4


def test_the_same_stream_is_never_sealed_alike() -> None:
    assert sealed() != sealed()


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: parts[:-1],
        lambda parts: parts[1:],
        lambda parts: [parts[1], parts[0], *parts[2:]],
        lambda parts: [parts[0], *parts],
        lambda parts: [*parts, parts[-1]],
        lambda parts: [*parts[:2], parts[2][:-1], parts[3]],
        lambda parts: [*parts[:2], b"", parts[3]],
        lambda parts: [*parts[:2], parts[2][:9] + b"x" + parts[2][10:], parts[3]],
    ],
    ids=["cut", "begun later", "swapped", "repeated", "prolonged", "shortened", "emptied", "altered"],
)
def test_no_other_stream_opens(change: Callable[[list[bytes]], list[bytes]]) -> None:
    header, parts = sealed()
    with pytest.raises(SealBrokenError):
        opened(header, change(parts))


def test_it_opens_under_its_key_header_and_place_alone() -> None:
    header, parts = sealed()
    for key, first, associated in (
        (bytes(32), header, b"place"),
        (KEY, bytes(HEADER_BYTES), b"place"),
        (KEY, header[:-1], b"place"),
        (KEY, header, b"elsewhere"),
    ):
        with pytest.raises(SealBrokenError):
            opened(first, parts, key, associated)
