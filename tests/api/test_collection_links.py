"""Links over HTTP: handed out once, told of without their secrets, revoked; every person and number is synthetic."""

from dataclasses import replace
from typing import Any

import pytest

from api.app import create_app
from custody.selfservice.giving import acknowledge
from custody.selfservice.visits import Visit, open_door
from policies.actor import Role
from policies.refusals import Denied
from tests.support.api import Caller, Office, http_to
from tests.support.campaigns import Season
from tests.support.walk import operation
from tokenizer.storage.sqlite import SqliteDatabase

BIRTHDAY = "1990-04-01"


class Links:
    """A campaign with an employee, a dependent of theirs, and a payee."""

    def __init__(self, season: Season) -> None:
        self.season = season

    @classmethod
    async def begin(cls, office: Office) -> "Links":
        season = await Season.begin(office)
        people = {
            "externalIds": ["E1", "E1-F1", "P1"],
            "channels": ["LINK_MAIL", "LINK_MAIL", "KIT"],
            "kinds": ["EMPLOYEE", "DEPENDENT", "PAYEE"],
            "names": ["試験 太郎", "試験 花子", "試験 次郎"],
            "birthDates": [BIRTHDAY, "2015-04-01", ""],
            "employees": ["", "E1", ""],
            "emails": ["e1@x.test", "f1@x.test", ""],
        }
        done = await season.client.do("addToCampaign", campaignId=season.campaign, **people)
        assert done["rejections"] == [], done
        season.ids |= dict(zip(people["externalIds"], done["collectionIds"], strict=True))
        return cls(season)

    async def issue(self, *external_ids: str, factor: str = "PASSCODE", by: Caller | None = None) -> Any:
        sent = {"campaignId": self.season.campaign, "factor": factor}
        return await self.season.step("issueCollectionLinks", *external_ids, by=by, **sent)

    async def told(self, external_id: str) -> Any:
        return (await self.season.review(external_id))["links"]

    async def opened(self, url: str, factor: str) -> Visit | Denied:
        """Whoever types this, and comes by that address."""
        world = self.season.office.world
        return await open_door(world.custodian, url.partition("#")[2], factor, world.clock())


@pytest.fixture
async def links(office: Office) -> Links:
    return await Links.begin(office)


async def test_a_link_is_handed_out_as_an_address_and_a_passcode_that_let_its_person_in(links: Links) -> None:
    issued = await links.issue("E1", "P1")
    assert issued["rejections"] == []
    assert issued["collectionIds"] == [links.season.ids["E1"], links.season.ids["P1"]]
    assert all(url.startswith("https://numbers.example/my#wfl_") for url in issued["urls"])
    assert issued["givesUntil"][0].startswith("2027-02-14T14:59:59")
    visit = await links.opened(issued["urls"][0], issued["passcodes"][0])
    assert isinstance(visit, Visit), visit
    refused = await links.opened(issued["urls"][0], issued["passcodes"][1])
    assert isinstance(refused, Denied), refused


async def test_with_a_birth_date_no_passcode_is_told_and_who_has_none_on_record_gets_no_link(
    links: Links,
) -> None:
    issued = await links.issue("E1", "P1", factor="BIRTH_DATE")
    assert issued["passcodes"] == [None]
    assert [(each["row"], each["code"]) for each in issued["rejections"]] == [(1, "BIRTH_DATE_MISSING")]
    assert isinstance(await links.opened(issued["urls"][0], BIRTHDAY), Visit)


async def test_the_link_of_a_dependent_is_the_employees_and_both_collections_show_it(links: Links) -> None:
    issued = await links.issue("E1-F1", "E1")
    assert issued["collectionIds"] == [links.season.ids["E1-F1"]]
    assert [each["code"] for each in issued["rejections"]] == ["LINK_SHARED"]
    (own,), (brought,) = await links.told("E1"), await links.told("E1-F1")
    assert own == brought
    assert await links.told("P1") == []


async def test_a_collection_tells_of_its_links_how_many_tries_are_left_and_whether_the_notice_was_read(
    links: Links,
) -> None:
    issued = await links.issue("E1")
    url, passcode = issued["urls"][0], issued["passcodes"][0]
    (fresh,) = await links.told("E1")
    assert fresh.items() >= {"triesLeft": 5, "locked": False, "gives": True, "opens": True}.items()
    assert fresh.items() >= {"factor": "PASSCODE", "issuedBy": "tanaka", "acknowledgedAt": None}.items()
    visit = await links.opened(url, passcode)
    assert isinstance(visit, Visit)
    world = links.season.office.world
    assert await acknowledge(world.custodian, visit, world.clock()) is None
    await links.opened(url, "wrong")
    (read,) = await links.told("E1")
    assert (read["triesLeft"], read["acknowledgedAt"] is not None) == (4, True)
    for _ in range(4):
        await links.opened(url, "wrong")
    (locked,) = await links.told("E1")
    assert locked.items() >= {"triesLeft": 0, "locked": True, "gives": False, "opens": False}.items()


async def test_a_newer_link_takes_the_giving_and_revoking_ends_them_all(links: Links) -> None:
    await links.issue("E1")
    newer = await links.issue("E1")
    assert [(each["gives"], each["opens"]) for each in await links.told("E1")] == [
        *((False, True), (True, True))
    ]
    done = await links.season.step("revokeCollectionLinks", "E1", "P1")
    assert (done["count"], done["rejections"]) == (2, [])
    told = await links.told("E1")
    assert [(each["opens"], each["revokedAt"] is not None) for each in told] == [(False, True)] * 2
    ended = await links.opened(newer["urls"][0], newer["passcodes"][0])
    assert isinstance(ended, Denied)
    assert ended.rule == "link-ended"


async def test_a_collection_that_has_moved_on_or_is_of_another_campaign_gets_no_link(links: Links) -> None:
    other = await links.season.another()
    ids = [links.season.ids["E1"], "col_1"]
    sent: dict[str, Any] = {"collectionIds": ids, "factor": "PASSCODE"}
    elsewhere = await links.season.handler.do("issueCollectionLinks", campaignId=other, **sent)
    assert [each["code"] for each in elsewhere["rejections"]] == ["COLLECTION_UNKNOWN"] * 2
    sent |= {"campaignId": links.season.campaign, "revisions": [99, 1]}
    moved = await links.season.handler.do("issueCollectionLinks", **sent)
    assert [each["code"] for each in moved["rejections"]] == ["COLLECTION_CHANGED", "COLLECTION_UNKNOWN"]
    assert moved["urls"] == []


async def test_without_an_address_of_the_pages_no_link_is_made_and_the_setting_is_named(
    office: Office,
) -> None:
    links = await Links.begin(office)
    house = office.world.house
    bare = replace(house, settings=replace(house.settings, public_url=None))
    async with http_to(create_app(bare, introspection=True)) as http:
        refused = await links.issue("E1", by=Caller(http, links.season.handler.credential))
    assert (refused["__typename"], refused["rule"]) == ("Refusal", "link-without-address")
    assert "public_url" in refused["messageJa"]
    assert "public_url" in refused["messageEn"]
    assert await links.told("E1") == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_secrets_of_a_link_are_in_the_one_answer_and_nowhere_else(
    office: Office, links: Links
) -> None:
    boss = (await office.colleague("suzuki", *Role)).caller
    issued = await links.issue("E1", by=boss)
    secret, passcode = issued["urls"][0].partition("#")[2], issued["passcodes"][0]
    for typed in ("wrong", passcode):
        await links.opened(issued["urls"][0], typed)
    planted = [secret, secret.removeprefix("wfl_"), passcode, passcode.replace("-", "")]
    answers = [
        (await boss.post(operation(name).document, sent)).text
        for name, sent in (
            ("collection", {"collectionId": links.season.ids["E1"]}),
            ("auditEntries", {"externalId": "E1", "last": 50}),
            ("auditExport", {"start": 0}),
            ("campaign", {"campaignId": links.season.campaign}),
            ("issueCollectionLinks", {"input": {"campaignId": secret, "collectionIds": [passcode]}}),
            (
                "issueCollectionLinks",
                {"input": {"campaignId": secret, "collectionIds": [secret], "factor": passcode}},
            ),
        )
    ]
    database = office.world.house.database
    assert isinstance(database, SqliteDatabase)
    files = [path.read_bytes() for path in database.path.parent.glob(f"{database.path.name}*")]
    channels = {
        "answers": "\n".join(answers[:4]).encode(),
        "log": office.log.getvalue(),
        "metrics": (await office.http.get("/metrics")).content,
        "database": b"".join(files),
        # What somebody sent in the wrong place is not sent back.
        "errors": "\n".join(answers[4:]).encode(),
    }
    assert b"lnk_" in channels["answers"]
    assert [name for name, data in channels.items() for text in planted if text.encode() in data] == []
