"""What docs/retention.md tells a lawyer is what the program counts, and what the catalogue cites."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from policies.disposal_plan import DEFAULT_POLICY, DisposalMode, DisposalPolicy, run_day
from policies.purposes import Confidence, PurposeStatus, RetentionRule, load_catalogue
from policies.retention import Held, deadline_of_year, due_on, ends_of, first_day_free

PAGE = (Path(__file__).parents[2] / "docs" / "retention.md").read_text(encoding="utf-8")
CATALOGUE = load_catalogue()
DAY = timedelta(days=1)
NOTHING = "—"


def rows(first_head: str) -> Iterator[list[str]]:
    """The rows of every table whose first column has this head."""
    for table in re.findall(rf"(?m)^\| {re.escape(first_head)} .*\n\|[- |]+\n((?:\|.*\n)+)", PAGE):
        for line in table.splitlines():
            yield [cell.strip() for cell in line.strip("|").split("|")]


def day(cell: str) -> date | None:
    return None if cell in {NOTHING, ""} else date.fromisoformat(cell)


def held(purpose: str, rule: RetentionRule, years: int | None, cell: str) -> Held:
    """A document from the days the page counts it from; rule B has two, the deadline and the contract's end."""
    first, _, second = cell.partition(", ")
    if rule is RetentionRule.A:
        return Held(purpose, rule, years, deadline_on=day(first))
    if rule is RetentionRule.B:
        return Held(purpose, rule, years, day(first), day(second))
    return Held(purpose, rule, years, completed_on=day(first))


EXAMPLES = [row for row in rows("規則 / Rule") if len(row) == 7]
PAYS = list(rows("最初の給与 / First pay"))
RUNS = list(rows("期限の日 / Due"))
PERSON = list(rows("目的 / Purpose"))
BASES = [row for row in rows("規則 / Rule") if len(row) == 3]
READINGS = list(rows("根拠 / Basis"))


def test_the_page_works_out_examples_of_every_rule() -> None:
    assert len(EXAMPLES) >= 20
    assert {row[0] for row in EXAMPLES} == set(RetentionRule)
    assert len(PAYS) >= 5
    assert len(RUNS) >= 4


@pytest.mark.parametrize(
    ("rule", "counted_from", "years", "first", "last", "free"),
    [row[:6] for row in EXAMPLES],
    ids=[f"{row[0]} {row[1]} {row[2]}" for row in EXAMPLES],
)
def test_a_worked_example_is_what_the_program_counts(
    rule: str, counted_from: str, years: str, first: str, last: str, free: str
) -> None:
    copies = int(years) if rule == RetentionRule.B else DEFAULT_POLICY.copies_years
    statutory = 7 if rule == RetentionRule.B else int(years) if years != NOTHING else None
    document = held("X", RetentionRule(rule), statutory, counted_from)
    assert first_day_free(document, DisposalPolicy(copies_years=copies)) == day(free)
    start, end, goes = day(first), day(last), day(free)
    if start is None or end is None or goes is None:
        assert start is end is None
        return
    assert end + DAY == goes
    base = document.deadline_on or document.completed_on
    assert base is not None
    assert start == (date(base.year + 1, 1, 11) if rule == RetentionRule.A else base + DAY)


@pytest.mark.parametrize(("first_pay", "deadline", "free"), PAYS, ids=[row[0] for row in PAYS])
def test_a_filing_deadline_is_what_the_program_counts(first_pay: str, deadline: str, free: str) -> None:
    counted = deadline_of_year(date.fromisoformat(first_pay))
    assert counted == day(deadline)
    assert first_day_free(Held.of(CATALOGUE.purposes["TAX_FUYO"], deadline_on=counted)) == day(free)


@pytest.mark.parametrize(("due", "mode", "month", "goes"), RUNS, ids=[" ".join(row[:3]) for row in RUNS])
def test_a_day_of_disposal_is_what_the_program_counts(due: str, mode: str, month: str, goes: str) -> None:
    assert run_day(date.fromisoformat(due), DisposalMode(mode), int(month)) == day(goes)


def test_the_employee_who_left_is_told_as_the_program_counts() -> None:
    *purposes, number = PERSON
    codes = [row[0].strip("`") for row in purposes]
    documents = []
    for code, (_, cells, _) in zip(codes, purposes, strict=True):
        for written in cells.split(", ") if cells != NOTHING else ():
            rule, counted_from = written.split()
            kept = CATALOGUE.purposes[code].retention
            assert kept.rule == rule
            documents.append(held(code, kept.rule, kept.years, counted_from))
    left = date(2025, 3, 31)
    assert f"{left.year}年{left.month}月{left.day}日に離職した従業員" in PAGE
    assert ends_of(documents, left, codes) == {
        code: day(row[2]) for code, row in zip(codes, purposes, strict=True)
    }
    assert due_on(documents, left, codes) == day(number[2])


def test_the_page_cites_every_basis_of_the_catalogue_with_its_confidence() -> None:
    usable = [each for each in CATALOGUE.purposes.values() if each.status is not PurposeStatus.REFUSED]
    cited = {
        (
            f"{kept.rule} {kept.years}" if kept.years else str(kept.rule),
            f"{kept.basis.ja} / {kept.basis.en}",
            str(kept.confidence),
        )
        for kept in (each.retention for each in usable)
    }
    told = [tuple(row) for row in BASES if row[2] in set(Confidence)]
    assert set(told) == cited
    assert len(told) == len(cited)


def test_every_other_basis_names_how_well_it_was_checked() -> None:
    assert len(READINGS) >= 10
    assert {row[2] for row in READINGS} <= set(Confidence)


def test_the_defaults_are_told_as_they_are() -> None:
    assert f"既定は{DEFAULT_POLICY.copies_years}年" in PAGE
    assert f"{DEFAULT_POLICY.copies_years} by default" in PAGE
    assert f"既定は{DEFAULT_POLICY.notice_days}日前" in PAGE
    assert f"{DEFAULT_POLICY.notice_days} by default" in PAGE
    assert DEFAULT_POLICY.mode is DisposalMode.AT_ONCE
    assert "既定は「直ちに」" in PAGE
    assert "At once is the default" in PAGE
