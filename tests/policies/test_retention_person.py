"""One person's ends and due day, from documents and departures whose days were worked out by hand."""

from datetime import date

import pytest

from policies.disposal_plan import DisposalPolicy, RetentionError
from policies.purposes import RetentionRule
from policies.retention import Held, due_on, ends_of

A, B, C, LOG, NONE = RetentionRule


def day(text: str) -> date:
    return date.fromisoformat(text)


def form(deadline: str) -> Held:
    return Held("TAX_FUYO", A, 7, deadline_on=day(deadline))


def closed(completed: str, years: int) -> Held:
    return Held("EI_SOSHITSU" if years == 4 else "SI_SOSHITSU", C, years, completed_on=day(completed))


NOTIFIED = ("TAX_FUYO", "TAX_GENSEN", "EI_SOSHITSU", "SI_SOSHITSU")
LEFT = day("2025-03-31")
DOCUMENTS = (
    form("2024-01-24"),  # 2025-01-11 to 2032-01-10
    form("2025-01-23"),  # 2026-01-11 to 2033-01-10
    closed("2025-03-31", 4),  # 2025-04-01 to 2029-03-31
    closed("2025-03-31", 2),  # 2025-04-01 to 2027-03-31
)


def test_each_purpose_ends_with_the_last_of_its_documents() -> None:
    assert ends_of(DOCUMENTS, LEFT, NOTIFIED) == {
        "TAX_FUYO": day("2033-01-11"),
        "TAX_GENSEN": day("2025-04-01"),
        "EI_SOSHITSU": day("2029-04-01"),
        "SI_SOSHITSU": day("2027-04-01"),
    }


def test_the_number_goes_with_the_last_purpose() -> None:
    assert due_on(DOCUMENTS, LEFT, NOTIFIED) == day("2033-01-11")


def test_while_the_person_is_with_the_company_nothing_ends() -> None:
    assert ends_of(DOCUMENTS, None, NOTIFIED) == {}
    assert due_on(DOCUMENTS, None, NOTIFIED) is None
    assert due_on((), None, ()) is None


def test_a_purpose_without_a_document_ends_the_day_after_the_departure() -> None:
    assert ends_of((), LEFT, NOTIFIED) == dict.fromkeys(NOTIFIED, day("2025-04-01"))
    assert due_on((), LEFT, NOTIFIED) == day("2025-04-01")


def test_a_person_who_was_told_nothing_and_has_no_document_is_due_the_day_after_leaving() -> None:
    assert ends_of((), day("2024-02-28"), ()) == {}
    assert due_on((), day("2024-02-28"), ()) == day("2024-02-29")


def test_documents_whose_time_was_over_long_before_do_not_end_a_purpose_before_the_departure() -> None:
    old = form("2016-01-24")  # free from 2024-01-11
    assert ends_of((old,), LEFT, ("TAX_FUYO",)) == {"TAX_FUYO": day("2025-04-01")}


def test_an_open_matter_keeps_its_purpose_and_the_number_but_not_the_other_purposes() -> None:
    leave = Held("EI_IKUKYU", C, 4)
    ends = ends_of((*DOCUMENTS, leave), LEFT, (*NOTIFIED, "EI_IKUKYU"))
    assert ends == ends_of(DOCUMENTS, LEFT, NOTIFIED)
    assert due_on((*DOCUMENTS, leave), LEFT, (*NOTIFIED, "EI_IKUKYU")) is None


def test_one_open_document_keeps_its_purpose_though_another_of_it_is_closed() -> None:
    documents = (closed("2025-03-31", 2), Held("SI_SOSHITSU", C, 2))
    assert "SI_SOSHITSU" not in ends_of(documents, LEFT, NOTIFIED)
    assert "SI_SOSHITSU" not in ends_of(documents[::-1], LEFT, NOTIFIED)


def test_a_matter_closed_after_the_departure_counts_from_its_own_day() -> None:
    # the loss notice was filed and settled on 8 April: 2025-04-09 to 2029-04-08
    assert ends_of((closed("2025-04-08", 4),), LEFT, ())["EI_SOSHITSU"] == day("2029-04-09")


def test_a_document_of_a_purpose_that_was_not_told_keeps_the_number_all_the_same() -> None:
    assert due_on((form("2025-01-23"),), LEFT, ("TAX_GENSEN",)) == day("2033-01-11")


def test_the_years_chosen_for_copies_decide_a_payees_day() -> None:
    copy = Held("TAX_SHI_HOSHU", B, 7, day("2026-01-31"), day("2025-12-31"))
    days = [due_on((copy,), day("2025-12-31"), (), DisposalPolicy(copies_years=n)) for n in (7, 3, 0)]
    assert days == [day("2033-02-01"), day("2029-02-01"), day("2026-02-01")]


@pytest.mark.parametrize("departed", ["2015-10-04", "2200-01-01", "9999-12-31"])
def test_an_impossible_departure_is_refused(departed: str) -> None:
    with pytest.raises(RetentionError, match="departed_on"):
        ends_of((), day(departed), ())
    with pytest.raises(RetentionError, match="departed_on"):
        due_on((), day(departed), ())
