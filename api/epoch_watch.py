"""How the epochs stand, for the readiness page and the metrics of whoever serves. It looks anew at each call."""

import asyncio
from collections.abc import Collection
from typing import Final

import structlog

from api.bootstrap import House
from api.logs import locate
from api.metrics import Metrics
from tokenizer.epochs.memory import known_epochs
from tokenizer.epochs.state import State, read_state
from tokenizer.errors import StorageError, VaultError

_SECOND_MS: Final = 1000
_log = structlog.get_logger("warifu.epochs")


class EpochWatch:
    """Looks at the epochs of a house."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def has_newest(self) -> bool:
        """Whether the keys are here, up to the newest that the database knows, and the newest can be used.

        A node whose key directory is an old copy cannot read what was swept under the new key: it gets no traffic.

        Raises:
            VaultError: the key store has not answered for longer than is allowed, or refuses.
        """
        provider = self._house.provider
        numbers = provider.epoch_numbers()
        if not numbers or not await asyncio.to_thread(provider.has_epoch, numbers[-1]):
            return False
        try:
            known = await known_epochs(self._house.custodian.vault)
        except StorageError:  # another check says so
            return True
        return all(each.number <= numbers[-1] for each in known if not each.destroyed_at)

    async def alarms(self) -> Collection[str]:
        """What is wrong with the epochs.

        Raises:
            VaultError: it cannot be told.
        """
        return (await self._state()).alarms

    async def show(self, metrics: Metrics) -> None:
        """Bring the gauges up to date; they stay as they were while it cannot be told."""
        try:
            state = await self._state()
        except VaultError as error:
            _log.warning("epochs unknown", **locate(error))
            return
        now, living = self._house.clock(), state.living()
        ages = [(now - each.began) / _SECOND_MS for each in living] or [0.0]
        metrics.epochs(ages[-1], ages[0], len(living), state.waiting, state.alarms)

    async def _state(self) -> State:
        return await read_state(self._house.custodian.vault, self._house.provider, self._house.clock())
