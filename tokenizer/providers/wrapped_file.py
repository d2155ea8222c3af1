"""The two kinds of text in a key directory whose keys are wrapped by a key store.

`store.json` says which vault it is and which kind of store wraps its keys. Each `.blob` file holds one wrapped key:
format, vault, its own name, when it was made, the name of the key in the store that opens it, the wrapped bytes, and
a check over the rest. The store binds the bytes to vault and epoch; the check only finds truncation and broken disks.
"""

import json
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from tokenizer.errors import KeyDirectoryError
from tokenizer.providers import private_files
from tokenizer.providers.key_file import (
    check_line,
    damaged,
    other_vault,
    renamed,
    split_last_line,
    unknown_format,
)

_FORMAT: Final = 1
_BLOB_FILE: Final = re.compile(
    r"warifu-wrapped-key 1\nvault (?P<vault>\S+)\nname (?P<name>\S+)\nmade (?P<made>[0-9]{1,16})\n"
    r"by (?P<by>\S+)\nwrapped (?P<blob>\S+)\n"
)


@dataclass(frozen=True, slots=True)
class WrappedFile:
    """One wrapped key.

    Attributes:
        vault_id: the vault it belongs to.
        name: of the file.
        made: milliseconds since 1970-01-01 UTC.
        by: the name of the key in the store that wrapped it.
        blob: the wrapped bytes, as the store gave them.
    """

    vault_id: str
    name: str
    made: int
    by: str
    blob: bytes

    def write(self, directory: Path) -> None:
        """Put the file in place, durably.

        Raises:
            KeyDirectoryError: the disk is full, read-only or broken.
        """
        text = (
            f"warifu-wrapped-key 1\nvault {self.vault_id}\nname {self.name}\nmade {self.made}\n"
            f"by {self.by}\nwrapped {b64encode(self.blob).decode()}\n"
        )
        private_files.write(directory / self.name, text + check_line(text))

    @classmethod
    def read(cls, path: Path, vault_id: str) -> Self:
        """Read a file, which must be whole, of this vault, and under its own name.

        Raises:
            KeyDirectoryError: names the file, what is wrong with it and what to do.
        """
        text, check = split_last_line(private_files.read(path))
        parts = _BLOB_FILE.fullmatch(text)
        if parts is None or check != check_line(text):
            raise damaged(path)
        if parts["vault"] != vault_id:
            raise other_vault(path, parts["vault"], vault_id)
        if parts["name"] != path.name:
            raise renamed(path, parts["name"])
        try:
            blob = b64decode(parts["blob"], validate=True)
        except ValueError:
            raise damaged(path) from None
        return cls(vault_id, path.name, int(parts["made"]), parts["by"], blob)


@dataclass(frozen=True, slots=True)
class StoreFile:
    """`store.json`: which vault the directory belongs to, and which kind of store wraps its keys."""

    vault_id: str
    kind: str

    def write(self, path: Path) -> None:
        """Put the file in place, durably.

        Raises:
            KeyDirectoryError: the disk is full, read-only or broken.
        """
        content = {"format": _FORMAT, "vault": self.vault_id, "store": self.kind}
        private_files.write(path, json.dumps(content, indent=2) + "\n")

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file.

        Raises:
            KeyDirectoryError: it is missing, damaged, or of a newer version.
        """
        try:
            content = json.loads(private_files.read(path))
            if content["format"] != _FORMAT:
                raise unknown_format(path)
            return cls(str(content["vault"]), str(content["store"]))
        except (ValueError, KeyError, TypeError):
            raise damaged(path) from None

    def check_kind(self, path: Path, kind: str) -> None:
        """Make sure that the store that is configured is of the kind that wrapped the keys.

        Raises:
            KeyDirectoryError: it is another.
        """
        if self.kind != kind:
            raise KeyDirectoryError(
                f"{path.parent} の鍵は {self.kind} で包まれていますが、設定は {kind} です。"
                "設定 key_store を直してください。",
                f"The keys in {path.parent} are wrapped by {self.kind}, the setting names {kind}. "
                "Correct the setting key_store.",
            )
