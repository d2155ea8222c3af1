"""The server as a process of its own: it answers, stops when told to, and keeps what it acknowledged even when killed.

Every number here is synthetic.
"""

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from api.bootstrap import open_house, open_keys, set_up
from api.clock import wall_clock
from api.settings import Settings
from custody.clients import NewKey, create_client
from custody.record import export, read_head
from custody.tenants import list_tenants
from policies.actor import Actor, ActorKind
from policies.refusals import Denied
from policies.totp import code_at
from tests.support.api import batch
from tests.support.clock import FakeClock
from tests.support.numbers import synthetic_numbers
from tests.support.walk import operation
from tests.support.world import GENSEN, PURPOSES, Human, World
from tokenizer.crypto.passwords import CHEAP_FOR_TESTS, Passwords
from tokenizer.providers.file import FileKeyProvider
from warifu.audit import verify_log

NUMBERS = synthetic_numbers(3, seed=88)
STOPS_WITHIN = 30.0
SCRIPT = """
import asyncio, sys
from pathlib import Path
from api.server import serve
from api.settings import Settings, SettingsError

settings = Settings(data=Path(sys.argv[1]), keys=Path(sys.argv[2]), host=sys.argv[3], port=int(sys.argv[4]))
try:
    asyncio.run(serve(settings, lambda address: print(address, flush=True)))
except SettingsError as error:
    sys.exit(str(error))
"""


@dataclass
class Installation:
    """A vault on disk with a client and a handler."""

    settings: Settings
    key: str
    human: Human

    def start(self, host: str = "127.0.0.1", port: int = 0) -> subprocess.Popen[str]:
        arguments = [str(self.settings.data), str(self.settings.keys), host, str(port)]
        return subprocess.Popen(
            [sys.executable, "-c", SCRIPT, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @contextmanager
    def running(self) -> Iterator["Running"]:
        process = self.start()
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:"), process.communicate()[1]
            with httpx.Client(base_url=address.removesuffix("/graphql"), timeout=STOPS_WITHIN) as http:
                yield Running(process, http, self.key)
        finally:
            process.kill()
            process.communicate()


@dataclass
class Running:
    """A server that answers."""

    process: subprocess.Popen[str]
    http: httpx.Client
    key: str

    def ask(self, name: str, **variables: Any) -> Any:
        body = {"query": operation(name).document, "variables": variables}
        response = self.http.post("/graphql", json=body, headers=self.headers)
        assert response.status_code == 200, response.text
        return response.json()["data"][name]

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"}

    def stop(self, how: signal.Signals) -> str:
        """Send a signal, wait for the end, and give what was logged."""
        self.process.send_signal(how)
        return self.process.communicate(timeout=STOPS_WITHIN)[1]


async def _install(settings: Settings) -> Installation:
    keys = FileKeyProvider.create(settings.keys, "test-vault", now_ms=wall_clock(), data_dir=settings.data)
    house = await set_up(settings, keys, wall_clock, passwords=Passwords(CHEAP_FOR_TESTS))
    world = await World.open(house, FakeClock(wall_clock()))
    made = await create_client(house.custodian, world.operator, "payroll", PURPOSES, wall_clock())
    assert isinstance(made, NewKey)
    human = await world.human("tanaka")
    await house.database.close()
    return Installation(settings, made.key, human)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    data = tmp_path / "data"
    data.mkdir()
    return asyncio.run(_install(Settings(data=data, keys=tmp_path / "keys")))


def register(server: Running, numbers: list[str], prefix: str = "E") -> Any:
    ids = [f"{prefix}{row}" for row in range(len(numbers))]
    return server.ask("tokenize", input=batch(ids, numbers))


def test_it_answers_until_it_is_told_to_stop_and_logs_no_number(installation: Installation) -> None:
    with installation.running() as server:
        assert server.http.get("/ready").json()["status"] == "ready"
        tokens = register(server, NUMBERS)["tokens"]
        use = {"tokens": tokens, "purpose": GENSEN, "reason": "年末調整", "handler": "tanaka"}
        code = code_at(installation.human.seed, wall_clock())
        released = server.ask("detokenize", input={**use, "code": code})
        assert released["numbers"] == NUMBERS
        refused = server.ask("prepareUse", input={**use, "reason": NUMBERS[0], "handler": None})
        assert refused["rule"] == "reason-invalid"
        assert server.http.get(f"/{NUMBERS[0]}?number={NUMBERS[1]}").status_code == 404
        assert "server" not in server.http.get("/live").headers
        limits = Path(f"/proc/{server.process.pid}/limits").read_text()
        (core,) = [line for line in limits.splitlines() if line.startswith("Max core file size")]
        assert core.split()[4:6] == ["0", "0"], "a core dump would hold keys"
        log = server.stop(signal.SIGTERM)
    assert server.process.returncode == 0
    lines = [orjson.loads(line) for line in log.splitlines()]
    assert [line["route"] for line in lines if line["event"] == "request"] == [
        *("/ready", "/graphql", "/graphql", "/graphql", "none", "/live"),
    ]
    assert all(number not in log for number in NUMBERS)
    assert not installation.settings.data.joinpath("warifu.db-wal").exists(), "the database was closed"


def test_a_request_that_has_begun_is_answered_though_the_server_is_stopping(
    installation: Installation,
) -> None:
    with installation.running() as server:
        body = orjson.dumps(
            {"query": operation("tokenize").document, "variables": {"input": batch(["a"], NUMBERS[:1])}}
        )
        head = (
            "POST /graphql HTTP/1.1\r\nhost: warifu.test\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {server.key}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection((server.http.base_url.host, server.http.base_url.port or 0)) as line:
            line.settimeout(STOPS_WITHIN)
            line.sendall(head.encode() + body[:20])
            # Another request on another connection is answered after this one was taken up.
            assert server.http.get("/live").status_code == 200
            server.process.send_signal(signal.SIGTERM)
            line.sendall(body[20:])
            answer = b"".join(iter(lambda: line.recv(65_536), b""))
        assert answer.startswith(b"HTTP/1.1 200")
        assert b'"registered":1' in answer
        assert server.process.wait(STOPS_WITHIN) == 0


def test_what_was_acknowledged_is_there_after_the_process_was_killed(installation: Installation) -> None:
    with installation.running() as server:
        tokens = register(server, NUMBERS)["tokens"]
        kept = server.ask("auditLog")
        server.stop(signal.SIGKILL)
    with installation.running() as server:
        assert [item["token"] for item in server.ask("tokens")["nodes"]] == tokens
        assert server.ask("auditLog") == kept
        register(server, synthetic_numbers(2, seed=89), "F")
        server.stop(signal.SIGTERM)
    entries, log = asyncio.run(_whole_log(installation.settings))
    assert verify_log(entries, log[0], log[1]).size > kept["size"]


async def _whole_log(settings: Settings) -> tuple[list[bytes], tuple[str, str]]:
    """The log as an operator exports it, with the checkpoint and the key that check it."""
    house = await open_house(settings, open_keys(settings), wall_clock)
    database = house.database
    (tenant,) = await database.read(
        0, lambda tx: [row.id for row in list_tenants(tx, house.custodian.authority)]
    )
    actor = Actor(kind=ActorKind.OPERATOR, tenant=tenant, id=0, name="operator")
    part = await export(house.custodian, actor, 0, 1_000, wall_clock())
    head = await read_head(house.custodian, actor, wall_clock())
    await database.close()
    assert not isinstance(part, Denied)
    assert not isinstance(head, Denied)
    return list(part.entries), (head.checkpoint, head.verifier_key)


def test_an_address_that_is_not_this_machines_is_refused_in_words(installation: Installation) -> None:
    process = installation.start(host="192.0.2.1")
    told = process.communicate(timeout=STOPS_WITHIN)[1]
    assert process.returncode == 1
    assert "192.0.2.1:0 で待ち受けできません" in told
    assert "WARIFU_PORT" in told
