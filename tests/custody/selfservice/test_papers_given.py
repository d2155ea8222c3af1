"""Papers given at the door: as PDF too, and verified as what came over the network. Every number is synthetic."""

from io import BytesIO

import pytest
from PIL import Image

from custody.collection.acting import desk
from custody.collection.board import ShownCollection
from custody.collection.collection import Collection
from custody.collection.submission import MOST_IMAGES, Picture, submit_number
from custody.collection.verify import Verified, verify
from custody.selfservice.giving import give_image, take_back
from custody.selfservice.link import Factor
from policies.identity_catalogue import Channel
from policies.refusals import Denied
from tests.support.collecting import Collecting, card_case
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import rule_of
from tests.support.visiting import Visitor, issue

FIRST, SECOND = synthetic_numbers(2, seed=803)


def pdf(pages: int) -> bytes:
    """A PDF of so many pages, each with a picture."""
    sheets = [Image.new("RGB", (400, 250), (200, 30, 30 + page)) for page in range(pages)]
    out = BytesIO()
    sheets[0].save(out, "PDF", save_all=True, append_images=sheets[1:])
    return out.getvalue()


async def gives(
    visitor: Visitor, collection_id: str, content: bytes, document: str = "MY_NUMBER_CARD"
) -> object:
    shown = Picture(document, "", content)
    return await give_image(visitor.custodian, visitor.visit, collection_id, shown, visitor.clock())


async def through(collecting: Collecting, external_id: str) -> Visitor:
    """Somebody who was asked in another way, and comes by a link and a passcode."""
    (link,) = await issue(collecting, external_id, factor=Factor.PASSCODE)
    return await Visitor.through(collecting, link)


async def decided(collecting: Collecting, external_id: str, channel: Channel) -> Verified | Denied:
    shown: ShownCollection = await collecting.shown(external_id)
    return await verify(
        collecting.custodian,
        collecting.handler,
        collecting.ids[external_id],
        card_case(channel),
        shown.collection.revision,
        collecting.world.clock(),
    )


async def typed_in(collecting: Collecting, external_id: str) -> None:
    """A number that a handler reads from a paper."""
    now = collecting.world.clock()
    at_desk, place = desk(collecting.handler), collecting.ids[external_id]
    done = await submit_number(collecting.custodian, at_desk, place, SECOND, now)
    assert isinstance(done, Collection), done


async def test_each_page_of_a_pdf_is_an_image_and_suffices_as_one(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    own = collecting.ids["E1"]
    given = await gives(visitor, own, pdf(2))
    assert isinstance(given, list), given
    assert [(each.kind, each.document) for each in given] == [("image", "MY_NUMBER_CARD")] * 2
    seen = await visitor.sees_of(own)
    assert (len(seen.items), seen.missing) == (2, ())
    assert isinstance(await visitor.gives(own, FIRST), Collection)


async def test_a_pdf_that_cannot_be_read_or_has_no_room_leaves_nothing(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    own = collecting.ids["E1"]
    assert rule_of(await gives(visitor, own, pdf(11))) == "papers-too-many-pages"
    assert rule_of(await gives(visitor, own, pdf(1)[:200])) == "papers-broken"
    assert rule_of(await gives(visitor, own, pdf(1), "DRIVER_BOOK")) == "collection-item-invalid"
    assert (await visitor.sees_of(own)).items == ()
    for _ in range(MOST_IMAGES - 1):
        await visitor.shows(own)
    assert rule_of(await gives(visitor, own, pdf(2))) == "collection-item-invalid"
    assert len((await visitor.sees_of(own)).items) == MOST_IMAGES - 1


async def test_a_pdf_of_a_paper_that_is_not_wanted_is_refused(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    refused = await gives(visitor, collecting.ids["E1"], pdf(1), "POWER_OF_ATTORNEY")
    assert rule_of(refused) == "paper-not-wanted"
    assert await collecting.count("sealed_item") == 0


@pytest.mark.parametrize("channel", ["kit", "direct"])
async def test_what_came_by_a_link_is_verified_as_online_however_it_was_asked_for(
    collecting: Collecting, channel: str
) -> None:
    await collecting.add("E1", channel=channel)
    visitor = await through(collecting, "E1")
    await visitor.brings(collecting.ids["E1"], FIRST)
    done = await decided(collecting, "E1", Channel.ONLINE)
    assert isinstance(done, Verified), done
    assert done.record.verdict.is_accepted


@pytest.mark.parametrize("channel", ["kit", "direct"])
async def test_what_the_desk_typed_in_is_not_verified_as_online_though_a_link_is_out(
    collecting: Collecting, channel: str
) -> None:
    await collecting.add("E1", channel=channel)
    await through(collecting, "E1")
    await typed_in(collecting, "E1")
    assert rule_of(await decided(collecting, "E1", Channel.ONLINE)) == "verification-not-theirs"
    (item,) = (await collecting.shown("E1")).items
    assert item.given_by == "desk"


async def test_taking_the_image_back_takes_the_channel_with_it(collecting: Collecting) -> None:
    await collecting.add("E1", channel="kit")
    visitor = await through(collecting, "E1")
    item = await visitor.shows(collecting.ids["E1"])
    assert item.given_by == "person"
    assert await take_back(visitor.custodian, visitor.visit, item.public_id, visitor.clock()) is None
    await typed_in(collecting, "E1")
    assert rule_of(await decided(collecting, "E1", Channel.ONLINE)) == "verification-not-theirs"
