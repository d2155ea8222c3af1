"""Guessing and hurrying: many codes in one request, many requests at once, the same request many times.

Every number here is synthetic.
"""

import asyncio
from itertools import count
from typing import Any

from policies.actor import Role
from policies.totp import code_at
from tests.support import tamper
from tests.support.api import Caller, Colleague, Office, People
from tests.support.walk import operation
from tests.support.world import GENSEN, PASSWORD, Human

DETOKENIZE = operation("detokenize").document


async def failures(office: Office, colleague: Colleague) -> int:
    """How many codes in a row were got wrong."""
    world = office.world
    sql = "SELECT failures FROM second_factor WHERE tenant_id = :tenant AND account_id = :account"
    account = colleague.human.account.id
    found = await tamper.value(
        world.house.database, world.tenant.id, sql, tenant=world.tenant.id, account=account
    )
    return int(found)


async def actions(caller: Caller) -> list[tuple[str, str]]:
    """What the log says was done, and by which rule it was refused."""
    found: list[tuple[str, str]] = []
    after, more = None, True
    while more:
        page = await caller.get("auditEntries", first=100, after=after)
        found += [(entry["action"], entry["rule"] or "") for entry in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return found


def use(people: People, code: str) -> dict[str, Any]:
    return {
        "tokens": people.tokens,
        "purpose": GENSEN,
        "reason": "総当たり",
        "handler": "tanaka",
        "code": code,
    }


def code_now(office: Office, human: Human) -> str:
    """The code of this moment; the clock stands still."""
    return code_at(human.seed, office.world.clock())


CODES = [f"{code:06d}" for code in range(1_000)]


# --- many codes in one request


async def test_no_request_tries_more_than_one_code(office: Office) -> None:
    client, tanaka = await office.client(), await office.colleague("tanaka")
    people = await office.register(client, 1)
    guesses = CODES
    field = "detokenize(input: $i{0}) {{ ... on NumbersReleased {{ numbers }} ... on Refusal {{ rule }} }}"
    declared = ", ".join(f"$i{place}: DetokenizeInput!" for place in range(len(guesses)))
    variables = {f"i{place}": use(people, code) for place, code in enumerate(guesses)}
    aliases = " ".join(f"a{place}: {field.format(place)}" for place in range(len(guesses)))
    fragments = " ".join(
        f"fragment F{place} on Mutation {{ a{place}: {field.format(place)} }}" for place in range(9)
    )
    named = " ".join(
        f"mutation M{place}($i{place}: DetokenizeInput!) {{ {field.format(place)} }}" for place in range(9)
    )
    one = "mutation($i0: DetokenizeInput!)"
    documents = {
        "aliases": f"mutation({declared}) {{ {aliases} }}",
        "two aliases": f"{one} {{ a: {field.format(0)} b: {field.format(0)} }}",
        "repeated field": f"{one} {{ {field.format(0)} {field.format(0)} }}",
        "fragments": f"mutation({declared}) {{ {' '.join(f'...F{place}' for place in range(9))} }} {fragments}",
        "one fragment": f"{one} {{ ...F0 }} fragment F0 on Mutation {{ {field.format(0)} }}",
        "inline fragments": f"{one} {{ ... {{ {field.format(0)} }} ... on Mutation {{ b: {field.format(0)} }} }}",
        "operations": named,
        "directive": f"{one} {{ {field.format(0)} @include(if: true) b: {field.format(0)} @skip(if: false) }}",
    }
    for name, document in documents.items():
        response = await client.post(
            document, variables, **({"operationName": "M0"} if name == "operations" else {})
        )
        code = response.json()["errors"][0]["extensions"]["code"]
        assert code in {"ONE_MUTATION_PER_REQUEST", "OPERATION_TOO_COMPLEX", "GRAPHQL_PARSE_FAILED"}, name
        assert await failures(office, tanaka) == 0, name
    array = [{"query": DETOKENIZE, "variables": {"input": use(people, code)}} for code in guesses]
    headers = {"authorization": f"Bearer {client.credential}"}
    response = await office.http.post("/graphql", json=array, headers=headers)
    assert response.status_code == 400
    assert await failures(office, tanaka) == 0


async def test_one_request_counts_one_attempt_whatever_it_says(office: Office) -> None:
    client, tanaka = await office.client(), await office.colleague("tanaka")
    people = await office.register(client, 1)
    wrong = office.wrong_code(tanaka.human)
    for guess in (wrong, f"{wrong} {wrong}", f"{wrong},{wrong}", "", wrong[:5], "٣" * 6):
        before = await failures(office, tanaka)
        answer = await client.do("detokenize", **use(people, guess))
        assert answer["rule"] == "code-wrong", guess
        assert await failures(office, tanaka) == before + 1
    odd: list[Any] = [[wrong], [[wrong]], {"code": wrong}, 123456, None]
    for value in odd:
        before = await failures(office, tanaka)
        response = await client.post(DETOKENIZE, {"input": use(people, "") | {"code": value}})
        assert response.status_code == 400, value
        assert await failures(office, tanaka) == before


# --- many requests at once


async def test_a_hundred_wrong_codes_at_once_are_ten_attempts_and_the_end_of_the_factor(
    office: Office,
) -> None:
    client, tanaka = await office.client(), await office.colleague("tanaka")
    auditor = await office.colleague("sato", Role.AUDITOR)
    people = await office.register(client, 1)
    right = office.next_code(tanaka.human)
    near = {code_at(tanaka.human.seed, office.world.clock() + step * 30_000) for step in range(-3, 4)}
    guesses = [code for code in CODES if code not in near][:100]
    answers = await asyncio.gather(*(client.do("detokenize", **use(people, code)) for code in guesses))
    rules = [answer["rule"] for answer in answers]
    assert set(rules) <= {"code-wrong", "factor-disabled"}
    assert rules.count("code-wrong") <= 10
    assert await failures(office, tanaka) == 10
    assert (await client.do("detokenize", **use(people, right)))["rule"] == "factor-disabled"
    told = await actions(auditor.caller)
    assert told.count(("vault:code:refuse", "code-wrong")) == rules.count("code-wrong")
    assert told.count(("vault:account:disable", "factor-disabled")) == 1
    assert "vault:number:release" not in {action for action, _ in told}
    # Another handler is not kept from working.
    other = await office.colleague("mori")
    assert (
        await client.do("detokenize", **use(people, office.next_code(other.human)) | {"handler": "mori"})
    )["numbers"]


async def test_one_code_in_fifty_requests_at_once_releases_once(office: Office) -> None:
    client, tanaka = await office.client(), await office.colleague("tanaka")
    auditor = await office.colleague("sato", Role.AUDITOR)
    people = await office.register(client, 2)
    code = office.next_code(tanaka.human)
    answers = await asyncio.gather(*(client.do("detokenize", **use(people, code)) for _ in range(50)))
    released = [answer for answer in answers if answer["__typename"] == "NumbersReleased"]
    assert [answer["numbers"] for answer in released] == [people.numbers]
    assert {answer["rule"] for answer in answers if answer not in released} <= {
        "code-used",
        "factor-disabled",
    }
    told = [action for action, _ in await actions(auditor.caller)]
    assert told.count("vault:number:release") == len(people.numbers)


async def test_one_confirmed_use_taken_fifty_times_at_once_is_released_once(office: Office) -> None:
    client, tanaka = await office.client(), await office.colleague("tanaka")
    people = await office.register(client, 1)
    prepared = await client.do("prepareUse", tokens=people.tokens, purpose=GENSEN, reason="年末調整")
    step = {"useId": prepared["use"]["useId"]}
    await tanaka.caller.do("confirmUse", **step, code=office.next_code(tanaka.human))
    answers = await asyncio.gather(*(client.do("releaseUse", **step) for _ in range(50)))
    assert [answer["__typename"] for answer in answers].count("NumbersReleased") == 1
    assert {answer["rule"] for answer in answers if "rule" in answer} == {"use-spent"}


async def test_a_quota_is_exact_however_many_ask_at_once(office: Office) -> None:
    client = await office.client()
    boss = await office.colleague("suzuki", Role.ADMINISTRATOR)
    settings = {"approvalOver": 100, "quotaClient": 7, "quotaHuman": 1_000, "quotaPurpose": 1_000}
    await boss.caller.do("changeTenantSettings", **settings)
    people = await office.register(client, 1)
    handlers = [await office.world.human(f"h{number}") for number in range(12)]
    office.world.clock.advance(seconds=60)
    answers = await asyncio.gather(
        *(
            client.do("detokenize", **use(people, code_now(office, handler)) | {"handler": handler.login})
            for handler in handlers
        )
    )
    assert [answer["__typename"] for answer in answers].count("NumbersReleased") == 7
    assert {answer["rule"] for answer in answers if "rule" in answer} == {"quota-client"}


async def test_forty_logins_at_once_try_five_passwords(office: Office) -> None:
    tanaka = await office.colleague("tanaka")
    guesses = count()
    sent = {"tenant": office.tenant, "login": "tanaka", "code": "000000"}
    answers = await asyncio.gather(
        *(office.anonymous.do("login", **sent, password=f"guess number {next(guesses)}") for _ in range(40))
    )
    assert {answer["rule"] for answer in answers} == {"account-unknown"}
    sql = "SELECT failures FROM login_attempt WHERE tenant_id = :tenant AND account_id = :account"
    world, account = office.world, tanaka.human.account.id
    tried = await tamper.value(
        world.house.database, world.tenant.id, sql, tenant=world.tenant.id, account=account
    )
    assert tried == 5
    right = {**sent, "password": PASSWORD, "code": code_now(office, tanaka.human)}
    assert (await office.anonymous.do("login", **right))["rule"] == "account-unknown"
    office.world.clock.advance(seconds=30)
    await office.log_in(tanaka.human)


async def test_requests_that_are_cut_off_in_the_middle_leave_the_server_working(office: Office) -> None:
    client, tanaka = await office.client(), await office.colleague("tanaka")
    people = await office.register(client, 1)
    tasks = [
        asyncio.create_task(client.do("detokenize", **use(people, office.wrong_code(tanaka.human))))
        for _ in range(5)
    ]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await failures(office, tanaka) <= 5
    answer = await client.do("detokenize", **use(people, office.next_code(tanaka.human)))
    assert answer["numbers"] == people.numbers
