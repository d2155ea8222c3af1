"""The retention clock against dates worked out by hand from the words of the law."""

from dataclasses import FrozenInstanceError, fields
from datetime import date

import pytest

from policies.disposal_plan import DisposalPolicy, RetentionError
from policies.purposes import Purpose, PurposeStatus, RetentionRule, load_catalogue
from policies.retention import Held, deadline_of_year, first_day_free

A, B, C, LOG, NONE = RetentionRule
CATALOGUE = load_catalogue()


def day(text: str) -> date:
    return date.fromisoformat(text)


def form(deadline: str) -> Held:
    return Held("TAX_FUYO", A, 7, deadline_on=day(deadline))


def closed(completed: str, years: int) -> Held:
    return Held("EI_SOSHITSU" if years == 4 else "SI_SOSHITSU", C, years, completed_on=day(completed))


# --- first pay of the year -> filing deadline: 支払を受ける日の前日 (所得税法194条)

DEADLINES = [
    ("2026-01-01", "2025-12-31", "paid on the first day of the year: the deadline is of the year before"),
    ("2016-01-01", "2015-12-31", "the first year of numbers, paid on its first day"),
    ("2026-01-02", "2026-01-01", "paid on the second: the deadline is a holiday and does not move"),
    ("2026-01-04", "2026-01-03", "paid on the fourth, after the New Year holidays"),
    ("2025-01-24", "2025-01-23", "paid in January, as most are"),
    ("2024-03-01", "2024-02-29", "joined in February of a leap year"),
    ("2025-03-01", "2025-02-28", "joined in February of a common year"),
    ("2026-12-31", "2026-12-30", "joined in December and paid on its last day"),
]


@pytest.mark.parametrize(
    ("first_pay", "deadline"), [row[:2] for row in DEADLINES], ids=[row[2] for row in DEADLINES]
)
def test_the_deadline_is_the_day_before_the_first_pay(first_pay: str, deadline: str) -> None:
    assert deadline_of_year(day(first_pay)) == day(deadline)


# --- A: 提出期限の属する年の翌年1月10日の翌日から7年を経過する日 (所得税法施行規則76条の3)
# (filing deadline, free from, the computation)

RULE_A = [
    ("2018-01-24", "2026-01-11", "2018: 2019-01-11 to 2026-01-10"),
    ("2025-01-23", "2033-01-11", "2025: 2026-01-11 to 2033-01-10"),
    ("2025-12-31", "2033-01-11", "first pay 2026-01-01, so 2025: 2026-01-11 to 2033-01-10"),
    ("2026-01-01", "2034-01-11", "first pay 2026-01-02, so 2026: 2027-01-11 to 2034-01-10"),
    ("2026-01-03", "2034-01-11", "first pay 2026-01-04, so 2026: 2027-01-11 to 2034-01-10"),
    ("2026-12-30", "2034-01-11", "first pay 2026-12-31, so 2026: 2027-01-11 to 2034-01-10"),
    ("2015-12-31", "2023-01-11", "first pay 2016-01-01, so 2015: 2016-01-11 to 2023-01-10"),
    ("2026-01-10", "2034-01-11", "on 10 January itself, of 2026: 2027-01-11 to 2034-01-10"),
    ("2026-01-11", "2034-01-11", "the day after 10 January, of 2026 still: 2027-01-11 to 2034-01-10"),
    ("2024-02-29", "2032-01-11", "29 February 2024: 2025-01-11 to 2032-01-10"),
    ("2020-06-24", "2028-01-11", "joined in June 2020: 2021-01-11 to 2028-01-10"),
    ("2025-12-24", "2033-01-11", "year-end form, last pay 2025-12-25, so 2025: 2026-01-11 to 2033-01-10"),
    ("2025-04-10", "2033-01-11", "secondary payer received it in 2025: 2026-01-11 to 2033-01-10"),
    ("2026-03-31", "2034-01-11", "retirement allowance paid 2026-03-31: 2027-01-11 to 2034-01-10"),
    ("2092-01-20", "2100-01-11", "2092, into a century that is no leap year: 2093-01-11 to 2100-01-10"),
]


@pytest.mark.parametrize(("deadline", "free"), [row[:2] for row in RULE_A], ids=[row[2] for row in RULE_A])
def test_a_form_kept_for_the_tax_office_goes_on_the_11th_of_january(deadline: str, free: str) -> None:
    assert first_day_free(form(deadline)) == day(free)


# --- C: 完結の日から2年・4年 (雇用保険法施行規則143条, 健康保険法施行規則34条, 厚生年金保険法施行規則28条);
# the first day is not counted (民法140条), the period ends before the corresponding day, or with the month (143条2項)
# (closed on, years, free from, the computation)

RULE_C = [
    ("2025-03-31", 4, "2029-04-01", "2025-04-01 to 2029-03-31, before 1 April"),
    ("2025-03-31", 2, "2027-04-01", "2025-04-01 to 2027-03-31, before 1 April"),
    ("2024-02-28", 2, "2026-03-01", "2024-02-29 to 2026-02-28: no 29 February 2026, ends with the month"),
    ("2024-02-28", 4, "2028-02-29", "2024-02-29 to 2028-02-28, before 29 February 2028"),
    ("2020-02-28", 2, "2022-03-01", "2020-02-29 to 2022-02-28: no 29 February 2022, ends with the month"),
    ("2020-02-28", 4, "2024-02-29", "2020-02-29 to 2024-02-28, before 29 February 2024"),
    ("2096-02-28", 4, "2100-03-01", "2096-02-29 to 2100-02-28: 2100 is no leap year, ends with the month"),
    ("2024-02-29", 2, "2026-03-01", "2024-03-01 to 2026-02-28, before 1 March"),
    ("2024-02-29", 4, "2028-03-01", "2024-03-01 to 2028-02-29, before 1 March"),
    ("2023-02-28", 2, "2025-03-01", "2023-03-01 to 2025-02-28, before 1 March"),
    ("2023-02-28", 4, "2027-03-01", "2023-03-01 to 2027-02-28, before 1 March"),
    ("2022-02-28", 2, "2024-03-01", "2022-03-01 to 2024-02-29: one day more, before 1 March"),
    ("2098-02-28", 2, "2100-03-01", "2098-03-01 to 2100-02-28, before 1 March"),
    ("2024-02-27", 2, "2026-02-28", "2024-02-28 to 2026-02-27, before 28 February"),
    ("2024-03-01", 2, "2026-03-02", "2024-03-02 to 2026-03-01, before 2 March"),
    ("2025-12-31", 2, "2028-01-01", "2026-01-01 to 2027-12-31: two years from their beginning (143条1項)"),
    ("2025-12-31", 4, "2030-01-01", "2026-01-01 to 2029-12-31: four years from their beginning (143条1項)"),
    ("2024-12-31", 4, "2029-01-01", "2025-01-01 to 2028-12-31: four years from their beginning (143条1項)"),
    ("2025-12-30", 2, "2027-12-31", "2025-12-31 to 2027-12-30, before 31 December"),
    ("2026-01-01", 2, "2028-01-02", "2026-01-02 to 2028-01-01, before 2 January"),
    ("2025-04-30", 2, "2027-05-01", "2025-05-01 to 2027-04-30, before 1 May"),
    ("2025-05-30", 2, "2027-05-31", "2025-05-31 to 2027-05-30, before 31 May"),
    ("2025-05-31", 4, "2029-06-01", "2025-06-01 to 2029-05-31, before 1 June"),
    ("2025-02-28", 2, "2027-03-01", "2025-03-01 to 2027-02-28, a Sunday, which lengthens nothing (142条)"),
    ("2021-12-31", 2, "2024-01-01", "2022-01-01 to 2023-12-31, in the New Year holidays (142条)"),
]


@pytest.mark.parametrize(
    ("completed", "years", "free"), [row[:3] for row in RULE_C], ids=[f"{row[1]}y {row[3]}" for row in RULE_C]
)
def test_a_notice_goes_years_after_its_matter_was_closed(completed: str, years: int, free: str) -> None:
    assert first_day_free(closed(completed, years)) == day(free)


# --- B: no statutory period; as long as the contract lasts, then the years the tenant chose from the filing deadline,
# which is where the years for reassessment begin (国税通則法70条5項; 10条1項 counts like 民法143条)
# (filing deadline, contract ended, chosen years, free from, the computation)

RULE_B = [
    ("2026-01-31", "2025-12-31", 7, "2033-02-01", "2026-02-01 to 2033-01-31"),
    ("2026-01-31", "2025-12-31", 5, "2031-02-01", "2026-02-01 to 2031-01-31"),
    ("2026-01-31", "2025-12-31", 1, "2027-02-01", "2026-02-01 to 2027-01-31"),
    ("2026-01-31", "2025-12-31", 0, "2026-02-01", "no copies: filed by 2026-01-31, free the day after"),
    ("2026-01-31", "2026-03-31", 0, "2026-04-01", "no copies, but the lease lasted until 2026-03-31"),
    ("2026-01-31", "2026-03-31", 7, "2033-02-01", "the lease ended within the years of the copies"),
    (
        "2026-01-31",
        "2034-03-31",
        7,
        "2034-04-01",
        "the lease outlived the copies: free the day after it ended",
    ),
    ("2026-02-28", "2025-12-31", 7, "2033-03-01", "2026-03-01 to 2033-02-28"),
    ("2024-02-28", "2023-12-31", 5, "2029-03-01", "2024-02-29 to 2029-02-28: no 29 February 2029"),
    ("2024-02-28", "2023-12-31", 4, "2028-02-29", "2024-02-29 to 2028-02-28, before 29 February 2028"),
    (None, "2025-03-31", 7, "2032-04-01", "no deadline known: from the end, 2025-04-01 to 2032-03-31"),
    (None, "2025-03-31", 0, "2025-04-01", "no deadline known and no copies: the day after the end"),
]


@pytest.mark.parametrize(
    ("deadline", "ended", "years", "free"),
    [row[:4] for row in RULE_B],
    ids=[f"{row[2]}y {row[4]}" for row in RULE_B],
)
def test_a_copy_of_a_payment_record_goes_after_the_contract_and_the_years_chosen(
    deadline: str | None, ended: str, years: int, free: str
) -> None:
    filed = day(deadline) if deadline else None
    copy = Held("TAX_SHI_FUDO", B, 7, deadline_on=filed, completed_on=day(ended))
    assert first_day_free(copy, DisposalPolicy(copies_years=years)) == day(free)


# --- log, none: no period; 速やかに
# (closed on, free from)

NO_PERIOD = [
    ("2025-03-31", "2025-04-01"),
    ("2026-01-31", "2026-02-01"),
    ("2024-02-28", "2024-02-29"),
    ("2025-02-28", "2025-03-01"),
    ("2024-02-29", "2024-03-01"),
    ("2025-12-31", "2026-01-01"),
]


@pytest.mark.parametrize("rule", [LOG, NONE])
@pytest.mark.parametrize(("completed", "free"), NO_PERIOD)
def test_without_a_period_the_number_is_free_on_the_next_day(
    rule: RetentionRule, completed: str, free: str
) -> None:
    assert first_day_free(Held("TAX_GENSEN", rule, None, completed_on=day(completed))) == day(free)


def test_at_least_forty_five_dates_were_worked_by_hand() -> None:
    assert len(DEADLINES) + len(RULE_A) + len(RULE_C) + len(RULE_B) + len(NO_PERIOD) >= 45
    for table in (DEADLINES, RULE_A, RULE_C, RULE_B, NO_PERIOD):
        assert len(set(table)) == len(table)


@pytest.mark.parametrize("rule", [B, C, LOG, NONE])
def test_an_open_matter_has_no_day(rule: RetentionRule) -> None:
    years = 7 if rule in {B, C} else None
    assert first_day_free(Held("EI_IKUKYU", rule, years)) is None


def test_a_contract_that_goes_on_is_open_though_its_record_was_filed() -> None:
    lease = Held("TAX_SHI_FUDO", B, 7, deadline_on=day("2018-01-31"))
    assert first_day_free(lease, DisposalPolicy(copies_years=0)) is None


@pytest.mark.parametrize("years", range(8))
def test_what_the_tenant_chooses_for_copies_changes_no_statutory_period(years: int) -> None:
    policy = DisposalPolicy(copies_years=years)
    assert first_day_free(form("2025-01-23"), policy) == day("2033-01-11")
    assert first_day_free(closed("2025-03-31", 4), policy) == day("2029-04-01")


@pytest.mark.parametrize("years", [8, 10, -1])
def test_a_company_that_keeps_documents_longer_does_not_keep_the_number_longer(years: int) -> None:
    with pytest.raises(RetentionError) as caught:
        DisposalPolicy(copies_years=years)
    assert caught.value.field == "copies_years"
    assert "番号を除いて" in caught.value.message_ja
    assert "without the number" in caught.value.message_en


def test_not_even_a_longer_period_in_the_catalogue_lengthens_copies() -> None:
    copy = Held("TAX_SHI_FUDO", B, 10, day("2026-01-31"), day("2025-12-31"))
    assert first_day_free(copy) == day("2033-02-01")
    assert first_day_free(Held("TAX_SHI_FUDO", B, 5, copy.deadline_on, copy.completed_on)) == day(
        "2031-02-01"
    )


class TestDocuments:
    @pytest.mark.parametrize(
        "purpose", [each for each in CATALOGUE.purposes.values() if each.status is not PurposeStatus.REFUSED]
    )
    def test_rule_and_years_of_every_purpose_come_from_the_catalogue(self, purpose: Purpose) -> None:
        held = Held.of(purpose, deadline_on=day("2025-01-23"), completed_on=day("2025-03-31"))
        assert (held.purpose, held.rule, held.years) == (
            purpose.code,
            purpose.retention.rule,
            purpose.retention.years,
        )
        expected = {
            (A, 7): "2033-01-11",
            (B, 7): "2032-01-24",
            (C, 4): "2029-04-01",
            (C, 2): "2027-04-01",
            (LOG, None): "2025-04-01",
            (NONE, None): "2025-04-01",
        }
        assert first_day_free(held) == day(expected[held.rule, held.years])

    @pytest.mark.parametrize("code", ["RO_NENKIN", "EMPLOYEE_NUMBER", "CUSTOMER_NUMBER"])
    def test_of_a_refused_purpose_no_document_bears_a_number(self, code: str) -> None:
        with pytest.raises(RetentionError, match="purpose") as caught:
            Held.of(CATALOGUE.purposes[code], completed_on=day("2025-03-31"))
        assert "保存してはならない" in caught.value.message_ja

    @pytest.mark.parametrize(
        ("rule", "years", "deadline", "completed", "field"),
        [
            (A, None, "2025-01-23", None, "years"),
            (A, 0, "2025-01-23", None, "years"),
            (B, None, None, None, "years"),
            (C, -2, None, None, "years"),
            (LOG, 7, None, None, "years"),
            (NONE, 0, None, None, None),
            (NONE, 1, None, None, "years"),
            (A, 7, None, None, "deadline_on"),
            (A, 7, None, "2025-03-31", "deadline_on"),
            (A, 7, "2015-10-04", None, "deadline_on"),
            (A, 7, "2015-10-05", None, None),
            (C, 2, None, "2015-10-04", "completed_on"),
            (C, 2, None, "2015-10-05", None),
            (C, 2, None, "2199-12-31", None),
            (C, 2, None, "2200-01-01", "completed_on"),
            (B, 7, "0001-01-01", None, "deadline_on"),
            (C, 4, None, "9999-12-31", "completed_on"),
        ],
    )
    def test_what_cannot_be_counted_with_is_refused_by_field_in_both_languages(
        self,
        rule: RetentionRule,
        years: int | None,
        deadline: str | None,
        completed: str | None,
        field: str | None,
    ) -> None:
        days = [day(text) if text else None for text in (deadline, completed)]
        if field is None:
            assert Held("X", rule, years, *days).rule is rule
            return
        with pytest.raises(RetentionError) as caught:
            Held("X", rule, years, *days)
        assert caught.value.field == field
        assert "指定してください" in caught.value.message_ja
        assert "give" in caught.value.message_en
        assert str(caught.value) == f"{field}: {caught.value.message_ja} / {caught.value.message_en}"

    def test_a_document_cannot_be_changed(self) -> None:
        for field in fields(Held):
            with pytest.raises(FrozenInstanceError):
                setattr(form("2025-01-23"), field.name, None)
