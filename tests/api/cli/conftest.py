"""A real vault on loopback for commands that speak to one, and a company of its own for each test."""

from collections.abc import Iterator

import pytest

from tests.support.capture import Captured, capturing
from tests.support.live import Company, Server
from tests.support.remote import Desk
from warifu import Warifu


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
def company(server: Server) -> Iterator[Company]:
    """A company of its own; its clients are closed afterwards."""
    opened: list[Warifu] = []
    yield server.company(opened)
    for vault in opened:
        vault.close()


@pytest.fixture
def desk(company: Company) -> Desk:
    return Desk(company)
