"""From the bytes of a roster to its rows: encoding, delimiter, quotes, and the row numbers of a spreadsheet.

The whole file decides the encoding, not its beginning, because a file may well be ASCII up to its last name.
Reading is bounded: a row longer than `LONGEST_ROW` is a problem, not a reason to hold a gigabyte.
"""

import codecs
import csv
import io
import os
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, TextIO

from warifu.roster_problem import WHOLE_FILE, RosterProblem, problem
from warifu.spreadsheet import unguarded

Source = str | os.PathLike[str] | bytes
"""Where a roster is: a path, or its bytes."""

LONGEST_ROW: Final = 16_384
_LONGEST_CELL_LINES: Final = 20  # an address with line breaks, not half a file after a lost quote
_CHUNK: Final = 1 << 20
_HEAD: Final = 4096
_TEXT_HAS_FEWER_NULS: Final = 8  # one byte in eight: above that it is UTF-16 without its mark, or no text

_DOCUMENTS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")  # xlsx, xls, pdf, gzip
_UTF16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Characters that nobody sees and that no cell needs."""

_LINE_BREAKS: Final = re.compile(r"[\r\n]+")


class Record(NamedTuple):
    """One row of the file.

    Attributes:
        line: its number in a spreadsheet; a cell with line breaks does not add to it.
        cells: its cells, empty when there is a problem.
        problem: why it could not be split into cells, or None.
        quantities: the places of cells that a workbook holds as quantities, not as text.
    """

    line: int
    cells: list[str]
    problem: RosterProblem | None = None
    quantities: frozenset[int] = frozenset()

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing in the row at all."""
        return self.problem is None and not any(map(str.strip, self.cells))


def detect(source: Source) -> str | RosterProblem:
    """Find the encoding by reading the whole file once.

    Returns:
        "utf-8-sig", "cp932" or "utf-16" as Python names them, or why the file cannot be read as text.
    """
    with open_bytes(source) as stream:
        head = stream.read(_HEAD)
    if refusal := _not_text(head):
        return problem(refusal, WHOLE_FILE)
    failures = {encoding: _first_failure(source, encoding) for encoding in _candidates(head)}
    for encoding, line in failures.items():
        if line is None:
            return encoding
    return problem("UNKNOWN_ENCODING", WHOLE_FILE, near=max(filter(None, failures.values())))


def open_bytes(source: Source) -> BinaryIO:
    """The file, or the bytes, to read from the start.

    Raises:
        OSError: the path cannot be opened.
    """
    return io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb")


def open_text(source: Source, encoding: str) -> TextIO:
    """The text of a source, line ends untouched."""
    return io.TextIOWrapper(open_bytes(source), encoding=encoding, newline="")


def delimiter_of(header: str) -> str:
    """Comma or tab, whichever the header row has more of."""
    return "\t" if header.count("\t") > header.count(",") else ","


def records(text: TextIO) -> Iterator[Record]:
    """Split a text into rows. Each line of it comes out, in a record with cells or with a problem."""
    lines = _Lines(text)
    delimiter = ""
    line = 0
    while physical := lines.take():
        line += 1
        delimiter = delimiter or (delimiter_of(physical) if physical.strip() else "")
        yield _record(line, physical, lines, delimiter or ",")


class _Lines:
    """Physical lines, no longer than needed, that can be put back."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._returned: deque[str] = deque()

    def take(self) -> str:
        if self._returned:
            return self._returned.popleft()
        line = self._text.readline(LONGEST_ROW + 1)
        if len(line) > LONGEST_ROW:
            self._skip_rest_after(line)
        return line

    def put_back(self, lines: list[str]) -> None:
        self._returned.extendleft(reversed(lines))

    def _skip_rest_after(self, line: str) -> None:
        while line and not line.endswith(("\n", "\r")):
            line = self._text.readline(LONGEST_ROW)


def _record(line: int, physical: str, lines: _Lines, delimiter: str) -> Record:
    if len(physical) > LONGEST_ROW:
        return Record(line, [], problem("ROW_TOO_LONG", line, limit=LONGEST_ROW))
    if CONTROL.search(physical):
        return Record(line, [], problem("CONTROL_CHARACTER", line))
    if '"' not in physical:
        return Record(line, unguarded_cells(physical.rstrip("\r\n").split(delimiter)))
    cells = _quoted(physical, lines, delimiter)
    if cells is None:
        return Record(line, [], problem("QUOTES", line))
    return Record(line, unguarded_cells(cells))


def unguarded_cells(cells: list[str]) -> list[str]:
    """The cells without the quotes that keep a spreadsheet from running them, as exports have them."""
    return [unguarded(cell) for cell in cells] if any(cell[:1] == "'" for cell in cells) else cells


def _quoted(physical: str, lines: _Lines, delimiter: str) -> list[str] | None:
    """The cells of a row with quotes, which may run on over further lines.

    A quote that is never closed costs its own row only: the lines after it are put back and read again.
    """
    taken = [physical]
    while True:
        cells = _parse("".join(taken), delimiter)
        if cells is not None:
            return [_LINE_BREAKS.sub(" ", cell) for cell in cells]
        following = lines.take() if len(taken) < _LONGEST_CELL_LINES else ""
        if not following or len(following) > LONGEST_ROW or CONTROL.search(following):
            break
        taken.append(following)
    lines.put_back([*taken[1:], following] if following else taken[1:])
    return None


def _parse(row: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader([row], delimiter=delimiter, strict=True))
    except csv.Error:
        return None


def _not_text(head: bytes) -> str | None:
    if len(head) < _HEAD and not head.strip(b" \t\r\n\xef\xbb\xbf"):
        return "EMPTY_FILE"
    if head.startswith(_DOCUMENTS):
        return "SPREADSHEET_FILE"
    if head.startswith(_UTF16_MARKS):
        return None
    if head.count(0) * _TEXT_HAS_FEWER_NULS > len(head):
        return "BINARY_FILE"
    return None


def _candidates(head: bytes) -> list[str]:
    """The encodings to try. A damaged UTF-8 file must not pass for Shift_JIS and come out as gibberish."""
    if head.startswith(_UTF16_MARKS):
        return ["utf-16"]
    title_row = head.splitlines()[0]
    try:
        japanese = codecs.getincrementaldecoder("utf-8")().decode(title_row)
    except UnicodeDecodeError:
        return ["cp932"]
    return ["utf-8-sig", "cp932"] if japanese.isascii() else ["utf-8-sig"]


def _first_failure(source: Source, encoding: str) -> int | None:
    """The line of the first byte that this encoding cannot explain, or None."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    with open_bytes(source) as stream:
        while True:
            chunk = stream.read(_CHUNK)
            try:
                lines += decoder.decode(chunk, final=not chunk).count("\n")
            except UnicodeDecodeError as error:
                return lines + error.object[: error.start].count(b"\n")
            if not chunk:
                return None
