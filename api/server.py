"""The server process: one worker, which owns the embedded database's writer."""

import asyncio
import gc
import resource
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final

import structlog
import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override

from api.app import create_app, new_metrics
from api.bootstrap import House, open_house, open_keys
from api.budget import Allowance
from api.clock import wall_clock
from api.http_protocol import HttpProtocol
from api.logs import configure, uvicorn_options
from api.measured import MeasuredDatabase
from api.metrics import Metrics
from api.settings import Settings, SettingsError
from api.worker import Worker

COLLECT_AFTER: Final = (10_000, 20, 20)
"""A batch makes objects by the ten thousand and hardly any garbage: the collector need not look so often."""
_STOP: Final = (signal.SIGINT, signal.SIGTERM)
_log = structlog.get_logger("warifu.server")


async def serve(settings: Settings, on_ready: Callable[[str], None] | None = None) -> None:
    """Run the server until it is told to stop.

    Args:
        settings: how this installation runs.
        on_ready: called with the server's address once it answers.

    Raises:
        SettingsError: the port is in use, or the address is not this machine's.
        KeyDirectoryError: the keys cannot be opened.
        WrongVaultError: the keys belong to another vault.
        DatabaseVersionError: the database is of another version.
    """
    metrics = new_metrics()
    configure(on_dropped=metrics.log_keys_dropped)
    _leave_no_core()
    listener = _bind(settings.host, settings.port)
    try:
        house = await open_house(
            settings,
            open_keys(settings),
            wall_clock,
            observe=lambda database: MeasuredDatabase(database, metrics),
        )
        try:
            allowance = Allowance(settings.budget, settings.budget_per_second)
            app = create_app(
                house,
                introspection=settings.introspection,
                allowance=allowance,
                metrics=metrics,
                issuer=settings.issuer,
            )
            _settle_heap()
            async with _chores(house, metrics, active=settings.worker):
                await _run(app, listener, on_ready)
        finally:
            await house.database.close()
    finally:
        listener.close()


@asynccontextmanager
async def _chores(house: House, metrics: Metrics, *, active: bool) -> AsyncIterator[None]:
    """Let a worker do the chores meanwhile. What it is doing when the server stops, it takes up another time."""
    if not active:
        yield
        return
    worker = asyncio.create_task(Worker(house, house.clock, count=metrics.job).run())
    try:
        yield
    finally:
        worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker


class _Server(uvicorn.Server):
    """Says when it answers, and lets its caller tidy up when it is told to stop."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._on_ready()

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # Uvicorn's own raises the signal again once it has stopped, and the database would never be closed.
        loop = asyncio.get_running_loop()
        for number in _STOP:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in _STOP:
                loop.remove_signal_handler(number)


async def _run(app: ASGIApp, listener: socket.socket, on_ready: Callable[[str], None] | None) -> None:
    host, port = listener.getsockname()[:2]

    def ready() -> None:
        _log.info("serving", host=host, port=port)
        if on_ready is not None:
            on_ready(f"http://{host}:{port}/graphql")

    config = uvicorn.Config(app, server_header=False, lifespan="off", http=HttpProtocol, **uvicorn_options())
    await _Server(config, ready).serve(sockets=[listener])


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, since event loops turn Nagle's algorithm off for no other: answers would wait 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"{host}:{port} で待ち受けできません({error.strerror})。ほかのプログラムが使っていないか確認し、"
            f"WARIFU_PORT で別のポートを指定してください。 / Cannot listen on {host}:{port} ({error.strerror}). "
            "See whether another program uses it, or set another port with WARIFU_PORT."
        ) from error
    return listener


def _settle_heap() -> None:
    """Keep the collector from looking through all modules again and again: each time, every request would wait."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def _leave_no_core() -> None:
    """A core dump would hold keys and numbers."""
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
