"""The two kinds of text in a key directory: what `vault.json` says, and one key per `.key` file.

A key file is six lines: format, vault, its own name, when it was made, the key, and a check over the rest.
The key is plain, or sealed under the passphrase with the four lines above it as associated data, so that
files cannot be swapped, renamed or brought over from another vault unnoticed. The check finds truncation and
broken disks.
"""

import hashlib
import json
import re
from base64 import b64decode, b64encode
from dataclasses import asdict, astuple, dataclass, field, fields
from pathlib import Path
from typing import Final, Self

from tokenizer.crypto.passwords import KEY_DIRECTORY, SALT_BYTES, Profile, derive_key
from tokenizer.crypto.primitives import KEY_BYTES, RandomBytes, open_sealed, seal
from tokenizer.errors import KeyDirectoryError, SealBrokenError
from tokenizer.providers import private_files

_FORMAT: Final = 1
_KEY_FILE: Final = re.compile(
    r"(?P<header>warifu-key 1\nvault (?P<vault>\S+)\nname (?P<name>\S+)\nmade (?P<made>[0-9]{1,16})\n)"
    r"(?P<form>plain|sealed) (?P<key>\S+)\n"
)
_COSTLIEST: Final = Profile(time_cost=64, memory_kib=4 * 1024 * 1024, lanes=64)


@dataclass(frozen=True, slots=True)
class KeyFile:
    """One key with what its file says about it. Prints without the key."""

    vault_id: str
    name: str
    made: int
    key: bytes = field(repr=False)

    def write(self, directory: Path, sealing_key: bytes | None, random_bytes: RandomBytes) -> None:
        """Put the file in place, durably.

        Raises:
            KeyDirectoryError: the disk is full, read-only or broken.
        """
        header = f"warifu-key 1\nvault {self.vault_id}\nname {self.name}\nmade {self.made}\n"
        if sealing_key is None:
            text = f"{header}plain {_encode(self.key)}\n"
        else:
            text = f"{header}sealed {_encode(seal(sealing_key, self.key, header.encode(), random_bytes))}\n"
        private_files.write(directory / self.name, text + check_line(text))

    @classmethod
    def read(cls, path: Path, vault_id: str, sealing_key: bytes | None) -> Self:
        """Read a file, which must be a whole and unaltered key of this vault, under its own name.

        Raises:
            KeyDirectoryError: names the file, what is wrong with it and what to do.
        """
        text, check = split_last_line(private_files.read(path))
        parts = _KEY_FILE.fullmatch(text)
        if parts is None or check != check_line(text):
            raise damaged(path)
        if parts["vault"] != vault_id:
            raise other_vault(path, parts["vault"], vault_id)
        if parts["name"] != path.name:
            raise renamed(path, parts["name"])
        if parts["form"] != ("plain" if sealing_key is None else "sealed"):
            raise damaged(path)
        key = _open_key(path, parts["header"], parts["key"], sealing_key)
        return cls(vault_id, path.name, int(parts["made"]), key)


@dataclass(frozen=True, slots=True)
class VaultFile:
    """`vault.json`: which vault the directory belongs to, and how its passphrase becomes the sealing key.

    Attributes:
        vault_id: the vault.
        salt: of Argon2id; None when the keys are plain, as is `check`.
        profile: costs of Argon2id.
        check: an empty text sealed under the sealing key: tells a wrong passphrase from a damaged key.
    """

    vault_id: str
    salt: bytes | None = None
    profile: Profile = KEY_DIRECTORY
    check: bytes = b""

    @classmethod
    def seal(
        cls, vault_id: str, passphrase: str, profile: Profile, random_bytes: RandomBytes
    ) -> tuple[Self, bytes]:
        """Set a passphrase; returns the file and the sealing key."""
        salt = random_bytes(SALT_BYTES)
        key = derive_key(passphrase, salt, profile)
        return cls(vault_id, salt, profile, seal(key, b"", _check_data(vault_id), random_bytes)), key

    def unseal(self, path: Path, passphrase: str | None) -> bytes | None:
        """The sealing key; None for a vault without a passphrase.

        Raises:
            KeyDirectoryError: the passphrase is missing, wrong, or not called for.
        """
        if self.salt is None and passphrase is None:
            return None
        if self.salt is None:
            raise KeyDirectoryError(
                f"パスフレーズが指定されましたが、{path.parent} の鍵は封印されていません。"
                "指定を外すか、場所を確かめてください。",
                f"A passphrase was given, but the keys in {path.parent} are not sealed. "
                "Drop it, or check the place.",
            )
        if passphrase is None:
            raise KeyDirectoryError(
                f"{path.parent} の鍵はパスフレーズで封印されています。パスフレーズを指定してください。",
                f"The keys in {path.parent} are sealed. Give the passphrase.",
            )
        key = derive_key(passphrase, self.salt, self.profile)
        try:
            open_sealed(key, self.check, _check_data(self.vault_id))
        except SealBrokenError:
            raise KeyDirectoryError(
                f"{path.parent} のパスフレーズが違います。入力し直してください。",
                f"The passphrase of {path.parent} is wrong. Enter it again.",
            ) from None
        return key

    def write(self, path: Path) -> None:
        """Put the file in place, durably.

        Raises:
            KeyDirectoryError: the disk is full, read-only or broken.
        """
        content: dict[str, object] = {"format": _FORMAT, "vault": self.vault_id}
        if self.salt is not None:
            content["sealing"] = {
                "salt": _encode(self.salt),
                **asdict(self.profile),
                "check": _encode(self.check),
            }
        private_files.write(path, json.dumps(content, indent=2) + "\n")

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file.

        Raises:
            KeyDirectoryError: it is damaged, or of a newer version.
        """
        try:
            content = json.loads(private_files.read(path))
            if content["format"] != _FORMAT:
                raise unknown_format(path)
            if "sealing" not in content:
                return cls(str(content["vault"]))
            sealing = content["sealing"]
            salt, check = _decode(sealing["salt"]), _decode(sealing["check"])
            return cls(str(content["vault"]), salt, _read_profile(sealing), check)
        except (ValueError, KeyError, TypeError):
            raise damaged(path) from None


def _read_profile(sealing: dict[str, object]) -> Profile:
    profile = Profile(*(int(str(sealing[cost.name])) for cost in fields(Profile)))
    # Whoever can write the file must not be able to exhaust the machine that reads it.
    dear = any(cost > limit for cost, limit in zip(astuple(profile), astuple(_COSTLIEST), strict=True))
    if dear or min(profile.time_cost, profile.lanes) < 1 or profile.memory_kib < 8 * profile.lanes:
        raise ValueError(profile)
    return profile


def _open_key(path: Path, header: str, key: str, sealing_key: bytes | None) -> bytes:
    try:
        raw = _decode(key)
        opened = raw if sealing_key is None else open_sealed(sealing_key, raw, header.encode())
    except (SealBrokenError, ValueError):
        raise damaged(path) from None
    if len(opened) != KEY_BYTES:
        raise damaged(path)
    return opened


def check_line(text: str) -> str:
    """The last line of a key file: a check over the lines above it."""
    return f"check {hashlib.sha256(text.encode()).hexdigest()[:16]}\n"


def split_last_line(text: str) -> tuple[str, str]:
    """A text without its last line, and that line."""
    start = text.rstrip("\n").rfind("\n") + 1
    return text[:start], text[start:]


def _check_data(vault_id: str) -> bytes:
    return f"warifu-vault {_FORMAT}\nvault {vault_id}\n".encode()


def _encode(raw: bytes) -> str:
    return b64encode(raw).decode()


def _decode(text: str) -> bytes:
    return b64decode(text, validate=True)


def other_vault(path: Path, found: str, vault_id: str) -> KeyDirectoryError:
    """The error for a file of another vault."""
    return KeyDirectoryError(
        f"{path} は別の保管庫({found})の鍵です。この保管庫({vault_id})の控えから戻してください。",
        f"{path} belongs to another vault ({found}). "
        f"Restore the file of this vault ({vault_id}) from your offline copy.",
    )


def renamed(path: Path, name: str) -> KeyDirectoryError:
    """The error for a file under another's name."""
    return KeyDirectoryError(
        f"{path} は {name} の名前を変えたものです。元の名前に戻してください。",
        f"{path} is a renamed {name}. Give it its own name back.",
    )


def damaged(path: Path) -> KeyDirectoryError:
    """The error for a file that is not what was written."""
    return KeyDirectoryError(
        f"{path} は壊れているか、途中で切れているか、書き換えられています。鍵の控えから戻してください。",
        f"{path} is damaged, cut short or altered. Restore it from your offline copy of the keys.",
    )


def unknown_format(path: Path) -> KeyDirectoryError:
    """The error for a file that a later version wrote."""
    return KeyDirectoryError(
        f"{path} はこの版の割符が知らない形式です。作成した版以降の割符を使ってください。",
        f"{path} has a format that this version does not know. Run the version that wrote it or newer.",
    )
