"""`warifu ledger`, and what an upgrade from a version without ledgers does."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command as alembic
from alembic.config import Config
from sqlalchemy import create_engine

from api.migrations import migrate
from tests.support.command import Command
from tokenizer.ledger import Ledger
from tokenizer.providers.file import FileKeyProvider


@pytest.fixture
def command(tmp_path: Path) -> Command:
    made = Command(tmp_path)
    made.init("--origin", "log.example/w")
    return made


def ledger_of(command: Command) -> Path:
    return command.keys.with_name("keys-ledger")


def test_the_ledger_is_verified_and_shown(command: Command) -> None:
    told = command.on("ledger", "show").json
    assert (told["disposed"], told["batches"], told["torn_lines_repaired"], told["logs"]) == (0, 0, 0, [])
    assert "台帳 / ledger" in command.on("ledger", "show", as_json=False).text


def test_contracts_that_ended_are_shown_by_their_logs(command: Command) -> None:
    assert command.on("ledger", "show").json["contracts_ended"] == []
    ledger = Ledger.open(ledger_of(command), FileKeyProvider.open(command.keys).authority_key())
    for at in (1_790_000_000_000, 1_790_000_001_000):
        ledger.record_contract_end(7, at)
    told = command.on("ledger", "show").json["contracts_ended"]
    assert told == [{"log": "log.example/w/7", "at": "2026-09-21T14:13:20Z"}]
    shown = command.on("ledger", "show", as_json=False).text
    assert "contracts that ended" in shown
    assert "log.example/w/7" in shown


def test_a_lost_ledger_is_begun_anew_on_purpose_and_the_logs_say_so(command: Command, tmp_path: Path) -> None:
    shutil.rmtree(ledger_of(command))
    refused = command.on("client", "list")
    assert (refused.code, refused.json["error"]["code"]) == (1, "LEDGER")
    assert "warifu ledger adopt" in refused.json["error"]["message_ja"]
    assert command.on("ledger", "adopt", "--reason", "ディスクの故障").code == 0
    assert command.on("client", "list").code == 0
    assert command.on("ledger", "show").json["logs"][-1]["entries"] == 4
    command.on("audit", "export", str(tmp_path / "log.jsonl"))
    exported = command.on("audit", "head").json
    assert exported["size"] == 4


def test_a_ledger_that_is_there_is_not_replaced(command: Command) -> None:
    done = command.on("ledger", "adopt", "--reason", "why not")
    assert (done.code, done.json["error"]["code"]) == (1, "LEDGER")


def test_a_reason_holds_no_number(command: Command) -> None:
    shutil.rmtree(ledger_of(command))
    done = command.on("ledger", "adopt", "--reason", "123456789018")
    assert (done.code, done.json["error"]["code"]) == (1, "REASON")
    assert not ledger_of(command).exists()


def older(command: Command) -> None:
    """Make the installation one of a version that had no ledger."""
    shutil.rmtree(ledger_of(command))
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent))
    engine = create_engine(f"sqlite:///{command.data / 'warifu.db'}")
    with engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        alembic.downgrade(config, "0002")
    engine.dispose()


def test_an_older_vault_can_be_backed_up_then_upgraded_and_gets_its_ledger(
    command: Command, tmp_path: Path
) -> None:
    older(command)
    taken = command.on("backup", "--to", str(tmp_path / "backups"))
    assert taken.code == 0, taken.text
    assert command.on("client", "list").json["error"]["code"] == "DATABASE_VERSION"
    assert command("init", "--upgrade", "--data", str(command.data)).code == 0
    assert command.on("doctor").json["healthy"] is True
    assert len(command.on("ledger", "show").json["logs"]) == 2
    restored = command.on(
        "restore", "--from", taken.json["file"], "--to", str(tmp_path / "new"), "--accept-rollback", "訓練"
    )
    assert restored.code == 0, restored.text
    assert command("doctor", "--data", str(tmp_path / "new")).json["healthy"] is True


def test_an_upgrade_makes_no_ledger_for_a_vault_that_had_one(command: Command) -> None:
    shutil.rmtree(ledger_of(command))
    assert command("init", "--upgrade", "--data", str(command.data)).code == 0
    assert not ledger_of(command).exists()
    with closing(sqlite3.connect(command.data / "warifu.db")) as connection:
        assert connection.execute("SELECT count(*) FROM tenant").fetchone() == (1,)
