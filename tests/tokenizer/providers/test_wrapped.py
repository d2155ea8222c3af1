"""Keys wrapped by a key store: what a store that is away, exchanged, restored or forgetful does to them."""

from pathlib import Path

import pytest

from tests.support.key_sites import BEGAN, STORES, VAULT, Site
from tokenizer.crypto.keyring import Keyring
from tokenizer.errors import KeyDirectoryError, KeyGoneError
from tokenizer.providers.file import FileKeyProvider
from tokenizer.providers.key_store import (
    KeyDestroyedError,
    KeyState,
    KeyStoreUnreachableError,
    UnknownKeyError,
)
from tokenizer.providers.watch import FRESH_SECONDS, GRACE_SECONDS
from tokenizer.providers.wrapped import WrappedKeyProvider

pytestmark = pytest.mark.parametrize("site", STORES, indirect=True)
FIRST = f"{VAULT}-epoch-000001"
SECOND = f"{VAULT}-epoch-000002"


@pytest.fixture
def two(site: Site) -> WrappedKeyProvider:
    """A vault with two epochs."""
    site.create().create_epoch(2, BEGAN + 2)
    return site.wrapped()


def test_the_store_has_a_key_for_each_epoch_and_one_for_what_lives_long(
    site: Site, two: WrappedKeyProvider
) -> None:
    store = site.store()
    for name in (FIRST, SECOND, f"{VAULT}-root"):
        assert store.state(name) is KeyState.LIVING
    assert store.state(f"{VAULT}-epoch-000003") is KeyState.UNKNOWN
    assert two.kind == site.kind


def test_a_copy_of_the_directory_from_before_opens_nothing_of_a_destroyed_epoch(
    site: Site, two: WrappedKeyProvider, tmp_path: Path
) -> None:
    copy = site.copy_directory(tmp_path / "copy")
    two.destroy_epoch(1)
    with pytest.raises((KeyDestroyedError, UnknownKeyError)):
        site.store().unwrap(FIRST, b"whatever", {"vault": VAULT, "key": "epoch-000001"})
    restored = site.open(copy)
    assert not restored.has_epoch(1)
    with pytest.raises(KeyGoneError):
        restored.epoch_key(1)
    assert restored.epoch_key(2) == two.epoch_key(2)


def test_a_destruction_by_a_node_with_a_directory_of_its_own_is_noticed_within_a_minute(
    site: Site, two: WrappedKeyProvider, tmp_path: Path
) -> None:
    other = site.open(site.copy_directory(tmp_path / "other"))
    assert two.epoch_key(1) == other.epoch_key(1)
    other.destroy_epoch(1)
    site.clock.now += FRESH_SECONDS
    assert not two.has_epoch(1)
    with pytest.raises(KeyGoneError):
        two.epoch_key(1)
    assert "1" not in str(two.destroyed_epochs())
    two.destroy_epoch(1)  # the schedule's turn comes here as well
    assert two.destroyed_epochs() == [1]


def test_the_days_that_a_store_keeps_its_own_backups_make_a_destruction_take_longer(
    site: Site, two: WrappedKeyProvider
) -> None:
    kept = WrappedKeyProvider.open(site.path, site.store(), backup_days=14)
    assert kept.lead_days == two.lead_days + 14


def test_what_was_derived_of_a_key_goes_with_it(site: Site, two: WrappedKeyProvider, tmp_path: Path) -> None:
    keyring = Keyring(two)
    assert keyring.tenant(7, 1).wrap
    site.open(site.copy_directory(tmp_path / "other")).destroy_epoch(1)
    site.clock.now += FRESH_SECONDS
    with pytest.raises(KeyGoneError):
        keyring.tenant(7, 1)
    assert keyring.tenant(7, 2).wrap


# --- a store that is away


def test_a_start_without_the_store_is_refused_by_name(site: Site, two: WrappedKeyProvider) -> None:
    assert two.has_epoch(2)
    site.away()
    with pytest.raises(
        KeyStoreUnreachableError, match=f"鍵ストア {site.kind} に届きません.*cannot be reached"
    ):
        site.open()
    site.back()
    assert site.open().has_epoch(2)


def test_keys_in_memory_outlast_an_outage_for_a_quarter_of_an_hour_and_no_longer(
    site: Site, two: WrappedKeyProvider
) -> None:
    key = two.epoch_key(2)
    site.away()
    for passed in (1, FRESH_SECONDS, GRACE_SECONDS - FRESH_SECONDS - 2):
        site.clock.now += passed
        assert two.epoch_key(2) == key
    site.clock.now += 1
    for use in (two.has_epoch, two.epoch_key):
        with pytest.raises(KeyStoreUnreachableError):
            use(2)
    assert two.authority_key()  # the record of refusals can still be written
    assert two.log_seed()
    site.back()
    site.clock.now += FRESH_SECONDS
    assert two.epoch_key(2) == key


def test_a_destruction_that_the_store_did_not_hear_leaves_the_epoch_living(
    site: Site, two: WrappedKeyProvider
) -> None:
    before = sorted(path.name for path in site.path.iterdir())
    site.away()
    with pytest.raises(KeyStoreUnreachableError):
        two.destroy_epoch(1)
    assert sorted(path.name for path in site.path.iterdir()) == before
    site.back()
    assert two.destroyed_epochs() == []
    assert site.open().epoch_key(1) == two.epoch_key(1)
    two.destroy_epoch(1)
    assert two.destroyed_epochs() == [1]


def test_an_epoch_that_the_store_did_not_hear_of_can_be_made_later(
    site: Site, two: WrappedKeyProvider
) -> None:
    site.away()
    with pytest.raises(KeyStoreUnreachableError):
        two.create_epoch(3, BEGAN + 3)
    site.back()
    assert two.epoch_numbers() == [1, 2]
    two.create_epoch(3, BEGAN + 3)
    assert site.open().epoch_key(3) == two.epoch_key(3)


# --- another store, an older one, a forgetful one


def test_another_store_of_the_same_kind_is_refused_and_nothing_is_lost(
    site: Site, two: WrappedKeyProvider
) -> None:
    key = two.epoch_key(1)
    back = site.bring_back()
    site.lose(f"{VAULT}-root")
    with pytest.raises(UnknownKeyError, match=f"has no key {VAULT}-root"):
        site.open()
    if site.kind != "aws-kms":  # a service does not forget its keys and remember them again
        back(f"{VAULT}-root")
        assert site.open().epoch_key(1) == key


def test_without_its_root_key_a_store_that_knows_nothing_counts_as_away(
    site: Site, two: WrappedKeyProvider
) -> None:
    site.lose(f"{VAULT}-root")
    site.lose(FIRST)
    site.clock.now += FRESH_SECONDS
    with pytest.raises(KeyStoreUnreachableError):
        two.has_epoch(1)
    with pytest.raises(KeyStoreUnreachableError):
        two.destroy_epoch(1)
    assert two.destroyed_epochs() == []


def test_an_old_epoch_that_the_store_lost_stays_in_the_list_unusable_until_it_is_destroyed(
    site: Site, two: WrappedKeyProvider
) -> None:
    site.lose(FIRST)
    opened = site.wrapped()
    assert opened.epoch_numbers() == [1, 2]
    assert opened.lost_epochs() == [1]
    assert not opened.has_epoch(1)
    assert opened.has_epoch(2)
    assert (site.path / "epoch-000001.blob").exists()
    opened.destroy_epoch(1)
    assert opened.lost_epochs() == []
    assert two.destroyed_epochs() == [1]


def test_a_store_that_lost_the_newest_key_is_refused_by_name(site: Site, two: WrappedKeyProvider) -> None:
    assert two.epoch_numbers()[-1] == 2
    site.lose(SECOND)
    with pytest.raises(UnknownKeyError, match=SECOND):
        site.open()


def test_a_key_that_came_back_with_a_copy_of_the_store_is_destroyed_again_at_the_start(
    site: Site, two: WrappedKeyProvider
) -> None:
    copy = site.bring_back()
    two.destroy_epoch(1)
    copy(FIRST)
    assert site.store().state(FIRST) is KeyState.LIVING
    assert site.open().epoch_numbers() == [2]
    assert site.store().state(FIRST) is not KeyState.LIVING


def test_an_old_copy_of_the_directory_never_makes_a_second_key_of_one_number(
    site: Site, two: WrappedKeyProvider, tmp_path: Path
) -> None:
    copy = site.copy_directory(tmp_path / "copy")
    two.create_epoch(3, BEGAN + 3)
    key = two.epoch_key(3)
    with pytest.raises(KeyDirectoryError, match=r"epoch-000003\.blob is missing"):
        site.open(copy).create_epoch(3, BEGAN + 3)
    assert two.epoch_key(3) == site.open().epoch_key(3) == key


# --- directories and settings that do not fit


def test_keys_of_another_kind_of_store_are_refused_by_name(site: Site, two: WrappedKeyProvider) -> None:
    path = site.path / "store.json"
    text = path.read_text()
    path.chmod(0o600)
    path.write_text(text.replace(f'"{two.kind}"', '"tpm"'))
    with pytest.raises(KeyDirectoryError, match=f"wrapped by tpm, the setting names {site.kind}"):
        site.open()


@pytest.mark.parametrize(
    ("change", "refusal"), [('"format": 1', "does not know"), ('"vault"', "is damaged"), ("{", "is damaged")]
)
def test_a_store_file_that_is_not_ours_is_named(
    site: Site, two: WrappedKeyProvider, change: str, refusal: str
) -> None:
    path = site.path / "store.json"
    text = path.read_text()
    assert change in text
    assert two.vault_id in text
    path.chmod(0o600)
    path.write_text(text.replace(change, '"format": 2' if refusal == "does not know" else "?"))
    with pytest.raises(KeyDirectoryError, match=f"store.json {refusal}|store.json has a format"):
        site.open()


@pytest.mark.parametrize("name", ["authority.blob", "log.blob", "epoch-000001.blob"])
def test_a_blob_cut_short_anywhere_is_named(site: Site, two: WrappedKeyProvider, name: str) -> None:
    path = site.path / name
    whole = path.read_text()
    assert two.vault_id in whole
    for length in range(0, len(whole), 37):
        path.chmod(0o600)
        path.write_text(whole[:length])
        with pytest.raises(KeyDirectoryError, match=f"{name} is damaged"):
            site.open()
    path.unlink()
    if not name.startswith("epoch"):
        with pytest.raises(KeyDirectoryError, match=f"{name} is missing"):
            site.open()


def test_the_file_provider_does_not_open_a_directory_of_blobs(site: Site, two: WrappedKeyProvider) -> None:
    assert two.vault_id == VAULT
    with pytest.raises(KeyDirectoryError):
        FileKeyProvider.open(site.path)


def test_a_store_does_not_open_a_directory_of_key_files(site: Site) -> None:
    FileKeyProvider.create(site.path, VAULT, now_ms=BEGAN)
    with pytest.raises(KeyDirectoryError, match=r"store\.json is missing"):
        site.open()


def test_two_vaults_share_a_store_without_sharing_a_key(
    site: Site, two: WrappedKeyProvider, tmp_path: Path
) -> None:
    other = site.create("vault-8", tmp_path / "other")
    assert other.authority_key() != two.authority_key()
    two.destroy_epoch(1)
    assert other.has_epoch(1)
    assert site.open(tmp_path / "other").epoch_key(1) == other.epoch_key(1)


def test_a_vault_id_with_dots_is_fine(site: Site) -> None:
    made = site.create("a.vault_of-2026")
    assert site.open().epoch_key(1) == made.epoch_key(1)
    made.create_epoch(2, BEGAN)
    made.destroy_epoch(1)
    assert site.open().destroyed_epochs() == [1]


def test_leftovers_of_an_unfinished_epoch_are_used_or_cleared(site: Site, two: WrappedKeyProvider) -> None:
    site.store().create(f"{VAULT}-epoch-000003")
    (site.path / "epoch-000003.making").write_text("making\n")
    (site.path / "epoch-000002.making").write_text("making\n")
    opened = site.open()
    opened.create_epoch(3, BEGAN + 3)
    assert site.open().epoch_key(3) == opened.epoch_key(3)
    assert two.epoch_numbers() == [1, 2, 3]
    assert not list(site.path.glob("*.making"))
