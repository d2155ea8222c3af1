"""Days as Japanese letters write them."""

from datetime import date
from typing import Final

_WEEKDAYS: Final = "月火水木金土日"
_ERAS: Final = (
    (date(2019, 5, 1), "令和"),
    (date(1989, 1, 8), "平成"),
    (date(1926, 12, 25), "昭和"),
    (date(1912, 7, 30), "大正"),
    (date(1868, 1, 25), "明治"),
)


def plain_day(day: date) -> str:
    """Such as 2026年12月18日."""
    return f"{day.year}年{day.month}月{day.day}日"


def week_day(day: date) -> str:
    """Such as 2026年12月18日（金）."""
    return f"{plain_day(day)}（{_WEEKDAYS[day.weekday()]}）"


def birth_day(day: date) -> str:
    """Such as 1985年（昭和60年）4月3日: what stands on licences, beside what stands on cards."""
    era = next(((began, name) for began, name in _ERAS if began <= day), None)
    if era is None:
        return plain_day(day)
    began, name = era
    year = day.year - began.year + 1
    return f"{day.year}年（{name}{'元' if year == 1 else year}年）{day.month}月{day.day}日"
