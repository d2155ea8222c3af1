"""The retention clock: how long a document that bears the number is kept, and from which day the number may go.

Days only, and nothing is read from outside. By the rules of the catalogue (`Catalogue.retention_rules`):

1. A: so many years from the day after 10 January of the year that follows the year of the filing deadline;
2. C: so many years from the day after the matter was closed;
3. B: no statutory period: as long as the contract lasts, and after filing as many years as the tenant chose, at most 7;
4. log and none: free on the day after the matter was closed;
5. a document whose matter is open has no such day, and while a person has one the number stays;
6. nothing but law and rule B's choice enters: a company that keeps documents longer keeps them without the number.

The first day of a period is not counted, a period in years ends on the day before the day of its last year that
corresponds to its start, or with the month where there is no such day (民法140条, 143条; 国税通則法10条1項 alike). That
its last day is a holiday does not lengthen it: 民法142条 is about days on which business is done.

Example: left on 28 February 2024, two years: 29 February 2024 to 28 February 2026, free from 1 March 2026.
"""

from calendar import isleap
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Self

from policies.disposal_plan import DEFAULT_POLICY, DisposalPolicy, RetentionError
from policies.purposes import Purpose, PurposeStatus, RetentionRule

_FIRST_DAY: Final = date(2015, 10, 5)
"""The day the My Number Act came into force; no document bears a number of before."""

_LAST_DAY: Final = date(2199, 12, 31)
_DAY: Final = timedelta(days=1)
_COUNTED_IN_YEARS: Final = frozenset({RetentionRule.A, RetentionRule.B, RetentionRule.C})


@dataclass(frozen=True, slots=True)
class Held:
    """One document, or one kind of document, that bears a person's number.

    Attributes:
        purpose: code of the purpose.
        rule: how its retention is counted.
        years: of rules A, B and C, as in the catalogue; None for the others.
        deadline_on: last day for filing it. Rule A always has one: the day before the year's first pay
            (`deadline_of_year`), or before its last pay for the forms of the year-end adjustment; for the form to a
            secondary payer the day it was received (所得税法施行規則76条の3), for a retirement allowance the day it is
            paid. Rule B counts from it, or from `completed_on` where it is None.
        completed_on: the day the matter was closed: the person left, the leave was over, the contract ended and was
            paid. None while it is open. Rule A does not look at it.

    Raises:
        RetentionError: the values do not belong to the rule, or a day is outside 2015-10-05 to 2199-12-31.
    """

    purpose: str
    rule: RetentionRule
    years: int | None
    deadline_on: date | None = None
    completed_on: date | None = None

    def __post_init__(self) -> None:
        if (self.rule in _COUNTED_IN_YEARS) != (self.years is not None and self.years > 0):
            raise RetentionError(
                "years",
                "A・B・Cには1年以上の年数を、ほかの規則には年数なしを指定してください",
                "give rules A, B and C one year or more, and the other rules none",
            )
        if self.rule is RetentionRule.A and self.deadline_on is None:
            raise RetentionError(
                "deadline_on",
                "この書類は提出期限から数えます。提出期限の日を指定してください",
                "this document is counted from its filing deadline; give that day",
            )
        _check_day("deadline_on", self.deadline_on)
        _check_day("completed_on", self.completed_on)

    @classmethod
    def of(
        cls, purpose: Purpose, *, deadline_on: date | None = None, completed_on: date | None = None
    ) -> Self:
        """The document of a purpose, with rule and years from the catalogue.

        Raises:
            RetentionError: the law refuses the purpose, or a day is missing or impossible.
        """
        if purpose.status is PurposeStatus.REFUSED:
            raise RetentionError(
                "purpose",
                "法令上、番号を保存してはならない目的です。番号のある書類を登録しないでください",
                "the law lets no number be kept for this; do not register a document that bears it",
            )
        kept = purpose.retention
        return cls(purpose.code, kept.rule, kept.years, deadline_on, completed_on)


def deadline_of_year(first_pay: date) -> date:
    """The filing deadline of the year's exemption declaration: the day before the year's first pay (所得税法194条).

    A first pay on 1 January puts it in the year before. It does not move when it falls on a holiday
    (国税通則法施行令2条1項3号). The same holds of the day before the last pay (所得税法195条の2, 195条の3).
    """
    return first_pay - _DAY


def first_day_free(held: Held, policy: DisposalPolicy = DEFAULT_POLICY) -> date | None:
    """The first day on which the document need not be kept and its number may go; None while the matter is open."""
    if held.rule is RetentionRule.A:
        return held.deadline_on and _after(date(held.deadline_on.year + 1, 1, 10), held.years)
    if held.completed_on is None:
        return None
    if held.rule is RetentionRule.B:
        years = min(policy.copies_years, held.years or 0)
        filed = _after(held.deadline_on or held.completed_on, years)
        return max(filed, _after(held.completed_on, 0))
    return _after(held.completed_on, held.years)


def ends_of(
    documents: Collection[Held],
    departed_on: date | None,
    notified: Collection[str],
    policy: DisposalPolicy = DEFAULT_POLICY,
) -> dict[str, date]:
    """For each purpose the first day on which a use for it is refused.

    A purpose ends with the last of its documents, and not before the day after the departure. One that is missing has
    no end yet: all of them while the person is with the company, later those with a document whose matter is open.

    Args:
        documents: all of the person's documents.
        departed_on: the last day with the company, or of the contract; None while there is none.
        notified: codes of the purposes the person was told.
        policy: the tenant's choice.

    Raises:
        RetentionError: the departure is outside 2015-10-05 to 2199-12-31.
    """
    _check_day("departed_on", departed_on)
    if departed_on is None:
        return {}
    ends = dict.fromkeys(notified, departed_on + _DAY)
    still_open = set[str]()
    for held in documents:
        free = first_day_free(held, policy)
        if free is None:
            still_open.add(held.purpose)
        else:
            ends[held.purpose] = max(free, ends.get(held.purpose, departed_on + _DAY))
    return {purpose: day for purpose, day in ends.items() if purpose not in still_open}


def due_on(
    documents: Collection[Held],
    departed_on: date | None,
    notified: Collection[str],
    policy: DisposalPolicy = DEFAULT_POLICY,
) -> date | None:
    """The first day on which nothing requires the number: the last of its ends.

    None while the person is with the company or has a document whose matter is open. The arguments, and what is raised,
    are those of `ends_of`.
    """
    ends = ends_of(documents, departed_on, notified, policy)
    if departed_on is None or any(first_day_free(held, policy) is None for held in documents):
        return None
    return max(ends.values(), default=departed_on + _DAY)


def _after(day: date, years: int | None) -> date:
    """The day after a period of so many years that is counted from the day after `day`."""
    start = day + _DAY
    year = start.year + (years or 0)
    if (start.month, start.day) == (2, 29) and not isleap(year):
        return date(year, 3, 1)
    return start.replace(year=year)


def _check_day(field: str, day: date | None) -> None:
    if day is not None and not _FIRST_DAY <= day <= _LAST_DAY:
        raise RetentionError(
            field,
            f"{_FIRST_DAY}(番号法の施行日)から{_LAST_DAY}までの日を指定してください",
            f"give a day between {_FIRST_DAY}, when the My Number Act came into force, and {_LAST_DAY}",
        )
