"""The words in which somebody says why: stored, shown and logged, so bounded and without a number in them."""

from typing import Final

from policies.free_text import contains_number, is_plain
from policies.refusals import Denied, denied

LIMIT: Final = 200


def refuse_words(text: str) -> Denied | None:
    """Why a text cannot stand as a reason; None if it can."""
    stripped = text.strip()
    fits = 0 < len(stripped) <= LIMIT and is_plain(stripped) and not contains_number(stripped)
    return None if fits else denied("reason-needed")
