"""Opens a list of people, CSV or workbook, as a table. Which one it is, the content says, not the name."""

import codecs
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

from warifu.number_guard import masked
from warifu.roster_file import Record, Source, detect, open_bytes, open_text, records
from warifu.roster_problem import WHOLE_FILE, RosterProblem, problem
from warifu.table_encoding import mixed_encodings
from warifu.table_shape import H, Table, Wanted
from warifu.table_sheet import find_sheet, refusal_of
from warifu.workbook import WORKBOOK_MARKS, WorkbookError, WorkbookLimits, open_workbook

_HEAD: Final = 512
_READS_ANYTHING: Final = "cp932"
_WEB_PAGES: Final = (b"<html", b"<!doctype", b"<?xml", b"<table", b"<meta")


@contextmanager
def open_table(source: Source, wanted: Wanted[H]) -> Iterator[Table[H] | RosterProblem]:
    """Open a file for as long as its rows are read.

    Args:
        source: a path, or the bytes of a file.
        wanted: what to look for in it.

    Yields:
        The table, or why the file as a whole cannot be used.

    Raises:
        OSError: the path cannot be opened or read.
    """
    file = "" if isinstance(source, bytes) else masked(Path(source).name)
    with open_bytes(source) as stream:
        head = stream.read(_HEAD)
    with ExitStack() as stack:
        if head.startswith(WORKBOOK_MARKS):
            found = _sheet(source, wanted, file, stack)
        elif head.removeprefix(codecs.BOM_UTF8).lstrip().lower().startswith(_WEB_PAGES):
            found = problem("WEB_PAGE_FILE", WHOLE_FILE)
        else:
            found = _text(source, wanted, file)
        yield replace(found, file=file)


def _sheet(source: Source, wanted: Wanted[H], file: str, stack: ExitStack) -> Table[H] | RosterProblem:
    limits = wanted.limits or WorkbookLimits()
    with open_bytes(source) as stream:
        content = stream.read(limits.size + 1)
    try:
        return find_sheet(stack.enter_context(open_workbook(content, limits)), wanted, file)
    except WorkbookError as error:
        return refusal_of(error, limits)


def _text(source: Source, wanted: Wanted[H], file: str) -> Table[H] | RosterProblem:
    encoding = detect(source)
    if isinstance(encoding, RosterProblem):
        return mixed_encodings(source) or encoding if encoding.code == "UNKNOWN_ENCODING" else encoding
    if encoding == _READS_ANYTHING and (refusal := mixed_encodings(source)):
        return refusal
    found = _text_header(source, encoding, wanted)
    if isinstance(found, RosterProblem):
        return found
    line, header = found

    def read() -> Iterator[Record]:
        with open_text(source, encoding) as text:
            yield from (each for each in records(text) if each.line > line and not each.is_blank)

    return Table(header, line, encoding, "", file, 0, (), read)


def _text_header(source: Source, encoding: str, wanted: Wanted[H]) -> tuple[int, H] | RosterProblem:
    with open_text(source, encoding) as text:
        rows = list(islice((each for each in records(text) if not each.is_blank), wanted.search))
    if not rows:
        return problem("EMPTY_FILE", WHOLE_FILE)
    if broken := rows[0].problem:
        return broken
    line, found = wanted.best([(row.line, row.cells) for row in rows if row.problem is None])
    return found if isinstance(found, RosterProblem) else (line, found)
