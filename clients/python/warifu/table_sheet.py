"""The sheet of a workbook that holds the list, and its rows.

A header may stand below a title or blank rows, and may have several rows where cells are merged: of 氏名 over
姓 and 名 the lower titles count. Hidden sheets are left alone unless named, and that is said.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from warifu.number_guard import masked
from warifu.roster_file import CONTROL, Record, unguarded_cells
from warifu.roster_problem import WHOLE_FILE, RosterProblem, problem
from warifu.table_shape import H, Table, Wanted, column_letters
from warifu.workbook import Grid, Merge, Sheet, SheetRow, Workbook, WorkbookError, WorkbookLimits

SEARCHED: Final = 20
"""Rows from the top in which a header is looked for."""

_SHEETS_SHOWN: Final = 10
_HEADER_ROWS: Final = 3
_LINE_BREAKS: Final = re.compile(r"(?:_x000D_)?[\r\n]+")


def find_sheet(workbook: Workbook, wanted: Wanted[H], file: str) -> Table[H] | RosterProblem:
    """The table of the sheet that is wanted, or of the first shown one with a header.

    Raises:
        WorkbookError: the workbook cannot be read.
    """
    sheets = [sheet for sheet in workbook.sheets if _is_meant(sheet, wanted.sheet)]
    if wanted.sheet is not None and not sheets:
        return problem("NO_SUCH_SHEET", WHOLE_FILE, sheets=_shown(workbook.sheets))
    closest: tuple[int, RosterProblem] = 0, _nothing_found(workbook, sheets, wanted)
    for sheet in sheets:
        found = _table(workbook, sheet, wanted, file)
        if isinstance(found, Table):
            return found
        closest = found if found[0] > closest[0] else closest
    return closest[1]


def refusal_of(error: WorkbookError, limits: WorkbookLimits) -> RosterProblem:
    """What a workbook that cannot be read has as its problem."""
    limit = limits.columns if error.code == "TOO_MANY_COLUMNS" else limits.rows
    return problem(error.code, WHOLE_FILE, limit=limit)


def _is_meant(sheet: Sheet, name: str | None) -> bool:
    return sheet.visible if name is None else sheet.name == name


def _nothing_found(workbook: Workbook, looked: Sequence[Sheet], wanted: Wanted[H]) -> RosterProblem:
    hidden = [sheet for sheet in workbook.sheets if not sheet.visible]
    return problem(
        "NO_SHEET_FOUND",
        WHOLE_FILE,
        looked=_shown(looked),
        hidden=_shown(hidden),
        rows=SEARCHED,
        expected=wanted.expected,
    )


def _table(
    workbook: Workbook, sheet: Sheet, wanted: Wanted[H], file: str
) -> Table[H] | tuple[int, RosterProblem]:
    grid = workbook.grid(sheet, most=2 * SEARCHED)
    head = list(grid.rows)
    titles = [_titles(row, head, grid.merges) for row in head if row.line <= SEARCHED]
    if not titles:
        return 0, problem("EMPTY_FILE", WHOLE_FILE)
    line, found = wanted.best(titles)
    if isinstance(found, RosterProblem):
        return line, found
    bottom = _bottom(line, grid.merges)
    limits = wanted.limits or WorkbookLimits()
    merged = _hidden_by_merges(grid, found.known, bottom, limits.rows)

    def read() -> Iterator[Record]:
        return _records(workbook, sheet, bottom, merged, limits)

    notices = tuple(_notices(workbook, sheet)) if wanted.sheet is None else ()
    return Table(found, bottom, "", masked(sheet.name), file, grid.left, notices, read)


def _notices(workbook: Workbook, read: Sheet) -> Iterator[RosterProblem]:
    others = [sheet for sheet in workbook.sheets if sheet != read]
    if hidden := [sheet for sheet in others if not sheet.visible]:
        yield problem("HIDDEN_SHEETS", WHOLE_FILE, sheets=_shown(hidden))
    if shown := [sheet for sheet in others if sheet.visible]:
        yield problem("OTHER_SHEETS", WHOLE_FILE, sheets=_shown(shown))


def _titles(row: SheetRow, head: Sequence[SheetRow], merges: Sequence[Merge]) -> tuple[int, list[str]]:
    """The number of a row and its titles, the lower ones where it has cells merged with rows below."""
    titles = list(row.cells)
    bottom = _bottom(row.line, merges)
    for lower in head:
        if row.line < lower.line <= bottom:
            titles = [new or old for old, new in zip(titles, lower.cells, strict=True)]
    return row.line, [_LINE_BREAKS.sub("", title) for title in titles]


def _bottom(line: int, merges: Sequence[Merge]) -> int:
    """The last row of a header that begins in a row."""
    bottom = max((merge.bottom for merge in merges if merge.top == line), default=line)
    return min(bottom, line + _HEADER_ROWS - 1)


def _hidden_by_merges(grid: Grid, known: frozenset[int], header: int, last: int) -> dict[int, int]:
    """Rows below the header that lack a value because a cell above is merged over theirs, with the column."""
    lacking: dict[int, int] = {}
    seen = header  # each row once, however many merges a file says there are
    for merge in sorted(grid.merges):
        columns = [at for at in known if merge.left <= at <= merge.right]
        if columns and merge.top > header:
            rows = range(max(merge.top, seen) + 1, min(merge.bottom, last) + 1)
            lacking.update(dict.fromkeys(rows, grid.left + min(columns)))
            seen = max(seen, merge.bottom)
    return lacking


def _records(
    workbook: Workbook, sheet: Sheet, header: int, merged: dict[int, int], limits: WorkbookLimits
) -> Iterator[Record]:
    try:
        grid = workbook.grid(sheet)
        for row in grid.rows:
            if row.line > header and any(map(str.strip, row.cells)):
                yield _record(row, grid.left, merged)
    except WorkbookError as error:
        yield Record(WHOLE_FILE, [], refusal_of(error, limits))


def _record(row: SheetRow, left: int, merged: dict[int, int]) -> Record:
    if row.line in merged:
        return _unread("MERGED_CELLS", row.line, merged[row.line])
    cells = [_LINE_BREAKS.sub(" ", cell) for cell in row.cells]
    for at, cell in enumerate(cells):
        if CONTROL.search(cell):
            return _unread("CONTROL_CHARACTER", row.line, left + at)
    return Record(row.line, unguarded_cells(cells), None, row.quantities)


def _unread(code: str, line: int, column: int) -> Record:
    return Record(line, [], replace(problem(code, line), cell=f"{column_letters(column)}{line}"))


def _shown(sheets: Sequence[Sheet]) -> str:
    names = [masked(sheet.name) for sheet in sheets[:_SHEETS_SHOWN]]
    return ", ".join([*names, "…"] if len(sheets) > _SHEETS_SHOWN else names) or "-"
