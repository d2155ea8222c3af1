"""Family that the company did not know of, added by the employee at the door."""

import pytest

from custody.collection.campaign import Campaign
from custody.collection.campaigns import close_campaign
from custody.collection.collection import Collection
from custody.people import Person
from custody.selfservice.giving import acknowledge, add_dependent
from policies.purposes import PersonKind
from policies.refusals import Denied
from tests.support.collecting import Collecting
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import record_of, rule_of
from tests.support.visiting import Visitor, ask, issue
from tests.support.world import GENSEN
from tokenizer.audit.action import Action

(NUMBER,) = synthetic_numbers(1, seed=803)
CHILD = ("試験 花子", "シケン ハナコ", "2015-05-05", PersonKind.DEPENDENT)


async def add(
    visitor: Visitor,
    name: str = CHILD[0],
    kana: str = CHILD[1],
    birth_date: str = CHILD[2],
    kind: PersonKind = CHILD[3],
) -> Collection | Denied:
    return await add_dependent(
        visitor.custodian, visitor.visit, name, kana, birth_date, kind, visitor.clock()
    )


async def test_a_newcomer_is_a_person_of_their_own_and_their_number_is_taken(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    made = await add(visitor)
    assert isinstance(made, Collection)
    seen = await visitor.sees_of(made.public_id)
    assert (seen.name, seen.external_id, seen.kind, seen.own) == (
        "試験 花子",
        "E1-F1",
        PersonKind.DEPENDENT,
        False,
    )
    collecting.ids["E1-F1"] = made.public_id
    assert (await visitor.gives(made.public_id, NUMBER)).state.value == "arrived"
    person: Person = (await collecting.shown("E1-F1")).person
    assert (person.employee, list(person.notified), str(person.birth_date)) == ("E1", [GENSEN], "2015-05-05")
    added = [each for each in await record_of(collecting.world) if each.person == person.id]
    assert [each.action for each in added] == [
        Action.COLLECTION_INSTRUCT,
        Action.NOTICE_GIVE,
        Action.COLLECTION_SUBMIT,
    ]
    assert (added[0].detail["by"], added[0].detail["link"]) == ("person", visitor.link.link)


async def test_an_id_that_somebody_has_is_not_given_again(collecting: Collecting) -> None:
    await ask(collecting, "E1", "E1-F1", "E1-F3")
    visitor = await Visitor.comes(collecting, "E1")
    made = [await add(visitor, name=f"試験 {letter}") for letter in "abc"]
    ids = [
        (await visitor.sees_of(each.public_id)).external_id for each in made if isinstance(each, Collection)
    ]
    assert ids == ["E1-F2", "E1-F4", "E1-F5"]


async def test_a_long_id_of_the_employee_leaves_room(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E" * 64)
    made = await add(visitor)
    assert isinstance(made, Collection)
    assert (await visitor.sees_of(made.public_id)).external_id == "E" * 56 + "-F1"


@pytest.mark.parametrize(
    ("name", "kana", "birth_date", "kind"),
    [
        ("", "", "2015-05-05", PersonKind.DEPENDENT),
        ("試験 花子", "", "", PersonKind.DEPENDENT),
        ("試験 花子", "", "2027-01-01", PersonKind.DEPENDENT),
        ("試験 花子", "", "2015/05/05", PersonKind.DEPENDENT),
        ("試験 花子", "", "2015-05-05", PersonKind.EMPLOYEE),
        ("試験 花子", "", "2015-05-05", PersonKind.PAYEE),
        ("試験\n花子", "", "2015-05-05", PersonKind.SPOUSE),
        (NUMBER, "", "2015-05-05", PersonKind.SPOUSE),
        ("試験 花子", f"番号 {NUMBER}", "2015-05-05", PersonKind.SPOUSE),
        ("花" * 301, "", "2015-05-05", PersonKind.SPOUSE),
    ],
)
async def test_what_is_said_of_a_newcomer_is_checked(
    collecting: Collecting, name: str, kana: str, birth_date: str, kind: PersonKind
) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    assert rule_of(await add(visitor, name, kana, birth_date, kind)) == "dependent-invalid"
    assert await collecting.count("person") == 1


async def test_nobody_is_added_twice_and_no_second_spouse(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    assert isinstance(await add(visitor, kind=PersonKind.SPOUSE), Collection)
    assert rule_of(await add(visitor)) == "dependent-known"
    assert rule_of(await add(visitor, name="試験 次子", kind=PersonKind.SPOUSE)) == "dependents-too-many"


async def test_a_family_of_twenty_gets_no_more_at_the_door(collecting: Collecting) -> None:
    await ask(collecting, "E1")
    await ask(collecting, *(f"D{count}" for count in range(19)), kind=PersonKind.DEPENDENT, employee="E1")
    visitor = await Visitor.comes(collecting, "E1")
    assert (await visitor.sees()).may_add_dependents
    assert isinstance(await add(visitor), Collection)
    assert rule_of(await add(visitor, name="試験 次子")) == "dependents-too-many"
    assert not (await visitor.sees()).may_add_dependents


async def test_only_employees_add_people(collecting: Collecting) -> None:
    await ask(collecting, "P1", kind=PersonKind.PAYEE)
    visitor = await Visitor.comes(collecting, "P1")
    assert not (await visitor.sees()).may_add_dependents
    assert rule_of(await add(visitor)) == "dependents-too-many"


async def test_before_the_notice_or_after_the_campaign_nobody_is_added(collecting: Collecting) -> None:
    await ask(collecting, "E1")
    (link,) = await issue(collecting, "E1")
    visitor = await Visitor.through(collecting, link, told=False)
    assert rule_of(await add(visitor)) == "notice-not-acknowledged"
    assert await acknowledge(visitor.custodian, visitor.visit, visitor.clock()) is None
    closed = await close_campaign(
        collecting.custodian, collecting.administrator, collecting.campaign.public_id, visitor.clock()
    )
    assert isinstance(closed, Campaign)
    assert rule_of(await add(visitor)) == "campaign-closed"
