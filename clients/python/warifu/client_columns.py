"""People with their numbers as parallel columns, cut into parts that the vault takes in one request."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Self

from warifu.client_base import MAX_ROWS
from warifu.results_secret import Number
from warifu.roster import RosterColumns

MAX_TEXT: Final = 7_000_000
"""Bytes of one request, with a margin below the 8 MiB that the vault takes."""

_DIGITS: Final = 12
_WIDEST: Final = 4  # bytes of a character in UTF-8
_FRAME: Final = 3  # quotes and comma around a value in JSON


@dataclass(frozen=True, slots=True)
class Columns:
    """Value n of every column belongs to row n. All but the first two may be left empty as a whole.

    Its repr tells the number of rows alone: a misplaced column may hold numbers.

    Attributes:
        external_ids: the tenant's own ids.
        numbers: Individual Numbers.
        kinds: a `PersonKind` each; all employees when empty.
        names: names.
        kana: their readings.
        birth_dates: YYYY-MM-DD, "" where not known.
        addresses: addresses.
        employees: for dependents and spouses the external id of their employee, "" for others.
    """

    external_ids: Sequence[str]
    numbers: Sequence[str | Number]
    kinds: Sequence[str] = ()
    names: Sequence[str] = ()
    kana: Sequence[str] = ()
    birth_dates: Sequence[str] = ()
    addresses: Sequence[str] = ()
    employees: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Make sure that row n is the same person in every column.

        Raises:
            ValueError: the columns differ in length.
        """
        size = len(self.external_ids)
        others = self._all()[2:]
        if len(self.numbers) != size or any(len(column) not in (0, size) for column in others):
            raise ValueError(
                "列の長さが揃っていません。どの列にも同じ行数の値を入れてください。 / "
                "The columns differ in length. Give every column a value for every row."
            )

    def __repr__(self) -> str:
        return f"Columns({len(self.external_ids)} rows)"

    @classmethod
    def of_roster(cls, roster: RosterColumns) -> Self:
        """The columns of a part of a roster."""
        return cls(
            roster.external_ids,
            roster.numbers,
            [kind.upper() for kind in roster.kinds],
            roster.names,
            roster.kana,
            [day or "" for day in roster.birth_dates],
            roster.addresses,
            [employee or "" for employee in roster.employees],
        )

    def parts(self) -> Iterator[tuple[int, Self]]:
        """Parts of at most 10,000 rows and 7 MB, each with the place of its first row. The same every time."""
        size, start = len(self.external_ids), 0
        while True:
            part = self._from(start)
            yield start, part
            start += len(part.external_ids)
            if start >= size:
                return

    def most_bytes(self) -> int:
        """An upper bound of how long the columns are as JSON."""
        texts = sum(
            len(text) if isinstance(text, str) else _DIGITS for column in self._all() for text in column
        )
        return _WIDEST * texts + _FRAME * sum(map(len, self._all()))

    def to_input(self) -> dict[str, object]:
        """The columns by their names in the API; optional ones that are empty are left out."""
        optional = ("kinds", "names", "kana", "birthDates", "addresses", "employees")
        filled = {
            name: list(column) for name, column in zip(optional, self._all()[2:], strict=True) if column
        }
        return {"externalIds": list(self.external_ids), "numbers": list(self.numbers), **filled}

    def _all(self) -> list[Sequence[Any]]:
        return [getattr(self, item.name) for item in fields(self)]

    def _from(self, start: int) -> Self:
        """As many rows from `start` as one request takes."""
        stop = min(start + MAX_ROWS, len(self.external_ids))
        part = self._part(start, stop)
        while stop - start > 1 and part.most_bytes() > MAX_TEXT:
            stop = start + (stop - start) // 2
            part = self._part(start, stop)
        return part

    def _part(self, start: int, stop: int) -> Self:
        return type(self)(*(column[start:stop] for column in self._all()))
