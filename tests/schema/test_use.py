"""Uses through the API: asked for, confirmed, approved, taken. Every number here is synthetic."""

from typing import Any

from policies.actor import Role
from tests.support.api import Caller, Office, People
from tests.support.world import GENSEN

SETTINGS = {"quotaClient": 100, "quotaHuman": 100, "quotaPurpose": 100}


async def prepared(caller: Caller, people: People, **further: Any) -> Any:
    sent = {"tokens": people.tokens, "purpose": GENSEN, "reason": "年末調整"} | further
    answer = await caller.do("prepareUse", **sent)
    assert answer["__typename"] == "UsePrepared", answer
    return answer["use"]


async def test_a_handler_sees_what_a_client_asks_for_and_the_client_takes_the_numbers(office: Office) -> None:
    client, handler = await office.client(), await office.colleague()
    people = await office.register(client, 3)
    use = await prepared(client, people, reason="  年末調整 2026年  ")
    assert (
        use.items()
        >= {
            "reason": "年末調整 2026年",
            "persons": 3,
            "client": "payroll",
            "preparedBy": None,
            "state": "PREPARED",
            "needsApproval": False,
            "releasedAt": None,
            "expiresAt": "2026-11-22T03:10:30.000+00:00",
        }.items()
    )
    assert use["purpose"]["code"] == GENSEN
    seen = await handler.caller.get("use", useId=use["useId"])
    assert seen == use
    assert (await client.do("releaseUse", useId=use["useId"]))["rule"] == "use-not-confirmed"
    confirmed = await handler.caller.do(
        "confirmUse", useId=use["useId"], digest=seen["digest"], code=office.next_code(handler.human)
    )
    assert confirmed["__typename"] == "UseConfirmed"
    assert confirmed["use"]["confirmedBy"] == "tanaka"
    assert (await handler.caller.do("releaseUse", useId=use["useId"]))["rule"] == "use-unknown"
    released = await client.do("releaseUse", useId=use["useId"])
    assert (released["numbers"], released["tokens"]) == (people.numbers, people.tokens)
    assert released["use"]["state"] == "RELEASED"
    assert released["checkpoint"].startswith("warifu.invalid/log/")
    again = await client.do("releaseUse", useId=use["useId"])
    assert (again["__typename"], again["rule"]) == ("Refusal", "use-spent")


async def test_over_the_threshold_a_second_person_approves_never_the_same(office: Office) -> None:
    client, boss = await office.client(), await office.colleague("suzuki", *Role)
    approver = await office.colleague("sato", Role.APPROVER)
    await boss.caller.do("changeTenantSettings", approvalOver=2, **SETTINGS)
    people = await office.register(client, 3)
    use = await prepared(client, people)
    assert use["needsApproval"]
    step = {"useId": use["useId"], "digest": use["digest"]}
    early = await approver.caller.do("approveUse", **step, code=office.next_code(approver.human))
    assert early["rule"] == "use-not-confirmed"
    await client.do("confirmUse", **step, handler="suzuki", code=office.next_code(boss.human))
    assert (await client.do("releaseUse", useId=use["useId"]))["rule"] == "use-not-approved"
    same = await boss.caller.do("approveUse", **step, code=office.next_code(boss.human))
    assert same["rule"] == "never-the-same-person-twice"
    approved = await approver.caller.do("approveUse", **step, code=office.next_code(approver.human))
    assert (approved["use"]["state"], approved["use"]["approvedBy"]) == ("APPROVED", "sato")
    assert (await client.do("releaseUse", useId=use["useId"]))["numbers"] == people.numbers


async def test_what_is_confirmed_is_what_was_prepared_and_by_whom_it_names(office: Office) -> None:
    client = await office.client()
    handler, other = await office.colleague("tanaka"), await office.colleague("sato")
    people = await office.register(client, 1)
    use = await prepared(client, people, handler="tanaka")

    async def confirm(caller: Caller, **changed: Any) -> Any:
        return await caller.do("confirmUse", **{"useId": use["useId"], "digest": use["digest"]} | changed)

    stale = await confirm(handler.caller, digest="0" * 64, code=office.next_code(handler.human))
    assert stale["rule"] == "use-changed"
    foreign = await confirm(other.caller, code=office.next_code(other.human))
    assert foreign["rule"] == "a-use-needs-a-human"
    assert (await confirm(client, code="000000"))["rule"] == "a-use-needs-a-human"
    wrong = await confirm(client, handler="tanaka", code=office.wrong_code(handler.human))
    assert wrong["rule"] == "code-wrong"
    code = office.next_code(handler.human)
    assert (await confirm(client, handler="tanaka", code=code))["numbers"] == people.numbers
    second = await prepared(client, people)
    spent = await client.do("confirmUse", useId=second["useId"], handler="tanaka", code=code)
    assert spent["rule"] == "code-used"
    office.world.clock.advance(minutes=10, seconds=1)
    late = await client.do(
        "confirmUse", useId=second["useId"], handler="tanaka", code=office.next_code(handler.human)
    )
    assert late["rule"] == "use-expired"


async def test_what_cannot_be_used_is_refused_by_rule(office: Office) -> None:
    client = await office.client("payroll", frozenset({GENSEN, "SI_SHUTOKU"}))
    people = await office.register(client, 1)

    async def rule(**changed: Any) -> str:
        sent = {"tokens": people.tokens, "purpose": GENSEN, "reason": "年末調整"} | changed
        answer = await client.do("prepareUse", **sent)
        assert answer["__typename"] == "Refusal", answer
        return str(answer["rule"])

    assert await rule(purpose="NO_SUCH") == "purpose-unknown"
    assert await rule(purpose="RO_NENKIN") == "purpose-refused-by-law"
    assert await rule(purpose="TAX_FUYO") == "purpose-not-allowed-to-client"
    assert await rule(purpose="SI_SHUTOKU") == "purpose-not-notified"
    assert await rule(tokens=["wft_unknown"]) == "token-unknown"
    assert await rule(tokens=[]) == "no-persons"
    assert await rule(tokens=people.tokens * 10_001) == "too-many-numbers"
    for reason in ("", " ", "x" * 201, "a\nb", people.numbers[0], "1234-56789018"):
        assert await rule(reason=reason) == "reason-invalid"
    assert await rule(handler="123456789018") == "handler-unknown"


async def test_rows_that_cannot_be_used_are_told_and_the_others_come_out_with_their_tokens(
    office: Office,
) -> None:
    client, handler = await office.client(), await office.colleague()
    people = await office.register(client, 3)
    tokens = [people.tokens[2], "wft_unknown", people.tokens[0], people.tokens[2]]
    released = await client.do(
        "detokenize",
        tokens=tokens,
        purpose=GENSEN,
        reason="年末調整",
        handler=handler.login,
        code=office.next_code(handler.human),
    )
    assert released["tokens"] == [people.tokens[2], people.tokens[0]]
    assert released["numbers"] == [people.numbers[2], people.numbers[0]]
    assert [(row["row"], row["code"]) for row in released["rejections"]] == [
        (1, "token-unknown"),
        (3, "token-repeated"),
    ]
    many = await client.do(
        "detokenize",
        tokens=["wft_unknown"] * 101,
        purpose=GENSEN,
        reason="年末調整",
        handler=handler.login,
        code=office.next_code(handler.human),
    )
    assert many["rule"] == "too-many-numbers"


async def test_a_client_sees_its_own_uses_and_a_human_those_of_the_tenant(office: Office) -> None:
    payroll, other = await office.client("payroll"), await office.client("accounting")
    handler = await office.colleague()
    people = await office.register(payroll, 1)
    mine = await prepared(payroll, people)
    theirs = await prepared(other, await office.register(other, 1, seed=5))
    assert await payroll.get("use", useId=theirs["useId"]) is None
    assert [use["useId"] for use in (await payroll.get("uses", first=10))["nodes"]] == [mine["useId"]]
    seen = [use["useId"] for use in (await handler.caller.get("uses", first=10))["nodes"]]
    assert seen == [mine["useId"], theirs["useId"]]
    assert (await handler.caller.get("uses", first=10, state="RELEASED"))["nodes"] == []
    for useless in (theirs["useId"], "use_1", "use_", "use_" + "9" * 30, "", "1"):
        assert (await payroll.do("releaseUse", useId=useless))["rule"] == "use-unknown"
        confirmation = {"useId": useless, "handler": handler.login, "code": "000000"}
        assert (await payroll.do("confirmUse", **confirmation))["rule"] == "use-unknown"
        assert await payroll.get("use", useId=useless) is None
