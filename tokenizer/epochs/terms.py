"""When an epoch begins, is late, is over; and what epochs ask of those who call them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from tokenizer.storage.transaction import Transaction

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
ROLL_AFTER_MS: Final = 7 * DAY_MS
ROLL_LATE_AFTER_MS: Final = ROLL_AFTER_MS + 3 * DAY_MS
SWEEP_LATE_AFTER_MS: Final = 3 * DAY_MS
DESTROY_AFTER_MS: Final = 89 * DAY_MS
"""Earlier by the provider's `lead_days`, where a destroyed key takes that long to be gone for good."""
OVERDUE_MS: Final = 12 * HOUR_MS
"""So long after its time a living key rings the alarm: before the 90 days are over, so that somebody can still act."""
LIFE_MS: Final = 90 * DAY_MS
QUIET_MS: Final = HOUR_MS
"""A key outlives its last row by this much: whoever read the row before it moved has long opened it then."""

SCHEDULE: Final = "schedule"
"""Who did it, in the record, when nobody asked for it."""

Tenants = Callable[[], Awaitable[Sequence[int]]]
"""Gives every tenant there is at the moment of the call."""

Needs = Callable[[Transaction, int, int, int], int]
"""Counts rows of other layers that need an epoch: (transaction, tenant, epoch, now) -> how many."""


def destroy_at(began: int, lead_days: int) -> int:
    """When an epoch's key is to be destroyed, in milliseconds since the epoch."""
    return began + DESTROY_AFTER_MS - lead_days * DAY_MS
