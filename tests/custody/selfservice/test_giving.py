"""What a person gives at the door, for themselves and their family, and what they are told to do first."""

import asyncio
from datetime import date

import pytest

from custody.collection.board import ShownCollection, show_collection
from custody.collection.collection import Collection
from custody.collection.decisions import record_deficiencies
from custody.collection.dispatch import Sending
from custody.collection.notice import NoticeForm, notices_of
from custody.collection.notice_text import notice_text, purposes_of
from custody.collection.steps import Moved
from custody.collection.submission import Picture
from custody.collection.viewing import Opened, open_submitted
from custody.listing import PersonFilter, Window, list_persons
from custody.selfservice.giving import acknowledge, decline, give_image, give_number, take_back
from custody.selfservice.receipt import Receipt, finish, receipt
from policies.collection_codes import Deficiency
from policies.identity_case import Agency, Agent, Case, Shown, Subject
from policies.identity_catalogue import Channel, Item
from policies.purposes import PersonKind, load_catalogue
from policies.refusals import Denied
from tests.support.canary import wrong
from tests.support.collecting import CARD, Collecting, card_case
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import record_of, rule_of
from tests.support.pictures import picture
from tests.support.visiting import Visitor, ask, issue
from tests.support.world import GENSEN, World
from tokenizer.audit.action import Action, Outcome
from warifu.audit import verify_proof

FIRST, SECOND, THIRD = synthetic_numbers(3, seed=801)
THIRD_CATEGORY = "NP_3GO"
IMAGE = Picture("MY_NUMBER_CARD", "", picture())


async def number(visitor: Visitor, collection_id: str, typed: str, again: str | None = None) -> object:
    now = visitor.clock()
    return await give_number(
        visitor.custodian, visitor.visit, collection_id, typed, typed if again is None else again, now
    )


async def image(visitor: Visitor, collection_id: str, shown: Picture = IMAGE) -> object:
    return await give_image(visitor.custodian, visitor.visit, collection_id, shown, visitor.clock())


async def test_a_person_brings_their_number_and_gets_a_receipt(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    own = collecting.ids["E1"]
    seen = await visitor.sees()
    assert (seen.company, seen.campaign, seen.name) == ("株式会社テスト", "2026年 年末調整", "試験 E1")
    assert [each.code for each in seen.purposes] == [GENSEN]
    assert [(each.id, each.own, each.can_give, len(each.missing)) for each in seen.collections] == [
        (own, True, True, 2)
    ]
    given = await visitor.brings(own, FIRST)
    assert given.state.value == "arrived"
    done = await visitor.finishes()
    (one,) = done.given
    assert (one.collection, one.name, one.number, one.declined) == (own, "試験 E1", True, False)
    assert (one.documents, one.at) == (("MY_NUMBER_CARD",), "2026-11-22T12:00:00+09:00")
    assert (done.company, done.campaign, done.campaign_id) == (
        seen.company,
        seen.campaign,
        collecting.campaign.public_id,
    )
    assert (await visitor.sees()).finished_at == collecting.world.clock()


async def test_the_receipt_is_proven_by_the_clients_verifier_and_shows_no_digit(
    collecting: Collecting,
) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    await visitor.brings(collecting.ids["E1"], FIRST)
    done = await visitor.finishes()
    proven = verify_proof(done.proof, done.entry.encode(), done.verifier_key)
    assert proven.index == done.leaf_index
    assert FIRST not in repr(done) + done.entry
    assert done.entry.count("number") == 1  # the word alone: when, that a number was given, and the documents
    assert '"2026-11-22T12:00:00+09:00 number MY_NUMBER_CARD"' in done.entry


async def test_before_the_notice_nothing_can_be_given(collecting: Collecting) -> None:
    await ask(collecting, "E1")
    (link,) = await issue(collecting, "E1")
    visitor = await Visitor.through(collecting, link, told=False)
    own = collecting.ids["E1"]
    assert not (await visitor.sees()).acknowledged
    for refused in (await image(visitor, own), await number(visitor, own, FIRST)):
        assert rule_of(refused) == "notice-not-acknowledged"
    assert await acknowledge(visitor.custodian, visitor.visit, visitor.clock()) is None
    assert (await visitor.sees()).acknowledged
    await visitor.brings(own, FIRST)


async def test_acknowledging_records_the_notice_once_for_everybody_who_is_brought(
    collecting: Collecting,
) -> None:
    await ask(collecting, "E1")
    await ask(collecting, "D1", kind=PersonKind.DEPENDENT, employee="E1")
    visitor = await Visitor.comes(collecting, "E1")
    assert await acknowledge(visitor.custodian, visitor.visit, visitor.clock()) is None
    told = [each for each in await record_of(collecting.world) if each.action is Action.NOTICE_GIVE]
    assert len({each.person for each in told}) == len(told) == 2
    assert {each.detail["form"] for each in told} == {"web_page"}
    page = await list_persons(
        collecting.custodian, collecting.handler, PersonFilter(), Window(10), visitor.clock()
    )
    assert not isinstance(page, Denied)
    assert [list(each.person.notified) for each in page.items] == [[GENSEN], [GENSEN]]
    assert await collecting.count("purpose_notice") == 1


async def test_what_is_shown_as_the_notice_is_the_catalogues_and_is_kept_word_for_word(
    collecting: Collecting,
) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    shown = (await visitor.sees()).notice
    purposes = purposes_of(load_catalogue(), [GENSEN])
    assert shown == notice_text(NoticeForm.WEB_PAGE, "株式会社テスト", purposes, date(2026, 11, 22))
    person = visitor.visit.person
    (kept,) = await collecting.world.house.database.read(
        visitor.visit.tenant, lambda tx: notices_of(tx, visitor.visit.tenant, person)
    )
    assert kept.text == shown


async def test_a_number_typed_two_ways_is_not_taken(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    own = collecting.ids["E1"]
    await visitor.shows(own)
    refused = await number(visitor, own, FIRST, SECOND)
    assert rule_of(refused) == "number-differs-from-repeat"
    mistyped = await number(visitor, own, wrong(FIRST))
    assert isinstance(mistyped, Denied)
    assert mistyped.rule == "number-invalid"
    assert FIRST[:-1] not in mistyped.message_ja + mistyped.message_en
    assert await collecting.count("sealed_item") == 1  # the image alone
    assert isinstance(await number(visitor, own, FIRST, f"{FIRST[:4]} {FIRST[4:8]}-{FIRST[8:]}"), Collection)


@pytest.mark.parametrize(
    ("shown", "lacking"),
    [
        ([], 2),
        ([("MY_NUMBER_CARD", "front")], 1),
        ([("MY_NUMBER_CARD", "back")], 1),
        ([("MY_NUMBER_CARD", "")], 0),
        ([("MY_NUMBER_CARD", "front"), ("MY_NUMBER_CARD", "back")], 0),
        ([("RESIDENCE_RECORD", ""), ("DRIVING_LICENCE", "back")], 1),
        ([("RESIDENCE_RECORD", ""), ("DRIVING_LICENCE", "front")], 0),
        ([("NOTIFICATION_CARD", "front"), ("PASSPORT", "")], 0),
        ([("DRIVING_LICENCE", "front"), ("PASSPORT", "")], 1),
    ],
)
async def test_a_number_needs_a_paper_that_shows_it_and_one_that_shows_whose_it_is(
    collecting: Collecting, shown: list[tuple[str, str]], lacking: int
) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    own = collecting.ids["E1"]
    for document, side in shown:
        await visitor.shows(own, document, side)
    missing = (await visitor.sees_of(own)).missing
    assert len(missing) == lacking
    answer = await number(visitor, own, FIRST)
    if not lacking:
        assert isinstance(answer, Collection)
        return
    assert isinstance(answer, Denied)
    assert answer.rule == "papers-missing"
    assert all(gap.ja in answer.message_ja and gap.en in answer.message_en for gap in missing)


async def test_papers_that_do_not_count_online_are_not_taken(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    own = collecting.ids["E1"]
    for document in ("NUMBER_NOTICE", "PENSION_BOOK", "INSURANCE_CARD", "POWER_OF_ATTORNEY", "COMPANY_LOGIN"):
        assert rule_of(await image(visitor, own, Picture(document, "", picture()))) == "paper-not-wanted"
    for broken in (Picture("NO_SUCH", "", picture()), Picture("PASSPORT", "", b"no image")):
        assert rule_of(await image(visitor, own, broken)) == "collection-item-invalid"
    assert await collecting.count("sealed_item") == 0


async def test_of_dependents_the_number_alone_is_taken_and_no_papers(collecting: Collecting) -> None:
    await ask(collecting, "E1")
    await ask(collecting, "D1", "D2", kind=PersonKind.DEPENDENT, employee="E1")
    await ask(collecting, "S1", kind=PersonKind.SPOUSE, employee="E1")
    visitor = await Visitor.comes(collecting, "E1")
    assert [each.external_id for each in (await visitor.sees()).collections] == ["E1", "D1", "D2", "S1"]
    assert rule_of(await image(visitor, collecting.ids["D1"])) == "paper-not-wanted"
    for external_id, typed in (("D1", FIRST), ("S1", SECOND)):
        assert (await visitor.gives(collecting.ids[external_id], typed)).state.value == "arrived"
    done = await visitor.finishes()
    assert [(each.name, each.kind) for each in done.given] == [
        ("試験 D1", PersonKind.DEPENDENT),
        ("試験 S1", PersonKind.SPOUSE),
    ]


async def test_the_spouse_of_the_third_category_needs_the_number_paper_and_the_power_of_attorney(
    world: World,
) -> None:
    collecting = await Collecting.begin(world, GENSEN, THIRD_CATEGORY)
    await ask(collecting, "E1")
    await ask(collecting, "S1", kind=PersonKind.SPOUSE, employee="E1")
    visitor = await Visitor.comes(collecting, "E1")
    spouse = collecting.ids["S1"]
    seen = await visitor.sees_of(spouse)
    assert seen.needs_authority
    assert not seen.papers.identity
    assert [paper.code for paper in seen.papers.authority] == ["POWER_OF_ATTORNEY"]
    await visitor.shows(spouse, "RESIDENCE_RECORD")
    answer = await number(visitor, spouse, FIRST)
    assert isinstance(answer, Denied)
    assert (answer.rule, "委任状" in answer.message_ja) == ("papers-missing", True)
    await visitor.shows(spouse, "POWER_OF_ATTORNEY")
    assert (await visitor.gives(spouse, FIRST)).state.value == "arrived"
    await visitor.brings(collecting.ids["E1"], SECOND)
    name = frozenset({Item.NAME})
    agent = Agent(Agency.VOLUNTARY, (Shown("POWER_OF_ATTORNEY", name),), (CARD,), is_spouse=True)
    case = Case(
        Subject.SPOUSE_3GO,
        Channel.ONLINE,
        card_case().day,
        number=(Shown("RESIDENCE_RECORD"),),
        agent=agent,
    )
    assert (await collecting.verified("S1", case)).record.verdict.is_accepted


async def test_collections_of_others_are_unknown_to_a_visit(collecting: Collecting) -> None:
    await ask(collecting, "E1", "E2")
    await ask(collecting, "D2", kind=PersonKind.DEPENDENT, employee="E2")
    visitor = await Visitor.comes(collecting, "E1")
    again = await Collecting.begin_again(collecting)
    await ask(again, "D1", kind=PersonKind.DEPENDENT, employee="E1")
    other = await Collecting.begin(await World.open(collecting.world.house, collecting.world.clock, "となり"))
    await ask(other, "E1")
    foreign = [collecting.ids["E2"], collecting.ids["D2"], again.ids["D1"], other.ids["E1"], "col_1", ""]
    for identity in foreign:
        assert rule_of(await number(visitor, identity, FIRST)) == "collection-unknown"
        assert rule_of(await image(visitor, identity)) == "collection-unknown"
        declined = await decline(visitor.custodian, visitor.visit, identity, visitor.clock())
        assert rule_of(declined) == "collection-unknown"
    assert [each.external_id for each in (await visitor.sees()).collections] == ["E1"]


async def test_images_of_others_cannot_be_taken_back(collecting: Collecting) -> None:
    first, second = await Visitor.comes(collecting, "E1"), await Visitor.comes(collecting, "E2")
    item = await second.shows(collecting.ids["E2"])
    for identity in (item.public_id, "itm_1", ""):
        refused = await take_back(first.custodian, first.visit, identity, first.clock())
        assert isinstance(refused, Denied)
        assert refused.rule == "collection-item-unknown"
    assert await collecting.count("collection_item") == 1


async def test_an_image_can_be_taken_back_until_the_number_is_given(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    own = collecting.ids["E1"]
    item = await visitor.shows(own)
    assert await take_back(visitor.custodian, visitor.visit, item.public_id, visitor.clock()) is None
    assert await collecting.count("sealed_item") == 0
    assert (await record_of(collecting.world))[-1].detail["item"] == item.public_id
    item = await visitor.shows(own)
    await visitor.gives(own, FIRST)
    refused = await take_back(visitor.custodian, visitor.visit, item.public_id, visitor.clock())
    assert isinstance(refused, Denied)
    assert refused.rule == "number-already-given"
    (typed,) = [each for each in (await visitor.sees_of(own)).items if each.kind == "number"]
    refused = await take_back(visitor.custodian, visitor.visit, typed.id, visitor.clock())
    assert isinstance(refused, Denied)
    assert refused.rule == "collection-item-unknown"


async def test_a_number_can_be_corrected_until_the_desk_has_decided(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    own = collecting.ids["E1"]
    await visitor.brings(own, FIRST)
    await visitor.gives(own, SECOND)
    shown = await show_collection(collecting.custodian, collecting.handler, own, visitor.clock())
    assert isinstance(shown, ShownCollection)
    (item,) = [each.public_id for each in shown.items if each.kind == "number"]
    opened = await open_submitted(collecting.custodian, collecting.handler, own, [item], visitor.clock())
    assert isinstance(opened, Opened)
    assert opened.contents == [SECOND.encode()]
    await collecting.verified("E1")
    assert rule_of(await number(visitor, own, FIRST)) == "collection-step-not-allowed"
    assert not (await visitor.sees_of(own)).can_give


async def test_who_declines_is_not_asked_why_and_nothing_stays(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    own = collecting.ids["E1"]
    await visitor.shows(own)
    done = await decline(visitor.custodian, visitor.visit, own, visitor.clock())
    assert isinstance(done, Collection)
    assert (done.state.value, done.codes, done.asked_on) == ("refused", ("DECLINED",), "2026-11-22")
    for table in ("sealed_item", "collection_item", "person_key"):
        assert await collecting.count(table) == 0, table
    said = (await record_of(collecting.world))[-1]
    assert (said.action, said.detail["by"], said.reason) == (Action.COLLECTION_REFUSE, "person", None)
    assert [each.declined for each in (await visitor.finishes()).given] == [True]


async def test_who_is_done_cannot_give_more_and_sees_the_receipt_again(collecting: Collecting) -> None:
    await ask(collecting, "E1")
    await ask(collecting, "D1", kind=PersonKind.DEPENDENT, employee="E1")
    visitor = await Visitor.comes(collecting, "E1")
    early = await receipt(visitor.custodian, visitor.visit, visitor.clock())
    assert rule_of(early) == "receipt-not-there"
    assert rule_of(await finish(visitor.custodian, visitor.visit, visitor.clock())) == "nothing-given"
    await visitor.brings(collecting.ids["E1"], FIRST)
    first = await visitor.finishes()
    assert rule_of(await number(visitor, collecting.ids["D1"], SECOND)) == "giving-ended"
    assert rule_of(await image(visitor, collecting.ids["E1"])) == "giving-ended"
    collecting.world.clock.advance(minutes=5)
    again = await finish(visitor.custodian, visitor.visit, visitor.clock())
    assert isinstance(again, Receipt)
    assert (again.leaf_index, again.entry, again.given) == (first.leaf_index, first.entry, first.given)
    assert not (await visitor.sees()).gives


async def test_after_the_deadline_and_a_fortnight_a_link_only_reads(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    collecting.world.clock.now = visitor.link.gives_until
    late = await Visitor.through(collecting, visitor.link)
    await late.shows(collecting.ids["E1"])
    collecting.world.clock.advance(seconds=0.001)
    assert rule_of(await number(late, collecting.ids["E1"], FIRST)) == "giving-ended"
    assert rule_of(await finish(late.custodian, late.visit, late.clock())) == "giving-ended"
    seen = await late.sees()
    assert (seen.gives, seen.collections[0].can_give, str(seen.deadline)) == (False, False, "2027-01-31")


async def test_a_deficient_submission_is_given_again_through_a_new_link(collecting: Collecting) -> None:
    first = await Visitor.comes(collecting, "E1")
    own = collecting.ids["E1"]
    await first.brings(own, FIRST)
    await first.finishes()
    found = await record_deficiencies(
        collecting.custodian,
        collecting.handler,
        collecting.chosen("E1"),
        [Deficiency.IMAGE_BLURRED],
        first.clock(),
    )
    assert isinstance(found, Moved)
    assert len((await first.sees_of(own)).deficiencies) == 1
    order = await collecting.ordered("E1", kind=Sending.LINK_QR)
    (link,) = await issue(collecting, "E1")
    await collecting.sent(order.order)
    again = await Visitor.through(collecting, link, told=False)
    seen = await again.sees()
    assert seen.acknowledged
    (one,) = seen.collections
    assert (one.state.value, one.can_give) == ("distributed", True)
    assert "ぼやけて" in one.deficiencies[0].ja
    await again.shows(own)
    assert (await again.gives(own, SECOND)).state.value == "arrived"
    assert (await again.sees_of(own)).deficiencies == ()
    assert (await again.finishes()).leaf_index > 0
    assert rule_of(await number(first, own, THIRD)) == "giving-ended"


async def test_two_tabs_that_give_at_once_leave_one_number(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    own = collecting.ids["E1"]
    await visitor.shows(own)
    answers = await asyncio.gather(*(number(visitor, own, typed) for typed in (FIRST, SECOND)))
    assert all(isinstance(answer, Collection) for answer in answers)
    kinds = [each.kind for each in (await visitor.sees_of(own)).items]
    assert sorted(kinds) == ["image", "number"]


async def test_what_is_refused_at_the_door_is_in_the_record(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    await number(visitor, collecting.ids["E1"], FIRST)
    said = (await record_of(collecting.world))[-1]
    assert (said.action, said.outcome, said.rule) == (
        Action.COLLECTION_SUBMIT,
        Outcome.DENIED,
        "papers-missing",
    )
    assert said.detail == {"by": "person"}
