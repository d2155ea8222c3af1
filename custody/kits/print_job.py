"""Prints thousands of kits into a directory, file by file, and lists who stands on which pages.

What holds at every moment, also after a kill:

1. a file that bears its name is whole: it is written under another name, and renamed;
2. what was done is found again: the same job in the same directory goes on where it stopped;
3. `manifest.csv` appears last: where it stands, all is printed.

In memory are the kits of as many files as are set at once.
"""

import asyncio
import csv
import io
import json
import os
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from custody.kits.errors import KitError, KitFault
from custody.kits.facts import Kit
from custody.kits.pages import markers_of
from custody.kits.press import KitPress, kits_job

PER_FILE: Final = 200
"""How many kits a printer gets at a time: about 1,200 pages, 5 MB."""
MANIFEST: Final = "manifest.csv"
_COLUMNS: Final = ("file", "kit", "first_page", "last_page", "pages")


@dataclass(frozen=True, slots=True)
class Printed:
    """How far a job is."""

    kits: int
    pages: int
    files: int


@dataclass(frozen=True, slots=True)
class _File:
    """One file of the job: its number, counted from one, and its kits."""

    number: int
    kits: Sequence[Kit]

    @property
    def name(self) -> str:
        return f"kits-{self.number:04}.pdf"

    @property
    def done(self) -> str:
        return f".kits-{self.number:04}.json"


class PrintJob:
    """Kits on their way to a printer.

    Args:
        directory: where the files go; made if it is not there, readable for its owner only.
        press: sets as many files at once as it was told to.
        per_file: how many kits a file has; part of the job, so the same when it is taken up again.
        progress: told after each file.
    """

    def __init__(
        self,
        directory: Path,
        press: KitPress,
        progress: Callable[[Printed], None],
        per_file: int = PER_FILE,
    ) -> None:
        self._directory = directory
        self._press = press
        self._progress = progress
        self._per_file = per_file
        self._printed = Printed(0, 0, 0)

    async def run(self, kits: AsyncIterable[Kit]) -> Printed:
        """Print the kits in their order.

        Files that an earlier run of the same job finished are kept.

        Returns:
            What is printed, the earlier run's included.

        Raises:
            KitError: a kit cannot be printed as it is, two have the same code, the directory holds another job's
                files, or a PDF could not be made. Files printed until then remain.
        """
        await asyncio.to_thread(self._directory.mkdir, mode=0o700, parents=True, exist_ok=True)
        if (self._directory / MANIFEST).exists():
            raise KitError(KitFault.OTHER_JOB)
        files = _files(kits, self._per_file)
        turn = asyncio.Lock()
        lanes = [asyncio.create_task(self._lane(files, turn)) for _ in range(self._press.at_once)]
        try:
            await asyncio.gather(*lanes)
        finally:
            for lane in lanes:
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)
        await asyncio.to_thread(self._list)
        return self._printed

    async def _lane(self, files: AsyncIterator[_File], turn: asyncio.Lock) -> None:
        while True:
            async with turn:
                file = await anext(files, None)
            if file is None:
                return
            rows = await self._file(file)
            printed = self._printed
            pages = printed.pages + sum(row[-1] for row in rows)
            self._printed = Printed(printed.kits + len(rows), pages, printed.files + 1)
            self._progress(self._printed)

    async def _file(self, file: _File) -> list[list[Any]]:
        job = await asyncio.to_thread(kits_job, file.kits)
        digest = sha256(job).hexdigest()
        earlier = await asyncio.to_thread(self._done, file)
        if earlier is not None and earlier["digest"] != digest:
            raise KitError(KitFault.OTHER_JOB)
        rows = _rows(file)
        if earlier is None:
            pdf = await self._press.set(job)
            done = {"digest": digest, "bytes": len(pdf), "rows": rows}
            await asyncio.to_thread(self._keep, file.name, pdf)
            await asyncio.to_thread(self._keep, file.done, json.dumps(done).encode())
        return rows

    def _done(self, file: _File) -> dict[str, Any] | None:
        """What was noted of a file that is there; a file whose size is not the one noted is printed anew."""
        pdf, noted = self._directory / file.name, self._directory / file.done
        if not (pdf.exists() and noted.exists()):
            return None
        found: dict[str, Any] = json.loads(noted.read_bytes())
        return found if found["bytes"] == pdf.stat().st_size else None

    def _list(self) -> None:
        noted = sorted(self._directory.glob(".kits-*.json"))
        if len(noted) != self._printed.files:
            raise KitError(KitFault.OTHER_JOB)
        text = io.StringIO()
        lines = csv.writer(text)
        lines.writerow(_COLUMNS)
        for one in noted:
            lines.writerows(json.loads(one.read_bytes())["rows"])
        self._keep(MANIFEST, text.getvalue().encode())
        for one in noted:
            one.unlink()

    def _keep(self, name: str, data: bytes) -> None:
        part = self._directory / f".{name}.part"
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        with part.open("wb") as written:
            written.write(data)
            written.flush()
            os.fsync(written.fileno())
        part.replace(self._directory / name)


async def _files(kits: AsyncIterable[Kit], per_file: int) -> AsyncIterator[_File]:
    number, waiting, seen = 1, list[Kit](), set[str]()
    async for kit in kits:
        if kit.code in seen:
            raise KitError(KitFault.TWICE, "code")
        seen.add(kit.code)
        waiting.append(kit)
        if len(waiting) == per_file:
            yield _File(number, waiting)
            number, waiting = number + 1, []
    if waiting:
        yield _File(number, waiting)


def _rows(file: _File) -> list[list[Any]]:
    rows, first = [], 1
    for kit in file.kits:
        pages = len(markers_of(kit))
        rows.append([file.name, kit.code, first, first + pages - 1, pages])
        first += pages
    return rows
