"""Tokens of registered people: each audience its own, the same when asked again, dead once revoked."""

import asyncio

import pytest

from custody.roster import MAX_ROWS
from custody.tokens import Issued, issue_tokens, revoke_tokens
from policies.actor import Actor, Role
from tests.support.outcomes import codes_of, record_of, rule_of
from tests.support.world import World
from tokenizer.audit.action import Action, Outcome


async def issued(world: World, actor: Actor, *external_ids: str) -> Issued:
    done = await issue_tokens(world.custodian, actor, external_ids, world.clock())
    assert isinstance(done, Issued), done
    return done


async def test_another_client_gets_tokens_of_its_own_for_registered_people(world: World) -> None:
    payroll, insurance = await world.client(), await world.client("insurance")
    people = await world.register(payroll, 3)
    done = await issued(world, insurance, *people.external_ids)
    assert set(done.tokens).isdisjoint(people.tokens)
    assert len(set(done.tokens)) == 3
    assert [entry.action for entry in await record_of(world)][-3:] == [Action.TOKEN_ISSUE] * 3


async def test_asking_again_gives_the_same_tokens_and_records_nothing(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 3)
    before = len(await record_of(world))
    done = await issued(world, client, *people.external_ids)
    assert done.tokens == people.tokens
    assert len(await record_of(world)) == before


async def test_tokens_come_in_the_order_asked_for_with_a_rejection_where_nobody_is(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 2)
    first, second = people.external_ids
    done = await issued(world, client, second, "nobody", first, second, "")
    assert done.tokens == [people.tokens[1], None, people.tokens[0], people.tokens[1], None]
    assert codes_of(done.rejections) == {1: "PERSON_UNKNOWN", 4: "PERSON_UNKNOWN"}


@pytest.mark.parametrize(
    "text", ["\x00", "\ud800", "E0\x00", "'; DROP TABLE person; --", "割符", "x" * 5_000]
)
async def test_text_that_no_database_can_hold_names_nobody(world: World, text: str) -> None:
    client = await world.client()
    people = await world.register(client, 1)
    done = await issued(world, client, text, people.external_ids[0])
    assert done.tokens == [None, people.tokens[0]]
    assert await revoke_tokens(world.custodian, client, [text], world.clock()) == 0


async def test_an_external_id_is_found_in_every_form_it_is_written(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 1)
    assert (await issued(world, client, f" {people.external_ids[0]}\n")).tokens == people.tokens


async def test_many_who_ask_at_once_get_the_same_token(world: World) -> None:
    payroll, insurance = await world.client(), await world.client("insurance")
    people = await world.register(payroll, 2)
    outcomes = await asyncio.gather(*(issued(world, insurance, *people.external_ids) for _ in range(8)))
    assert all(outcome.tokens == outcomes[0].tokens for outcome in outcomes)
    issues = [entry for entry in await record_of(world) if entry.action is Action.TOKEN_ISSUE]
    assert len(issues) == 2


async def test_a_revoked_token_is_dead_and_a_new_one_can_be_issued(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 2)
    assert await revoke_tokens(world.custodian, client, people.tokens[:1], world.clock()) == 1
    assert await revoke_tokens(world.custodian, client, people.tokens[:1], world.clock()) == 0
    done = await issued(world, client, *people.external_ids)
    assert done.tokens[0] not in people.tokens
    assert done.tokens[1] == people.tokens[1]
    actions = [entry.action for entry in await record_of(world)]
    assert actions.count(Action.TOKEN_REVOKE) == 1


async def test_nobody_revokes_the_tokens_of_another_audience(world: World) -> None:
    payroll, insurance = await world.client(), await world.client("insurance")
    handler = await world.human()
    people = await world.register(payroll, 2)
    for other in (insurance, handler.actor):
        assert await revoke_tokens(world.custodian, other, people.tokens, world.clock()) == 0
    assert (await issued(world, payroll, *people.external_ids)).tokens == people.tokens


async def test_another_tenant_knows_none_of_the_people(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 2)
    elsewhere = await World.open(world.house, world.clock, "別の会社")
    stranger = await elsewhere.client()
    assert (await issued(elsewhere, stranger, *people.external_ids)).tokens == [None, None]
    assert await revoke_tokens(world.custodian, stranger, people.tokens, world.clock()) == 0


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.APPROVER, Role.AUDITOR])
async def test_who_does_not_work_with_people_gets_no_token(world: World, role: Role) -> None:
    people = await world.register(await world.client(), 1)
    actor = (await world.human("suzuki", role)).actor
    now = world.clock()
    assert rule_of(await issue_tokens(world.custodian, actor, people.external_ids, now)) == "no-rule-permits"
    assert rule_of(await revoke_tokens(world.custodian, actor, people.tokens, now)) == "no-rule-permits"
    last = (await record_of(world))[-2:]
    assert [entry.action for entry in last] == [Action.TOKEN_ISSUE, Action.TOKEN_REVOKE]
    assert {entry.outcome for entry in last} == {Outcome.DENIED}


async def test_more_than_ten_thousand_at_once_are_refused(world: World) -> None:
    client, many, now = await world.client(), ["x"] * (MAX_ROWS + 1), world.clock()
    assert rule_of(await issue_tokens(world.custodian, client, many, now)) == "too-many-rows"
    assert rule_of(await revoke_tokens(world.custodian, client, many, now)) == "too-many-rows"
