"""What one leaf of the audit log says, and the only bytes that say it.

- The bytes are a JSON object in UTF-8 with sorted keys and no white space: for the types used here (strings,
  integers below 2^53, one flat object of strings with ASCII keys) the canonical form of RFC 8785 (JCS).
- A field that has nothing to say is left out; an empty string is refused. So one meaning has one form.
- `from_bytes` takes the canonical form only.
- A leaf outlives the person's number, so it never holds one: text that seems to is refused.
- `v` names the meaning of the fields. A changed meaning gets a new version.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Final, Self

import orjson

from tokenizer.audit.action import Action, Outcome
from tokenizer.audit.errors import EntryError, Fault
from tokenizer.audit.guard import holds_number, is_number
from tokenizer.audit.text import MAX_INTEGER, has_utf8

VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One leaf: who did what, when, through what, for which purpose, and how it ended.

    Attributes:
        at: When, in milliseconds since 1970-01-01T00:00:00Z.
        action: What was done.
        outcome: Whether it was allowed.
        human: Public id of the account that acted.
        client: Public id of the client it acted through.
        person: Id of the person whose number it concerned.
        purpose: Code of the purpose in the catalogue.
        use: Id of the use it belongs to.
        reason: The reason given, as text.
        rule: Id of the rule that decided; of the refusing rule when denied.
        request: Id of the request.
        detail: Further facts of this action, by name (letters, digits and `_.:-`).

    Raises:
        EntryError: A field is of the wrong type, out of range, empty, or seems to hold an Individual Number.
    """

    at: int
    action: Action
    outcome: Outcome
    human: str | None = None
    client: str | None = None
    person: int | None = None
    purpose: str | None = None
    use: str | None = None
    reason: str | None = None
    rule: str | None = None
    request: str | None = None
    detail: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_integer("at", self.at)
        _check_vocabulary("action", self.action, Action)
        _check_vocabulary("outcome", self.outcome, Outcome)
        if self.person is not None:
            _check_integer("person", self.person)
        for name in _TEXTS:
            text = getattr(self, name)
            if text is not None:
                _check_text(name, text)
        _check_detail(self.detail)

    def to_bytes(self) -> bytes:
        """Give the leaf's canonical bytes."""
        return _canonical(self, self.person)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a leaf's canonical bytes.

        Raises:
            EntryError: The bytes are no JSON object, of another version, not valid, or not canonical.
        """
        try:
            found = orjson.loads(data)
        except orjson.JSONDecodeError:
            raise EntryError(Fault.ENTRY_FORMAT) from None
        if not isinstance(found, dict):
            raise EntryError(Fault.ENTRY_FORMAT)
        version = found.pop("v", None)
        if type(version) is not int or version != VERSION:
            raise EntryError(Fault.ENTRY_VERSION, "v")
        entry = cls(**_arguments(found))
        if entry.to_bytes() != data:
            raise EntryError(Fault.ENTRY_NOT_CANONICAL)
        return entry


def entry_batch(entry: Entry, persons: Sequence[int]) -> list[bytes]:
    """Give the bytes of the same entry for each of many persons, about 0.2 microseconds each.

    Args:
        entry: What they all share; its own person is absent.
        persons: The persons' ids, one entry each, in order.

    Returns:
        What `replace(entry, person=...).to_bytes()` gives for each person.

    Raises:
        EntryError: The entry has a person already, or an id is no integer in range.
    """
    if entry.person is not None:
        raise EntryError(Fault.ENTRY_FIELD, "person")
    if not persons:
        return []
    if set(map(type, persons)) != {int} or min(persons) < 0 or max(persons) > MAX_INTEGER:
        raise EntryError(Fault.ENTRY_FIELD, "person")
    # Quotes inside JSON strings are escaped and every value of `detail` is a string, so this occurs once.
    head, tail = _canonical(entry, 0).split(b'"person":0')
    head += b'"person":'
    return [b"%b%d%b" % (head, person, tail) for person in persons]


def _canonical(entry: Entry, person: int | None) -> bytes:
    members: dict[str, object] = {"v": VERSION}
    members |= {name: value for name in _SCALARS if (value := getattr(entry, name)) is not None}
    if person is not None:
        members["person"] = person
    if entry.detail:
        members["detail"] = dict(entry.detail)
    return orjson.dumps(members, option=orjson.OPT_SORT_KEYS)


_SCALARS: Final = tuple(item.name for item in fields(Entry) if item.name not in {"detail", "person"})
_TEXTS: Final = ("human", "client", "purpose", "use", "reason", "rule", "request")
_REQUIRED: Final = frozenset({"at", "action", "outcome"})
_DETAIL_NAME: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


def _arguments(found: dict[str, Any]) -> dict[str, Any]:
    """Turn a leaf's JSON members into the arguments of `Entry`."""
    if not _REQUIRED <= found.keys() <= {*_SCALARS, "person", "detail"} or None in found.values():
        raise EntryError(Fault.ENTRY_FIELD)
    try:
        return found | {"action": Action(found["action"]), "outcome": Outcome(found["outcome"])}
    except ValueError:
        raise EntryError(Fault.ENTRY_FIELD, "action, outcome") from None


def _check_vocabulary(name: str, value: object, vocabulary: type[StrEnum]) -> None:
    if not isinstance(value, vocabulary):
        raise EntryError(Fault.ENTRY_FIELD, name)


def _check_integer(name: str, value: object) -> None:
    if type(value) is not int or not 0 <= value <= MAX_INTEGER:
        raise EntryError(Fault.ENTRY_FIELD, name)


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str) or not value or not has_utf8(value):
        raise EntryError(Fault.ENTRY_FIELD, name)
    if holds_number(value) if name == "reason" else is_number(value):
        raise EntryError(Fault.ENTRY_HOLDS_NUMBER, name)


def _check_detail(detail: object) -> None:
    if not isinstance(detail, Mapping):
        raise EntryError(Fault.ENTRY_FIELD, "detail")
    for name, value in detail.items():
        if not isinstance(name, str) or not _DETAIL_NAME.fullmatch(name):
            raise EntryError(Fault.ENTRY_FIELD, "detail")
        _check_text(f"detail.{name}", value)
