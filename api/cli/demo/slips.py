"""The payroll vendor's own part: slips with made-up amounts, and the numbers that came out of the vault."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from api.cli.output import CommandError
from warifu.filing import write_375
from warifu.filing_family import FamilyMember, assign_family
from warifu.filing_slip import Amounts, Payer, Person, WithholdingSlip
from warifu.roster import RosterRow

YEAR: Final = 2024
"""令和6年分: the newest year whose layout is confirmed in public sources."""

_PAYER: Final = Payer(
    name="サンプル給与株式会社",
    address="東京都千代田区架空町1-1-1",
    number="7123456789012",  # synthetic, right check digit
    phone="03-0000-0000",
)


def write_slips(people: Sequence[RosterRow], numbers: Mapping[str, str], path: Path) -> int:
    """Write the tax office's file.

    Args:
        people: the roster.
        numbers: Individual Numbers by external id.
        path: `375dat01.txt`.

    Returns:
        How many slips were written.
    """
    family: dict[str, list[FamilyMember]] = {}
    for row in people:
        if row.employee_external_id and row.kind in {"spouse", "dependent"}:
            family.setdefault(row.employee_external_id, []).append(_member(row, numbers))
    slips = [
        _slip(place, row, numbers, family.get(row.external_id, []))
        for place, row in enumerate(row for row in people if row.kind == "employee")
    ]
    return write_375(slips, path)


def _slip(
    place: int, row: RosterRow, numbers: Mapping[str, str], members: Sequence[FamilyMember]
) -> WithholdingSlip:
    paid = 3_000_000 + place % 70 * 100_000
    return WithholdingSlip(
        year=YEAR,
        payer=_PAYER,
        person=Person(
            name=row.name,
            kana=row.kana,
            address=row.address,
            birth_date=_born(row),
            number=numbers[row.external_id],
        ),
        amounts=Amounts(paid=paid, withheld=paid // 50, social_insurance=paid // 7),
        family=assign_family(members, YEAR),
    )


def _member(row: RosterRow, numbers: Mapping[str, str]) -> FamilyMember:
    return FamilyMember(
        relation="spouse" if row.kind == "spouse" else "dependent",
        name=row.name,
        kana=row.kana,
        birth_date=_born(row),
        number=numbers[row.external_id],
    )


def _born(row: RosterRow) -> date:
    if row.birth_date is None:
        raise CommandError(
            "ROSTER",
            f"{row.line} 行目に生年月日がありません。源泉徴収票に必要です。",
            f"Line {row.line} has no birth date, which the slip needs.",
        )
    return row.birth_date
