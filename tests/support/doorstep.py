"""A running vault with a company that asks for numbers, and links to hand to somebody with a phone."""

from dataclasses import dataclass

from custody.collection.collection import Collection
from custody.collection.decisions import record_deficiencies
from custody.collection.steps import Moved
from custody.selfservice.link import Factor
from custody.selfservice.links import IssuedLink
from policies.collection_codes import Deficiency
from policies.purposes import PersonKind
from tests.support.collecting import Collecting
from tests.support.desk import Desk
from tests.support.live import Server
from tests.support.visiting import ask, issue
from tests.support.world import World

PURPOSES = ("TAX_GENSEN", "TAX_FUYO", "NP_3GO")
FAMILY = {"さくら": PersonKind.DEPENDENT, "花子": PersonKind.SPOUSE}


@dataclass
class Doorstep:
    """A company of a running server; everything is done on the server's loop."""

    server: Server
    collecting: Collecting

    @classmethod
    def of(cls, server: Server, name: str = "株式会社みらい商事", *purposes: str) -> "Doorstep":
        async def begin() -> Collecting:
            world = await World.open(server.house, server.clock, name)
            return await Collecting.begin(world, *(purposes or PURPOSES))

        return cls(server, server.run(begin()))

    def link(
        self, who: str = "E1", *, family: bool = False, factor: Factor = Factor.BIRTH_DATE
    ) -> IssuedLink:
        """A link for an employee; with a child and a spouse, if that is said."""

        async def make() -> IssuedLink:
            if who not in self.collecting.ids:
                await ask(self.collecting, who)
            if family:
                for name, kind in FAMILY.items():
                    await ask(self.collecting, name, kind=kind, employee=who)
            (link,) = await issue(self.collecting, who, factor=factor)
            return link

        return self.server.run(make())

    def collection(self, who: str = "E1") -> Collection:
        """Where somebody's number stands."""

        async def read() -> Collection:
            return (await self.collecting.shown(who)).collection

        return self.server.run(read())

    def finds_fault(self, *reasons: Deficiency, who: str = "E1") -> None:
        """What was sent does not do."""
        collecting = self.collecting
        made = record_deficiencies(
            collecting.custodian, collecting.handler, collecting.chosen(who), reasons, self.server.clock()
        )
        assert isinstance(self.server.run(made), Moved)

    def answers(self, text: str, who: str = "E1") -> None:
        """Write to somebody."""
        self.server.run(Desk(self.collecting).answered(self.collecting.ids[who], text))

    def offers(self, *starts: str) -> None:
        """Offer times for a check in person."""
        self.server.run(Desk(self.collecting).offered(*starts))
