"""A company whose desk answers: a campaign with people in it, threads and slots as one call each."""

from dataclasses import dataclass

from custody.collection.acting import Acting, company, person
from custody.collection.collection import Collection, collections_by_id, parse_collection_id
from custody.custodian import Custodian
from custody.desk.booking import Booked, book
from custody.desk.inquiries import answer, ask
from custody.desk.inquiry import Inquiry
from custody.desk.offering import Offered, SlotColumns, offer_slots
from custody.desk.thread import Thread
from policies.refusals import Denied
from tests.support.collecting import Collecting

TEN = "2026-12-01T10:00"
"""When slots begin if nothing else is said: by the clock in Japan, nine days after the tests' clock begins."""


@dataclass
class Desk:
    """The desk of a company that collects."""

    collecting: Collecting

    @classmethod
    async def begin(cls, collecting: Collecting, people: int = 1) -> "Desk":
        """The desk, and people E1 and so on who were asked for their numbers."""
        if people:
            await collecting.add(*(f"E{place}" for place in range(1, people + 1)))
        return cls(collecting)

    @property
    def now(self) -> int:
        return self.collecting.world.clock()

    @property
    def handling(self) -> Acting:
        return company(self.collecting.handler)

    async def collection(self, who: str) -> Collection:
        return (await self.collecting.shown(who)).collection

    async def asking(self, who: str, text: str, about: str = "") -> Thread | Denied:
        """What somebody is answered who asks; about another's collection, if that is said."""
        own = await self.collection(who)
        place = self.collecting.ids[about or who]
        return await ask(
            self.collecting.custodian, self.collecting.themselves, own.person, place, text, self.now
        )

    async def asked(self, who: str, text: str = "返信用封筒がありません。") -> Thread:
        done = await self.asking(who, text)
        assert isinstance(done, Thread), done
        return done

    async def answered(self, thread: str, text: str = "お送りします。") -> Inquiry:
        collecting = self.collecting
        done = await answer(collecting.custodian, collecting.handler, thread, text, self.now)
        assert isinstance(done, Inquiry), done
        return done

    async def offering(self, *starts: str, seats: int = 2, place: str = "本社3階") -> Offered | Denied:
        size = len(starts)
        columns = SlotColumns([place] * size, starts, [30] * size, [seats] * size)
        return await offer_slots(self.collecting.custodian, self.collecting.handler, columns, self.now)

    async def offered(self, *starts: str, seats: int = 2, place: str = "本社3階") -> list[str]:
        done = await self.offering(*(starts or (TEN,)), seats=seats, place=place)
        assert isinstance(done, Offered), done
        assert done.rejections == []
        return [each or "" for each in done.slots]

    async def booking(self, who: str, slot: str) -> Booked | Denied:
        """What somebody is answered who books for themselves."""
        own = await self.collection(who)
        collecting = self.collecting
        return await book(
            collecting.custodian,
            collecting.themselves,
            own.person,
            collecting.ids[who],
            slot,
            self.now,
        )

    async def booked(self, who: str, slot: str) -> Booked:
        done = await self.booking(who, slot)
        assert isinstance(done, Booked), done
        return done


async def ask_themselves(custodian: Custodian, tenant: int, collection_id: str, text: str, now: int) -> str:
    """Let the person of a collection write, as if they had come in by their own door; the inquiry's public id."""
    identity = parse_collection_id(collection_id) or 0
    found = await custodian.database.read(
        tenant, lambda tx: collections_by_id(tx, custodian.authority, tenant, [identity])
    )
    themselves = person(tenant, None, sandbox=False)
    done = await ask(custodian, themselves, found[identity].person, collection_id, text, now)
    assert isinstance(done, Thread), done
    return done.inquiry.public_id
