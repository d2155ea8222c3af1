"""What a copy of a database is, whichever database it is of."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tokenizer.errors import BackupError

Progress = Callable[[int, int], None]
"""Told how much of how much is done."""

LOGS: Final = "SELECT tenant_id, size FROM audit_head"
EPOCHS: Final = "SELECT DISTINCT epoch FROM person_key UNION SELECT DISTINCT epoch FROM number"
META: Final = "SELECT vault_id, created_at FROM vault_meta"
REVISION: Final = "SELECT version_num FROM alembic_version"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a copy holds, read in the very snapshot that is copied.

    Attributes:
        vault: which vault the database belongs to.
        created_at: when it was set up, in milliseconds since the epoch.
        revision: of its tables.
        epochs: what its rows are sealed under.
        logs: tenant -> entries of its log.
        size: about how many bytes will come.
    """

    vault: str
    created_at: int
    revision: str
    epochs: frozenset[int]
    logs: Mapping[int, int]
    size: int


@dataclass(frozen=True, slots=True)
class Copy:
    """A consistent copy of a database, about to be read.

    Attributes:
        facts: what is in it.
        content: gives it in pieces; to be called once, inside the context that gave the copy.
    """

    facts: Facts
    content: Callable[[], Iterator[bytes]]


def facts_of(rows: Callable[[str], list[tuple[Any, ...]]], size: int) -> Facts:
    """Read the facts of a snapshot.

    Args:
        rows: runs one query in it.
        size: about how many bytes the copy has.

    Raises:
        BackupError: the database is no vault's.
    """
    marks = rows(META)
    if not marks:
        raise BackupError(
            "データベースに保管庫の印がありません。`warifu init` で準備されたデータベースを指定してください。",
            "The database has no vault's mark. Name one that `warifu init` set up.",
        )
    ((vault, created_at),), ((revision,),) = marks, rows(REVISION)
    epochs = frozenset(row[0] for row in rows(EPOCHS))
    return Facts(vault, created_at, revision, epochs, {row[0]: row[1] for row in rows(LOGS)}, size)
