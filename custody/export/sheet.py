"""What a file of an export holds: its columns, and how they are read, page by page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, tuple_

from tokenizer.crypto.authority import Authority
from tokenizer.storage.transaction import Row

PAGE: Final = 500
"""Rows read, checked and written at once: a few milliseconds in which nobody else is served."""

Title = tuple[str, str]
"""A column's title in Japanese, and its stable name in English."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file of an export.

    Attributes:
        titles: its columns.
        query: selects the rows of every tenant; the export adds which.
        tenant: the column that says whose a row is.
        key: the columns that order the rows and tell where a page ends; the first ones that are selected.
        cells: the cells of a selected row, its key taken off.
        parts: conditions that split the rows; each part follows the one before as a whole.
        size: rows of a page.
    """

    titles: tuple[Title, ...]
    query: Select[Any]
    tenant: ColumnElement[int]
    key: tuple[ColumnElement[Any], ...]
    cells: Callable[[Authority, Row], Sequence[str]]
    parts: tuple[ColumnElement[bool], ...] = ()
    size: int = PAGE

    @property
    def header(self) -> list[str]:
        """The first row: `管理番号 (external_id)` can be read by people and by programs."""
        return [f"{japanese} ({english})" for japanese, english in self.titles]

    def page(self, tenant: int, part: ColumnElement[bool] | None, after: Row | None) -> Select[Any]:
        """The next rows of a part, each led by its key."""
        query = self.query.with_only_columns(*self.key, *self.query.selected_columns)
        query = query.where(self.tenant == tenant)
        if part is not None:
            query = query.where(part)
        if after is not None:
            query = query.where(_follows(self.key, after))
        return query.order_by(*self.key).limit(self.size)


def _follows(key: tuple[ColumnElement[Any], ...], after: Row) -> ColumnElement[bool]:
    return key[0] > after[0] if len(key) == 1 else tuple_(*key) > tuple_(*after)
