import asyncio
from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from api.health import Check, health_routes
from tests.support.capture import Captured, capturing

NUMBER = "123456789018"  # synthetic


async def holds() -> bool:
    return True


async def fails() -> bool:
    return False


async def bursts() -> bool:
    raise OSError(f"a careless check quotes {NUMBER}")


async def hangs() -> bool:
    return await asyncio.Event().wait()


@pytest.fixture
def captured() -> Iterator[Captured]:
    with capturing() as stream:
        yield stream


async def get(path: str, checks: dict[str, Check], method: str = "GET") -> httpx.Response:
    app = Starlette(routes=health_routes(checks, seconds=0.01))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://warifu.test") as http:
        return await http.request(method, path)


async def test_the_process_lives_whatever_the_checks_say() -> None:
    response = await get("/live", {"database": fails})
    assert (response.status_code, response.json()) == (200, {"status": "live"})
    assert response.headers["cache-control"] == "no-store"


async def test_it_is_ready_when_every_check_holds() -> None:
    response = await get("/ready", {"keys": holds, "database": holds})
    assert (response.status_code, response.json()) == (
        200,
        {"status": "ready", "checked": ["database", "keys"], "alarms": []},
    )


async def test_it_is_ready_when_there_is_nothing_to_check() -> None:
    assert (await get("/ready", {})).status_code == 200


@pytest.mark.parametrize("check", [fails, bursts, hangs])
async def test_a_check_that_fails_is_named_without_its_reason(check: Check, captured: Captured) -> None:
    response = await get("/ready", {"keys": holds, "database": check})
    assert (response.status_code, response.json()) == (503, {"status": "unready", "failed": ["database"]})
    assert captured.line("check failed")["check"] == "database"
    assert NUMBER not in captured.text


async def test_every_failing_check_is_named() -> None:
    response = await get("/ready", {"keys": bursts, "database": fails, "disk": hangs})
    assert response.json()["failed"] == ["database", "disk", "keys"]


async def test_checks_run_at_once() -> None:
    first_started, second_started = asyncio.Event(), asyncio.Event()

    async def first() -> bool:
        first_started.set()
        return await second_started.wait()

    async def second() -> bool:
        second_started.set()
        return await first_started.wait()

    assert (await get("/ready", {"first": first, "second": second})).status_code == 200


async def test_alarms_are_named_and_keep_no_traffic_away() -> None:
    async def rings() -> list[str]:
        return ["sweep-late", "epoch-overdue"]

    response = await ask(health_routes({"keys": holds}, alarms=rings))
    assert (response.status_code, response.json()["alarms"]) == (200, ["epoch-overdue", "sweep-late"])


async def test_alarms_that_cannot_be_told_are_unknown_and_keep_no_traffic_away(captured: Captured) -> None:
    async def burst() -> list[str]:
        raise OSError(f"a careless alarm quotes {NUMBER}")

    response = await ask(health_routes({"keys": holds}, alarms=burst))
    assert (response.status_code, response.json()["alarms"]) == (200, ["unknown"])
    assert captured.line("alarms unknown")["error"] == "OSError"
    assert NUMBER not in captured.text


async def ask(routes: list[Route]) -> httpx.Response:
    transport = httpx.ASGITransport(Starlette(routes=routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://warifu.test") as http:
        return await http.get("/ready")


@pytest.mark.parametrize("path", ["/live", "/ready"])
async def test_health_is_read_and_not_written(path: str) -> None:
    assert (await get(path, {}, method="POST")).status_code == 405
