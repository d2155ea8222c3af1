"""Credentials: what is taken for one, how it ends, and what a stolen one is good for. Numbers are synthetic."""

from typing import Any
from zlib import crc32

import httpx
import pytest

from policies.actor import Role
from policies.totp import code_at
from schema.tenants import parse_tenant
from tests.support.api import ACCEPT, TODAY, Caller, Colleague, Office
from tests.support.numbers import synthetic_numbers
from tests.support.world import GENSEN, PASSWORD
from tokenizer.token import Kind, mint_recovery_codes, mint_secret

WHO = "{viewer{name tenant{tenantId}}}"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


async def send(office: Office, *headers: str) -> httpx.Response:
    """Ask who is asking, with exactly these Authorization headers."""
    return await office.http.post(
        "/graphql",
        json={"query": WHO},
        headers=[
            (b"accept", ACCEPT.encode()),
            *((b"authorization", header.encode("latin-1")) for header in headers),
        ],
    )


def with_checksum(body: str) -> str:
    """The body of a secret with the checksum that belongs to it."""
    value, digits = crc32(body.encode()), ""
    for _ in range(6):
        value, digit = divmod(value, 62)
        digits = ALPHABET[digit] + digits
    return body + digits


async def test_whatever_is_no_living_credential_is_refused_with_one_answer(office: Office) -> None:
    client, tanaka = await office.client(), await office.colleague()
    people = await office.register(client, 1)
    key, tenant = str(client.credential), parse_tenant(office.tenant)
    random_bytes = office.world.custodian.random_bytes
    texts = [
        *("", " ", "Bearer", "Bearer ", "Bearer x", "Bearer \u00e9", "Token abc", key, f"Basic {key}"),
        *(f"Bearer\t{key}", f"Bearer {key} {key}", f"Bearer {key},", f'Bearer "{key}"', f"Bearer {key[:-1]}"),
        *(f"Bearer {key[:-1]}{'0' if key[-1] != '0' else '1'}", f"Bearer {key.swapcase()}"),
        f"Bearer wfs_{key[4:]}",
        "Bearer " + with_checksum(f"wfs_{key[4:-6]}"),
        "Bearer " + with_checksum(key[:20] + ("A" if key[20] != "A" else "B") + key[21:-6]),
        *(f"Bearer {mint_secret(kind, owner, random_bytes)}" for kind in Kind for owner in (tenant, 0, 1)),
        *(f"Bearer {text}" for text in (people.tokens[0], tanaka.human.recovery_codes[0])),
        f"Bearer {mint_recovery_codes(1, random_bytes)[0]}",
        f"Bearer {synthetic_numbers(1)[0]}",
        f"Bearer {PASSWORD}",
    ]
    answers = [await send(office, text) for text in texts]
    assert with_checksum(key[:-6]) == key, "the checksum of the test is the checksum of the server"
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.text for answer in answers} == {answers[0].text}
    assert {answer.headers["www-authenticate"] for answer in answers} == {'Bearer realm="warifu"'}
    (error,) = answers[0].json()["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert "data" not in answers[0].json()


async def test_the_scheme_is_read_as_the_rfc_says_and_two_credentials_are_none(office: Office) -> None:
    key = str((await office.client()).credential)
    for text in (f"Bearer {key}", f"bearer {key}", f"BEARER {key}", f"Bearer    {key}", f"Bearer {key}  "):
        assert (await send(office, text)).status_code == 200, text
    assert (await send(office, f"Bearer {key}", f"Bearer {key}")).status_code == 401


async def test_a_key_opens_its_own_tenant_and_cannot_be_moved_to_another(office: Office) -> None:
    other = await office.beside("株式会社別物")
    mine, theirs = str((await office.client()).credential), str((await other.client()).credential)
    for key, owner in ((mine, office), (theirs, other)):
        told = (await send(office, f"Bearer {key}")).json()["data"]["viewer"]
        assert told == {"name": "payroll", "tenant": {"tenantId": owner.tenant}}
    moved = with_checksum(theirs[:13] + mine[13:-6])
    assert (await send(office, f"Bearer {moved}")).status_code == 401


async def test_a_session_ends_fifteen_minutes_after_its_last_request(office: Office) -> None:
    tanaka = await office.colleague()
    for _ in range(4):
        office.world.clock.advance(minutes=15)
        assert (await tanaka.caller.post(WHO)).status_code == 200
    office.world.clock.advance(minutes=15, seconds=0.001)
    assert (await tanaka.caller.post(WHO)).status_code == 401
    office.world.clock.advance(minutes=-5)
    assert (await tanaka.caller.post(WHO)).status_code == 200, "it was the clock and nothing else"


async def test_a_session_ends_after_twelve_hours_however_busy_it_is(office: Office) -> None:
    tanaka = await office.colleague()
    for _ in range(48):
        office.world.clock.advance(minutes=15)
        assert (await tanaka.caller.post(WHO)).status_code == 200
    office.world.clock.advance(seconds=0.001)
    assert (await tanaka.caller.post(WHO)).status_code == 401


async def test_a_client_key_knows_no_hours(office: Office) -> None:
    client = await office.client()
    office.world.clock.advance(days=400)
    assert (await client.post(WHO)).status_code == 200


async def test_a_disabled_account_is_nobody_at_once_by_session_password_or_code(office: Office) -> None:
    boss, tanaka = await office.colleague("suzuki", Role.ADMINISTRATOR), await office.colleague("tanaka")
    client = await office.client()
    people = await office.register(client, 1)
    use = (await client.do("prepareUse", tokens=people.tokens, purpose=GENSEN, reason="年末調整"))["use"]
    await tanaka.caller.do("confirmUse", useId=use["useId"], code=office.next_code(tanaka.human))
    await boss.caller.do("disableAccount", login="tanaka")
    assert (await tanaka.caller.post(WHO)).status_code == 401
    sent = {"tenant": office.tenant, "login": "tanaka", "password": PASSWORD}
    code = office.next_code(tanaka.human)
    assert (await office.anonymous.do("login", **sent, code=code))["rule"] == "account-unknown"
    recovery = {**sent, "recoveryCode": tanaka.human.recovery_codes[0]}
    assert (await office.anonymous.do("recoverSecondFactor", **recovery))["rule"] == "account-unknown"
    assert (await office.release(client, tanaka.human, people))["rule"] == "a-use-needs-a-human"
    assert (await client.do("releaseUse", useId=use["useId"]))["rule"] == "a-use-needs-a-human"


@pytest.fixture
async def robbed(office: Office) -> Colleague:
    """A handler whose session somebody else has, but neither password nor authenticator."""
    return await office.colleague("tanaka", Role.HANDLER, Role.APPROVER, Role.AUDITOR)


async def test_a_stolen_session_reads_tokens_and_brings_no_number_out(
    office: Office, robbed: Colleague
) -> None:
    thief = Caller(office.http, robbed.caller.credential)
    people = await office.register(robbed.caller, 2)
    assert [item["token"] for item in (await thief.get("tokens"))["nodes"]] == people.tokens
    spent = code_at(robbed.human.seed, office.world.clock())
    wanted = {"tokens": people.tokens, "purpose": GENSEN, "reason": "窃取"}
    use = (await thief.do("prepareUse", **wanted))["use"]["useId"]
    tries: list[Any] = [
        await thief.do("releaseUse", useId=use),
        *[await thief.do("detokenize", **wanted, code=code) for code in (spent, "000000", "", "      ")],
        *[await thief.do("confirmUse", useId=use, code=code) for code in (spent, "999999")],
        await thief.do("approveUse", useId=use, code="999999"),
        await thief.do("changePassword", old="a guess at a passphrase", new="the thief's own passphrase"),
    ]
    assert {answer["__typename"] for answer in tries} == {"Refusal"}
    for name in ("createAccount", "resetSecondFactor", "changeRoles", "createClient"):
        sent = {"login": "tanaka", "name": "x", "roles": ["HANDLER"], "password": PASSWORD, "purposes": []}
        known = {
            "createAccount": {"login", "name", "roles", "password"},
            "createClient": {"name", "purposes"},
        }
        fields = known.get(name, {"login", "roles"} if name == "changeRoles" else {"login"})
        answer = await thief.do(name, **{key: value for key, value in sent.items() if key in fields})
        assert answer["rule"] in {"no-rule-permits", "name-taken"}, name
    robbed_of = [answer.get("numbers") for answer in tries]
    assert robbed_of == [None] * len(tries)
    assert (await office.release(robbed.caller, robbed.human, people))["numbers"] == people.numbers


async def test_a_stolen_session_of_an_administrator_makes_no_handler_and_takes_nobody_s_authenticator(
    office: Office,
) -> None:
    boss, tanaka = await office.colleague("suzuki", *Role), await office.colleague("tanaka")
    client = await office.client()
    people = await office.register(client, 1)
    thief = Caller(office.http, boss.caller.credential)
    office.world.clock.advance(minutes=10, seconds=1)
    spent = code_at(boss.human.seed, office.world.clock.now - 10 * 60_000 - 1_000)
    settings = dict.fromkeys(("approvalOver", "quotaClient", "quotaHuman", "quotaPurpose"), 10**6)
    account = {"login": "thief", "name": "x", "roles": ["HANDLER"], "password": PASSWORD}
    tries = {
        "createAccount": account,
        "changeRoles": {"login": "suzuki", "roles": ["HANDLER"]},
        "resetSecondFactor": {"login": "tanaka"},
        "createClient": {"name": "thief", "purposes": [GENSEN]},
        "rotateClientKey": {"name": "payroll"},
        "changeClient": {"name": "payroll", "purposes": [GENSEN]},
        "changeTenantSettings": settings,
    }
    for guess in (spent, office.wrong_code(boss.human), ""):
        assert (await thief.do("reauthenticate", code=guess))["rule"] in {"code-used", "code-wrong"}
        for name, sent in tries.items():
            assert (await thief.do(name, **sent))["rule"] == "recent-proof-needed", name
    assert (await office.release(client, tanaka.human, people))["numbers"] == people.numbers
    proven = await boss.caller.do("reauthenticate", code=office.next_code(boss.human))
    assert proven["__typename"] == "Reauthenticated"
    assert (await boss.caller.do("createAccount", **account))["__typename"] == "AccountEnrolled"


async def test_a_stolen_client_key_brings_no_number_out_and_changes_none(office: Office) -> None:
    client, tanaka = await office.client(), await office.colleague()
    people = await office.register(client, 2)
    wanted = {"tokens": people.tokens, "purpose": GENSEN, "reason": "窃取"}
    use = (await client.do("prepareUse", **wanted))["use"]["useId"]
    guess = office.wrong_code(tanaka.human)
    number = synthetic_numbers(1, seed=77)[0]
    card = {"verification": "MY_NUMBER_CARD", "verifiedOn": TODAY}
    tries = [
        await client.do("detokenize", **wanted, code=guess),
        await client.do("detokenize", **wanted, code=guess, handler="tanaka"),
        await client.do("confirmUse", useId=use, code=guess, handler="tanaka"),
        await client.do("releaseUse", useId=use),
        await client.do("changeNumber", externalId=people.external_ids[0], number=number, **card),
    ]
    assert [answer["__typename"] for answer in tries] == ["Refusal"] * 5
    assert (await office.release(client, tanaka.human, people))["numbers"] == people.numbers
