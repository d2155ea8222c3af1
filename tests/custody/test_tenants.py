"""Tenants: opened by the operator, each with a log of its own, settings changed by administrators."""

import asyncio
from dataclasses import replace

import pytest

from custody.tenants import (
    Settings,
    Tenant,
    change_settings,
    create_tenant,
    has_tenant,
    list_tenants,
    read_tenant,
)
from policies.actor import Role
from policies.quotas import Quotas
from tests.support.outcomes import record_of, rule_of
from tests.support.world import OPERATOR, World
from tokenizer.audit.action import Action
from tokenizer.storage.database import NO_TENANT

TIGHT = Settings(10, Quotas(client=1, human=2, purpose=3))


async def read(world: World) -> Tenant:
    tenant, authority = world.tenant.id, world.custodian.authority
    return await world.house.database.read(tenant, lambda tx: read_tenant(tx, authority, tenant))


async def test_a_tenant_s_log_begins_with_its_opening(world: World) -> None:
    (first,) = await record_of(world)
    assert (first.action, first.human, dict(first.detail)) == (
        Action.TENANT_CREATE,
        "operator",
        {"sandbox": "false"},
    )
    assert await read(world) == world.tenant


async def test_tenants_have_ids_that_cannot_be_guessed(world: World) -> None:
    others = [await World.open(world.house, world.clock, f"会社{row}") for row in range(5)]
    ids = {world.tenant.id, *(other.tenant.id for other in others)}
    assert len(ids) == 6
    assert all(0 < identity < 2**48 for identity in ids)
    assert max(ids) - min(ids) > 2**32


@pytest.mark.parametrize(
    "name", ["", " ", "x" * 101, "会社\n", "a\x00", "\ud800", "会社 123456789018", "1234-5678-9018"]
)
async def test_a_name_that_cannot_be_one_is_refused(world: World, name: str) -> None:
    refused = await create_tenant(world.custodian, OPERATOR, name, Settings(), world.clock(), sandbox=False)
    assert rule_of(refused) == "tenant-invalid"


async def test_the_operator_lists_all_tenants_oldest_first(world: World) -> None:
    world.clock.advance(seconds=1)
    second = await World.open(world.house, world.clock, "別の会社", sandbox=True)
    listed = await world.house.database.read(
        NO_TENANT, lambda tx: list_tenants(tx, world.custodian.authority)
    )
    assert listed == [world.tenant, second.tenant]
    assert [tenant.sandbox for tenant in listed] == [False, True]


async def test_an_administrator_changes_settings_and_the_record_says_to_what(world: World) -> None:
    actor = (await world.human("sato", Role.ADMINISTRATOR)).actor
    changed = await change_settings(world.custodian, actor, TIGHT, world.clock())
    assert changed == replace(world.tenant, settings=TIGHT) == await read(world)
    last = (await record_of(world))[-1]
    assert (last.action, last.human) == (Action.TENANT_POLICY_CHANGE, "sato")
    assert dict(last.detail) == {
        "approval_over": "10",
        "quota_client": "1",
        "quota_human": "2",
        "quota_purpose": "3",
    }


@pytest.mark.parametrize("role", [Role.HANDLER, Role.APPROVER, Role.AUDITOR])
async def test_others_change_nothing(world: World, role: Role) -> None:
    for actor in ((await world.human("sato", role)).actor, await world.client()):
        assert (
            rule_of(await change_settings(world.custodian, actor, TIGHT, world.clock())) == "no-rule-permits"
        )
    assert (await read(world)).settings == Settings()


async def test_changes_at_once_leave_a_row_that_passes_its_check(world: World) -> None:
    many = [Settings(row, Quotas(client=row, human=row, purpose=row)) for row in range(8)]
    await asyncio.gather(
        *(change_settings(world.custodian, world.operator, one, world.clock()) for one in many)
    )
    assert (await read(world)).settings in many


async def test_a_tenant_that_is_none_is_not_there(world: World) -> None:
    database = world.house.database
    assert await database.read(world.tenant.id, lambda tx: has_tenant(tx, world.tenant.id))
    assert not await database.read(5, lambda tx: has_tenant(tx, 5))
    with pytest.raises(LookupError):
        await database.read(5, lambda tx: read_tenant(tx, world.custodian.authority, 5))


async def test_the_settings_of_one_tenant_do_not_touch_another(world: World) -> None:
    other = await World.open(world.house, world.clock, "別の会社")
    await change_settings(world.custodian, world.operator, TIGHT, world.clock())
    assert (await read(other)).settings == Settings()
