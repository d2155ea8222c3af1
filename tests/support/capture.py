"""What the process logs while a test runs, with everything put back afterwards."""

import io
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import structlog

from api import logs


class Captured(io.BytesIO):
    """The stream that log lines go to."""

    @property
    def text(self) -> str:
        return self.getvalue().decode()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [orjson.loads(line) for line in self.getvalue().splitlines()]

    def forget(self) -> None:
        """Drop what was logged so far."""
        self.seek(0)
        self.truncate()

    def line(self, event: str) -> dict[str, Any]:
        """The one line of an event."""
        (found,) = [line for line in self.lines if line["event"] == event]
        return found


@contextmanager
def capturing(**options: Any) -> Iterator[Captured]:
    """Configure logging as a server does, into memory."""
    names = (None, "uvicorn", "uvicorn.error", "uvicorn.access")
    loggers = [logging.getLogger(name) for name in names]
    kept = [(logger.handlers, logger.level, logger.propagate, logger.disabled) for logger in loggers]
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook
    stream = Captured()
    logs.configure(stream=stream, **options)
    try:
        yield stream
    finally:
        structlog.reset_defaults()
        sys.excepthook, sys.unraisablehook, threading.excepthook = hooks
        for logger, (handlers, level, propagate, disabled) in zip(loggers, kept, strict=True):
            logger.handlers, logger.propagate, logger.disabled = handlers, propagate, disabled
            logger.setLevel(level)
