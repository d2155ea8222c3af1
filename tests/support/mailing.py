"""A company that asks by mail: its house sends to a server on loopback."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from api.mail.job import send_mails
from custody.collection.addition import Added, add_people, invited
from custody.collection.dispatch import Dispatch, Sending
from policies.purposes import PersonKind
from tests.support.collecting import Collecting
from tests.support.mail import Postbox, post_to
from tests.support.world import World

BORN = date(1985, 4, 3)


def with_post(world: World, postbox: Postbox) -> World:
    """The same world, whose mail goes to a server."""
    custodian = replace(world.custodian, mails=True)
    house = replace(world.house, custodian=custodian, post=post_to(postbox.port))
    return World(house, world.clock, world.tenant)


@dataclass
class Mailing:
    """A campaign whose people are asked by mail."""

    collecting: Collecting
    postbox: Postbox

    @classmethod
    async def begin(cls, world: World, postbox: Postbox, *purposes: str) -> "Mailing":
        return cls(await Collecting.begin(with_post(world, postbox), *purposes), postbox)

    @property
    def world(self) -> World:
        return self.collecting.world

    async def add(
        self,
        *external_ids: str,
        channel: str = "link_mail",
        kind: PersonKind = PersonKind.EMPLOYEE,
        employee: str = "",
        emails: Sequence[str] | None = None,
        born: date | None = BORN,
    ) -> None:
        """People with a name, a birth date and an address for mail, which is their id at x.test."""
        size = len(external_ids)
        rows = invited(
            external_ids,
            [channel] * size,
            kinds=[kind] * size,
            names=[f"試験 {each}" for each in external_ids],
            birth_dates=[born.isoformat() if born else ""] * size,
            employees=[employee] * size,
            emails=list(emails) if emails is not None else [f"{each}@x.test" for each in external_ids],
        )
        added = await add_people(
            self.collecting.custodian,
            self.collecting.administrator,
            self.collecting.campaign.public_id,
            rows,
            self.world.clock(),
        )
        assert isinstance(added, Added), added
        assert added.rejections == []
        ids = zip(external_ids, added.collections, strict=True)
        self.collecting.ids |= {each: made or "" for each, made in ids}

    async def order(self, *external_ids: str, kind: Sending = Sending.LINK_MAIL) -> str:
        ordered = await self.collecting.ordered(*external_ids, kind=kind, cost=10)
        assert ordered.rejections == []
        return ordered.order

    async def work(self) -> None:
        """What the worker does at its next tick."""
        await send_mails(self.world.house, self.world.clock())

    async def dispatch(self, external_id: str) -> Dispatch:
        """What was ordered last for somebody."""
        return (await self.collecting.shown(external_id)).dispatches[-1]

    def link_to(self, email: str) -> str:
        """The secret of the link in the last mail to an address."""
        text = str(self.postbox.to(email)[-1].get_content())
        (found,) = {line.strip().rpartition("/my#")[2] for line in text.splitlines() if "/my#" in line}
        return found
