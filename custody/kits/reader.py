"""Reads pages that came back, each file in a process of its own with limits of time and memory.

The process has nothing to lose: no keys, no environment, no files; what it returns is checked like any input. So a file
made to break the decoders costs a process, and no more.
"""

import asyncio
import json
from typing import Any, Final

from custody.kits.arrival import Arrival, page_of
from custody.kits.errors import KitError, KitFault
from custody.kits.marker import read_marker
from custody.kits.pictures import USUAL
from custody.paper.child import in_child

_SCANNER: Final = "custody.kits.scanner"
_MEMORY: Final = 1 << 30
_SECONDS: Final = 300


class PageReader:
    """Reads one file after the other.

    Args:
        at_once: how many may be read at the same time.
        memory: how many bytes each may take.
        seconds: how long each may compute.
    """

    def __init__(self, at_once: int = 1, memory: int = _MEMORY, seconds: int = _SECONDS) -> None:
        self._turn = asyncio.Semaphore(at_once)
        self._limits = f"{memory} {seconds}\n".encode()

    async def read(self, data: bytes) -> Arrival:
        """Read a photo or a scanned PDF, as `read_pages` does.

        Raises:
            KitError: the file is empty, too large, of another kind, broken or locked, or it took too much.
        """
        if len(data) > USUAL.bytes:
            raise KitError(KitFault.TOO_LARGE)
        async with self._turn:
            told = await in_child(_SCANNER, self._limits + data)
        match _members(told):
            case {"fault": str(fault), "where": str(where)}:
                raise KitError(KitFault(fault), where)
            case {"pages": list(pages)}:
                return Arrival(
                    tuple(
                        page_of(number, [_marker(one) for one in page])
                        for number, page in enumerate(pages, 1)
                    )
                )
        raise KitError(KitFault.EXHAUSTING)


def _marker(payload: object) -> Any:
    return read_marker(payload) if isinstance(payload, str) else None


def _members(told: bytes | None) -> Any:
    return None if told is None else json.loads(told)
