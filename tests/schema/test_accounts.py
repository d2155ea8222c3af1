"""Accounts and sessions through the API."""

from typing import Any

from policies.actor import Role
from policies.totp import code_at
from tests.support.api import Caller, Office
from tests.support.world import PASSWORD

NEW = "another long enough passphrase"


def with_session(office: Office, answer: Any) -> Caller:
    assert answer["__typename"] == "LoggedIn", answer
    return Caller(office.http, answer["session"])


async def test_an_account_is_opened_and_its_owner_logs_in_with_what_was_shown_once(office: Office) -> None:
    boss = await office.colleague("suzuki", Role.ADMINISTRATOR)
    made = await boss.caller.do(
        "createAccount", login="mori", name="森 一郎", roles=["HANDLER", "AUDITOR"], password=PASSWORD
    )
    assert made["account"].items() >= {"login": "mori", "roles": ["AUDITOR", "HANDLER"]}.items()
    assert made["uri"].startswith("otpauth://totp/")
    assert len(set(made["recoveryCodes"])) == 10
    code = code_at(made["seed"], office.world.clock.advance(seconds=30))
    credentials = {"tenant": office.tenant, "login": "mori", "password": PASSWORD}
    session = await office.anonymous.do("login", **credentials, code=code)
    mori = with_session(office, session)
    assert session["expiresAt"] == "2026-11-22T15:01:00.000+00:00"
    assert (await mori.get("viewer"))["name"] == "mori"
    assert await mori.do("logout") == {"done": True}
    assert (await mori.post("{viewer{name}}")).status_code == 401
    assert (await office.anonymous.do("login", **credentials, code=code))["rule"] == "code-used"


async def test_whoever_is_wrong_about_anything_is_told_the_same(office: Office) -> None:
    human = (await office.colleague("tanaka")).human
    right = {"tenant": office.tenant, "login": "tanaka", "password": PASSWORD}

    async def answer(**changed: str) -> Any:
        sent = right | {"code": office.next_code(human)} | changed
        return await office.anonymous.do("login", **sent)

    wrong = [
        await answer(password="not the password at all"),
        await answer(login="nobody"),
        await answer(login="Tanaka"),
        await answer(login=""),
        await answer(tenant="tnt_000000000001"),
        await answer(tenant="tnt_-00000000001"),
        await answer(tenant=office.tenant.upper()),
        await answer(tenant=""),
    ]
    assert [told["rule"] for told in wrong] == ["account-unknown"] * len(wrong)
    assert wrong == [wrong[0]] * len(wrong)
    assert (await answer(code=office.wrong_code(human)))["rule"] == "code-wrong"
    assert (await answer())["__typename"] == "LoggedIn"


async def test_after_five_wrong_passwords_even_the_right_one_has_to_wait(office: Office) -> None:
    human = (await office.colleague("tanaka")).human
    sent = {"tenant": office.tenant, "login": "tanaka"}
    for _ in range(5):
        await office.anonymous.do("login", **sent, password="guess", code="000000")
    # The clock stands still: the next code would be right.
    code = code_at(human.seed, office.world.clock() + 30_000)
    refused = await office.anonymous.do("login", **sent, password=PASSWORD, code=code)
    assert refused["rule"] == "account-unknown"
    office.world.clock.advance(seconds=31)
    await office.log_in(human)


async def test_a_recovery_code_enrols_anew_once_and_ends_every_session(office: Office) -> None:
    tanaka = await office.colleague("tanaka")
    sent = {"tenant": office.tenant, "login": "tanaka", "password": PASSWORD}
    spent = tanaka.human.recovery_codes[0]
    made = await office.anonymous.do("recoverSecondFactor", **sent, recoveryCode=f" {spent} ")
    assert made["__typename"] == "AccountEnrolled", made
    assert (await tanaka.caller.post("{viewer{name}}")).status_code == 401
    old = await office.anonymous.do("login", **sent, code=office.next_code(tanaka.human))
    assert old["rule"] == "code-wrong"
    fresh = code_at(made["seed"], office.world.clock())
    with_session(office, await office.anonymous.do("login", **sent, code=fresh))
    for code in (spent, tanaka.human.recovery_codes[1], "wfr_nonsense", ""):
        refused = await office.anonymous.do("recoverSecondFactor", **sent, recoveryCode=code)
        assert refused["rule"] == "recovery-code-wrong"


async def test_a_changed_password_ends_every_session_and_the_old_password(office: Office) -> None:
    tanaka = await office.colleague("tanaka")
    for old, new, rule in (
        ("wrong wrong wrong", NEW, "account-unknown"),
        (PASSWORD, "short", "password-invalid"),
        (PASSWORD, "tanaka tanaka", "password-invalid"),
    ):
        answer = await tanaka.caller.do("changePassword", old=old, new=new)
        assert answer["rule"] == rule
    changed = await tanaka.caller.do("changePassword", old=PASSWORD, new=NEW)
    assert changed["account"]["login"] == "tanaka"
    assert (await tanaka.caller.post("{viewer{name}}")).status_code == 401
    sent = {"tenant": office.tenant, "login": "tanaka"}
    refused = await office.anonymous.do(
        "login", **sent, password=PASSWORD, code=office.next_code(tanaka.human)
    )
    assert refused["rule"] == "account-unknown"
    code = office.next_code(tanaka.human)
    with_session(office, await office.anonymous.do("login", **sent, password=NEW, code=code))


async def test_administrators_keep_roles_and_there_is_always_one_of_them(office: Office) -> None:
    boss, tanaka = await office.colleague("suzuki", Role.ADMINISTRATOR), await office.colleague("tanaka")
    client = await office.client()
    people = await office.register(client, 1)
    last = await boss.caller.do("changeRoles", login="suzuki", roles=["HANDLER"])
    assert last["rule"] == "last-administrator"
    assert (await boss.caller.do("disableAccount", login="suzuki"))["rule"] == "last-administrator"
    assert (await boss.caller.do("changeRoles", login="nobody", roles=["HANDLER"]))["rule"] == "unknown-id"
    assert (await boss.caller.do("changeRoles", login="tanaka", roles=[]))["rule"] == "account-invalid"
    changed = await boss.caller.do("changeRoles", login="tanaka", roles=["ADMINISTRATOR"])
    assert changed["account"]["roles"] == ["ADMINISTRATOR"]
    refused = await office.release(client, tanaka.human, people)
    assert refused["rule"] == "no-rule-permits", "a role that was taken is gone at once"
    assert (await tanaka.caller.post("{viewer{name}}")).status_code == 401, "and so are its sessions"
    risen = Caller(office.http, await office.log_in(tanaka.human))
    ended = await risen.do("disableAccount", login="suzuki")
    assert ended["account"]["disabled"]
    assert (await boss.caller.post("{viewer{name}}")).status_code == 401
    told = {account["login"]: account["disabled"] for account in (await risen.get("accounts"))["nodes"]}
    assert told == {"suzuki": True, "tanaka": False}


async def test_a_lost_authenticator_is_replaced_by_an_administrator(office: Office) -> None:
    boss, tanaka = await office.colleague("suzuki", Role.ADMINISTRATOR), await office.colleague("tanaka")
    made = await boss.caller.do("resetSecondFactor", login="tanaka")
    assert made["account"]["login"] == "tanaka"
    assert (await tanaka.caller.post("{viewer{name}}")).status_code == 401, "its open session has ended"
    sent = {"tenant": office.tenant, "login": "tanaka", "password": PASSWORD}
    old = await office.anonymous.do("login", **sent, code=office.next_code(tanaka.human))
    assert old["rule"] == "code-wrong"
    fresh = code_at(made["seed"], office.world.clock())
    with_session(office, await office.anonymous.do("login", **sent, code=fresh))
    assert (await boss.caller.do("resetSecondFactor", login="nobody"))["rule"] == "unknown-id"


async def test_a_code_given_again_proves_for_ten_minutes_that_the_human_is_there(office: Office) -> None:
    boss = await office.colleague("suzuki", Role.ADMINISTRATOR)
    sent = {"login": "mori", "name": "森", "roles": ["HANDLER"], "password": PASSWORD}
    office.world.clock.advance(minutes=10, seconds=0.001)
    refused = await boss.caller.do("createAccount", **sent)
    assert (refused["__typename"], refused["rule"]) == ("Refusal", "recent-proof-needed")
    assert all("reauthenticate" in refused[name] for name in ("messageJa", "messageEn"))
    (entry,) = (await boss.caller.get("auditEntries", last=1))["nodes"]
    assert (entry["action"], entry["rule"]) == ("vault:account:create", "recent-proof-needed")
    assert (await boss.caller.do("reauthenticate", code=office.wrong_code(boss.human)))[
        "rule"
    ] == "code-wrong"
    assert (await boss.caller.do("createAccount", **sent))["rule"] == "recent-proof-needed"
    code = office.next_code(boss.human)
    proven = await boss.caller.do("reauthenticate", code=code)
    assert proven == {"__typename": "Reauthenticated", "provenUntil": "2026-11-22T03:21:00.001+00:00"}
    (entry,) = (await boss.caller.get("auditEntries", last=1))["nodes"]
    assert (entry["action"], entry["outcome"], entry["human"]) == (
        "vault:account:reauthenticate",
        "ALLOWED",
        "suzuki",
    )
    office.world.clock.advance(minutes=10)
    assert (await boss.caller.do("createAccount", **sent))["__typename"] == "AccountEnrolled"


async def test_a_client_has_no_session_to_prove(office: Office) -> None:
    client = await office.client()
    assert (await client.do("reauthenticate", code="000000"))["rule"] == "no-rule-permits"


async def test_logins_names_and_passwords_that_cannot_be_used_are_refused_by_rule(office: Office) -> None:
    boss = await office.colleague("suzuki", Role.ADMINISTRATOR)
    right = {"login": "mori", "name": "森", "roles": ["HANDLER"], "password": PASSWORD}
    for changed, rule in (
        ({"login": "Mori"}, "name-invalid"),
        ({"login": "m123456789018"}, "name-invalid"),
        ({"login": "m" * 65}, "name-invalid"),
        ({"login": "suzuki"}, "name-taken"),
        ({"name": " "}, "account-invalid"),
        ({"name": "番号 1234-5678-9018"}, "account-invalid"),
        ({"roles": []}, "account-invalid"),
        ({"password": "password1234"}, "password-invalid"),
        ({"password": "short"}, "password-invalid"),
    ):
        answer = await boss.caller.do("createAccount", **right | changed)
        assert answer["__typename"] == "Refusal", changed
        assert answer["rule"] == rule
        (entry,) = (await boss.caller.get("auditEntries", last=1))["nodes"]
        assert (entry["action"], entry["outcome"], entry["rule"]) == ("vault:account:create", "DENIED", rule)
