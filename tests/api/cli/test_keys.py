"""`warifu keys` and `warifu worker`: what an operator sees of epochs and does with them, and that it is recorded."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.capture import capturing
from tests.support.command import Command
from tokenizer.crypto.primitives import system_random
from tokenizer.providers.file import FileKeyProvider
from tokenizer.providers.key_file import KeyFile
from warifu.audit import read_export

DAY_MS = 86_400_000


@pytest.fixture(autouse=True)
def _logs() -> Iterator[None]:
    with capturing():
        yield


@pytest.fixture
def command(tmp_path: Path) -> Command:
    made = Command(tmp_path)
    made.init()
    return made


def sql(command: Command, text: str) -> None:
    with sqlite3.connect(command.data / "warifu.db") as database:
        assert database.execute(text).rowcount > 0
    database.close()


def age(command: Command, epoch: int, days: int) -> None:
    """Let an epoch be older than it is: in its key file, and in the database."""
    path = command.keys / f"epoch-{epoch:06d}.key"
    key = KeyFile.read(path, FileKeyProvider.open(command.keys).vault_id, None)
    older = replace(key, made=key.made - days * DAY_MS)
    older.write(command.keys, None, system_random)
    sql(command, f"UPDATE epoch SET began = {older.made}, swept_at = {older.made} WHERE number = {epoch}")  # noqa: S608 - numbers


def entries(command: Command) -> list[dict[str, object]]:
    log = command.place / "keys.jsonl"
    assert command.on("audit", "export", str(log), "--tenant", "installation").code == 0
    return [json.loads(entry) for entry in read_export(log)]


def test_epochs_are_listed_with_what_needs_them(command: Command) -> None:
    told = command.on("keys", "list").json
    (first,) = told["epochs"]
    assert (first["epoch"], first["swept"], first["rows"], first["destroyed"]) == (1, None, 0, None)
    assert first["began"] < first["destroy_by"]
    assert told["alarms"] == []


def test_an_operator_rolls_sweeps_and_is_refused_to_destroy_what_was_just_swept(command: Command) -> None:
    assert command.on("keys", "roll").json["epoch"] == 2
    swept = command.on("keys", "sweep").json
    assert (swept["epoch"], swept["done"]) == (2, True)
    early = command.on("keys", "destroy", "--epoch", "1")
    assert (early.code, early.json["error"]["code"]) == (1, "EPOCH_IN_USE")
    newest = command.on("keys", "destroy", "--epoch", "2")
    assert (newest.code, newest.json["error"]["code"]) == (1, "EPOCH_IN_USE")
    assert command.on("keys", "destroy").json == {"destroyed": []}
    sql(command, f"UPDATE epoch SET swept_at = swept_at - {2 * 3_600_000}")  # noqa: S608 - a number
    assert command.on("keys", "destroy", "--epoch", "1").json == {"destroyed": [1]}
    told = {epoch["epoch"]: epoch for epoch in command.on("keys", "list").json["epochs"]}
    assert told[1]["destroyed"] is not None
    assert told[2]["destroyed"] is None


def test_what_an_operator_does_with_keys_is_in_the_installation_s_log_and_verifies(command: Command) -> None:
    command.on("keys", "roll")
    command.on("keys", "sweep")
    told = [(entry["action"], entry["human"], entry["detail"]) for entry in entries(command)]
    assert told == [
        ("vault:key:epoch-create", "schedule", {"epoch": "1"}),
        ("vault:key:epoch-create", "operator", {"epoch": "2"}),
        ("vault:key:epoch-sweep", "operator", {"epoch": "2"}),
    ]
    log = command.place / "keys.jsonl"
    key = log.with_suffix(".key").read_text().strip()
    assert key.startswith("warifu.invalid/log/0+")
    checkpoint = str(log.with_suffix(".checkpoint"))
    done = command("audit", "verify", str(log), "--checkpoint", checkpoint, "--key", key)
    assert done.json == {"verified": True, "entries": 3}
    assert command.on("audit", "head", "--tenant", "installation").json["size"] == 3


def test_tables_for_people_show_the_same(command: Command) -> None:
    assert "epoch" in command.on("keys", "list", as_json=False).text
    assert "new epoch" in command.on("keys", "roll", as_json=False).text
    assert "moved" in command.on("keys", "sweep", as_json=False).text
    assert "destroyed" in command.on("keys", "destroy", as_json=False).text


def test_doctor_and_the_list_tell_what_is_late(command: Command) -> None:
    assert command.on("doctor").json["healthy"] is True
    age(command, 1, 95)
    told = command.on("keys", "list").json
    assert told["alarms"] == ["roll-late", "epoch-overdue"]
    done = command.on("doctor")
    (bad,) = [check for check in done.json["checks"] if not check["good"]]
    assert bad["check"] == "epochs"
    assert "past its time" in bad["detail"]
    assert done.code == 1


def test_the_worker_does_once_what_is_due(command: Command) -> None:
    age(command, 1, 95)
    told = command.on("worker", "--once")
    assert (told.code, told.json["leading"], told.json["failed"]) == (0, True, [])
    assert {"roll-epochs", "sweep-epochs", "destroy-epochs", "witness"} <= set(told.json["done"])
    assert [epoch["epoch"] for epoch in command.on("keys", "list").json["epochs"]] == [1, 2]
    again = command.on("worker", "--once").json
    assert again["leading"] is True, "the one before gave the lease back"


def test_the_worker_says_what_failed(command: Command) -> None:
    age(command, 1, 95)
    command.on("keys", "roll")
    command.on("keys", "sweep")
    sql(command, f"UPDATE epoch SET swept_at = swept_at - {2 * 3_600_000}")  # noqa: S608 - a number
    with sqlite3.connect(command.data / "warifu.db") as database:
        (tenant,) = database.execute("SELECT tenant_id FROM tenant").fetchone()
        database.execute("INSERT INTO person_key VALUES (?, 1, 1, 1, x'00')", (tenant,))
    database.close()
    told = command.on("worker", "--once")
    assert (told.code, told.json["failed"], told.json["alarms"]) == (1, ["destroy-epochs"], ["epoch-overdue"])


def test_a_lease_that_another_holds_leaves_the_chores_to_it(command: Command) -> None:
    sql(
        command,
        "UPDATE worker_lease SET holder = 'other', until = CAST(strftime('%s') AS INTEGER) * 1000 + 59000",
    )
    told = command.on("worker", "--once")
    assert (told.code, told.json["leading"], told.json["done"]) == (0, False, [])
