"""An installation on loopback: server, mail server, worker, and what all of them leave behind."""

from contextlib import AsyncExitStack
from pathlib import Path

from starlette.types import ASGIApp

from api.bootstrap import House
from api.settings import Settings
from api.worker import Worker
from tests.support.live import Server
from tests.support.mail import SENDER, Postbox, mail_server
from tests.support.wiretap import Wiretap


class Installation(Server):
    """A server whose links lead to itself and whose mail arrives; its worker works when it is told to.

    Args:
        directory: where data and keys lie.
        database: address of the database.

    Attributes:
        postbox: the mail server.
        wiretap: what went over the wire.
    """

    def __init__(self, directory: Path, database: str) -> None:
        super().__init__(directory)
        self.postbox = Postbox()
        self.wiretap = Wiretap()
        self._database = database
        self._mail = AsyncExitStack()
        self._worker: Worker | None = None

    def settings(self) -> Settings:
        return Settings(
            data=self.directory / "data",
            keys=self.directory / "keys",
            database=self._database,
            public_url=self.url,
            smtp=f"smtp://127.0.0.1:{self.postbox.port}",
            mail_from=SENDER,
        )

    def app(self) -> ASGIApp:
        return self.wiretap.before(super().app())

    def works(self) -> None:
        """Let the worker do everything that is due, as it does every few seconds."""
        self._worker = self._worker or Worker(self.house, self.clock)
        tick = self.run(self._worker.tick())
        assert tick.leading
        assert tick.failed == []

    def goes_by(self, days: int) -> None:
        """Let days pass, the worker awake."""
        for _ in range(days):
            self.clock.advance(days=1)
            self.works()

    async def _open(self) -> House:
        await self._mail.enter_async_context(mail_server(self.postbox))
        return await super()._open()

    async def _close(self) -> None:
        if self._worker is not None:
            await self._worker.stop()
        await super()._close()
        await self._mail.aclose()
