"""Where numbers may travel to, and with which key."""

import logging

import pytest

from tests.support.live import Company
from tests.support.network import KEY, URL, VIEWER, Network, data
from warifu import Warifu

ENDPOINTS = {
    "https://vault.example": "https://vault.example/graphql",
    "https://vault.example/": "https://vault.example/graphql",
    "https://vault.example/api/graphql": "https://vault.example/api/graphql",
    "http://127.0.0.1:8470": "http://127.0.0.1:8470/graphql",
    "http://[::1]:8470/graphql": "http://[::1]:8470/graphql",
    "http://localhost:8470": "http://localhost:8470/graphql",
}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_an_endpoint_is_completed(endpoint: str) -> None:
    network = Network(data(VIEWER))
    with network.vault(endpoint) as vault:
        vault.viewer()
        assert repr(vault) == f"Warifu({ENDPOINTS[endpoint]!r})"
    assert str(network.requests[0].url) == ENDPOINTS[endpoint]


@pytest.mark.parametrize(
    "endpoint",
    ["vault.example", "ftp://vault.example", "https://", "https://user:secret@vault.example", "http://[", ""],
)
def test_an_endpoint_that_is_none_is_refused_without_being_quoted(endpoint: str) -> None:
    with pytest.raises(ValueError, match="https://") as raised:
        Warifu(endpoint, KEY)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("endpoint", ["http://vault.example", "http://192.0.2.1", "http://localhost.example"])
def test_numbers_do_not_travel_unencrypted_unless_that_is_said(endpoint: str) -> None:
    with pytest.raises(ValueError, match="unencrypted"):
        Warifu(endpoint, KEY)
    Warifu(endpoint, KEY, plain_http=True).close()


@pytest.mark.parametrize("key", ["", "wfk_a b", "wfk_a\n", "wfk_鍵"])
def test_a_key_that_no_header_takes_is_refused_without_being_quoted(key: str) -> None:
    with pytest.raises(ValueError, match="issued") as raised:
        Warifu(URL, key)
    assert key == "" or key not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


def test_one_connection_serves_many_requests(company: Company, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="httpcore.connection")
    with Warifu(company.url, company.key()) as vault:
        for _ in range(3):
            vault.viewer()
    opened = [record for record in caplog.records if "connect_tcp.complete" in record.getMessage()]
    assert len(opened) == 1
