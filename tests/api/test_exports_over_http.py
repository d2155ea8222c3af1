"""Files over a real connection, with a plain client of HTTP: whole, or cut so that nobody takes half for all."""

import csv
import http.client
import io
import socket
import struct
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from policies.actor import Role
from tests.support.exporting import crowd
from tests.support.live import Company, Server
from tests.support.tamper import rows
from tokenizer.audit.action import Action
from tokenizer.audit.entry import Entry
from warifu import Warifu

MANY = 50_000
LONG = 20_000
"""Of these, more bytes than the buffers on the way hold."""

LOOKS = 2_000
"""How often the record is looked at before a test gives up."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("vault"))
    with running.running():
        yield running


@pytest.fixture
def company(server: Server) -> Iterator[Company]:
    opened: list[Warifu] = []
    yield server.company(opened)
    for vault in opened:
        vault.close()


def session_of(company: Company) -> str:
    credential = company.login(company.human("sato", Role.ADMINISTRATOR)).credential
    assert credential is not None
    return credential.reveal()


def record_of(company: Company) -> list[Entry]:
    sql = "SELECT entry FROM audit_leaf WHERE tenant_id = :own ORDER BY leaf_index"
    found = company.server.run(rows(company.server.house.database, company.tenant, sql, own=company.tenant))
    entries = [Entry.from_bytes(row[0]) for row in found]
    return [entry for entry in entries if entry.action is Action.DATA_EXPORT]


def fill(company: Company, count: int, address: str = "") -> None:
    company.server.run(crowd(company.server.house.custodian, company.tenant, count, address))


def test_fifty_thousand_people_come_whole_over_plain_http(company: Company) -> None:
    fill(company, MANY)
    address = urlsplit(company.url)
    with closing(http.client.HTTPConnection(address.hostname or "", address.port or 0)) as connection:
        connection.request(
            "GET", "/exports/people.csv", headers={"Authorization": f"Bearer {session_of(company)}"}
        )
        answer = connection.getresponse()
        text = answer.read().decode("utf-8-sig")
    assert (answer.status, answer.getheader("transfer-encoding")) == (200, "chunked")
    header, *people = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert header[1] == "管理番号 (external_id)"
    assert [row[1] for row in people] == [f"C-{row}" for row in range(1, MANY + 1)]
    assert record_of(company)[-1].detail["rows"] == str(MANY)


def test_a_connection_that_drops_ends_the_reading_and_is_in_the_record(company: Company) -> None:
    fill(company, LONG, "架空町" * 100)
    address = urlsplit(company.url)
    request = (
        f"GET /exports/people.csv HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {session_of(company)}\r\n\r\n"
    )
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )  # it drops, it does not end
        line.connect((address.hostname or "", address.port or 0))
        line.sendall(request.encode())
        assert line.recv(1024).startswith(b"HTTP/1.1 200")
    for _ in range(LOOKS):
        begun, *ended = record_of(company)
        if ended:
            break
    assert begun.detail["stage"] == "begun"
    (last,) = ended
    assert last.detail["stage"] == "broken-off"
    assert int(last.detail["rows"]) < LONG
