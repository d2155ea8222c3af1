"""Collections over HTTP: listed, decided on, and what of two who decide at the same time the second is told."""

import asyncio
from typing import Any, Final

import pytest

from policies.actor import Role
from tests.support.api import Caller, Office
from tests.support.campaigns import Season
from tests.support.numbers import synthetic_numbers

NUMBER: Final = synthetic_numbers(1, seed=812)[0]
DECLINED: Final = {"outcome": "NO_ANSWER", "askedOn": "2026-11-20"}


@pytest.fixture
async def season(office: Office) -> Season:
    return await Season.begin(office)


async def steps(season: Season, external_id: str, by: Caller) -> set[str]:
    shown = await season.review(external_id, by)
    return {each["step"] for each in shown["collection"]["steps"]}


async def test_collections_are_listed_by_state_with_their_person_and_dates(season: Season) -> None:
    await season.add("E1", "E2", "E3")
    season.office.world.clock.advance(minutes=5)
    await season.step("recordArrivals", "E2")
    every = (await season.client.get("collections", campaignId=season.campaign))["nodes"]
    assert [each["person"]["externalId"] for each in every] == ["E1", "E2", "E3"]
    sent = {"campaignId": season.campaign, "state": "ARRIVED"}
    (found,) = (await season.client.get("collections", **sent))["nodes"]
    assert found["person"]["externalId"] == "E2"
    assert found["stateName"] == {"ja": "キット到着", "en": "Arrived"}
    assert found["since"] == found["arrivedAt"] > found["instructedAt"]
    assert (found["distributedAt"], found["endedAt"], found["hasNumber"]) == (None, None, False)
    assert (found["revision"], found["reasons"], found["askedOn"]) == (2, [], None)
    assert (await season.client.get("collections", campaignId="cmp_1"))["nodes"] == []
    assert await season.client.get("collection", collectionId="col_1") is None


async def test_everybody_is_told_the_steps_that_they_may_take_themselves(season: Season) -> None:
    await season.add("E1")
    auditor = (await season.office.colleague("kansa", Role.AUDITOR)).caller
    company = {"DISTRIBUTE", "ARRIVE", "REFUSE", "NOT_ASSIGNED", "CLOSE"}
    assert await steps(season, "E1", season.administrator) == company
    assert await steps(season, "E1", season.client) == company
    assert await steps(season, "E1", season.handler) == company | {"SUBMIT"}
    assert await steps(season, "E1", auditor) == set()
    await season.submit("E1", NUMBER)
    at_the_desk = {"SUBMIT", "FIND_FAULT", "ACCEPT"}
    assert await steps(season, "E1", season.handler) == {*at_the_desk, "REFUSE", "NOT_ASSIGNED", "CLOSE"}
    assert await steps(season, "E1", season.client) == {"REFUSE", "NOT_ASSIGNED", "CLOSE"}


async def test_a_refusal_is_kept_as_asked_when_and_how_it_ended_and_the_person_is_asked_again(
    season: Season,
) -> None:
    await season.add("E1")
    await season.submit("E1", NUMBER)
    refused = await season.step("recordRefusals", "E1", **DECLINED)
    assert refused["states"] == ["REFUSED"]
    shown = await season.review("E1")
    assert (shown["collection"]["askedOn"], shown["items"]) == ("2026-11-20", [])
    assert [each["code"] for each in shown["collection"]["reasons"]] == ["NO_ANSWER"]
    tomorrow = {**DECLINED, "askedOn": "2026-11-23"}
    assert (await season.step("recordRefusals", "E1", **tomorrow))["rule"] == "date-in-future"
    again = await season.step("askAgain", "E1", by=season.client)
    assert again["states"] == ["INSTRUCTED"]
    shown = (await season.review("E1"))["collection"]
    assert (shown["reasons"], shown["askedOn"]) == ([], None)


async def test_collections_end_without_a_number_for_reasons_of_the_list_and_nothing_leads_on(
    season: Season,
) -> None:
    await season.add("E1", "E2")
    endings = await season.client.get("collectionEndings")
    ways = {name: {each["code"] for each in endings[name]} for name in ("refusals", "noNumbers", "closings")}
    assert "NO_ANSWER" in ways["refusals"]
    assert {"NEVER_RESIDENT", "ABROAD_SINCE_BEFORE_2015_10"} == ways["noNumbers"]
    none = await season.step("recordNoNumber", "E1", evidence="NEVER_RESIDENT")
    closed = await season.step("closeCollections", "E2", reason="LEFT", by=season.administrator)
    assert (none["states"], closed["states"]) == (["NOT_ASSIGNED"], ["CLOSED"])
    assert {"LEFT", "ADDED_BY_MISTAKE"} <= ways["closings"]
    for person in ("E1", "E2"):
        assert await steps(season, person, season.handler) == set()
        done = await season.step("recordArrivals", person)
        assert (done["collectionIds"], done["rejections"][0]["code"]) == ([], "STEP_NOT_ALLOWED")


async def test_a_row_that_cannot_move_is_told_and_the_others_move(season: Season) -> None:
    await season.add("E1", "E2", "E3")
    await season.step("recordArrivals", "E2")
    ids = [season.ids["E1"], season.ids["E2"], "col_1", season.ids["E3"], season.ids["E1"]]
    sent: dict[str, Any] = {"collectionIds": ids, "revisions": [1, 2, 1, 7, 1]}
    done = await season.handler.do("recordArrivals", **sent)
    assert done["collectionIds"] == [season.ids["E1"]]
    assert (done["states"], done["revisions"]) == (["ARRIVED"], [2])
    assert [(each["row"], each["code"]) for each in done["rejections"]] == [
        *((1, "STEP_NOT_ALLOWED"), (2, "COLLECTION_UNKNOWN"), (3, "COLLECTION_CHANGED")),
        (4, "PERSON_REPEATED"),
    ]
    short = await season.handler.do("recordArrivals", collectionIds=ids, revisions=[1])
    assert short["rule"] == "columns-differ"


async def test_deficiencies_have_words_for_the_person_and_at_least_one_is_named(season: Season) -> None:
    await season.add("E1")
    await season.step("recordArrivals", "E1")
    listed = await season.client.get("deficiencies")
    assert len(listed) > 20
    assert all(each["words"]["ja"] and each["words"]["en"] for each in listed)
    assert (await season.step("recordDeficiencies", "E1", codes=[]))["rule"] == "collection-codes-invalid"
    twice = await season.step("recordDeficiencies", "E1", codes=["IMAGE_CUT", "IMAGE_CUT"])
    assert twice["states"] == ["DEFICIENT"]
    assert [each["code"] for each in (await season.review("E1"))["collection"]["reasons"]] == ["IMAGE_CUT"]


# --- two who decide at the same time


async def test_of_two_who_decide_on_what_they_saw_one_is_told_that_it_has_moved_on(season: Season) -> None:
    await season.add("E1")
    await season.submit("E1", NUMBER)
    seen = await season.revision("E1")
    other = (await season.office.colleague("suzuki", Role.HANDLER)).caller
    done = await asyncio.gather(
        season.step("recordDeficiencies", "E1", codes=["IMAGE_CUT"], revisions=[seen]),
        season.step("recordNoNumber", "E1", by=other, evidence="NEVER_RESIDENT", revisions=[seen]),
    )
    assert sorted(len(each["collectionIds"]) for each in done) == [0, 1]
    (told,) = [rejected["code"] for each in done for rejected in each["rejections"]]
    assert told == "COLLECTION_CHANGED"
    assert await season.revision("E1") == seen + 1


async def test_a_verdict_on_what_has_moved_on_is_refused(season: Season) -> None:
    await season.add("E1")
    await season.submit("E1", NUMBER)
    seen = await season.revision("E1")
    await season.submit("E1", NUMBER)
    case = {"subject": "EMPLOYEE", "channel": "FACE_TO_FACE", "numberAgrees": True}
    sent = {"collectionId": season.ids["E1"], "revision": seen, "case": case}
    assert (await season.handler.do("verifyCollection", **sent))["rule"] == "collection-changed"
    typed = {"collectionId": season.ids["E1"], "number": NUMBER, "revision": seen}
    assert (await season.handler.do("submitNumber", **typed))["rule"] == "collection-changed"
