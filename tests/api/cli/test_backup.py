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
