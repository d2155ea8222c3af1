"""`warifu backup`, as an operator types it."""

from pathlib import Path

import pytest

from tests.support.command import Command


@pytest.fixture
def command(tmp_path: Path) -> Command:
    made = Command(tmp_path)
    made.init()
    return made


def test_a_backup_is_one_file_and_listed_with_the_day_it_expires(command: Command) -> None:
    place = command.place / "backups"
    told = command.on("backup", "--to", str(place)).json
    assert [str(path) for path in place.iterdir()] == [told["file"]]
    assert told["expires_at"] > told["made_at"]
    listed = command.on("backup", "list", "--from", str(place)).json["backups"]
    assert [(each["file"], each["state"], each["bytes"]) for each in listed] == [
        (Path(told["file"]).name, "good", told["bytes"])
    ]
    shown = command.on("backup", "list", "--from", str(place), as_json=False)
    assert "バックアップ / backups" in shown.text


def test_a_backup_needs_a_place(command: Command) -> None:
    done = command.on("backup")
    assert done.code == 1
    assert "--to" in done.json["error"]["message_ja"]


def test_pruning_leaves_what_is_good_or_not_ours_and_takes_what_a_crash_left(command: Command) -> None:
    place = command.place / "backups"
    told = command.on("backup", "--to", str(place)).json
    for name in ("warifu-x.backup", "notes.txt", "warifu-y.backup.partial"):
        (place / name).write_text("something")
    gone = command.on("backup", "prune", "--from", str(place)).json["removed"]
    assert [(each["file"], each["state"]) for each in gone] == [("warifu-y.backup.partial", "unfinished")]
    left = {path.name for path in place.iterdir()}
    assert left == {Path(told["file"]).name, "warifu-x.backup", "notes.txt"}


def test_a_directory_that_cannot_be_read_is_named(command: Command) -> None:
    done = command.on("backup", "list", "--from", str(command.place / "nowhere"))
    assert done.code == 1
    assert done.json["error"]["code"] == "BACKUP"
    assert "nowhere" in done.json["error"]["message_en"]


def test_a_vault_that_does_not_open_is_copied_all_the_same_and_says_so(command: Command) -> None:
    ledger = command.keys.with_name("keys-ledger")
    place = str(command.place / "backups")
    assert command.on("backup", "--to", place).json["recorded"] is True
    ledger.rename(command.place / "aside")
    assert command.on("backup", "--to", place).json["recorded"] is False
    shown = command.on("backup", "--to", place, as_json=False)
    assert shown.code == 0
    assert "not recorded" in shown.text
    (command.place / "aside").rename(ledger)
    states = [each["state"] for each in command.on("backup", "list", "--from", place).json["backups"]]
    assert states == ["good"] * 3


def test_a_vault_that_another_tool_put_back_can_go_on_by_way_of_a_backup(command: Command) -> None:
    place = command.place / "backups"
    older = (command.data / "warifu.db").read_bytes()
    told = command.on("backup", "--to", str(place)).json
    restored = ("restore", "--from", told["file"], "--to", str(command.place / "new"))
    assert command.on(*restored).code == 0
    (command.place / "new" / "warifu.db").write_bytes(older)
    there = ("--data", str(command.place / "new"))
    assert command("client", "list", *there).json["error"]["code"] == "ROLLBACK"
    again = command("backup", "--to", str(place), *there).json
    assert again["recorded"] is False
    done = command(
        "restore",
        "--from",
        again["file"],
        "--to",
        str(command.place / "newer"),
        "--accept-rollback",
        "x",
        *there,
    )
    assert done.code == 0, done.text
    assert command("doctor", "--data", str(command.place / "newer")).json["healthy"] is True
