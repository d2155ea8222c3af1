"""A running vault on loopback, with a clock set by hand, and companies in it: what the client's tests speak to."""

import asyncio
import socket
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import uvicorn
from starlette.types import ASGIApp

from api.app import create_app
from api.bootstrap import House, set_up
from api.http_protocol import HttpProtocol
from api.logs import uvicorn_options
from api.settings import Settings
from custody.accounts import create_account
from custody.clients import NewKey, create_client
from custody.enrolment import Enrolment
from custody.tenants import Settings as TenantSettings
from custody.tenants import Tenant, create_tenant
from policies.actor import Actor, ActorKind, Role
from policies.totp import code_at
from schema.tenants import tenant_public_id
from tests.support.clock import FakeClock
from tests.support.numbers import synthetic_numbers
from tokenizer.crypto.passwords import CHEAP_FOR_TESTS, Passwords
from tokenizer.providers.file import FileKeyProvider
from warifu import Columns, Terms, Verification, Warifu

T = TypeVar("T")
PASSWORD = "a long enough test passphrase"
GENSEN = "TAX_GENSEN"
DAY = date(2026, 4, 1)
TERMS = Terms(notified=[GENSEN], notified_on=DAY, verification=Verification.MY_NUMBER_CARD, verified_on=DAY)
STARTED_WITHIN = 30.0
_OPERATOR = Actor(kind=ActorKind.OPERATOR, tenant=0, id=0, name="operator")
_seeds = count(1)


class Server:
    """The application behind a real uvicorn, on an event loop in a thread of its own. Subclasses serve it otherwise."""

    def __init__(self, directory: Path) -> None:
        self.clock = FakeClock()
        self.url = ""
        self.directory = directory
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something on the server's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(STARTED_WITHIN)

    @contextmanager
    def running(self) -> Iterator[None]:
        self._thread.start()
        try:
            with socket.create_server(("127.0.0.1", 0)) as listening:
                # As in the server itself: an answer is sent in two parts, and the second waits for no receipt.
                listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
                self.house = self.run(self._open())
                with self._serving(listening):
                    yield
            self.run(self._close())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def settings(self) -> Settings:
        """How the vault runs."""
        return Settings(
            data=self.directory / "data",
            keys=self.directory / "keys",
            public_url="https://numbers.example",
        )

    def app(self) -> ASGIApp:
        """What is served."""
        return create_app(self.house, introspection=False)

    def company(
        self, opened: list[Warifu], settings: TenantSettings | None = None, *, sandbox: bool = False
    ) -> "Company":
        """Open a tenant; `opened` collects its clients, to be closed."""
        made = create_tenant(
            self.house.custodian,
            _OPERATOR,
            "株式会社テスト",
            settings or TenantSettings(),
            self.clock(),
            sandbox=sandbox,
        )
        tenant = self.run(made)
        assert isinstance(tenant, Tenant), tenant
        return Company(self, tenant.id, opened)

    async def _open(self) -> House:
        settings = self.settings()
        settings.data.mkdir(exist_ok=True)
        provider = FileKeyProvider.create(
            settings.keys, "test-vault", now_ms=self.clock(), data_dir=settings.data
        )
        return await set_up(settings, provider, self.clock, passwords=Passwords(CHEAP_FOR_TESTS))

    async def _close(self) -> None:
        await self.house.database.close()

    @contextmanager
    def _serving(self, listening: socket.socket) -> Iterator[None]:
        server = _Uvicorn(uvicorn.Config(self.app(), lifespan="off", http=HttpProtocol, **uvicorn_options()))
        serving = server.serve(sockets=[listening])
        done: Future[None] = asyncio.run_coroutine_threadsafe(serving, self._loop)
        try:
            assert server.listening.wait(STARTED_WITHIN), "uvicorn did not start"
            yield
        finally:
            server.should_exit = True
            done.result(STARTED_WITHIN)


class _Uvicorn(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[Any] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@dataclass
class Human:
    """An account with the seed of its one-time codes."""

    login: str
    seed: str
    recovery_codes: list[str]


@dataclass(frozen=True)
class Company:
    """A tenant of a running vault."""

    server: Server
    tenant: int
    opened: list[Warifu]

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def tenant_id(self) -> str:
        return tenant_public_id(self.tenant)

    @property
    def operator(self) -> Actor:
        return _OPERATOR._replace(tenant=self.tenant)

    def key(self, name: str = "payroll", *purposes: str) -> str:
        """A new client's key."""
        codes = frozenset(purposes or {GENSEN})
        made = self.server.run(
            create_client(self.server.house.custodian, self.operator, name, codes, self.server.clock())
        )
        assert isinstance(made, NewKey), made
        return made.key

    def client(self, name: str = "payroll", *purposes: str) -> Warifu:
        """A new client."""
        vault = Warifu(self.url, self.key(name, *purposes))
        self.opened.append(vault)
        return vault

    def human(self, login: str = "tanaka", *roles: Role) -> Human:
        """A new account; a handler unless roles say otherwise."""
        made = self.server.run(
            create_account(
                self.server.house.custodian,
                self.operator,
                login,
                "試験 太郎",
                frozenset(roles or {Role.HANDLER}),
                PASSWORD,
                self.server.clock(),
            )
        )
        assert isinstance(made, Enrolment), made
        return Human(login, made.seed, list(made.recovery_codes))

    def code(self, human: Human) -> str:
        """A code that was not used yet: the clock moves on to the next one."""
        return code_at(human.seed, self.server.clock.advance(seconds=30))

    def login(self, human: Human) -> Warifu:
        """A session of a human's."""
        vault = Warifu.login(self.url, self.tenant_id, human.login, PASSWORD, self.code(human))
        self.opened.append(vault)
        return vault


def people(rows: int) -> Columns:
    """Employees with synthetic numbers, other ones at every call."""
    seed = next(_seeds)
    return Columns([f"E{seed}-{row}" for row in range(rows)], synthetic_numbers(rows, seed))
