"""The sweep: everybody moves, nobody is unreadable meanwhile, and whoever gets in its way is not undone."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.support.epochs import OTHER, TENANT, Keep
from tests.support.numbers import synthetic_numbers
from tests.support.tamper import change, rows
from tokenizer.epochs.memory import known_epochs
from tokenizer.grant import Grant
from tokenizer.storage.database import Database, Work
from tokenizer.storage.fence import read_fence
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Conflict, Transaction
from tokenizer.vault import Revealed

T = TypeVar("T")
DELETE = {
    table: Statement(text(f"DELETE FROM {table} WHERE tenant_id = :own AND person_id = :person"))  # noqa: S608 - constants
    for table in ("person_key", "number")
}
SPARE = [number.encode() for number in synthetic_numbers(40, seed=99)]


def grant(persons: list[int], tenant: int = TENANT) -> Grant:
    return Grant(
        tenant=tenant,
        audience=3,
        persons=persons,
        purpose="TAX_GENSEN",
        use="use_1",
        reason="年末調整",
        human="tanaka",
        approver=None,
        client="payroll",
        rule="statutory-use",
        request=None,
        at=1,
    )


def disposing(person: int) -> Work[None]:
    """What ends a number: key and versions go together."""

    def work(tx: Transaction) -> None:
        for statement in DELETE.values():
            tx.run(statement, {"own": TENANT, "person": person})

    return work


async def test_everybody_of_every_tenant_moves_under_the_newest_epoch(keep: Keep) -> None:
    await keep.fill(25)
    await keep.fill(7, OTHER)
    await keep.roll()
    told = await keep.sweep(batch=10)
    assert (told.epoch, told.moved, told.broken, told.waiting, told.done) == (2, 32, 0, 0, True)
    assert await keep.epochs_of_rows() == {2: 32}
    await keep.assert_whole()


async def test_who_has_no_number_yet_moves_with_all_that_is_sealed_for_them(keep: Keep) -> None:
    await keep.fill(3)
    await keep.begin(4)
    await keep.begin(2, OTHER)
    await keep.roll()
    swept = await keep.sweep(batch=2)
    assert (swept.moved, swept.broken, swept.done) == (9, 0, True)
    assert await keep.epochs_of_rows() == {2: 9}
    await keep.assert_whole()


async def test_every_version_of_a_changed_number_moves(keep: Keep) -> None:
    first, second, _ = await keep.fill(3)
    await keep.change(first, SPARE[0])
    await keep.change(first, SPARE[1])
    await keep.change(second, SPARE[2])
    await keep.roll()
    assert (await keep.sweep(batch=2)).moved == 3
    await keep.assert_whole()
    found = await rows(keep.vault.database, TENANT, "SELECT DISTINCT epoch FROM number")
    assert found == [(2,)]


async def test_a_sweep_that_is_done_is_recorded_once_and_not_done_again(keep: Keep) -> None:
    await keep.fill(3)
    await keep.roll()
    assert (await keep.sweep()).moved == 3
    again = await keep.sweep()
    assert (again.moved, again.done) == (0, True)
    assert await keep.events() == ["epoch-create 1", "epoch-create 2", "epoch-sweep 2"]


async def test_a_sweep_of_nobody_is_done_at_once(keep: Keep) -> None:
    told = await keep.sweep()
    assert (told.epoch, told.moved, told.done) == (1, 0, True)


async def test_a_sweep_over_two_epochs_takes_everybody_along(keep: Keep) -> None:
    await keep.fill(5, seed=1)
    await keep.roll()
    await keep.fill(5, seed=2)
    await keep.roll()
    await keep.fill(5, seed=3)
    assert (await keep.sweep(batch=4)).moved == 10
    assert await keep.epochs_of_rows() == {3: 15}
    assert [each.swept_at > 0 for each in await known_epochs(keep.vault)] == [True, True, True]
    await keep.assert_whole()


async def test_steps_add_up_and_say_how_many_are_still_waiting(keep: Keep) -> None:
    await keep.fill(23)
    await keep.roll()
    waiting = []
    while not (told := await keep.sweep(batches=2, batch=5)).done:
        waiting.append(told.waiting)
        assert (await known_epochs(keep.vault))[-1].waiting == told.waiting
        await keep.assert_whole()
    assert waiting == [13, 3]
    assert (await known_epochs(keep.vault))[-1].waiting == 0


async def test_whoever_is_registered_during_a_sweep_is_under_the_new_epoch_already(keep: Keep) -> None:
    await keep.fill(10)
    await keep.roll()
    await keep.sweep(batches=1, batch=5)
    await keep.fill(5, seed=4)
    assert await keep.epochs_of_rows() == {1: 5, 2: 10}
    assert (await keep.sweep()).moved == 5
    await keep.assert_whole()


async def test_a_number_cannot_be_taken_twice_in_the_middle_of_a_sweep(keep: Keep) -> None:
    persons = await keep.fill(10)
    await keep.roll()
    await keep.sweep(batches=1, batch=5)
    for person in (persons[0], persons[9]):
        twin = keep.vault.seal(TENANT, [person + 1_000], [keep.held[TENANT, person]], 1)
        with pytest.raises(Conflict):
            await keep.vault.database.write(TENANT, lambda tx, sealed=twin: keep.vault.store(tx, sealed))
        with pytest.raises(Conflict):
            await keep.change(persons[5], keep.held[TENANT, person])
    await keep.assert_whole()


async def test_a_tenant_that_was_swept_takes_nothing_older_and_has_nothing_older(keep: Keep) -> None:
    await keep.roll()
    await keep.sweep()
    fence = await keep.vault.database.read(TENANT, lambda tx: read_fence(tx, TENANT))
    assert fence == (2, 2)


class Interrupted:
    """A database on which something happens between reading a batch and writing it."""

    def __init__(self, inner: Database, meanwhile: list[Work[object]]) -> None:
        self.backend = inner.backend
        self.meanwhile = meanwhile
        self._inner = inner

    async def write(self, tenant: int, work: Work[T]) -> T:
        if self.meanwhile and "_Sweeper._write" in getattr(work, "__qualname__", ""):
            await self._inner.write(tenant, self.meanwhile.pop())
        return await self._inner.write(tenant, work)

    async def read(self, tenant: int, work: Work[T]) -> T:
        return await self._inner.read(tenant, work)

    def pages(self, tenant: int) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._inner.pages(tenant)

    async def close(self) -> None:
        await self._inner.close()


async def test_a_number_changed_under_the_sweep_s_hands_stays_changed_and_moves_in_the_next_pass(
    keep: Keep,
) -> None:
    persons = await keep.fill(10)
    await keep.roll()
    other = Keep.on(keep.vault.database, keep.provider, keep.clock)
    between = Interrupted(
        keep.vault.database, [lambda tx: other.vault.change(tx, TENANT, persons[4], SPARE[0], 1)]
    )
    keep.vault.database = between
    keep.held[TENANT, persons[4]] = SPARE[0]
    told = await keep.sweep()
    assert (told.moved, told.done, between.meanwhile) == (10, True, [])
    await keep.assert_whole()


async def test_whoever_is_disposed_of_under_the_sweep_s_hands_does_not_come_back(keep: Keep) -> None:
    persons = await keep.fill(10)
    await keep.roll()
    gone = persons[4]
    between = Interrupted(keep.vault.database, [disposing(gone)])
    keep.vault.database = between
    del keep.held[TENANT, gone]
    told = await keep.sweep()
    assert (told.moved, told.broken, told.done, between.meanwhile) == (9, 0, True, [])
    await keep.assert_whole()
    left = await rows(keep.vault.database, TENANT, "SELECT * FROM number WHERE person_id = :gone", gone=gone)
    assert left == []


TAMPERED = {
    "a wrapped key of zeros": "UPDATE person_key SET wrapped = :zeros WHERE person_id = :person",
    "a short wrapped key": "UPDATE person_key SET wrapped = :short WHERE person_id = :person",
    "a sealed number of zeros": "UPDATE number SET sealed = :zeros WHERE person_id = :person",
    "an epoch that never was": "UPDATE person_key SET epoch = -3 WHERE person_id = :person",
}


@pytest.mark.parametrize("sql", TAMPERED.values(), ids=TAMPERED.keys())
async def test_a_row_that_does_not_open_stops_nobody_else(keep: Keep, sql: str) -> None:
    persons = await keep.fill(30)
    params = {"zeros": bytes(61), "short": b"\x01short", "person": persons[11]}
    used = {name: value for name, value in params.items() if f":{name}" in sql}
    await change(keep.vault.database, TENANT, sql, **used)
    await keep.roll()
    told = await keep.sweep()
    assert (told.moved, told.broken, told.waiting, told.done) == (29, 1, 1, False)
    assert "epoch-sweep 2" not in await keep.events()


async def test_numbers_are_released_at_every_moment_of_a_sweep(keep: Keep) -> None:
    persons = await keep.fill(120)
    await keep.roll()
    done = asyncio.Event()

    async def release() -> int:
        rounds = 0
        while not done.is_set():
            revealed = await keep.vault.reveal(grant(persons), lambda tx, tokens: None)
            assert isinstance(revealed, Revealed)
            assert revealed.numbers == [keep.held[TENANT, person] for person in persons]
            rounds += 1
        return rounds

    released = asyncio.create_task(release())
    await keep.sweep(batch=4)
    done.set()
    assert await released > 0
    await keep.assert_whole()


async def test_registering_changing_and_disposing_go_on_during_a_sweep(keep: Keep) -> None:
    persons = await keep.fill(200)
    await keep.roll()

    async def changes() -> None:
        for place, number in enumerate(SPARE[:20]):
            await keep.change(persons[place * 8], number)

    async def registrations() -> None:
        for seed in range(10, 20):
            await keep.fill(3, seed=seed)

    async def disposals() -> None:
        for person in persons[1:200:20]:
            await keep.vault.database.write(TENANT, disposing(person))
            keep.held.pop((TENANT, person))

    told, *_ = await asyncio.gather(keep.sweep(batch=9), changes(), registrations(), disposals())
    if not told.done:
        assert (await keep.sweep()).done
    await keep.assert_whole()
    assert set(await keep.epochs_of_rows()) == {2}


async def test_two_nodes_that_sweep_at_once_do_it_once(keep: Keep) -> None:
    await keep.fill(150)
    await keep.roll()
    node = Keep.on(keep.vault.database, keep.provider, keep.clock)
    told = await asyncio.gather(keep.sweep(batch=10), node.sweep(batch=10))
    assert sum(each.moved for each in told) == 150
    assert (await keep.sweep()).done
    assert (await keep.events()).count("epoch-sweep 2") == 1
    await keep.assert_whole()


async def test_a_tenant_whose_log_is_gone_stops_nobody_else_and_is_told(keep: Keep) -> None:
    await keep.fill(5)
    await keep.fill(5, OTHER)
    await keep.roll()
    await change(keep.vault.database, TENANT, "DELETE FROM audit_head WHERE tenant_id = :own", own=TENANT)
    with pytest.raises(LookupError):
        await keep.sweep()
    assert await keep.epochs_of_rows() == {1: 5, 2: 5}
    assert "epoch-sweep 2" not in await keep.events()


async def test_rows_that_do_not_open_are_counted_over_all_tenants_and_once(keep: Keep) -> None:
    for tenant in (TENANT, OTHER):
        first, *_ = await keep.fill(7, tenant, tenant)
        await change(
            keep.vault.database,
            tenant,
            "UPDATE person_key SET wrapped = :zeros WHERE person_id = :person",
            zeros=bytes(61),
            person=first,
        )
    await keep.roll()
    told = await keep.sweep(batch=3)
    assert (told.moved, told.broken, told.waiting, told.done) == (12, 2, 2, False)
    again = await keep.sweep(batch=3)
    assert (again.moved, again.broken, again.waiting) == (0, 2, 2)
