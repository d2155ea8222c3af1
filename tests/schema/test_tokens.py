"""Tokens through the API: numbers in, tokens out, as columns. Every number here is synthetic."""

import asyncio
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from custody.replay import is_key
from policies.actor import Role
from tests.support.api import Office, batch
from tests.support.numbers import synthetic_numbers

NUMBERS = synthetic_numbers(6, seed=40)
DOCUMENT = "mutation($input: TokenizeInput!){tokenize(input:$input){__typename}}"


def spelled(number: str) -> str:
    """Full width, with the long vowel mark that Japanese keyboards give for a hyphen."""
    wide = number.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    return f"{wide[:4]}ー{wide[4:8]}ー{wide[8:]}"


async def test_tokens_come_in_the_order_of_the_rows_however_numbers_are_written(office: Office) -> None:
    client, handler = await office.client(), await office.colleague()
    done = await client.do(
        "tokenize", **batch(["a", "b", "c"], [NUMBERS[0], spelled(NUMBERS[1]), NUMBERS[2]])
    )
    assert (done["registered"], done["rejections"], done["logSize"] > 0) == (3, [], True)
    listed = (await client.get("tokens"))["nodes"]
    assert [(item["token"], item["person"]["externalId"]) for item in listed] == [
        (token, name) for token, name in zip(done["tokens"], "abc", strict=True)
    ]
    released = await client.do(
        "detokenize",
        tokens=done["tokens"][::-1],
        purpose="TAX_GENSEN",
        reason="年末調整",
        handler=handler.login,
        code=office.next_code(handler.human),
    )
    assert released["numbers"] == NUMBERS[2::-1]


async def test_rows_that_cannot_be_taken_are_rejected_alone_each_with_its_reason(office: Office) -> None:
    client = await office.client()
    await client.do("tokenize", **batch(["a"], NUMBERS[:1]))
    wrong = NUMBERS[1][:-1] + str((int(NUMBERS[1][-1]) + 1) % 10)
    done = await client.do(
        "tokenize",
        **batch(
            ["b", "c", "c", "a", "d", "e", "f", "g" * 65],
            [NUMBERS[1], wrong, NUMBERS[2], NUMBERS[3], NUMBERS[0], NUMBERS[1], "", NUMBERS[4]],
        ),
    )
    assert [(row["row"], row["code"]) for row in done["rejections"]] == [
        (1, "CHECK_DIGIT"),
        (2, "EXTERNAL_ID_REPEATED"),
        (3, "NUMBER_DIFFERS"),
        (4, "NUMBER_TAKEN"),
        (5, "NUMBER_REPEATED"),
        (6, "EMPTY"),
        (7, "EXTERNAL_ID_INVALID"),
    ]
    assert all(row["messageJa"] and row["messageEn"] for row in done["rejections"])
    assert [token is not None for token in done["tokens"]] == [True] + [False] * 7
    assert done["registered"] == 1


async def test_the_same_rows_with_a_further_purpose_may_be_used_for_both(office: Office) -> None:
    client, handler = await office.client(), await office.colleague("tanaka", Role.HANDLER, Role.AUDITOR)
    done = await client.do("tokenize", **batch(["a"], NUMBERS[:1], "TAX_GENSEN"))
    again = await client.do("tokenize", **batch(["a"], NUMBERS[:1], "TAX_FUYO"))
    assert (again["tokens"], again["rejections"], again["registered"]) == (done["tokens"], [], 0)
    (entry,) = (await handler.caller.get("auditEntries", last=1))["nodes"]
    assert entry["action"] == "vault:notice:give"
    for purpose in ("TAX_GENSEN", "TAX_FUYO"):
        released = await client.do(
            "detokenize",
            tokens=done["tokens"],
            purpose=purpose,
            reason="年末調整",
            handler=handler.login,
            code=office.next_code(handler.human),
        )
        assert released["numbers"] == NUMBERS[:1], purpose


async def test_the_same_rows_again_give_the_same_tokens_and_another_audience_gets_others(
    office: Office,
) -> None:
    payroll, other = await office.client("payroll"), await office.client("accounting")
    sent = batch(["a", "b"], NUMBERS[:2])
    first, again = await payroll.do("tokenize", **sent), await payroll.do("tokenize", **sent)
    assert again["tokens"] == first["tokens"]
    assert again["registered"] == 0
    elsewhere = await other.do("tokenize", **sent)
    assert elsewhere["registered"] == 0
    assert set(elsewhere["tokens"]).isdisjoint(first["tokens"])
    issued = await other.do("issueTokens", externalIds=["b", "nobody", "a"])
    assert issued["tokens"] == [elsewhere["tokens"][1], None, elsewhere["tokens"][0]]
    assert [(row["row"], row["code"]) for row in issued["rejections"]] == [(1, "PERSON_UNKNOWN")]


async def test_a_revoked_token_is_dead_and_another_can_be_issued(office: Office) -> None:
    payroll, other = await office.client("payroll"), await office.client("accounting")
    handler = await office.colleague()
    people = await office.register(payroll, 2)
    stolen = await other.do("revokeTokens", tokens=people.tokens)
    assert stolen == {"__typename": "TokensRevoked", "revoked": 0}
    assert (await payroll.do("revokeTokens", tokens=[people.tokens[0], "wft_unknown"]))["revoked"] == 1
    released = await office.release(payroll, handler.human, people)
    assert released["numbers"] == people.numbers[1:]
    assert [(row["row"], row["code"]) for row in released["rejections"]] == [(0, "token-unknown")]
    (fresh,) = (await payroll.do("issueTokens", externalIds=people.external_ids[:1]))["tokens"]
    assert fresh not in people.tokens
    assert len((await payroll.get("tokens"))["nodes"]) == 2


async def test_a_batch_as_a_whole_is_refused_by_rule(office: Office) -> None:
    client = await office.client()

    async def rule(**changed: Any) -> str:
        answer = await client.do("tokenize", **batch(["a"], NUMBERS[:1]) | changed)
        assert answer["__typename"] == "Refusal", answer
        return str(answer["rule"])

    assert await rule(externalIds=["a", "b"]) == "columns-differ"
    assert await rule(names=["x", "y"]) == "columns-differ"
    assert await rule(notifiedOn="2026-11-23") == "date-in-future"
    assert await rule(verifiedOn="2026-11-23") == "date-in-future"
    assert await rule(notifiedPurposes=["NO_SUCH"]) == "purpose-unknown"
    assert await rule(notifiedPurposes=["RO_NENKIN"]) == "purpose-refused-by-law"
    assert await rule(notifiedPurposes=["TRANSFER_19_4"]) == "consent-missing"
    assert (await client.get("persons"))["nodes"] == []
    nothing = await client.do("tokenize", **batch([], []))
    assert (nothing["__typename"], nothing["tokens"]) == ("Tokenized", [])
    agreed = batch(["a"], NUMBERS[:1], "TRANSFER_19_4") | {"consented": True}
    assert (await client.do("tokenize", **agreed))["registered"] == 1


async def test_dates_and_numbers_are_text_of_one_form(office: Office) -> None:
    client = await office.client()
    for changed in (
        {"notifiedOn": 20260401},
        {"notifiedOn": "20260401"},
        {"notifiedOn": "2026-W14-3"},
        {"notifiedOn": "2026-02-30"},
        {"notifiedOn": "２０２６-04-01"},
        {"numbers": [int(NUMBERS[0])]},
        {"numbers": [True]},
        {"numbers": [None]},
        {"numbers": [[NUMBERS[0]]]},
    ):
        sent = batch(["a"], NUMBERS[:1]) | changed
        assert await client.code_of(DOCUMENT, input=sent) == "BAD_USER_INPUT", changed


async def test_an_idempotency_key_makes_a_batch_happen_once(office: Office) -> None:
    client = await office.client()
    sent = batch(["a", "b"], NUMBERS[:2]) | {"idempotencyKey": "0191d7a2-batch-1"}
    first = await client.do("tokenize", **sent)
    size = (await client.get("auditLog"))["size"]
    again = await client.do("tokenize", **sent)
    assert again == first
    assert (await client.get("auditLog"))["size"] == size, "nothing happened, so nothing is recorded"
    other = await client.do("tokenize", **sent | {"externalIds": ["a", "c"]})
    assert other["rule"] == "idempotency-conflict"
    assert (await client.get("auditLog"))["size"] == size + 1, "a refusal is recorded"
    office.world.clock.advance(days=1, seconds=1)
    assert (await client.do("tokenize", **sent))["registered"] == 0


async def test_the_same_batch_twenty_times_at_once_is_registered_once(office: Office) -> None:
    client = await office.client()
    sent = batch([f"p{row}" for row in range(6)], NUMBERS) | {"idempotencyKey": "the-same-batch"}
    answers = await asyncio.gather(*(client.do("tokenize", **sent) for _ in range(20)))
    assert answers == [answers[0]] * 20
    assert answers[0]["registered"] == 6
    assert len((await client.get("persons"))["nodes"]) == 6
    auditor = await office.colleague("sato", Role.AUDITOR)
    entries = (await auditor.caller.get("auditEntries", first=100))["nodes"]
    assert [entry["action"] for entry in entries].count("vault:number:register") == 6


async def test_a_number_is_no_idempotency_key_and_any_uuid_is_one(office: Office) -> None:
    client = await office.client()
    for key in (NUMBERS[5], f"batch {NUMBERS[5]}", spelled(NUMBERS[5]), "", "x" * 129, "会社", "a\tb"):
        sent = batch(["a"], NUMBERS[:1]) | {"idempotencyKey": key}
        assert await client.code_of(DOCUMENT, input=sent) == "BAD_USER_INPUT", key
    # The last group of a UUID may well be twelve digits, as in RFC 9562's own example of version 4.
    for key in ("919108f7-52d1-4320-9bac-123456789012", "919108f7-1234-4320-9012-f847db4148a8"):
        done = await client.do("tokenize", **batch(["a"], NUMBERS[:1]) | {"idempotencyKey": key})
        assert done["__typename"] == "Tokenized", key


@given(st.uuids(version=4))
def test_no_random_uuid_is_taken_for_a_number(key: UUID) -> None:
    assert is_key(str(key))
    assert is_key(f"{key}.17")
