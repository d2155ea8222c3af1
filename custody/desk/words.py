"""What may be written at the desk: lines of plain text, and never a number."""

from typing import Final

from policies.free_text import contains_number, is_plain
from policies.refusals import Denied, denied

LONGEST: Final = 2_000
"""Characters of one message."""


def spoken(text: str) -> str:
    """A message as it is kept: line ends alike, no blanks around it."""
    return text.replace("\r\n", "\n").strip()


def refuse_message(text: str) -> Denied | None:
    """Why a text cannot stand as a message; None if it can.

    A number is refused whatever else is wrong, so that whoever typed one is told never to.
    """
    said = spoken(text)
    if contains_number(said):
        return denied("message-holds-number")
    fits = 0 < len(said) <= LONGEST and all(is_plain(line) for line in said.split("\n"))
    return None if fits else denied("message-invalid")
