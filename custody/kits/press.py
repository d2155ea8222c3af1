"""Prints kits and postcards as PDF, each file in a process of its own, while the server goes on serving."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Final

from custody.kits.errors import KitError, KitFault
from custody.kits.facts import Kit, LinkLetter, Reminder
from custody.kits.pages import LETTER_SHEETS, kits_page, letters_page, markers_of, reminders_page
from custody.kits.typesetter import Job
from custody.paper.child import in_child

_TYPESETTER: Final = "custody.kits.typesetter"
_PDF: Final = b"%PDF-"
SIDES: Final = 2
"""Of a postcard: the address and the text."""


class KitPress:
    """Prints one file after the other.

    Args:
        at_once: how many may be set at the same time; 50 kits take a processor and 260 MB for some seconds.
    """

    def __init__(self, at_once: int = 1) -> None:
        self.at_once = at_once
        self._turn = asyncio.Semaphore(at_once)

    async def kits(self, kits: Sequence[Kit]) -> bytes:
        """Print kits, one after the other, each part on sheets of its own.

        The same kits give the same bytes; `markers_of` tells the pages of each.

        Raises:
            KitError: a kit cannot be printed as it is; it names the field. Or the PDF could not be made.
        """
        return await self.set(await asyncio.to_thread(kits_job, kits))

    async def reminders(self, reminders: Sequence[Reminder]) -> bytes:
        """Print postcards of 100 x 148 mm, two pages each: the address and the text.

        Raises:
            KitError: a postcard cannot be printed as it is; it names the field. Or the PDF could not be made.
        """
        return await self.set(await asyncio.to_thread(reminders_job, reminders))

    async def set(self, job: bytes) -> bytes:
        """Set a job, such as `kits_job` makes it.

        Raises:
            KitError: the PDF could not be made.
        """
        async with self._turn:
            pdf = await in_child(_TYPESETTER, job)
        if pdf is None or not pdf.startswith(_PDF):
            raise KitError(KitFault.NOT_PRINTED)
        return pdf


def kits_job(kits: Sequence[Kit]) -> bytes:
    """The job of a file of kits: the same bytes for the same kits.

    Raises:
        KitError: a kit cannot be printed as it is, or there is none.
    """
    _check(kits)
    markers = [marker for kit in kits for marker in markers_of(kit)]
    return _job(
        {
            "template": "kit.typ",
            "data": kits_page(kits),
            "payloads": [marker.payload for marker in markers if marker.part.comes_back],
            "pages": len(markers),
            "timestamp": _midnight(max(kit.issued_on for kit in kits)),
        }
    )


def reminders_job(reminders: Sequence[Reminder]) -> bytes:
    """The job of a file of postcards: the same bytes for the same postcards.

    Raises:
        KitError: a postcard cannot be printed as it is, or there is none.
    """
    _check(reminders)
    return _job(
        {
            "template": "postcard.typ",
            "data": reminders_page(reminders),
            "payloads": [],
            "pages": SIDES * len(reminders),
            "timestamp": _midnight(max(one.deadline for one in reminders)),
        }
    )


def letters_job(letters: Sequence[LinkLetter]) -> bytes:
    """The job of a file of letters with links.

    Raises:
        KitError: a letter cannot be printed as it is, or there is none.
    """
    _check(letters)
    return _job(
        {
            "template": "link.typ",
            "data": letters_page(letters),
            "payloads": [one.url for one in letters],
            "pages": LETTER_SHEETS * len(letters),
            "timestamp": _midnight(max(one.kit.issued_on for one in letters)),
        }
    )


def _check(papers: Sequence[Kit] | Sequence[Reminder] | Sequence[LinkLetter]) -> None:
    if not papers:
        raise KitError(KitFault.TEXT_MISSING, "kits")
    for one in papers:
        one.check()
    if len({one.code for one in papers}) < len(papers):
        raise KitError(KitFault.TWICE, "code")


def _job(job: Job) -> bytes:
    return json.dumps(job, ensure_ascii=False).encode()


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())
