"""A roster as parallel columns, checked row by row before anything is written.

Whole columns are tested at once where that settles most rows; only a row that stands out is looked at by itself.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import compress
from typing import Final

from custody.rejections import Rejection, rejection
from policies.free_text import contains_number, is_plain
from policies.purposes import PersonKind
from tokenizer.my_number import check_numbers

MAX_ROWS: Final = 10_000
_ID_LIMIT: Final = 64
_TEXT_LIMIT: Final = 300
_DIGIT: Final = re.compile(r"\d")
_PLAIN_ID: Final = re.compile(r"[!-~]{1,11}")


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows of people, as columns of one length. All but the first two may be left empty as a whole.

    Attributes:
        external_ids: the tenant's own ids.
        numbers: Individual Numbers as typed.
        kinds: employee, dependent, spouse or payee; all employees when empty.
        names: names.
        kana: their reading.
        birth_dates: ISO 8601; "" where not known.
        addresses: addresses.
        employees: external id of the employee a dependent or spouse belongs to, "" for others.
    """

    external_ids: Sequence[str]
    numbers: Sequence[str] = field(repr=False)
    kinds: Sequence[PersonKind] = ()
    names: Sequence[str] = ()
    kana: Sequence[str] = ()
    birth_dates: Sequence[str] = ()
    addresses: Sequence[str] = ()
    employees: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.external_ids)

    def lengths_agree(self) -> bool:
        """Whether every column has a value for every row."""
        optional = (self.kinds, self.names, self.kana, self.birth_dates, self.addresses, self.employees)
        size = len(self.external_ids)
        return len(self.numbers) == size and all(len(column) in (0, size) for column in optional)


@dataclass(frozen=True, slots=True)
class Checked:
    """The rows that may be registered, all columns filled, and those that were rejected.

    Attributes:
        rows: each row's place in what was sent.
        columns: the rows' columns.
        numbers: 12 ASCII digits each.
        rejections: the others.
    """

    rows: Sequence[int]
    columns: Columns
    numbers: Sequence[bytes] = field(repr=False)
    rejections: list[Rejection]


def check(columns: Columns, today: date, *, sandbox: bool) -> Checked:
    """Check every row by itself and against the rest of the batch.

    Args:
        columns: columns of one length.
        today: no birth date lies after it.
        sandbox: whether the officially published sample numbers are taken.
    """
    size = len(columns)
    columns = _filled(columns, size)
    ids, rejected = _external_ids(columns.external_ids)
    numbers, wrong = check_numbers(columns.numbers, sandbox=sandbox)
    for row, problem, ja, en in wrong:
        rejected.setdefault(row, Rejection(row, problem, ja, en))
    _repeats(numbers, "NUMBER_REPEATED", rejected)
    _texts(columns, rejected)
    _birth_dates(columns.birth_dates, today, rejected)
    _employees(columns, rejected)
    columns = replace(columns, external_ids=ids, employees=_normalised(columns.employees))
    rejections = [rejected[row] for row in sorted(rejected)]
    if not rejected:
        return Checked(range(size), columns, [number for number in numbers if number], rejections)
    keep = [row not in rejected for row in range(size)]
    kept = _kept(columns, keep)
    good = [number for number in compress(numbers, keep) if number]
    return Checked(list(compress(range(size), keep)), kept, good, rejections)


def check_particulars(columns: Columns, today: date) -> tuple[Columns, dict[int, Rejection]]:
    """Check all that is said of persons but their numbers.

    Args:
        columns: columns of one length; the numbers are not looked at.
        today: no birth date lies after it.

    Returns:
        The columns, all filled and their ids in one form, and by row what is wrong.
    """
    columns = _filled(columns, len(columns))
    ids, rejected = _external_ids(columns.external_ids)
    _texts(columns, rejected)
    _birth_dates(columns.birth_dates, today, rejected)
    _employees(columns, rejected)
    return replace(columns, external_ids=ids, employees=_normalised(columns.employees)), rejected


def _kept(columns: Columns, keep: Sequence[bool]) -> Columns:
    return Columns(
        external_ids=list(compress(columns.external_ids, keep)),
        numbers=list(compress(columns.numbers, keep)),
        kinds=list(compress(columns.kinds, keep)),
        names=list(compress(columns.names, keep)),
        kana=list(compress(columns.kana, keep)),
        birth_dates=list(compress(columns.birth_dates, keep)),
        addresses=list(compress(columns.addresses, keep)),
        employees=list(compress(columns.employees, keep)),
    )


def _filled(columns: Columns, size: int) -> Columns:
    blank = [""] * size
    return replace(
        columns,
        kinds=columns.kinds or [PersonKind.EMPLOYEE] * size,
        names=columns.names or blank,
        kana=columns.kana or blank,
        birth_dates=columns.birth_dates or blank,
        addresses=columns.addresses or blank,
        employees=columns.employees or blank,
    )


def _external_ids(texts: Sequence[str]) -> tuple[list[str], dict[int, Rejection]]:
    """Normalise external ids; short ones of visible ASCII, too short for a number, need no second look."""
    rejected: dict[int, Rejection] = {}
    ids = []
    for row, text in enumerate(texts):
        if not _PLAIN_ID.fullmatch(text):
            text = normalise_id(text)  # noqa: PLW2901 - the normalised id takes its place
            if not 0 < len(text) <= _ID_LIMIT or not text.isprintable() or contains_number(text):
                rejected[row] = rejection(row, "EXTERNAL_ID_INVALID")
        ids.append(text)
    _repeats(ids, "EXTERNAL_ID_REPEATED", rejected)
    return ids, rejected


def normalise_id(text: str) -> str:
    """An external id in the one form in which it is kept and looked up."""
    return unicodedata.normalize("NFC", text.strip())


def _normalised(employees: Sequence[str]) -> Sequence[str]:
    return [normalise_id(text) for text in employees] if any(employees) else employees


def _repeats(
    values: Sequence[str] | Sequence[bytes | None], code: str, rejected: dict[int, Rejection]
) -> None:
    """Reject a value's second and later rows. Rows without a value have their own reason already."""
    if len(set(values)) == len(values):
        return
    seen: set[str | bytes] = set()
    for row, value in enumerate(values):
        if value is None:
            continue
        if value in seen:
            rejected.setdefault(row, rejection(row, code))
        seen.add(value)


def _texts(columns: Columns, rejected: dict[int, Rejection]) -> None:
    for column in (columns.names, columns.kana, columns.addresses):
        whole = "".join(column)
        if not whole:
            continue
        numberless = not _DIGIT.search(whole)
        printable = is_plain(whole)
        for row, text in enumerate(column):
            if len(text) > _TEXT_LIMIT or not (
                (printable or is_plain(text)) and (numberless or not contains_number(text))
            ):
                rejected.setdefault(row, rejection(row, "TEXT_INVALID"))


def _birth_dates(texts: Sequence[str], today: date, rejected: dict[int, Rejection]) -> None:
    for row, text in enumerate(texts):
        if text and not _is_past_day(text, today):
            rejected.setdefault(row, rejection(row, "BIRTH_DATE_INVALID"))


def _is_past_day(text: str, today: date) -> bool:
    try:
        day = date.fromisoformat(text)  # which reads other forms of ISO 8601 as well
        return day.isoformat() == text and day <= today
    except ValueError:
        return False


def _employees(columns: Columns, rejected: dict[int, Rejection]) -> None:
    family = {PersonKind.DEPENDENT, PersonKind.SPOUSE}
    for row, (kind, employee) in enumerate(zip(columns.kinds, columns.employees, strict=True)):
        if kind in family and not employee:
            rejected.setdefault(row, rejection(row, "EMPLOYEE_MISSING"))
