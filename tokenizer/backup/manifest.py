"""What a backup says of itself, in the clear: one line of JSON under a MAC. Nothing of any person stands in it."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Self

from tokenizer.crypto.primitives import RandomBytes, mac, open_sealed, seal
from tokenizer.crypto.stream import STREAM_KEY_BYTES
from tokenizer.errors import BackupError, KeyGoneError, SealBrokenError
from tokenizer.providers.base import Epoch, KeyProvider

EPOCH_LIFE_MS: Final = 90 * 86_400_000
"""An epoch key is destroyed at most so long after its epoch began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The facts of one backup. Times are milliseconds since the epoch.

    Attributes:
        backup: its id.
        vault: which vault it is of.
        origin: the start of the names of the vault's logs.
        version: the Warifu that made it.
        made_at: what was committed before then, as seen by the database, is in it.
        created_at: when the vault's database was set up.
        backend: `sqlite` or `postgresql`.
        revision: of the database's tables.
        epoch: the one whose key opens it.
        epochs: every epoch whose key something in it needs, `epoch` among them, oldest first.
        expires_at: from then on not all of it can be read any more, and the file may go.
        logs: tenant -> how many entries the tenant's log has in it.
        key: the key of the stream, sealed under `epoch`; base64.
    """

    backup: str
    vault: str
    origin: str
    version: str
    made_at: int
    created_at: int
    backend: str
    revision: str
    epoch: int
    epochs: tuple[int, ...]
    expires_at: int
    logs: Mapping[int, int]
    key: str

    def to_line(self) -> bytes:
        """The manifest as it stands in the file, without its newline."""
        content = asdict(self) | {"logs": {str(tenant): size for tenant, size in self.logs.items()}}
        return json.dumps(content, sort_keys=True, separators=(",", ":")).encode("ascii")

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """Read a line whose MAC was checked.

        Raises:
            ValueError: it is of a version that says other things.
        """
        content: dict[str, Any] = json.loads(line)
        if content.keys() != {field.name for field in fields(cls)}:
            raise ValueError("a manifest of another version")
        logs = {int(tenant): size for tenant, size in content["logs"].items()}
        return cls(**content | {"logs": logs, "epochs": tuple(content["epochs"])})


class BackupKeys:
    """The keys of backups: one that marks what is ours, and one in each epoch that seals the keys of streams.

    Args:
        provider: keeper of the vault's keys.
    """

    def __init__(self, provider: KeyProvider) -> None:
        self._provider = provider
        self._mark_key = mac(provider.authority_key(), b"backup")

    def __repr__(self) -> str:
        return "BackupKeys(****)"

    def mark(self, data: bytes) -> bytes:
        """The MAC of a manifest, or of the end of a file."""
        return mac(self._mark_key, data)

    def epochs(self) -> list[Epoch]:
        """The living epochs, oldest first."""
        return self._provider.epochs()

    def new_stream_key(self, epoch: int, place: bytes, random_bytes: RandomBytes) -> tuple[bytes, str]:
        """A fresh key for one stream, and the same as the manifest holds it.

        Args:
            epoch: under whose key it is sealed: it opens for as long as that lives.
            place: what the stream belongs to.
            random_bytes: source of the key.
        """
        key = random_bytes(STREAM_KEY_BYTES)
        return key, b64encode(seal(self._wrap_key(epoch), key, place, random_bytes)).decode()

    def stream_key(self, manifest: Manifest, place: bytes) -> bytes:
        """The key of a backup's stream.

        Raises:
            KeyGoneError: an epoch that it needs was destroyed: the backup is extinct.
            SealBrokenError: the manifest was altered.
        """
        self.refuse_extinct(manifest)
        try:
            return open_sealed(self._wrap_key(manifest.epoch), b64decode(manifest.key, validate=True), place)
        except ValueError:
            raise SealBrokenError(
                "バックアップの鍵を読めません。別のバックアップを使ってください。",
                "The key of the backup cannot be read. Use another backup.",
            ) from None

    def refuse_extinct(self, manifest: Manifest) -> None:
        """Make sure that every epoch a backup needs still lives.

        Raises:
            KeyGoneError: one was destroyed: the backup is extinct.
        """
        gone = [epoch for epoch in manifest.epochs if not self._provider.has_epoch(epoch)]
        if gone:
            named = ", ".join(map(str, gone))
            raise KeyGoneError(
                f"バックアップ {manifest.backup} は消滅しています。世代 {named} の鍵は廃棄済みで、復元できません。"
                "より新しいバックアップを使ってください。",
                f"The backup {manifest.backup} is extinct: the key of epoch {named} was destroyed, and nothing "
                "restores it. Use a newer backup.",
            )

    def _wrap_key(self, epoch: int) -> bytes:
        return mac(self._provider.epoch_key(epoch), b"backup")


def expires_at(needed: Iterable[int], living: Iterable[Epoch]) -> int:
    """When not all of a backup can be read any more: the life of the oldest epoch it needs is over.

    Args:
        needed: numbers of the epochs it needs.
        living: the living epochs.

    Raises:
        BackupError: one of them is not living: what was stored under it cannot be read now either.
    """
    began = {epoch.number: epoch.began for epoch in living}
    gone = sorted(set(needed) - began.keys())
    if gone:
        named = ", ".join(map(str, gone))
        raise BackupError(
            f"データベースに、鍵が廃棄された世代 {named} の行があります。`warifu doctor` で点検してください。",
            f"The database has rows of epoch {named}, whose key was destroyed. Look it over with `warifu doctor`.",
        )
    return min(began[number] for number in needed) + EPOCH_LIFE_MS
