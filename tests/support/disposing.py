"""A node that carries disposals out while it sweeps, to be killed; and one that does it wrongly, to be caught."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from api.bootstrap import House, open_house
from api.jobs import tenants_of
from api.settings import Settings
from custody.disposal.execute import Means, execute
from custody.disposal.run import RunState, runs_in_state
from custody.log_check import check_log
from custody.undone import refuse_undone
from custody.witness import refuse_rollback, witness
from tests.support.clock import FakeClock
from tests.support.disposal import Ending
from tests.support.kills import GAP, Ready
from tests.support.loot import Attacker, loot_of_database
from tests.support.sabotage import DELETIONS
from tests.support.sweeping import _Half
from tests.support.tamper import rows
from tests.support.vaults import CHEAP
from tokenizer.audit.action import Action
from tokenizer.audit.entry import Entry
from tokenizer.epochs.roll import roll
from tokenizer.epochs.sweep import sweep
from tokenizer.providers.file import FileKeyProvider
from tokenizer.storage.database import Database, Work
from tokenizer.storage.statement import Params, Statement
from tokenizer.storage.transaction import Transaction

T = TypeVar("T")
BATCH: Final = 3
"""Small, so that there are many moments between two commits."""
PEOPLE: Final = 12
"""In each run."""
LATER_MS: Final = 5 * 86_400_000
"""The node's clock is ahead of the one by which runs are decided, so that the day of each has come."""

_PEOPLE: Final = (
    "SELECT p.person_id, p.external_id, p.number_state, "
    "(SELECT count(*) FROM person_key k WHERE k.tenant_id = :own AND k.person_id = p.person_id), "
    "(SELECT count(*) FROM number n WHERE n.tenant_id = :own AND n.person_id = p.person_id), "
    "(SELECT count(*) FROM token t WHERE t.tenant_id = :own AND t.person_id = p.person_id), "
    "i.state, i.leaf_index FROM person p LEFT JOIN disposal_item i "
    "ON i.tenant_id = p.tenant_id AND i.person_id = p.person_id WHERE p.tenant_id = :own"
)
_RUNS: Final = (
    "SELECT r.disposed, (SELECT count(*) FROM disposal_item i WHERE i.tenant_id = :own AND i.run_id = r.run_id "
    "AND i.state = 'disposed') FROM disposal_run r WHERE r.tenant_id = :own"
)
_LEAVES: Final = (
    "SELECT leaf_index, person_id, entry FROM audit_leaf "
    "WHERE tenant_id = :own AND leaf_index >= :first ORDER BY leaf_index"
)


def dispose(ready: Ready, settings: Settings, now: int) -> None:
    """Carry out what is approved, and sweep meanwhile."""
    asyncio.run(_dispose(ready, settings, now, wrongly=False))


def dispose_wrongly(ready: Ready, settings: Settings, now: int) -> None:
    """The same, but what became of a person is committed before their rows are deleted."""
    asyncio.run(_dispose(ready, settings, now, wrongly=True))


async def _dispose(ready: Ready, settings: Settings, now: int, *, wrongly: bool) -> None:
    house = await open_house(settings, FileKeyProvider.open(settings.keys), FakeClock(now), passwords=CHEAP)
    if wrongly:
        vault = house.custodian.vault
        vault.database = Apart(house.database)
    ready()
    await asyncio.gather(sweep_all(house, now), carry_out(house))
    await asyncio.Event().wait()


async def sweep_all(house: House, now: int) -> None:
    """Everybody moves under the newest epoch, a few at a time."""
    while not (await sweep(house.custodian.vault, tenants_of(house), now, batch=BATCH)).done:
        pass


async def carry_out(house: House) -> None:
    """Every approved run of every tenant."""

    async def nothing() -> None:
        """No residue is removed: that is another test's."""

    custodian = house.custodian
    means = Means(house.clock, lambda: house.provider.epochs()[-1], nothing)
    for tenant in await tenants_of(house)():
        runs = await house.database.read(
            tenant, lambda tx, own=tenant: runs_in_state(tx, custodian.authority, own, RunState.APPROVED)
        )
        for run in runs:
            await execute(custodian, means, tenant, run.id, BATCH)


@dataclass
class Watch:
    """Decides on runs, and looks at what is left of them after each kill."""

    ending: Ending
    numbers: dict[str, bytes] = field(default_factory=dict)
    leaves: dict[int, list[int]] = field(default_factory=dict)
    seeds: int = 0
    read_to: int = 0

    @property
    def house(self) -> House:
        return self.ending.world.house

    @property
    def tenant(self) -> int:
        return self.ending.world.tenant.id

    async def approve(self) -> None:
        """One more run, with half of the persons who come in staying."""
        self.seeds += 1
        people = await self.ending.people(PEOPLE + 4, self.seeds)
        self.numbers |= {
            external_id: number.encode()
            for external_id, number in zip(people.external_ids, people.numbers, strict=True)
        }
        await self.ending.decide(await self.ending.instruct(people.external_ids[:PEOPLE]))

    async def roll(self) -> None:
        """A new epoch: whoever lives has to move again."""
        await roll(self.house.custodian.vault, self.house.provider, self.ending.world.clock())

    async def listed(self) -> int:
        """How many persons are still to be disposed of."""
        found = await rows(self.house.database, self.tenant, _PEOPLE, own=self.tenant)
        return sum(row[6] == "listed" for row in found)

    async def assert_whole(self) -> None:
        """Nobody is half-destroyed, and tables, log and ledger agree."""
        found = await rows(self.house.database, self.tenant, _PEOPLE, own=self.tenant)
        leaves, ledger = await self._leaves(), self._ledger()
        living: set[bytes] = set()
        for person, external_id, state, keys, numbers, tokens, item, leaf_index in found:
            there = (keys, numbers, tokens)
            if state == "held":
                living.add(self.numbers[external_id])
                assert there == (1, 1, 1), f"person {person} is held, with {there}"
                assert item in {None, "listed"}, f"person {person} is held and {item}"
                assert person not in leaves, f"person {person} is held, and the log says disposed"
                assert item == "listed" or person not in ledger, f"person {person} is in the ledger"
            else:
                assert (state, item) == ("disposed", "disposed"), f"person {person}: {state}, {item}"
                assert there == (0, 0, 0), f"person {person} is disposed of, with {there}"
                assert leaves.get(person) == [leaf_index], f"person {person}: {leaves.get(person)}"
                assert person in ledger, f"person {person} is disposed of and not in the ledger"
        assert await self._readable() == (living, living)
        for counted, disposed in await rows(self.house.database, self.tenant, _RUNS, own=self.tenant):
            assert counted == disposed
        await refuse_rollback(self.house.custodian)
        await refuse_undone(self.house.custodian)
        await witness(self.house.custodian, self.ending.world.clock())

    async def settle(self) -> None:
        """The next process completes everything."""
        house = replace(self.house, clock=FakeClock(self.ending.world.clock() + LATER_MS))
        await asyncio.gather(sweep_all(house, house.clock()), carry_out(house))
        await self.assert_whole()
        assert await self.listed() == 0
        checked = await check_log(self.house.custodian, self.tenant)
        assert checked.fault == ""

    async def _readable(self) -> tuple[set[bytes], set[bytes]]:
        """Numbers that open, and numbers that their index finds."""
        attacker = Attacker(self.numbers.values())
        loot = await loot_of_database(self.house.database, [self.tenant])
        keyring = self.house.custodian.vault.keyring
        epochs = {epoch for _, _, epoch, _ in loot.wrapped}
        opened = [attacker.unwrap(loot, keyring, epoch) for epoch in epochs]
        guessed = [attacker.guess(loot, keyring, epoch) for epoch in epochs]
        return set().union(*opened), set().union(*guessed)

    async def _leaves(self) -> dict[int, list[int]]:
        """By person where the log says that they were disposed of."""
        found = await rows(self.house.database, self.tenant, _LEAVES, own=self.tenant, first=self.read_to)
        for leaf_index, person, entry in found:
            self.read_to = leaf_index + 1
            if person is not None and Entry.from_bytes(entry).action == Action.NUMBER_DISPOSE:
                self.leaves.setdefault(person, []).append(leaf_index)
        return self.leaves

    def _ledger(self) -> set[int]:
        return {person for each in self.house.custodian.ledger.disposals() for person in each.persons}


class Apart:
    """A database that commits a batch first, and the deletions of it a moment after that."""

    def __init__(self, inner: Database) -> None:
        self.backend = inner.backend
        self._inner = inner

    async def write(self, tenant: int, work: Work[T]) -> T:
        later: list[tuple[Statement, Params]] = []
        done = await self._inner.write(tenant, lambda tx: work(_Later(tx, later)))
        if later:
            await asyncio.sleep(GAP)
            await self._inner.write(tenant, lambda tx: [tx.run(*each) for each in later])
        return done

    async def read(self, tenant: int, work: Work[T]) -> T:
        return await self._inner.read(tenant, work)

    def pages(self, tenant: int) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._inner.pages(tenant)

    async def close(self) -> None:
        await self._inner.close()


class _Later(_Half):
    def __init__(self, tx: Transaction, later: list[tuple[Statement, Params]]) -> None:
        super().__init__(tx, [])
        self._later: Any = later

    def run(self, statement: Statement, params: Params) -> int:
        if statement not in DELETIONS:
            return self.tx.run(statement, params)
        self._later.append((statement, params))
        return 0
