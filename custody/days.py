"""Days that callers write, in the one form in which they are kept."""

from datetime import date
from functools import lru_cache
from typing import Final

_FIRST: Final = date(2015, 10, 5)
"""The day the My Number Act came into force; nothing of before bears a number."""

_YEARS_AHEAD: Final = 10


@lru_cache(maxsize=4096)
def is_plausible(text: str, today: date) -> bool:
    """Whether a text is a day in ISO 8601 between the beginning of the numbers and ten years from now."""
    try:
        day = date.fromisoformat(text)  # which reads other forms of ISO 8601 as well
    except ValueError:
        return False
    return day.isoformat() == text and day >= _FIRST and day.year <= today.year + _YEARS_AHEAD
