"""A file system in memory for what tests write: there a flush costs nothing, and a commit waits for several."""

import os
import shutil
from pathlib import Path

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - the directories made in it are ours alone
_ROOM = 4 * 1024**3


def memory() -> Path | None:
    """A file system in memory with room for some databases; None if this machine has none."""
    if not os.access(_IN_MEMORY, os.W_OK) or shutil.disk_usage(_IN_MEMORY).free < _ROOM:
        return None
    return _IN_MEMORY
