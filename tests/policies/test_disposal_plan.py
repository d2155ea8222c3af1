"""When a tenant disposes of what is due: run days worked by hand, holds, and a forecast that loses nobody."""

from collections import Counter
from dataclasses import FrozenInstanceError, fields
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.disposal_plan import (
    DEFAULT_POLICY,
    DisposalMode,
    DisposalPolicy,
    Forecast,
    Hold,
    MonthDue,
    RetentionError,
    forecast,
    may_go,
    notice_day,
    on_hold,
    run_day,
)

AT_ONCE, YEARLY = DisposalMode
DAY = timedelta(days=1)
days = st.dates(date(2015, 10, 5), date(2199, 12, 31))
months = st.integers(1, 12)


def day(text: str) -> date:
    return date.fromisoformat(text)


class TestTheChoice:
    def test_by_default_numbers_go_at_once_copies_stay_seven_years_and_runs_are_told_thirty_days_before(
        self,
    ) -> None:
        assert DisposalPolicy(mode=AT_ONCE, copies_years=7, notice_days=30) == DEFAULT_POLICY

    @pytest.mark.parametrize("copies_years", range(8))
    def test_copies_may_be_kept_from_none_to_seven_years(self, copies_years: int) -> None:
        assert DisposalPolicy(copies_years=copies_years).copies_years == copies_years

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("month", 0),
            ("month", 13),
            ("copies_years", -1),
            ("copies_years", 8),
            ("notice_days", -1),
            ("notice_days", 367),
        ],
    )
    def test_a_choice_that_is_none_is_refused_by_field_in_both_languages(
        self, field: str, value: int
    ) -> None:
        chosen = {"month": 3, "copies_years": 7, "notice_days": 30, field: value}
        with pytest.raises(RetentionError) as caught:
            DisposalPolicy(YEARLY, chosen["month"], chosen["copies_years"], chosen["notice_days"])
        assert caught.value.field == field
        assert "指定してください" in caught.value.message_ja
        assert caught.value.message_en.startswith("choose")

    def test_a_choice_cannot_be_changed_in_place(self) -> None:
        for field in fields(DisposalPolicy):
            with pytest.raises(FrozenInstanceError):
                setattr(DEFAULT_POLICY, field.name, None)


# due on, month with which the year ends, the day of the yearly batch
YEARLY_RUNS = [
    ("2026-01-11", 3, "2026-03-31", "due in January, year ends in March"),
    ("2026-03-31", 3, "2026-03-31", "due on the last day of the year itself"),
    ("2026-03-01", 3, "2026-03-31", "due within the last month"),
    ("2026-04-01", 3, "2027-03-31", "due on the first day of the next year"),
    ("2026-12-31", 12, "2026-12-31", "calendar year, due on its last day"),
    ("2027-01-01", 12, "2027-12-31", "calendar year, due on its first day"),
    ("2026-01-11", 2, "2026-02-28", "year ends in February"),
    ("2028-01-11", 2, "2028-02-29", "year ends in February of a leap year"),
    ("2028-02-29", 2, "2028-02-29", "due on the leap day on which the year ends"),
    ("2027-03-01", 2, "2028-02-29", "a year that ends on the next leap day"),
    ("2026-09-30", 9, "2026-09-30", "year ends in September, a month of thirty days"),
    ("2026-10-01", 9, "2027-09-30", "the day after it"),
]


class TestTheRunDay:
    @pytest.mark.parametrize(
        ("due", "month", "run"), [row[:3] for row in YEARLY_RUNS], ids=[row[3] for row in YEARLY_RUNS]
    )
    def test_a_yearly_batch_runs_on_the_last_day_of_the_year(self, due: str, month: int, run: str) -> None:
        assert run_day(day(due), YEARLY, month) == day(run)

    @given(days, months)
    def test_at_once_is_the_due_day_whatever_the_month(self, due: date, month: int) -> None:
        assert run_day(due, AT_ONCE, month) == due

    @given(days, months)
    def test_a_yearly_batch_is_the_first_end_of_that_month_that_is_not_before_the_due_day(
        self, due: date, month: int
    ) -> None:
        walked = due
        while not (walked.month == month and (walked + DAY).month != month):
            walked += DAY
        assert run_day(due, YEARLY, month) == walked

    @given(days, days, months, st.sampled_from(DisposalMode))
    def test_who_falls_due_later_never_goes_earlier(
        self, one: date, other: date, month: int, mode: DisposalMode
    ) -> None:
        earlier, later = sorted((one, other))
        assert run_day(earlier, mode, month) <= run_day(later, mode, month)

    @pytest.mark.parametrize("mode", DisposalMode)
    @pytest.mark.parametrize("month", [0, 13, -3])
    def test_a_month_that_does_not_exist_is_refused(self, mode: DisposalMode, month: int) -> None:
        with pytest.raises(RetentionError, match="month"):
            run_day(day("2026-01-11"), mode, month)

    @pytest.mark.parametrize(
        ("run", "notice", "proposed"),
        [("2026-01-11", 30, "2025-12-12"), ("2028-03-31", 31, "2028-02-29"), ("2026-01-11", 0, "2026-01-11")],
    )
    def test_a_run_is_proposed_so_many_days_before_it(self, run: str, notice: int, proposed: str) -> None:
        assert notice_day(day(run), notice) == day(proposed)


class TestHolds:
    @pytest.mark.parametrize(
        ("today", "held"),
        [("2026-01-09", False), ("2026-01-10", True), ("2026-02-28", True), ("2026-03-01", False)],
    )
    def test_a_hold_stands_from_its_day_until_the_day_it_is_lifted(self, today: str, held: bool) -> None:
        hold = Hold(day("2026-01-10"), day("2026-03-01"))
        assert on_hold([hold], day(today)) is held

    @given(days)
    def test_a_hold_that_nobody_lifted_stands_for_ever(self, today: date) -> None:
        assert on_hold([Hold(date(2015, 10, 5))], today)

    def test_without_holds_nobody_is_held(self) -> None:
        assert not on_hold([], day("2026-01-10"))

    def test_lifting_one_hold_leaves_the_other(self) -> None:
        holds = [Hold(day("2026-01-10"), day("2026-01-20")), Hold(day("2026-01-15"))]
        assert on_hold(holds, day("2026-06-01"))

    def test_a_hold_placed_and_lifted_on_one_day_holds_nothing(self) -> None:
        assert not on_hold([Hold(day("2026-01-10"), day("2026-01-10"))], day("2026-01-10"))

    @pytest.mark.parametrize(
        ("due", "holds", "goes"),
        [
            (None, [], False),
            ("2026-01-12", [], False),
            ("2026-01-11", [], True),
            ("2020-01-11", [], True),
            ("2020-01-11", [Hold(day("2025-06-01"))], False),
            ("2020-01-11", [Hold(day("2025-06-01"), day("2026-01-11"))], True),
        ],
    )
    def test_a_number_goes_when_its_day_has_come_and_no_hold_keeps_it(
        self, due: str | None, holds: list[Hold], goes: bool
    ) -> None:
        assert may_go(day(due) if due else None, holds, day("2026-01-11")) is goes


class TestTheForecast:
    def test_a_year_ahead_is_twelve_months_with_a_count_for_each(self) -> None:
        today = day("2026-11-22")
        due = [
            "2026-01-11",
            "2026-11-21",
            "2026-11-22",
            "2026-11-30",
            "2027-01-11",
            "2027-01-11",
            "2027-10-31",
        ]
        ahead = forecast([day(each) for each in [*due, "2027-11-01", "2033-01-11"]], today)
        assert ahead == Forecast(
            overdue=2,
            months=(
                MonthDue("2026-11", 2),
                MonthDue("2026-12", 0),
                MonthDue("2027-01", 2),
                MonthDue("2027-02", 0),
                MonthDue("2027-03", 0),
                MonthDue("2027-04", 0),
                MonthDue("2027-05", 0),
                MonthDue("2027-06", 0),
                MonthDue("2027-07", 0),
                MonthDue("2027-08", 0),
                MonthDue("2027-09", 0),
                MonthDue("2027-10", 1),
            ),
            later=2,
            until=day("2027-10-31"),
        )

    def test_days_may_come_counted(self) -> None:
        today = day("2026-12-01")
        counted = {day("2027-01-11"): 37, day("2026-03-31"): 2, day("2030-01-11"): 5}
        ahead = forecast(counted, today)
        assert (ahead.overdue, ahead.months[1], ahead.later) == (2, MonthDue("2027-01", 37), 5)
        assert ahead == forecast([each for each, count in counted.items() for _ in range(count)], today)

    @pytest.mark.parametrize(
        ("today", "first", "last", "until"),
        [
            ("2026-01-01", "2026-01", "2026-12", "2026-12-31"),
            ("2026-12-31", "2026-12", "2027-11", "2027-11-30"),
            ("2027-03-31", "2027-03", "2028-02", "2028-02-29"),
        ],
    )
    def test_it_begins_with_this_month_and_ends_with_the_eleventh_after_it(
        self, today: str, first: str, last: str, until: str
    ) -> None:
        ahead = forecast([], day(today))
        assert (ahead.months[0].month, ahead.months[-1].month, ahead.until) == (first, last, day(until))
        assert (ahead.overdue, ahead.later, sum(each.persons for each in ahead.months)) == (0, 0, 0)

    @given(
        st.lists(st.dates(date(2024, 1, 1), date(2029, 12, 31))), st.dates(date(2025, 1, 1), date(2028, 1, 1))
    )
    def test_everybody_is_counted_once_and_in_the_month_of_their_day(
        self, due: list[date], today: date
    ) -> None:
        ahead = forecast(due, today)
        assert len(ahead.months) == 12
        assert ahead.overdue == sum(each < today for each in due)
        assert ahead.later == sum(each > ahead.until for each in due)
        by_month = Counter(each.isoformat()[:7] for each in due if today <= each <= ahead.until)
        assert {each.month: each.persons for each in ahead.months if each.persons} == by_month
        assert [each.month for each in ahead.months] == sorted({each.month for each in ahead.months})
