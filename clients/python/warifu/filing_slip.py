"""One 給与所得の源泉徴収票 before it becomes a record: who pays, who is paid, how much, and for which family.

Attributes that go into a column unchanged say which one in their metadata. Money is in whole yen, None for a
blank column. Counts, era years and codes are worked out when the record is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from warifu.filing_family import Family

COLUMN: Final = "column"
"""The metadata key under which an attribute names its column."""


def _yen(column: int) -> Any:
    return field(default=None, metadata={COLUMN: column})


def _flag(column: int) -> Any:
    return field(default=False, metadata={COLUMN: column})


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """Who pays and files (提出義務者).

    Attributes:
        name: as registered.
        address: from the prefecture on.
        number: Corporate Number (13 digits), or the Individual Number of a sole proprietor; kept out of repr.
        phone: with hyphens.
        reference_1: 整理番号1, ten digits, may be left out.
        reference_2: 整理番号2, thirteen digits, may be left out.
        branch: 本支店等区分番号, when a head office files for its branches.
    """

    name: str
    address: str
    number: str = field(repr=False)
    phone: str = ""
    reference_1: str = ""
    reference_2: str = ""
    branch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who is paid (支払を受ける者).

    Attributes:
        name: full name.
        kana: "" when unknown.
        address: where they live.
        birth_date: their birthday.
        number: 12 digits, "" when it was not given; kept out of repr.
        lives_abroad: the address is outside Japan.
        position: 役職名.
    """

    name: str
    address: str
    birth_date: date
    number: str = field(default="", repr=False)
    kana: str = ""
    lives_abroad: bool = False
    position: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """The money on the slip, in whole yen."""

    paid: int = field(metadata={COLUMN: 17})
    unpaid: int | None = _yen(18)
    after_employment_deduction: int | None = _yen(19)
    deductions: int | None = _yen(20)
    withheld: int = field(metadata={COLUMN: 21})
    not_withheld: int | None = _yen(22)
    spouse_deduction: int | None = _yen(25)
    social_insurance: int | None = _yen(36)
    mutual_aid: int | None = _yen(37)
    life_insurance: int | None = _yen(38)
    earthquake_insurance: int | None = _yen(39)
    housing_loan: int | None = _yen(40)
    old_private_pension: int | None = _yen(41)
    spouse_income: int | None = _yen(42)
    old_long_term_casualty: int | None = _yen(43)
    disaster_deferral: int | None = _yen(70)
    housing_loan_possible: int | None = _yen(78)
    new_life_insurance: int | None = _yen(87)
    old_life_insurance: int | None = _yen(88)
    care_insurance: int | None = _yen(89)
    new_private_pension: int | None = _yen(90)
    national_pension: int | None = _yen(92)
    basic_deduction: int | None = _yen(129)
    income_adjustment: int | None = _yen(130)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is true of the person paid; each is a column with 1 or 0."""

    minor: bool = _flag(49)
    second_job: bool = _flag(50)
    specially_disabled: bool = _flag(51)
    disabled: bool = _flag(52)
    widow: bool = _flag(54)
    working_student: bool = _flag(56)
    died: bool = _flag(57)
    struck_by_disaster: bool = _flag(58)
    foreigner: bool = _flag(59)
    single_parent: bool = _flag(131)


@dataclass(frozen=True, slots=True)
class MidYear:
    """Joining or leaving in the course of the year (中途就・退職).

    Attributes:
        joined: True for joining, False for leaving.
        day: when.
    """

    joined: bool
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class WithholdingSlip:
    """One slip.

    Attributes:
        year: the year of payment (2024 for 令和6年分).
        payer: who files.
        person: who is paid.
        amounts: the money.
        family: spouse, dependents, children; see `warifu.filing_family.assign_family`.
        spouse_has_special_deduction: the spouse counts for 配偶者特別控除 instead of 配偶者控除.
        circumstances: flags of the person; `second_job` (乙欄) makes this slip a 従たる給与.
        mid_year: joining or leaving, if any.
        kind: 種別.
        remarks: 摘要. Names of a fifth dependent and so on are added to it.
        cancels: the record takes back one that was filed before (訂正表示).
        further: columns 64-69, 71-77 and 79-85 (another payer, housing loans) by number, ready to be written.
    """

    year: int
    payer: Payer
    person: Person
    amounts: Amounts
    family: Family = field(default_factory=Family)
    spouse_has_special_deduction: bool = False
    circumstances: Circumstances = Circumstances()
    mid_year: MidYear | None = None
    kind: str = "給料・賞与"
    remarks: str = ""
    cancels: bool = False
    further: Mapping[int, str] = field(default_factory=dict)
