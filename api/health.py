"""Whether the process lives, and whether it may be sent traffic.

`/live` answers as long as the event loop turns. `/ready` runs the checks it was given, all at once and each
under a deadline, and names those that fail: never why, the log knows that. It also names alarms: what needs an
operator, and does not keep traffic away.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.logs import locate

Check = Callable[[], Awaitable[bool]]
Alarms = Callable[[], Awaitable[Collection[str]]]
SECONDS: Final = 2.0
_log = structlog.get_logger("warifu.health")


async def _no_alarms() -> Collection[str]:
    return ()


def health_routes(
    checks: Mapping[str, Check], seconds: float = SECONDS, alarms: Alarms = _no_alarms
) -> list[Route]:
    """The routes `/live` and `/ready`.

    Args:
        checks: what must hold before traffic may come, by the name an operator will read. A check fails by
            returning False, by raising, and by taking too long.
        seconds: the deadline of each check.
        alarms: names what needs an operator; `unknown` is shown where it cannot be told.
    """

    async def live(_request: Request) -> Response:
        return _answer(200, {"status": "live"})

    async def ready(_request: Request) -> Response:
        outcomes = await asyncio.gather(*(_holds(name, check, seconds) for name, check in checks.items()))
        failed = sorted(name for name, holds in zip(checks, outcomes, strict=True) if not holds)
        if failed:
            return _answer(503, {"status": "unready", "failed": failed})
        rung = await _rung(alarms, seconds)
        return _answer(200, {"status": "ready", "checked": sorted(checks), "alarms": rung})

    return [Route("/live", live, methods=["GET"]), Route("/ready", ready, methods=["GET"])]


async def _holds(name: str, check: Check, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            holds = await check()
    except Exception as error:  # noqa: BLE001 - whatever a check raises means that it does not hold
        _log.warning("check failed", check=name, **locate(error))
        return False
    if not holds:
        _log.warning("check failed", check=name)
    return holds


async def _rung(alarms: Alarms, seconds: float) -> list[str]:
    try:
        async with asyncio.timeout(seconds):
            return sorted(await alarms())
    except Exception as error:  # noqa: BLE001 - an alarm that cannot be told keeps no traffic away
        _log.warning("alarms unknown", **locate(error))
        return ["unknown"]


def _answer(status: int, body: dict[str, object]) -> Response:
    return Response(orjson.dumps(body), status, {"cache-control": "no-store"}, "application/json")
