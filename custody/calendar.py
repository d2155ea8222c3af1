"""Days as the law counts them: in Japan."""

from datetime import date
from typing import Final

_AHEAD_MS: Final = 9 * 3_600_000
_DAY_MS: Final = 86_400_000
_FIRST_DAY: Final = date(1970, 1, 1).toordinal()


def day_in_japan(now: int) -> date:
    """The day in Japan at a moment given in milliseconds since the epoch."""
    return date.fromordinal(_FIRST_DAY + (now + _AHEAD_MS) // _DAY_MS)


def start_of_day_in_japan(day: date) -> int:
    """The first millisecond of a day in Japan, since the epoch."""
    return (day.toordinal() - _FIRST_DAY) * _DAY_MS - _AHEAD_MS


def has_reached(birth_date: str, age: int, today: date) -> bool:
    """Whether a person has reached an age.

    An age is reached when the day before the birthday ends (年齢計算ニ関スル法律), so on the birthday it is reached.
    Somebody whose birth date is not known has not.

    Args:
        birth_date: ISO 8601, or empty.
        age: in years.
        today: the day that is asked about.
    """
    if not birth_date:
        return False
    born = date.fromisoformat(birth_date)
    return (today.year - born.year, today.month, today.day) >= (age, born.month, born.day)
