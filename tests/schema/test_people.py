"""People, notices and changed numbers through the API. Every number here is synthetic."""

from typing import Any

from policies.actor import Role
from tests.support.api import TODAY, Office, batch
from tests.support.numbers import synthetic_numbers
from tests.support.world import GENSEN

TOMORROW = "2026-11-23"
NEW = synthetic_numbers(1, seed=900)[0]
CARD = {"verification": "MY_NUMBER_CARD", "verifiedOn": TODAY}


async def test_a_person_is_told_with_everything_but_the_number(office: Office) -> None:
    client = await office.client()
    sent = batch(["E-1", "D-1"], synthetic_numbers(2)) | {
        "kinds": ["EMPLOYEE", "DEPENDENT"],
        "names": ["試験 太郎", "試験 花子"],
        "kana": ["シケン タロウ", "シケン ハナコ"],
        "birthDates": ["1980-04-01", ""],
        "addresses": ["東京都千代田区1-1", ""],
        "employees": ["", "E-1"],
    }
    done = await client.do("tokenize", **sent)
    taro, hanako = (await client.get("persons"))["nodes"]
    assert (
        taro.items()
        >= {
            "externalId": "E-1",
            "kind": "EMPLOYEE",
            "name": "試験 太郎",
            "kana": "シケン タロウ",
            "birthDate": "1980-04-01",
            "address": "東京都千代田区1-1",
            "employee": None,
            "notices": [{"purpose": GENSEN, "toldOn": "2026-04-01"}],
            "verification": "MY_NUMBER_CARD",
            "verifiedOn": "2026-04-01",
            "numberState": "HELD",
            "token": done["tokens"][0],
        }.items()
    )
    assert hanako.items() >= {"externalId": "D-1", "employee": "E-1", "birthDate": None}.items()


async def test_people_are_filtered_by_id_kind_and_state(office: Office) -> None:
    client = await office.client()
    await client.do(
        "tokenize",
        **batch(["E-1", "E-2", "P-1"], synthetic_numbers(3)) | {"kinds": ["EMPLOYEE", "EMPLOYEE", "PAYEE"]},
    )

    async def found(**wanted: str) -> list[str]:
        page = await client.get("persons", filter=wanted)
        return [person["externalId"] for person in page["nodes"]]

    assert await found() == ["E-1", "E-2", "P-1"]
    assert await found(kind="PAYEE") == ["P-1"]
    assert await found(externalId="E-2") == ["E-2"]
    assert await found(externalId="E-2", kind="PAYEE") == []
    assert await found(externalId="E-") == []
    assert await found(numberState="HELD") == ["E-1", "E-2", "P-1"]
    assert await found(numberState="DISPOSED") == []


async def test_each_audience_sees_its_own_tokens_and_who_works_with_none_sees_none(office: Office) -> None:
    payroll, other = await office.client("payroll"), await office.client("accounting")
    handler = await office.colleague("tanaka")
    auditor = await office.colleague("sato", Role.AUDITOR)
    boss = await office.colleague("suzuki", Role.ADMINISTRATOR)
    people = await office.register(payroll, 1)
    issued = (await handler.caller.do("issueTokens", externalIds=people.external_ids))["tokens"]
    seen = {}
    for name, caller in {
        "payroll": payroll,
        "other": other,
        "handler": handler.caller,
        "auditor": auditor.caller,
        "boss": boss.caller,
    }.items():
        (person,) = (await caller.get("persons"))["nodes"]
        seen[name] = person["token"]
    assert seen == {
        "payroll": people.tokens[0],
        "other": None,
        "handler": issued[0],
        "auditor": None,
        "boss": None,
    }


async def test_a_notice_is_recorded_keeps_its_first_day_and_opens_the_purpose(office: Office) -> None:
    client, handler = await office.client(), await office.colleague()
    people = await office.register(client, 2, notifiedPurposes=[])

    async def release() -> Any:
        return await office.release(client, handler.human, people)

    assert (await release())["rule"] == "purpose-not-notified"
    for day in ("2026-05-01", "2026-06-01"):
        told = await client.do(
            "giveNotice", externalIds=[*people.external_ids, "nobody"], purposes=[GENSEN], toldOn=day
        )
        assert told["persons"] == 2
        assert [(row["row"], row["code"]) for row in told["rejections"]] == [(2, "PERSON_UNKNOWN")]
    (person, _) = (await client.get("persons"))["nodes"]
    assert person["notices"] == [{"purpose": GENSEN, "toldOn": "2026-05-01"}]
    assert (await release())["numbers"] == people.numbers


async def test_notices_that_make_no_sense_are_refused_by_rule(office: Office) -> None:
    client = await office.client()
    people = await office.register(client, 1)

    async def refused(**changed: Any) -> str:
        sent = {"externalIds": people.external_ids, "purposes": [GENSEN], "toldOn": TODAY} | changed
        answer = await client.do("giveNotice", **sent)
        assert answer["__typename"] == "Refusal", answer
        return str(answer["rule"])

    assert await refused(toldOn=TOMORROW) == "date-in-future"
    assert await refused(purposes=["NO_SUCH"]) == "purpose-unknown"
    assert await refused(purposes=[GENSEN, "RO_NENKIN"]) == "purpose-refused-by-law"
    assert await refused(purposes=["TRANSFER_19_4"]) == "consent-missing"
    assert await refused(externalIds=["x"] * 10_001) == "too-many-rows"
    told = await client.do(
        "giveNotice",
        externalIds=people.external_ids,
        purposes=["TRANSFER_19_4"],
        toldOn=TODAY,
        consented=True,
    )
    assert told["persons"] == 1


async def test_a_changed_number_takes_the_old_ones_place_under_the_same_token(office: Office) -> None:
    client, handler = await office.client(), await office.colleague()
    people = await office.register(client, 2)
    changed = await handler.caller.do("changeNumber", externalId=people.external_ids[0], number=NEW, **CARD)
    assert changed == {"__typename": "NumberChanged", "externalId": people.external_ids[0], "version": 2}
    released = await office.release(client, handler.human, people)
    assert released["numbers"] == [NEW, people.numbers[1]]
    assert released["tokens"] == people.tokens


async def test_a_change_that_cannot_be_right_is_told_with_its_reason(office: Office) -> None:
    client, handler = await office.client(), await office.colleague()
    people = await office.register(client, 2)

    async def answer(**changed: Any) -> Any:
        sent = {"externalId": people.external_ids[0], "number": NEW} | CARD | changed
        return await handler.caller.do("changeNumber", **sent)

    assert (await answer(externalId="nobody"))["code"] == "PERSON_UNKNOWN"
    assert (await answer(number=people.numbers[1]))["code"] == "NUMBER_TAKEN"
    wrong = await answer(number=NEW[:-1] + str((int(NEW[-1]) + 1) % 10))
    assert wrong["__typename"] == "RowRejection"
    assert (await answer(verifiedOn=TOMORROW))["rule"] == "date-in-future"
    refused = await client.do("changeNumber", externalId=people.external_ids[0], number=NEW, **CARD)
    assert refused["rule"] == "no-rule-permits"
