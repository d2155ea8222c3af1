"""Files that exist whole or not at all, for their owner's eyes alone."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

_OWNER_ONLY: Final = 0o600
NAMELESS: Final = hasattr(os, "O_TMPFILE")
"""Whether this system has files without a name."""


@contextmanager
def whole_file(path: Path, *, replace: bool = False, nameless: bool = NAMELESS) -> Iterator[BinaryIO]:
    """Write a file that takes its name when it is complete and on disk; if anything stops it, nothing is left.

    Until then it has no name at all, so that even a process that is killed leaves nothing; where a file system has no
    such files, it is called `<name>.part`.

    Args:
        path: the file.
        replace: whether a file that is there may be replaced. Without it, one that appears meanwhile stays.
        nameless: whether to try for a file without a name.

    Raises:
        FileExistsError: there is one, or an unfinished one.
        OSError: it cannot be written: no space, no right.
    """
    if not replace:
        _refuse_existing(path)
    partial = path.with_name(f"{path.name}.part")
    if replace:
        partial.unlink(missing_ok=True)
    descriptor, ours = _open(path.parent, partial, nameless=nameless)
    try:
        with os.fdopen(descriptor, "w+b") as stream:
            yield stream
            stream.flush()
            os.fsync(descriptor)
            if not ours:
                _name(descriptor, partial)
                ours = True
        if not replace:
            _refuse_existing(path)
        partial.replace(path)
        _remember(path.parent)
    finally:
        if ours:
            partial.unlink(missing_ok=True)


def reserve(stream: BinaryIO, size: int) -> None:
    """Make sure that there is room for so many bytes, before anything is done that cannot be repeated.

    Raises:
        OSError: there is not.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(stream.fileno(), 0, max(size, 1))


def _open(directory: Path, partial: Path, *, nameless: bool) -> tuple[int, bool]:
    """A new file, and whether it has a name."""
    if nameless:
        with suppress(OSError):  # not every file system has them; what else is wrong shows below
            return os.open(directory, os.O_RDWR | os.O_TMPFILE, _OWNER_ONLY), False
    return os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), True


def _name(descriptor: int, path: Path) -> None:
    """Give a file without a name one that is free."""
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        # Only with a directory named does Python follow the link in /proc to the file itself.
        os.link(f"/proc/self/fd/{descriptor}", path, src_dir_fd=directory, follow_symlinks=True)
    finally:
        os.close(directory)


def _remember(directory: Path) -> None:
    """Bring a directory to the disk, where directories can be opened."""
    if os.name == "posix":
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _refuse_existing(path: Path) -> None:
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
