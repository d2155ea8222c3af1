from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warifu.era import ERAS, era_of, parse_date, tax_date

READ = {
    "ISO": ("1985-04-01", date(1985, 4, 1)),
    "slashes without zeros": ("1985/4/1", date(1985, 4, 1)),
    "dots": ("1985.4.1", date(1985, 4, 1)),
    "year, month and day written out": ("1985年4月1日", date(1985, 4, 1)),
    "eight digits": ("19850401", date(1985, 4, 1)),
    "full width": ("１９８５年４月１日", date(1985, 4, 1)),
    "an era": ("昭和60年4月1日", date(1985, 4, 1)),
    "an era with blanks": ("昭和 60年 4月 1日", date(1985, 4, 1)),
    "an era in one character": ("㍼60年4月1日", date(1985, 4, 1)),
    "an era letter": ("S60.4.1", date(1985, 4, 1)),
    "a small era letter": ("s60/4/1", date(1985, 4, 1)),
    "an era letter with a dot": ("S.60.4.1", date(1985, 4, 1)),
    "a full-width era letter": ("Ｓ６０．４．１", date(1985, 4, 1)),
    "the first year of an era": ("令和元年5月1日", date(2019, 5, 1)),
    "the same as a number": ("令和1年5月1日", date(2019, 5, 1)),
    "the last day of Heisei": ("H31.4.30", date(2019, 4, 30)),
    "the last day of Showa": ("昭和64年1月7日", date(1989, 1, 7)),
    "the first day of Heisei": ("平成元年1月8日", date(1989, 1, 8)),
    "the last day of Taisho": ("T15.12.24", date(1926, 12, 24)),
    "Meiji": ("明治45年7月29日", date(1912, 7, 29)),
    "a leap day": ("令和6年2月29日", date(2024, 2, 29)),
}

NOT_READ = {
    "nothing": "",
    "a day that does not exist": "1985-02-30",
    "a leap day in another year": "2023-02-29",
    "month 13": "1985/13/1",
    "Showa after its end": "昭和65年1月1日",
    "Showa on the first day of Heisei": "昭和64年1月8日",
    "Heisei before its beginning": "平成元年1月7日",
    "Reiwa before its beginning": "R1.4.30",
    "year 0 of an era": "S0.4.1",
    "Excel's day number": "31138",
    "no year": "4月1日",
    "two-digit year": "85/4/1",
    "words": "不明",
    "American order": "4/1/1985",
    "a time behind it": "1985-04-01 00:00",
}

TAX = {
    "Showa": (date(1985, 4, 1), ("1", "60", "04", "01")),
    "Taisho": (date(1926, 12, 24), ("2", "15", "12", "24")),
    "Meiji": (date(1900, 1, 2), ("3", "33", "01", "02")),
    "Heisei": (date(2019, 4, 30), ("4", "31", "04", "30")),
    "the official example of Reiwa": (date(2019, 9, 30), ("5", "01", "09", "30")),
}


@pytest.mark.parametrize(("text", "expected"), READ.values(), ids=READ.keys())
def test_a_date_is_read_as_people_write_it(text: str, expected: date) -> None:
    assert parse_date(text) == expected


@pytest.mark.parametrize("text", NOT_READ.values(), ids=NOT_READ.keys())
def test_what_is_no_date_is_refused(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(("day", "expected"), TAX.values(), ids=TAX.keys())
def test_tax_files_number_the_eras_in_their_own_way(day: date, expected: tuple[str, ...]) -> None:
    assert tax_date(day) == expected


@given(st.dates(date(1873, 1, 1), date(2117, 12, 31)))
def test_a_date_written_in_its_era_is_read_back(day: date) -> None:
    era, (_, year, month, of_month) = era_of(day), tax_date(day)
    assert parse_date(f"{era.name}{int(year)}年{month}月{of_month}日") == day
    assert parse_date(f"{era.letter}{year}.{month}.{of_month}") == day


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_none(text: str) -> None:
    found = parse_date(text)
    assert found is None or isinstance(found, date)


def test_there_is_no_era_before_meiji() -> None:
    with pytest.raises(ValueError, match="Meiji"):
        tax_date(date(1867, 12, 31))


def test_an_era_ends_where_the_next_begins() -> None:
    assert [era.begins for era in ERAS] == sorted((era.begins for era in ERAS), reverse=True)
