"""Accounts: named humans with a password and a one-time code, and always one administrator."""

import asyncio

import pytest

from custody.account import Account, is_login, list_accounts, locked_account
from custody.accounts import change_roles, create_account, disable_account, reset_second_factor
from custody.enrolment import RECOVERY_CODES, Enrolment
from custody.sessions import Session, change_password, log_in, session_actor
from policies.actor import Actor, Role
from policies.refusals import Denied
from policies.step_up import Accepted, check_code, spend
from policies.totp import code_at
from tests.support.outcomes import record_of, rule_of
from tests.support.tamper import rows
from tests.support.world import PASSWORD, Human, World
from tokenizer.audit.action import Action, Outcome
from tokenizer.token import parse_recovery_code

ADMINISTRATOR, HANDLER = frozenset({Role.ADMINISTRATOR}), frozenset({Role.HANDLER})
BAD_LOGINS = [
    "",
    "Tanaka",
    "1tanaka",
    "tanaka.",
    "-tanaka",
    "田中",
    "tanaka taro",
    "a" * 65,
    "a123456789018",
    "tanaka\x00",
    "tanaka\n",
    "\ud800",
]


async def create(
    world: World,
    login: str = "tanaka",
    name: str = "試験 太郎",
    roles: frozenset[Role] = HANDLER,
    password: str = PASSWORD,
    actor: Actor | None = None,
) -> Enrolment | Denied:
    by = actor or world.operator
    return await create_account(world.custodian, by, login, name, roles, password, world.clock())


async def give(
    world: World, login: str, roles: frozenset[Role], actor: Actor | None = None
) -> Account | Denied:
    return await change_roles(world.custodian, actor or world.operator, login, roles, world.clock())


async def disable(world: World, login: str, actor: Actor | None = None) -> Account | Denied:
    return await disable_account(world.custodian, actor or world.operator, login, world.clock())


async def accounts(world: World) -> dict[str, Account]:
    listed = await world.house.database.read(
        world.tenant.id, lambda tx: list_accounts(tx, world.custodian.authority, world.tenant.id)
    )
    return {account.login: account for account in listed}


async def open_session(world: World, human: Human, seed: str = "") -> Session | Denied:
    world.clock.advance(seconds=30)
    code = code_at(seed or human.seed, world.clock())
    return await log_in(world.custodian, world.tenant.id, human.login, PASSWORD, code, world.clock(), None)


async def opened(world: World, human: Human) -> Session:
    session = await open_session(world, human)
    assert isinstance(session, Session), session
    return session


async def lives(world: World, session: Session) -> bool:
    found = await session_actor(world.custodian, world.tenant.id, session.secret, world.clock(), None)
    return found is not None


# --- creating


async def test_a_new_account_gets_a_seed_and_ten_recovery_codes_once(world: World) -> None:
    made = await create(world, roles=HANDLER | ADMINISTRATOR)
    assert isinstance(made, Enrolment)
    assert made.uri.startswith("otpauth://totp/")
    assert made.seed in made.uri
    assert len({parse_recovery_code(code) for code in made.recovery_codes}) == RECOVERY_CODES
    assert isinstance(await open_session(world, Human(made.account, made.seed, [])), Session)
    last = [entry for entry in await record_of(world) if entry.action is Action.ACCOUNT_CREATE][-1]
    assert dict(last.detail) == {"account": "tanaka", "roles": "administrator handler"}


async def test_no_secret_of_an_account_prints_or_is_stored_as_it_is(world: World) -> None:
    made = await create(world)
    assert isinstance(made, Enrolment)
    stored = repr(
        [
            await rows(world.house.database, world.tenant.id, f"SELECT * FROM {table}")  # noqa: S608 - constants
            for table in ("account", "second_factor", "recovery_code", "audit_leaf")
        ]
    )
    for secret in (PASSWORD, made.seed, *made.recovery_codes):
        assert secret not in stored
        assert secret not in repr(made) + repr(made.account) + str(made)


@pytest.mark.parametrize("login", BAD_LOGINS)
async def test_a_login_that_cannot_be_one_is_refused(world: World, login: str) -> None:
    assert rule_of(await create(world, login)) == "name-invalid"
    assert not is_login(login)
    for refused in (
        await give(world, login, HANDLER),
        await disable(world, login),
        await reset_second_factor(world.custodian, world.operator, login, world.clock()),
    ):
        assert rule_of(refused) == "name-invalid"


@pytest.mark.parametrize("login", ["a", "tanaka", "tanaka.taro@example.com", "t-1_2+3", "a" * 64])
async def test_a_login_may_be_a_name_or_an_address(world: World, login: str) -> None:
    assert isinstance(await create(world, login), Enrolment)


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "本人 123456789018", "１２３４-５６７８-９０１８"])
async def test_a_name_that_cannot_be_one_is_refused(world: World, name: str) -> None:
    assert rule_of(await create(world, name=name)) == "account-invalid"


async def test_an_account_without_a_role_is_refused(world: World) -> None:
    assert rule_of(await create(world, roles=frozenset())) == "account-invalid"
    await create(world)
    assert rule_of(await give(world, "tanaka", frozenset())) == "account-invalid"


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "x" * 300,
        "aaaaaaaaaaaaaaaa",
        "passwordpassword",
        "warifu is very good",
        "my tanaka is long",
        "my number 123456789018",
    ],
)
async def test_a_password_that_attackers_try_first_is_refused_without_repeating_it(
    world: World, password: str
) -> None:
    refused = await create(world, password=password)
    assert rule_of(refused) == "password-invalid"
    assert password not in repr(refused)
    assert await accounts(world) == {}


async def test_a_login_is_taken_once_in_a_tenant_and_free_in_another(world: World) -> None:
    assert isinstance(await create(world), Enrolment)
    assert rule_of(await create(world)) == "name-taken"
    elsewhere = await World.open(world.house, world.clock, "別の会社")
    assert isinstance(await create(elsewhere), Enrolment)


async def test_two_who_take_the_same_login_at_once_do_not_both_get_it(world: World) -> None:
    outcomes = await asyncio.gather(*(create(world) for _ in range(4)))
    assert [isinstance(outcome, Enrolment) for outcome in outcomes].count(True) == 1
    assert {rule_of(outcome) for outcome in outcomes if isinstance(outcome, Denied)} == {"name-taken"}


@pytest.mark.parametrize("role", [Role.HANDLER, Role.APPROVER, Role.AUDITOR])
async def test_only_administrators_and_the_operator_manage_accounts(world: World, role: Role) -> None:
    actor, client = (await world.human("sato", role)).actor, await world.client()
    for by in (actor, client):
        assert rule_of(await create(world, "new", actor=by)) == "no-rule-permits"
        assert rule_of(await give(world, "sato", ADMINISTRATOR, by)) == "no-rule-permits"
        assert rule_of(await disable(world, "sato", by)) == "no-rule-permits"
        denied = await reset_second_factor(world.custodian, by, "sato", world.clock())
        assert rule_of(denied) == "no-rule-permits"
    refused = [entry for entry in await record_of(world) if entry.outcome is Outcome.DENIED]
    assert len(refused) == 8


async def test_an_administrator_of_another_tenant_manages_nobody_here(world: World) -> None:
    await world.human("tanaka")
    elsewhere = await World.open(world.house, world.clock, "別の会社")
    stranger = (await elsewhere.human("sato", Role.ADMINISTRATOR)).actor
    assert rule_of(await give(world, "tanaka", ADMINISTRATOR, stranger)) == "unknown-id"
    assert rule_of(await disable(world, "tanaka", stranger)) == "unknown-id"


# --- the last administrator


async def test_the_last_administrator_stays_one(world: World) -> None:
    await world.human("sato", Role.ADMINISTRATOR)
    await world.human("tanaka")
    assert rule_of(await give(world, "sato", HANDLER)) == "last-administrator"
    assert rule_of(await disable(world, "sato")) == "last-administrator"
    assert isinstance(await give(world, "sato", ADMINISTRATOR | HANDLER), Account)
    await give(world, "tanaka", ADMINISTRATOR)
    assert isinstance(await disable(world, "sato"), Account)
    assert rule_of(await disable(world, "tanaka")) == "last-administrator"


async def test_a_disabled_administrator_does_not_count(world: World) -> None:
    for login in ("sato", "suzuki", "kato"):
        await world.human(login, Role.ADMINISTRATOR)
    await disable(world, "sato")
    await give(world, "suzuki", HANDLER)
    assert rule_of(await disable(world, "kato")) == "last-administrator"


async def test_two_administrators_who_remove_each_other_at_once_do_not_both_succeed(world: World) -> None:
    logins = [f"admin{row}" for row in range(4)]
    for login in logins:
        await world.human(login, Role.ADMINISTRATOR)
    removals = [
        disable(world, login) if row % 2 else give(world, login, HANDLER) for row, login in enumerate(logins)
    ]
    outcomes = await asyncio.gather(*removals)
    assert [outcome.rule for outcome in outcomes if isinstance(outcome, Denied)] == ["last-administrator"]
    left = [account for account in (await accounts(world)).values() if Role.ADMINISTRATOR in account.roles]
    assert [account.disabled_at for account in left].count(0) == 1


# --- changing and ending


async def test_a_role_more_counts_at_once_in_a_session_that_is_open(world: World) -> None:
    session = await opened(world, await world.human("tanaka"))
    for roles in (HANDLER | {Role.AUDITOR}, HANDLER | {Role.AUDITOR}):
        await give(world, "tanaka", roles)
        actor = await session_actor(world.custodian, world.tenant.id, session.secret, world.clock(), None)
        assert actor is not None
        assert actor.roles == {Role.HANDLER, Role.AUDITOR}
    last = (await record_of(world))[-1]
    assert (last.action, dict(last.detail)) == (
        Action.ACCOUNT_ROLE_CHANGE,
        {"account": "tanaka", "roles": "auditor handler"},
    )


@pytest.mark.parametrize(
    "left",
    [frozenset({Role.AUDITOR}), frozenset({Role.HANDLER, Role.ADMINISTRATOR})],
    ids=["fewer", "others"],
)
async def test_a_role_less_ends_every_session_of_the_account_and_no_other(
    world: World, left: frozenset[Role]
) -> None:
    human, other = await world.human("tanaka", Role.HANDLER, Role.AUDITOR), await world.human("suzuki")
    sessions = [await opened(world, human), await opened(world, human)]
    bystander = await opened(world, other)
    assert isinstance(await give(world, "tanaka", left), Account)
    assert [await lives(world, session) for session in sessions] == [False, False]
    assert await lives(world, bystander)
    assert await lives(world, await opened(world, human))


async def test_a_change_of_roles_that_is_refused_ends_no_session(world: World) -> None:
    session = await opened(world, await world.human("sato", Role.ADMINISTRATOR))
    assert rule_of(await give(world, "sato", HANDLER)) == "last-administrator"
    assert await lives(world, session)


async def test_a_disabled_account_is_out_at_once_and_for_good(world: World) -> None:
    human = await world.human("tanaka")
    session = await open_session(world, human)
    assert isinstance(session, Session)
    assert isinstance(await disable(world, "tanaka"), Account)
    assert not await lives(world, session)
    assert await rows(world.house.database, world.tenant.id, "SELECT * FROM session") == []
    assert rule_of(await open_session(world, human)) == "account-unknown"
    assert rule_of(await disable(world, "tanaka")) == "unknown-id"
    assert rule_of(await give(world, "tanaka", ADMINISTRATOR)) == "unknown-id"
    assert await rows(world.house.database, world.tenant.id, "SELECT * FROM recovery_code") == []


async def test_a_change_of_roles_never_brings_a_disabled_account_back(world: World) -> None:
    for row in range(6):
        await world.human(f"human{row}")
    changes = [
        step
        for row in range(6)
        for step in (disable(world, f"human{row}"), give(world, f"human{row}", frozenset({Role.AUDITOR})))
    ]
    await asyncio.gather(*changes)
    assert all(account.disabled_at for account in (await accounts(world)).values())


async def test_a_change_of_password_never_brings_a_disabled_account_or_old_roles_back(world: World) -> None:
    human = await world.human("tanaka", Role.HANDLER, Role.AUDITOR)
    checked = (await accounts(world))["tanaka"]
    await disable(world, "tanaka")
    read = world.house.database.read
    custodian = world.custodian
    assert await read(world.tenant.id, lambda tx: locked_account(tx, custodian.authority, checked)) is None
    refused = await change_password(
        custodian, human.actor, PASSWORD, "another long passphrase", world.clock()
    )
    assert rule_of(refused) == "account-unknown"
    assert (await accounts(world))["tanaka"].disabled_at > 0


async def test_a_changed_password_keeps_the_roles_given_meanwhile(world: World) -> None:
    human = await world.human("tanaka", Role.HANDLER)
    changing = change_password(
        world.custodian, human.actor, PASSWORD, "another long passphrase", world.clock()
    )
    _, changed = await asyncio.gather(give(world, "tanaka", frozenset({Role.AUDITOR})), changing)
    assert isinstance(changed, Account)
    assert (await accounts(world))["tanaka"].roles == {Role.AUDITOR}


async def test_a_reset_factor_ends_the_old_codes(world: World) -> None:
    human = await world.human("tanaka")
    new = await reset_second_factor(world.custodian, world.operator, "tanaka", world.clock())
    assert isinstance(new, Enrolment)
    assert set(new.recovery_codes).isdisjoint(human.recovery_codes)
    assert rule_of(await open_session(world, human)) == "code-wrong"
    assert isinstance(await open_session(world, human, new.seed), Session)
    assert (
        len(await rows(world.house.database, world.tenant.id, "SELECT * FROM recovery_code"))
        == RECOVERY_CODES
    )


async def test_a_reset_factor_ends_every_session_of_the_account_at_once_and_no_other(world: World) -> None:
    human, other = await world.human("tanaka"), await world.human("suzuki")
    sessions = [await opened(world, human), await opened(world, human)]
    bystander = await opened(world, other)
    new = await reset_second_factor(world.custodian, world.operator, "tanaka", world.clock())
    assert isinstance(new, Enrolment)
    assert [await lives(world, session) for session in sessions] == [False, False]
    assert await lives(world, bystander)
    assert isinstance(await open_session(world, human, new.seed), Session)


async def test_a_code_that_was_accepted_before_the_factor_was_reset_is_worth_nothing_after(
    world: World,
) -> None:
    human = await world.human("tanaka")
    tenant, database = world.tenant.id, world.house.database
    code = world.code(human)
    checked = await check_code(
        database, world.custodian.authority, tenant, human.account.id, code, world.clock()
    )
    assert isinstance(checked, Accepted)
    assert isinstance(
        await reset_second_factor(world.custodian, world.operator, "tanaka", world.clock()), Enrolment
    )
    assert not await database.write(tenant, lambda tx: spend(tx, checked))


async def test_of_logins_that_are_under_way_while_the_factor_is_reset_no_session_is_left(
    world: World,
) -> None:
    humans = [await world.human(f"human{row}") for row in range(6)]
    world.clock.advance(seconds=30)
    acts = [
        act
        for human in humans
        for act in (
            open_session(world, human),
            reset_second_factor(world.custodian, world.operator, human.login, world.clock()),
        )
    ]
    outcomes = await asyncio.gather(*acts)
    opened_sessions = [outcome for outcome in outcomes if isinstance(outcome, Session)]
    assert [await lives(world, session) for session in opened_sessions] == [False] * len(opened_sessions)
    assert await rows(world.house.database, world.tenant.id, "SELECT * FROM session") == []


async def test_what_is_not_there_is_not_changed(world: World) -> None:
    now, custodian, operator = world.clock(), world.custodian, world.operator
    assert rule_of(await give(world, "nobody", HANDLER)) == "unknown-id"
    assert rule_of(await disable(world, "nobody")) == "unknown-id"
    assert rule_of(await reset_second_factor(custodian, operator, "nobody", now)) == "unknown-id"
    assert [entry.outcome for entry in (await record_of(world))[-3:]] == [Outcome.DENIED] * 3


async def test_accounts_are_listed_oldest_first(world: World) -> None:
    for login in ("zz", "mm", "aa"):
        await world.human(login)
        world.clock.advance(seconds=1)
    assert list(await accounts(world)) == ["zz", "mm", "aa"]
