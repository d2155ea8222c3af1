"""Scalars. Sensitive ones come as variables only, and no error about them ever holds what was sent."""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Final, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from schema.quiet import PublicError

MyNumber = NewType("MyNumber", str)
Token = NewType("Token", str)
OneTimeCode = NewType("OneTimeCode", str)
Password = NewType("Password", str)
RecoveryCode = NewType("RecoveryCode", str)
Secret = NewType("Secret", str)
Day = NewType("Day", date)
Moment = NewType("Moment", int)
Base64 = NewType("Base64", str)
Index = NewType("Index", int)
Image = NewType("Image", bytes)

SENSITIVE: Final = frozenset({"MyNumber", "Token", "OneTimeCode", "Password", "RecoveryCode", "Image"})
"""Scalars whose values are never written into a document, where caches and logs would keep them."""

_TEXT_LIMIT: Final = 1_000
_LARGEST_INDEX: Final = 10**11 - 1
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _read_text(name: str) -> Callable[[object], str]:
    """A reader that takes text alone, and answers everything else with a constant."""

    def read(value: object) -> str:
        if type(value) is str and len(value) <= _TEXT_LIMIT:
            return value
        raise PublicError(
            "BAD_USER_INPUT",
            f"{name} は文字列で送ってください(数値にすると先頭の 0 が失われます)",
            f"send {name} as a string (a JSON number loses leading zeros)",
        )

    return read


def _read_day(value: object) -> date:
    # `fromisoformat` would take 20260401 and 2026-W14-3 as well.
    if type(value) is str and _DAY.fullmatch(value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise PublicError("BAD_USER_INPUT", "日付は YYYY-MM-DD で送ってください", "send a date as YYYY-MM-DD")


def _read_index(value: object) -> int:
    if type(value) is int and 0 <= value <= _LARGEST_INDEX:
        return value
    raise PublicError(
        "BAD_USER_INPUT",
        "0 以上の整数(引用符なし)で送ってください",
        "send a whole number from 0, without quotes",
    )


def _read_image(value: object) -> bytes:
    if type(value) is str:
        with suppress(ValueError):
            return b64decode(value, validate=True)
    raise PublicError(
        "BAD_USER_INPUT",
        "画像は標準の base64 で送ってください(改行を含めない)",
        "send an image in standard base64, without line breaks",
    )


def _write_image(content: bytes) -> str:
    return b64encode(content).decode()


def _write_moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")


def _text(name: str, description: str) -> ScalarDefinition:
    return strawberry.scalar(name=name, description=description, parse_value=_read_text(name))


SCALARS: Final[dict[object, ScalarDefinition]] = {
    MyNumber: _text(
        "MyNumber", "An Individual Number (個人番号): text, never a JSON number. Variables only."
    ),
    Token: _text("Token", "An opaque token for one person, made for one audience. Variables only."),
    OneTimeCode: _text("OneTimeCode", "Six digits from an authenticator. Variables only; good once."),
    Password: _text("Password", "A password. Variables only."),
    RecoveryCode: _text("RecoveryCode", "A recovery code, good once. Variables only."),
    Secret: _text("Secret", "A credential that is shown this once."),
    Base64: _text("Base64", "Bytes in standard base64."),
    Image: strawberry.scalar(
        name="Image",
        description="An image of a paper in standard base64: JPEG, PNG, WebP or PDF in, JPEG out. Variables only.",
        serialize=_write_image,
        parse_value=_read_image,
    ),
    Index: strawberry.scalar(
        name="Index",
        # One digit less than an Individual Number has, so that none can come by as a place in a log.
        description="A whole number from 0 to 99,999,999,999, such as a place in a log.",
        parse_value=_read_index,
    ),
    Day: strawberry.scalar(
        name="Date",
        description="A day, as YYYY-MM-DD.",
        specified_by_url="https://scalars.graphql.org/andimarek/local-date",
        serialize=date.isoformat,
        parse_value=_read_day,
    ),
    Moment: strawberry.scalar(
        name="DateTime",
        description="A moment in UTC, as ISO 8601 with milliseconds.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=_write_moment,
    ),
}
