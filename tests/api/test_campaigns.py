"""The story of a campaign over HTTP: people by columns, what goes out and what it costs, what comes back.

Every number here is synthetic.
"""

import asyncio
from typing import Any

import pytest

from tests.support.api import Office, batch
from tests.support.campaigns import NOTICE, Season
from tests.support.numbers import synthetic_numbers
from tests.support.world import GENSEN

HELD, NUMBER = synthetic_numbers(2, seed=811)
WANTED = {"name": "2026年 年末調整", "purposes": [GENSEN], "deadline": "2027-01-31"}


@pytest.fixture
async def season(office: Office) -> Season:
    return await Season.begin(office)


async def test_a_campaign_from_the_first_kit_to_the_last_token(season: Season) -> None:
    await season.add("E1", "E2", "E3", channel="KIT")
    assert await season.board() == {"INSTRUCTED": 3}

    # Kits go out on the company's instruction, and it is told what they cost.
    ordered = await season.order("E1", "E2", "E3", cost=800)
    assert (ordered["count"], ordered["costYen"], ordered["rejections"]) == (3, 2_400, [])
    assert await season.board() == {"INSTRUCTED": 3}
    sent = await season.client.do("recordDispatched", orderId=ordered["orderId"], notice=NOTICE)
    assert (sent["count"], sent["costYen"], sent["void"]) == (3, 2_400, 0)
    (given,) = (await season.handler.get("purposeNotices", externalId="E1"))["nodes"]
    assert (given["form"], given["purposes"], given["text"]) == ("DOCUMENT", [GENSEN], NOTICE["text"])

    # Two come back. One lacks a number; the person is told in words, and nothing goes out by itself.
    arrived = await season.step("recordArrivals", "E1", "E2")
    assert arrived["states"] == ["ARRIVED", "ARRIVED"]
    faulty = await season.step("recordDeficiencies", "E2", codes=["NUMBER_MISSING", "IMAGE_BLURRED"])
    assert faulty["states"] == ["DEFICIENT"]
    shown = (await season.review("E2"))["collection"]
    assert [reason["code"] for reason in shown["reasons"]] == ["IMAGE_BLURRED", "NUMBER_MISSING"]
    assert all(reason["words"]["ja"] and reason["words"]["en"] for reason in shown["reasons"])
    assert await season.board() == {"DISTRIBUTED": 1, "ARRIVED": 1, "DEFICIENT": 1}

    # A second kit, by instruction alone; a postcard for who is silent. Both cost.
    again = await season.order("E2", cost=900)
    assert (await season.state("E2"), again["costYen"]) == ("DEFICIENT", 900)
    waiting = await season.order("E2")
    assert (waiting["orderId"], waiting["rejections"][0]["code"]) == (None, "ORDER_UNDER_WAY")
    await season.client.do("recordDispatched", orderId=again["orderId"])
    card = await season.order("E3", kind="POSTCARD", cost=120)
    await season.client.do("recordDispatched", orderId=card["orderId"])
    board = await season.administrator.get("campaign", campaignId=season.campaign)
    assert (board["sent"], board["costYen"]) == (5, 2_400 + 900 + 120)
    assert [each["kind"] for each in (await season.review("E2"))["dispatches"]] == ["KIT", "KIT"]

    # Who has answered meanwhile gets no reminder, and it costs nothing.
    late = await season.order("E3", kind="POSTCARD", cost=120)
    await season.submit("E3", NUMBER)
    void = await season.client.do("recordDispatched", orderId=late["orderId"])
    assert (void["count"], void["costYen"], void["void"]) == (0, 0, 1)

    # The first is verified and registered; a payroll system uses the number by a token.
    await season.submit("E1", HELD)
    case = {"subject": "EMPLOYEE", "channel": "POST", "numberAgrees": True}
    card_copy = {"document": "MY_NUMBER_CARD", "matches": ["NAME", "ADDRESS"], "expiresOn": "2030-01-01"}
    verdict = await season.verify("E1", {**case, "number": [card_copy], "identity": [card_copy]})
    assert (verdict["state"], verdict["verification"]["faults"]) == ("VERIFIED", [])
    registered = await season.step("registerCollections", "E1")
    assert (registered["rejections"], len(registered["tokens"])) == ([], 1)
    assert await season.board() == {"DISTRIBUTED": 1, "ARRIVED": 1, "REGISTERED": 1}
    issued = await season.client.do("issueTokens", externalIds=["E1"])
    used = await season.client.do("prepareUse", tokens=issued["tokens"], purpose=GENSEN, reason="年末調整")
    assert used["__typename"] == "UsePrepared"


async def test_the_board_tells_every_state_in_both_languages_with_its_first_and_last_day(
    season: Season,
) -> None:
    await season.add("E1")
    season.office.world.clock.advance(minutes=5)
    await season.add("E2")
    board = await season.client.get("campaign", campaignId=season.campaign)
    assert [each["state"] for each in board["states"]] == [
        *("INSTRUCTED", "DISTRIBUTED", "ARRIVED", "DEFICIENT", "VERIFIED", "REGISTERED"),
        *("REFUSED", "NOT_ASSIGNED", "CLOSED"),
    ]
    instructed, distributed = board["states"][:2]
    assert instructed["name"] == {"ja": "収集指示済み", "en": "Instructed"}
    assert instructed["firstAt"] < instructed["lastAt"]
    assert (distributed["count"], distributed["firstAt"], distributed["lastAt"]) == (0, None, None)
    assert (board["sent"], board["costYen"]) == (0, 0)
    assert await season.client.get("campaign", campaignId="cmp_1") is None


async def test_each_row_is_taken_or_rejected_by_itself(season: Season) -> None:
    await season.client.do("tokenize", **batch(["held"], [HELD]))
    await season.add("busy")
    rows: dict[str, Any] = {
        "externalIds": ["new", "held", "busy", "wife", "son", "mail", "mailed"],
        "channels": ["KIT", "KIT", "KIT", "KIT", "KIT", "LINK_MAIL", "LINK_MAIL"],
        "kinds": ["EMPLOYEE"] * 3 + ["SPOUSE", "DEPENDENT"] + ["EMPLOYEE"] * 2,
        "names": ["割符 花子"] * 7,
        "employees": ["", "", "", "new", "nobody", "", ""],
        "emails": [""] * 6 + ["hanako@warifu.test"],
    }
    done = await season.client.do("addToCampaign", campaignId=season.campaign, **rows)
    assert {each["row"]: each["code"] for each in done["rejections"]} == {
        1: "NUMBER_HELD",
        2: "IN_ANOTHER_COLLECTION",
        4: "EMPLOYEE_UNKNOWN",
        5: "EMAIL_INVALID",
    }
    assert [made is not None for made in done["collectionIds"]] == [
        True,
        False,
        False,
        True,
        False,
        False,
        True,
    ]
    assert done["added"] == 3
    shown = await season.handler.get("collection", collectionId=done["collectionIds"][6])
    assert (shown["collection"]["email"], shown["collection"]["channel"]) == (
        "hanako@warifu.test",
        "LINK_MAIL",
    )
    asked = {"externalIds": ["held"], "channels": ["DIRECT"], "recollect": True}
    again = await season.client.do("addToCampaign", campaignId=season.campaign, **asked)
    assert (again["added"], again["rejections"]) == (1, [])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_ten_thousand_people_are_added_at_once_and_not_one_more(season: Season) -> None:
    people = [f"E{row}" for row in range(10_001)]
    sent = {"campaignId": season.campaign, "externalIds": people, "channels": ["KIT"] * 10_001}
    assert (await season.client.do("addToCampaign", **sent))["rule"] == "too-many-rows"
    sent |= {"externalIds": people[:-1], "channels": ["KIT"] * 10_000}
    done = await season.client.do("addToCampaign", **sent)
    assert (done["added"], len(done["collectionIds"])) == (10_000, 10_000)
    ordered = await season.administrator.do(
        "orderDispatches",
        campaignId=season.campaign,
        collectionIds=done["collectionIds"],
        kind="KIT",
        costYen=1,
    )
    assert (ordered["count"], ordered["costYen"]) == (10_000, 10_000)
    short = {**sent, "channels": ["KIT"]}
    assert (await season.client.do("addToCampaign", **short))["rule"] == "columns-differ"


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"name": " "}, "campaign-invalid"),
        ({"name": "あ" * 101}, "campaign-invalid"),
        ({"name": "従業員 1234 5678 9018"}, "campaign-invalid"),
        ({"purposes": []}, "campaign-invalid"),
        ({"purposes": ["NONSENSE"]}, "purpose-unknown"),
        ({"deadline": "2026-11-21"}, "campaign-invalid"),
        ({"deadline": "2029-01-01"}, "campaign-invalid"),
        ({"documents": ["NUMBER_NOTICE"]}, "campaign-invalid"),
        ({"documents": ["NONSENSE"]}, "campaign-invalid"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_campaign_that_cannot_be_is_refused_in_words(
    season: Season, wrong: dict[str, Any], rule: str
) -> None:
    done = await season.administrator.do("createCampaign", **{**WANTED, **wrong})
    assert (done["__typename"], done["rule"]) == ("Refusal", rule)
    assert done["messageJa"]
    assert done["messageEn"]


async def test_nobody_is_added_to_a_campaign_that_is_over_and_what_is_under_way_goes_on(
    season: Season,
) -> None:
    await season.add("E1")
    closed = await season.administrator.do("closeCampaign", campaignId=season.campaign)
    assert closed["campaign"]["closedAt"] is not None
    for name, sent in (
        ("addToCampaign", {"externalIds": ["E2"], "channels": ["KIT"]}),
        ("orderDispatches", {"collectionIds": [season.ids["E1"]], "kind": "KIT", "costYen": 0}),
        ("closeCampaign", {}),
    ):
        done = await season.administrator.do(name, campaignId=season.campaign, **sent)
        assert done["rule"] == "campaign-closed", name
    assert (await season.step("recordArrivals", "E1"))["states"] == ["ARRIVED"]


# --- the same request twice, at once or later


async def test_the_same_request_makes_one_campaign_adds_people_once_and_orders_once(season: Season) -> None:
    made = [await season.client.do("createCampaign", **WANTED, idempotencyKey="a-1") for _ in range(2)]
    assert made[0] == made[1]
    other = {**WANTED, "name": "別の収集"}
    conflict = await season.client.do("createCampaign", **other, idempotencyKey="a-1")
    assert conflict["rule"] == "idempotency-conflict"
    assert len((await season.client.get("campaigns"))["nodes"]) == 2  # and the one everybody begins with

    rows = {"campaignId": season.campaign, "externalIds": ["E1", "E1"], "channels": ["KIT", "KIT"]}
    added = [await season.client.do("addToCampaign", **rows, idempotencyKey="b-1") for _ in range(2)]
    assert added[0] == added[1]
    assert (added[0]["added"], added[0]["rejections"][0]["code"]) == (1, "EXTERNAL_ID_REPEATED")

    season.ids["E1"] = added[0]["collectionIds"][0] or added[0]["collectionIds"][1]
    orders = [await season.order("E1", idempotencyKey="c-1") for _ in range(2)]
    assert orders[0] == orders[1]
    assert len((await season.review("E1"))["dispatches"]) == 1


async def test_of_two_who_send_the_same_at_once_both_are_answered_and_it_is_done_once(season: Season) -> None:
    rows = {"campaignId": season.campaign, "externalIds": ["E1"], "channels": ["KIT"], "idempotencyKey": "x"}
    first, second = await asyncio.gather(*(season.client.do("addToCampaign", **rows) for _ in range(2)))
    assert first == second
    assert first["added"] == 1
    assert await season.board() == {"INSTRUCTED": 1}


async def test_of_two_who_add_the_same_person_at_once_one_is_told(season: Season) -> None:
    rows = {"externalIds": ["E1"], "channels": ["KIT"]}
    elsewhere = await season.another()
    done = await asyncio.gather(
        *(season.client.do("addToCampaign", campaignId=one, **rows) for one in (season.campaign, elsewhere))
    )
    assert sorted(each["added"] for each in done) == [0, 1]
    (told,) = [rejected["code"] for each in done for rejected in each["rejections"]]
    assert told == "IN_ANOTHER_COLLECTION"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_a_sending_costs_has_limits_and_an_order_is_named_rightly(season: Season) -> None:
    await season.add("E1")
    for cost in (-1, 100_001):
        assert (await season.order("E1", cost=cost))["rule"] == "dispatch-invalid"
    unknown = await season.client.do("recordDispatched", orderId="ord_1")
    assert unknown["rule"] == "dispatch-unknown"
    elsewhere = await season.order("E1", campaignId=await season.another())
    assert elsewhere["rejections"][0]["code"] == "COLLECTION_UNKNOWN"
    later = {**NOTICE, "toldOn": "2026-12-01"}
    ordered = await season.order("E1")
    refused = await season.client.do("recordDispatched", orderId=ordered["orderId"], notice=later)
    assert refused["rule"] == "date-in-future"
    assert await season.state("E1") == "INSTRUCTED"
