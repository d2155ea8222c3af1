"""Keys derived from epochs: separate for each tenant, epoch and use, and gone with their epoch."""

from pathlib import Path

import pytest

from tokenizer.crypto.keyring import Keyring
from tokenizer.crypto.primitives import public_key
from tokenizer.errors import KeyGoneError
from tokenizer.providers.file import FileKeyProvider

TENANTS = [0, 1, 2, 255, 256, 2**32, 2**48 - 1]


@pytest.fixture
def provider(tmp_path: Path) -> FileKeyProvider:
    made = FileKeyProvider.create(tmp_path / "keys", "test-vault", now_ms=0)
    made.create_epoch(2, 1)
    return made


def test_no_two_derived_keys_are_the_same(provider: FileKeyProvider) -> None:
    keyring = Keyring(provider)
    derived = [keyring.authority_key(), provider.log_seed(), provider.epoch_key(1), provider.epoch_key(2)]
    for tenant in TENANTS:
        for epoch in keyring.epochs():
            keys = keyring.tenant(tenant, epoch)
            derived += [keys.wrap, keys.index, keys.replay]
    assert len(set(derived)) == len(derived)
    assert {len(key) for key in derived} == {32}


def test_the_same_keys_are_derived_again_after_a_restart(provider: FileKeyProvider) -> None:
    first, second = Keyring(provider), Keyring(provider)
    assert first.tenant(5, 1) == second.tenant(5, 1)
    assert first.signer(5).public == second.signer(5).public


def test_each_tenant_s_log_has_a_signing_key_of_its_own(provider: FileKeyProvider) -> None:
    keyring = Keyring(provider)
    publics = {keyring.signer(tenant).public for tenant in TENANTS}
    assert len(publics) == len(TENANTS)
    assert public_key(provider.log_seed()) not in publics
    assert keyring.signer(1) is keyring.signer(1)


def test_new_persons_go_under_the_newest_epoch(provider: FileKeyProvider) -> None:
    keyring = Keyring(provider)
    assert (keyring.current_epoch(), keyring.epochs()) == (2, [1, 2])
    provider.create_epoch(3, 2)
    assert (keyring.current_epoch(), keyring.epochs()) == (3, [1, 2, 3])


def test_an_epoch_that_never_was_has_no_keys(provider: FileKeyProvider) -> None:
    with pytest.raises(KeyGoneError):
        Keyring(provider).tenant(1, 9)


def test_a_forgotten_epoch_is_derived_anew_while_the_provider_has_it(provider: FileKeyProvider) -> None:
    keyring = Keyring(provider)
    before = keyring.tenant(1, 1)
    keyring.forget(1)
    assert keyring.tenant(1, 1) == before


def test_keys_derived_before_an_epoch_was_destroyed_are_gone_as_well(provider: FileKeyProvider) -> None:
    keyring = Keyring(provider)
    keyring.tenant(1, 1)
    kept = keyring.tenant(1, 2)
    provider.destroy_epoch(1)
    with pytest.raises(KeyGoneError):
        keyring.tenant(1, 1)
    assert keyring.tenant(1, 2) == kept


def test_keys_of_more_tenants_than_are_remembered_are_derived_again(provider: FileKeyProvider) -> None:
    keyring = Keyring(provider)
    first = keyring.tenant(1, 1)
    for tenant in range(2, 4_100):
        keyring.tenant(tenant, 1)
    assert len(keyring._tenants) == 4096
    assert keyring.tenant(1, 1) == first


def test_nothing_of_a_key_is_printed(provider: FileKeyProvider) -> None:
    keyring = Keyring(provider)
    keys = keyring.tenant(1, 1)
    printed = f"{keyring!r} {keys!r} {keyring.signer(1)!r} {keys}"
    for secret in (keys.wrap, keys.index, keys.replay, provider.epoch_key(1), provider.log_seed()):
        assert secret.hex() not in printed
        assert repr(secret)[2:-1] not in printed
