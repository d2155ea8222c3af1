"""The backups in a directory: which there are, what state each is in, and which may go."""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from tokenizer.backup.container import PARTIAL, SUFFIX, Container, is_being_written
from tokenizer.backup.manifest import BackupKeys, Manifest
from tokenizer.errors import BackupError, KeyGoneError, StorageError

_NAME: Final = re.compile(rf"warifu-.+{re.escape(SUFFIX)}({re.escape(PARTIAL)})?")


class State(StrEnum):
    """What can be done with a file."""

    GOOD = "good"
    EXPIRED = "expired"
    EXTINCT = "extinct"
    UNUSABLE = "unusable"
    UNFINISHED = "unfinished"


_MAY_GO: Final = frozenset({State.EXPIRED, State.EXTINCT, State.UNFINISHED})


@dataclass(frozen=True, slots=True)
class Found:
    """A file of a directory.

    Attributes:
        path: the file.
        size: its bytes.
        state: `good` (its beginning and end are ours, all its keys live), `expired` (the life of an epoch it needs is
            over), `extinct` (a key it needs was destroyed), `unusable` (damaged, cut short or of another vault),
            `unfinished` (left by a process that was killed).
        manifest: what it says of itself, as far as it is ours and whole.
    """

    path: Path
    size: int
    state: State
    manifest: Manifest | None = None


def look_over(directory: Path, keys: BackupKeys, now: int) -> list[Found]:
    """The backups of a directory, oldest first. Only the beginning and the end of each file are read.

    Args:
        directory: where backups are.
        keys: of this vault.
        now: milliseconds since the epoch.

    Raises:
        BackupError: the directory cannot be read.
    """
    try:
        paths = sorted(path for path in directory.iterdir() if _NAME.fullmatch(path.name))
        found = [_look_at(path, keys, now) for path in paths]
    except OSError as error:
        raise BackupError(
            f"{directory} を読めません({error.strerror})。バックアップのディレクトリを指定してください。",
            f"{directory} cannot be read ({error.strerror}). Name a directory of backups.",
        ) from None
    return [each for each in found if each is not None]


def prune(directory: Path, keys: BackupKeys, now: int) -> list[Found]:
    """Remove the backups that nobody needs any more: expired, extinct, unfinished. Says which.

    What is unusable stays: it may be another vault's.

    Raises:
        BackupError: the directory cannot be read.
        StorageError: a file cannot be removed.
    """
    going = [each for each in look_over(directory, keys, now) if each.state in _MAY_GO]
    for each in going:
        try:
            each.path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(
                f"{each.path} を削除できません({error.strerror})。権限を確かめてください。",
                f"{each.path} cannot be removed ({error.strerror}). Check permissions.",
            ) from error
    return going


def _look_at(path: Path, keys: BackupKeys, now: int) -> Found | None:
    """A file as it is; None for one that is being written right now."""
    size = path.stat().st_size
    if path.name.endswith(PARTIAL):
        return None if is_being_written(path) else Found(path, size, State.UNFINISHED)
    try:
        manifest = Container.open(path, keys).manifest
    except BackupError:
        return Found(path, size, State.UNUSABLE)
    return Found(path, size, _state(manifest, keys, now), manifest)


def _state(manifest: Manifest, keys: BackupKeys, now: int) -> State:
    try:
        keys.refuse_extinct(manifest)
    except KeyGoneError:
        return State.EXTINCT
    return State.EXPIRED if manifest.expires_at <= now else State.GOOD
