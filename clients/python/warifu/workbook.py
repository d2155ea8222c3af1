"""A workbook (.xlsx, .xls, .ods) as rows of cells, read by a process of its own (see `workbook_child`).

What is wrong with it is a `WorkbookError` with the code of a `RosterProblem`. The file is known by its content:
what it is called does not matter.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

WORKBOOK_MARKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How the content of .xlsx and .ods, and of .xls, begins."""

CHILD: Final = (sys.executable, "-P", str(Path(__file__).with_name("workbook_child.py")))
"""The program that reads."""

_MIB: Final = 1 << 20
_LONG: Final = 11
_GONE: Final = "00000"  # 1.23457E+11 in a CSV that a spreadsheet opened has become 123457000000
_UNAVAILABLE: Final = 69  # how `workbook_child` ends without python-calamine
_OUT_OF_BOUNDS: Final = frozenset({"SIGABRT", "SIGKILL", "SIGXCPU"})


@dataclass(frozen=True, slots=True)
class WorkbookLimits:
    """How large a workbook may be. Larger lists come as CSV, which is read in flat memory.

    Attributes:
        size: bytes of the file.
        unpacked: bytes its parts say they have.
        memory: bytes of address space for reading it, where the system can limit that (Linux).
        seconds: of processor time for reading it, where the system can limit that.
        rows: last row of a sheet that is in use.
        columns: columns of a sheet that are in use.
    """

    size: int = 64 * _MIB
    unpacked: int = 1024 * _MIB
    memory: int = 1024 * _MIB
    seconds: int = 60
    rows: int = 200_000
    columns: int = 500


class WorkbookError(Exception):
    """A workbook that cannot be read, with the code of the problem and what fills its message."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


class Sheet(NamedTuple):
    """A sheet of a workbook: its place from 0, its name, and whether it is shown."""

    place: int
    name: str
    visible: bool


class SheetRow(NamedTuple):
    """A row that holds something: its number from 1, its cells as text, and the places of quantities among them."""

    line: int
    cells: list[str]
    quantities: frozenset[int]


class Merge(NamedTuple):
    """Cells made one: first and last row from 1, first and last place in a row."""

    top: int
    bottom: int
    left: int
    right: int


class Grid(NamedTuple):
    """What a sheet holds.

    Attributes:
        left: the column of the first cell of each row, from 0.
        merges: cells made one; empty for .ods, which does not tell.
        rows: to be read to their end before anything else is asked of the workbook.
    """

    left: int
    merges: tuple[Merge, ...]
    rows: Iterator[SheetRow]


class Workbook:
    """An open workbook."""

    def __init__(self, asking: IO[bytes], answering: "subprocess.Popen[bytes]") -> None:
        self._asking = asking
        self._child = answering
        self.sheets = tuple(
            Sheet(place, name, visible) for place, (name, visible) in enumerate(self._answer()["sheets"])
        )

    def grid(self, sheet: Sheet, most: int | None = None) -> Grid:
        """Read a sheet.

        Args:
            sheet: one of `sheets`.
            most: read no further than this row.

        Raises:
            WorkbookError: it cannot be read. Its rows may raise it, too.
        """
        self._ask(json.dumps({"sheet": sheet.place, "most": most}).encode() + b"\n")
        said = self._answer()
        left: int = said["left"]
        merges = (
            Merge(top + 1, bottom + 1, first - left, last - left)
            for (top, first), (bottom, last) in said["merged"]
        )
        return Grid(left, tuple(merges), self._rows())

    def _rows(self) -> Iterator[SheetRow]:
        while (said := self._answer()) is not None:
            line, cells = said
            quantities = frozenset(at for at, cell in enumerate(cells) if not isinstance(cell, str))
            yield SheetRow(
                line, [cell if isinstance(cell, str) else _quantity(cell) for cell in cells], quantities
            )

    def _ask(self, request: bytes) -> None:
        with suppress(BrokenPipeError):  # then there is no answer either, and that is told
            self._asking.write(request)
            self._asking.flush()

    def _answer(self) -> Any:  # lines of JSON have several shapes
        line = self._child.stdout.readline() if self._child.stdout else b""
        if not line.endswith(b"\n"):
            raise WorkbookError(_last_words(self._child.wait()))
        said = json.loads(line)
        if isinstance(said, dict) and "error" in said:
            raise WorkbookError(said["error"])
        return said


@contextmanager
def open_workbook(
    content: bytes, limits: WorkbookLimits | None = None, command: Sequence[str] = CHILD
) -> Iterator[Workbook]:
    """Open a workbook.

    Args:
        content: the whole file.
        limits: how large it may be.
        command: the program that reads.

    Raises:
        WorkbookError: it cannot be read.
    """
    bounds = limits or WorkbookLimits()
    if len(content) > bounds.size:
        raise WorkbookError("WORKBOOK_TOO_LARGE")
    orders = {name: getattr(bounds, name) for name in ("memory", "seconds", "rows", "columns", "unpacked")}
    # Our own file, by the Python that runs this one; nothing of the workbook is on the command line.
    child = subprocess.Popen(  # noqa: S603 - a fixed command
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    with _ended(child) as asking:
        with suppress(BrokenPipeError):
            asking.write(json.dumps({**orders, "size": len(content)}).encode() + b"\n")
            asking.write(content)
            asking.flush()
        yield Workbook(asking, child)


@contextmanager
def _ended(child: "subprocess.Popen[bytes]") -> Iterator[IO[bytes]]:
    """The way to a process that is gone afterwards, whatever happens."""
    asking = child.stdin
    if asking is None or child.stdout is None:
        raise WorkbookError("WORKBOOK_BROKEN")
    try:
        yield asking
    finally:
        child.kill()
        with suppress(BrokenPipeError):
            asking.close()
        child.stdout.close()
        child.wait()


def _quantity(value: float) -> str:
    """A quantity as text; a long one that ends in zeros as what it once was shown as, for its digits are gone."""
    text = str(value)
    was_exponent = len(text) >= _LONG and text.isdigit() and text.endswith(_GONE)
    return f"{value:.5E}" if was_exponent else text


def _last_words(status: int) -> str:
    """What a process died of: what it needs is missing, its memory or time was over, or the file makes no sense."""
    if status == _UNAVAILABLE:
        return "EXCEL_NOT_INSTALLED"
    ended = signal.Signals(-status).name if status < 0 and os.name == "posix" else ""
    return "WORKBOOK_TOO_LARGE" if ended in _OUT_OF_BOUNDS else "WORKBOOK_BROKEN"
