"""A number that somebody types: asked for without echo or read from standard input, never taken from an argument."""

import sys
from getpass import getpass
from typing import TYPE_CHECKING, Final

from api.cli.output import CommandError, errors
from api.cli.remote import can_ask

if TYPE_CHECKING:
    from warifu import Number

_TRIES: Final = 3
_LONGEST: Final = 256


def ask_number() -> "Number":
    """The number, as 12 digits; at a terminal it is asked for again where it can be none.

    Raises:
        CommandError: it is none; says why, and never what was typed.
    """
    if not can_ask():
        return _read(sys.stdin.readline(_LONGEST) if sys.stdin is not None else "")
    for _ in range(_TRIES - 1):
        try:
            return _read(_ask())
        except CommandError as error:
            errors.print(f"{error.message_ja}\n{error.message_en}", highlight=False, markup=False)
    return _read(_ask())


def _ask() -> str:
    return getpass("個人番号(表示されません) / Individual Number (not shown): ", stream=sys.stderr)


def _read(text: str) -> "Number":
    from warifu import Number
    from warifu.my_number import Problem, check

    # A vault for trials takes the published samples, which only it can tell: they pass here.
    found = check(text.strip("\r\n"), sandbox=True)
    if isinstance(found, Problem):
        raise CommandError(found.code.value, found.message_ja, found.message_en)
    return Number(found)
