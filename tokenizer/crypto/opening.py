"""Opening what a release has read, in two steps.

The persons' keys can be unwrapped while the record of the release is on its way to the disk, which leaves the processor
with nothing to do. No number is opened before it is asked for, and that is once the record is there.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from tokenizer.crypto.envelope import SealedRow, open_batch, open_numbers, unwrap_batch
from tokenizer.crypto.keyring import Keyring

INLINE: Final = 200
"""Up to this many numbers are worked on right here; more go to a thread, so that others are served meanwhile."""
_THREADS: Final = 4


class Opener:
    """Opens numbers with the keys of a keyring.

    Args:
        keyring: where the wrapping keys are.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._threads = ThreadPoolExecutor(_THREADS, "warifu-opener")

    def of(self, tenant: int, rows: Sequence[SealedRow]) -> "Opening":
        """What opens these numbers.

        Args:
            tenant: whose persons.
            rows: what is stored of each.
        """
        return Opening(self._keyring, self._threads, tenant, rows)


class Opening:
    """Numbers that may be opened once their record is kept. Prints without what is stored of them."""

    __slots__ = ("_keyring", "_keys", "_rows", "_tenant", "_threads")

    def __init__(
        self, keyring: Keyring, threads: ThreadPoolExecutor, tenant: int, rows: Sequence[SealedRow]
    ) -> None:
        self._keyring = keyring
        self._threads = threads
        self._tenant = tenant
        self._rows = rows
        self._keys: Future[list[bytes]] | None = None

    def __repr__(self) -> str:
        return f"Opening({len(self._rows)} numbers)"

    def begin(self) -> "Future[list[bytes]] | None":
        """Begin with the persons' keys on a thread, if they are many; of the numbers none is opened."""
        if len(self._rows) > INLINE and self._keys is None:
            with suppress(RuntimeError):  # the process ends and takes no threads any more
                self._keys = self._threads.submit(self._unwrap)
        return self._keys

    async def numbers(self) -> list[bytes]:
        """Open them: 12 ASCII digits each, in the order of the rows.

        Raises:
            KeyGoneError: an epoch was destroyed.
            SealBrokenError: a row is not what was stored.
        """
        keys = self.begin()
        if keys is None:
            return open_batch(self._wrap_keys(), self._tenant, self._rows)
        unwrapped = await asyncio.wrap_future(keys)
        sealed = [(row[0], row[3], row[4]) for row in self._rows]
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, open_numbers, unwrapped, self._tenant, sealed)

    def _unwrap(self) -> list[bytes]:
        return unwrap_batch(self._wrap_keys(), self._tenant, self._rows)

    def _wrap_keys(self) -> list[bytes]:
        tenant, epochs = self._tenant, {row[1] for row in self._rows}
        wrap = {epoch: self._keyring.tenant(tenant, epoch).wrap for epoch in epochs}
        return [wrap[row[1]] for row in self._rows]
