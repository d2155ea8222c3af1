"""Reads pages that came back, each file in a process of its own with limits of time and memory.

The process has nothing to lose: no keys, no environment, no files; what it returns is checked like any input. So a file
made to break the decoders costs a process, and no more.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from custody.kits.arrival import Arrival, page_of
from custody.kits.errors import KitError, KitFault
from custody.kits.marker import read_marker
from custody.kits.pictures import USUAL
from custody.paper.child import in_child

_SCANNER: Final = "custody.kits.scanner"
_MEMORY: Final = 1 << 30
_SECONDS: Final = 300
_JPEG: Final = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class Scanned:
    """A file of pages, each as a plain grey JPEG of at most 2,400 pixels, upright as far as the camera told."""

    arrival: Arrival
    pictures: tuple[bytes, ...] = field(repr=False)


class PageReader:
    """Reads one file after the other.

    Args:
        at_once: how many may be read at the same time.
        memory: how many bytes each may take.
        seconds: how long each may compute.
    """

    def __init__(self, at_once: int = 1, memory: int = _MEMORY, seconds: int = _SECONDS) -> None:
        self._turn = asyncio.Semaphore(at_once)
        self._limits = f"{memory} {seconds}"

    async def read(self, data: bytes) -> Arrival:
        """Read a photo or a scanned PDF, as `read_pages` does.

        Raises:
            KitError: the file is empty, too large, of another kind, broken or locked, or it took too much.
        """
        return (await self._read(data, keep=0)).arrival

    async def scan(self, data: bytes) -> Scanned:
        """Read a file, and give its pages as pictures as well.

        Raises:
            KitError: as `read`.
        """
        return await self._read(data, keep=1)

    async def _read(self, data: bytes, keep: int) -> Scanned:
        if len(data) > USUAL.bytes:
            raise KitError(KitFault.TOO_LARGE)
        async with self._turn:
            told = await in_child(_SCANNER, f"{self._limits} {keep}\n".encode() + data)
        head, _, rest = (told or b"null").partition(b"\n")
        match json.loads(head):
            case {"fault": str(fault), "where": str(where)}:
                raise KitError(KitFault(fault), where)
            case {"pages": list(pages), "pictures": list(sizes)}:
                arrival = Arrival(
                    tuple(
                        page_of(number, [_marker(one) for one in page])
                        for number, page in enumerate(pages, 1)
                    )
                )
                pictures = _cut(rest, sizes)
                if len(pictures) == keep * len(pages):
                    return Scanned(arrival, pictures)
        raise KitError(KitFault.EXHAUSTING)


def _marker(payload: object) -> Any:
    return read_marker(payload) if isinstance(payload, str) else None


def _cut(data: bytes, sizes: Sequence[Any]) -> tuple[bytes, ...]:
    """The pictures, one after the other; those alone that begin as pictures do."""
    found, start = [], 0
    for size in sizes:
        if isinstance(size, int) and data.startswith(_JPEG, start):
            found.append(data[start : start + size])
            start += size
    return tuple(found)
