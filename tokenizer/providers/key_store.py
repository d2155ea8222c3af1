"""Key stores: a hardware module or a key service that holds keys nobody can take out, and can destroy them.

A store is asked little: to make a key under a name, to wrap 32 bytes with it, to unwrap them, to destroy it, and
what has become of it. What the wrapped bytes are for is the business of `WrappedKeyProvider`.

The *context* of a wrapped value says which vault and which epoch it belongs to. The store binds it to the value as
associated data: under another context the value does not open.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final, Protocol

from tokenizer.errors import SealBrokenError, VaultError

Context = Mapping[str, str]
"""What a wrapped value is bound to: short ASCII names and values."""


_PROBE: Final = bytes(32)


class KeyState(Enum):
    """What a store says about a key."""

    LIVING = "living"
    DESTROYED = "destroyed"
    """It was, and cannot be used any more; it may take `lead_days` until its bytes are gone."""

    UNKNOWN = "unknown"
    """There is no key of that name: destroyed without a trace, or never made."""


class KeyStoreError(VaultError):
    """A key store did not do what it was asked; never raised itself."""

    code = "KEY_STORE"


class KeyStoreUnreachableError(KeyStoreError):
    """No answer, or none that means anything: a broken line, a missing token, a store that is down or sealed."""

    code = "KEY_STORE_UNREACHABLE"


class KeyStoreDeniedError(KeyStoreError):
    """The store answers, and refuses: a wrong PIN, a missing right, a disabled key."""

    code = "KEY_STORE_DENIED"


class KeyDestroyedError(KeyStoreError):
    """The store destroyed the key; nothing opens what it wrapped."""

    code = "KEY_STORE_DESTROYED"


class UnknownKeyError(KeyStoreError):
    """The store has no key of that name."""

    code = "KEY_STORE_UNKNOWN"


class KeyStore(Protocol):
    """Keeper of keys that never leave it.

    Every call may raise KeyStoreUnreachableError and KeyStoreDeniedError. Calls may come from several threads.
    """

    @property
    def kind(self) -> str:
        """What it is, as the setting `key_store` begins: `pkcs11`, `aws-kms`, `openbao`."""
        ...

    @property
    def lead_days(self) -> int:
        """Days between ordering a destruction and the key's bytes being gone, at most."""
        ...

    def create(self, name: str) -> None:
        """Make a new key of 256 bits that cannot be taken out, durably, before returning.

        Args:
            name: 1 to 128 ASCII letters, digits, dots, hyphens, underscores.

        Raises:
            KeyStoreDeniedError: there is a key of that name, living or destroyed.
        """
        ...

    def wrap(self, name: str, plaintext: bytes, context: Context) -> bytes:
        """Encrypt a few bytes so that only this key opens them, and only with the same context.

        Raises:
            KeyDestroyedError: the key was destroyed.
            UnknownKeyError: there is no such key.
        """
        ...

    def unwrap(self, name: str, blob: bytes, context: Context) -> bytes:
        """Return what was wrapped.

        Raises:
            SealBrokenError: another key or another context wrapped it, or its bytes were altered.
            KeyDestroyedError: the key was destroyed.
            UnknownKeyError: there is no such key.
        """
        ...

    def destroy(self, name: str) -> None:
        """Make a key unusable for good, before returning. Destroying it again changes nothing.

        Raises:
            UnknownKeyError: there is no such key.
        """
        ...

    def state(self, name: str) -> KeyState:
        """What has become of a key."""
        ...


def encode_context(context: Context) -> bytes:
    """A context as associated data: names in order, each name and value with its length before it."""
    parts = [part for name in sorted(context) for part in (name, context[name])]
    return b"".join(len(part).to_bytes(2) + part for part in (text.encode("ascii") for text in parts))


def check_binding(store: KeyStore, name: str) -> None:
    """Make sure that a store binds what it wraps to the context, and does not just ignore it.

    Raises:
        KeyStoreDeniedError: a value opened under another context.
    """
    blob = store.wrap(name, _PROBE, {"probe": "one"})
    try:
        store.unwrap(name, blob, {"probe": "other"})
    except SealBrokenError:
        return
    raise denied(store.kind, "values are not bound to their context")


def unreachable(store: str, reason: str) -> KeyStoreUnreachableError:
    """The error for a store that does not answer; `reason` holds no secret."""
    return KeyStoreUnreachableError(
        f"鍵ストア {store} に届きません({reason})。接続、機器、稼働状況を確かめてください。",
        f"The key store {store} cannot be reached ({reason}). Check the line, the device, and whether it runs.",
    )


def denied(store: str, reason: str) -> KeyStoreDeniedError:
    """The error for a store that refuses; `reason` holds no secret."""
    return KeyStoreDeniedError(
        f"鍵ストア {store} が拒みました({reason})。認証情報、権限、鍵の状態を確かめてください。",
        f"The key store {store} refused ({reason}). Check the credentials, the rights and the state of the key.",
    )


def key_destroyed(store: str, name: str) -> KeyDestroyedError:
    """The error for a key that was destroyed."""
    return KeyDestroyedError(
        f"鍵ストア {store} の鍵 {name} は廃棄されています。この鍵で包んだ値は復元できません。",
        f"The key {name} in the key store {store} was destroyed. What it wrapped cannot be opened.",
    )


def unknown_key(store: str, name: str) -> UnknownKeyError:
    """The error for a key that is not there."""
    return UnknownKeyError(
        f"鍵ストア {store} に鍵 {name} がありません。鍵ストアの指定(トークン、アドレス)を確かめてください。",
        f"The key store {store} has no key {name}. Check which store is configured (token, address).",
    )


def not_opened(name: str) -> SealBrokenError:
    """The error for a wrapped value that does not open."""
    return SealBrokenError(
        f"包まれた値が鍵 {name} で開きません。別の鍵か別の場所のもの、または書き換えられたものです。",
        f"A wrapped value does not open under {name}: another key's, another place's, or altered.",
    )
