"""Dates as Japanese offices write them: eras, and the era codes of tax files.

Tax files number the eras 昭和=1 大正=2 明治=3 平成=4 令和=5 (国税庁「光ディスク等」の記録要領).
Pension files use other codes, so these are good for tax files alone.
"""

import re
import unicodedata
from datetime import date
from typing import Final, NamedTuple


class Era(NamedTuple):
    """One era.

    Attributes:
        name: 昭和 and so on.
        letter: S and so on, as forms abbreviate it.
        tax_code: the digit tax files use.
        begins: its first day.
    """

    name: str
    letter: str
    tax_code: str
    begins: date


ERAS: Final = (
    Era("令和", "R", "5", date(2019, 5, 1)),
    Era("平成", "H", "4", date(1989, 1, 8)),
    Era("昭和", "S", "1", date(1926, 12, 25)),
    Era("大正", "T", "2", date(1912, 7, 30)),
    Era("明治", "M", "3", date(1868, 1, 25)),
)
"""The eras, latest first. An era ends on the day before the next one begins."""


class EraDate(NamedTuple):
    """A date in four columns of a tax file: era code, then year, month and day in two digits each."""

    code: str
    year: str
    month: str
    day: str


_BY_MARK: Final = {era.name: era for era in ERAS} | {era.letter: era for era in ERAS}
_WESTERN: Final = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_COMPACT: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_JAPANESE: Final = re.compile(
    r"(令和|平成|昭和|大正|明治|[RHSTM])\.?(元|[0-9]{1,2})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?"
)


def era_of(day: date) -> Era:
    """The era in which a day lies.

    Raises:
        ValueError: the day is before 明治.
    """
    for era in ERAS:
        if day >= era.begins:
            return era
    raise ValueError("明治より前の日付です / the day is before the Meiji era")


def tax_date(day: date) -> EraDate:
    """Write a date for a tax file: 1985-04-01 is ("1", "60", "04", "01").

    Raises:
        ValueError: the day is before 明治.
    """
    era = era_of(day)
    return EraDate(era.tax_code, f"{_era_year(era, day):02d}", f"{day.month:02d}", f"{day.day:02d}")


def parse_date(text: str) -> date | None:
    """Read a date as rosters write it.

    1985-04-01, 1985/4/1, 1985.4.1, 1985年4月1日, 19850401, 昭和60年4月1日, S60.4.1 and 令和元年5月1日 are
    read, in half or full width. An era date must lie inside its era: 昭和65年 is refused.

    Returns:
        The date, or None when the text is no such date.
    """
    plain = unicodedata.normalize("NFKC", text).replace(" ", "").upper()
    if match := _WESTERN.fullmatch(plain) or _COMPACT.fullmatch(plain):
        return _calendar(*map(int, match.groups()))
    if match := _JAPANESE.fullmatch(plain):
        mark, year, month, day = match.groups()
        return _in_era(_BY_MARK[mark], 1 if year == "元" else int(year), int(month), int(day))
    return None


def _in_era(era: Era, year: int, month: int, day: int) -> date | None:
    found = _calendar(era.begins.year + year - 1, month, day)
    if year == 0 or found is None or found < era.begins:
        return None
    return found if era_of(found) is era else None


def _calendar(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _era_year(era: Era, day: date) -> int:
    return day.year - era.begins.year + 1
