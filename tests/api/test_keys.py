"""The keys of an installation by its settings: made, opened, and never by the wrong kind of provider."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from api.keys import make_keys, open_keys
from api.settings import FILE, Settings, SettingsError, dump, load
from tests.support.command import Command
from tests.support.fake_transit import FakeTransit
from tokenizer.errors import KeyDirectoryError
from tokenizer.providers.file import FileKeyProvider
from tokenizer.providers.key_store import KeyStoreUnreachableError
from tokenizer.providers.wrapped import WrappedKeyProvider

TOKEN = "hvs.the-token-of-the-test"


@pytest.fixture
def transit(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTransit]:
    monkeypatch.setenv("WARIFU_KEY_STORE_SECRET", TOKEN)
    with FakeTransit() as server:
        server.issue(TOKEN)
        yield server


@pytest.fixture
def files(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", keys=tmp_path / "keys")


@pytest.fixture
def wrapped(files: Settings, transit: FakeTransit) -> Settings:
    return replace(files, key_store=f"openbao:{transit.url}")


def test_without_a_key_store_keys_are_files(files: Settings) -> None:
    made = make_keys(files, "vault-7", 1)
    assert isinstance(made, FileKeyProvider)
    assert open_keys(files).authority_key() == made.authority_key()


def test_with_one_they_are_wrapped_by_it(wrapped: Settings) -> None:
    made = make_keys(wrapped, "vault-7", 1)
    assert isinstance(made, WrappedKeyProvider)
    opened = open_keys(wrapped)
    assert isinstance(opened, WrappedKeyProvider)
    assert opened.epoch_key(1) == made.epoch_key(1)


def test_wrapped_keys_without_the_setting_are_refused_by_name(wrapped: Settings) -> None:
    make_keys(wrapped, "vault-7", 1)
    with pytest.raises(KeyDirectoryError, match=r"wrapped by a key store\. Name it in the setting key_store"):
        open_keys(replace(wrapped, key_store=None))


def test_keys_in_files_with_the_setting_are_refused_by_name(files: Settings, wrapped: Settings) -> None:
    make_keys(files, "vault-7", 1)
    with pytest.raises(KeyDirectoryError, match=r"store\.json is missing"):
        open_keys(wrapped)


def test_keys_inside_the_data_are_refused_whoever_wraps_them(wrapped: Settings) -> None:
    inside = replace(wrapped, keys=wrapped.data / "keys")
    with pytest.raises(KeyDirectoryError, match="inside the data directory"):
        make_keys(inside, "vault-7", 1)


def test_a_passphrase_for_wrapped_keys_is_refused_lest_they_be_thought_sealed(
    wrapped: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "passphrase"
    file.write_text("secret words\n")
    for act in (lambda given: make_keys(given, "vault-7", 1), open_keys):
        with pytest.raises(SettingsError, match="take no passphrase"):
            act(replace(wrapped, passphrase_file=file))


def test_the_setting_is_written_and_read_again(wrapped: Settings) -> None:
    wrapped.data.mkdir()
    (wrapped.data / FILE).write_text(dump(wrapped), encoding="utf-8")
    assert load(wrapped.data, {}) == wrapped
    assert load(wrapped.data, {"WARIFU_KEY_STORE": "pkcs11:x"}).key_store == "pkcs11:x"


# --- from the command line


def test_an_installation_over_a_key_store_is_set_up_served_from_and_examined(
    tmp_path: Path, transit: FakeTransit
) -> None:
    command = Command(tmp_path)
    told = command.init("--key-store", f"openbao:{transit.url}")
    assert told["key_store"] == "openbao"
    assert TOKEN not in (command.data / FILE).read_text()
    assert {name.rpartition("-epoch-")[2] for name in transit.keys} >= {"000001"}
    examined = command.on("doctor")
    assert examined.code == 0, examined.text
    (found,) = [check for check in examined.json["checks"] if check["check"] == "key store"]
    assert found == {"check": "key store", "good": True, "detail": "openbao: it has every key"}
    listed = command.on("client", "list")
    assert listed.code == 0, listed.text


def test_a_key_that_the_store_lost_and_a_store_that_is_away_are_found_by_name(
    tmp_path: Path, transit: FakeTransit
) -> None:
    command = Command(tmp_path)
    command.init("--key-store", f"openbao:{transit.url}")
    settings = load(command.data, {})
    provider = open_keys(settings)
    provider.create_epoch(2, 2)
    del transit.keys[f"{provider.vault_id}-epoch-000001"]
    examined = command.on("doctor")
    (found,) = [check for check in examined.json["checks"] if check["check"] == "key store"]
    assert examined.code == 1
    assert "lacks the keys of epochs 1;" in found["detail"]
    transit.go_away()
    examined = command.on("doctor")
    assert examined.code == 1
    assert [check["check"] for check in examined.json["checks"]] == ["settings", "KeyStoreUnreachableError"]
    with pytest.raises(KeyStoreUnreachableError):
        open_keys(settings)
    serve = ["serve", "--data", str(command.data), "--port", "0", "--json"]
    stopped = subprocess.run([sys.executable, "-m", "api.cli", *serve], capture_output=True, check=False)
    assert stopped.returncode == 1
    assert json.loads(stopped.stdout)["error"]["code"] == "KEY_STORE_UNREACHABLE"


def test_a_key_store_that_is_not_there_leaves_no_installation_behind(tmp_path: Path) -> None:
    command = Command(tmp_path)
    refused = command(
        *("init", "--data", str(command.data), "--keys", str(command.keys)),
        *("--key-store", "openbao:http://127.0.0.1:1"),
    )
    assert refused.code == 1
    assert refused.json["error"]["code"] == "KEY_STORE_DENIED"  # no token was given
    assert not (command.data / FILE).exists()
    assert list(command.keys.iterdir()) == []
