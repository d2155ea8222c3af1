"""Logs: JSON lines on stderr that hold only what is on the list.

Three defences, each enough by itself on a good day:

1. A line holds allow-listed keys only. Others are dropped, and counted, so that somebody notices.
2. An exception is its class and the places in the code it passed; never its text, never a local variable.
3. Whatever is left has every run of twelve digits blanked.

Records of other people's loggers go the same way: their text is withheld unless the logger is trusted, since
it may quote a value (asyncio prints exceptions, sqlalchemy parameters, strawberry whole documents).
"""

import logging
import sys
import threading
import traceback
from collections.abc import Callable, Collection, Iterable
from contextvars import ContextVar
from typing import Any, BinaryIO, Final

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from api.errors import MASK, mask_numbers

KEYS: Final = frozenset(
    {
        *("event", "level", "timestamp", "logger", "dropped"),
        *("request_id", "method", "route", "status", "duration_ms", "bytes_in", "bytes_out"),
        *("operation_type", "code", "rule", "field", "cost", "error", "causes", "where"),
        *("check", "purpose", "count", "version", "port", "host", "reason", "job"),
    }
)
IN_FORCE: Final[ContextVar[str | None]] = ContextVar("request_id", default=None)
"""Id of the request that is being served: it stands on every line until the request is answered."""

TRUSTED_LOGGERS: Final = frozenset({"uvicorn.error", "uvicorn", "alembic.runtime.migration"})
_TWELVE_DIGITS: Final = 10**11
_FRAMES: Final = 12


def configure(
    *,
    level: str = "INFO",
    stream: BinaryIO | None = None,
    keys: Collection[str] = (),
    trusted: Collection[str] = TRUSTED_LOGGERS,
    on_dropped: Callable[[int], None] | None = None,
) -> None:
    """Send every log record of the process, ours and others', through one pipe.

    Args:
        level: the least level written, as `logging` names it.
        stream: where lines go; stderr if None.
        keys: keys allowed besides `KEYS`.
        trusted: names of loggers whose text is written (masked) and not withheld.
        on_dropped: called with the number of keys dropped from a line.
    """
    number = logging.getLevelNamesMapping()[level]
    processors = _processors(frozenset(keys) | KEYS, on_dropped or _ignore)
    logger_factory = structlog.BytesLoggerFactory(stream or sys.stderr.buffer)
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=logger_factory,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Handler(structlog.get_logger(), frozenset(trusted))]
    root.setLevel(number)
    _silence_uvicorn()
    _hook_uncaught()


def uvicorn_options() -> dict[str, Any]:
    """Arguments for `uvicorn.Config` that keep it from setting up logs of its own, and an access log."""
    return {"log_config": None, "access_log": False}


def locate(error: BaseException) -> dict[str, Any]:
    """Describe an exception without its text: class, classes of its causes, and the code it passed.

    Args:
        error: any exception.

    Returns:
        `error`, `causes` and `where`, ready to be keyword arguments of a log call.
    """
    causes: list[str] = []
    seen = {id(error)}
    cause = error.__cause__ or error.__context__
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        causes.append(type(cause).__qualname__)
        cause = cause.__cause__ or cause.__context__
    frames = list(traceback.walk_tb(error.__traceback__))[-_FRAMES:]
    where = [
        f"{frame.f_globals.get('__name__', '?')}.{frame.f_code.co_qualname}:{line}" for frame, line in frames
    ]
    return {"error": type(error).__qualname__, "causes": causes, "where": where}


def _processors(keys: frozenset[str], on_dropped: Callable[[int], None]) -> Iterable[Processor]:
    def allow(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        unknown = [key for key in event if key not in keys]
        if unknown:
            on_dropped(len(unknown))
            event["dropped"] = len(unknown)
            for key in unknown:
                del event[key]
        return event

    return [
        _name_request,
        structlog.processors.add_log_level,
        _describe_exception,
        allow,
        _mask,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _render,
    ]


def _name_request(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    request_id = IN_FORCE.get()
    if request_id is not None:
        event.setdefault("request_id", request_id)
    return event


def _describe_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    given = event.pop("exc_info", None)
    if given:
        error = given if isinstance(given, BaseException) else sys.exception()
        if isinstance(given, tuple):
            error = given[1]
        if error is not None:
            event.update(locate(error))
    return event


def _mask(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: _masked(value) for key, value in event.items()}


def _masked(value: object) -> object:
    if isinstance(value, str):
        return mask_numbers(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return MASK if abs(value) >= _TWELVE_DIGITS else value
    if isinstance(value, list | tuple):
        return [_masked(item) for item in value]
    # Anything else could spell itself out in a way nobody foresaw.
    return f"<{type(value).__name__}>"


def _render(_logger: WrappedLogger, _method: str, event: EventDict) -> bytes:
    return orjson.dumps(event)


class _Handler(logging.Handler):
    """Hands records of the standard library's loggers to structlog."""

    def __init__(self, logger: structlog.typing.FilteringBoundLogger, trusted: frozenset[str]) -> None:
        super().__init__()
        self._logger = logger
        self._trusted = trusted

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage() if record.name in self._trusted else "text withheld"
        self._logger.log(
            record.levelno,
            text,
            logger=record.name,
            where=[f"{record.module}.{record.funcName}:{record.lineno}"],
            exc_info=record.exc_info,
        )


def _silence_uvicorn() -> None:
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True
    access = logging.getLogger("uvicorn.access")
    access.handlers = []
    access.propagate = False
    access.disabled = True


def _hook_uncaught() -> None:
    """Replace the three hooks by which Python prints exceptions that nobody caught, text and all."""

    def report(error: BaseException | None) -> None:
        if error is not None and not isinstance(error, KeyboardInterrupt):
            structlog.get_logger().critical("uncaught exception", **locate(error))

    sys.excepthook = lambda _kind, error, _trace: report(error)
    sys.unraisablehook = lambda unraisable: report(unraisable.exc_value)
    threading.excepthook = lambda args: report(args.exc_value)


def _ignore(_count: int) -> None:
    """Count nothing."""
