"""Where each family member stands on a slip: spouse, dependent from 16, or child under 16.

Age is counted as the law counts it (年齢計算ニ関スル法律): a year of age is complete at the end of the day
before the birthday, so that whoever is born on January 1 is a year older on December 31 already.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

ADULT: Final = 16
_SPECIFIC: Final = range(19, 23)
_ELDERLY: Final = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyMember:
    """A spouse or dependent of the person paid.

    Attributes:
        relation: "spouse" or "dependent".
        name: full name.
        birth_date: decides the column.
        number: 12 digits, "" when it was not given. Kept out of repr; never written for a child under 16.
        kana: "" when unknown.
        residence: 区分: "00" lives in Japan, "01" abroad; dependents of 30 to 69 abroad are "02" (student),
            "03" (disabled) or "04" (sent 380,000 yen or more).
        disability: "general" or "special" when there is one.
        lives_with: shares the person's home; counts for elderly parents and special disabilities.
    """

    relation: Literal["spouse", "dependent"]
    name: str
    birth_date: date
    number: str = field(default="", repr=False)
    kana: str = ""
    residence: Literal["00", "01", "02", "03", "04"] = "00"
    disability: Literal["none", "general", "special"] = "none"
    lives_with: bool = True


@dataclass(frozen=True, slots=True)
class Family:
    """Family members by the columns they stand in.

    Attributes:
        spouses: none or one; more are refused when the slip is written.
        dependents: 控除対象扶養親族, 16 or older.
        under_16: 16歳未満の扶養親族, whose numbers the tax office does not get.
        not_born: born after the year, hence on no slip of that year.
    """

    spouses: tuple[FamilyMember, ...] = ()
    dependents: tuple[FamilyMember, ...] = ()
    under_16: tuple[FamilyMember, ...] = ()
    not_born: tuple[FamilyMember, ...] = ()

    @property
    def members(self) -> tuple[FamilyMember, ...]:
        """Everybody who stands on the slip."""
        return self.spouses + self.dependents + self.under_16


def age_on_december_31(birth_date: date, year: int) -> int:
    """Completed years of age at the end of a year; negative for those not born yet."""
    birthday_is_over = (birth_date.month, birth_date.day) == (1, 1)
    return year - birth_date.year + birthday_is_over


def assign_family(members: Iterable[FamilyMember], year: int) -> Family:
    """Put each member where the slip of a year has a place for them, in the order given."""
    spouses, dependents, under_16, not_born = [], [], [], []
    for member in members:
        if member.birth_date.year > year:
            not_born.append(member)
        elif member.relation == "spouse":
            spouses.append(member)
        elif age_on_december_31(member.birth_date, year) >= ADULT:
            dependents.append(member)
        else:
            under_16.append(member)
    return Family(tuple(spouses), tuple(dependents), tuple(under_16), tuple(not_born))


@dataclass(frozen=True, slots=True)
class Counts:
    """How many dependents stand in each group of 控除対象扶養親族の数.

    Attributes:
        specific: 特定, 19 to 22.
        elderly: 老人, 70 or older.
        elderly_at_home: of these, living with the person (上の内訳).
        other: everybody else.
    """

    specific: int
    elderly: int
    elderly_at_home: int
    other: int


def count_dependents(dependents: Iterable[FamilyMember], year: int) -> Counts:
    """Count dependents by their age at the end of a year."""
    ages = [(age_on_december_31(member.birth_date, year), member.lives_with) for member in dependents]
    specific = sum(age in _SPECIFIC for age, _ in ages)
    elderly = sum(age >= _ELDERLY for age, _ in ages)
    at_home = sum(age >= _ELDERLY and lives_with for age, lives_with in ages)
    return Counts(specific, elderly, at_home, len(ages) - specific - elderly)


def is_elderly(member: FamilyMember, year: int) -> bool:
    """Whether somebody is 70 or older at the end of a year."""
    return age_on_december_31(member.birth_date, year) >= _ELDERLY
