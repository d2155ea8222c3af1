"""Reads the vault's JSON into result types, checking every value; a misfit is named by its place alone.

A result type is a frozen dataclass whose annotations say what each field is; its reader is built once.
"""

from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

from warifu.errors import UnexpectedAnswerError
from warifu.results_secret import Secret

T = TypeVar("T")
_Reader = Callable[[Any], Any]
_BUILT: Final[dict[type[Any], _Reader]] = {}


def read(kind: type[T], value: object) -> T:
    """Read a value.

    Args:
        kind: a result type.
        value: what came as JSON.

    Raises:
        UnexpectedAnswerError: the value does not fit.
    """
    found: T = _object(kind)(value)
    return found


def read_all(kind: type[T], value: object, place: str) -> tuple[T, ...]:
    """Read a list of values.

    Args:
        kind: a result type.
        value: what came as JSON.
        place: where it stands in the answer.

    Raises:
        UnexpectedAnswerError: the value does not fit.
    """
    found: tuple[T, ...] = _tuple(_object(kind), place)(value)
    return found


def read_bytes(value: object, place: str) -> list[bytes]:
    """Read a list of byte strings in base64.

    Args:
        value: what came as JSON.
        place: where it stands in the answer.

    Raises:
        UnexpectedAnswerError: the value does not fit.
    """
    return list(_tuple(_reader(bytes, place), place)(value))


def _object(kind: type[Any]) -> _Reader:
    if kind not in _BUILT:
        _BUILT[kind] = _build(kind)
    return _BUILT[kind]


def _build(kind: type[Any]) -> _Reader:
    hints = get_type_hints(kind)
    named = [
        (item.name, _camel(item.name), _reader(hints[item.name], f"{kind.__name__}.{_camel(item.name)}"))
        for item in fields(kind)
        if not item.metadata.get("local")
    ]

    def build(value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise UnexpectedAnswerError(kind.__name__)
        return kind(**{name: reader(value.get(told)) for name, told, reader in named})

    return build


def _reader(hint: Any, place: str) -> _Reader:
    arguments = get_args(hint)
    if isinstance(hint, UnionType):
        (inner,) = (item for item in arguments if item is not NoneType)
        return _optional(_reader(inner, place))
    if get_origin(hint) is tuple:
        return _tuple(_reader(arguments[0], place), place)
    if isinstance(hint, type) and is_dataclass(hint):
        return _object(hint)
    if issubclass(hint, StrEnum | Secret):
        return _text(hint, place)
    if hint in _PARSERS:
        return _text(_PARSERS[hint], place)
    return _plain(hint, place)


def _optional(inner: _Reader) -> _Reader:
    return lambda value: None if value is None else inner(value)


def _tuple(inner: _Reader, place: str) -> _Reader:
    def read_items(value: Any) -> Any:
        if not isinstance(value, list):
            raise UnexpectedAnswerError(place)
        return tuple(map(inner, value))

    return read_items


def _plain(kind: type[Any], place: str) -> _Reader:
    def check(value: Any) -> Any:
        if type(value) is not kind:
            raise UnexpectedAnswerError(place)
        return value

    return check


def _text(parse: Callable[[str], Any], place: str) -> _Reader:
    def read_text(value: Any) -> Any:
        found = None
        if type(value) is str:
            try:
                found = parse(value)
            except ValueError:
                found = None
        # Outside the handler: a parser's error quotes the value, and would travel along as context.
        if found is None:
            raise UnexpectedAnswerError(place)
        return found

    return read_text


def _bytes(text: str) -> bytes:
    return b64decode(text, validate=True)


_PARSERS: Final[dict[type, Callable[[str], Any]]] = {
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
    bytes: _bytes,
}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
