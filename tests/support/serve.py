"""A real uvicorn on a loopback port, for tests in which the server's own behaviour matters."""

from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket
from threading import Event, Thread

import uvicorn
from starlette.types import ASGIApp

from api.http_protocol import HttpProtocol
from api.logs import uvicorn_options

STARTED_WITHIN = 30.0


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = Event()

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve an application in a thread; yields its base URL."""
    server = _Server(uvicorn.Config(app, host="127.0.0.1", port=0, http=HttpProtocol, **uvicorn_options()))
    thread = Thread(target=server.run)
    thread.start()
    try:
        assert server.listening.wait(STARTED_WITHIN), "uvicorn did not start"
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
