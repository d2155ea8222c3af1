"""Legal holds: placed quickly, lifted with a fresh code, and what a person's hold says of themselves alone."""

import pytest

from custody.disposal.listing import ListedHold, list_holds
from custody.holds import Placed, lift_holds, place_holds
from custody.listing import Page, Window
from custody.named import Named
from policies.actor import PROOF_MS, Actor, Role
from policies.refusals import Denied
from tests.support.outcomes import codes_of, record_of, rule_of
from tests.support.world import World
from tokenizer.audit.action import Action, Outcome

WHY = "係争中"


async def place(world: World, actor: Actor, people: list[str], reason: str = WHY) -> Placed | Denied:
    return await place_holds(world.custodian, actor, Named(people), reason, world.clock())


async def placed(world: World, actor: Actor, people: list[str]) -> list[str]:
    done = await place(world, actor, people)
    assert isinstance(done, Placed), done
    assert done.rejections == []
    return [hold or "" for hold in done.holds]


async def standing(world: World, actor: Actor, *, alone: bool = True) -> list[ListedHold]:
    page = await list_holds(world.custodian, actor, Window(100), world.clock(), standing=alone)
    assert isinstance(page, Page), page
    return list(page.items)


async def test_a_hold_stands_until_it_is_lifted(world: World) -> None:
    admin = (await world.human("sato", Role.ADMINISTRATOR)).actor
    people = await world.register(await world.client(), 3)
    first, second = await placed(world, admin, people.external_ids[:2])
    assert [each.person.external_id for each in await standing(world, admin)] == people.external_ids[:2]
    done = await lift_holds(world.custodian, admin, [first], "和解", world.clock())
    assert isinstance(done, Placed)
    assert (done.holds, done.rejections) == ([first], [])
    (left,) = await standing(world, admin)
    assert (left.hold.public_id, left.hold.reason, left.hold.placed_by) == (second, WHY, "sato")
    everything = await standing(world, admin, alone=False)
    assert [each.hold.lifted_by for each in everything] == ["sato", ""]


async def test_a_person_may_have_several_holds(world: World) -> None:
    admin = (await world.human("sato", Role.ADMINISTRATOR)).actor
    people = await world.register(await world.client(), 1)
    first, second = [(await placed(world, admin, people.external_ids))[0] for _ in range(2)]
    await lift_holds(world.custodian, admin, [first], "和解", world.clock())
    assert [each.hold.public_id for each in await standing(world, admin)] == [second]


async def test_wrong_rows_are_rejected_by_themselves(world: World) -> None:
    admin = (await world.human("sato", Role.ADMINISTRATOR)).actor
    people = await world.register(await world.client(), 1)
    done = await place(world, admin, ["nobody", *people.external_ids * 2])
    assert isinstance(done, Placed)
    assert codes_of(done.rejections) == {0: "PERSON_UNKNOWN", 2: "PERSON_REPEATED"}
    hold = done.holds[1] or ""
    lifted = await lift_holds(world.custodian, admin, ["hold_1", "no id", hold, hold], "和解", world.clock())
    assert isinstance(lifted, Placed)
    assert codes_of(lifted.rejections) == {0: "HOLD_UNKNOWN", 1: "HOLD_UNKNOWN", 3: "HOLD_LIFTED"}
    again = await lift_holds(world.custodian, admin, [hold], "和解", world.clock())
    assert isinstance(again, Placed)
    assert codes_of(again.rejections) == {0: "HOLD_LIFTED"}


async def test_the_log_names_the_hold_and_the_reason(world: World) -> None:
    admin = (await world.human("sato", Role.ADMINISTRATOR)).actor
    people = await world.register(await world.client(), 1)
    (hold,) = await placed(world, admin, people.external_ids)
    await lift_holds(world.custodian, admin, [hold], "和解", world.clock())
    before, after = (await record_of(world))[-2:]
    assert (before.action, before.reason, dict(before.detail)) == (Action.HOLD_PLACE, WHY, {"hold": hold})
    assert (after.action, after.reason, after.human) == (Action.HOLD_LIFT, "和解", "sato")


@pytest.mark.parametrize("role", [Role.HANDLER, Role.APPROVER, Role.AUDITOR])
async def test_only_administrators_place_and_lift(world: World, role: Role) -> None:
    human = (await world.human("tanaka", role)).actor
    assert rule_of(await place(world, human, ["E"])) == "no-rule-permits"
    assert rule_of(await lift_holds(world.custodian, human, ["hold_1"], WHY, world.clock())) == (
        "no-rule-permits"
    )


async def test_clients_and_the_operator_do_neither(world: World) -> None:
    for actor in (await world.client(), world.operator):
        assert rule_of(await place(world, actor, ["E"])) == "no-rule-permits"
        assert rule_of(await lift_holds(world.custodian, actor, ["hold_1"], WHY, world.clock())) == (
            "no-rule-permits"
        )


async def test_to_lift_needs_a_code_of_late_and_to_place_does_not(world: World) -> None:
    admin = (await world.human("sato", Role.ADMINISTRATOR)).actor
    people = await world.register(await world.client(), 1)
    stale = admin._replace(proven_at=world.clock() - PROOF_MS - 1)
    (hold,) = await placed(world, stale, people.external_ids)
    refused = await lift_holds(world.custodian, stale, [hold], "和解", world.clock())
    assert rule_of(refused) == "recent-proof-needed"
    last = (await record_of(world))[-1]
    assert (last.action, last.outcome) == (Action.HOLD_LIFT, Outcome.DENIED)


@pytest.mark.parametrize("reason", ["", "x" * 201, "1234 5678 9018"])
async def test_a_hold_needs_words_without_a_number(world: World, reason: str) -> None:
    admin = (await world.human("sato", Role.ADMINISTRATOR)).actor
    assert rule_of(await place(world, admin, ["E"], reason)) == "reason-needed"
    assert rule_of(await lift_holds(world.custodian, admin, ["hold_1"], reason, world.clock())) == (
        "reason-needed"
    )


async def test_who_does_not_decide_on_disposals_sees_no_holds(world: World) -> None:
    handler = (await world.human()).actor
    refused = await list_holds(world.custodian, handler, Window(10), world.clock(), standing=True)
    assert rule_of(refused) == "no-rule-permits"
    assert (await record_of(world))[-1].action is Action.DISPOSAL_LIST
