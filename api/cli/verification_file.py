"""A case of identity verification as a file says it, in TOML or JSON, with the names of the API in snake or camel case.

What is not said is taken as not so. What is said and not known is an error, which names the place and never the value.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from api.cli.output import CommandError
from api.cli.rows import named
from policies.free_text import contains_number

if TYPE_CHECKING:
    from warifu import Agent, Exempted, ShownDocument, VerificationCase

E = TypeVar("E", bound=StrEnum)
_LARGEST: Final = 100_000
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])([A-Z])")
_LONGEST_KEY: Final = 40


def read_case(path: Path) -> "VerificationCase":
    """The case of a file; JSON if its name ends so, TOML otherwise.

    Raises:
        CommandError: it cannot be read, or says something that no case has.
    """
    from warifu import VerificationCase, VerificationChannel, VerificationSubject

    said = _Said(_parsed(path), "")
    case = VerificationCase(
        subject=said.word("subject", VerificationSubject),
        channel=said.word("channel", VerificationChannel),
        number_agrees=said.flag("number_agrees"),
        number=_documents(said, "number"),
        identity=_documents(said, "identity"),
        hard_number=said.flag("hard_number"),
        hard_photo=said.flag("hard_photo"),
        exempted=_exempted(said.part("exempted")),
        agent=_agent(said.part("agent")),
        entrusted=said.flag("entrusted"),
    )
    said.end()
    return case


def _documents(said: "_Said", name: str) -> "list[ShownDocument]":
    from warifu import Particular, ShownDocument

    found = []
    for each in said.parts(name):
        shown = ShownDocument(
            each.text("document"),
            each.words("matches", Particular),
            issued_on=each.day("issued_on"),
            expires_on=each.day("expires_on"),
            original=each.flag("original"),
            unaltered=each.flag("unaltered"),
            signed=each.flag("signed"),
        )
        each.end()
        found.append(shown)
    return found


def _exempted(said: "_Said | None") -> "Exempted | None":
    from warifu import Exempted, IdentityExemption

    if said is None:
        return None
    found = Exempted(
        said.word("by", IdentityExemption),
        said.text("attested_by"),
        checked_on=said.day("checked_on"),
        perceived=said.flag("perceived"),
    )
    said.end()
    return found


def _agent(said: "_Said | None") -> "Agent | None":
    from warifu import AgencyKind, Agent

    if said is None:
        return None
    found = Agent(
        said.word("agency", AgencyKind),
        _documents(said, "authority"),
        _documents(said, "identity"),
        is_spouse=said.flag("is_spouse"),
        known=said.flag("known"),
    )
    said.end()
    return found


class _Said:
    """One table of the file; what nobody has asked for at the end is unknown."""

    def __init__(self, told: Any, place: str) -> None:
        if not isinstance(told, Mapping):
            raise _wrong(place or "-", "表(テーブル)", "a table")
        self._told = {_CAMEL.sub(r"_\1", str(key)).lower(): value for key, value in told.items()}
        self._place = place
        self._asked: set[str] = set()

    def text(self, name: str) -> str:
        found = self._take(name)
        if not isinstance(found, str) or not found:
            raise _wrong(self._at(name), "文字列", "a text")
        return found

    def word(self, name: str, known: type[E]) -> E:
        return self._word(self._take(name), self._at(name), known)

    def words(self, name: str, known: type[E]) -> list[E]:
        return [self._word(each, self._at(name), known) for each in self._list(name)]

    def flag(self, name: str) -> bool:
        found = self._take(name, default=False)
        if not isinstance(found, bool):
            raise _wrong(self._at(name), "true か false", "true or false")
        return found

    def day(self, name: str) -> date | None:
        from warifu.era import parse_date

        found = self._take(name, default=None)
        if isinstance(found, str):
            found = parse_date(found)
        elif found is None:
            return None
        if not isinstance(found, date) or isinstance(found, datetime):
            raise _wrong(self._at(name), "2027-01-31 の形の日付", "a day like 2027-01-31")
        return found

    def part(self, name: str) -> "_Said | None":
        found = self._take(name, default=None)
        return None if found is None else _Said(found, self._at(name))

    def parts(self, name: str) -> "list[_Said]":
        return [_Said(each, self._at(name)) for each in self._list(name)]

    def end(self) -> None:
        for key in self._told.keys() - self._asked:
            shown = "****" if contains_number(key) else key[:_LONGEST_KEY]
            known = ", ".join(sorted(self._asked))
            raise _wrong(self._at(shown), f"次のどれかの項目: {known}", f"one of these names: {known}")

    def _take(self, name: str, default: Any = "") -> Any:
        self._asked.add(name)
        return self._told.get(name, default)

    def _list(self, name: str) -> list[Any]:
        found = self._take(name, default=[])
        if not isinstance(found, list):
            raise _wrong(self._at(name), "並び", "a list")
        return found

    def _at(self, name: str) -> str:
        return f"{self._place}.{name}" if self._place else name

    @staticmethod
    def _word(found: Any, place: str, known: type[E]) -> E:
        name = found.upper().replace("-", "_") if isinstance(found, str) else ""
        if name not in known.__members__:
            words = ", ".join(each.lower() for each in known.__members__)
            raise _wrong(place, words, words)
        return known[name]


def _parsed(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError:
        raise CommandError(
            "FILE",
            f"{named(path)} を読めません。パスを確認してください。",
            f"{named(path)} cannot be read. Check the path.",
        ) from None
    try:
        text = _whole(content).decode("utf-8-sig")
        return json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (ValueError, RecursionError):  # what the parsers say quotes the file
        raise CommandError(
            "CASE",
            f"{named(path)} を TOML または JSON として読めません。UTF-8 で、書式どおりに書いてください。",
            f"{named(path)} is neither TOML nor JSON that can be read. Write it in UTF-8, by the format.",
        ) from None


def _whole(content: bytes) -> bytes:
    if len(content) > _LARGEST:
        raise ValueError("larger than any case")
    return content


def _wrong(place: str, ja: str, en: str) -> CommandError:
    return CommandError("CASE", f"{place} は、{ja} でなければなりません。", f"{place} must be: {en}.")
