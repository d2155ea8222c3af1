"""When numbers that have fallen due are disposed of: the tenant's choice, legal holds, the year ahead.

Days only, and `today` is an argument. What holds of every plan:

1. a run falls on the day a number is due or after it, never before, and less than a year later;
2. a held person's number stays, however long it has been due;
3. of the days in a forecast each is counted once: overdue, in one of the twelve months, or later.
"""

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

MOST_COPIES_YEARS: Final = 7
"""No copy of a payment record is kept longer: the tax can be reassessed no later (国税通則法70条5項)."""

_MOST_NOTICE_DAYS: Final = 366
_MONTHS: Final = 12


class RetentionError(ValueError):
    """A document, a date or a choice that the clock cannot count with.

    Attributes:
        field: what to correct.
        message_ja: what to write instead, in Japanese.
        message_en: the same in English.
    """

    def __init__(self, field: str, message_ja: str, message_en: str) -> None:
        super().__init__(f"{field}: {message_ja} / {message_en}")
        self.field = field
        self.message_ja = message_ja
        self.message_en = message_en


class DisposalMode(StrEnum):
    """When a tenant disposes of what is due; the law says promptly and leaves a yearly batch to the business."""

    AT_ONCE = "at_once"
    YEARLY = "yearly"


def _check_month(month: int) -> None:
    if not 1 <= month <= _MONTHS:
        raise RetentionError("month", "1から12で指定してください", "choose 1 to 12")


@dataclass(frozen=True, slots=True)
class DisposalPolicy:
    """What a tenant chose.

    Attributes:
        mode: at once, or once a year.
        month: the month (1 to 12) with whose last day the tenant's year ends; of use to a yearly batch only.
        copies_years: how long copies of payment records are kept after filing, 0 to 7 years.
        notice_days: how many days before a run it is proposed, 0 to 366.

    Raises:
        RetentionError: a choice that is not among these.
    """

    mode: DisposalMode = DisposalMode.AT_ONCE
    month: int = 3
    copies_years: int = MOST_COPIES_YEARS
    notice_days: int = 30

    def __post_init__(self) -> None:
        _check_month(self.month)
        if not 0 <= self.copies_years <= MOST_COPIES_YEARS:
            raise RetentionError(
                "copies_years",
                "0から7で指定してください。社内規程でより長く保存する書類は、番号を除いて残してください",
                "choose 0 to 7; what your own rules keep longer is kept without the number",
            )
        if not 0 <= self.notice_days <= _MOST_NOTICE_DAYS:
            raise RetentionError("notice_days", "0から366で指定してください", "choose 0 to 366")


DEFAULT_POLICY: Final = DisposalPolicy()


def run_day(due_on: date, mode: DisposalMode, month: int) -> date:
    """The day on which a number that is due goes.

    Args:
        due_on: the first day on which nothing requires the number any more.
        mode: at once, or with the next end of the tenant's year.
        month: the month with whose last day the tenant's year ends.

    Raises:
        RetentionError: there is no such month.
    """
    _check_month(month)
    if mode is DisposalMode.AT_ONCE:
        return due_on
    year_end = _last_day(due_on.year, month)
    return year_end if due_on <= year_end else _last_day(due_on.year + 1, month)


def notice_day(run: date, notice_days: int) -> date:
    """The day on which a run is proposed, so that the company can answer before it."""
    return run - timedelta(days=notice_days)


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold, from the day it is placed until the day it is lifted (None while it stands)."""

    placed_on: date
    lifted_on: date | None = None


def on_hold(holds: Iterable[Hold], today: date) -> bool:
    """Whether any of a person's holds stands today."""
    return any(hold.placed_on <= today and (hold.lifted_on or date.max) > today for hold in holds)


def may_go(due_on: date | None, holds: Iterable[Hold], today: date) -> bool:
    """Whether a number may be disposed of today: its day has come and no hold keeps it."""
    return due_on is not None and due_on <= today and not on_hold(holds, today)


@dataclass(frozen=True, slots=True)
class MonthDue:
    """How many persons' numbers fall due in one month, written as 2026-11."""

    month: str
    persons: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """Who falls due when, counted.

    Attributes:
        overdue: fell due before today and have not gone.
        months: this month and the eleven after it, each with its count, also where that is zero.
        later: fall due after the last of these months.
        until: the last day of the last month, for a list of the same persons.
    """

    overdue: int
    months: tuple[MonthDue, ...]
    later: int
    until: date


def forecast(due_days: Iterable[date], today: date) -> Forecast:
    """Count due days by month.

    Args:
        due_days: one day for each person, or a mapping from day to how many persons fall due on it.
        today: the day from which one looks ahead.
    """
    persons: Counter[int] = Counter()
    for day, count in Counter(due_days).items():
        persons[-1 if day < today else min(_months_between(today, day), _MONTHS)] += count
    ends = [_month_end(today, ahead) for ahead in range(_MONTHS)]
    months = tuple(MonthDue(f"{end:%Y-%m}", persons[ahead]) for ahead, end in enumerate(ends))
    return Forecast(overdue=persons[-1], months=months, later=persons[_MONTHS], until=ends[-1])


def _months_between(earlier: date, later: date) -> int:
    return (later.year - earlier.year) * _MONTHS + later.month - earlier.month


def _month_end(day: date, ahead: int) -> date:
    years, month = divmod(day.month - 1 + ahead, _MONTHS)
    return _last_day(day.year + years, month + 1)


def _last_day(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])
