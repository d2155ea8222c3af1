"""Reads one workbook in a process of its own, which may run out of memory or crash without taking anybody along.

Run as a program by `warifu.workbook`, with the standard library and python-calamine alone. A workbook of some
kilobytes can ask for terabytes: cells far apart, one long text used a million times, rows said to repeat. The
limits of this process end that, whatever form it takes. Nothing is written to disk, no core either.

In: a line of JSON with `size`, `memory`, `seconds`, `rows`, `columns`, `unpacked`; so many bytes; then a line for
each request, `{"sheet": place, "most": rows or null}`. Out, in lines of JSON: `{"sheets": [[name, visible], ...]}`;
for each request `{"left": column, "merged": [...]}`, then `[row, cells]` for rows that hold anything, then null.
Any answer may be `{"error": code}` instead. Rows count from 1, columns from 0. A text or date is a string, a
quantity a number.
"""

import io
import json
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time
from typing import Any, Final

if sys.platform != "win32":
    import resource

try:
    from python_calamine import (
        CalamineError,
        CalamineSheet,
        CalamineWorkbook,
        PasswordError,
        SheetVisibleEnum,
    )
except ImportError:
    sys.exit(69)  # EX_UNAVAILABLE, which `workbook` knows

_EXACT: Final = 10**15  # a quantity has 15 digits in a spreadsheet
_COMPOUND: Final = b"\xd0\xcf\x11\xe0"
_XLS_BEGINS: Final = bytes.fromhex("0908100000060500")
_FIRST_RECORDS: Final = 8
_FILE_PASS: Final = 0x2F
_MIDNIGHT: Final = time()


class _RefusedError(Exception):
    """Says an error code."""


def main() -> None:
    """Answer until there are no more requests."""
    orders = json.loads(sys.stdin.buffer.readline())
    _confine(orders["memory"], orders["seconds"])
    try:
        workbook = _load(sys.stdin.buffer.read(orders["size"]), orders["unpacked"])
        _say({"sheets": _sheets(workbook)})
        for request in sys.stdin.buffer:
            wanted = json.loads(request)
            for answer in _rows(workbook, wanted["sheet"], wanted["most"], orders):
                _say(answer)
            sys.stdout.buffer.flush()
    except _RefusedError as refused:
        _say({"error": str(refused)})
    except MemoryError:
        _say({"error": "WORKBOOK_TOO_LARGE"})


def _say(answer: object) -> None:
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
    if isinstance(answer, dict):
        sys.stdout.buffer.flush()


def _confine(memory: int, seconds: int) -> None:
    """Set limits, where the system has them."""
    if sys.platform == "win32":
        return
    # One byte, not none: a program that takes cores from a pipe is started at 0, and is not at 1.
    limits = ((resource.RLIMIT_CORE, 1), (resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds))
    for kind, limit in limits:
        with suppress(ValueError, OSError):
            hard = resource.getrlimit(kind)[1]
            bound = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
            resource.setrlimit(kind, (bound, bound))


def _load(content: bytes, unpacked: int) -> CalamineWorkbook:
    with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(content)) as parts:
        if sum(part.file_size for part in parts.infolist()) > unpacked:
            raise _RefusedError("WORKBOOK_TOO_LARGE")
    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(content))
    except PasswordError:
        raise _RefusedError("WORKBOOK_PASSWORD") from None
    except CalamineError:
        raise _RefusedError("WORKBOOK_PASSWORD" if _is_locked(content) else "WORKBOOK_BROKEN") from None


def _is_locked(content: bytes) -> bool:
    """Whether a compound file has a password: an .xlsx inside it, or an .xls that says so at its beginning.

    [MS-OFFCRYPTO] 1.3.3 (the stream's name), [MS-XLS] 2.4.117 (the record FilePass).
    """
    if not content.startswith(_COMPOUND):
        return False
    if "EncryptedPackage".encode("utf-16-le") in content:
        return True
    at = content.find(_XLS_BEGINS)
    for _ in range(_FIRST_RECORDS if at >= 0 else 0):
        kind, size = (int.from_bytes(content[at + part : at + part + 2], "little") for part in (0, 2))
        if kind == _FILE_PASS:
            return True
        at += 4 + size
    return False


def _sheets(workbook: CalamineWorkbook) -> list[tuple[str, bool]]:
    return [(sheet.name, sheet.visible == SheetVisibleEnum.Visible) for sheet in workbook.sheets_metadata]


def _rows(
    workbook: CalamineWorkbook, place: int, most: int | None, orders: dict[str, int]
) -> Iterator[dict[str, Any] | list[Any] | None]:
    sheet = _sheet(workbook, place)
    if sheet.end and sheet.end[0] >= orders["rows"]:
        raise _RefusedError("TOO_MANY_ROWS")
    if sheet.width > orders["columns"]:
        raise _RefusedError("TOO_MANY_COLUMNS")
    yield {"left": sheet.start[1] if sheet.start else 0, "merged": sheet.merged_cell_ranges or []}
    for line, cells in enumerate(sheet.iter_rows() if sheet.start else (), 1):
        if most is not None and line > most:
            break
        if any(cell != "" for cell in cells):
            yield [line, [_plain(cell) for cell in cells]]
    yield None


def _sheet(workbook: CalamineWorkbook, place: int) -> CalamineSheet:
    try:
        return workbook.get_sheet_by_index(place)
    except CalamineError:
        raise _RefusedError("WORKBOOK_BROKEN") from None


def _plain(cell: object) -> str | int | float:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT:
        return int(cell)
    if isinstance(cell, int | float):
        return cell
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == _MIDNIGHT else cell.isoformat(" ", "minutes")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


if __name__ == "__main__":
    main()
