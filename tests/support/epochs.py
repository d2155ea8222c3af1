"""A vault whose epochs a test rolls, sweeps and destroys, and what must be true of its rows at every moment."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.clock import FakeClock
from tests.support.numbers import synthetic_numbers
from tests.support.tamper import rows
from tokenizer.audit.entry import Entry
from tokenizer.crypto.blind_index import blind_index
from tokenizer.crypto.envelope import open_numbers, rewrap_batch
from tokenizer.crypto.items import HeldItem, HeldKey, open_items
from tokenizer.crypto.keyring import Keyring
from tokenizer.crypto.primitives import system_random
from tokenizer.epochs.destroy import destroy
from tokenizer.epochs.memory import reconcile
from tokenizer.epochs.roll import roll
from tokenizer.epochs.sweep import Swept, sweep
from tokenizer.errors import KeyGoneError, SealBrokenError
from tokenizer.items import begin_person, seal_item
from tokenizer.providers.base import Epoch, KeyProvider
from tokenizer.providers.file import FileKeyProvider
from tokenizer.storage.database import NO_TENANT, Database
from tokenizer.storage.transaction import Transaction
from tokenizer.vault import Vault

TENANT, OTHER = 7, 8
ORIGIN = "warifu.example/log"
_ROWS = (
    "SELECT k.person_id, k.epoch, k.wrapped, k.version, n.version, n.sealed, n.epoch, n.blind_index "
    "FROM person_key k JOIN number n ON n.tenant_id = k.tenant_id AND n.person_id = k.person_id "
    "WHERE k.tenant_id = :own"
)


_ITEMS = (
    "SELECT k.person_id, k.epoch, k.version, k.wrapped, i.item_id, i.kind, i.sealed "
    "FROM person_key k JOIN sealed_item i ON i.tenant_id = k.tenant_id AND i.person_id = k.person_id "
    "WHERE k.tenant_id = :own"
)


@dataclass
class Keep:
    """A vault with its provider and clock, and which number or item each person is known to have."""

    vault: Vault
    provider: KeyProvider
    clock: FakeClock
    tenants: list[int] = field(default_factory=lambda: [TENANT, OTHER])
    held: dict[tuple[int, int], bytes] = field(default_factory=dict)
    begun: dict[tuple[int, int], bytes] = field(default_factory=dict)

    @classmethod
    async def make(cls, database: Database, keys: Path, clock: FakeClock) -> "Keep":
        """A new vault with two tenants."""
        provider = FileKeyProvider.create(keys, "test-vault", now_ms=clock())
        keep = cls.on(database, provider, clock)
        for tenant in keep.tenants:
            await database.write(tenant, keep.vault.log(tenant).create)
        await reconcile(keep.vault, provider, clock())
        return keep

    @classmethod
    def on(cls, database: Database, provider: KeyProvider, clock: FakeClock) -> "Keep":
        """A vault that is there, as another node opens it."""
        return cls(Vault(database, Keyring(provider), ORIGIN, system_random), provider, clock)

    async def everybody(self) -> Sequence[int]:
        return self.tenants

    async def fill(self, count: int, tenant: int = TENANT, seed: int = 0) -> list[int]:
        """Store new persons with synthetic numbers."""
        numbers = [number.encode() for number in synthetic_numbers(count, seed)]
        persons = list(self.vault.new_ids(count, self.clock()))
        sealed = self.vault.seal(tenant, persons, numbers, self.clock())
        await self.vault.database.write(tenant, lambda tx: self.vault.store(tx, sealed))
        self.held |= {(tenant, person): number for person, number in zip(persons, numbers, strict=True)}
        return persons

    async def begin(self, count: int, tenant: int = TENANT) -> list[int]:
        """Begin persons who have no number yet, with an item each."""
        persons = list(self.vault.new_ids(count, self.clock()))

        def work(tx: Transaction) -> None:
            for person in persons:
                begin_person(self.vault, tx, tenant, person)
                seal_item(self.vault, tx, tenant, person, "image", person, b"%d" % person, self.clock())

        await self.vault.database.write(tenant, work)
        self.begun |= {(tenant, person): b"%d" % person for person in persons}
        return persons

    async def change(self, person: int, number: bytes, tenant: int = TENANT) -> None:
        """Give a person another number."""
        await self.vault.database.write(
            tenant, lambda tx: self.vault.change(tx, tenant, person, number, self.clock())
        )
        self.held[tenant, person] = number

    async def roll(self) -> Epoch:
        return await roll(self.vault, self.provider, self.clock())

    async def sweep(self, batches: int | None = None, batch: int = 1_000) -> Swept:
        return await sweep(self.vault, self.everybody, self.clock(), batches, batch=batch)

    async def destroy(self, epoch: int) -> None:
        await destroy(self.vault, self.provider, self.everybody, epoch, self.clock())

    async def epochs_of_rows(self) -> Counter[int]:
        """How many persons stand under each epoch."""
        found: Counter[int] = Counter()
        for tenant in self.tenants:
            sql = "SELECT epoch FROM person_key WHERE tenant_id = :own"
            found.update(row[0] for row in await rows(self.vault.database, tenant, sql, own=tenant))
        return found

    async def assert_whole(self) -> None:
        """Every number that was stored is there and opens, and each row is of one mind with itself."""
        found: dict[tuple[int, int], bytes] = {}
        for tenant in self.tenants:
            faults = await self._faults(tenant, found)
            assert not faults, faults
        assert found.keys() == self.held.keys()
        wrong = [place for place, number in found.items() if self.held[place] != number]
        assert not wrong, wrong
        assert self.begun.items() <= (await self._items()).items()

    async def _items(self) -> dict[tuple[int, int], bytes]:
        """The items of all who have no number, opened."""
        found = {}
        for tenant in self.tenants:
            for person, epoch, version, wrapped, *box in await rows(
                self.vault.database, tenant, _ITEMS, own=tenant
            ):
                wrap = self.vault.keyring.tenant(tenant, epoch).wrap
                held, item = HeldKey(epoch, version, wrapped), HeldItem._make(box)
                if version == 0:
                    (found[tenant, person],) = open_items(wrap, tenant, person, held, [item])
        return found

    async def _faults(self, tenant: int, found: dict[tuple[int, int], bytes]) -> list[str]:
        stored = await rows(self.vault.database, tenant, _ROWS, own=tenant)
        faults: list[str] = []
        for person, epoch, wrapped, version, of, sealed, index_epoch, index in stored:
            if epoch != index_epoch:
                faults.append(f"person {person}: key under epoch {epoch}, index under {index_epoch}")
            try:
                keys = self.vault.keyring.tenant(tenant, epoch)
                key, _ = rewrap_batch(
                    [keys.wrap], keys.wrap, tenant, epoch, [(person, epoch, wrapped, version)], system_random
                )
                number = open_numbers(key, tenant, [(person, of, sealed)])[0]
            except (SealBrokenError, KeyGoneError) as error:
                faults.append(f"person {person}: {error.code}")
                continue
            if blind_index(self.vault.keyring.tenant(tenant, index_epoch).index, number) != index:
                faults.append(f"person {person}: the index does not find the number")
            if of == version:
                found[tenant, person] = number
        return faults

    async def events(self) -> list[str]:
        """What the installation's log says, oldest first: action and epoch."""
        return [f"{each.action.rpartition(':')[2]} {each.detail['epoch']}" for each in await self._entries()]

    async def last_entry(self) -> Entry:
        """The newest entry of the installation's log."""
        return (await self._entries())[-1]

    async def _entries(self) -> list[Entry]:
        sql = "SELECT entry FROM audit_leaf WHERE tenant_id = 0 ORDER BY leaf_index"
        return [Entry.from_bytes(row[0]) for row in await rows(self.vault.database, NO_TENANT, sql)]
