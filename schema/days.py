"""Days and moments as lower layers keep them, as the schema tells them."""

from datetime import date

from schema.scalars import Day, Moment


def day_of(text: str) -> Day | None:
    """A day that is kept as ISO 8601; None for an empty text."""
    return Day(date.fromisoformat(text)) if text else None


def moment_of(milliseconds: int) -> Moment | None:
    """A moment; None for 0, which says that it has not come."""
    return Moment(milliseconds) if milliseconds else None
