"""Files of a printing in its directory: whole or not there, readable for their owner only."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from custody.collection.dispatch import order_public_id

_OWNER: Final = 0o700
_OWNER_FILE: Final = 0o600


class PrintPlace:
    """Where the files of all printings are: `<data>/prints/<tenant>/<order>/`.

    Args:
        data: the data directory of the installation.
    """

    def __init__(self, data: Path) -> None:
        self._root = data / "prints"

    def of(self, tenant: int, order: int) -> Path:
        """The directory of one printing."""
        return self._root / f"{tenant:012x}" / order_public_id(order)

    def keep(self, tenant: int, order: int, name: str, data: bytes) -> None:
        """Write a file that bears its name only once it is whole and on disk."""
        directory = self.of(tenant, order)
        for each in (self._root, directory.parent, directory):
            each.mkdir(mode=_OWNER, exist_ok=True)
        part = directory / f".{name}.part"
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_FILE)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(directory / name)

    def read(self, tenant: int, order: int, name: str) -> bytes | None:
        """A file's content; None if it is not there."""
        try:
            return (self.of(tenant, order) / name).read_bytes()
        except FileNotFoundError:
            return None

    def forget(self, name: str) -> None:
        """Remove the directory of one printing, named as `there` names it."""
        shutil.rmtree(self._root / name, ignore_errors=True)

    def there(self) -> list[str]:
        """The directories of all printings, below the root."""
        return sorted(self._below())

    def named(self, tenant: int, order: int) -> str:
        """How `there` names the directory of one printing."""
        return str(self.of(tenant, order).relative_to(self._root))

    def _below(self) -> Iterator[str]:
        if not self._root.is_dir():
            return
        for tenant in self._root.iterdir():
            for order in tenant.iterdir() if tenant.is_dir() else ():
                yield f"{tenant.name}/{order.name}"
