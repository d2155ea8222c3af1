"""Images of papers: destroyed with the registration, or kept for the days the campaign says and then destroyed."""

from datetime import date, timedelta

import pytest

from api.jobs import JOBS
from api.worker import Worker
from custody.calendar import start_of_day_in_japan
from custody.collection.board import Board, show_board
from custody.collection.campaign import Campaign
from custody.collection.campaigns import MOST_PAPERS_DAYS, Wanted, create_campaign
from custody.collection.decisions import record_refusal_of
from custody.collection.keeping import destroy_papers
from custody.collection.submission import Picture, submit_image
from custody.collection.viewing import Opened, open_submitted
from custody.disposal import scope
from custody.holds import place_holds
from custody.named import Named
from custody.replay import Replay
from policies.collection_codes import RefusalOutcome
from policies.refusals import Denied
from tests.support.collecting import DEADLINE, Collecting
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import record_of, rule_of
from tests.support.pictures import picture
from tests.support.tamper import change
from tests.support.world import GENSEN, World
from tokenizer.audit.action import Action
from tokenizer.errors import SealBrokenError
from tokenizer.storage.transaction import Transaction

FIRST, SECOND, THIRD = synthetic_numbers(3, seed=911)
REGISTERED_ON = date(2026, 11, 22)


async def campaign(collecting: Collecting, days: int, replay: Replay | None = None) -> Campaign | Denied:
    wanted = Wanted("入社 2026", frozenset({GENSEN}), frozenset(), DEADLINE, papers_days=days)
    return await create_campaign(
        collecting.custodian, collecting.administrator, wanted, collecting.world.clock(), replay
    )


@pytest.fixture
async def keeping(world: World) -> Collecting:
    """A campaign that keeps papers for thirty days."""
    collecting = await Collecting.begin(world)
    made = await campaign(collecting, 30)
    assert isinstance(made, Campaign)
    collecting.campaign = made
    return collecting


async def give_image(collecting: Collecting, external_id: str) -> None:
    given = await submit_image(
        collecting.custodian,
        collecting.themselves,
        collecting.ids[external_id],
        Picture("MY_NUMBER_CARD", "front", picture()),
        collecting.world.clock(),
    )
    assert not isinstance(given, Denied), given


async def register(collecting: Collecting, external_id: str, number: str, images: int = 1) -> None:
    await collecting.add(external_id)
    await collecting.told(external_id)
    for _ in range(images):
        await give_image(collecting, external_id)
    await collecting.submitted(external_id, number)
    await collecting.verified(external_id)
    done = await collecting.registered(external_id)
    assert done.rejections == []


async def kinds(collecting: Collecting, external_id: str) -> list[str]:
    return [each.kind for each in (await collecting.shown(external_id)).items]


async def destroy(collecting: Collecting, at_once: int = 200) -> int:
    return await destroy_papers(
        collecting.custodian, collecting.world.tenant.id, collecting.world.clock(), at_once
    )


async def board(collecting: Collecting) -> tuple[int, int, int]:
    shown = await show_board(
        collecting.custodian, collecting.handler, collecting.campaign.public_id, collecting.world.clock()
    )
    assert isinstance(shown, Board)
    return shown.papers, shown.papers_from, shown.papers_to


async def test_unless_the_campaign_says_otherwise_images_die_with_the_registration(
    collecting: Collecting,
) -> None:
    await register(collecting, "E1", FIRST)
    shown = await collecting.shown("E1")
    assert (shown.items, shown.collection.papers_until) == ([], 0)
    assert await collecting.count("sealed_item") == 0
    assert await board(collecting) == (0, 0, 0)


async def test_kept_images_outlive_the_registration_and_the_number_as_typed_does_not(
    keeping: Collecting,
) -> None:
    await register(keeping, "E1", FIRST, images=2)
    assert await kinds(keeping, "E1") == ["image", "image"]
    until = start_of_day_in_japan(REGISTERED_ON + timedelta(days=31))
    assert (await keeping.shown("E1")).collection.papers_until == until
    assert await board(keeping) == (1, until, until)
    items = [each.public_id for each in (await keeping.shown("E1")).items]
    opened = await open_submitted(
        keeping.custodian, keeping.handler, keeping.ids["E1"], items, keeping.world.clock()
    )
    assert isinstance(opened, Opened)
    assert opened.contents[0].startswith(b"\xff\xd8")


async def test_somebody_who_gave_no_image_has_none_that_is_kept(keeping: Collecting) -> None:
    await register(keeping, "E1", FIRST, images=0)
    assert (await keeping.shown("E1")).collection.papers_until == 0


async def test_when_the_day_has_come_they_are_destroyed_with_a_leaf_and_the_number_stays(
    keeping: Collecting,
) -> None:
    await register(keeping, "E1", FIRST, images=2)
    until = (await keeping.shown("E1")).collection.papers_until
    keeping.world.clock.now = until - 1
    assert await destroy(keeping) == 0
    keeping.world.clock.now = until
    assert await destroy(keeping) == 1
    shown = await keeping.shown("E1")
    assert (shown.items, shown.collection.papers_until) == ([], 0)
    assert shown.collection.state.value == "registered"
    assert await keeping.count("sealed_item") == 0
    assert await keeping.count("number") == 1
    leaves = [
        each for each in await record_of(keeping.world) if each.action is Action.COLLECTION_DESTROY_PAPERS
    ]
    assert [(each.detail["papers"], each.detail["by"]) for each in leaves] == [("2", "system")]
    assert await destroy(keeping) == 0


async def test_the_worker_does_it(keeping: Collecting) -> None:
    await register(keeping, "E1", FIRST)
    keeping.world.clock.advance(days=32)
    jobs = [each for each in JOBS if each.name == "destroy-papers"]
    assert (await Worker(keeping.world.house, keeping.world.clock, jobs).tick()).done == ["destroy-papers"]
    assert await kinds(keeping, "E1") == []


async def test_many_are_destroyed_batch_by_batch(keeping: Collecting) -> None:
    for external_id, number in zip(("E1", "E2", "E3"), (FIRST, SECOND, THIRD), strict=True):
        await register(keeping, external_id, number)
    keeping.world.clock.advance(days=32)
    assert await destroy(keeping, at_once=2) == 3
    assert await keeping.count("collection_item") == 0


async def test_a_legal_hold_lets_them_wait_and_nobody_else(keeping: Collecting) -> None:
    await register(keeping, "E1", FIRST)
    await register(keeping, "E2", SECOND)
    held = await place_holds(
        keeping.custodian, keeping.administrator, Named(["E1"]), "訴訟のため", keeping.world.clock()
    )
    assert not isinstance(held, Denied), held
    keeping.world.clock.advance(days=32)
    assert await destroy(keeping, at_once=1) == 1
    assert (await kinds(keeping, "E1"), await kinds(keeping, "E2")) == (["image"], [])


async def test_a_later_collection_of_the_same_person_takes_nothing_of_what_is_kept(
    keeping: Collecting,
) -> None:
    await register(keeping, "E1", FIRST)
    first = keeping.ids["E1"]
    again = await campaign(keeping, 0)
    assert isinstance(again, Campaign)
    keeping.campaign = again
    await keeping.add("E1", recollect=True)
    await give_image(keeping, "E1")
    await keeping.submitted("E1", SECOND)
    await keeping.verified("E1")
    assert (await keeping.registered("E1")).rejections == []
    assert await kinds(keeping, "E1") == []
    keeping.ids["E1"] = first
    assert await kinds(keeping, "E1") == ["image"]


async def test_a_disposal_takes_them_whatever_the_day_and_nothing_is_told_twice(keeping: Collecting) -> None:
    await register(keeping, "E1", FIRST)
    await register(keeping, "E2", SECOND)
    own, person = keeping.world.tenant.id, (await keeping.shown("E1")).person.id

    def dispose(tx: Transaction) -> None:
        keeping.custodian.vault.log(own).lock(tx)
        scope.destroy(tx, own, [person])

    await keeping.custodian.database.write(own, dispose)
    assert (await kinds(keeping, "E1"), await kinds(keeping, "E2")) == ([], ["image"])
    assert await keeping.count("sealed_item") == 1
    keeping.world.clock.advance(days=32)
    assert await destroy(keeping) == 2
    leaves = [
        each.person
        for each in await record_of(keeping.world)
        if each.action is Action.COLLECTION_DESTROY_PAPERS
    ]
    assert leaves == [(await keeping.shown("E2")).person.id]
    assert await board(keeping) == (0, 0, 0)


async def test_a_refusal_destroys_images_whatever_the_campaign_keeps(keeping: Collecting) -> None:
    await keeping.add("E1")
    await give_image(keeping, "E1")
    done = await record_refusal_of(
        keeping.custodian,
        keeping.desk,
        keeping.chosen("E1"),
        RefusalOutcome.DECLINED,
        REGISTERED_ON,
        keeping.world.clock(),
    )
    assert not isinstance(done, Denied)
    assert await kinds(keeping, "E1") == []


async def test_nobody_keeps_papers_for_longer_than_seven_years(collecting: Collecting) -> None:
    for days in (-1, MOST_PAPERS_DAYS + 1):
        assert rule_of(await campaign(collecting, days)) == "papers-days-invalid"
    longest = await campaign(collecting, MOST_PAPERS_DAYS)
    assert isinstance(longest, Campaign)
    assert longest.papers_days == MOST_PAPERS_DAYS


async def test_a_campaign_asked_for_twice_with_one_key_keeps_its_days(collecting: Collecting) -> None:
    replay = Replay(collecting.administrator, "a-key", "createCampaign", b"{}")
    assert await campaign(collecting, 9, replay) == await campaign(collecting, 9, replay)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE campaign SET papers_days = 2000 WHERE tenant_id = :own AND papers_days = 30",
        "UPDATE campaign SET papers_days = 0 WHERE tenant_id = :own AND papers_days = 30",
    ],
)
async def test_how_long_papers_are_kept_cannot_be_written_into_the_database(
    keeping: Collecting, sql: str
) -> None:
    await keeping.add("E1")
    await keeping.told("E1")
    await give_image(keeping, "E1")
    await keeping.submitted("E1", FIRST)
    await keeping.verified("E1")
    own = keeping.world.tenant.id
    assert await change(keeping.world.house.database, own, sql, own=own) == 1
    with pytest.raises(SealBrokenError):
        await keeping.registered("E1")


async def test_the_day_on_which_papers_go_cannot_be_put_off_in_the_database(keeping: Collecting) -> None:
    await register(keeping, "E1", FIRST)
    own = keeping.world.tenant.id
    sql = "UPDATE collection SET papers_until = papers_until + 1 WHERE tenant_id = :own"
    assert await change(keeping.world.house.database, own, sql, own=own) == 1
    keeping.world.clock.advance(days=40)
    with pytest.raises(SealBrokenError):
        await destroy(keeping)
