"""Instants of appointments: kept as milliseconds, read with or without an offset, shown by the clock in Japan."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

MINUTE_MS: Final = 60_000

_JAPAN: Final = timezone(timedelta(hours=9))
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:00(\.0{1,3})?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)


def read_instant(text: str) -> int | None:
    """The milliseconds since the epoch of a whole minute, as ISO 8601; None for what is none.

    Args:
        text: such as `2026-12-01T10:00+09:00`; without an offset the clock in Japan is meant.
    """
    if not _INSTANT.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=_JAPAN)
        return int(moment.astimezone(UTC).timestamp()) * 1_000
    except (ValueError, OverflowError):
        return None


def in_japan(instant: int) -> str:
    """An instant as the clock in Japan has it: `2026-12-01T10:00+09:00`."""
    return datetime.fromtimestamp(instant / 1_000, _JAPAN).isoformat(timespec="minutes")


def told(instant: int, minutes: int) -> str:
    """An appointment's time as people read it: `2026-12-01 10:00-10:30`, by the clock in Japan."""
    start = datetime.fromtimestamp(instant / 1_000, _JAPAN)
    return f"{start:%Y-%m-%d %H:%M}-{start + timedelta(minutes=minutes):%H:%M}"
