"""A token of SoftHSM: keys that cannot be taken out, PINs that are not tried twice, sessions that end."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pkcs11
import pytest
from pkcs11 import Attribute, ObjectClass

from tests.support.key_sites import VAULT, Site
from tests.support.soft_hsm import PIN, SoftHsm
from tokenizer.errors import SealBrokenError
from tokenizer.providers.key_store import (
    KeyState,
    KeyStoreDeniedError,
    KeyStoreUnreachableError,
    UnknownKeyError,
)
from tokenizer.providers.pkcs11 import Pkcs11KeyStore
from tokenizer.providers.pkcs11_uri import Pkcs11Uri

CONTEXT = {"vault": VAULT, "key": "epoch-000001"}
SECRET = bytes(range(32))


@pytest.fixture
def uri(hsm: Callable[[], SoftHsm]) -> Iterator[str]:
    """A token that is this test's alone."""
    yield hsm().token(f"alone-{hsm().next_number()}")
    hsm().clear()


@pytest.fixture
def store(uri: str) -> Pkcs11KeyStore:
    return Pkcs11KeyStore(Pkcs11Uri.parse(uri), lambda: PIN)


def test_a_key_on_the_token_cannot_be_read_nor_made_readable(store: Pkcs11KeyStore, uri: str) -> None:
    store.create("one")
    parsed = Pkcs11Uri.parse(uri)
    token = pkcs11.lib(str(parsed.module)).get_token(token_label=parsed.token["token"])
    session = token.open(rw=True)
    (key,) = session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: "one"})
    expected = {
        Attribute.TOKEN: True,
        Attribute.PRIVATE: True,
        Attribute.SENSITIVE: True,
        Attribute.ALWAYS_SENSITIVE: True,
        Attribute.EXTRACTABLE: False,
        Attribute.NEVER_EXTRACTABLE: True,
        Attribute.MODIFIABLE: False,
        Attribute.VALUE_LEN: 32,
        Attribute.ID: b"one",
    }
    assert {attribute: key[attribute] for attribute in expected} == expected
    with pytest.raises(pkcs11.AttributeSensitive):
        key[Attribute.VALUE]
    with pytest.raises(pkcs11.PKCS11Error):
        key[Attribute.EXTRACTABLE] = True


def test_what_was_wrapped_opens_with_its_own_key_and_context_only(store: Pkcs11KeyStore) -> None:
    store.create("one")
    store.create("two")
    blob = store.wrap("one", SECRET, CONTEXT)
    assert store.unwrap("one", blob, dict(reversed(CONTEXT.items()))) == SECRET
    assert SECRET not in blob
    for name, context in (("two", CONTEXT), ("one", {**CONTEXT, "key": "epoch-000002"}), ("one", {})):
        with pytest.raises(SealBrokenError):
            store.unwrap(name, blob, context)


def test_no_altered_or_shortened_blob_opens(store: Pkcs11KeyStore) -> None:
    store.create("one")
    blob = store.wrap("one", SECRET, CONTEXT)
    altered = [blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :] for place in range(len(blob))]
    for bad in [*altered, *(blob[:length] for length in range(len(blob)))]:
        with pytest.raises(SealBrokenError):
            store.unwrap("one", bad, CONTEXT)
    assert store.unwrap("one", blob, CONTEXT) == SECRET


def test_two_wraps_of_one_value_are_not_alike(store: Pkcs11KeyStore) -> None:
    store.create("one")
    assert store.wrap("one", SECRET, CONTEXT) != store.wrap("one", SECRET, CONTEXT)


def test_a_name_is_given_once(store: Pkcs11KeyStore) -> None:
    store.create("one")
    with pytest.raises(KeyStoreDeniedError, match="one exists already"):
        store.create("one")


def test_a_destroyed_key_is_unknown_to_every_session(store: Pkcs11KeyStore, uri: str) -> None:
    store.create("one")
    blob = store.wrap("one", SECRET, CONTEXT)
    other = Pkcs11KeyStore(Pkcs11Uri.parse(uri), lambda: PIN)
    assert other.unwrap("one", blob, CONTEXT) == SECRET
    store.destroy("one")
    for one in (store, other):
        assert one.state("one") is KeyState.UNKNOWN
        with pytest.raises(UnknownKeyError, match="no key one"):
            one.unwrap("one", blob, CONTEXT)
        with pytest.raises(UnknownKeyError):
            one.destroy("one")


def test_a_refused_pin_is_not_tried_again_until_it_changes(uri: str) -> None:
    pins = ["wrong-pin-1", "wrong-pin-1", "wrong-pin-2", PIN]
    store = Pkcs11KeyStore(Pkcs11Uri.parse(uri), lambda: pins.pop(0))
    for reason in ("PinIncorrect", "not tried again", "PinIncorrect"):
        with pytest.raises(KeyStoreDeniedError, match=reason) as refused:
            store.state("one")
        assert "wrong-pin" not in str(refused.value) + repr(store)
    assert store.state("one") is KeyState.UNKNOWN


def test_a_token_that_is_not_there_and_one_that_is_not_the_only_one_are_told_apart(
    hsm: Callable[[], SoftHsm], uri: str
) -> None:
    missing = Pkcs11Uri.parse(uri.replace("alone", "no-such"))
    with pytest.raises(KeyStoreUnreachableError, match="0 tokens fit"):
        Pkcs11KeyStore(missing, lambda: PIN).state("one")
    again = hsm().token(Pkcs11Uri.parse(uri).token["token"])
    assert again == uri
    with pytest.raises(KeyStoreUnreachableError, match="2 tokens fit"):
        Pkcs11KeyStore(Pkcs11Uri.parse(uri), lambda: PIN).state("one")


def test_a_token_can_be_named_by_its_serial_number(store: Pkcs11KeyStore, uri: str) -> None:
    store.create("one")
    parsed = Pkcs11Uri.parse(uri)
    token = pkcs11.lib(str(parsed.module)).get_token(token_label=parsed.token["token"])
    serial = Pkcs11Uri(parsed.module, {"serial": token.serial.decode()})
    assert Pkcs11KeyStore(serial, lambda: PIN).state("one") is KeyState.LIVING


def test_a_library_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.so").write_bytes(b"")
    for module in (tmp_path / "missing.so", tmp_path / "empty.so"):
        store = Pkcs11KeyStore(Pkcs11Uri(module, {"token": "t"}), lambda: PIN)
        with pytest.raises(KeyStoreUnreachableError, match=f"{module.name} cannot be loaded"):
            store.state("one")


def test_a_session_that_the_token_dropped_is_opened_anew(store: Pkcs11KeyStore, uri: str) -> None:
    store.create("one")
    blob = store.wrap("one", SECRET, CONTEXT)
    pkcs11.lib(str(Pkcs11Uri.parse(uri).module)).reinitialize()
    assert store.unwrap("one", blob, CONTEXT) == SECRET


def test_many_threads_share_the_store(store: Pkcs11KeyStore) -> None:
    store.create("one")
    opened: list[bool] = []

    def work(number: int) -> None:
        for turn in range(20):
            value = bytes([number, turn] * 16)
            opened.append(store.unwrap("one", store.wrap("one", value, CONTEXT), CONTEXT) == value)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == [True] * 120


@pytest.mark.parametrize("site", ["pkcs11"], indirect=True)
def test_a_process_that_was_forked_off_opens_a_session_of_its_own(site: Site) -> None:
    code = """
import os
keys = site.open()
before = keys.epoch_key(1)
child = os.fork()
if child == 0:
    keys.create_epoch(2, 5)
    keys.destroy_epoch(1)
    os._exit(0 if site.open().epoch_numbers() == [2] else 1)
_, status = os.waitpid(child, 0)
print(status, keys.has_epoch(1), keys.epoch_key(2) == site.open().epoch_key(2))
"""
    site.create()
    assert site.other_process(code) == "0 False True"
