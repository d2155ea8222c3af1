"""The witness: an older or altered database is told from the one that was seen last."""

from dataclasses import dataclass
from typing import Any

import pytest

from custody.witness import heads, refuse_rollback, witness
from tests.support.tamper import change, rows
from tests.support.world import World
from tokenizer.errors import RollbackError
from tokenizer.ledger import Witnessed


@dataclass
class Copy:
    """A tenant's log as it was: what an older copy of the database would hold of it."""

    world: World
    head: tuple[Any, ...]

    @classmethod
    async def take(cls, world: World) -> "Copy":
        (head,) = await rows(
            world.house.database,
            world.tenant.id,
            "SELECT size, frontier, checkpoint FROM audit_head WHERE tenant_id = :t",
            t=world.tenant.id,
        )
        return cls(world, head)

    async def put_back(self) -> None:
        database, tenant = self.world.house.database, self.world.tenant.id
        size, frontier, checkpoint = self.head
        await change(
            database,
            tenant,
            "UPDATE audit_head SET size = :size, frontier = :frontier, checkpoint = :checkpoint WHERE tenant_id = :t",
            size=size,
            frontier=frontier,
            checkpoint=checkpoint,
            t=tenant,
        )
        await change(
            database,
            tenant,
            "DELETE FROM audit_leaf WHERE tenant_id = :t AND leaf_index >= :size",
            t=tenant,
            size=size,
        )


async def seen(world: World) -> dict[int, Witnessed]:
    await witness(world.custodian, world.clock())
    return world.custodian.ledger.witnessed()


# --- logs


async def test_the_ledger_learns_how_far_every_log_has_come(world: World) -> None:
    other = await World.open(world.house, world.clock, "株式会社べつ")
    await world.client()
    known = await seen(world)
    assert known == await heads(world.custodian)
    assert {world.tenant.id, other.tenant.id} <= known.keys()
    assert known[world.tenant.id].size == 2


async def test_a_log_that_goes_on_is_let_through_and_followed(world: World) -> None:
    for turn in range(4):
        before = (await seen(world))[world.tenant.id]
        await world.register(await world.client(f"client-{turn}"), 300, seed=turn)
        await refuse_rollback(world.custodian)
        after = (await seen(world))[world.tenant.id]
        assert after.size > before.size
        await refuse_rollback(world.custodian)


async def test_a_log_that_went_back_is_refused_and_not_written_down(world: World) -> None:
    copy = await Copy.take(world)
    await world.client()
    known = await seen(world)
    await copy.put_back()
    with pytest.raises(RollbackError, match=str(world.tenant.id)):
        await refuse_rollback(world.custodian)
    with pytest.raises(RollbackError):
        await witness(world.custodian, world.clock())
    assert world.custodian.ledger.witnessed() == known


async def test_a_log_that_went_back_and_then_on_another_way_is_refused(world: World) -> None:
    copy = await Copy.take(world)
    await world.client("payroll")
    await seen(world)
    await copy.put_back()
    for name in ("others", "more", "again"):
        await world.client(name)
    with pytest.raises(RollbackError):
        await refuse_rollback(world.custodian)
    with pytest.raises(RollbackError):
        await witness(world.custodian, world.clock())


async def test_a_log_that_is_gone_is_refused(world: World) -> None:
    await seen(world)
    await change(
        world.house.database,
        world.tenant.id,
        "DELETE FROM audit_head WHERE tenant_id = :t",
        t=world.tenant.id,
    )
    with pytest.raises(RollbackError):
        await refuse_rollback(world.custodian)


@pytest.mark.parametrize(
    "column", ["checkpoint = 'x'", "size = size + 1", "checkpoint = replace(checkpoint, '2', '3')"]
)
async def test_a_head_that_was_altered_is_refused(world: World, column: str) -> None:
    await world.client()
    await seen(world)
    await change(
        world.house.database,
        world.tenant.id,
        f"UPDATE audit_head SET {column} WHERE tenant_id = :t",  # noqa: S608 - constants
        t=world.tenant.id,
    )
    with pytest.raises(RollbackError):
        await refuse_rollback(world.custodian)


async def test_leaves_that_were_taken_out_are_noticed_when_the_log_goes_on(world: World) -> None:
    await world.register(await world.client(), 5)
    await seen(world)
    await world.client("another")
    await change(
        world.house.database,
        world.tenant.id,
        "DELETE FROM audit_leaf WHERE tenant_id = :t AND leaf_index = 0",
        t=world.tenant.id,
    )
    with pytest.raises(RollbackError):
        await refuse_rollback(world.custodian)


async def test_a_rollback_that_was_accepted_is_followed_from_there(world: World) -> None:
    copy = await Copy.take(world)
    await world.client()
    await seen(world)
    await copy.put_back()
    head = (await heads(world.custodian))[world.tenant.id]
    world.custodian.ledger.accept_rollback(world.tenant.id, head, world.clock())
    await refuse_rollback(world.custodian)
    await world.client("others")
    assert (await seen(world))[world.tenant.id].size == head.size + 1


async def test_many_logs_astray_are_counted_and_a_few_named(world: World) -> None:
    worlds = [await World.open(world.house, world.clock, f"株式会社{number}") for number in range(7)]
    copies = [await Copy.take(one) for one in worlds]
    for one in worlds:
        await one.client()
    await seen(world)
    for copy in copies:
        await copy.put_back()
    with pytest.raises(RollbackError, match="7 in all"):
        await refuse_rollback(world.custodian)
