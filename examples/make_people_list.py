"""Makes ``people.xlsx``: 20 people who do not exist, as a list for collecting their numbers. It holds no number.

    python -m examples.make_people_list

The same bytes come out on every machine: nothing is compressed, and no time is written. It is as offices send it:
a title above the header, dates that are dates, a column nobody asked for, and a hidden sheet.
"""

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from examples.make_roster import NOTE, Person, synthetic_people

PEOPLE: Final = 20
TITLES: Final = (
    "社員番号", "氏名", "フリガナ", "生年月日", "続柄", "扶養者の社員番号",
    "郵便番号", "住所", "メールアドレス", "電話番号", "収集方法", "備考",
)  # fmt: skip

_RELATIONS: Final = {"employee": "本人", "spouse": "配偶者", "dependent": "子"}
_CHANNELS: Final = ("郵送", "メール", "QR", "対面")
_EPOCH: Final = date(1899, 12, 30)
_DATE_STYLE: Final = 1
_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
_MAIN: Final = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_SHEETS: Final = (("収集名簿", "visible"), ("昨年度", "hidden"))

_PLAIN: Final = 'fontId="0" fillId="0" borderId="0"'
_STYLES: Final = (
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    f'<cellStyleXfs count="1"><xf numFmtId="0" {_PLAIN}/></cellStyleXfs>'
    f'<cellXfs count="2"><xf numFmtId="0" {_PLAIN} xfId="0"/>'
    f'<xf numFmtId="14" {_PLAIN} xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
)


def people_list(seed: int) -> bytes:
    """The workbook.

    Args:
        seed: which people.
    """
    people = islice(synthetic_people(seed, PEOPLE), PEOPLE)
    table = [["個人番号 収集対象者一覧(架空)"], [], list(TITLES), *map(_cells, range(PEOPLE), people)]
    parts = _frame() | {
        "xl/worksheets/sheet1.xml": _sheet(table, "<mergeCells><mergeCell ref='A1:L1'/></mergeCells>"),
        "xl/worksheets/sheet2.xml": _sheet([["昨年度の控え(架空)"]]),
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(
                zipfile.ZipInfo(name, _EARLIEST), f'<?xml version="1.0" encoding="UTF-8"?>{content}'
            )
    return stream.getvalue()


def _cells(order: int, person: Person) -> list[str | date]:
    family = person["kind"] != "employee"
    return [
        person["external_id"],
        person["name"],
        person["kana"],
        date.fromisoformat(person["birth_date"]),
        _RELATIONS[person["kind"]],
        person["employee"],
        "000-0000",
        person["address"],
        "" if family else f"{person['external_id'].lower()}@example.jp",
        "" if family else f"03-0000-{order:04d}",
        _CHANNELS[0] if family else _CHANNELS[order % len(_CHANNELS)],
        NOTE,
    ]


def _sheet(rows: Sequence[Sequence[str | date]], more: str = "") -> str:
    body = "".join(
        f'<row r="{line}">{"".join(_row(line, cells))}</row>' for line, cells in enumerate(rows, 1)
    )
    return f"<worksheet {_MAIN}><sheetData>{body}</sheetData>{more}</worksheet>"


def _row(line: int, cells: Sequence[str | date]) -> Iterator[str]:
    for letter, cell in zip("ABCDEFGHIJKL", cells, strict=False):
        if isinstance(cell, date):
            yield f'<c r="{letter}{line}" s="{_DATE_STYLE}"><v>{(cell - _EPOCH).days}</v></c>'
        elif cell:
            yield f'<c r="{letter}{line}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'


def _frame() -> dict[str, str]:
    """The parts that every workbook has."""
    sheets = "".join(
        f'<sheet name="{name}" sheetId="{place}" state="{state}" r:id="rId{place}"/>'
        for place, (name, state) in enumerate(_SHEETS, 1)
    )
    links = [(f"worksheets/sheet{place}.xml", "worksheet") for place in (1, 2)] + [("styles.xml", "styles")]
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    types = "".join(
        f'<Override PartName="/xl/{name}" ContentType="{kind}.{role}+xml"/>'
        for name, role in [("workbook.xml", "sheet.main"), *links]
    )
    defaults = (
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
    )
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">{defaults}{types}</Types>',
        "_rels/.rels": _links([("xl/workbook.xml", "officeDocument")]),
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _links(links),
        "xl/styles.xml": f"<styleSheet {_MAIN}>{_STYLES}</styleSheet>",
    }


def _links(targets: Sequence[tuple[str, str]]) -> str:
    links = "".join(
        f'<Relationship Id="rId{place}" Type="{_OFFICE}/{role}" Target="{target}"/>'
        for place, (target, role) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'


def main() -> None:
    """Write the file."""
    path = Path(__file__).with_name("people.xlsx")
    path.write_bytes(people_list(1))
    print(f"{path}: {PEOPLE} 人 / people (架空/SYNTHETIC)")


if __name__ == "__main__":
    main()
