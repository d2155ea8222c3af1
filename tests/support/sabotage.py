"""Vaults that do it wrong, to see that a test notices."""

from collections.abc import Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Final, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from api.bootstrap import House
from custody.disposal.scope import _DROP_KEYS, _DROP_NUMBERS
from tests.support.sweeping import _Half
from tests.support.vaults import InstalledVault
from tokenizer.crypto.keyring import Keyring, TenantKeys
from tokenizer.crypto.primitives import mac, system_random
from tokenizer.epochs.rewrap import _MOVE_INDEXES
from tokenizer.providers.file import FileKeyProvider
from tokenizer.storage.database import Database, Work
from tokenizer.storage.statement import Params, Statement
from tokenizer.storage.transaction import Transaction
from tokenizer.vault import Vault

T = TypeVar("T")
DELETIONS: Final = frozenset((*_DROP_KEYS._statements.values(), *_DROP_NUMBERS._statements.values()))


def keeping_indexes(house: House) -> House:
    """A house whose sweep moves persons' keys and leaves their blind indexes."""
    return _around(house, Leaving(house.database, _MOVE_INDEXES.values()))


def keeping_rows(house: House) -> House:
    """A house whose disposals delete neither keys nor numbers."""
    return _around(house, Leaving(house.database, DELETIONS))


def standing_index(house: House) -> House:
    """A house whose index keys come from a key that no epoch ends."""
    return _around(house, house.database, _StandingIndex(house.provider))


def one_key_for_all(vault: InstalledVault) -> FileKeyProvider:
    """A provider that gives every epoch the same key."""
    return _OneKey.open(vault.settings.keys)


class Leaving:
    """A database that leaves some statements out, and says that they changed nothing."""

    def __init__(self, inner: Database, left_out: Collection[Statement]) -> None:
        self.backend = inner.backend
        self._inner = inner
        self._left_out = frozenset(left_out)

    async def write(self, tenant: int, work: Work[T]) -> T:
        return await self._inner.write(tenant, lambda tx: work(_Leaving(tx, self._left_out)))

    async def read(self, tenant: int, work: Work[T]) -> T:
        return await self._inner.read(tenant, work)

    def pages(self, tenant: int) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._inner.pages(tenant)

    async def close(self) -> None:
        await self._inner.close()


class _Leaving(_Half):
    def __init__(self, tx: Transaction, left_out: Collection[Statement]) -> None:
        super().__init__(tx, [])
        self.left_out = left_out

    def run(self, statement: Statement, params: Params) -> int:
        return 0 if statement in self.left_out else self.tx.run(statement, params)


class _StandingIndex(Keyring):
    def tenant(self, tenant: int, epoch: int) -> TenantKeys:
        keys = super().tenant(tenant, epoch)
        return replace(keys, index=mac(self.authority_key(), b"index" + tenant.to_bytes(8)))


class _OneKey(FileKeyProvider):
    def epoch_key(self, number: int) -> bytes:
        super().epoch_key(number)
        return mac(self.authority_key(), b"epoch")


def _around(house: House, database: Database, keyring: Keyring | None = None) -> House:
    inside = house.custodian.vault
    origin = inside.log(0).origin.removesuffix("/0")
    vault = Vault(database, keyring or inside.keyring, origin, system_random)
    return replace(house, custodian=replace(house.custodian, vault=vault), database=database)
