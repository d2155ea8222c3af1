"""A company that collects on paper: a sender, families in a campaign, orders, printed files, and sheets out of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from api.bootstrap import House
from custody.calendar import day_in_japan
from custody.collection.addition import Added, add_people, invited
from custody.collection.dispatch import Sending
from custody.kits.facts import Contact, PostalAddress
from custody.kits.files import PrintPlace
from custody.kits.kit import KitPage, SentKit, insert_kits, insert_pages, kits_of_order
from custody.kits.press import KitPress
from custody.kits.print_file import Shop
from custody.kits.print_work import Turn, print_waiting
from custody.kits.printing import PrintAsked, print_kits
from custody.kits.printout import Printout, PrintState, read_printout, save_printout
from custody.kits.sender import KitSender, change_sender
from custody.kits.typesetter import typeset
from policies.actor import Role
from policies.purposes import PersonKind
from tests.support.api import KIT_SENDER, Colleague, Office
from tests.support.collecting import Collecting
from tests.support.kits import code_of, drawn
from tests.support.world import GENSEN, World
from tokenizer.storage.transaction import Transaction

HOME = "〒530-0001 大阪府大阪市北区梅田九丁目9番99-1203号"
PUBLIC_URL = "https://numbers.example.com"
SENDER = KitSender(
    "株式会社わりふ商事",
    "わりふ商事 個人番号受付センター",
    PostalAddress("135-0061", "東京都江東区豊洲9丁目99番99号"),
    Contact("個人番号受付センター", "0120-000-000", "平日 9時〜18時", "kit@warifu.example"),
)


async def given_out(collecting: Collecting, name: str) -> None:
    """Something in each table of kits: a sender, a kit with a page that came back, its printing. Nothing is printed."""
    world, now = collecting.world, collecting.world.clock()
    custodian, tenant = world.custodian, world.tenant.id
    proven = collecting.administrator._replace(proven_at=now)
    assert isinstance(await change_sender(custodian, proven, SENDER, now), KitSender)
    collection = int(collecting.ids[name].removeprefix("col_"))
    kit = SentKit(tenant, 1, code_of(1), 1, (collection,), now)
    day = day_in_japan(now).isoformat()
    counts = (1, 1, 6, 1)
    printout = Printout(tenant, 1, Sending.KIT, PrintState.DONE, day, day, *counts, "sato", now, now, now)

    def work(tx: Transaction) -> None:
        insert_kits(tx, custodian.authority, [kit])
        insert_pages(tx, [KitPage(tenant, kit.id, 1, collection, "3.1/1", b"")])
        save_printout(tx, printout)

    await custodian.database.write(tenant, work)


@dataclass(frozen=True)
class OnPaper:
    """A kit that was printed through the API: its order, its code, the collection it is for."""

    order: str
    code: str
    collection: str


async def on_paper(
    office: Office, boss: Colleague, campaign: str, name: str, *, printed: bool = True, **sender: str
) -> OnPaper:
    """Ask somebody by a kit, and print it.

    Args:
        office: the tenant.
        boss: an administrator and handler of it.
        campaign: public id of the campaign.
        name: external id of the person, who is new.
        printed: whether it is printed, and not only ordered.
        sender: what of the sender is to be otherwise.
    """
    do = boss.caller.do
    await do("reauthenticate", code=office.next_code(boss.human))
    said = await do("changeKitSender", **{**KIT_SENDER, **sender})
    assert said["__typename"] == "KitSenderChanged", said
    rows = {"externalIds": [name], "channels": ["KIT"], "names": [f"{name} 一郎"], "addresses": [HOME]}
    (collection,) = (await do("addToCampaign", campaignId=campaign, **rows))["collectionIds"]
    order = {"campaignId": campaign, "collectionIds": [collection], "kind": "KIT", "costYen": 800}
    made = (await do("orderDispatches", **order))["orderId"]
    if not printed:
        return OnPaper(made, "", collection)
    asked = await do("printKits", orderId=made)
    assert asked["__typename"] == "KitsPrinting", asked
    await print_all(office.world)
    (kit,) = await boss.caller.get("kits", collectionId=collection)
    return OnPaper(made, kit["code"], collection)


async def print_all(world: World) -> None:
    """What the worker does."""
    shop = Shop(PrintPlace(world.house.settings.data), PressInHouse(), world.clock, PUBLIC_URL)
    await print_waiting(world.custodian, shop, [world.tenant.id], world.clock() + 1)


class PressInHouse(KitPress):
    """Sets type in this process, which starts no other: quick, and as long as it lives typst remembers."""

    async def set(self, job: bytes) -> bytes:
        return typeset(json.loads(job))


@dataclass
class Kitting:
    """A campaign on paper.

    Attributes:
        collecting: the campaign, and who runs it.
        place: where files go.
    """

    collecting: Collecting
    place: PrintPlace
    press: KitPress = field(default_factory=PressInHouse)
    per_file: int = 100

    @classmethod
    async def begin(cls, world: World, *purposes: str) -> "Kitting":
        """A campaign with a sender."""
        human = await world.human("sato", Role.ADMINISTRATOR)
        handler = await world.human("tanaka", Role.HANDLER)
        proven = human.actor._replace(proven_at=world.clock())
        collecting = await Collecting.among(world, proven, handler.actor, *(purposes or (GENSEN,)))
        said = await change_sender(world.custodian, proven, SENDER, world.clock())
        assert isinstance(said, KitSender), said
        return cls(collecting, PrintPlace(world.house.settings.data))

    @property
    def world(self) -> World:
        return self.collecting.world

    @property
    def house(self) -> House:
        return self.world.house

    @property
    def data(self) -> Path:
        return self.house.settings.data

    @property
    def shop(self) -> Shop:
        return Shop(self.place, self.press, self.world.clock, PUBLIC_URL, self.per_file)

    async def family(self, name: str, *members: str, address: str = HOME, born: str = "1985-04-03") -> None:
        """An employee with dependents: `spouse` and others by their kind."""
        ids = [name, *(f"{name}-{place}" for place, _ in enumerate(members))]
        await self.invite(
            ids,
            kinds=[PersonKind(each) for each in ("employee", *members)],
            names=[f"髙﨑 {each}" for each in ids],
            addresses=[address] * len(ids),
            birth_dates=[born] * len(ids),
            employees=["", *[name] * len(members)],
        )

    async def invite(self, ids: Sequence[str], **columns: Any) -> None:
        collecting = self.collecting
        rows = invited(ids, ["kit"] * len(ids), **columns)
        added = await add_people(
            self.world.custodian,
            collecting.administrator,
            collecting.campaign.public_id,
            rows,
            self.world.clock(),
        )
        assert isinstance(added, Added), added
        assert added.rejections == []
        made = zip(ids, added.collections, strict=True)
        collecting.ids |= {each: collection or "" for each, collection in made}

    async def order(self, *external_ids: str, kind: Sending = Sending.KIT) -> str:
        return (await self.collecting.ordered(*external_ids, kind=kind)).order

    async def ask(self, order: str) -> PrintAsked:
        actor = self.collecting.administrator
        done = await print_kits(self.world.custodian, actor, order, None, self.world.clock())
        assert isinstance(done, PrintAsked), done
        return done

    async def work(self, seconds: int = 1) -> Turn:
        """A turn of the worker at the press, for so long on the clock, which stands unless somebody moves it."""
        until = self.world.clock() + seconds * 1000
        return await print_waiting(self.world.custodian, self.shop, [self.world.tenant.id], until)

    async def printed(self, *external_ids: str, kind: Sending = Sending.KIT) -> str:
        """Order, print, and say which order it was."""
        order = await self.order(*external_ids, kind=kind)
        await self.ask(order)
        await self.work()
        return order

    async def printout(self, order: str) -> Printout:
        tenant, number = self.world.tenant.id, int(order.removeprefix("ord_"))
        found = await self.house.database.read(tenant, lambda tx: read_printout(tx, tenant, number))
        assert found is not None
        return found

    async def kits(self, order: str) -> list[SentKit]:
        tenant, number = self.world.tenant.id, int(order.removeprefix("ord_"))
        return await self.house.database.read(
            tenant, lambda tx: kits_of_order(tx, self.world.custodian.authority, tenant, number)
        )

    def directory(self, order: str) -> Path:
        return self.place.of(self.world.tenant.id, int(order.removeprefix("ord_")))

    def sheets(self, order: str, name: str = "kits-0001.pdf", dpi: int = 150) -> list[Image.Image]:
        """The sheets of a printed file as a scanner sees them."""
        return drawn((self.directory(order) / name).read_bytes(), dpi)
