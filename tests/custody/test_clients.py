"""Clients: machine credentials with purposes of their own, two keys at most, dead when revoked."""

import asyncio

import pytest

from custody.clients import (
    Client,
    NewKey,
    change_client,
    client_actor,
    client_of_key,
    create_client,
    list_clients,
    revoke_client,
    rotate_key,
)
from policies.actor import Actor, Role
from policies.refusals import Denied
from tests.support.outcomes import record_of, rule_of
from tests.support.tamper import rows
from tests.support.world import PURPOSES, World
from tokenizer.audit.action import Action, Outcome
from tokenizer.token import Kind, mint_secret

BAD_NAMES = [
    "",
    "Payroll",
    "1payroll",
    "payroll-",
    "pay roll",
    "給与",
    "a" * 65,
    "a123456789018",
    "a\x00",
    "\ud800",
]


async def create(
    world: World, name: str = "payroll", purposes: frozenset[str] = PURPOSES, actor: Actor | None = None
) -> NewKey | Denied:
    return await create_client(world.custodian, actor or world.operator, name, purposes, world.clock())


async def made(world: World, name: str = "payroll") -> NewKey:
    done = await create(world, name)
    assert isinstance(done, NewKey), done
    return done


async def rotate(world: World, name: str = "payroll") -> NewKey | Denied:
    world.clock.advance(seconds=1)
    return await rotate_key(world.custodian, world.operator, name, world.clock())


async def of_key(world: World, key: str, tenant: int | None = None) -> Client | None:
    where = world.tenant.id if tenant is None else tenant
    read = world.house.database.read
    return await read(where, lambda tx: client_of_key(tx, world.custodian.authority, where, key))


async def listed(world: World) -> list[Client]:
    tenant, authority = world.tenant.id, world.custodian.authority
    return await world.house.database.read(tenant, lambda tx: list_clients(tx, authority, tenant))


async def test_a_new_client_is_known_by_its_key_alone(world: World) -> None:
    new = await made(world)
    client = await of_key(world, new.key)
    assert client == new.client
    actor = client_actor(new.client, sandbox=False, request="r1")
    assert (actor.name, actor.purposes, actor.audience) == ("payroll", PURPOSES, new.client.id)
    last = (await record_of(world))[-1]
    assert (last.action, last.detail["client"]) == (Action.CLIENT_CREATE, "payroll")


async def test_a_key_is_neither_stored_nor_printed(world: World) -> None:
    new = await made(world)
    stored = repr(await rows(world.house.database, world.tenant.id, "SELECT * FROM client_key"))
    stored += repr(await rows(world.house.database, world.tenant.id, "SELECT entry FROM audit_leaf"))
    assert new.key not in stored + repr(new) + str(new)


async def test_keys_that_were_never_given_out_are_nobody_s(world: World) -> None:
    new = await made(world)
    for key in (
        "",
        "wfk_",
        new.key + "x",
        new.key[:-1],
        mint_secret(Kind.CLIENT_KEY, world.tenant.id, bytes_of_seven),
    ):
        assert await of_key(world, key) is None


def bytes_of_seven(count: int) -> bytes:
    return b"\x07" * count


async def test_a_key_counts_in_its_own_tenant_only(world: World) -> None:
    new = await made(world)
    elsewhere = await World.open(world.house, world.clock, "別の会社")
    assert await of_key(elsewhere, new.key) is None


@pytest.mark.parametrize("name", BAD_NAMES)
async def test_a_name_that_cannot_be_one_is_refused(world: World, name: str) -> None:
    now, custodian, operator = world.clock(), world.custodian, world.operator
    assert rule_of(await create(world, name)) == "name-invalid"
    assert rule_of(await rotate(world, name)) == "name-invalid"
    assert rule_of(await change_client(custodian, operator, name, PURPOSES, now)) == "name-invalid"
    assert rule_of(await revoke_client(custodian, operator, name, now)) == "name-invalid"


@pytest.mark.parametrize(
    ("code", "rule"), [("NO_SUCH", "purpose-unknown"), ("RO_NENKIN", "purpose-refused-by-law")]
)
async def test_a_purpose_that_nobody_may_use_is_given_to_no_client(
    world: World, code: str, rule: str
) -> None:
    assert rule_of(await create(world, purposes=PURPOSES | {code})) == rule
    await made(world)
    denied = await change_client(world.custodian, world.operator, "payroll", PURPOSES | {code}, world.clock())
    assert rule_of(denied) == rule


async def test_a_client_may_have_no_purpose_at_all(world: World) -> None:
    done = await create(world, purposes=frozenset())
    assert isinstance(done, NewKey)
    assert (await record_of(world))[-1].detail["purposes"] == "none"


async def test_a_name_is_taken_once_in_a_tenant(world: World) -> None:
    outcomes = await asyncio.gather(*(create(world) for _ in range(4)))
    assert [isinstance(outcome, NewKey) for outcome in outcomes].count(True) == 1
    assert {rule_of(outcome) for outcome in outcomes if isinstance(outcome, Denied)} == {"name-taken"}
    elsewhere = await World.open(world.house, world.clock, "別の会社")
    assert isinstance(await create(elsewhere), NewKey)


async def test_two_keys_live_at_once_and_the_oldest_ends_with_the_third(world: World) -> None:
    keys = [(await made(world)).key]
    for alive in ([True, True], [False, True, True], [False, False, True, True]):
        new = await rotate(world)
        assert isinstance(new, NewKey)
        keys.append(new.key)
        assert [await of_key(world, key) is not None for key in keys] == alive


async def test_changed_purposes_hold_for_every_key_at_once(world: World) -> None:
    new = await made(world)
    await change_client(world.custodian, world.operator, "payroll", frozenset({"TAX_FUYO"}), world.clock())
    client = await of_key(world, new.key)
    assert client is not None
    assert client.purposes == {"TAX_FUYO"}


async def test_a_revoked_client_is_dead_at_once_and_for_good(world: World) -> None:
    new, operator, custodian = await made(world), world.operator, world.custodian
    second = await rotate(world)
    assert isinstance(second, NewKey)
    assert isinstance(await revoke_client(custodian, operator, "payroll", world.clock()), Client)
    assert [await of_key(world, key) for key in (new.key, second.key)] == [None, None]
    assert rule_of(await rotate(world)) == "unknown-id"
    assert (
        rule_of(await change_client(custodian, operator, "payroll", PURPOSES, world.clock())) == "unknown-id"
    )
    assert rule_of(await revoke_client(custodian, operator, "payroll", world.clock())) == "unknown-id"
    assert rule_of(await create(world)) == "name-taken"


async def test_nothing_brings_a_client_back_that_was_revoked_at_the_same_time(world: World) -> None:
    names = [f"client{row}" for row in range(6)]
    keys = [(await made(world, name)).key for name in names]
    now, operator, custodian = world.clock(), world.operator, world.custodian
    steps = [
        step
        for name in names
        for step in (
            revoke_client(custodian, operator, name, now),
            change_client(custodian, operator, name, frozenset(), now),
            rotate_key(custodian, operator, name, now),
        )
    ]
    outcomes = await asyncio.gather(*steps)
    keys += [outcome.key for outcome in outcomes if isinstance(outcome, NewKey)]
    assert all(client.revoked_at for client in await listed(world))
    assert [await of_key(world, key) for key in keys] == [None] * len(keys)


@pytest.mark.parametrize("role", [Role.HANDLER, Role.APPROVER, Role.AUDITOR])
async def test_only_administrators_and_the_operator_manage_clients(world: World, role: Role) -> None:
    new = await made(world)
    client = client_actor(new.client, sandbox=False, request=None)
    human = (await world.human("sato", role)).actor
    now, custodian = world.clock(), world.custodian
    for actor in (human, client):
        assert rule_of(await create(world, "new", actor=actor)) == "no-rule-permits"
        assert rule_of(await rotate_key(custodian, actor, "payroll", now)) == "no-rule-permits"
        assert rule_of(await change_client(custodian, actor, "payroll", PURPOSES, now)) == "no-rule-permits"
        assert rule_of(await revoke_client(custodian, actor, "payroll", now)) == "no-rule-permits"
    assert sum(entry.outcome is Outcome.DENIED for entry in await record_of(world)) == 8
    assert await of_key(world, new.key) is not None


async def test_an_administrator_manages_clients_of_their_own_tenant(world: World) -> None:
    actor = (await world.human("sato", Role.ADMINISTRATOR)).actor
    assert isinstance(await create(world, actor=actor), NewKey)
    elsewhere = await World.open(world.house, world.clock, "別の会社")
    stranger = (await elsewhere.human("kato", Role.ADMINISTRATOR)).actor
    assert rule_of(await revoke_client(world.custodian, stranger, "payroll", world.clock())) == "unknown-id"
