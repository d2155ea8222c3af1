"""The clock on the wall: where time comes from in a running process. Everything else takes it as an argument."""

import time


def wall_clock() -> int:
    """Milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000
