"""A new ledger for a vault that has none: because it is older than ledgers are, or because its own was lost."""

import asyncio
from typing import Final

from api.bootstrap import Clock, open_house
from api.migrations import migrate
from api.settings import Settings
from custody.custodian import Custodian, entry, one_leaf
from custody.house_log import record_for_house
from custody.tenants import list_tenants
from custody.witness import witness
from policies.actor import Actor
from tokenizer.audit.action import Action
from tokenizer.ledger import Ledger
from tokenizer.providers.base import KeyProvider
from tokenizer.storage.database import NO_TENANT

_FIRST_WITH_LEDGER: Final = "0003"
_WHY_UPGRADE: Final = "upgrade from a version without ledgers"


async def upgrade(settings: Settings, provider: KeyProvider, clock: Clock, actor: Actor) -> None:
    """Bring a database to this version, and begin a ledger if it is of a time before there were any.

    Raises:
        DatabaseVersionError: the database was written by a newer Warifu.
        LedgerError: it had a ledger, which is lost.
        StorageError: the database or a disk did not take it.
    """
    found = await asyncio.to_thread(migrate.revision_of, settings.database_url)
    await asyncio.to_thread(migrate.upgrade, settings.database_url)
    without = found is not None and found < _FIRST_WITH_LEDGER
    if without and not Ledger.is_in(settings.ledger_directory):
        await adopt_ledger(settings, provider, clock, actor, _WHY_UPGRADE)


async def adopt_ledger(
    settings: Settings, provider: KeyProvider, clock: Clock, actor: Actor, reason: str
) -> None:
    """Begin a ledger for a vault that has none; in the log of every tenant it says so, and why.

    From then on it knows what happens. What a lost one knew is lost: persons who were disposed of before could come
    back with an old copy of the database.

    Args:
        settings: of the installation.
        provider: its keys.
        clock: the time.
        actor: who wants it.
        reason: why there is none.

    Raises:
        LedgerError: there is one.
        StorageError: a disk or the database did not take it.
    """
    Ledger.create(settings.ledger_directory, provider.authority_key(), clock(), settings.data)
    house = await open_house(settings, provider, clock)
    try:
        await _record(house.custodian, actor, reason, clock())
        await witness(house.custodian, clock())
    finally:
        await house.database.close()


async def _record(custodian: Custodian, actor: Actor, reason: str, now: int) -> None:
    tenants = await custodian.database.read(NO_TENANT, lambda tx: list_tenants(tx, custodian.authority))
    for tenant in tenants:
        await _record_for(custodian, actor._replace(tenant=tenant.id, sandbox=tenant.sandbox), reason, now)
    await record_for_house(custodian, entry(actor, Action.LEDGER_ADOPT, now, reason=reason))


async def _record_for(custodian: Custodian, actor: Actor, reason: str, now: int) -> None:
    log = custodian.vault.log(actor.tenant)
    leaf = one_leaf(entry(actor, Action.LEDGER_ADOPT, now, reason=reason))
    await custodian.database.write(actor.tenant, lambda tx: log.append(tx, leaf))
