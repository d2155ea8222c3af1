"""What every key provider does, whoever keeps the keys: files, a token, a key service, a transit engine."""

import base64
import hashlib
import logging
import re
from pathlib import Path

import pytest

from tests.support.key_sites import BEGAN, STORES, VAULT, Site
from tests.support.power_cut import PowerCut, power_cut
from tokenizer.errors import KeyDirectoryError, KeyGoneError
from tokenizer.providers.base import Epoch, KeyProvider
from tokenizer.providers.key_store import KeyState, KeyStoreError

pytestmark = pytest.mark.parametrize("site", ["file", *STORES], indirect=True)
MANY_STEPS = 200


def keys_of(provider: KeyProvider) -> list[bytes]:
    epochs = [provider.epoch_key(number) for number in provider.epoch_numbers()]
    return [provider.authority_key(), provider.log_seed(), *epochs]


def names(site: Site) -> set[str]:
    return {path.name for path in site.path.iterdir()}


def rewrite(path: Path, text: str) -> None:
    """Put a text in a key file's place, with a check line that fits."""
    body = re.sub(r"check .*\n", "", text)
    path.unlink(missing_ok=True)
    path.write_text(f"{body}check {hashlib.sha256(body.encode()).hexdigest()[:16]}\n")
    path.chmod(0o400)


def test_keys_are_the_same_for_a_later_process(site: Site) -> None:
    made = site.create()
    made.create_epoch(2, BEGAN + 2)
    opened = site.open()
    assert keys_of(opened) == keys_of(made)
    assert opened.vault_id == VAULT
    assert opened.epochs() == [Epoch(1, BEGAN), Epoch(2, BEGAN + 2)]
    assert opened.epoch_numbers() == [1, 2]


def test_keys_are_all_different_and_32_bytes_long(site: Site) -> None:
    made = site.create()
    made.create_epoch(2, BEGAN + 2)
    keys = keys_of(made)
    assert len(set(keys)) == len(keys) == 4
    assert {len(key) for key in keys} == {32}


def test_the_directory_and_its_files_belong_to_their_owner_alone(site: Site) -> None:
    site.create()
    assert site.path.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in site.path.iterdir()} == {0o400}


def test_a_directory_inside_the_data_is_refused(site: Site, tmp_path: Path) -> None:
    with pytest.raises(KeyDirectoryError, match="inside the data directory"):
        site.create(path=tmp_path / "data" / "keys", data_dir=tmp_path / "data")
    site.create()
    with pytest.raises(KeyDirectoryError, match="inside the data directory"):
        site.open(data_dir=tmp_path)


def test_a_directory_that_holds_anything_is_not_overwritten(site: Site) -> None:
    before = keys_of(site.create())
    with pytest.raises(KeyDirectoryError, match="not empty"):
        site.create()
    assert keys_of(site.open()) == before


def test_a_key_in_the_place_of_another_epoch_s_is_refused(site: Site) -> None:
    site.create().create_epoch(2, BEGAN + 2)
    first, second = (next(site.path.glob(f"epoch-00000{number}.*")) for number in (1, 2))
    rewrite(second, first.read_text().replace("epoch-000001", "epoch-000002"))
    with pytest.raises(KeyDirectoryError, match=re.escape(f"{second} is damaged")):
        site.open()


def test_a_key_of_another_vault_is_refused(site: Site, tmp_path: Path) -> None:
    site.create()
    site.create("vault-8", tmp_path / "other")
    theirs = next((tmp_path / "other").glob("epoch-000001.*"))
    ours = site.path / theirs.name
    rewrite(ours, theirs.read_text())
    with pytest.raises(KeyDirectoryError, match="another vault"):
        site.open()
    rewrite(ours, theirs.read_text().replace("vault-8", VAULT))
    with pytest.raises(KeyDirectoryError, match=re.escape(f"{ours} is damaged")):
        site.open()


# --- destroying


def test_a_destroyed_epoch_is_gone_for_everybody(site: Site) -> None:
    one = site.create()
    other = site.open()
    one.create_epoch(2, BEGAN + 2)
    assert other.epoch_key(2) == one.epoch_key(2)
    assert other.has_epoch(1)
    one.destroy_epoch(1)
    for provider in (one, other, site.open()):
        assert not provider.has_epoch(1)
        assert provider.epoch_numbers() == [2]
        assert provider.destroyed_epochs() == [1]
        with pytest.raises(KeyGoneError):
            provider.epoch_key(1)


def test_a_destroyed_key_put_back_from_a_copy_stays_unread_and_goes_again(site: Site) -> None:
    provider = site.create()
    provider.create_epoch(2, BEGAN + 2)
    file = next(site.path.glob("epoch-000001.*"))
    copy = file.read_text()
    provider.destroy_epoch(1)
    file.write_text(copy)
    file.chmod(0o400)
    assert not provider.has_epoch(1)
    with pytest.raises(KeyGoneError):
        provider.epoch_key(1)
    assert site.open().epoch_numbers() == [2]
    assert not file.exists()


def test_a_number_is_never_used_again(site: Site) -> None:
    provider = site.create()
    provider.create_epoch(2, BEGAN + 2)
    provider.destroy_epoch(1)
    for one in (provider, site.open()):
        with pytest.raises(KeyGoneError):
            one.create_epoch(1, BEGAN)


def test_an_epoch_that_exists_is_not_made_again(site: Site) -> None:
    provider = site.create()
    before = provider.epoch_key(1)
    with pytest.raises(KeyDirectoryError, match="exists already"):
        provider.create_epoch(1, BEGAN)
    assert site.open().epoch_key(1) == before


def test_destroying_twice_is_once_and_destroying_nothing_is_refused(site: Site) -> None:
    provider = site.create()
    provider.create_epoch(2, BEGAN + 2)
    provider.destroy_epoch(1)
    before = names(site)
    provider.destroy_epoch(1)
    assert names(site) == before
    with pytest.raises(KeyGoneError):
        provider.destroy_epoch(3)


def test_how_long_a_destruction_takes_is_told(site: Site) -> None:
    assert site.create().lead_days == {"aws-kms": 8}.get(site.kind, 0)


# --- several processes


def test_two_processes_make_and_destroy_epochs_for_each_other(site: Site) -> None:
    provider = site.create()
    old = provider.epoch_key(1)
    told = site.other_process(
        "keys = site.open(); print(keys.epoch_key(1).hex()); keys.create_epoch(2, 5); keys.destroy_epoch(1)"
    )
    assert told == old.hex()
    assert not provider.has_epoch(1)
    assert provider.epoch_numbers() == [2]
    provider.create_epoch(3, 6)
    code = "keys = site.open(); print(keys.epoch_numbers(), keys.epoch_key(2).hex(), keys.epoch_key(3).hex())"
    assert site.other_process(code) == f"[2, 3] {provider.epoch_key(2).hex()} {provider.epoch_key(3).hex()}"


# --- power cuts


def test_a_power_cut_while_an_epoch_is_made_leaves_it_whole_or_unmade(site: Site) -> None:
    steps = 0
    before = keys_of(site.create())
    for number, cut in enumerate(range(1, MANY_STEPS), 2):
        provider = site.open()
        try:
            with power_cut(site.path, cut):
                provider.create_epoch(number, BEGAN + number)
        except PowerCut:
            steps += 1
        else:
            break
        later = site.open()
        if number not in later.epoch_numbers():
            later.create_epoch(number, BEGAN + number)
        after = keys_of(later)
        assert after[:-1] == before
        assert len(set(after)) == number + 2
        before = after
    assert steps >= 4


def test_a_power_cut_while_an_epoch_is_destroyed_leaves_it_living_or_gone(site: Site) -> None:
    provider, steps, finished = site.create(), 0, 0
    for number, cut in enumerate(range(1, MANY_STEPS), 1):
        key = provider.epoch_key(number)
        provider.create_epoch(number + 1, BEGAN + number)
        try:
            with power_cut(site.path, cut):
                provider.destroy_epoch(number)
        except PowerCut:
            steps += 1
        else:
            break
        cut_short = names(site)
        if site.setting and f"epoch-{number:06d}.gone" in cut_short:  # a tombstone is never a promise
            assert site.store().state(f"{VAULT}-epoch-{number:06d}") is not KeyState.LIVING
        provider = site.open()
        if number in provider.epoch_numbers():
            assert provider.epoch_key(number) == key
            provider.destroy_epoch(number)
        else:
            finished += f"epoch-{number:06d}.gone" not in cut_short
        assert names(site) == {name for name in names(site) if f"epoch-{number:06d}" not in name} | {
            f"epoch-{number:06d}.gone"
        }
        assert not provider.has_epoch(number)
    assert steps >= 4
    assert site.kind == "file" or finished > 0  # cut between the store's destruction and the tombstone


def test_a_power_cut_while_a_vault_is_made_leaves_nothing_that_opens(site: Site, tmp_path: Path) -> None:
    for cut in range(1, MANY_STEPS):
        path = tmp_path / f"new-{cut}"
        try:
            with power_cut(path, cut):
                site.create(f"{VAULT}-{cut}", path)
        except PowerCut:
            if not any((path / last).exists() for last in ("vault.json", "store.json")):
                with pytest.raises(KeyDirectoryError, match="is missing"):
                    site.open(path)
        else:
            assert cut > 10
            assert site.open(path).epoch_numbers() == [1]
            return
    pytest.fail("it never ended")


# --- secrets


def test_no_key_and_no_secret_is_in_a_log_an_error_a_print_or_a_file(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    provider = site.create()
    provider.create_epoch(2, BEGAN + 2)
    said = [repr(provider), str(vars(provider))]
    keys = keys_of(provider)
    opened = site.open()
    keys_of(opened)
    if site.setting:
        said.append(repr(site.store()))
    opened.destroy_epoch(1)
    file = next(site.path.glob("epoch-000002.*"))
    text = file.read_text()
    for change in (text.replace("made", "mode"), re.sub(r"(wrapped|sealed) \S+", r"\1 AAAA", text)):
        rewrite(file, change)
        with pytest.raises((KeyDirectoryError, KeyStoreError)) as refused:
            site.open()
        said.append(str(refused.value) + repr(refused.value))
    said += [path.read_bytes().decode("latin-1") for path in site.path.iterdir()] + [text]
    said += [f"{record.getMessage()} {record.args} {record.exc_text}" for record in caplog.records]
    whole = "\n".join(said)
    forms = [form for key in keys for form in (repr(key), key.hex(), base64.b64encode(key).decode())]
    forms += [key.decode("latin-1") for key in keys]
    assert not [form for form in forms if form in whole]
    assert not site.secret or site.secret not in whole
