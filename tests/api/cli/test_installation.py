"""`warifu init` and `warifu serve`, as an operator types them."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import orjson
import pytest

from api.clock import wall_clock
from policies.totp import code_at
from tests.support.command import Command
from tests.support.databases import Postgres


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


def test_init_prints_all_that_a_program_needs_to_drive_the_server(command: Command) -> None:
    told = command.init()
    assert told.keys() >= {
        "endpoint",
        "tenant",
        "client_key",
        "handler",
        "password",
        "one_time_code_seed",
        "recovery_codes",
    }
    assert told["client_key"].startswith("wfk_")
    assert len(told["recovery_codes"]) == 10


def test_settings_and_data_are_for_their_owner_alone(command: Command) -> None:
    command.init()
    assert command.data.stat().st_mode & 0o777 == 0o700
    assert (command.data / "warifu.toml").stat().st_mode & 0o777 == 0o600


def test_init_and_doctor_work_on_postgresql(command: Command, postgres_server: Postgres) -> None:
    url = postgres_server.empty()
    try:
        command.init("--database", url)
        told = command.on("doctor").json
        assert told["healthy"] is True, told
        assert "row-level security" in [check["check"] for check in told["checks"]]
    finally:
        postgres_server.drop(url)


def test_a_second_init_is_refused_by_name_and_changes_nothing(command: Command) -> None:
    command.init()
    before = {path: path.read_bytes() for path in command.keys.iterdir()}
    again = command("init", "--data", str(command.data), "--keys", str(command.keys))
    assert again.code == 1
    assert again.json["error"]["code"] == "ALREADY_SET_UP"
    assert {path: path.read_bytes() for path in command.keys.iterdir()} == before


def test_keys_inside_the_data_directory_are_refused(command: Command) -> None:
    done = command("init", "--data", str(command.data), "--keys", str(command.data / "keys"))
    assert done.code == 1
    assert done.json["error"]["code"] == "KEY_DIRECTORY"


def test_a_person_gets_the_same_in_words_and_both_languages(command: Command) -> None:
    done = command("init", "--data", str(command.data), "--keys", str(command.keys), as_json=False)
    assert done.code == 0
    assert "割符を準備しました / Warifu is ready" in done.text


def test_commands_on_a_directory_that_was_never_set_up_say_so(command: Command) -> None:
    done = command.on("client", "list")
    assert done.code == 1
    assert "warifu init" in done.json["error"]["message_en"]


def test_a_missing_key_directory_stops_the_server_by_name(command: Command) -> None:
    command.init()
    command.keys.rename(command.keys.with_name("elsewhere"))
    done = _serve(command, "--port", "0")
    assert done.returncode == 1
    assert orjson.loads(done.stdout)["error"]["code"] == "KEY_DIRECTORY"


def test_the_keys_of_another_vault_stop_the_server_by_name(command: Command, tmp_path: Path) -> None:
    command.init()
    other = Command(tmp_path / "other")
    other.init()
    command.keys.rename(tmp_path / "set-aside")
    other.keys.rename(command.keys)
    done = _serve(command, "--port", "0")
    assert done.returncode == 1
    assert orjson.loads(done.stdout)["error"]["code"] == "WRONG_VAULT"


def test_a_port_in_use_stops_the_server_by_name(command: Command) -> None:
    command.init()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = _serve(command, "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    error = orjson.loads(done.stdout)["error"]
    assert error["code"] == "SETTINGS"
    assert "WARIFU_PORT" in error["message_ja"]


def test_the_server_runs_with_what_init_printed_and_stops_cleanly(command: Command) -> None:
    told = command.init("--sandbox")
    server = subprocess.Popen(
        _command(command, "--port", "0"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        assert server.stdout is not None
        said = b"".join(iter(server.stdout.readline, b"}\n")) + b"}"
        endpoint = orjson.loads(said)["endpoint"]
        answer = httpx.post(
            endpoint,
            json={
                "query": "mutation($i: LoginInput!) { login(input: $i) { __typename } }",
                "variables": {
                    "i": {
                        "tenant": told["tenant"],
                        "login": told["handler"],
                        "password": told["password"],
                        "code": code_at(told["one_time_code_seed"], wall_clock()),
                    }
                },
            },
            timeout=30,
        )
        assert answer.json()["data"]["login"]["__typename"] == "LoggedIn"
    finally:
        server.terminate()
        _, errors = server.communicate(timeout=30)
    assert server.returncode == 0
    assert [path.name for path in command.data.iterdir() if path.name.endswith(("-wal", "-shm"))] == []
    assert b"Traceback" not in errors
    assert told["password"].encode() not in errors


def test_a_passphrase_seals_the_keys_and_the_wrong_one_is_refused(command: Command, tmp_path: Path) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text("a passphrase for tests\n", encoding="utf-8")
    command.init("--passphrase-file", str(secret))
    assert command.on("client", "list").code == 0
    secret.write_text("another passphrase\n", encoding="utf-8")
    done = command.on("client", "list")
    assert done.code == 1
    assert done.json["error"]["code"] == "KEY_DIRECTORY"


def _serve(command: Command, *more: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(_command(command, *more), capture_output=True, check=False, timeout=60)


def _command(command: Command, *more: str) -> list[str]:
    assert os.environ.get("WARIFU_PORT") is None
    return [sys.executable, "-m", "api.cli", "serve", "--data", str(command.data), "--json", *more]
