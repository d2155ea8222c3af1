"""Lists of people as companies send them: a workbook of the head office, and a text file of a branch in Shift_JIS."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import Final

from openpyxl import Workbook

TITLES: Final = (
    *("社員番号", "氏名", "フリガナ", "生年月日", "続柄", "扶養者の社員番号"),
    *("郵便番号", "住所", "メールアドレス", "収集方法"),
)
_FAMILIES: Final = (
    ("髙橋", "タカハシ"),
    ("山﨑", "ヤマザキ"),
    ("渡邊", "ワタナベ"),
    ("齋藤", "サイトウ"),
    ("吉田", "ヨシダ"),
    ("高田", "タカダ"),
    ("浜口", "ハマグチ"),
    ("榊原", "サカキバラ"),
    ("神﨑", "カンザキ"),
    ("小笠原", "オガサワラ"),
)
_GIVEN: Final = (
    ("悠", "ユウ"),
    ("翔太", "ショウタ"),
    ("美咲", "ミサキ"),
    ("陽菜", "ヒナ"),
    ("健", "ケン"),
    ("さくら", "サクラ"),
    ("翼", "ツバサ"),
    ("直樹", "ナオキ"),
    ("結衣", "ユイ"),
    ("拓海", "タクミ"),
)


@dataclass(frozen=True)
class Listed:
    """Somebody on a list; made up, like everybody here."""

    external_id: str
    name: str
    kana: str
    born: date
    channel: str
    relation: str = "本人"
    employee: str = ""

    @property
    def email(self) -> str:
        """Where mail reaches them; family members have no address of their own."""
        return "" if self.employee else f"{self.external_id.lower()}@staff.example"

    @property
    def row(self) -> list[str | date]:
        """The cells of their row."""
        place = int.from_bytes(self.external_id.encode()) % 89 + 1
        return [
            self.external_id,
            self.name,
            self.kana,
            self.born,
            self.relation,
            self.employee,
            f"100-00{place:02d}",
            f"東京都千代田区千代田{place}丁目99番99号",
            self.email,
            self.channel,
        ]


def staff(prefix: str, channels: Sequence[tuple[str, int]]) -> list[Listed]:
    """Employees: so many who are to be asked by this channel, so many by that."""
    asked = [channel for channel, count in channels for _ in range(count)]
    return [
        Listed(f"{prefix}{place:04d}", *_named(place), date(1960, 1, 1) + timedelta(days=41 * place), channel)
        for place, channel in enumerate(asked, 101)
    ]


def as_workbook(people: Sequence[Listed]) -> bytes:
    """The workbook, as an office keeps it: a title above the header, days that are days."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "収集名簿"
    for cells in (["2026年 個人番号 収集対象者(架空)"], [], list(TITLES), *(each.row for each in people)):
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_text(people: Sequence[Listed]) -> bytes:
    """The text file, in Shift_JIS as Windows writes it, days by the Japanese calendar."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerows([TITLES, *(_in_text(each) for each in people)])
    return out.getvalue().encode("cp932")


def _in_text(person: Listed) -> Iterator[str]:
    for cell in person.row:
        yield _by_era(cell) if isinstance(cell, date) else cell


def _by_era(day: date) -> str:
    name, first = ("H", 1988) if day >= date(1989, 1, 8) else ("S", 1925)
    return f"{name}{day.year - first}.{day.month}.{day.day}"


def _named(place: int) -> tuple[str, str]:
    pairs = list(product(_FAMILIES, _GIVEN))
    (family, family_kana), (given, given_kana) = pairs[place * 7 % len(pairs)]
    return f"{family} {given}", f"{family_kana} {given_kana}"
