"""The wrapped keys of one directory: made, unwrapped once, and then remembered."""

from dataclasses import dataclass, field
from pathlib import Path

from tokenizer.crypto.primitives import KEY_BYTES, RandomBytes
from tokenizer.errors import SealBrokenError
from tokenizer.providers.key_file import damaged
from tokenizer.providers.key_store import Context, KeyStore
from tokenizer.providers.wrapped_file import WrappedFile


@dataclass(frozen=True, slots=True)
class _Key:
    """A key in memory. Prints without it."""

    value: bytes = field(repr=False)


class Blobs:
    """Files of wrapped keys, by their names, and the keys in memory."""

    def __init__(self, directory: Path, vault_id: str, store: KeyStore, random_bytes: RandomBytes) -> None:
        self._directory = directory
        self._vault_id = vault_id
        self._store = store
        self._random_bytes = random_bytes
        self._keys: dict[str, _Key] = {}

    def make(self, name: str, by: str, made: int) -> None:
        """Wrap a new random key, durably.

        Args:
            name: of the file.
            by: the key in the store that wraps it.
            made: when, in milliseconds since 1970-01-01 UTC.

        Raises:
            KeyStoreError: the store does not do it.
            KeyDirectoryError: the disk does not take it.
        """
        blob = self._store.wrap(by, self._random_bytes(KEY_BYTES), self._context(name))
        WrappedFile(self._vault_id, name, made, by, blob).write(self._directory)

    def made(self, name: str) -> int:
        """When a key was made.

        Raises:
            KeyDirectoryError: the file cannot be read, or is not what was written.
        """
        return self._read(name).made

    def key(self, name: str, by: str) -> bytes:
        """A key of 32 bytes, unwrapped if it is not in memory.

        Raises:
            KeyStoreError: the store does not unwrap it.
            KeyDirectoryError: the file cannot be read, or is not what was written.
        """
        known = self._keys.get(name)
        if known is None:
            known = self._keys[name] = _Key(self._unwrap(name, by))
        return known.value

    def forget(self, name: str) -> None:
        """Drop a key from memory."""
        self._keys.pop(name, None)

    def _unwrap(self, name: str, by: str) -> bytes:
        content = self._read(name)
        try:
            key = self._store.unwrap(by, content.blob, self._context(name))
        except SealBrokenError:
            raise damaged(self._directory / name) from None
        if len(key) != KEY_BYTES or content.by != by:
            raise damaged(self._directory / name)
        return key

    def _read(self, name: str) -> WrappedFile:
        return WrappedFile.read(self._directory / name, self._vault_id)

    def _context(self, name: str) -> Context:
        return {"vault": self._vault_id, "key": name.removesuffix(".blob")}
