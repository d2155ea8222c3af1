"""Persons whom the ledger knows as disposed of: whoever brings one back is found out."""

from dataclasses import replace

import pytest

from custody.certificates.facts import Kind
from custody.disposal.item import Item, ItemState, insert_items
from custody.disposal.run import Run, RunState, insert_run
from custody.undone import refuse_undone, undone
from tests.support.tamper import change, rows
from tests.support.world import World
from tokenizer.audit.action import Action, Outcome
from tokenizer.audit.entry import Entry
from tokenizer.audit.tree import leaf_hash
from tokenizer.errors import RollbackError
from tokenizer.storage.transaction import Transaction

RUN = 41


async def persons(world: World) -> list[int]:
    found = await rows(
        world.house.database, world.tenant.id, "SELECT person_id FROM person_key ORDER BY person_id"
    )
    return [row[0] for row in found]


async def in_ledger(world: World, gone: list[int]) -> None:
    """Record persons as disposed of, a moment after whatever happened before."""
    world.custodian.ledger.record_disposals(world.tenant.id, RUN, gone, world.clock.advance(seconds=1))


async def proposed(
    world: World, listed: list[int], state: RunState, item: ItemState = ItemState.LISTED
) -> None:
    run = Run(world.tenant.id, RUN, Kind.DUE, state, "", "2026-11-01", "", 1)

    def work(tx: Transaction) -> None:
        insert_run(tx, world.custodian.authority, run)
        insert_items(tx, run, [replace(Item(person, "", "[]"), state=item) for person in listed])

    await world.house.database.write(world.tenant.id, work)


async def test_nobody_is_missed_who_has_no_number(world: World) -> None:
    await world.register(await world.client(), 3)
    first, *_ = await persons(world)
    database, tenant = world.house.database, world.tenant.id
    await change(database, tenant, "DELETE FROM number WHERE person_id = :p", p=first)
    await change(database, tenant, "DELETE FROM person_key WHERE person_id = :p", p=first)
    await in_ledger(world, [first])
    await refuse_undone(world.custodian)


async def test_persons_who_have_a_number_again_are_counted_and_refused(world: World) -> None:
    await world.register(await world.client(), 3)
    everybody = await persons(world)
    await in_ledger(world, everybody[:2])
    assert [list(batch.persons) async for batch in undone(world.custodian)] == [everybody[:2]]
    with pytest.raises(RollbackError, match="2 persons") as caught:
        await refuse_undone(world.custodian)
    assert "warifu restore" in caught.value.message_ja


async def test_persons_of_another_tenant_are_nobody_s_business(world: World) -> None:
    other = await World.open(world.house, world.clock, "株式会社べつ")
    await world.register(await world.client(), 2)
    world.custodian.ledger.record_disposals(other.tenant.id, RUN, await persons(world), world.clock())
    await refuse_undone(world.custodian)


# --- collected anew


async def test_a_number_registered_after_the_disposal_is_another_one(world: World) -> None:
    client = await world.client()
    at = world.clock()
    world.clock.advance(days=1)
    await world.register(client, 2)
    world.custodian.ledger.record_disposals(world.tenant.id, RUN, await persons(world), at)
    await refuse_undone(world.custodian)


async def test_a_later_date_on_the_number_s_row_helps_nobody(world: World) -> None:
    await world.register(await world.client(), 1)
    await in_ledger(world, await persons(world))
    later = world.clock.advance(days=9)
    await change(world.house.database, world.tenant.id, "UPDATE number SET created_at = :at", at=later)
    with pytest.raises(RollbackError):
        await refuse_undone(world.custodian)


@pytest.mark.parametrize("place", ["beyond the head", "over another entry"])
async def test_an_entry_that_nobody_signed_helps_nobody(world: World, place: str) -> None:
    await world.register(await world.client(), 1)
    (person,) = await persons(world)
    await in_ledger(world, [person])
    entry = Entry(
        at=world.clock.advance(days=9),
        action=Action.NUMBER_REGISTER,
        outcome=Outcome.ALLOWED,
        human="handler",
        person=person,
    ).to_bytes()
    forged = {"t": world.tenant.id, "p": person, "h": leaf_hash(entry), "e": entry}
    if place == "beyond the head":
        sql = "INSERT INTO audit_leaf (tenant_id, leaf_index, person_id, hash, entry) VALUES (:t, 999, :p, :h, :e)"
    else:
        sql = "UPDATE audit_leaf SET person_id = :p, hash = :h, entry = :e WHERE tenant_id = :t AND leaf_index = 1"
    await change(world.house.database, world.tenant.id, sql, **forged)
    with pytest.raises(RollbackError):
        await refuse_undone(world.custodian)


# --- batches that were cut short


async def test_a_batch_whose_commit_was_cut_short_stops_nobody(world: World) -> None:
    await world.register(await world.client(), 2)
    everybody = await persons(world)
    await proposed(world, everybody, RunState.APPROVED)
    await in_ledger(world, everybody)
    await refuse_undone(world.custodian)


@pytest.mark.parametrize("state", [state for state in RunState if state is not RunState.APPROVED])
async def test_a_run_that_disposes_of_nobody_is_no_excuse(world: World, state: RunState) -> None:
    await world.register(await world.client(), 1)
    await proposed(world, await persons(world), state)
    await in_ledger(world, await persons(world))
    with pytest.raises(RollbackError):
        await refuse_undone(world.custodian)


@pytest.mark.parametrize("item", [state for state in ItemState if state is not ItemState.LISTED])
async def test_a_person_whom_the_run_does_not_list_is_no_excuse(world: World, item: ItemState) -> None:
    await world.register(await world.client(), 1)
    await proposed(world, await persons(world), RunState.APPROVED, item)
    await in_ledger(world, await persons(world))
    with pytest.raises(RollbackError):
        await refuse_undone(world.custodian)


async def test_a_person_who_was_spared_after_all_is_retracted_and_stops_nobody(world: World) -> None:
    await world.register(await world.client(), 1)
    everybody = await persons(world)
    await in_ledger(world, everybody)
    world.custodian.ledger.retract_disposals(world.tenant.id, RUN, everybody, world.clock.advance(seconds=1))
    await refuse_undone(world.custodian)
