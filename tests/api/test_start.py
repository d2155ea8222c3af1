"""What `warifu serve` loads: all it takes to serve, and nothing else, or every start would wait for it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import Command
from tests.support.databases import Postgres

ENDS_WITHIN = 60
SCRIPT = """
import atexit, json, sys
from api.cli import main

atexit.register(lambda: print(json.dumps(sorted(sys.modules))))
main()
"""
FOR_OTHER_COMMANDS = {"alembic", "mako", "warifu", "httpx", "rich.progress", "api.cli.demo.play"}
FOR_KEY_STORES = {"pkcs11", "boto3", "botocore", "tokenizer.providers.openbao"}
FOR_POSTGRESQL = {"psycopg", "psycopg_binary", "tokenizer.storage.postgres"}


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


def loaded(command: Command) -> set[str]:
    """Serve until ready, stop, and give the modules that took."""
    arguments = [sys.executable, "-c", SCRIPT, "serve", "--data", str(command.data), "--port", "0", "--json"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        ready = [server.stdout.readline() for _ in range(3)]
        server.terminate()
        said, _ = server.communicate(timeout=ENDS_WITHIN)
    assert "endpoint" in json.loads("".join(ready))
    return set(json.loads(said))


def test_a_server_on_sqlite_loads_no_client_no_migration_and_no_other_driver(command: Command) -> None:
    command.init()
    modules = loaded(command)
    assert "tokenizer.storage.sqlite" in modules
    assert modules & (FOR_OTHER_COMMANDS | FOR_POSTGRESQL | FOR_KEY_STORES) == set()


def test_a_server_on_postgresql_loads_its_driver(command: Command, postgres_server: Postgres) -> None:
    url = postgres_server.empty()
    try:
        command.init("--database", url)
        modules = loaded(command)
    finally:
        postgres_server.drop(url)
    assert modules >= FOR_POSTGRESQL
    assert modules & FOR_OTHER_COMMANDS == set()
