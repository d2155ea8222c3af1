"""What remains of what came in by the door: numbers sealed alone, links gone with their person and the contract."""

import logging

import pytest

from custody.collection.submission import Picture
from custody.contract.erase import erase
from custody.disposal.scope import destroy
from custody.listing import Window
from custody.selfservice.disclosure import own_uses
from custody.selfservice.giving import acknowledge, add_dependent, decline, give_image, give_number, take_back
from custody.selfservice.receipt import finish
from custody.selfservice.view import look
from custody.selfservice.visits import open_door, resume
from policies.purposes import PersonKind
from tests.custody.test_canaries import Trap, logged, stored
from tests.support.collecting import Collecting
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import rule_of
from tests.support.pictures import picture
from tests.support.visiting import BIRTHDAY, Visitor
from tokenizer.storage.transaction import Transaction

(NUMBER,) = synthetic_numbers(1, seed=807)


async def plant(trap: Trap, collecting: Collecting, visitor: Visitor) -> None:
    c, visit, own, now = collecting.custodian, visitor.visit, collecting.ids["E1"], visitor.clock()
    spouse = PersonKind.SPOUSE
    await trap.plant("secret", lambda x: open_door(c, x, BIRTHDAY, now))
    await trap.plant("cookie", lambda x: resume(c, x, now))
    await trap.plant("collection of image", lambda x: give_image(c, visit, x, shown(), now))
    await trap.plant("document", lambda x: give_image(c, visit, own, Picture(x, "", picture()), now))
    await trap.plant("side", lambda x: give_image(c, visit, own, Picture("PASSPORT", x, picture()), now))
    await trap.plant("image", lambda x: give_image(c, visit, own, Picture("PASSPORT", "", x.encode()), now))
    await trap.plant("item", lambda x: take_back(c, visit, x, now))
    await trap.plant("collection of number", lambda x: give_number(c, visit, x, NUMBER, NUMBER, now))
    await trap.plant("number without papers", lambda x: give_number(c, visit, own, x, x, now))
    await trap.plant("number once", lambda x: give_number(c, visit, own, x, NUMBER, now))
    await trap.plant("number again", lambda x: give_number(c, visit, own, NUMBER, x, now))
    await visitor.shows(own)
    await trap.plant("number", lambda x: give_number(c, visit, own, x, x, now))
    await trap.plant("declined", lambda x: decline(c, visit, x, now))
    await trap.plant("name", lambda x: add_dependent(c, visit, x, "", "1990-01-01", spouse, now))
    await trap.plant("kana", lambda x: add_dependent(c, visit, "試験", x, "1990-01-01", spouse, now))
    await trap.plant("born", lambda x: add_dependent(c, visit, "試験", "", x, spouse, now))
    await trap.keep(acknowledge(c, visit, now))
    await trap.keep(look(c, visit, now))
    await trap.keep(own_uses(c, visit, Window(20), now))
    await trap.keep(finish(c, visit, now))
    await trap.plant("factor", lambda x: open_door(c, visitor.link.secret, x, now))


def shown() -> Picture:
    return Picture("PASSPORT", "", picture())


async def test_no_number_is_found_in_what_the_door_leaves_behind_but_sealed(
    collecting: Collecting, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    trap = Trap()
    visitor = await Visitor.comes(collecting, "E1")
    await plant(trap, collecting, visitor)
    assert len(trap.canaries) > 150
    assert await collecting.state("E1") == "arrived"
    told = "\n".join(trap.returned).encode("utf-8", "surrogatepass")
    places = {"what was returned": told, "the log output": logged(caplog)}
    assert trap.hits(places | await stored(collecting.world, database_url)) == []


async def test_with_a_persons_number_their_links_and_visits_go(collecting: Collecting) -> None:
    visitor, other = await Visitor.comes(collecting, "E1"), await Visitor.comes(collecting, "E2")
    tenant, now = collecting.world.tenant.id, visitor.clock()

    def work(tx: Transaction) -> None:
        collecting.custodian.vault.log(tenant).lock(tx)
        destroy(tx, tenant, [visitor.visit.person])

    await collecting.custodian.database.write(tenant, work)
    assert rule_of(await resume(visitor.custodian, visitor.visit.secret, now)) == "visit-ended"
    opened = await open_door(visitor.custodian, visitor.link.secret, BIRTHDAY, now)
    assert rule_of(opened) == "door-not-opened"
    assert (await other.sees()).gives
    assert await collecting.count("collection_link") == 1


async def test_with_the_contract_every_link_and_visit_goes(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    await erase(collecting.custodian, collecting.world.tenant.id)
    for table in ("collection_link", "collection_visit"):
        assert await collecting.count(table) == 0, table
    opened = await open_door(visitor.custodian, visitor.link.secret, BIRTHDAY, visitor.clock())
    assert rule_of(opened) == "door-not-opened"
