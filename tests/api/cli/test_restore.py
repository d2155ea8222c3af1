"""`warifu restore` and `warifu restore drill`, as an operator types them."""

from pathlib import Path
from typing import Any

import pytest

from api.settings import FILE
from tests.support.command import Command


@pytest.fixture
def command(tmp_path: Path) -> Command:
    made = Command(tmp_path)
    made.init("--origin", "log.example/w")
    return made


def back_up(command: Command) -> Path:
    told: dict[str, Any] = command.on("backup", "--to", str(command.place / "backups")).json
    return Path(told["file"])


def restore(command: Command, backup: Path, to: Path, *more: str) -> dict[str, Any]:
    done = command.on("restore", "--from", str(backup), "--to", str(to), *more)
    assert done.code == 0, done.text
    return done.json


def test_a_restored_vault_is_healthy_and_serves_its_commands(command: Command, tmp_path: Path) -> None:
    told = restore(command, back_up(command), tmp_path / "new")
    assert told["data"] == str(tmp_path / "new")
    assert (told["disposed_again"], told["erased_again"], told["lost_entries"]) == (0, 0, [])
    doctor = command("doctor", "--data", str(tmp_path / "new")).json
    assert doctor["healthy"] is True, doctor
    assert command("client", "list", "--data", str(tmp_path / "new")).json["clients"]


def test_a_vault_is_restored_without_its_old_data_directory(command: Command, tmp_path: Path) -> None:
    backup = back_up(command)
    command.data.rename(tmp_path / "lost")
    done = command.on("restore", "--from", str(backup), "--to", str(tmp_path / "new"))
    assert (done.code, done.json["error"]["code"]) == (1, "SETTINGS")
    restore(command, backup, tmp_path / "new", "--keys", str(command.keys))
    assert 'origin = "log.example/w"' in (tmp_path / "new" / FILE).read_text()
    assert command("doctor", "--data", str(tmp_path / "new")).json["healthy"] is True


def test_a_person_is_told_what_to_look_at(command: Command, tmp_path: Path) -> None:
    backup = back_up(command)
    done = command.on("restore", "--from", str(backup), "--to", str(tmp_path / "new"), as_json=False)
    assert done.code == 0
    for words in ("復元しました", "warifu handler list", "warifu serve"):
        assert words in done.text


def test_a_second_restore_of_the_same_backup_needs_a_reason_without_a_number(
    command: Command, tmp_path: Path
) -> None:
    backup = back_up(command)
    restore(command, backup, tmp_path / "first")
    done = command.on("restore", "--from", str(backup), "--to", str(tmp_path / "second"))
    assert (done.code, done.json["error"]["code"]) == (1, "ROLLBACK")
    asked = ("restore", "--from", str(backup), "--to", str(tmp_path / "second"), "--accept-rollback")
    assert command.on(*asked, "123456789018").json["error"]["code"] == "REASON"
    assert command.on(*asked, "x" * 201).json["error"]["code"] == "REASON"
    told = restore(command, backup, tmp_path / "second", "--accept-rollback", "訓練 / an exercise")
    assert len(told["lost_entries"]) == 2
    assert command("doctor", "--data", str(tmp_path / "second")).json["healthy"] is True
    assert command("doctor", "--data", str(tmp_path / "first")).code == 1


@pytest.mark.parametrize("option", ["--from", "--to"])
def test_what_is_missing_is_named(command: Command, tmp_path: Path, option: str) -> None:
    options = {"--from": str(back_up(command)), "--to": str(tmp_path / "new")}
    del options[option]
    done = command.on("restore", *(word for pair in options.items() for word in pair))
    assert done.code == 1
    assert option in done.json["error"]["message_ja"]


def test_a_drill_says_how_it_went(command: Command) -> None:
    backup = back_up(command)
    told = command.on("restore", "drill", "--from", str(backup)).json
    assert told["good"] is True
    assert {log["verified"] for log in told["logs"]} == {True}
    assert told["seconds"].keys() >= {"check", "write", "logs"}
    shown = command.on("restore", "drill", "--from", str(backup), as_json=False)
    assert "使えます / good" in shown.text
    assert sorted(path.name for path in command.data.iterdir()) == ["warifu.db", FILE]


def test_a_drill_of_a_damaged_backup_is_refused(command: Command) -> None:
    backup = back_up(command)
    whole = backup.read_bytes()
    backup.write_bytes(whole[:5_000] + b"?" + whole[5_001:])
    done = command.on("restore", "drill", "--from", str(backup))
    assert (done.code, done.json["error"]["code"]) == (1, "BACKUP")
