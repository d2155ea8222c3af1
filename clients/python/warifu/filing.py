"""Writes, and reads back, the tax office's file of 給与所得の源泉徴収票: ``375dat01.txt``.

One record of 132 columns per line, comma separated, CRLF, no header, no quotes, Shift_JIS limited to JIS X
0208 level 1 and 2. The columns are in `warifu.filing_columns`; what is filled in and what is left blank is in
`warifu.filing_record`. Individual Numbers stand in columns 95, 99, 103, 107, 111 and 115, and 94 for a sole
proprietor, with a leading zero; children under 16 (116 to 127) have none. The copy for the person paid has no
number and is not made from this file.

A file is written whole or not at all, readable by its owner alone. It holds Individual Numbers: hand it in,
then delete it and what was made from it.
"""

import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from warifu.filing_columns import (
    COLUMNS,
    DEPENDENT_NUMBERS,
    LAST_CONFIRMED_YEAR,
    NOTE,
    PAYER_NUMBER,
    PERSON_NUMBER,
    SPOUSE_NUMBER,
    UNDER_16,
)
from warifu.filing_family import Family, FamilyMember, age_on_december_31, assign_family
from warifu.filing_problem import FilingProblem, FilingRefusedError, problem
from warifu.filing_record import KIND, check_slip, draft_record, to_record
from warifu.filing_slip import Amounts, Circumstances, MidYear, Payer, Person, WithholdingSlip
from warifu.filing_text import encode
from warifu.my_number import Problem, TaxNumber, from_tax_field

__all__ = [
    "LAST_CONFIRMED_YEAR",
    "Amounts",
    "Circumstances",
    "Family",
    "FamilyMember",
    "FilingProblem",
    "FilingRefusedError",
    "MidYear",
    "NumberColumns",
    "Payer",
    "Person",
    "WithholdingSlip",
    "age_on_december_31",
    "assign_family",
    "check_slip",
    "read_number_columns",
    "to_record",
    "write_375",
]

Target = str | os.PathLike[str] | BinaryIO
"""A path named 375dat01.txt to 375dat99.txt, or a binary file open for writing or reading."""

_FILE_NAME: Final = re.compile(r"375dat(?!00)[0-9]{2}\.txt")
_MOST_PROBLEMS: Final = 100
_LONG_DIGITS: Final = re.compile("[0-9０-９]{12}")
_ASCII_DIGITS: Final = str.maketrans("０１２３４５６７８９", "0123456789")
_OWNER_ONLY: Final = 0o600


@dataclass(frozen=True, slots=True)
class NumberColumns:
    """The number columns of one record, read back to be checked. All numbers are kept out of repr.

    Attributes:
        record: which record, from 1.
        payer: column 94; a problem when it holds no acceptable number, None when blank. So are the others.
        person: column 95.
        spouse: column 99.
        dependents: columns 103, 107, 111 and 115.
        further: the numbers in 備考 (128), of a fifth dependent and so on, 12 digits each.
        child_columns_hold_digits: columns 116 to 127 hold something like a number, which they must not.
    """

    record: int
    payer: TaxNumber | Problem | None
    person: TaxNumber | Problem | None
    spouse: TaxNumber | Problem | None
    dependents: tuple[TaxNumber | Problem | None, ...]
    further: tuple[str, ...] = field(repr=False)
    child_columns_hold_digits: bool


def write_375(slips: Iterable[WithholdingSlip], target: Target, *, unconfirmed_layout: bool = False) -> int:
    """Write slips as a file for the tax office.

    Args:
        slips: one per person; read once, so that a generator will do.
        target: where to write. A path is replaced only when every slip is good; an open file may be left with
            the records before the first bad one.
        unconfirmed_layout: also accept years after `LAST_CONFIRMED_YEAR`, in the layout of that year.

    Returns:
        The number of records written.

    Raises:
        FilingRefusedError: the path is as it was; the error has the problems of all slips, up to a hundred.
        OSError: the path cannot be written.
    """
    with _opened(target) as file:
        return _write(slips, file, unconfirmed_layout=unconfirmed_layout)


def read_number_columns(source: Target) -> Iterator[NumberColumns]:
    """Read the number columns of a file back, to compare them with what was meant to be filed.

    Raises:
        FilingRefusedError: the file is not Shift_JIS of JIS level 1 and 2, or a record is not one of kind 375.
        OSError: the path cannot be read.
    """
    if isinstance(source, str | os.PathLike):
        with Path(source).open("rb") as file:
            yield from _numbers(file)
    else:
        yield from _numbers(source)


@contextmanager
def _opened(target: Target) -> Iterator[BinaryIO]:
    """The file to write to. A path appears only when everything went well."""
    if not isinstance(target, str | os.PathLike):
        yield target
        return
    path = Path(target)
    if not _FILE_NAME.fullmatch(path.name):
        raise FilingRefusedError((problem("FILE_NAME", 0),))
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _write(slips: Iterable[WithholdingSlip], file: BinaryIO, *, unconfirmed_layout: bool) -> int:
    problems: list[FilingProblem] = []
    record = 0
    for record, slip in enumerate(slips, 1):
        draft = draft_record(slip, record, unconfirmed_layout=unconfirmed_layout)
        problems += draft.problems
        if len(problems) >= _MOST_PROBLEMS:
            break
        if not problems:
            file.write(encode(",".join(draft.values) + "\r\n"))
    if not record:
        problems.append(problem("NO_SLIPS", 0))
    if problems:
        raise FilingRefusedError(tuple(islice(problems, _MOST_PROBLEMS)))
    return record


def _numbers(file: BinaryIO) -> Iterator[NumberColumns]:
    for record, line in enumerate(file, 1):
        cells = _cells(line, record)
        yield NumberColumns(
            record,
            payer=_number(cells, PAYER_NUMBER),
            person=_number(cells, PERSON_NUMBER),
            spouse=_number(cells, SPOUSE_NUMBER),
            dependents=tuple(_number(cells, place) for place in DEPENDENT_NUMBERS),
            further=tuple(_LONG_DIGITS.findall(cells[NOTE - 1].translate(_ASCII_DIGITS))),
            child_columns_hold_digits=any(_LONG_DIGITS.search(cells[place - 1]) for place in UNDER_16),
        )


def _cells(line: bytes, record: int) -> list[str]:
    if _is_utf8(line):
        raise FilingRefusedError((problem("NOT_SHIFT_JIS", record),))
    try:
        cells = line.decode("shift_jis").rstrip("\r\n").split(",")
    except UnicodeDecodeError:
        raise FilingRefusedError((problem("NOT_SHIFT_JIS", record),)) from None
    if len(cells) != len(COLUMNS):
        raise FilingRefusedError((problem("COLUMN_COUNT", record, found=len(cells)),))
    if cells[0] != KIND:
        raise FilingRefusedError((problem("NOT_375", record, 1),))
    return cells


def _is_utf8(line: bytes) -> bool:
    """Whether a line is UTF-8 and not ASCII. Some of it would pass for Shift_JIS as well, with other names."""
    try:
        return not line.decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False


def _number(cells: list[str], place: int) -> TaxNumber | Problem | None:
    cell = cells[place - 1]
    return from_tax_field(cell) if cell else None
