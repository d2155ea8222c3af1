"""A clock that a test sets."""

from datetime import UTC, datetime

NOON = int(datetime(2026, 11, 22, 3, 0, tzinfo=UTC).timestamp() * 1000)
"""2026-11-22 12:00 in Japan."""


class FakeClock:
    """Milliseconds since the epoch, moved by hand."""

    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, *, seconds: float = 0, minutes: float = 0, days: float = 0) -> int:
        """Move forward and say what time it is."""
        self.now += round(seconds * 1000 + minutes * 60_000 + days * 86_400_000)
        return self.now
