"""Rolling: a new epoch, under which everything new is sealed from its first moment on."""

import asyncio

from tokenizer.epochs.memory import known_epochs, reconcile
from tokenizer.epochs.terms import ROLL_AFTER_MS, SCHEDULE
from tokenizer.providers.base import Epoch, KeyProvider
from tokenizer.vault import Vault


async def roll(vault: Vault, provider: KeyProvider, now: int, by: str = SCHEDULE) -> Epoch:
    """Begin a new epoch at once.

    Args:
        vault: whose epochs.
        provider: who keeps the keys.
        now: milliseconds since the epoch; when it begins.
        by: who asked for it, for the record.

    Raises:
        KeyDirectoryError: the key cannot be written, or somebody else rolls at this moment.
    """
    known = await known_epochs(vault)
    used = [*provider.epoch_numbers(), *provider.destroyed_epochs(), *(each.number for each in known)]
    epoch = Epoch(max(used) + 1, now)
    await asyncio.to_thread(provider.create_epoch, epoch.number, epoch.began)
    await reconcile(vault, provider, now, by)
    return epoch


async def roll_if_due(vault: Vault, provider: KeyProvider, now: int) -> Epoch | None:
    """Begin a new epoch if the newest is a week old."""
    epochs = await asyncio.to_thread(provider.epochs)
    return await roll(vault, provider, now) if now - epochs[-1].began >= ROLL_AFTER_MS else None
