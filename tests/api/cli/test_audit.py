"""`warifu audit` and `warifu doctor`: copies of the log, verified with no server and no database."""

import base64
import json
import sqlite3
from pathlib import Path

import pytest

from tests.support.command import Command


@pytest.fixture
def command(tmp_path: Path) -> Command:
    made = Command(tmp_path)
    made.init()
    return made


def export(command: Command) -> Path:
    log = command.place / "log.jsonl"
    done = command.on("audit", "export", str(log))
    assert done.code == 0, done.text
    return log


def verify(command: Command, log: Path, source: Path | None = None) -> "tuple[int, str]":
    beside = source or log
    done = command(
        "audit",
        "verify",
        str(log),
        "--checkpoint",
        str(beside.with_suffix(".checkpoint")),
        "--key",
        str(beside.with_suffix(".key")),
    )
    return done.code, done.text


def test_an_exported_log_verifies_offline_and_names_what_the_operator_did(command: Command) -> None:
    log = export(command)
    code, text = verify(command, log)
    assert code == 0, text
    actions = [
        json.loads(base64.b64decode(json.loads(line)["entry"]))["action"]
        for line in log.read_text().splitlines()
    ]
    assert actions == ["vault:tenant:create", "vault:client:create", "vault:account:create"]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_changed_entry_fails_and_the_failure_says_where(command: Command, place: int) -> None:
    log = export(command)
    lines = log.read_text().splitlines()
    record = json.loads(lines[place])
    entry = bytearray(base64.b64decode(record["entry"]))
    entry[20] ^= 1
    record["entry"] = base64.b64encode(entry).decode()
    lines[place] = json.dumps(record, separators=(",", ":"))
    forged = command.place / "forged.jsonl"
    forged.write_text("\n".join(lines) + "\n")
    code, text = verify(command, forged, log)
    assert code == 1
    assert f"index {place}" in text


def test_a_log_that_lost_its_tail_fails(command: Command) -> None:
    log = export(command)
    short = command.place / "short.jsonl"
    short.write_text("\n".join(log.read_text().splitlines()[:-1]) + "\n")
    code, _ = verify(command, short, log)
    assert code == 1


def test_a_missing_file_is_named(command: Command) -> None:
    log = export(command)
    log.with_suffix(".checkpoint").unlink()
    code, text = verify(command, log)
    assert code == 1
    assert "log.checkpoint" in text


def test_doctor_finds_nothing_on_a_healthy_installation(command: Command) -> None:
    done = command.on("doctor")
    assert (done.code, done.json["healthy"]) == (0, True)


def test_doctor_finds_an_entry_that_somebody_changed_in_the_database(command: Command) -> None:
    with sqlite3.connect(command.data / "warifu.db") as database:
        database.execute("UPDATE audit_leaf SET entry = CAST(replace(entry, 'client', 'kliend') AS BLOB)")
    database.close()
    done = command.on("doctor")
    assert done.code == 1
    bad = [check for check in done.json["checks"] if not check["good"]]
    assert [check["check"].split()[0] for check in bad] == ["log"]


def test_doctor_finds_keys_that_others_can_read(command: Command) -> None:
    command.keys.chmod(0o755)
    done = command.on("doctor")
    command.keys.chmod(0o700)
    assert done.code == 1
    assert "chmod 700" in json.dumps(done.json)


def test_head_shows_the_checkpoint_and_the_key(command: Command) -> None:
    told = command.on("audit", "head").json
    assert told["size"] == 3
    assert told["checkpoint"].startswith(told["verifier_key"].split("+")[0])
