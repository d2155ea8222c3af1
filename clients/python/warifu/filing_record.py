"""From a slip to the 132 values of its record, or to everything that stands against it.

What is filled in and what is not:

- Columns 8, 9, 48, 53 and 55 stay blank, as the notice says.
- Columns 26 to 35, 91 and 93 are counted from the family; 23 and 24 follow from the spouse.
- From a fifth dependent on, names stand in 摘要 (86) behind a number in brackets and Individual Numbers in
  備考 (128) behind the same one, as the tax agency's guide has it for paper. Children under 16 beyond the
  fourth are named in 摘要 with （年少）; that mark is the usage on paper and was not found in print here.
- Columns 64 to 69, 71 to 77 and 79 to 85 hold what the caller gives in `further`, checked for form alone.
- From 令和7年分 the form has 特定親族特別控除. Its columns could not be established: YEAR_NOT_CONFIRMED.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import date
from itertools import chain, repeat
from typing import Final

from warifu.era import tax_date
from warifu.filing_columns import (
    DEPENDENT_NUMBERS,
    FIRST_YEAR,
    LAST_CONFIRMED_YEAR,
    NOTE,
    PAYER_NUMBER,
    PERSON_NUMBER,
    SPOUSE_NUMBER,
    UNDER_16,
)
from warifu.filing_draft import Draft
from warifu.filing_family import ADULT, FamilyMember, age_on_december_31, count_dependents, is_elderly
from warifu.filing_problem import FilingProblem, FilingRefusedError
from warifu.filing_slip import COLUMN, MidYear, Payer, Person, WithholdingSlip
from warifu.my_number import FIELD_DIGITS, Problem, check, check_corporate, to_tax_field

KIND: Final = "375"
_REMARKS: Final = 86
_REQUIRED: Final = (4, 5, 12, 14, 16, PAYER_NUMBER)
_FURTHER: Final = frozenset({*range(64, 70), *range(71, 78), *range(79, 86)})
_CHILDREN: Final = tuple(UNDER_16)[::3]


def to_record(slip: WithholdingSlip, *, unconfirmed_layout: bool = False) -> list[str]:
    """The 132 values of a slip, in order.

    Args:
        slip: what to write.
        unconfirmed_layout: also accept years after `LAST_CONFIRMED_YEAR`, in the layout of that year.

    Raises:
        FilingRefusedError: with everything that stands against the slip.
    """
    draft = draft_record(slip, 1, unconfirmed_layout=unconfirmed_layout)
    if draft.problems:
        raise FilingRefusedError(tuple(draft.problems))
    return draft.values


def check_slip(slip: WithholdingSlip, *, unconfirmed_layout: bool = False) -> tuple[FilingProblem, ...]:
    """Everything that stands against a slip; empty when it can be written."""
    return tuple(draft_record(slip, 1, unconfirmed_layout=unconfirmed_layout).problems)


def draft_record(slip: WithholdingSlip, record: int, *, unconfirmed_layout: bool) -> Draft:
    """Fill in the record of a slip.

    Args:
        slip: what to write.
        record: which slip of the file it is, from 1.
        unconfirmed_layout: as in `to_record`.
    """
    draft = Draft(record)
    _refuse_year(draft, slip.year, unconfirmed_layout=unconfirmed_layout)
    draft.put(1, KIND)
    _put_payer(draft, slip.payer)
    draft.put_flag(10, on=slip.cancels)
    draft.put(11, tax_date(date(slip.year, 12, 31)).year)
    _put_person(draft, slip.person)
    draft.put(16, slip.kind)
    _put_declared_columns(draft, slip)
    _put_spouse(draft, slip)
    _put_dependents(draft, slip)
    _put_children(draft, slip)
    _put_family_counts(draft, slip)
    _put_mid_year(draft, slip.mid_year)
    _put_notes(draft, slip)
    _put_further(draft, slip)
    _refuse_blanks(draft)
    _refuse_repeated_numbers(draft, slip)
    return draft


def _refuse_year(draft: Draft, year: int, *, unconfirmed_layout: bool) -> None:
    if year < FIRST_YEAR:
        draft.refuse("YEAR_TOO_OLD", 11, first=FIRST_YEAR)
    elif year > LAST_CONFIRMED_YEAR and not unconfirmed_layout:
        draft.refuse("YEAR_NOT_CONFIRMED", 11, last=LAST_CONFIRMED_YEAR)


def _put_payer(draft: Draft, payer: Payer) -> None:
    draft.put(2, payer.reference_1)
    draft.put(3, payer.branch)
    draft.put(4, payer.address)
    draft.put(5, payer.name)
    draft.put(6, payer.phone)
    draft.put(7, payer.reference_2)
    if len(payer.number) == FIELD_DIGITS:
        corporate = check_corporate(payer.number)
        _put_checked_number(draft, PAYER_NUMBER, corporate)
    elif payer.number:
        _put_number(draft, PAYER_NUMBER, payer.number)


def _put_person(draft: Draft, person: Person) -> None:
    draft.put(12, person.address)
    draft.put_flag(13, on=person.lives_abroad)
    draft.put(14, person.name)
    draft.put(15, person.position)
    for place, part in enumerate(tax_date(person.birth_date), 44):
        draft.put(place, part)
    _put_number(draft, PERSON_NUMBER, person.number)
    draft.put(132, person.kana)


def _put_declared_columns(draft: Draft, slip: WithholdingSlip) -> None:
    """Amounts and circumstances, which name their columns themselves."""
    for declared in fields(slip.amounts):
        yen = getattr(slip.amounts, declared.name)
        draft.put(declared.metadata[COLUMN], "" if yen is None else str(yen))
    for declared in fields(slip.circumstances):
        draft.put_flag(declared.metadata[COLUMN], on=getattr(slip.circumstances, declared.name))


def _put_spouse(draft: Draft, slip: WithholdingSlip) -> None:
    spouses = slip.family.spouses
    if len(spouses) > 1:
        draft.refuse("TWO_SPOUSES", SPOUSE_NUMBER)
    counts = bool(spouses) and not slip.spouse_has_special_deduction
    draft.put(23, str((1 if counts else 2) + 2 * slip.circumstances.second_job))
    draft.put_flag(24, on=counts and is_elderly(spouses[0], slip.year))
    if spouses:
        _put_relative(draft, SPOUSE_NUMBER - 3, spouses[0])
        _put_number(draft, SPOUSE_NUMBER, spouses[0].number)


def _put_dependents(draft: Draft, slip: WithholdingSlip) -> None:
    for member, place in zip(slip.family.dependents, DEPENDENT_NUMBERS, strict=False):
        _put_relative(draft, place - 3, member)
        _put_number(draft, place, member.number)
    _refuse_ages(draft, slip.family.dependents, slip.year, DEPENDENT_NUMBERS[0] - 2, adults=True)
    counts = count_dependents(slip.family.dependents, slip.year)
    second_job = slip.circumstances.second_job
    draft.put_count(27 if second_job else 26, counts.specific)
    draft.put_count(30 if second_job else 28, counts.elderly)
    draft.put_count(29, 0 if second_job else counts.elderly_at_home)
    draft.put_count(32 if second_job else 31, counts.other)


def _put_children(draft: Draft, slip: WithholdingSlip) -> None:
    for member, place in zip(slip.family.under_16, _CHILDREN, strict=False):
        _put_relative(draft, place, member)
    _refuse_ages(draft, slip.family.under_16, slip.year, _CHILDREN[0] + 1, adults=False)
    draft.put_count(91, len(slip.family.under_16))


def _put_relative(draft: Draft, place: int, member: FamilyMember) -> None:
    draft.put(place, member.kana)
    draft.put(place + 1, member.name)
    draft.put(place + 2, member.residence)
    if not member.name.strip():
        draft.refuse("VALUE_MISSING", place + 1)


def _refuse_ages(
    draft: Draft, members: Sequence[FamilyMember], year: int, place: int, *, adults: bool
) -> None:
    if any((age_on_december_31(member.birth_date, year) >= ADULT) != adults for member in members):
        draft.refuse("WRONG_AGE_GROUP", place)


def _put_family_counts(draft: Draft, slip: WithholdingSlip) -> None:
    members = slip.family.members
    special = [member for member in members if member.disability == "special"]
    draft.put_count(33, len(special))
    draft.put_count(34, sum(member.lives_with for member in special))
    draft.put_count(35, sum(member.disability == "general" for member in members))
    draft.put_count(93, sum(member.residence != "00" for member in members))


def _put_mid_year(draft: Draft, mid_year: MidYear | None) -> None:
    if mid_year is None:
        draft.put(60, "0")
        return
    draft.put(60, "1" if mid_year.joined else "2")
    for place, part in enumerate(tax_date(mid_year.day)[1:], 61):
        draft.put(place, part)


def _put_notes(draft: Draft, slip: WithholdingSlip) -> None:
    """摘要 and 備考, with whoever has no column of their own."""
    dependents = slip.family.dependents[len(DEPENDENT_NUMBERS) :]
    children = slip.family.under_16[len(_CHILDREN) :]
    names = [member.name for member in dependents] + [f"{member.name}(年少)" for member in children]
    named = "".join(f"({order}){name}" for order, name in enumerate(names, 1))
    draft.put(_REMARKS, slip.remarks + named)
    numbers = [_note_number(draft, member.number) for member in dependents]
    draft.put(NOTE, "".join(f"({order}){number}" for order, number in enumerate(numbers, 1) if number))


def _note_number(draft: Draft, text: str) -> str:
    number = check(text) if text else ""
    if isinstance(number, Problem):
        draft.refuse_number(NOTE, number)
        return ""
    return number


def _put_further(draft: Draft, slip: WithholdingSlip) -> None:
    for place, value in slip.further.items():
        if place in _FURTHER:
            draft.put(place, value)
        else:
            draft.refuse("COLUMN_TAKEN", place if 1 <= place <= len(draft.values) else 0)


def _put_number(draft: Draft, place: int, number: str) -> None:
    if number:
        digits = check(number)
        _put_checked_number(draft, place, digits if isinstance(digits, Problem) else to_tax_field(digits))


def _put_checked_number(draft: Draft, place: int, number: str | Problem) -> None:
    if isinstance(number, Problem):
        draft.refuse_number(place, number)
    else:
        draft.put(place, number)


def _refuse_blanks(draft: Draft) -> None:
    refused = {problem.column for problem in draft.problems}
    for place in _REQUIRED:
        if not draft[place] and place not in refused:
            draft.refuse("VALUE_MISSING", place)


def _refuse_repeated_numbers(draft: Draft, slip: WithholdingSlip) -> None:
    seen: set[str] = set()
    for place, text in _individual_numbers(slip):
        number = check(text)
        if isinstance(number, Problem):
            continue
        if number in seen:
            draft.refuse("NUMBER_REPEATED", place)
        seen.add(number)


def _individual_numbers(slip: WithholdingSlip) -> Iterator[tuple[int, str]]:
    """Every Individual Number of a slip, with the column it goes to."""
    yield PAYER_NUMBER, slip.payer.number
    yield PERSON_NUMBER, slip.person.number
    yield from ((SPOUSE_NUMBER, spouse.number) for spouse in slip.family.spouses)
    places = chain(DEPENDENT_NUMBERS, repeat(NOTE))
    yield from ((place, member.number) for place, member in zip(places, slip.family.dependents, strict=False))
