"""Somebody who comes in by the person's door, and brings their number."""

from dataclasses import dataclass

from custody.collection.addition import Added, Invited, add_people
from custody.collection.collection import Collection
from custody.collection.item import SubmittedItem
from custody.collection.submission import Picture
from custody.custodian import Custodian
from custody.listing import Page, Window
from custody.roster import Columns
from custody.selfservice.disclosure import OwnUse, own_uses
from custody.selfservice.giving import acknowledge, give_image, give_number
from custody.selfservice.link import Factor
from custody.selfservice.links import IssuedLink, IssuedLinks, issue_links
from custody.selfservice.receipt import Receipt, finish
from custody.selfservice.view import CollectionView, DoorView, look
from custody.selfservice.visits import Visit, open_door
from policies.purposes import PersonKind
from tests.support.clock import FakeClock
from tests.support.collecting import Collecting
from tests.support.pictures import picture

BIRTHDAY = "1990-04-01"


async def ask(
    collecting: Collecting,
    *external_ids: str,
    kind: PersonKind = PersonKind.EMPLOYEE,
    employee: str = "",
    birth_date: str = BIRTHDAY,
) -> None:
    """Add people with birth dates to the campaign."""
    size = len(external_ids)
    people = Columns(
        list(external_ids),
        [""] * size,
        kinds=[kind] * size,
        names=[f"試験 {each}" for each in external_ids],
        birth_dates=[birth_date] * size,
        employees=[employee] * size,
    )
    added = await add_people(
        collecting.custodian,
        collecting.administrator,
        collecting.campaign.public_id,
        Invited(people, ["link_qr"] * size),
        collecting.world.clock(),
    )
    assert isinstance(added, Added), added
    assert added.rejections == []
    collecting.ids |= {each: made or "" for each, made in zip(external_ids, added.collections, strict=True)}


async def issue(
    collecting: Collecting, *external_ids: str, factor: Factor = Factor.BIRTH_DATE
) -> list[IssuedLink]:
    """Links for people of the campaign."""
    issued = await issue_links(
        collecting.custodian,
        collecting.administrator,
        collecting.campaign.public_id,
        collecting.chosen(*external_ids),
        factor,
        collecting.world.clock(),
    )
    assert isinstance(issued, IssuedLinks), issued
    assert issued.rejections == []
    return issued.links


@dataclass
class Visitor:
    """Somebody who was let in; each act as one call that must succeed."""

    custodian: Custodian
    clock: FakeClock
    visit: Visit
    link: IssuedLink

    @classmethod
    async def comes(cls, collecting: Collecting, external_id: str, *, told: bool = True) -> "Visitor":
        """Is asked with a birth date, unless they were before, gets a link, opens it, reads the notice."""
        if external_id not in collecting.ids:
            await ask(collecting, external_id)
        (link,) = await issue(collecting, external_id)
        return await cls.through(collecting, link, told=told)

    @classmethod
    async def through(cls, collecting: Collecting, link: IssuedLink, *, told: bool = True) -> "Visitor":
        """Opens a link."""
        clock = collecting.world.clock
        visit = await open_door(collecting.custodian, link.secret, link.passcode or BIRTHDAY, clock())
        assert isinstance(visit, Visit), visit
        visitor = cls(collecting.custodian, clock, visit, link)
        if told:
            assert await acknowledge(collecting.custodian, visit, clock()) is None
        return visitor

    async def sees(self) -> DoorView:
        seen = await look(self.custodian, self.visit, self.clock())
        assert isinstance(seen, DoorView), seen
        return seen

    async def sees_of(self, collection_id: str) -> CollectionView:
        (found,) = [each for each in (await self.sees()).collections if each.id == collection_id]
        return found

    async def shows(
        self, collection_id: str, document: str = "MY_NUMBER_CARD", side: str = ""
    ) -> SubmittedItem:
        shown = Picture(document, side, picture())
        given = await give_image(self.custodian, self.visit, collection_id, shown, self.clock())
        assert isinstance(given, list), given
        (item,) = given
        return item

    async def gives(self, collection_id: str, number: str) -> Collection:
        given = await give_number(self.custodian, self.visit, collection_id, number, number, self.clock())
        assert isinstance(given, Collection), given
        return given

    async def brings(self, collection_id: str, number: str) -> Collection:
        """The card, then the number."""
        await self.shows(collection_id)
        return await self.gives(collection_id, number)

    async def finishes(self) -> Receipt:
        done = await finish(self.custodian, self.visit, self.clock())
        assert isinstance(done, Receipt), done
        return done

    async def reads(self, limit: int = 20) -> Page[OwnUse]:
        """The last entries of their own record."""
        page = await own_uses(self.custodian, self.visit, Window(limit, backward=True), self.clock())
        assert isinstance(page, Page), page
        return page
