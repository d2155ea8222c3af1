"""Campaigns and who is in them: columns of people, each row taken or rejected by itself, nothing half."""

from datetime import date

import pytest

from custody.collection import board as boards
from custody.collection.addition import Added, Invited, add_people, invited
from custody.collection.board import Board, list_campaigns, list_collections, show_board
from custody.collection.campaign import Campaign
from custody.collection.campaigns import Wanted, close_campaign, create_campaign
from custody.collection.decisions import close_collections
from custody.collection.notice import NoticeForm
from custody.collection.steps import Moved
from custody.collection.telling import Telling
from custody.listing import Window
from custody.replay import Replay
from policies.actor import Role
from policies.collection import State
from policies.collection_codes import Closing
from policies.purposes import PersonKind
from policies.refusals import Denied
from tests.support.collecting import DEADLINE, NOTICE, Collecting
from tests.support.faults import Fate, Killed, doomed
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import codes_of, record_of, rule_of
from tests.support.tamper import change, rows, value
from tests.support.world import GENSEN
from tokenizer.audit.action import Action, Outcome
from tokenizer.errors import SealBrokenError
from tokenizer.storage import open_database
from tokenizer.storage.statement import Backend

CANARY = synthetic_numbers(1, seed=611)[0]


async def add(collecting: Collecting, rows: Invited, replay: Replay | None = None) -> Added | Denied:
    return await add_people(
        collecting.custodian,
        collecting.administrator,
        collecting.campaign.public_id,
        rows,
        collecting.world.clock(),
        replay=replay,
    )


async def people(collecting: Collecting) -> int:
    sql = "SELECT count(*) FROM person WHERE tenant_id = :own"
    tenant = collecting.world.tenant.id
    found: int = await value(collecting.world.house.database, tenant, sql, own=tenant)
    return found


async def test_a_campaign_and_its_notice_are_written_as_japanese_titles_are(collecting: Collecting) -> None:
    wanted = Wanted("令和8年\u3000年末調整", frozenset({GENSEN}), frozenset(), DEADLINE)
    made = await create_campaign(
        collecting.custodian, collecting.administrator, wanted, collecting.world.clock()
    )
    assert isinstance(made, Campaign), made
    assert made.name == "令和8年\u3000年末調整"


@pytest.mark.parametrize(
    ("wanted", "rule"),
    [
        (Wanted("", frozenset({GENSEN}), frozenset(), DEADLINE), "campaign-invalid"),
        (Wanted(f"収集 {CANARY}", frozenset({GENSEN}), frozenset(), DEADLINE), "campaign-invalid"),
        (Wanted("収集", frozenset(), frozenset(), DEADLINE), "campaign-invalid"),
        (Wanted("収集", frozenset({GENSEN}), frozenset({"NUMBER_NOTICE"}), DEADLINE), "campaign-invalid"),
        (Wanted("収集", frozenset({GENSEN}), frozenset(), "2026-11-21"), "campaign-invalid"),
        (Wanted("収集", frozenset({GENSEN}), frozenset(), "20270131"), "campaign-invalid"),
        (Wanted("収集", frozenset({GENSEN}), frozenset(), "2030-01-01"), "campaign-invalid"),
        (Wanted("収集", frozenset({"RO_NENKIN"}), frozenset(), DEADLINE), "purpose-refused-by-law"),
        (Wanted("収集", frozenset({"NOTHING"}), frozenset(), DEADLINE), "purpose-unknown"),
    ],
)
async def test_a_campaign_that_makes_no_sense_is_refused_and_the_refusal_recorded(
    collecting: Collecting, wanted: Wanted, rule: str
) -> None:
    refused = await create_campaign(
        collecting.custodian, collecting.administrator, wanted, collecting.world.clock()
    )
    assert rule_of(refused) == rule
    leaf = (await record_of(collecting.world))[-1]
    assert (leaf.action, leaf.outcome, leaf.rule) == (Action.CAMPAIGN_CREATE, Outcome.DENIED, rule)


@pytest.mark.parametrize("role", [Role.APPROVER, Role.AUDITOR])
async def test_only_the_company_collects(collecting: Collecting, role: Role) -> None:
    human = (await collecting.world.human("suzuki", role)).actor
    now = collecting.world.clock()
    wanted = Wanted("収集", frozenset({GENSEN}), frozenset(), DEADLINE)
    assert rule_of(await create_campaign(collecting.custodian, human, wanted, now)) == "no-rule-permits"
    added = await add_people(
        collecting.custodian, human, collecting.campaign.public_id, invited(["E1"], ["kit"]), now
    )
    assert rule_of(added) == "no-rule-permits"


async def test_every_wrong_row_is_rejected_by_itself_and_the_others_are_in(collecting: Collecting) -> None:
    rows = invited(
        ["E1", "E1", CANARY, "D1", "D2", "E2", "E3", "E4", "E5", "E6"],
        ["link_mail", "kit", "kit", "kit", "kit", "pigeon", "link_mail", "link_mail", "kit", "kit"],
        kinds=[PersonKind.EMPLOYEE] * 3 + [PersonKind.DEPENDENT] * 2 + [PersonKind.EMPLOYEE] * 5,
        names=["佐藤", "", "", "花子", "", "", "", "", "", f"田中 {CANARY}"],
        employees=["", "", "", "E1", "nobody", "", "", "", "", ""],
        birth_dates=["1990-01-02", "", "", "", "", "", "", "", "2099-01-01", ""],
        emails=["sato@example.jp", "", "", "", "", "", "", "no address", "", ""],
    )
    added = await add(collecting, rows)
    assert isinstance(added, Added)
    assert codes_of(added.rejections) == {
        1: "EXTERNAL_ID_REPEATED",
        2: "EXTERNAL_ID_INVALID",
        4: "EMPLOYEE_UNKNOWN",
        5: "CHANNEL_UNKNOWN",
        6: "EMAIL_INVALID",
        7: "EMAIL_INVALID",
        8: "BIRTH_DATE_INVALID",
        9: "TEXT_INVALID",
    }
    assert [each is not None for each in added.collections] == [True, False, False, True] + [False] * 6
    assert added.count == 2
    assert CANARY not in repr(added.rejections)


async def test_members_of_a_family_need_no_address_of_their_own_for_mail(collecting: Collecting) -> None:
    rows = invited(
        ["E1", "S1", "D1", "D2", "P1"],
        ["link_mail"] * 5,
        kinds=[
            PersonKind.EMPLOYEE,
            PersonKind.SPOUSE,
            PersonKind.DEPENDENT,
            PersonKind.DEPENDENT,
            PersonKind.PAYEE,
        ],
        employees=["", "E1", "E1", "E1", ""],
        emails=["sato@example.jp", "", "", "no address", ""],
    )
    added = await add(collecting, rows)
    assert isinstance(added, Added)
    assert codes_of(added.rejections) == {3: "EMAIL_INVALID", 4: "EMAIL_INVALID"}


async def test_a_dependent_is_a_person_of_their_own_under_the_employee(collecting: Collecting) -> None:
    rows = invited(
        ["E1", "S1"],
        ["link_qr", "link_qr"],
        kinds=[PersonKind.EMPLOYEE, PersonKind.SPOUSE],
        employees=["", "E1"],
    )
    assert isinstance(await add(collecting, rows), Added)
    page = await list_collections(
        collecting.custodian,
        collecting.handler,
        collecting.campaign.public_id,
        None,
        Window(10),
        collecting.world.clock(),
    )
    assert not isinstance(page, Denied)
    found = [
        (each.person.external_id, each.person.employee, each.person.number_state.value) for each in page.items
    ]
    assert found == [("E1", "", "none"), ("S1", "E1", "none")]


async def test_nobody_is_asked_twice_at_a_time_and_nobody_again_unless_it_is_said(
    collecting: Collecting,
) -> None:
    await collecting.whole("E1", synthetic_numbers(1, seed=612)[0])
    await collecting.add("E2")
    second = await Collecting.begin_again(collecting)
    added = await add(second, invited(["E1", "E2"], ["kit", "kit"]))
    assert isinstance(added, Added)
    assert codes_of(added.rejections) == {0: "NUMBER_HELD", 1: "IN_ANOTHER_COLLECTION"}
    again = await add(second, invited(["E1"], ["kit"], kinds=[PersonKind.PAYEE]))
    assert isinstance(again, Added)
    assert codes_of(again.rejections) == {0: "KIND_DIFFERS"}
    assert (await second.add("E1", recollect=True)).count == 1


async def test_the_same_request_adds_once(collecting: Collecting) -> None:
    replay = Replay(collecting.administrator, "a-key", "addPeople", b"{}")
    rows = invited(["E1", ""], ["kit", "kit"])
    first = await add(collecting, rows, replay)
    assert await add(collecting, rows, replay) == first
    assert await people(collecting) == 1
    other = Replay(collecting.administrator, "a-key", "addPeople", b'{"more":1}')
    assert rule_of(await add(collecting, rows, other)) == "idempotency-conflict"


async def test_a_campaign_is_created_once_for_one_key(collecting: Collecting) -> None:
    replay = Replay(collecting.administrator, "a-key", "createCampaign", b"{}")
    wanted = Wanted("収集", frozenset({GENSEN}), frozenset({"MY_NUMBER_CARD"}), DEADLINE)
    made = [
        await create_campaign(
            collecting.custodian, collecting.administrator, wanted, collecting.world.clock(), replay
        )
        for _ in range(2)
    ]
    assert isinstance(made[0], Campaign)
    assert made[0] == made[1]


async def test_columns_that_differ_and_too_many_rows_are_refused_as_a_whole(collecting: Collecting) -> None:
    assert rule_of(await add(collecting, invited(["E1"], []))) == "columns-differ"
    assert rule_of(await add(collecting, invited(["E1"], ["kit"], emails=["a@b.jp"] * 2))) == "columns-differ"
    many = [f"E{row}" for row in range(10_001)]
    assert rule_of(await add(collecting, invited(many, ["kit"] * 10_001))) == "too-many-rows"
    assert await people(collecting) == 0


async def test_ten_thousand_are_added_at_once_each_with_a_leaf(collecting: Collecting) -> None:
    many = [f"E{row}" for row in range(10_000)]
    added = await add(collecting, invited(many, ["kit"] * 10_000))
    assert isinstance(added, Added)
    assert (added.count, added.rejections) == (10_000, [])
    board = await show_board(
        collecting.custodian,
        collecting.handler,
        collecting.campaign.public_id,
        collecting.world.clock(),
    )
    assert isinstance(board, Board)
    assert {each.state: each.count for each in board.states if each.count} == {State.INSTRUCTED: 10_000}
    sql = "SELECT count(*) FROM audit_leaf WHERE tenant_id = :own AND person_id IS NOT NULL"
    tenant = collecting.world.tenant.id
    assert await value(collecting.world.house.database, tenant, sql, own=tenant) == 10_000


async def test_killed_between_any_two_statements_nobody_is_half_in_a_campaign(
    collecting: Collecting,
) -> None:
    rows = invited(
        ["E1", "D1"],
        ["kit", "kit"],
        kinds=[PersonKind.EMPLOYEE, PersonKind.DEPENDENT],
        employees=["", "E1"],
    )
    before = len(await record_of(collecting.world))
    for step in range(100):
        custodian = doomed(collecting.custodian, Fate(at=step))
        try:
            await add_people(
                custodian,
                collecting.administrator,
                collecting.campaign.public_id,
                rows,
                collecting.world.clock(),
            )
        except Killed:
            there = await people(collecting)
            assert (there, len(await record_of(collecting.world)) - before) in {(0, 0), (2, 2)}
            if there == 0:
                continue
        break
    assert step > 5
    assert await people(collecting) == 2


async def test_a_campaign_that_is_over_takes_nobody_more(collecting: Collecting) -> None:
    await collecting.add("E1")
    now = collecting.world.clock()
    closed = await close_campaign(
        collecting.custodian, collecting.administrator, collecting.campaign.public_id, now
    )
    assert isinstance(closed, Campaign)
    assert closed.closed_at == now
    assert rule_of(await add(collecting, invited(["E2"], ["kit"]))) == "campaign-closed"
    again = await close_campaign(
        collecting.custodian, collecting.administrator, collecting.campaign.public_id, now
    )
    assert rule_of(again) == "campaign-closed"
    nothing = await close_campaign(collecting.custodian, collecting.administrator, "cmp_1", now)
    assert rule_of(nothing) == "campaign-unknown"
    page = await list_campaigns(collecting.custodian, collecting.handler, Window(10), now)
    assert not isinstance(page, Denied)
    assert page.items == [closed]


async def test_purposes_that_were_written_into_the_database_are_found_out(collecting: Collecting) -> None:
    tenant = collecting.world.tenant.id
    sql = "UPDATE campaign SET purposes = 'SI_SHUTOKU' WHERE tenant_id = :own"
    await change(collecting.world.house.database, tenant, sql, own=tenant)
    with pytest.raises(SealBrokenError):
        await add(collecting, invited(["E1"], ["kit"]))


async def test_the_lists_go_page_by_page_and_by_state(collecting: Collecting) -> None:
    await collecting.add(*(f"E{row}" for row in range(7)))
    await collecting.arrived("E2", "E5")
    now, seen, after = collecting.world.clock(), [], None
    while True:
        page = await list_collections(
            collecting.custodian,
            collecting.handler,
            collecting.campaign.public_id,
            State.INSTRUCTED,
            Window(2, after=after),
            now,
        )
        assert not isinstance(page, Denied)
        seen += [each.person.external_id for each in page.items]
        if not page.has_next:
            break
        after = page.items[-1].collection.id
    assert seen == ["E0", "E1", "E3", "E4", "E6"]
    board = await show_board(collecting.custodian, collecting.handler, collecting.campaign.public_id, now)
    assert isinstance(board, Board)
    assert [each.state for each in board.states] == list(State)
    standing = {each.state: each for each in board.states}
    assert standing[State.ARRIVED].count == 2
    assert standing[State.ARRIVED].first_at == standing[State.ARRIVED].last_at == now
    assert (standing[State.VERIFIED].count, standing[State.VERIFIED].first_at) == (0, 0)


async def test_who_has_no_business_with_it_sees_no_board(collecting: Collecting) -> None:
    approver = (await collecting.world.human("suzuki", Role.APPROVER)).actor
    now, campaign = collecting.world.clock(), collecting.campaign.public_id
    assert rule_of(await show_board(collecting.custodian, approver, campaign, now)) == "no-rule-permits"
    assert rule_of(await show_board(collecting.custodian, collecting.handler, "cmp_9", now)) == (
        "campaign-unknown"
    )


async def test_ten_thousand_are_ordered_sent_and_closed_at_once(collecting: Collecting) -> None:
    many = [f"E{row}" for row in range(10_000)]
    added = await add(collecting, invited(many, ["kit"] * 10_000))
    assert isinstance(added, Added)
    collecting.ids = dict(zip(many, [each or "" for each in added.collections], strict=True))
    ordered = await collecting.ordered(*many, cost=800)
    assert (ordered.count, ordered.cost_yen) == (10_000, 8_000_000)
    telling = Telling(NoticeForm.DOCUMENT, frozenset({GENSEN}), NOTICE, date(2026, 11, 22))
    assert (await collecting.sent(ordered.order, telling)).count == 10_000
    closed = await close_collections(
        collecting.custodian,
        collecting.administrator,
        collecting.chosen(*many),
        Closing.NO_LONGER_NEEDED,
        collecting.world.clock(),
    )
    assert isinstance(closed, Moved)
    assert (len(closed.collections), closed.rejections) == (10_000, [])
    board = await show_board(
        collecting.custodian,
        collecting.handler,
        collecting.campaign.public_id,
        collecting.world.clock(),
    )
    assert isinstance(board, Board)
    assert {each.state: each.count for each in board.states if each.count} == {State.CLOSED: 10_000}
    assert (board.sent, board.cost_yen) == (10_000, 8_000_000)


async def test_the_board_is_counted_in_its_index_alone(sqlite_url: str) -> None:
    database = open_database(sqlite_url, 1)
    sql, params = boards._COUNTS.render(Backend.SQLITE, {"tenant": 1, "campaign": 1})
    plan = await rows(database, 1, f"EXPLAIN QUERY PLAN {sql}", **params)
    await database.close()
    assert [step[-1] for step in plan] == [
        "SEARCH collection USING COVERING INDEX collection_board (tenant_id=? AND campaign_id=?)"
    ]
