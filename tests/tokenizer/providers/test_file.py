"""The key directory: what it refuses, by name, and what it never brings back."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tokenizer.crypto.passwords import CHEAP_FOR_TESTS, KEY_DIRECTORY
from tokenizer.errors import KeyDirectoryError, KeyGoneError
from tokenizer.providers.base import Epoch, KeyProvider
from tokenizer.providers.file import FileKeyProvider

VAULT = "vault-7"
BEGAN = 1_760_000_000_000
PASSPHRASE = "ひみつの合言葉 for tests"

Create = Callable[..., FileKeyProvider]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def create(path: Path) -> Create:
    def make(vault_id: str = VAULT, passphrase: str | None = None, where: Path = path) -> FileKeyProvider:
        return FileKeyProvider.create(
            where, vault_id, random.randbytes, now_ms=BEGAN, passphrase=passphrase, profile=CHEAP_FOR_TESTS
        )

    return make


def rewrite(file: Path, change: Callable[[str], str]) -> None:
    text = change(file.read_text())
    file.chmod(0o600)
    file.write_text(text)
    file.chmod(0o400)


def keys_of(provider: KeyProvider) -> tuple[bytes, bytes, list[bytes]]:
    epochs = [provider.epoch_key(number) for number in provider.epoch_numbers()]
    return provider.authority_key(), provider.log_seed(), epochs


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_a_new_directory_opens_with_the_same_keys(create: Create, path: Path, passphrase: str | None) -> None:
    made = create(passphrase=passphrase)
    opened = FileKeyProvider.open(path, passphrase=passphrase)
    assert keys_of(opened) == keys_of(made)
    assert opened.vault_id == VAULT
    assert opened.epochs() == [Epoch(1, BEGAN)]


def test_the_keys_of_a_directory_are_all_different_and_32_bytes_long(create: Create) -> None:
    provider = create()
    provider.create_epoch(2, BEGAN + 1)
    authority, log, epochs = keys_of(provider)
    assert len({authority, log, *epochs}) == 4
    assert {len(key) for key in (authority, log, *epochs)} == {32}


def test_the_directory_and_its_files_belong_to_their_owner_alone(create: Create, path: Path) -> None:
    create()
    assert path.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in path.iterdir()} == {0o400}
    assert sorted(file.name for file in path.iterdir()) == [
        "authority.key",
        "epoch-000001.key",
        "log.key",
        "vault.json",
    ]


def test_sealed_files_hold_no_key_in_the_clear(create: Create, path: Path) -> None:
    plain, sealed = create(where=path.with_name("plain")), create(passphrase=PASSPHRASE)
    assert " plain " not in " ".join(file.read_text() for file in path.iterdir()).replace("\n", " ")
    assert plain.authority_key() != sealed.authority_key()


def test_a_provider_prints_without_its_keys(create: Create) -> None:
    provider = create()
    assert provider.authority_key().hex() not in repr(vars(provider))


# --- creating


def test_a_directory_that_holds_anything_is_not_overwritten(create: Create, path: Path) -> None:
    before = keys_of(create())
    with pytest.raises(KeyDirectoryError, match="not empty"):
        create()
    assert keys_of(FileKeyProvider.open(path)) == before


def test_an_empty_directory_is_taken_and_made_private(create: Create, path: Path) -> None:
    path.mkdir(mode=0o755)
    create()
    assert path.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("inside", [".", "keys", "a/b"])
def test_a_place_inside_the_data_directory_is_refused(tmp_path: Path, inside: str) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with pytest.raises(KeyDirectoryError, match="inside the data directory"):
        FileKeyProvider.create(data / inside, VAULT, now_ms=BEGAN, data_dir=data)
    assert list(data.iterdir()) == []


def test_a_link_into_the_data_directory_is_refused_at_opening(create: Create, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    create(where=data / "keys")
    link = tmp_path / "elsewhere"
    link.symlink_to(data / "keys")
    with pytest.raises(KeyDirectoryError, match="inside the data directory"):
        FileKeyProvider.open(link, data_dir=data)


def test_a_place_beside_the_data_directory_is_fine(create: Create, path: Path, tmp_path: Path) -> None:
    create()
    assert FileKeyProvider.open(path, data_dir=tmp_path / "key").vault_id == VAULT


@pytest.mark.parametrize("vault_id", ["", "a b", "a\nb", "保管庫", "x" * 65])
def test_a_vault_id_that_would_break_the_file_format_is_refused(create: Create, vault_id: str) -> None:
    with pytest.raises(ValueError, match="vault id"):
        create(vault_id)


# --- opening


def test_a_missing_directory_is_named(path: Path) -> None:
    with pytest.raises(KeyDirectoryError, match=f"{path} is missing"):
        FileKeyProvider.open(path)


def test_a_file_in_the_place_of_the_directory_is_named(path: Path) -> None:
    path.write_text("")
    with pytest.raises(KeyDirectoryError, match="not a directory"):
        FileKeyProvider.open(path)


@pytest.mark.parametrize("mode", [0o710, 0o701, 0o750, 0o777])
def test_a_directory_open_to_others_is_refused_with_the_command(
    create: Create, path: Path, mode: int
) -> None:
    create()
    path.chmod(mode)
    with pytest.raises(KeyDirectoryError, match=f"chmod 700 {path}"):
        FileKeyProvider.open(path)


@pytest.mark.parametrize("name", ["vault.json", "authority.key", "log.key", "epoch-000001.key"])
class TestEachFile:
    def test_open_to_others_is_refused_with_the_command(self, create: Create, path: Path, name: str) -> None:
        create()
        (path / name).chmod(0o440)
        with pytest.raises(KeyDirectoryError, match=f"chmod 400 {path / name}"):
            FileKeyProvider.open(path)

    def test_cut_short_anywhere_is_named(self, create: Create, path: Path, name: str) -> None:
        create()
        whole = (path / name).read_text()
        for _ in range(len(whole) // 7 + 1):
            rewrite(path / name, lambda text: text[: len(text) - 7])
            with pytest.raises(KeyDirectoryError, match=f"{path / name} is damaged"):
                FileKeyProvider.open(path)

    def test_filled_with_other_bytes_is_named(self, create: Create, path: Path, name: str) -> None:
        create()
        (path / name).chmod(0o600)
        (path / name).write_bytes(bytes(range(256)))
        with pytest.raises(KeyDirectoryError, match=f"{path / name} is damaged"):
            FileKeyProvider.open(path)

    def test_unreadable_is_named(self, create: Create, path: Path, name: str) -> None:
        create()
        (path / name).unlink()
        (path / name).mkdir(mode=0o700)
        with pytest.raises(KeyDirectoryError, match=f"{path / name} cannot be read"):
            FileKeyProvider.open(path)


@pytest.mark.parametrize("name", ["vault.json", "authority.key", "log.key"])
def test_a_missing_long_lived_file_is_named(create: Create, path: Path, name: str) -> None:
    create()
    (path / name).unlink()
    with pytest.raises(KeyDirectoryError, match=f"{path / name} is missing"):
        FileKeyProvider.open(path)


@pytest.mark.parametrize("name", ["authority.key", "log.key", "epoch-000001.key"])
@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_a_key_of_another_vault_is_named(
    create: Create, path: Path, name: str, passphrase: str | None
) -> None:
    create(passphrase=passphrase)
    create("vault-8", passphrase, path.with_name("other"))
    rewrite(path / name, lambda _: (path.with_name("other") / name).read_text())
    with pytest.raises(KeyDirectoryError, match="another vault"):
        FileKeyProvider.open(path, passphrase=passphrase)


def test_a_renamed_key_is_named(create: Create, path: Path) -> None:
    create().create_epoch(2, BEGAN + 1)
    rewrite(path / "epoch-000002.key", lambda _: (path / "epoch-000001.key").read_text())
    with pytest.raises(KeyDirectoryError, match=r"renamed epoch-000001\.key"):
        FileKeyProvider.open(path)


def test_a_vault_file_of_a_later_format_is_named(create: Create, path: Path) -> None:
    create()
    rewrite(path / "vault.json", lambda text: text.replace('"format": 1', '"format": 2'))
    with pytest.raises(KeyDirectoryError, match="does not know"):
        FileKeyProvider.open(path)


# --- the passphrase


def test_a_wrong_passphrase_is_told_as_such(create: Create, path: Path) -> None:
    create(passphrase=PASSPHRASE)
    with pytest.raises(KeyDirectoryError, match=r"passphrase .* is wrong"):
        FileKeyProvider.open(path, passphrase=PASSPHRASE + "x")


def test_a_missing_passphrase_is_told_as_such(create: Create, path: Path) -> None:
    create(passphrase=PASSPHRASE)
    with pytest.raises(KeyDirectoryError, match="Give the passphrase"):
        FileKeyProvider.open(path)


def test_a_passphrase_for_plain_keys_is_refused_lest_they_be_thought_sealed(
    create: Create, path: Path
) -> None:
    create()
    with pytest.raises(KeyDirectoryError, match="not sealed"):
        FileKeyProvider.open(path, passphrase=PASSPHRASE)


def test_a_passphrase_is_the_same_in_every_unicode_form(create: Create, path: Path) -> None:
    create(passphrase="がぎぐ ＡＢＣ")
    assert FileKeyProvider.open(path, passphrase="か\u3099き\u3099く\u3099 ABC").vault_id == VAULT


def test_a_plain_key_slipped_into_a_sealed_directory_is_refused(create: Create, path: Path) -> None:
    create(passphrase=PASSPHRASE)
    create(where=path.with_name("plain"))
    rewrite(path / "authority.key", lambda _: (path.with_name("plain") / "authority.key").read_text())
    with pytest.raises(KeyDirectoryError, match=r"authority\.key is damaged"):
        FileKeyProvider.open(path, passphrase=PASSPHRASE)


@pytest.mark.parametrize(
    "costs",
    [
        replace(CHEAP_FOR_TESTS, memory_kib=2**30),
        replace(CHEAP_FOR_TESTS, time_cost=10**6),
        replace(CHEAP_FOR_TESTS, lanes=0),
        replace(KEY_DIRECTORY, memory_kib=8),
    ],
)
def test_costs_that_no_machine_could_pay_are_refused_before_paying(
    create: Create, path: Path, costs: object
) -> None:
    create(passphrase=PASSPHRASE)
    content = json.loads((path / "vault.json").read_text())
    for name in ("time_cost", "memory_kib", "lanes"):
        content["sealing"][name] = getattr(costs, name)
    rewrite(path / "vault.json", lambda _: json.dumps(content))
    with pytest.raises(KeyDirectoryError, match=r"vault\.json is damaged"):
        FileKeyProvider.open(path, passphrase=PASSPHRASE)


# --- epochs


def test_epochs_come_oldest_first_with_their_beginnings(create: Create, path: Path) -> None:
    provider = create(passphrase=PASSPHRASE)
    for number in (2, 10, 3):
        provider.create_epoch(number, BEGAN + number)
    expected = [Epoch(1, BEGAN), Epoch(2, BEGAN + 2), Epoch(3, BEGAN + 3), Epoch(10, BEGAN + 10)]
    assert provider.epochs() == expected
    assert FileKeyProvider.open(path, passphrase=PASSPHRASE).epochs() == expected
    assert provider.epoch_numbers() == [1, 2, 3, 10]


def test_an_epoch_that_exists_is_not_made_again(create: Create) -> None:
    provider = create()
    before = provider.epoch_key(1)
    with pytest.raises(KeyDirectoryError, match="exists already"):
        provider.create_epoch(1, BEGAN)
    assert provider.epoch_key(1) == before


def test_a_destroyed_epoch_is_gone_for_every_open_provider(create: Create, path: Path) -> None:
    provider = create()
    other = FileKeyProvider.open(path)
    provider.create_epoch(2, BEGAN + 1)
    assert other.epoch_key(2) == provider.epoch_key(2)
    provider.destroy_epoch(1)
    for one in (provider, other, FileKeyProvider.open(path)):
        assert one.epoch_numbers() == [2]
        with pytest.raises(KeyGoneError):
            one.epoch_key(1)


def test_a_destroyed_epoch_leaves_a_tombstone_and_no_key_file(create: Create, path: Path) -> None:
    provider = create()
    secret = (path / "epoch-000001.key").read_text()
    provider.destroy_epoch(1)
    assert not (path / "epoch-000001.key").exists()
    assert all(file.read_text() != secret for file in path.iterdir())
    assert (path / "epoch-000001.gone").exists()


def test_destroyed_epochs_are_told_from_those_that_never_were(create: Create, path: Path) -> None:
    provider = create()
    for number in (2, 3, 7):
        provider.create_epoch(number, BEGAN + number)
    assert provider.destroyed_epochs() == []
    for number in (3, 1):
        provider.destroy_epoch(number)
    assert provider.destroyed_epochs() == FileKeyProvider.open(path).destroyed_epochs() == [1, 3]
    assert provider.epoch_numbers() == [2, 7]


def test_a_destruction_that_was_cut_short_is_neither_living_nor_destroyed(create: Create, path: Path) -> None:
    provider = create()
    (path / "epoch-000001.gone").touch(0o400)
    assert provider.epoch_numbers() == provider.destroyed_epochs() == []
    FileKeyProvider.open(path)
    assert provider.destroyed_epochs() == [1]


def test_destroying_overwrites_the_bytes_before_it_removes_the_name(create: Create, path: Path) -> None:
    provider = create()
    (path.with_name("second-name")).hardlink_to(path / "epoch-000001.key")
    provider.destroy_epoch(1)
    left = path.with_name("second-name").read_bytes()
    assert left == bytes(len(left))
    assert left


def test_a_destroyed_number_does_not_come_back(create: Create, path: Path) -> None:
    provider = create()
    provider.destroy_epoch(1)
    for one in (provider, FileKeyProvider.open(path)):
        with pytest.raises(KeyGoneError):
            one.create_epoch(1, BEGAN)


def test_a_destroyed_key_file_put_back_from_a_copy_stays_unread_and_is_destroyed_again(
    create: Create, path: Path
) -> None:
    provider = create()
    copy = (path / "epoch-000001.key").read_text()
    provider.destroy_epoch(1)
    (path / "epoch-000001.key").write_text(copy)
    assert provider.epoch_numbers() == []
    with pytest.raises(KeyGoneError):
        provider.epoch_key(1)
    FileKeyProvider.open(path)
    assert not (path / "epoch-000001.key").exists()


def test_destroying_twice_is_once_and_destroying_nothing_is_refused(create: Create) -> None:
    provider = create()
    provider.destroy_epoch(1)
    provider.destroy_epoch(1)
    with pytest.raises(KeyGoneError):
        provider.destroy_epoch(2)


def test_a_leftover_of_a_write_that_was_cut_short_is_replaced(create: Create, path: Path) -> None:
    provider = create()
    (path / "epoch-000002.key.partial").write_text("half a ke")
    provider.create_epoch(2, BEGAN + 1)
    assert FileKeyProvider.open(path).epoch_numbers() == [1, 2]
    assert not list(path.glob("*.partial"))
