"""What is filed after a departure: opened with it, for the family as well, once, and only where it was told of."""

import pytest

from custody.departures import Departed, record_departures
from custody.document_listing import Papers, show_papers
from custody.documents import DocumentColumns, record_documents
from custody.named import Named
from custody.registration import Registered, register
from custody.roster import Columns
from policies.actor import Actor
from policies.purposes import PersonKind, load_catalogue
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import record_of
from tests.support.world import World
from tokenizer.audit.action import Action

LATER = {
    *("EI_SOSHITSU", "SI_SOSHITSU", "TAX_GENSEN", "TAX_KYUYO_HOKOKU"),
    *("TAX_TOKUCHO_IDO", "TAX_GENSEN_TAI"),
}


@pytest.fixture
async def payroll(world: World) -> Actor:
    """A client with an employee and their dependent, both told of three purposes."""
    client = await world.client()
    kinds = [PersonKind.EMPLOYEE, PersonKind.DEPENDENT]
    columns = Columns(["E", "D"], synthetic_numbers(2, seed=7), kinds=kinds, employees=["", "E"])
    done = await register(
        world.custodian, client, columns, world.terms("TAX_FUYO", "TAX_GENSEN", "EI_SOSHITSU"), world.clock()
    )
    assert isinstance(done, Registered)
    return client


async def leave(world: World, actor: Actor, day: str = "2026-03-31") -> Departed:
    done = await record_departures(
        world.custodian, actor, Named(["E"]), [day], world.clock(), open_documents=True
    )
    assert isinstance(done, Departed), done
    return done


async def papers(world: World, actor: Actor, person: str) -> dict[str, str]:
    found = await show_papers(world.custodian, actor, person, world.clock())
    assert isinstance(found, Papers), found
    return {one.purpose: one.completed_on for one in found.documents}


def test_the_catalogue_says_what_is_filed_after_a_departure() -> None:
    assert {each.code for each in load_catalogue().offered() if each.after_departure} == LATER


async def test_a_departure_opens_what_is_still_to_be_filed_of_the_family_as_well(
    world: World, payroll: Actor
) -> None:
    assert (await leave(world, payroll)).opened == 3
    assert await papers(world, payroll, "E") == {"EI_SOSHITSU": "", "TAX_GENSEN": ""}
    assert await papers(world, payroll, "D") == {"TAX_GENSEN": ""}
    record = [entry for entry in await record_of(world) if entry.action is Action.DOCUMENT_RECORD]
    assert len(record) == 3


async def test_a_day_that_is_put_right_opens_nothing_again(world: World, payroll: Actor) -> None:
    await leave(world, payroll)
    assert (await leave(world, payroll, "2026-03-30")).opened == 0


async def test_who_has_an_open_document_gets_no_other(world: World, payroll: Actor) -> None:
    columns = DocumentColumns(Named(["E"]), ["TAX_GENSEN"])
    await record_documents(world.custodian, payroll, columns, world.clock())
    assert (await leave(world, payroll)).opened == 2
