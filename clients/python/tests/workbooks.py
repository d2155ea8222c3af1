"""Workbooks for tests. openpyxl writes .xlsx; .ods and .xls, which it does not, are put together by hand."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

import openpyxl

Rows = Sequence[Sequence[Any]]

_FREE, _END, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SECTOR = 512


def xlsx(
    sheets: Rows | Mapping[str, Rows],
    hidden: Sequence[str] = (),
    merged: Mapping[str, Sequence[str]] | None = None,
) -> bytes:
    """A workbook of sheets by name, or of one called 名簿. Text stays text, also where it begins with `=`."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in (sheets if isinstance(sheets, Mapping) else {"名簿": sheets}).items():
        sheet = book.create_sheet(name)
        for line, cells in enumerate(rows, 1):
            for column, value in enumerate(cells, 1):
                if value not in ("", None):
                    cell = sheet.cell(line, column, value)
                    cell.data_type = "s" if isinstance(value, str) else cell.data_type
        for area in (merged or {}).get(name, ()):
            sheet.merge_cells(area)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def ods(rows: Rows, repeated: int = 1) -> bytes:
    """A sheet of OpenDocument; each row is said to be there `repeated` times."""
    body = "".join(
        f'<table:table-row table:number-rows-repeated="{repeated}">{"".join(map(_ods_cell, cells))}'
        "</table:table-row>"
        for cells in rows
    )
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "style")
    )
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="名簿">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": manifest,
            "content.xml": content,
        }
    )


def zipped(parts: Mapping[str, str]) -> bytes:
    """Files in a zip archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def xls(rows: Rows, *, password: bool = False) -> bytes:
    """A sheet of Excel 97 (BIFF8), or one that says that it has a password."""
    locked = _record(0x2F, struct.pack("<HHH", 1, 1, 1) + bytes(48)) if password else b""
    opening, closing = _record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 1997, 0, 0)), _record(0x0A, b"")
    name = "名簿"
    listed = struct.pack("<BBBB", 0, 0, len(name), 1) + name.encode("utf-16-le")
    start = len(opening + locked + closing) + 4 + 4 + len(listed)
    sheet = _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 1997, 0, 0))
    for line, cells in enumerate(rows):
        sheet += b"".join(_xls_cell(line, column, cell) for column, cell in enumerate(cells) if cell != "")
    book = opening + locked + _record(0x85, struct.pack("<I", start) + listed) + closing
    return compound({"Workbook": book + sheet + closing})


def compound(streams: Mapping[str, bytes]) -> bytes:
    """A compound file (.xls, and .xlsx with a password) of streams, each filled up to 4,096 bytes or more."""
    padded = {
        name: content + bytes(max(4096, -(-len(content) // 512) * 512) - len(content))
        for name, content in streams.items()
    }
    table, body, entries = [_TABLE, _END], b"", [_entry("Root Entry", 5, _END, 0, child=1)]
    for order, (name, content) in enumerate(padded.items(), 1):
        first, count = len(table), len(content) // _SECTOR
        table += [*range(first + 1, first + count), _END]
        entries.append(
            _entry(name, 2, first, len(content), right=order + 1 if order < len(padded) else _FREE)
        )
        body += content
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<9I", 0, 1, 1, 0, 4096, _END, 0, _END, 0) + struct.pack("<109I", 0, *[_FREE] * 108)
    sectors = struct.pack("<128I", *table, *[_FREE] * (128 - len(table)))
    return head + sectors + b"".join(entries).ljust(_SECTOR, b"\0") + body


def _ods_cell(value: Any) -> str:
    if isinstance(value, int | float):
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
    if value == "":
        return "<table:table-cell/>"
    return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'


def _xls_cell(line: int, column: int, value: Any) -> bytes:
    place = struct.pack("<HHH", line, column, 0)
    if isinstance(value, int | float):
        return _record(0x203, place + struct.pack("<d", value))
    return _record(0x204, place + struct.pack("<HB", len(value), 1) + value.encode("utf-16-le"))


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _entry(name: str, kind: int, first: int, size: int, *, right: int = _FREE, child: int = _FREE) -> bytes:
    spelled = (name + "\0").encode("utf-16-le")
    return (
        spelled.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(spelled), kind, 1, _FREE, right, child)
        + bytes(36)
        + struct.pack("<IQ", first, size)
    )
