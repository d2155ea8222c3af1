"""Destroying an epoch: what its key sealed, in whichever copy of the database, is gone for good.

A key goes only when nobody needs it. First no new tenant begins under the epoch, then each tenant lets no row of it in
any more, and only a count made after that is final: a node that was slow, or stopped in the middle of a write, finds
its rows turned away, never lost.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from tokenizer.epochs.count import count_rows
from tokenizer.epochs.memory import Known, known_epochs, reconcile, remember_closed
from tokenizer.epochs.terms import DAY_MS, QUIET_MS, SCHEDULE, Needs, Tenants, destroy_at
from tokenizer.errors import EpochInUseError, KeyGoneError
from tokenizer.providers.base import KeyProvider
from tokenizer.storage.fence import lock_fence, raise_floor
from tokenizer.storage.transaction import Transaction
from tokenizer.vault import Vault


async def destroy(
    vault: Vault,
    provider: KeyProvider,
    tenants: Tenants,
    epoch: int,
    now: int,
    needs: Sequence[Needs] = (),
    by: str = SCHEDULE,
) -> None:
    """Destroy the key of an epoch, for good.

    Args:
        vault: whose epoch.
        provider: who keeps the key.
        tenants: gives every tenant.
        epoch: its number.
        now: milliseconds since the epoch.
        needs: count the rows of other layers that need it.
        by: who asked for it, for the record.

    Raises:
        EpochInUseError: it is the newest, rows need it, or the last of them moved less than an hour ago.
        KeyGoneError: there never was such an epoch.
        KeyDirectoryError: the key cannot be removed; it must be taken for living.
    """
    if epoch >= provider.epoch_numbers()[-1]:
        raise _newest(epoch)
    known = await known_epochs(vault)
    await remember_closed(vault, epoch, now)
    rows = sum([await _count(vault, tenant, epoch, now, needs) for tenant in await tenants()])
    if rows:
        raise _needed(epoch, rows)
    if not _is_quiet(known, epoch, now):
        raise _just_swept(epoch)
    await asyncio.to_thread(provider.destroy_epoch, epoch)
    vault.keyring.forget(epoch)
    await reconcile(vault, provider, now, by)


async def destroy_due(
    vault: Vault,
    provider: KeyProvider,
    tenants: Tenants,
    now: int,
    needs: Sequence[Needs] = (),
    by: str = SCHEDULE,
) -> list[int]:
    """Destroy every epoch whose time has come, oldest first, once its last rows have moved; says which.

    Raises:
        EpochInUseError: one of them is still needed; the others were destroyed.
        KeyDirectoryError: a key cannot be removed.
    """
    await finish_destructions(vault, provider, now, by)
    living = await asyncio.to_thread(provider.epochs)
    known = await known_epochs(vault)
    due = [
        each.number
        for each in living[:-1]
        if now >= destroy_at(each.began, provider.lead_days) and _is_quiet(known, each.number, now)
    ]
    refused: EpochInUseError | None = None
    for epoch in due:
        try:
            await destroy(vault, provider, tenants, epoch, now, needs, by)
        except EpochInUseError as error:
            refused = refused or error
    if refused is not None:
        raise refused
    return due


async def finish_destructions(vault: Vault, provider: KeyProvider, now: int, by: str = SCHEDULE) -> None:
    """Finish what a node began and did not live to end: its key is neither living nor destroyed, and still on the disk.

    A key that is lost, without a word that it was to go, stays as it is: that only the operator can mend.

    Args:
        vault: whose epochs.
        provider: who keeps the keys.
        now: milliseconds since the epoch.
        by: who asked for it, for the record.

    Raises:
        KeyDirectoryError: a key cannot be removed.
    """
    for epoch in (await reconcile(vault, provider, now, by)).missing:
        with suppress(KeyGoneError):
            await asyncio.to_thread(provider.destroy_epoch, epoch)
            await reconcile(vault, provider, now, by)


async def destroyed_at(vault: Vault, epoch: int) -> int | None:
    """When an epoch was destroyed, in milliseconds since the epoch; None while it lives or is not known."""
    known = {each.number: each for each in await known_epochs(vault)}
    return known[epoch].destroyed_at or None if epoch in known else None


async def existing_epochs(vault: Vault, provider: KeyProvider, now: int) -> list[int]:
    """The epochs whose keys exist: those that live, and those destroyed so lately that their keeper may have them.

    Args:
        vault: whose epochs.
        provider: who keeps the keys, for up to its `lead_days` after it destroyed them.
        now: milliseconds since the epoch.
    """
    lead = provider.lead_days * DAY_MS
    known = await known_epochs(vault)
    return [each.number for each in known if not each.destroyed_at or now < each.destroyed_at + lead]


async def _count(vault: Vault, tenant: int, epoch: int, now: int, needs: Sequence[Needs]) -> int:
    """How many rows of a tenant need an epoch, after it has let the last one in."""

    def close(tx: Transaction) -> int:
        if lock_fence(tx, tenant).floor <= epoch:
            raise_floor(tx, tenant, epoch + 1)
        return sum(need(tx, tenant, epoch, now) for need in needs)

    elsewhere = await vault.database.write(tenant, close)
    return elsewhere + (await count_rows(vault.database, tenant))[epoch]


def _is_quiet(known: Sequence[Known], epoch: int, now: int) -> bool:
    """Whether a sweep that emptied the epoch ended long enough ago."""
    ended = [each.swept_at for each in known if each.number > epoch and each.swept_at]
    return bool(ended) and now - min(ended) >= QUIET_MS


def _newest(epoch: int) -> EpochInUseError:
    return EpochInUseError(
        epoch,
        0,
        f"世代{epoch}は現在の世代なので廃棄できません。先に `warifu keys roll` で次の世代を作ってください。",
        f"Epoch {epoch} is the newest and cannot be destroyed. Begin the next one first: `warifu keys roll`.",
    )


def _needed(epoch: int, rows: int) -> EpochInUseError:
    return EpochInUseError(
        epoch,
        rows,
        f"世代{epoch}の鍵を {rows} 行が使っています。`warifu keys sweep` を実行してから、もう一度廃棄してください。",
        f"{rows} rows need the key of epoch {epoch}. Run `warifu keys sweep`, then destroy it again.",
    )


def _just_swept(epoch: int) -> EpochInUseError:
    return EpochInUseError(
        epoch,
        0,
        f"世代{epoch}の鍵を使う行の移し替えが終わってから 1 時間経っていません。1 時間後にもう一度廃棄してください。",
        f"The sweep that empties epoch {epoch} has not ended, or ended less than an hour ago. "
        "Run `warifu keys sweep`, and destroy it an hour later.",
    )
