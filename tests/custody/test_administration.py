"""Whatever gives rights or weakens protection needs a recent one-time code; what takes rights away needs none."""

from collections.abc import Awaitable, Callable, Mapping

import pytest

from custody.account import Account
from custody.accounts import change_roles, create_account, disable_account, reset_second_factor
from custody.clients import Client, NewKey, change_client, create_client, revoke_client, rotate_key
from custody.enrolment import Enrolment
from custody.replay import Replay
from custody.rights import accounts_of, clients_of
from custody.sessions import Proven, Session, log_in, reauthenticate, session_actor
from custody.tenants import Settings, Tenant, change_settings
from policies.actor import PROOF_MS, Actor, Role
from policies.quotas import Quotas
from policies.refusals import Denied
from tests.support.outcomes import record_of, rule_of
from tests.support.tamper import rows
from tests.support.world import PASSWORD, PURPOSES, Human, World
from tokenizer.audit.action import Action, Outcome

Act = Callable[[World, Actor], Awaitable[object]]
HANDLER = frozenset({Role.HANDLER})
LOOSE = Settings(10**6, Quotas(client=10**6, human=10**6, purpose=10**6))

GIVING: Mapping[str, tuple[Act, Action, type]] = {
    "create an account": (
        lambda w, by: create_account(w.custodian, by, "thief", "試験", HANDLER, PASSWORD, w.clock()),
        Action.ACCOUNT_CREATE,
        Enrolment,
    ),
    "add a role": (
        lambda w, by: change_roles(w.custodian, by, "tanaka", frozenset(Role), w.clock()),
        Action.ACCOUNT_ROLE_CHANGE,
        Account,
    ),
    "make oneself a handler": (
        lambda w, by: change_roles(w.custodian, by, by.name, frozenset(Role), w.clock()),
        Action.ACCOUNT_ROLE_CHANGE,
        Account,
    ),
    "reset a second factor": (
        lambda w, by: reset_second_factor(w.custodian, by, "tanaka", w.clock()),
        Action.ACCOUNT_FACTOR_RESET,
        Enrolment,
    ),
    "create a client": (
        lambda w, by: create_client(w.custodian, by, "thief", PURPOSES, w.clock()),
        Action.CLIENT_CREATE,
        NewKey,
    ),
    "mint a key": (
        lambda w, by: rotate_key(w.custodian, by, "payroll", w.clock()),
        Action.CLIENT_CHANGE,
        NewKey,
    ),
    "widen a client": (
        lambda w, by: change_client(w.custodian, by, "payroll", PURPOSES, w.clock()),
        Action.CLIENT_CHANGE,
        Client,
    ),
    "raise thresholds and quotas": (
        lambda w, by: change_settings(w.custodian, by, LOOSE, w.clock()),
        Action.TENANT_POLICY_CHANGE,
        Tenant,
    ),
}
ENDING: Mapping[str, tuple[Act, type]] = {
    "disable an account": (
        lambda w, by: disable_account(w.custodian, by, "tanaka", w.clock()),
        Account,
    ),
    "revoke a client": (lambda w, by: revoke_client(w.custodian, by, "payroll", w.clock()), Client),
    "list the accounts": (lambda w, by: accounts_of(w.custodian, by, w.clock()), list),
    "list the clients": (lambda w, by: clients_of(w.custodian, by, w.clock()), list),
}
TABLES = ("account", "client", "client_key", "second_factor", "recovery_code", "tenant", "replay")


@pytest.fixture
async def boss(world: World) -> Human:
    """An administrator of a tenant with a handler and a client."""
    await world.human("tanaka")
    await world.client("payroll", frozenset())
    return await world.human("suzuki", Role.ADMINISTRATOR)


async def session_of(world: World, human: Human) -> Session:
    session = await log_in(
        world.custodian, world.tenant.id, human.login, PASSWORD, world.code(human), world.clock(), None
    )
    assert isinstance(session, Session), session
    return session


async def actor_of(world: World, session: Session) -> Actor:
    """Who comes with that session: its owner, or a thief."""
    actor = await session_actor(world.custodian, world.tenant.id, session.secret, world.clock(), None)
    assert actor is not None
    return actor


async def rights(world: World) -> list[object]:
    """Every row that says who may do what."""
    return [
        sorted(await rows(world.house.database, world.tenant.id, f"SELECT * FROM {table}"), key=repr)  # noqa: S608 - constants
        for table in TABLES
    ]


@pytest.mark.parametrize("name", GIVING)
async def test_with_an_old_proof_no_rights_are_given_until_the_human_gives_a_code(
    world: World, boss: Human, name: str
) -> None:
    act, action, done = GIVING[name]
    session = await session_of(world, boss)
    world.clock.now += PROOF_MS + 1
    before = await rights(world)
    assert rule_of(await act(world, await actor_of(world, session))) == "recent-proof-needed"
    assert await rights(world) == before
    last = (await record_of(world))[-1]
    assert (last.action, last.outcome, last.rule) == (action, Outcome.DENIED, "recent-proof-needed")
    code = world.code(boss)
    proven = await reauthenticate(world.custodian, await actor_of(world, session), code, world.clock())
    assert isinstance(proven, Proven)
    assert isinstance(await act(world, await actor_of(world, session)), done)
    assert await rights(world) != before


@pytest.mark.parametrize("name", GIVING)
async def test_within_ten_minutes_of_the_login_rights_are_given_as_before(
    world: World, boss: Human, name: str
) -> None:
    act, _, done = GIVING[name]
    session = await session_of(world, boss)
    world.clock.now += PROOF_MS
    assert isinstance(await act(world, await actor_of(world, session)), done)


@pytest.mark.parametrize("name", ENDING)
async def test_rights_are_seen_and_ended_with_an_old_proof(world: World, boss: Human, name: str) -> None:
    act, done = ENDING[name]
    session = await session_of(world, boss)
    world.clock.now += PROOF_MS + 1
    assert isinstance(await act(world, await actor_of(world, session)), done)


@pytest.mark.parametrize("name", sorted(GIVING.keys() - {"make oneself a handler"}))
async def test_the_operator_gives_rights_without_a_session(world: World, boss: Human, name: str) -> None:
    act, _, done = GIVING[name]
    assert isinstance(await act(world, world.operator), done)


async def test_what_a_change_says_wrong_is_not_told_to_who_needs_a_proof(world: World, boss: Human) -> None:
    session = await session_of(world, boss)
    world.clock.now += PROOF_MS + 1
    thief = await actor_of(world, session)
    for refused in (
        await create_account(world.custodian, thief, "Bad Login", "試験", HANDLER, PASSWORD, world.clock()),
        await create_client(world.custodian, thief, "Bad Name", PURPOSES, world.clock()),
        await change_roles(world.custodian, thief, "nobody", HANDLER, world.clock()),
    ):
        assert rule_of(refused) == "recent-proof-needed"


async def test_secrets_given_to_an_idempotent_request_are_not_given_again_to_an_old_proof(
    world: World, boss: Human
) -> None:
    session = await session_of(world, boss)
    owner = await actor_of(world, session)

    async def make(actor: Actor) -> Enrolment | Denied:
        replay = Replay(actor, "k1", "createAccount", b"{}")
        return await create_account(
            world.custodian, actor, "mori", "試験", HANDLER, PASSWORD, world.clock(), replay
        )

    first = await make(owner)
    assert isinstance(first, Enrolment)
    assert isinstance(await make(owner), Enrolment)
    world.clock.now += PROOF_MS + 1
    assert rule_of(await make(await actor_of(world, session))) == "recent-proof-needed"
