"""A changed number: a handler's act, a new version, the same tokens."""

from datetime import date

import pytest

from custody.change import Changed, change_number
from custody.people import Verification
from custody.prepare import Request
from custody.rejections import Rejection
from custody.release import Released
from custody.use import detokenize
from policies.actor import Actor, Role
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import record_of, rule_of
from tests.support.world import GENSEN, Human, World
from tokenizer.audit.action import Action

NEW, OTHER = synthetic_numbers(2, seed=9)
DAY = date(2026, 11, 1)


async def change(world: World, actor: Actor, external_id: str, number: str = NEW, on: date = DAY) -> object:
    return await change_number(
        world.custodian, actor, external_id, number, Verification.MY_NUMBER_CARD, on, world.clock()
    )


async def released(world: World, client: Actor, human: Human, tokens: list[str]) -> list[str]:
    request = Request(tokens, GENSEN, "年末調整", human.login)
    done = await detokenize(world.custodian, client, request, world.code(human), world.clock())
    assert isinstance(done, Released), done
    return [number.decode() for number in done.numbers]


async def test_after_a_change_the_old_token_brings_out_the_new_number(world: World) -> None:
    client, human = await world.client(), await world.human()
    people = await world.register(client, 2)
    assert await change(world, human.actor, people.external_ids[0]) == Changed(people.external_ids[0], 2)
    assert await released(world, client, human, people.tokens) == [NEW, people.numbers[1]]


async def test_a_change_is_recorded_with_the_person_and_without_the_number(world: World) -> None:
    human = await world.human()
    people = await world.register(human.actor, 1)
    await change(world, human.actor, people.external_ids[0])
    last = (await record_of(world))[-1]
    assert last.action is Action.NUMBER_CHANGE
    assert last.person is not None
    assert dict(last.detail) == {"version": "2", "verification": "my_number_card"}


async def test_a_number_of_somebody_else_is_rejected_under_every_epoch(world: World) -> None:
    human = await world.human()
    people = await world.register(human.actor, 2)
    world.house.provider.create_epoch(2, 1)
    for number in people.numbers:
        done = await change(world, human.actor, people.external_ids[0], number)
        assert isinstance(done, Rejection)
        assert done.code == "NUMBER_TAKEN"


@pytest.mark.parametrize("text", ["", "123", "123456789012", NEW[:-1] + str((int(NEW[-1]) + 1) % 10)])
async def test_what_is_no_number_is_rejected_without_repeating_it(world: World, text: str) -> None:
    human = await world.human()
    people = await world.register(human.actor, 1)
    done = await change(world, human.actor, people.external_ids[0], text)
    assert isinstance(done, Rejection)
    assert not text or text not in repr(done)


@pytest.mark.parametrize("external_id", ["nobody", "", "\x00", "\ud800"])
async def test_a_person_who_is_not_there_is_rejected(world: World, external_id: str) -> None:
    done = await change(world, (await world.human()).actor, external_id)
    assert isinstance(done, Rejection)
    assert done.code == "PERSON_UNKNOWN"


async def test_only_a_handler_changes_numbers(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 1)
    auditor = await world.human("sato", Role.AUDITOR)
    for actor in (client, auditor.actor, world.operator):
        assert rule_of(await change(world, actor, people.external_ids[0])) == "no-rule-permits"


async def test_an_identity_check_of_tomorrow_is_refused(world: World) -> None:
    human = await world.human()
    people = await world.register(human.actor, 1)
    done = await change(world, human.actor, people.external_ids[0], on=date(2026, 11, 23))
    assert rule_of(done) == "date-in-future"


async def test_two_changes_follow_each_other(world: World) -> None:
    client, human = await world.client(), await world.human()
    people = await world.register(client, 1)
    await change(world, human.actor, people.external_ids[0], NEW)
    assert await change(world, human.actor, people.external_ids[0], OTHER) == Changed(
        people.external_ids[0], 3
    )
    assert await released(world, client, human, people.tokens) == [OTHER]
