"""Identity verification over HTTP: the desk says what it saw, the rules decide, with the article.

Every number here is synthetic.
"""

import asyncio
from typing import Any, Final

import pytest

from tests.support.api import Office
from tests.support.campaigns import CARD, CARD_SEEN, NOTICE, Season
from tests.support.numbers import synthetic_numbers
from tests.support.walk import operation
from tests.support.world import GENSEN

FIRST, SECOND = synthetic_numbers(2, seed=813)
LICENCE: Final = {"document": "DRIVING_LICENCE", "matches": ["NAME", "ADDRESS"], "original": True}


@pytest.fixture
async def season(office: Office) -> Season:
    return await Season.begin(office)


def found(answer: Any) -> list[tuple[str, str, str | None]]:
    return [(each["finding"], each["check"], each["document"]) for each in answer["faults"]]


def findings(answer: Any) -> set[str]:
    return {each["finding"] for each in answer["verification"]["faults"]}


async def test_a_refused_verdict_names_what_is_wrong_with_the_article_and_an_accepted_one_what_it_rests_on(
    season: Season,
) -> None:
    await season.add("E1")
    await season.told("E1")
    await season.submit("E1", FIRST)

    # The notice of the number proves nothing; a licence that has run out neither.
    notice = {"document": "NUMBER_NOTICE", "matches": ["NAME", "BIRTH_DATE"], "original": True}
    expired = {**LICENCE, "expiresOn": "2026-11-21"}
    refused = await season.verify("E1", {**CARD_SEEN, "number": [notice], "identity": [expired]})
    verdict = refused["verification"]
    assert (refused["state"], verdict["accepted"]) == ("ARRIVED", False)
    assert ("NEVER_ACCEPTED", "NUMBER", "NUMBER_NOTICE") in found(verdict)
    assert ("EXPIRED", "IDENTITY", "DRIVING_LICENCE") in found(verdict)
    assert all(each["basis"] and each["words"]["ja"] and each["words"]["en"] for each in verdict["faults"])
    suggested = [each["code"] for each in refused["deficiencies"]]
    assert {"NOTIFICATION_LETTER", "EXPIRED"} <= set(suggested)
    not_yet = await season.step("registerCollections", "E1")
    assert (not_yet["tokens"], not_yet["rejections"][0]["code"]) == ([], "STEP_NOT_ALLOWED")

    # The desk records what the verdict suggests, the person sends better ones.
    assert (await season.step("recordDeficiencies", "E1", codes=suggested))["states"] == ["DEFICIENT"]
    await season.submit("E1", FIRST)
    accepted = await season.verify("E1", {**CARD_SEEN, "identity": [{**LICENCE, "expiresOn": "2028-01-01"}]})
    assert (accepted["state"], accepted["deficiencies"]) == ("VERIFIED", [])
    assert "番号法" in "".join(accepted["verification"]["basis"])
    kept = (await season.review("E1"))["verifications"]
    assert kept == [verdict, accepted["verification"]]
    assert (kept[1]["numberDocuments"], kept[1]["identityDocuments"]) == (
        ["MY_NUMBER_CARD"],
        ["DRIVING_LICENCE"],
    )
    assert kept[1]["decidedBy"] == "tanaka"

    # Only now the number is in the vault, and what was submitted is gone.
    (token,) = (await season.step("registerCollections", "E1"))["tokens"]
    assert token.startswith("wft_")
    shown = await season.review("E1")
    assert (shown["collection"]["state"], shown["items"]) == ("REGISTERED", [])
    assert shown["collection"]["person"]["numberState"] == "HELD"
    (person,) = (await season.client.get("persons", filter={"externalId": "E1"}))["nodes"]
    assert (person["verification"], person["verifiedOn"]) == ("COLLECTION", "2026-11-22")


async def test_a_number_whose_person_was_not_told_of_the_purposes_is_not_registered(season: Season) -> None:
    await season.add("E1")
    await season.submit("E1", FIRST)
    assert (await season.verify("E1"))["state"] == "VERIFIED"
    refused = await season.step("registerCollections", "E1")
    assert [each["code"] for each in refused["rejections"]] == ["PURPOSE_NOT_NOTIFIED"]
    assert (refused["collectionIds"], await season.state("E1")) == ([], "VERIFIED")
    await season.told("E1")
    assert len((await season.step("registerCollections", "E1"))["tokens"]) == 1


async def test_a_purpose_the_person_was_never_told_of_is_refused_at_the_use(season: Season) -> None:
    token = await season.registered("E1", FIRST)
    told = {"tokens": [token], "reason": "年末調整"}
    for purpose, codes in ((GENSEN, []), ("TAX_FUYO", ["purpose-not-notified"])):
        done = await season.handler.do("prepareUse", **told, purpose=purpose)
        assert [each["code"] for each in done.get("rejections", [{"code": done.get("rule")}])] == codes


async def test_what_is_not_said_of_a_document_is_taken_as_not_so(season: Season) -> None:
    await season.add("E1")
    await season.submit("E1", FIRST)
    bare = {"document": "MY_NUMBER_CARD", "matches": []}
    said = await season.verify("E1", {**CARD_SEEN, "number": [bare], "identity": [bare]})
    assert findings(said) == {"COPY_SHOWN", "DATE_MISSING", "NAME_DIFFERS", "PARTICULARS_DIFFER"}
    assert not said["verification"]["accepted"]
    nothing = await season.verify(
        "E1", {"subject": "EMPLOYEE", "channel": "FACE_TO_FACE", "numberAgrees": False}
    )
    assert findings(nothing) == {"NUMBER_MISSING", "IDENTITY_MISSING"}


@pytest.mark.parametrize(
    "case",
    [
        {**CARD_SEEN, "subject": "PAYEE"},
        {**CARD_SEEN, "channel": "ONLINE"},
        {**CARD_SEEN, "exempted": {"by": "HIRED", "attestedBy": "従業員 1234 5678 9018"}},
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_case_that_cannot_be_one_of_this_collection_is_refused(
    season: Season, case: dict[str, Any]
) -> None:
    await season.add("E1")
    await season.submit("E1", FIRST)
    assert (await season.verify("E1", case))["rule"] == "verification-not-theirs"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_nothing_is_verified_before_there_is_a_number_and_no_proof_rests_on_a_hundred_papers(
    season: Season,
) -> None:
    await season.add("E1")
    await season.step("recordArrivals", "E1")
    assert (await season.verify("E1"))["rule"] == "number-not-submitted"
    sent = {"collectionId": season.ids["E1"], "revision": 1, "case": {**CARD_SEEN, "number": [CARD] * 21}}
    document = operation("verifyCollection").document
    assert await season.handler.code_of(document, input=sent) == "BAD_USER_INPUT"


async def test_an_agent_brings_the_number_with_what_proves_it(season: Season) -> None:
    await season.add("E1")
    await season.submit("E1", FIRST)
    letter = {"document": "POWER_OF_ATTORNEY", "matches": ["NAME"], "original": True}
    agent = {"agency": "VOLUNTARY", "authority": [letter | {"signed": True}], "identity": [CARD]}
    case = {**CARD_SEEN, "identity": [], "agent": agent}
    without = {**case, "agent": {**agent, "authority": []}}
    assert "AUTHORITY_MISSING" in findings(await season.verify("E1", without))
    unsigned = {**case, "agent": {**agent, "authority": [letter]}}
    assert findings(await season.verify("E1", unsigned)) == {"UNSIGNED"}
    assert (await season.verify("E1", case))["state"] == "VERIFIED"


# --- at the counter


async def test_at_the_counter_a_number_is_in_the_vault_in_one_go_or_nothing_is_kept(season: Season) -> None:
    await season.add("E1")
    arguments = {"collectionId": season.ids["E1"], "number": FIRST, "case": CARD_SEEN}
    untold = await season.handler.do("enterNumber", **arguments)
    assert (untold["__typename"], untold["code"]) == ("RowRejection", "PURPOSE_NOT_NOTIFIED")
    await season.told("E1")
    unseen = {**arguments, "case": {**CARD_SEEN, "identity": []}}
    refused = await season.handler.do("enterNumber", **unseen)
    assert refused["__typename"] == "VerificationRefused"
    assert [each["finding"] for each in refused["faults"]] == ["IDENTITY_MISSING"]
    assert refused["faults"][0]["basis"]
    assert [each["code"] for each in refused["deficiencies"]] == ["DOCUMENT_MISSING"]
    wrong = await season.handler.do("enterNumber", **{**arguments, "number": FIRST[:-1]})
    assert wrong["__typename"] == "RowRejection"
    stale = await season.handler.do("enterNumber", **arguments, revision=9)
    assert stale["rule"] == "collection-changed"
    shown = await season.review("E1")
    assert (shown["collection"]["state"], shown["items"], shown["verifications"]) == ("INSTRUCTED", [], [])

    done = await season.handler.do("enterNumber", **arguments, revision=1)
    assert (done["__typename"], done["collectionId"]) == ("CollectionNumberEntered", season.ids["E1"])
    assert done["token"].startswith("wft_")
    assert await season.state("E1") == "REGISTERED"


async def test_a_number_that_is_somebody_else_s_is_told_at_the_registration_alone(season: Season) -> None:
    await season.registered("E1", FIRST)
    await season.add("E2")
    await season.told("E2")
    await season.submit("E2", FIRST)
    await season.verify("E2")
    taken = await season.step("registerCollections", "E2")
    assert [each["code"] for each in taken["rejections"]] == ["NUMBER_TAKEN"]
    assert (await season.step("recordDeficiencies", "E2", codes=["NUMBER_TAKEN"]))["states"] == ["DEFICIENT"]


async def test_of_two_who_enter_a_number_at_once_one_is_told_and_one_number_is_in_force(
    season: Season,
) -> None:
    await season.add("E1")
    await season.told("E1")
    sent = {"collectionId": season.ids["E1"], "case": CARD_SEEN, "revision": 1}
    done = await asyncio.gather(
        *(season.handler.do("enterNumber", **sent, number=number) for number in (FIRST, SECOND))
    )
    assert sorted(each["__typename"] for each in done) == ["CollectionNumberEntered", "Refusal"]
    assert [each["rule"] for each in done if "rule" in each] == ["collection-changed"]


# --- the catalogue


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_document_says_what_it_proves_through_which_channel_on_which_article(
    season: Season,
) -> None:
    page = await season.client.get("verificationDocuments", first=100)
    assert not page["pageInfo"]["hasNextPage"]
    listed = {each["code"]: each for each in page["nodes"]}
    card, letter = listed["MY_NUMBER_CARD"], listed["NUMBER_NOTICE"]
    assert (card["provesNumber"], card["provesIdentity"], card["needs"]) == ("USUAL", "ONE", ["EXPIRY"])
    assert card["channels"] == ["FACE_TO_FACE", "POST", "ONLINE"]
    assert card["bears"] == ["NAME", "BIRTH_DATE", "ADDRESS"]
    assert card["usableToday"] is True
    assert (letter["provesNumber"], letter["provesIdentity"], letter["usableToday"]) == (None, None, False)
    assert "個人番号カード" in letter["refused"]["ja"]
    assert all(each["basis"] and each["name"]["ja"] and each["name"]["en"] for each in listed.values())
    over = [each for each in listed.values() if each["usableUntil"] and each["usableUntil"] < "2026-11-22"]
    assert not any(each["usableToday"] for each in over)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_notice_is_given_once_to_whoever_is_known(season: Season) -> None:
    await season.add("E1")
    done = await season.client.do("givePurposeNotice", externalIds=["E1", "nobody"], notice=NOTICE)
    assert (done["persons"], [each["row"] for each in done["rejections"]]) == (1, [1])
    assert done["notice"]["givenBy"] == "payroll"
    nobody = await season.client.do("givePurposeNotice", externalIds=["nobody"], notice=NOTICE)
    assert (nobody["notice"], nobody["persons"]) == (None, 0)
    for wrong, rule in (
        ({"text": "番号は 1234 5678 9018 です"}, "notice-invalid"),
        ({"text": " "}, "notice-invalid"),
        ({"purposes": []}, "purpose-unknown"),
        ({"toldOn": "2026-11-23"}, "date-in-future"),
    ):
        refused = await season.client.do("givePurposeNotice", externalIds=["E1"], notice={**NOTICE, **wrong})
        assert refused["rule"] == rule
    assert len((await season.client.get("purposeNotices", externalId="E1"))["nodes"]) == 1
