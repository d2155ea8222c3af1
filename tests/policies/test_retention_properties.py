"""What holds of the retention clock for all dates; rule C against a count of days that knows no arithmetic of years."""

from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from policies.disposal_plan import DisposalPolicy
from policies.purposes import RetentionRule
from policies.retention import Held, deadline_of_year, due_on, ends_of, first_day_free

A, B, C, LOG, NONE = RetentionRule
DAY = timedelta(days=1)
FIRST = date(2015, 10, 5)

days = st.dates(FIRST, date(2150, 12, 31))
copies = st.integers(0, 7)
policies = copies.map(lambda years: DisposalPolicy(copies_years=years))
codes = st.sampled_from(["TAX_FUYO", "TAX_GENSEN", "EI_SOSHITSU", "SI_SOSHITSU", "TAX_SHI_FUDO"])
forms = st.builds(Held, codes, st.just(A), st.integers(1, 10), days)
notices = st.builds(Held, codes, st.just(C), st.integers(1, 10), st.none(), days)
records = st.builds(Held, codes, st.just(B), st.integers(1, 7), st.none() | days, days)
others = st.builds(Held, codes, st.sampled_from([LOG, NONE]), st.none(), st.none(), days)
settled = forms | notices | records | others
still_open = st.builds(Held, codes, st.just(C), st.integers(1, 10)) | st.builds(
    Held, codes, st.just(NONE), st.none()
)


def counted_by_hand(closed_on: date, years: int) -> date:
    """The first free day, found by walking through the calendar and asking of each day whether it is the last."""
    start = closed_on + DAY
    today = start
    while True:
        tomorrow = today + DAY
        last_year = tomorrow.year == start.year + years
        if last_year and f"{tomorrow:%m%d}" == f"{start:%m%d}":
            return tomorrow
        if last_year and f"{start:%m%d}" == "0229" and (today.month, tomorrow.month) == (2, 3):
            return tomorrow
        today = tomorrow


@given(days, st.integers(1, 10))
def test_rule_c_is_as_long_as_a_naive_count_of_days(completed: date, years: int) -> None:
    free = first_day_free(Held("EI_SOSHITSU", C, years, completed_on=completed))
    assert free == counted_by_hand(completed, years)


@given(st.integers(2016, 2150), st.integers(1, 10))
def test_the_naive_count_agrees_around_the_end_of_february(year: int, years: int) -> None:
    for completed in (date(year, 2, 27) + n * DAY for n in range(4)):
        assert first_day_free(Held("X", C, years, completed_on=completed)) == counted_by_hand(
            completed, years
        )


@given(days, st.integers(1, 10))
def test_rule_c_lasts_its_years_and_no_more_than_the_leap_days_in_them(completed: date, years: int) -> None:
    free = first_day_free(Held("X", C, years, completed_on=completed))
    assert free is not None
    length = (free - completed - DAY).days
    assert 365 * years <= length <= 365 * years + (years + 3) // 4


@given(forms)
def test_rule_a_always_falls_on_the_11th_of_january_of_its_year(held: Held) -> None:
    assert held.deadline_on is not None
    assert held.years is not None
    assert first_day_free(held) == date(held.deadline_on.year + 1 + held.years, 1, 11)


@given(days.filter(lambda each: each > FIRST))
def test_the_first_pay_of_a_year_lengthens_the_form_by_a_year_unless_it_is_on_new_years_day(
    first_pay: date,
) -> None:
    free = first_day_free(Held("TAX_FUYO", A, 7, deadline_of_year(first_pay)))
    on_new_years_day = (first_pay.month, first_pay.day) == (1, 1)
    assert free == date(first_pay.year + (7 if on_new_years_day else 8), 1, 11)


@given(settled, policies)
def test_a_settled_document_always_has_a_day_and_it_lies_after_what_it_is_counted_from(
    held: Held, policy: DisposalPolicy
) -> None:
    free = first_day_free(held, policy)
    assert free is not None
    assert free > max(each for each in (held.deadline_on, held.completed_on) if each)


@given(still_open, policies)
def test_an_open_document_never_has_one(held: Held, policy: DisposalPolicy) -> None:
    assert first_day_free(held, policy) is None


@given(settled, days, policies)
def test_a_later_day_never_makes_the_number_go_earlier(
    held: Held, later: date, policy: DisposalPolicy
) -> None:
    moved = Held(
        held.purpose,
        held.rule,
        held.years,
        held.deadline_on and max(held.deadline_on, later),
        held.completed_on and max(held.completed_on, later),
    )
    before, after = first_day_free(held, policy), first_day_free(moved, policy)
    assert before is not None
    assert after is not None
    assert before <= after


@given(forms | notices)
def test_another_year_makes_the_number_go_later(held: Held) -> None:
    assert held.years is not None
    longer = Held(held.purpose, held.rule, held.years + 1, held.deadline_on, held.completed_on)
    before, after = first_day_free(held), first_day_free(longer)
    assert before is not None
    assert after is not None
    assert before < after


@given(records, copies, copies)
def test_more_years_of_copies_never_make_the_number_go_earlier(held: Held, some: int, more: int) -> None:
    free = [first_day_free(held, DisposalPolicy(copies_years=years)) for years in sorted((some, more))]
    assert free[0] is not None
    assert free[1] is not None
    assert free[0] <= free[1]


@given(records, policies)
def test_copies_are_never_kept_beyond_seven_years_from_filing_and_the_end_of_the_contract(
    held: Held, policy: DisposalPolicy
) -> None:
    free = first_day_free(held, policy)
    assert free is not None
    assert held.completed_on is not None
    seven_years = counted_by_hand(held.deadline_on or held.completed_on, 7)
    assert free <= max(seven_years, held.completed_on + DAY)


documents_of_a_person = st.lists(settled, max_size=6)
told = st.sets(codes)


@given(documents_of_a_person, days, told, policies)
def test_due_on_is_the_last_of_the_ends(
    documents: Sequence[Held], departed: date, notified: set[str], policy: DisposalPolicy
) -> None:
    ends = ends_of(documents, departed, notified, policy)
    due = due_on(documents, departed, notified, policy)
    assert due is not None
    assert due == max([*ends.values(), departed + DAY])
    assert ends.keys() == notified | {held.purpose for held in documents}
    for held in documents:
        free = first_day_free(held, policy)
        assert free is not None
        assert ends[held.purpose] >= free
    assert all(
        end == departed + DAY
        or any(first_day_free(each, policy) == end for each in documents if each.purpose == code)
        for code, end in ends.items()
    )


@given(documents_of_a_person, still_open, days, told)
def test_with_one_open_document_a_number_is_never_due(
    documents: list[Held], unsettled: Held, departed: date, notified: set[str]
) -> None:
    everything = [*documents, unsettled]
    assert due_on(everything, departed, notified) is None
    rest = [held for held in documents if held.purpose != unsettled.purpose]
    assert ends_of(everything, departed, notified) == ends_of(rest, departed, notified - {unsettled.purpose})


@given(documents_of_a_person, days, days, told)
def test_a_later_departure_ends_nothing_earlier(
    documents: list[Held], one: date, other: date, notified: set[str]
) -> None:
    earlier, later = sorted((one, other))
    before, after = ends_of(documents, earlier, notified), ends_of(documents, later, notified)
    assert all(before[code] <= after[code] for code in before)


@given(documents_of_a_person, settled, days, told)
def test_one_document_more_ends_nothing_earlier(
    documents: list[Held], another: Held, departed: date, notified: set[str]
) -> None:
    before = ends_of(documents, departed, notified)
    after = ends_of([*documents, another], departed, notified)
    assert all(before[code] <= after[code] for code in before)


@given(documents_of_a_person, days, told)
def test_the_order_of_the_documents_does_not_matter(
    documents: list[Held], departed: date, notified: set[str]
) -> None:
    assert ends_of(documents, departed, notified) == ends_of(documents[::-1], departed, sorted(notified))
