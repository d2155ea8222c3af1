"""Opening what a release has read, in two steps.

The persons' keys are unwrapped while the record of the release is on its way to the disk, which leaves the processor
with nothing to do; no number is opened before `numbers` is asked for, and that is once the record is there.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, NamedTuple

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

    def begin(self, tenant: int, rows: Sequence[SealedRow]) -> "Opening":
        """Begin with the persons' keys, if they are many, and open none of their numbers. Any thread may call.

        Args:
            tenant: whose persons.
            rows: what is stored of each.
        """
        keys = self._threads.submit(self._unwrap, tenant, rows) if len(rows) > INLINE else None
        return Opening(self, tenant, rows, keys)

    def wrap_keys(self, tenant: int, rows: Sequence[SealedRow]) -> list[bytes]:
        """The wrapping key of each row's epoch.

        Raises:
            KeyGoneError: an epoch was destroyed.
        """
        epochs = {epoch: self._keyring.tenant(tenant, epoch).wrap for epoch in {row[1] for row in rows}}
        return [epochs[row[1]] for row in rows]

    async def open(self, keys: "Future[list[bytes]]", tenant: int, rows: Sequence[SealedRow]) -> list[bytes]:
        """Many numbers, on a thread, with keys that are being unwrapped."""
        unwrapped = await asyncio.wrap_future(keys)
        sealed = [(row[0], row[3], row[4]) for row in rows]
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, open_numbers, unwrapped, tenant, sealed)

    def _unwrap(self, tenant: int, rows: Sequence[SealedRow]) -> list[bytes]:
        return unwrap_batch(self.wrap_keys(tenant, rows), tenant, rows)


class Opening(NamedTuple):
    """Numbers that may be opened once their record is kept. Prints without what is stored of them."""

    opener: Opener
    tenant: int
    rows: Sequence[SealedRow]
    keys: "Future[list[bytes]] | None"

    def __repr__(self) -> str:
        return f"Opening({len(self.rows)} numbers)"

    async def numbers(self) -> list[bytes]:
        """Open them: 12 ASCII digits each, in the order of the rows.

        Raises:
            KeyGoneError: an epoch was destroyed.
            SealBrokenError: a row is not what was stored.
        """
        if self.keys is not None:
            return await self.opener.open(self.keys, self.tenant, self.rows)
        return open_batch(self.opener.wrap_keys(self.tenant, self.rows), self.tenant, self.rows)
