"""What goes out to people: on the company's instruction alone, at a known cost, once."""

from dataclasses import replace
from datetime import date

import pytest

from custody.collection.board import Board, show_board
from custody.collection.decisions import record_deficiencies
from custody.collection.dispatch import DispatchState, Sending
from custody.collection.dispatches import Ordered, order_dispatches, record_dispatched
from custody.collection.notice import NoticeForm
from custody.collection.steps import Chosen
from custody.collection.telling import Telling, show_notices
from custody.replay import Replay
from policies.actor import Role
from policies.collection_codes import Deficiency
from policies.purposes import PersonKind
from policies.refusals import Denied
from tests.support.collecting import NOTICE, Collecting
from tests.support.faults import Fate, Killed, doomed
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import codes_of, record_of, rule_of
from tests.support.tamper import change, value
from tests.support.world import GENSEN
from tokenizer.audit.action import Action
from tokenizer.errors import SealBrokenError

NUMBER = synthetic_numbers(1, seed=621)[0]
TELLING = Telling(NoticeForm.DOCUMENT, frozenset({GENSEN}), NOTICE, date(2026, 11, 22))


async def test_a_kit_goes_out_once_it_was_ordered_and_tells_the_purposes(collecting: Collecting) -> None:
    await collecting.add("E1", "E2", channel="kit")
    ordered = await collecting.ordered("E1", "E2", cost=800)
    assert (ordered.count, ordered.cost_yen) == (2, 1_600)
    assert await collecting.state("E1") == "instructed"
    sent = await collecting.sent(ordered.order, TELLING)
    assert (sent.count, sent.cost_yen, sent.void) == (2, 1_600, 0)
    shown = await collecting.shown("E1")
    assert (shown.collection.state.value, shown.person.notified) == (
        "distributed",
        {GENSEN: date(2026, 11, 22)},
    )
    (dispatch,) = shown.dispatches
    assert (dispatch.state, dispatch.cost_yen, dispatch.ordered_by) == (DispatchState.SENT, 800, "sato")
    again = await collecting.sent(ordered.order)
    assert (again.count, again.cost_yen) == (0, 0)
    assert (await collecting.shown("E1")).collection.revision == shown.collection.revision
    notices = await show_notices(collecting.custodian, collecting.handler, "E1", collecting.world.clock())
    assert not isinstance(notices, Denied)
    assert [(each.form, each.text, each.purposes) for each in notices] == [
        (NoticeForm.DOCUMENT, NOTICE, (GENSEN,))
    ]


async def board(collecting: Collecting) -> Board:
    human, campaign = collecting.handler, collecting.campaign.public_id
    shown = await show_board(collecting.custodian, human, campaign, collecting.world.clock())
    assert isinstance(shown, Board), shown
    return shown


async def test_a_household_gets_one_envelope_and_pays_for_one(collecting: Collecting) -> None:
    kinds = [PersonKind.EMPLOYEE, PersonKind.SPOUSE, PersonKind.DEPENDENT, PersonKind.EMPLOYEE]
    everybody = ("E1", "E1-1", "E1-2", "E2")
    await collecting.add(*everybody, channel="kit", kinds=kinds, employees=["", "E1", "E1", ""])
    ordered = await collecting.ordered(*everybody, cost=800)
    assert (ordered.count, ordered.pieces, ordered.cost_yen) == (4, 2, 1_600)
    await collecting.submitted("E1", NUMBER)
    sent = await collecting.sent(ordered.order, TELLING)
    assert (sent.count, sent.pieces, sent.cost_yen, sent.void) == (3, 2, 1_600, 1)
    assert ((await board(collecting)).sent, (await board(collecting)).cost_yen) == (2, 1_600)
    again = await collecting.ordered("E1-2", "E2", kind=Sending.POSTCARD, cost=85)
    assert (again.count, again.pieces, again.cost_yen) == (2, 2, 170)
    await collecting.sent(again.order)
    assert ((await board(collecting)).sent, (await board(collecting)).cost_yen) == (4, 1_770)


async def test_the_story_of_an_expired_licence_a_second_kit_and_a_postcard(collecting: Collecting) -> None:
    await collecting.add("E1", channel="kit")
    await collecting.sent((await collecting.ordered("E1")).order)
    await collecting.arrived("E1")
    done = await record_deficiencies(
        collecting.custodian,
        collecting.handler,
        collecting.chosen("E1"),
        [Deficiency.EXPIRED],
        collecting.world.clock(),
    )
    assert not isinstance(done, Denied)
    deficient = (await collecting.shown("E1")).collection
    assert (deficient.state.value, deficient.codes) == ("deficient", ("EXPIRED",))
    second = await collecting.ordered("E1", cost=900)
    assert await collecting.state("E1") == "deficient"
    await collecting.sent(second.order)
    resent = (await collecting.shown("E1")).collection
    assert (resent.state.value, resent.codes) == ("distributed", ("EXPIRED",))
    collecting.world.clock.advance(days=14)
    await collecting.sent((await collecting.ordered("E1", kind=Sending.POSTCARD, cost=85)).order)
    reminded = await collecting.shown("E1")
    assert (reminded.collection.state.value, reminded.collection.since) == ("distributed", resent.since)
    assert reminded.collection.distributed_at == resent.distributed_at
    assert ((await board(collecting)).sent, (await board(collecting)).cost_yen) == (3, 800 + 900 + 85)
    steps = [leaf.action for leaf in await record_of(collecting.world) if leaf.person is not None]
    assert steps == [
        Action.COLLECTION_INSTRUCT,
        Action.COLLECTION_ORDER,
        Action.COLLECTION_DISTRIBUTE,
        Action.COLLECTION_ARRIVE,
        Action.COLLECTION_FIND_FAULT,
        Action.COLLECTION_ORDER,
        Action.COLLECTION_RESEND,
        Action.COLLECTION_ORDER,
        Action.COLLECTION_REMIND,
    ]


async def test_whoever_answers_between_order_and_sending_gets_nothing_and_costs_nothing(
    collecting: Collecting,
) -> None:
    await collecting.add("E1", "E2")
    ordered = await collecting.ordered("E1", "E2", kind=Sending.LINK_QR, cost=100)
    await collecting.submitted("E1", NUMBER)
    sent = await collecting.sent(ordered.order, TELLING)
    assert (sent.count, sent.cost_yen, sent.void) == (1, 100, 1)
    assert await collecting.state("E1") == "arrived"
    assert (await collecting.shown("E1")).person.notified == {}
    (void,) = (await collecting.shown("E1")).dispatches
    assert void.state is DispatchState.VOID


async def test_what_makes_no_sense_is_not_ordered(collecting: Collecting) -> None:
    await collecting.add("E1", "E2", "E3", channel="kit")
    await collecting.arrived("E2")
    await collecting.ordered("E3")
    other = await Collecting.begin_again(collecting)
    await other.add("X1")
    chosen = Chosen([*(collecting.ids[each] for each in ("E1", "E2", "E3", "E1")), other.ids["X1"], "col_1"])

    async def order(kind: Sending, cost: int = 85) -> Ordered | Denied:
        return await order_dispatches(
            collecting.custodian,
            collecting.administrator,
            collecting.campaign.public_id,
            chosen,
            kind,
            cost,
            collecting.world.clock(),
        )

    reminder = await order(Sending.POSTCARD)
    assert isinstance(reminder, Ordered)
    assert codes_of(reminder.rejections) == {
        0: "STEP_NOT_ALLOWED",
        1: "STEP_NOT_ALLOWED",
        2: "STEP_NOT_ALLOWED",
        3: "PERSON_REPEATED",
        4: "COLLECTION_UNKNOWN",
        5: "COLLECTION_UNKNOWN",
    }
    kit = await order(Sending.KIT)
    assert isinstance(kit, Ordered)
    assert codes_of(kit.rejections)[2] == "ORDER_UNDER_WAY"
    assert kit.count == 1
    assert rule_of(await order(Sending.KIT, -1)) == "dispatch-invalid"
    assert rule_of(await order(Sending.KIT, 100_001)) == "dispatch-invalid"
    nothing = await record_dispatched(
        collecting.custodian, collecting.administrator, "ord_1", None, collecting.world.clock()
    )
    assert rule_of(nothing) == "dispatch-unknown"


async def test_a_notice_with_a_number_in_it_goes_to_nobody(collecting: Collecting) -> None:
    await collecting.add("E1", channel="kit")
    ordered = await collecting.ordered("E1")
    for text in (f"番号は{NUMBER}です", " ", "あ" * 10_001):
        telling = Telling(NoticeForm.LETTER, frozenset({GENSEN}), text, date(2026, 11, 22))
        refused = await record_dispatched(
            collecting.custodian,
            collecting.administrator,
            ordered.order,
            telling,
            collecting.world.clock(),
        )
        assert rule_of(refused) == "notice-invalid"
    assert await collecting.state("E1") == "instructed"


async def test_nobody_is_told_of_what_the_law_refuses_or_on_a_day_to_come(collecting: Collecting) -> None:
    await collecting.add("E1", channel="kit")
    ordered = await collecting.ordered("E1")
    wrong = [
        (replace(TELLING, purposes=frozenset({"RO_NENKIN"})), "purpose-refused-by-law"),
        (replace(TELLING, purposes=frozenset()), "purpose-unknown"),
        (replace(TELLING, told_on=date(2026, 11, 24)), "date-in-future"),
    ]
    for telling, rule in wrong:
        refused = await record_dispatched(
            collecting.custodian,
            collecting.administrator,
            ordered.order,
            telling,
            collecting.world.clock(),
        )
        assert rule_of(refused) == rule
    assert await collecting.state("E1") == "instructed"


async def test_an_order_sent_twice_with_one_key_is_one_order(collecting: Collecting) -> None:
    await collecting.add("E1", channel="kit")
    replay = Replay(collecting.administrator, "a-key", "orderKits", b"{}")
    made = [
        await order_dispatches(
            collecting.custodian,
            collecting.administrator,
            collecting.campaign.public_id,
            collecting.chosen("E1"),
            Sending.KIT,
            800,
            collecting.world.clock(),
            replay,
        )
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert isinstance(made[0], Ordered)
    tenant = collecting.world.tenant.id
    sql = "SELECT count(*) FROM dispatch WHERE tenant_id = :own"
    assert await value(collecting.world.house.database, tenant, sql, own=tenant) == 1


async def test_an_instruction_that_was_written_into_the_database_sends_nothing(
    collecting: Collecting,
) -> None:
    await collecting.add("E1", channel="kit")
    ordered = await collecting.ordered("E1")
    tenant = collecting.world.tenant.id
    sql = "UPDATE dispatch SET cost_yen = 1 WHERE tenant_id = :own"
    await change(collecting.world.house.database, tenant, sql, own=tenant)
    with pytest.raises(SealBrokenError):
        await collecting.sent(ordered.order)
    sql = "SELECT state FROM collection WHERE tenant_id = :own"
    assert await value(collecting.world.house.database, tenant, sql, own=tenant) == "instructed"


async def test_only_the_company_instructs(collecting: Collecting) -> None:
    await collecting.add("E1", channel="kit")
    auditor = (await collecting.world.human("suzuki", Role.AUDITOR)).actor
    refused = await order_dispatches(
        collecting.custodian,
        auditor,
        collecting.campaign.public_id,
        collecting.chosen("E1"),
        Sending.KIT,
        800,
        collecting.world.clock(),
    )
    assert rule_of(refused) == "no-rule-permits"


async def test_killed_between_any_two_statements_an_order_has_gone_out_as_a_whole_or_not(
    collecting: Collecting,
) -> None:
    await collecting.add("E1", "E2", channel="kit")
    ordered = await collecting.ordered("E1", "E2")
    for step in range(100):
        custodian = doomed(collecting.custodian, Fate(at=step))
        try:
            await record_dispatched(
                custodian,
                collecting.administrator,
                ordered.order,
                TELLING,
                collecting.world.clock(),
            )
        except Killed:
            there = await collecting.shown("E1"), await collecting.shown("E2")
            states = {
                (each.collection.state.value, each.dispatches[0].state.value, bool(each.person.notified))
                for each in there
            }
            assert states in ({("instructed", "ordered", False)}, {("distributed", "sent", True)})
            if "instructed" in repr(states):
                continue
        break
    assert step > 8
    assert await collecting.state("E2") == "distributed"
