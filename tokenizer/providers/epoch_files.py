"""What lies in a key directory about epochs whose keys a store wraps, by the endings of the files' names."""

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from tokenizer.providers import private_files

_FILE: Final = re.compile(r"epoch-([0-9]{6,})\.([a-z]+)")


class Mark(Enum):
    """What a file says about its epoch."""

    BLOB = "blob"
    """Its key, wrapped."""

    GONE = "gone"
    """Tombstone: the key is destroyed, and the number never comes back."""

    MAKING = "making"
    """The store may have a key for it that no blob uses yet."""

    GOING = "going"
    """Its key in the store is being destroyed."""


@dataclass(frozen=True, slots=True)
class EpochFiles:
    """The files of epochs in one directory."""

    directory: Path

    def path(self, number: int, mark: Mark) -> Path:
        """Where a file is, or would be."""
        return self.directory / file_name(number, mark)

    def numbers(self, mark: Mark) -> set[int]:
        """The epochs that have a file of that kind.

        Raises:
            KeyDirectoryError: the directory cannot be read.
        """
        matches = map(_FILE.fullmatch, private_files.list_directory(self.directory))
        return {int(match[1]) for match in matches if match and match[2] == mark.value}

    def has_blob(self, number: int) -> bool:
        """Whether there is a wrapped key and no tombstone. Asked at each use of a key."""
        blob = f"{self.directory}/{file_name(number, Mark.BLOB)}"
        return private_files.is_there(blob) and not private_files.is_there(
            blob.removesuffix(Mark.BLOB.value) + Mark.GONE.value
        )

    def put(self, number: int, mark: Mark) -> None:
        """Leave a mark, durably.

        Raises:
            KeyDirectoryError: the disk is full, read-only or broken.
        """
        private_files.write(self.path(number, mark), f"{mark.value}\n")

    def remove(self, number: int, *marks: Mark) -> None:
        """Overwrite and remove what is there, durably, in the order given.

        Raises:
            KeyDirectoryError: the disk did not take it.
        """
        for path in (self.path(number, mark) for mark in marks):
            if path.exists():
                private_files.shred(path)


def file_name(number: int, mark: Mark) -> str:
    """The name of a file."""
    return f"epoch-{number:06d}.{mark.value}"
