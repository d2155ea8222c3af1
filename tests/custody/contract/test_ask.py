"""Asking for the end of a contract, and taking it back: who may, for which day, and what the log says."""

import asyncio
from datetime import date

import pytest

from custody.contract.ask import Requested, last_day, request_end, withdraw_end
from custody.contract.end import ContractEnd, EndState
from custody.contract.facts import end_of, end_of_key
from custody.contract.show import Shown, show_end
from custody.replay import Replay
from policies.actor import Role
from tests.support.contract import AFTER, LAST, agree, approve, ask, keep, shown
from tests.support.disposal import Ending
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import record_of, rule_of
from tests.support.tamper import change
from tokenizer.audit.action import Action, Outcome
from tokenizer.errors import SealBrokenError
from tokenizer.token import Kind, parse_secret


async def test_a_contract_ends_with_the_last_day_of_the_month_in_which_that_is_asked_for(
    ending: Ending,
) -> None:
    asked = await ask(ending, reason="  事業の終了 ")
    end = await shown(ending)
    assert asked.end == end
    assert (end.state, end.ends_on, end.reason) == (EndState.REQUESTED, LAST.isoformat(), "事業の終了")
    assert (end.requested_by, end.requested_name) == ("sato", "試験 太郎")
    (leaf,) = [each for each in await record_of(ending.world) if each.action is Action.CONTRACT_END_REQUEST]
    assert (leaf.human, leaf.reason, leaf.outcome) == ("sato", "事業の終了", Outcome.ALLOWED)
    assert leaf.detail == {"ends_on": "2026-11-30", "digest": end.digest}


@pytest.mark.parametrize(
    ("day", "last"),
    [
        ("2026-11-01", "2026-11-30"),
        ("2026-11-30", "2026-11-30"),
        ("2026-12-31", "2026-12-31"),
        ("2028-02-10", "2028-02-29"),
        ("2100-02-01", "2100-02-28"),
    ],
)
def test_the_last_day_of_a_month_is_that_of_the_calendar(day: str, last: str) -> None:
    assert last_day(date.fromisoformat(day)).isoformat() == last


async def test_the_month_turns_at_midnight_in_japan(ending: Ending) -> None:
    ending.go_to(LAST)
    ending.world.clock.now += 12 * 3_600_000 - 1  # the last millisecond of November there
    assert (await ask(ending)).end.ends_on == "2026-11-30"
    ending.world.clock.now += 1
    assert rule_of(await approve(ending)) == "contract-end-past"
    assert (await ask(ending)).end.ends_on == "2026-12-31"


async def test_the_certificate_key_is_told_once_and_never_kept(ending: Ending) -> None:
    asked = await ask(ending)
    secret = parse_secret(Kind.CERTIFICATE_KEY, asked.key)
    assert secret.tenant == ending.world.tenant.id
    assert asked.key not in repr(asked) + repr(await shown(ending))
    assert await end_of_key(ending.world.custodian, secret) == asked.end
    for leaf in await record_of(ending.world):
        assert asked.key.encode() not in leaf.to_bytes()


async def test_a_request_that_is_sent_twice_with_its_key_is_made_once(ending: Ending) -> None:
    world, actor = ending.world, ending.renewed(ending.administrator)
    replay = Replay(actor, "a-key-of-the-console", "requestContractEnd", b"{}")
    answers = [await request_end(world.custodian, actor, "廃業", world.clock(), replay) for _ in range(2)]
    assert isinstance(answers[0], Requested)
    assert answers[0] == answers[1]


async def test_of_two_who_ask_at_once_one_has_asked(ending: Ending) -> None:
    world = ending.world
    actors = [
        ending.renewed(ending.administrator),
        ending.renewed(await world.human("mori", Role.ADMINISTRATOR)),
    ]
    answers = await asyncio.gather(
        *(request_end(world.custodian, actor, "廃業", world.clock()) for actor in actors)
    )
    assert sorted(isinstance(answer, Requested) for answer in answers) == [False, True]
    assert {rule_of(each) for each in answers if not isinstance(each, Requested)} == {
        "contract-end-requested"
    }


@pytest.mark.parametrize("who", ["handler", "approver", "auditor"])
async def test_only_an_administrator_asks_or_takes_it_back(ending: Ending, who: str) -> None:
    world = ending.world
    human = await world.human("mori", Role(who))
    refused = await request_end(world.custodian, ending.renewed(human), "廃業", world.clock())
    assert rule_of(refused) == "no-rule-permits"
    await ask(ending)
    kept = await withdraw_end(world.custodian, ending.renewed(human), "誤り", world.clock())
    assert rule_of(kept) == "no-rule-permits"


async def test_neither_a_client_nor_the_operator_asks(ending: Ending) -> None:
    world = ending.world
    for actor in (ending.client, world.operator):
        assert rule_of(await request_end(world.custodian, actor, "廃業", world.clock())) == "no-rule-permits"


async def test_a_session_alone_does_not_ask_but_takes_back(ending: Ending) -> None:
    world, actor = ending.world, ending.administrator.actor
    world.clock.advance(minutes=11)
    assert rule_of(await request_end(world.custodian, actor, "廃業", world.clock())) == "recent-proof-needed"
    await ask(ending)
    assert isinstance(await withdraw_end(world.custodian, actor, "継続する", world.clock()), ContractEnd)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201, f"番号 {synthetic_numbers(1)[0]}"])
async def test_a_reason_is_needed_and_holds_no_number(ending: Ending, reason: str) -> None:
    world, actor = ending.world, ending.renewed(ending.administrator)
    assert rule_of(await request_end(world.custodian, actor, reason, world.clock())) == "reason-needed"
    await ask(ending)
    assert rule_of(await withdraw_end(world.custodian, actor, reason, world.clock())) == "reason-needed"


async def test_nobody_asks_twice(ending: Ending) -> None:
    world, actor = ending.world, ending.renewed(ending.administrator)
    await ask(ending)
    assert rule_of(await request_end(world.custodian, actor, "x", world.clock())) == "contract-end-requested"
    await approve(ending)
    actor = ending.renewed(ending.administrator)
    assert rule_of(await request_end(world.custodian, actor, "x", world.clock())) == "contract-end-approved"


async def test_a_request_that_nobody_approved_in_time_is_replaced_by_a_new_one(ending: Ending) -> None:
    before = await ask(ending)
    ending.go_to(AFTER)
    after = await ask(ending)
    assert (before.end.ends_on, after.end.ends_on) == ("2026-11-30", "2026-12-31")
    for key, good in ((before.key, False), (after.key, True)):
        secret = parse_secret(Kind.CERTIFICATE_KEY, key)
        assert (await end_of_key(ending.world.custodian, secret) is not None) is good


@pytest.mark.parametrize("approved", [False, True])
async def test_what_is_taken_back_is_gone_but_for_the_log(ending: Ending, *, approved: bool) -> None:
    world = ending.world
    asked = await (agree(ending) if approved else ask(ending))
    done = await withdraw_end(world.custodian, ending.administrator.actor, "継続する", world.clock())
    assert isinstance(done, ContractEnd)
    assert await end_of(world.custodian, world.tenant.id) is None
    assert await end_of_key(world.custodian, parse_secret(Kind.CERTIFICATE_KEY, asked.key)) is None
    leaf = (await record_of(world))[-1]
    assert (leaf.action, leaf.human, leaf.reason) == (Action.CONTRACT_END_WITHDRAW, "sato", "継続する")
    again = await withdraw_end(world.custodian, ending.administrator.actor, "x", world.clock())
    assert rule_of(again) == "contract-end-unknown"


async def test_who_decides_is_shown_what_the_end_would_meet(ending: Ending) -> None:
    world = ending.world
    people = await ending.people(4)
    await keep(ending, people.external_ids[:1])
    run = await ending.instruct(people.external_ids[1:2])
    for human, sees in ((ending.administrator, True), (ending.approver, True), (ending.handler, False)):
        found = await show_end(world.custodian, human.actor, world.clock())
        if not sees:
            assert rule_of(found) == "no-rule-permits"
            continue
        assert isinstance(found, Shown)
        assert (found.end, found.ends_on) == (None, "2026-11-30")
        assert (found.stake.persons, found.stake.holds, found.stake.runs) == (4, 1, (run,))
        assert found.stake.waits_for == ("legal-hold",)


@pytest.mark.parametrize(
    "altered",
    [
        "state = 'approved'",
        "ends_on = '2026-11-01'",
        "requested_by = 'suzuki'",
        "approved_by = 'suzuki'",
        "reason = 'x'",
        "run_id = 5",
        "erased = '[]'",
    ],
)
async def test_a_row_that_somebody_altered_in_the_database_is_found_out(ending: Ending, altered: str) -> None:
    world = ending.world
    await ask(ending)
    sql = f"UPDATE contract_end SET {altered} WHERE tenant_id = :own"  # noqa: S608 - constants
    assert await change(world.house.database, world.tenant.id, sql, own=world.tenant.id) == 1
    with pytest.raises(SealBrokenError):
        await end_of(world.custodian, world.tenant.id)


async def test_a_hold_that_somebody_lifted_in_the_database_is_found_out(ending: Ending) -> None:
    world = ending.world
    people = await ending.people(1)
    await keep(ending, people.external_ids)
    sql = "UPDATE legal_hold SET lifted_at = 1 WHERE tenant_id = :own"
    await change(world.house.database, world.tenant.id, sql, own=world.tenant.id)
    with pytest.raises(SealBrokenError):
        await show_end(world.custodian, ending.administrator.actor, world.clock())
