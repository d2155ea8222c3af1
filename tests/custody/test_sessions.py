"""Logging in, staying in, and what ends a session. Time is a clock the tests set."""

import asyncio

import pytest

from custody.account import Account
from custody.enrolment import Enrolment
from custody.session import ABSOLUTE_MS, IDLE_MS
from custody.sessions import (
    Proven,
    Session,
    change_password,
    log_in,
    log_out,
    reauthenticate,
    recover,
    session_actor,
)
from policies.actor import PROOF_MS, Actor, Role
from policies.refusals import Denied
from policies.totp import code_at
from tests.support.outcomes import record_of, rule_of
from tests.support.tamper import rows
from tests.support.world import PASSWORD, Human, World
from tokenizer.audit.action import Action, Outcome
from tokenizer.token import Kind, mint_secret

NEW = "another passphrase, just as long"


@pytest.fixture
async def human(world: World) -> Human:
    return await world.human()


async def enter(
    world: World,
    login: str = "tanaka",
    password: str = PASSWORD,
    code: str = "000000",
    tenant: int | None = None,
) -> Session | Denied:
    where = world.tenant.id if tenant is None else tenant
    return await log_in(world.custodian, where, login, password, code, world.clock(), "r1")


async def entered(world: World, human: Human, password: str = PASSWORD) -> Session:
    session = await enter(world, human.login, password, world.code(human))
    assert isinstance(session, Session), session
    return session


async def who(world: World, session: Session) -> Actor | None:
    return await session_actor(world.custodian, world.tenant.id, session.secret, world.clock(), "r2")


# --- logging in


async def test_password_and_code_together_open_a_session(world: World, human: Human) -> None:
    session = await entered(world, human)
    assert session.secret.startswith("wfs_")
    assert session.secret not in repr(session)
    actor = await who(world, session)
    assert actor is not None
    assert (actor.name, actor.tenant, actor.request) == ("tanaka", world.tenant.id, "r2")
    assert actor.roles == {Role.HANDLER}
    last = (await record_of(world))[-1]
    assert (last.action, last.outcome, last.human, last.request) == (
        Action.ACCOUNT_LOGIN,
        Outcome.ALLOWED,
        "tanaka",
        "r1",
    )


async def test_the_secret_of_a_session_is_not_stored(world: World, human: Human) -> None:
    session = await entered(world, human)
    assert session.secret not in repr(
        await rows(world.house.database, world.tenant.id, "SELECT * FROM session")
    )


async def test_a_code_opens_one_session(world: World, human: Human) -> None:
    code = world.code(human)
    outcomes = await asyncio.gather(*(enter(world, code=code) for _ in range(4)))
    assert [isinstance(outcome, Session) for outcome in outcomes].count(True) == 1
    assert {rule_of(outcome) for outcome in outcomes if isinstance(outcome, Denied)} == {"code-used"}


async def test_the_right_password_without_the_code_opens_nothing(world: World, human: Human) -> None:
    for code in ("", "abc", "\x00"):
        assert rule_of(await enter(world, code=code)) == "code-wrong"
    assert await rows(world.house.database, world.tenant.id, "SELECT * FROM session") == []


@pytest.mark.parametrize(
    "login",
    ["nobody", "", "Tanaka", "tanaka ", "\x00", "\ud800", "123456789018", "x" * 10_000, "%", "' OR 1=1 --"],
)
async def test_an_unknown_login_is_answered_as_a_wrong_password_is(
    world: World, human: Human, login: str
) -> None:
    wrong, unknown = await enter(world, password=NEW), await enter(world, login)
    assert rule_of(unknown) == "account-unknown"
    assert unknown == wrong
    first, second = (await record_of(world))[-2:]
    assert (first.human, second.human) == ("tanaka", "unknown")
    assert (second.action, second.outcome) == (Action.ACCOUNT_LOGIN_REFUSED, Outcome.DENIED)


@pytest.mark.parametrize("password", ["", "\x00", "\ud800", "x" * 100_000])
async def test_any_text_may_be_a_wrong_password(world: World, human: Human, password: str) -> None:
    assert rule_of(await enter(world, password=password)) == "account-unknown"


@pytest.mark.parametrize("tenant", [0, 1, 2**48 - 1])
async def test_a_tenant_that_is_none_is_answered_alike(world: World, human: Human, tenant: int) -> None:
    assert rule_of(await enter(world, tenant=tenant)) == "account-unknown"


async def test_an_account_of_another_tenant_does_not_enter_here(world: World, human: Human) -> None:
    elsewhere = await World.open(world.house, world.clock, "別の会社")
    assert rule_of(await enter(elsewhere, code=world.code(human))) == "account-unknown"


# --- throttling


async def test_after_five_wrong_passwords_the_right_one_waits_half_a_minute(
    world: World, human: Human
) -> None:
    for _ in range(5):
        assert rule_of(await enter(world, password=NEW)) == "account-unknown"
    assert rule_of(await enter(world, code=code_at(human.seed, world.clock()))) == "account-unknown"
    assert (await record_of(world))[-1].rule == "login-throttled"
    world.clock.advance(seconds=29)
    assert rule_of(await enter(world, code=code_at(human.seed, world.clock()))) == "account-unknown"
    world.clock.advance(seconds=1)
    assert isinstance(await enter(world, code=code_at(human.seed, world.clock())), Session)


async def test_after_ten_it_waits_a_quarter_of_an_hour(world: World, human: Human) -> None:
    for _ in range(10):
        await enter(world, password=NEW)
        world.clock.advance(seconds=30)
    world.clock.advance(minutes=14)
    await enter(world, password=NEW)
    assert (await record_of(world))[-1].rule == "login-throttled"
    world.clock.advance(seconds=30)
    assert isinstance(await enter(world, code=code_at(human.seed, world.clock())), Session)


async def test_success_forgives_what_was_wrong_before(world: World, human: Human) -> None:
    for _ in range(3):
        for _ in range(4):
            await enter(world, password=NEW)
        await entered(world, human)
    assert (
        await rows(world.house.database, world.tenant.id, "SELECT failures, not_before FROM login_attempt")
    ) == [(0, 0)]


async def test_sixteen_guesses_at_once_get_five_comparisons(world: World, human: Human) -> None:
    await asyncio.gather(*(enter(world, password=NEW) for _ in range(16)))
    refused = [entry.rule for entry in await record_of(world) if entry.action is Action.ACCOUNT_LOGIN_REFUSED]
    assert (refused.count("account-unknown"), refused.count("login-throttled")) == (5, 11)


async def test_who_guesses_never_learns_which_logins_exist(world: World, human: Human) -> None:
    known = [await enter(world, "tanaka", NEW) for _ in range(8)]
    unknown = [await enter(world, "nobody", NEW) for _ in range(8)]
    assert known == unknown


# --- staying in


@pytest.mark.parametrize(("later", "alive"), [(0, True), (IDLE_MS, True), (IDLE_MS + 1, False)])
async def test_a_session_ends_after_fifteen_idle_minutes(
    world: World, human: Human, later: int, alive: bool
) -> None:
    session = await entered(world, human)
    world.clock.now += later
    assert (await who(world, session) is not None) is alive


async def test_each_request_keeps_a_session_alive(world: World, human: Human) -> None:
    session = await entered(world, human)
    for _ in range(10):
        world.clock.advance(minutes=14)
        assert await who(world, session) is not None


@pytest.mark.parametrize(("later", "alive"), [(0, True), (1, False)])
async def test_no_session_outlives_twelve_hours_however_busy(
    world: World, human: Human, later: int, alive: bool
) -> None:
    session = await entered(world, human)
    began = world.clock()
    while world.clock() + 10 * 60_000 < began + ABSOLUTE_MS:
        world.clock.advance(minutes=10)
        assert await who(world, session) is not None
    world.clock.now = began + ABSOLUTE_MS + later
    assert session.expires_at == began + ABSOLUTE_MS
    assert (await who(world, session) is not None) is alive


async def test_a_logged_out_session_is_over_and_others_are_not(world: World, human: Human) -> None:
    first, second = await entered(world, human), await entered(world, human)
    actor = await who(world, first)
    assert actor is not None
    await log_out(world.custodian, actor)
    assert await who(world, first) is None
    assert await who(world, second) is not None


async def test_a_client_has_no_session_to_end(world: World) -> None:
    await log_out(world.custodian, await world.client())


async def test_a_secret_that_was_never_given_out_is_nobody(world: World, human: Human) -> None:
    await entered(world, human)
    secret = mint_secret(Kind.SESSION, world.tenant.id, world.custodian.random_bytes)
    assert await session_actor(world.custodian, world.tenant.id, secret, world.clock(), None) is None


async def test_a_session_counts_in_its_own_tenant_only(world: World, human: Human) -> None:
    session = await entered(world, human)
    elsewhere = await World.open(world.house, world.clock, "別の会社")
    found = await session_actor(world.custodian, elsewhere.tenant.id, session.secret, world.clock(), None)
    assert found is None


async def test_a_session_of_a_sandbox_says_so(world: World) -> None:
    sandbox = await World.open(world.house, world.clock, "砂場", sandbox=True)
    actor = await who(sandbox, await entered(sandbox, await sandbox.human()))
    assert actor is not None
    assert actor.sandbox is True


# --- giving a code again


async def again(world: World, session: Session, code: str) -> Proven | Denied:
    actor = await who(world, session)
    assert actor is not None
    return await reauthenticate(world.custodian, actor, code, world.clock())


async def proven_at(world: World, session: Session) -> int | None:
    actor = await who(world, session)
    assert actor is not None
    return actor.proven_at


async def test_a_session_remembers_the_code_of_its_login_and_no_request_makes_it_fresher(
    world: World, human: Human
) -> None:
    session = await entered(world, human)
    began = world.clock()
    for _ in range(3):
        assert await proven_at(world, session) == began
        world.clock.advance(minutes=10)


async def test_a_code_given_again_is_remembered_by_that_session_alone_and_recorded(
    world: World, human: Human
) -> None:
    session, other = await entered(world, human), await entered(world, human)
    began = world.clock()
    world.clock.advance(minutes=14)
    done = await again(world, session, world.code(human))
    assert done == Proven(world.clock() + PROOF_MS)
    assert await proven_at(world, session) == world.clock()
    assert await proven_at(world, other) == began
    last = (await record_of(world))[-1]
    assert (last.action, last.outcome, last.human, last.request) == (
        Action.ACCOUNT_REAUTHENTICATE,
        Outcome.ALLOWED,
        "tanaka",
        "r2",
    )


async def test_a_code_given_again_makes_no_session_last_longer(world: World, human: Human) -> None:
    session = await entered(world, human)
    began = world.clock()
    while world.clock() + 14 * 60_000 < began + ABSOLUTE_MS:
        world.clock.advance(minutes=13)
        assert isinstance(await again(world, session, world.code(human)), Proven)
    world.clock.now = began + ABSOLUTE_MS + 1
    assert await who(world, session) is None


async def test_the_code_of_the_login_does_not_prove_a_second_time(world: World, human: Human) -> None:
    session = await entered(world, human)
    began = world.clock()
    world.clock.advance(seconds=1)
    assert rule_of(await again(world, session, code_at(human.seed, began))) == "code-used"
    assert await proven_at(world, session) == began
    last = (await record_of(world))[-1]
    assert (last.action, last.outcome, last.rule) == (
        Action.ACCOUNT_REAUTHENTICATE,
        Outcome.DENIED,
        "code-used",
    )


async def test_a_code_presented_by_sixteen_at_once_proves_once(world: World, human: Human) -> None:
    session = await entered(world, human)
    code = world.code(human)
    outcomes = await asyncio.gather(*(again(world, session, code) for _ in range(16)))
    assert [isinstance(outcome, Proven) for outcome in outcomes].count(True) == 1
    # Failures are counted before anything is compared: of sixteen at once, some may find the factor's ten taken.
    refused = {rule_of(outcome) for outcome in outcomes if isinstance(outcome, Denied)}
    assert refused <= {"code-used", "factor-disabled"}


async def test_ten_wrong_codes_in_a_row_end_the_factor_and_each_is_recorded(
    world: World, human: Human
) -> None:
    session = await entered(world, human)
    began = world.clock()
    for _ in range(10):
        assert rule_of(await again(world, session, "abc")) == "code-wrong"
    assert rule_of(await again(world, session, world.code(human))) == "factor-disabled"
    assert await proven_at(world, session) == began
    refused = [entry for entry in await record_of(world) if entry.outcome is Outcome.DENIED]
    assert [(leaf.action, leaf.rule) for leaf in refused] == [
        *[(Action.ACCOUNT_REAUTHENTICATE, "code-wrong")] * 10,
        (Action.ACCOUNT_DISABLE, "factor-disabled"),
        (Action.ACCOUNT_REAUTHENTICATE, "factor-disabled"),
    ]


async def test_another_person_s_code_proves_nothing(world: World, human: Human) -> None:
    session, other = await entered(world, human), await world.human("suzuki")
    assert rule_of(await again(world, session, world.code(other))) == "code-wrong"


async def test_who_has_no_session_has_none_to_prove(world: World, human: Human) -> None:
    for actor in (await world.client(), world.operator, human.actor):
        refused = await reauthenticate(world.custodian, actor, world.code(human), world.clock())
        assert rule_of(refused) == "no-rule-permits"
        assert (await record_of(world))[-1].action is Action.ACCOUNT_REAUTHENTICATE


async def test_a_session_that_ended_meanwhile_is_not_brought_back_by_a_code(
    world: World, human: Human
) -> None:
    session = await entered(world, human)
    actor = await who(world, session)
    assert actor is not None
    await log_out(world.custodian, actor)
    refused = await reauthenticate(world.custodian, actor, world.code(human), world.clock())
    assert rule_of(refused) == "session-ended"
    assert await who(world, session) is None
    assert await rows(world.house.database, world.tenant.id, "SELECT * FROM session") == []


# --- passwords


async def test_a_changed_password_ends_every_session_and_replaces_the_old_one(
    world: World, human: Human
) -> None:
    sessions = [await entered(world, human) for _ in range(2)]
    changed = await change_password(world.custodian, human.actor, PASSWORD, NEW, world.clock())
    assert isinstance(changed, Account)
    assert [await who(world, session) for session in sessions] == [None, None]
    assert rule_of(await enter(world, code=world.code(human))) == "account-unknown"
    await entered(world, human, NEW)


async def test_the_old_password_is_asked_and_counted(world: World, human: Human) -> None:
    for _ in range(6):
        refused = await change_password(world.custodian, human.actor, NEW, NEW + "!", world.clock())
        assert rule_of(refused) == "account-unknown"
    assert (await record_of(world))[-1].rule == "login-throttled"


async def test_a_bad_new_password_is_refused_and_the_old_one_stays(world: World, human: Human) -> None:
    refused = await change_password(
        world.custodian, human.actor, PASSWORD, "tanaka-tanaka-tanaka", world.clock()
    )
    assert rule_of(refused) == "password-invalid"
    await entered(world, human)


async def test_only_a_human_has_a_password_to_change(world: World) -> None:
    for actor in (await world.client(), world.operator):
        refused = await change_password(world.custodian, actor, PASSWORD, NEW, world.clock())
        assert rule_of(refused) == "no-rule-permits"


async def test_a_login_that_began_with_the_old_password_does_not_end_in_a_session(
    world: World, human: Human
) -> None:
    code = world.code(human)
    entering = [enter(world, code=code) for _ in range(3)]
    changing = change_password(world.custodian, human.actor, PASSWORD, NEW, world.clock())
    *outcomes, changed = await asyncio.gather(*entering, changing)
    assert isinstance(changed, Account)
    alive = [await who(world, outcome) for outcome in outcomes if isinstance(outcome, Session)]
    assert set(alive) <= {None}


# --- recovery


async def regain(world: World, human: Human, code: str, password: str = PASSWORD) -> Enrolment | Denied:
    tenant = world.tenant.id
    return await recover(world.custodian, tenant, human.login, password, code, world.clock(), None)


async def test_a_recovery_code_gives_a_new_seed_ends_every_session_and_is_recorded(
    world: World, human: Human
) -> None:
    session = await entered(world, human)
    new = await regain(world, human, f" {human.recovery_codes[0]}\n")
    assert isinstance(new, Enrolment)
    assert new.seed != human.seed
    assert await who(world, session) is None
    assert rule_of(await enter(world, code=world.code(human))) == "code-wrong"
    await entered(world, Human(new.account, new.seed, list(new.recovery_codes)))
    assert any(entry.action is Action.ACCOUNT_RECOVERY_USED for entry in await record_of(world))


async def test_a_recovery_code_works_once_and_ends_the_others_of_its_set(world: World, human: Human) -> None:
    assert isinstance(await regain(world, human, human.recovery_codes[0]), Enrolment)
    for code in human.recovery_codes[:2]:
        assert rule_of(await regain(world, human, code)) == "recovery-code-wrong"


async def test_the_same_recovery_code_at_once_works_once(world: World, human: Human) -> None:
    outcomes = await asyncio.gather(*(regain(world, human, human.recovery_codes[0]) for _ in range(4)))
    assert [isinstance(outcome, Enrolment) for outcome in outcomes].count(True) == 1


@pytest.mark.parametrize("code", ["", "wfr_", "x", "\x00", "\ud800", "000000"])
async def test_what_is_no_recovery_code_recovers_nothing_and_counts_as_an_attempt(
    world: World, human: Human, code: str
) -> None:
    assert rule_of(await regain(world, human, code)) == "recovery-code-wrong"
    assert await rows(world.house.database, world.tenant.id, "SELECT failures FROM login_attempt") == [(1,)]


async def test_another_person_s_recovery_code_recovers_nothing(world: World, human: Human) -> None:
    other = await world.human("suzuki")
    assert rule_of(await regain(world, human, other.recovery_codes[0])) == "recovery-code-wrong"
    assert isinstance(await regain(world, other, other.recovery_codes[0]), Enrolment)


async def test_recovery_needs_the_password_as_well(world: World, human: Human) -> None:
    assert rule_of(await regain(world, human, human.recovery_codes[0], NEW)) == "account-unknown"
    assert isinstance(await regain(world, human, human.recovery_codes[0]), Enrolment)


async def test_recovery_brings_a_disabled_factor_back(world: World, human: Human) -> None:
    for _ in range(10):
        world.clock.advance(minutes=15)
        await enter(world, code="abc")
    world.clock.advance(minutes=15)
    assert rule_of(await enter(world, code=world.code(human))) == "factor-disabled"
    world.clock.advance(minutes=15)
    new = await regain(world, human, human.recovery_codes[0])
    assert isinstance(new, Enrolment)
    await entered(world, Human(new.account, new.seed, []))
