"""A table of a catalogue file, taken field by field, so that each mistake is named where it stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar

PURPOSES: Final = "purposes.toml"

_Value = TypeVar("_Value")
_Choice = TypeVar("_Choice", bound=StrEnum)
_KINDS: dict[type, tuple[str, str]] = {
    str: ("文字列", "a string"),
    int: ("整数", "a whole number"),
    bool: ("true か false", "true or false"),
    date: ("日付(YYYY-MM-DD)", "a date (YYYY-MM-DD)"),
    list: ("一覧", "a list"),
    dict: ("表", "a table"),
}


@dataclass(frozen=True, slots=True)
class Bilingual:
    """One statement in Japanese and in English."""

    ja: str
    en: str


class CatalogueError(ValueError):
    """The catalogue says something it cannot mean; names the entry and the field to correct.

    Attributes:
        entry: path of the table, such as `purposes.TAX_FUYO.retention`; empty at the top of the file.
        field: the field of that table.
        message_ja: what to write instead, in Japanese.
        message_en: the same in English.
    """

    def __init__(
        self, entry: str, field: str, message_ja: str, message_en: str, file: str = PURPOSES
    ) -> None:
        place = f"[{entry}] {field}" if entry else field
        super().__init__(f"{file} {place}: {message_ja} / {message_en}")
        self.entry = entry
        self.field = field
        self.message_ja = message_ja
        self.message_en = message_en


class CatalogueTable:
    """One table of the file. Whatever nobody has taken when it is finished is a mistake in the file.

    Every method that reads raises `CatalogueError` when the field is missing or is not of the kind asked for.
    """

    def __init__(self, entry: str, fields: dict[str, object], file: str = PURPOSES) -> None:
        self.entry = entry
        self._left = dict(fields)
        self._file = file

    def error(self, field: str, message_ja: str, message_en: str) -> CatalogueError:
        """The error to raise about one field of this table."""
        return CatalogueError(self.entry, field, message_ja, message_en, self._file)

    def find(self, field: str, kind: type[_Value]) -> _Value | None:
        """The value of a field that may be left out."""
        value = self._left.pop(field, None)
        # Compared exactly: a datetime is a date and true is an int to Python, but neither is meant here.
        if value is None or (isinstance(value, kind) and type(value) is kind):
            return value
        name_ja, name_en = _KINDS[kind]
        raise self.error(field, f"{name_ja}を書いてください", f"write {name_en}")

    def need(self, field: str, kind: type[_Value]) -> _Value:
        """The value of a field that must be there."""
        value = self.find(field, kind)
        if value is None:
            raise self.error(
                field, "必要な項目がありません。書き足してください", "a required field is missing; add it"
            )
        return value

    def text(self, field: str) -> str:
        """A string that says something."""
        value = self.need(field, str)
        if not value.strip():
            raise self.error(field, "空にはできません", "must not be empty")
        return value

    def day(self, field: str) -> str:
        """A day written as text, YYYY-MM-DD."""
        text = self.text(field)
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise self.error(
                field, "YYYY-MM-DD の日付を書いてください", "write a date as YYYY-MM-DD"
            ) from None

    def bilingual(self, field: str) -> Bilingual:
        """A statement in both languages."""
        table = self.table(field)
        statement = Bilingual(table.text("ja"), table.text("en"))
        table.finish()
        return statement

    def find_bilingual(self, field: str) -> Bilingual | None:
        """A statement in both languages that may be left out."""
        return self.bilingual(field) if field in self._left else None

    def choice(self, field: str, choices: type[_Choice]) -> _Choice:
        """One word of a vocabulary."""
        return self._word(field, self.need(field, str), choices)

    def find_choice(self, field: str, choices: type[_Choice]) -> _Choice | None:
        """One word of a vocabulary that may be left out."""
        return self.choice(field, choices) if field in self._left else None

    def choices(self, field: str, choices: type[_Choice]) -> tuple[_Choice, ...]:
        """Several words of a vocabulary, none of them twice; none at all when the field is left out."""
        words = tuple(self._word(field, each, choices) for each in self.find(field, list) or ())
        if len(set(words)) < len(words):
            raise self.error(field, "同じ語が二度書かれています", "a word stands twice")
        return words

    def _word(self, field: str, value: object, choices: type[_Choice]) -> _Choice:
        for choice in choices:
            if choice.value == value:
                return choice
        allowed = ", ".join(choices)
        raise self.error(field, f"{allowed} のいずれかを書いてください", f"write one of {allowed}")

    def table(self, field: str) -> "CatalogueTable":
        """A table inside this one."""
        return CatalogueTable(self._path(field), self.need(field, dict), self._file)

    def tables(self, field: str) -> Iterator["CatalogueTable"]:
        """The tables of a list; none when the field is left out."""
        for place, fields in enumerate(self.find(field, list) or (), start=1):
            if not isinstance(fields, dict):
                raise self.error(field, "表の一覧を書いてください", "write a list of tables")
            yield CatalogueTable(f"{self._path(field)}[{place}]", fields, self._file)

    def _path(self, field: str) -> str:
        return f"{self.entry}.{field}" if self.entry else field

    def names(self) -> tuple[str, ...]:
        """The fields nobody has taken yet, in the order of the file."""
        return tuple(self._left)

    def finish(self) -> None:
        """Refuses the table when something in it was not understood."""
        for field in self._left:
            raise self.error(
                field,
                "ここには書けない項目です。綴りと、この種類の項目かどうかを確かめてください",
                "no such field here; check its spelling and whether it belongs to this kind of entry",
            )
