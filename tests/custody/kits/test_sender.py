"""Who sends kits: an administrator's act with a code of late, on record, and never with a number in it."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from custody.kits.facts import Contact, PostalAddress
from custody.kits.sender import KitSender, change_sender, read_sender, show_sender
from policies.actor import Actor, Role
from policies.refusals import Denied
from tests.support.kitting import SENDER
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import record_of
from tests.support.world import World
from tokenizer.audit.action import Action
from tokenizer.errors import SealBrokenError
from tokenizer.storage.statement import Statement

NUMBER = synthetic_numbers(1, seed=55)[0]


async def administrator(world: World) -> Actor:
    human = await world.human("sato", Role.ADMINISTRATOR)
    return human.actor._replace(proven_at=world.clock())


async def change(world: World, actor: Actor, **changes: Any) -> KitSender | Denied:
    return await change_sender(world.custodian, actor, replace(SENDER, **changes), world.clock())


async def test_a_sender_is_written_replaced_and_shown(world: World) -> None:
    actor = await administrator(world)
    assert await show_sender(world.custodian, actor, world.clock()) is None
    await change(world, actor)
    done = await change(world, actor, return_to=PostalAddress("１３５００６１", "東京都江東区"))
    assert isinstance(done, KitSender), done
    assert done.return_to == PostalAddress("135-0061", "東京都江東区")
    assert await show_sender(world.custodian, actor, world.clock()) == done
    told = [each for each in await record_of(world) if each.action is Action.KIT_SENDER_CHANGE]
    assert [each.detail["return_to"] for each in told] == ["135-0061"] * 2


async def test_without_a_code_of_late_nobody_sends_papers_elsewhere(world: World) -> None:
    actor = await administrator(world)
    world.clock.advance(minutes=11)
    refused = await change(world, actor)
    assert isinstance(refused, Denied)
    assert refused.rule == "recent-proof-needed"
    handler = (await world.human("tanaka", Role.HANDLER)).actor
    refused = await change(world, handler)
    assert isinstance(refused, Denied)
    assert refused.rule == "no-rule-permits"


@pytest.mark.parametrize(
    "changes",
    [
        {"company": ""},
        {"company": "社" * 61},
        {"return_name": f"受付 {NUMBER}"},
        {"return_to": PostalAddress("135", "東京都")},
        {"return_to": PostalAddress("135-0061", "東京都\x07")},
        {"contact": Contact("")},
        {"contact": Contact("受付", NUMBER)},
    ],
)
async def test_what_cannot_be_printed_is_refused_and_not_repeated(world: World, changes: Any) -> None:
    refused = await change(world, await administrator(world), **changes)
    assert isinstance(refused, Denied)
    assert refused.rule == "kit-sender-invalid"
    assert NUMBER not in refused.message_ja + refused.message_en
    assert NUMBER.encode() not in b"".join(each.to_bytes() for each in await record_of(world))


async def test_a_sender_that_was_altered_in_the_database_is_not_believed(world: World) -> None:
    await change(world, await administrator(world))
    tenant, database = world.tenant.id, world.house.database
    elsewhere = Statement(text("UPDATE kit_sender SET address = '横浜市' WHERE tenant_id = :tenant"))
    await database.write(tenant, lambda tx: tx.run(elsewhere, {"tenant": tenant}))
    with pytest.raises(SealBrokenError):
        await database.read(tenant, lambda tx: read_sender(tx, world.custodian.authority, tenant))
