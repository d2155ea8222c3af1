"""Approving the end of a contract: another human, a good code, exactly what was asked for, and nobody on hold."""

import asyncio

import pytest

from custody.contract.ask import withdraw_end
from custody.contract.decide import approve_end
from custody.contract.end import ContractEnd, EndState
from custody.holds import lift_holds
from policies.actor import Role
from policies.step_up import MAX_FAILURES
from tests.support.contract import approve, ask, keep, shown
from tests.support.disposal import Ending
from tests.support.outcomes import record_of, rule_of
from tokenizer.audit.action import Action, Outcome


async def test_another_human_approves_with_a_code_and_the_log_names_both(ending: Ending) -> None:
    asked = await ask(ending)
    approved = await approve(ending)
    assert isinstance(approved, ContractEnd)
    assert approved == await shown(ending)
    assert (approved.state, approved.approved_by, approved.approved_name) == (
        EndState.APPROVED,
        "suzuki",
        "試験 太郎",
    )
    leaf = (await record_of(ending.world))[-1]
    assert (leaf.action, leaf.human) == (Action.CONTRACT_END_APPROVE, "suzuki")
    assert leaf.detail == {"ends_on": "2026-11-30", "digest": asked.end.digest, "requested_by": "sato"}


@pytest.mark.parametrize(
    ("who", "good"), [("administrator", True), ("approver", True), ("handler", False), ("auditor", False)]
)
async def test_who_may_approve(ending: Ending, who: str, *, good: bool) -> None:
    human = await ending.world.human("mori", Role(who))
    await ask(ending)
    outcome = await approve(ending, human)
    assert isinstance(outcome, ContractEnd) is good
    if not good:
        assert rule_of(outcome) == "no-rule-permits"


async def test_whoever_asked_does_not_approve(ending: Ending) -> None:
    await ask(ending)
    assert rule_of(await approve(ending, ending.administrator)) == "contract-end-needs-two-people"
    leaf = (await record_of(ending.world))[-1]
    assert (leaf.action, leaf.outcome, leaf.rule) == (
        Action.CONTRACT_END_APPROVE,
        Outcome.DENIED,
        "contract-end-needs-two-people",
    )


async def test_neither_a_client_nor_the_operator_approves(ending: Ending) -> None:
    world = ending.world
    asked = await ask(ending)
    for actor in (ending.client, world.operator):
        refused = await approve_end(world.custodian, actor, asked.end.digest, "000000", world.clock())
        assert rule_of(refused) == "no-rule-permits"


async def test_there_has_to_be_a_request_and_it_is_approved_once(ending: Ending) -> None:
    assert rule_of(await approve(ending, digest="")) == "contract-end-unknown"
    await ask(ending)
    assert isinstance(await approve(ending), ContractEnd)
    assert rule_of(await approve(ending)) == "contract-end-approved"


async def test_a_wrong_code_and_one_that_was_used_approve_nothing(ending: Ending) -> None:
    world = ending.world
    asked = await ask(ending)
    for code in ("", "12345", "abcdef"):
        refused = await approve_end(
            world.custodian, ending.approver.actor, asked.end.digest, code, world.clock()
        )
        assert rule_of(refused) == "code-wrong"
    code = world.code(ending.approver)
    await approve_end(world.custodian, ending.approver.actor, asked.end.digest, code, world.clock())
    await withdraw_end(world.custodian, ending.administrator.actor, "誤り", world.clock())
    again = await ask(ending)
    refused = await approve_end(world.custodian, ending.approver.actor, again.end.digest, code, world.clock())
    assert rule_of(refused) == "code-used"
    assert (await shown(ending)).state is EndState.REQUESTED
    refusals = [leaf for leaf in await record_of(world) if leaf.action is Action.CODE_REFUSE]
    assert [leaf.rule for leaf in refusals] == ["code-wrong"] * 3 + ["code-used"]


async def test_the_tenth_wrong_code_ends_the_factor(ending: Ending) -> None:
    world = ending.world
    asked = await ask(ending)
    for _ in range(MAX_FAILURES):
        await approve_end(world.custodian, ending.approver.actor, asked.end.digest, "1", world.clock())
    assert rule_of(await approve(ending)) == "factor-disabled"
    assert any(leaf.action is Action.ACCOUNT_DISABLE for leaf in await record_of(world))


async def test_what_is_approved_is_what_was_seen(ending: Ending) -> None:
    world = ending.world
    seen = (await ask(ending)).end.digest
    await withdraw_end(world.custodian, ending.administrator.actor, "誤り", world.clock())
    world.clock.advance(seconds=1)
    await ask(ending)
    for digest in (seen, "", "0" * 64):
        assert rule_of(await approve(ending, digest=digest)) == "contract-end-changed"
    assert isinstance(await approve(ending), ContractEnd)


async def test_nothing_is_approved_while_a_legal_hold_stands(ending: Ending) -> None:
    world = ending.world
    people = await ending.people(1)
    holds = await keep(ending, people.external_ids)
    await ask(ending)
    assert rule_of(await approve(ending)) == "contract-end-on-hold"
    await lift_holds(world.custodian, ending.renewed(ending.administrator), holds, "終結", world.clock())
    assert isinstance(await approve(ending), ContractEnd)


async def test_of_two_who_approve_at_once_one_has_approved(ending: Ending) -> None:
    world = ending.world
    other = await world.human("mori", Role.ADMINISTRATOR)
    asked = await ask(ending)
    codes = [(human.actor, world.code(human)) for human in (ending.approver, other)]
    answers = await asyncio.gather(
        *(approve_end(world.custodian, actor, asked.end.digest, code, world.clock()) for actor, code in codes)
    )
    assert sorted(isinstance(answer, ContractEnd) for answer in answers) == [False, True]
    approvals = [leaf for leaf in await record_of(world) if leaf.action is Action.CONTRACT_END_APPROVE]
    assert sorted(leaf.outcome for leaf in approvals) == [Outcome.ALLOWED, Outcome.DENIED]
