"""Listings: pages in a stable order, complete whatever the page size, each caller seeing its own."""

import pytest

from custody.listing import ListedPerson, Page, PersonFilter, Window, list_persons, list_uses
from custody.people import NumberState
from custody.prepare import Prepared, Request, prepare
from custody.registration import register
from custody.roster import Columns
from custody.tokens import revoke_tokens
from custody.uses import Use, UseState
from policies.actor import Actor, Role
from policies.purposes import PersonKind
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import record_of, rule_of
from tests.support.world import GENSEN, World
from tokenizer.audit.action import Action

ALL = PersonFilter()


async def persons(
    world: World, actor: Actor, window: Window | None = None, wanted: PersonFilter = ALL
) -> Page[ListedPerson]:
    page = await list_persons(world.custodian, actor, wanted, window or Window(100), world.clock())
    assert isinstance(page, Page), page
    return page


async def uses(
    world: World, actor: Actor, state: UseState | None = None, window: Window | None = None
) -> Page[Use]:
    page = await list_uses(world.custodian, actor, state, window or Window(100), world.clock())
    assert isinstance(page, Page), page
    return page


async def use(world: World, actor: Actor, tokens: list[str]) -> Prepared:
    done = await prepare(world.custodian, actor, Request(tokens, GENSEN, "年末調整"), world.clock())
    assert isinstance(done, Prepared)
    return done


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("backward", [False, True])
async def test_pages_of_any_size_show_everybody_once_in_order(
    world: World, size: int, backward: bool
) -> None:
    client = await world.client()
    people = await world.register(client, 7)
    seen: list[str] = []
    window = Window(size, backward=backward)
    while True:
        page = await persons(world, client, window)
        ids = [item.person.external_id for item in page.items]
        seen = ids + seen if backward else seen + ids
        more = page.has_previous if backward else page.has_next
        if not more:
            break
        edge = page.items[0 if backward else -1].person.id
        window = Window(size, before=edge, backward=True) if backward else Window(size, after=edge)
    assert seen == people.external_ids


async def test_a_page_says_whether_there_is_more_on_either_side(world: World) -> None:
    client = await world.client()
    await world.register(client, 5)
    first = await persons(world, client, Window(2))
    middle = await persons(world, client, Window(2, after=first.items[-1].person.id))
    assert (first.has_previous, first.has_next) == (False, True)
    assert (middle.has_previous, middle.has_next) == (True, True)
    assert (await persons(world, client, Window(5))).has_next is False


async def test_each_caller_sees_its_own_tokens(world: World) -> None:
    payroll, insurance, human = await world.client(), await world.client("insurance"), await world.human()
    people = await world.register(payroll, 3)
    await revoke_tokens(world.custodian, payroll, people.tokens[:1], world.clock())
    assert [item.token for item in (await persons(world, payroll)).items] == [None, *people.tokens[1:]]
    for other in (insurance, human.actor):
        assert [item.token for item in (await persons(world, other)).items] == [None] * 3
        assert (await persons(world, other, wanted=PersonFilter(with_token=True))).items == []
    listed = await persons(world, payroll, wanted=PersonFilter(with_token=True))
    assert [item.token for item in listed.items] == people.tokens[1:]


async def test_an_administrator_sees_people_without_tokens(world: World) -> None:
    human = await world.human()
    people = await world.register(human.actor, 1)
    administrator = (await world.human("sato", Role.ADMINISTRATOR)).actor
    (item,) = (await persons(world, administrator)).items
    assert (item.person.external_id, item.token) == (people.external_ids[0], None)
    refused = await list_persons(
        world.custodian, administrator, PersonFilter(with_token=True), Window(10), world.clock()
    )
    assert rule_of(refused) == "no-rule-permits"


async def test_filters_choose_by_id_kind_and_state(world: World) -> None:
    client = await world.client()
    columns = Columns(
        ["E1", "P1", "E2"],
        synthetic_numbers(3),
        kinds=[PersonKind.EMPLOYEE, PersonKind.PAYEE, PersonKind.EMPLOYEE],
        names=["試験 太郎", "", ""],
        birth_dates=["1990-01-01", "", ""],
    )
    await register(world.custodian, client, columns, world.terms(), world.clock())

    async def found(wanted: PersonFilter) -> list[str]:
        return [item.person.external_id for item in (await persons(world, client, wanted=wanted)).items]

    assert await found(PersonFilter(external_id=" E1")) == ["E1"]
    assert await found(PersonFilter(kind=PersonKind.PAYEE)) == ["P1"]
    assert await found(PersonFilter(state=NumberState.HELD)) == ["E1", "P1", "E2"]
    assert await found(PersonFilter(state=NumberState.DISPOSED)) == []
    assert await found(PersonFilter(external_id="E1", kind=PersonKind.PAYEE)) == []
    for text in ("nobody", "", "\x00", "\ud800", columns.numbers[0]):
        assert await found(PersonFilter(external_id=text)) == []
    person = (await persons(world, client)).items[0].person
    assert (person.name, str(person.birth_date), person.kind) == (
        "試験 太郎",
        "1990-01-01",
        PersonKind.EMPLOYEE,
    )


async def test_another_tenant_s_people_are_not_listed(world: World) -> None:
    await world.register(await world.client(), 3)
    elsewhere = await World.open(world.house, world.clock, "別の会社")
    stranger = await elsewhere.client()
    assert (await persons(elsewhere, stranger)).items == []
    assert (await uses(elsewhere, stranger)).items == []


async def test_a_client_sees_its_own_uses_and_humans_all_of_the_tenant(world: World) -> None:
    payroll, insurance, human = await world.client(), await world.client("insurance"), await world.human()
    first = await use(world, payroll, (await world.register(payroll, 1)).tokens)
    second = await use(world, insurance, (await world.register(insurance, 1)).tokens)
    assert [item.id for item in (await uses(world, payroll)).items] == [first.use.id]
    assert [item.id for item in (await uses(world, human.actor)).items] == [first.use.id, second.use.id]
    assert [item.id for item in (await uses(world, human.actor, window=Window(1))).items] == [first.use.id]
    assert (await uses(world, human.actor, UseState.RELEASED)).items == []
    assert len((await uses(world, human.actor, UseState.PREPARED)).items) == 2


async def test_who_may_not_list_is_refused_and_the_refusal_recorded(world: World) -> None:
    approver = (await world.human("suzuki", Role.APPROVER)).actor
    refused = await list_persons(world.custodian, approver, ALL, Window(10), world.clock())
    assert rule_of(refused) == "no-rule-permits"
    assert (await record_of(world))[-1].action is Action.PERSON_LIST
