"""A real vault on loopback for the tests of a module, and a company of its own for each test."""

from collections.abc import Iterator
from typing import Protocol

import pytest
from hypothesis import settings

from custody.tenants import Settings
from tests.support.capture import Captured, capturing
from tests.support.live import Company, Server
from warifu import Warifu

# How long an example takes says something about the machine, not about what is tested.
settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")


class OpenCompany(Protocol):
    """Opens a company in the vault."""

    def __call__(self, settings: Settings | None = None, *, sandbox: bool = False) -> Company: ...


@pytest.fixture(scope="module")
def server_log() -> Iterator[Captured]:
    """What the server logs."""
    with capturing() as stream:
        yield stream


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, server_log: Captured) -> Iterator[Server]:
    """A running vault, one for all tests of a module."""
    running = Server(tmp_path_factory.mktemp("vault"))
    with running.running():
        yield running


@pytest.fixture
def open_company(server: Server) -> Iterator[OpenCompany]:
    """Opens companies; closes their clients."""
    opened: list[Warifu] = []

    def open_one(settings: Settings | None = None, *, sandbox: bool = False) -> Company:
        return server.company(opened, settings, sandbox=sandbox)

    yield open_one
    for vault in opened:
        vault.close()


@pytest.fixture
def company(open_company: OpenCompany) -> Company:
    """A company of its own for every test."""
    return open_company()
