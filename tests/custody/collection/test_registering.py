"""From a submitted number to a token: verified by rule, registered at once with all that dies and all that is told."""

import asyncio
from dataclasses import replace
from datetime import date

import pytest

from custody.collection.acting import company, desk, person
from custody.collection.decisions import record_deficiencies
from custody.collection.registering import RegisteredCollections, register_verified
from custody.collection.submission import Picture, submit_image, submit_number
from custody.collection.verify import Verified, verify
from custody.collection.viewing import Opened, open_submitted
from custody.prepare import Request
from custody.rejections import Rejection
from custody.release import Released
from custody.use import detokenize
from policies.collection_codes import Deficiency
from policies.identity_case import Case, Shown, Subject
from policies.identity_catalogue import Channel, Finding
from policies.refusals import Denied
from tests.support.collecting import CARD, Collecting, card_case
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import codes_of, record_of, rule_of
from tests.support.tamper import change, rows
from tests.support.world import GENSEN
from tokenizer.audit.action import Action, Outcome
from tokenizer.errors import SealBrokenError

FIRST, SECOND = synthetic_numbers(2, seed=601)
NOTICE_OF_NUMBER = Shown("NUMBER_NOTICE")


async def test_a_person_submits_the_desk_verifies_and_the_number_becomes_a_token(
    collecting: Collecting,
) -> None:
    token = await collecting.whole("E1", FIRST)
    assert token.startswith("wft_")
    assert await collecting.state("E1") == "registered"
    human = await collecting.world.human("yamada")
    code = collecting.world.code(human)
    request = Request([token], GENSEN, "源泉徴収票の作成", human.login)
    done = await detokenize(collecting.custodian, human.actor, request, code, collecting.world.clock())
    assert isinstance(done, Released)
    assert list(done.numbers) == [FIRST.encode()]


async def test_every_transition_is_a_leaf_that_says_who_and_in_whose_name(collecting: Collecting) -> None:
    await collecting.whole("E1", FIRST)
    told = [
        (leaf.action.rpartition(":")[2], leaf.detail.get("by"), leaf.human)
        for leaf in await record_of(collecting.world)
        if leaf.person is not None
    ]
    assert told == [
        ("instruct", "company", "sato"),
        ("give", "company", "tanaka"),
        ("submit", "person", None),
        ("accept", "desk", "tanaka"),
        ("register", "desk", "tanaka"),
        ("register", "desk", "tanaka"),
    ]


async def test_what_was_submitted_dies_with_the_registration(collecting: Collecting) -> None:
    await collecting.whole("E1", FIRST)
    assert await collecting.count("sealed_item") == 0
    assert await collecting.count("collection_item") == 0
    assert await collecting.count("person_key") == 1


async def test_a_purpose_never_notified_stops_the_registration(collecting: Collecting) -> None:
    await collecting.add("E1")
    await collecting.submitted("E1", FIRST)
    await collecting.verified("E1")
    done = await collecting.registered("E1")
    assert codes_of(done.rejections) == {0: "PURPOSE_NOT_NOTIFIED"}
    assert await collecting.state("E1") == "verified"
    await collecting.told("E1")
    assert (await collecting.registered("E1")).rejections == []


async def test_a_number_that_somebody_else_has_is_told_to_the_desk_alone(collecting: Collecting) -> None:
    await collecting.whole("E1", FIRST)
    await collecting.add("E2")
    await collecting.told("E2")
    await collecting.submitted("E2", FIRST)
    await collecting.verified("E2")
    assert codes_of((await collecting.registered("E2")).rejections) == {0: "NUMBER_TAKEN"}
    done = await record_deficiencies(
        collecting.custodian,
        collecting.handler,
        collecting.chosen("E2"),
        [Deficiency.NUMBER_TAKEN],
        collecting.world.clock(),
    )
    assert not isinstance(done, Denied)
    assert await collecting.state("E2") == "deficient"
    await collecting.submitted("E2", SECOND)
    await collecting.verified("E2")
    assert (await collecting.registered("E2")).rejections == []


async def test_only_what_is_verified_is_registered(collecting: Collecting) -> None:
    await collecting.add("E1", "E2")
    await collecting.told("E1", "E2")
    await collecting.submitted("E1", FIRST)
    done = await collecting.registered("E1", "E2")
    assert codes_of(done.rejections) == {0: "STEP_NOT_ALLOWED", 1: "STEP_NOT_ALLOWED"}
    assert await collecting.count("number") == 0


@pytest.mark.parametrize(
    ("case", "finding"),
    [
        (replace(card_case(), number=(NOTICE_OF_NUMBER,)), Finding.NEVER_ACCEPTED),
        (
            replace(card_case(), number=(replace(CARD, expires_on=date(2026, 11, 21)),)),
            Finding.EXPIRED,
        ),
        (replace(card_case(), number_agrees=False), Finding.NUMBER_DIFFERS),
        (replace(card_case(), identity=()), Finding.IDENTITY_MISSING),
        (replace(card_case(), number=(Shown("MADE_UP"),)), Finding.DOCUMENT_UNKNOWN),
    ],
    ids=["the notice of the number", "expired", "another number", "nothing else", "no such document"],
)
async def test_what_the_rules_refuse_is_not_accepted_and_kept_with_its_article(
    collecting: Collecting, case: Case, finding: Finding
) -> None:
    await collecting.add("E1")
    await collecting.told("E1")
    await collecting.submitted("E1", FIRST)
    done = await collecting.verified("E1", case)
    assert finding in {fault.finding for fault in done.record.verdict.faults}
    assert done.deficiencies
    assert done.record.basis
    assert await collecting.state("E1") == "arrived"
    (kept,) = (await collecting.shown("E1")).verifications
    assert kept == done.record
    assert codes_of((await collecting.registered("E1")).rejections) == {0: "STEP_NOT_ALLOWED"}
    leaf = (await record_of(collecting.world))[-1]
    assert (leaf.action, leaf.detail["verdict"]) == (Action.COLLECTION_VERIFY, "refused")


async def test_a_verdict_names_its_articles_and_what_was_shown(collecting: Collecting) -> None:
    await collecting.add("E1")
    await collecting.submitted("E1", FIRST)
    done = await collecting.verified("E1")
    (kept,) = (await collecting.shown("E1")).verifications
    assert kept == done.record
    assert kept.verdict.is_accepted
    assert kept.basis == ("番号法第16条",)
    assert kept.shown["number"][0]["document"] == "MY_NUMBER_CARD"
    assert kept.decided_by == "tanaka"


async def test_a_case_of_another_subject_or_channel_is_refused(collecting: Collecting) -> None:
    await collecting.add("E1")
    submitted = await collecting.submitted("E1", FIRST)
    for case in (card_case(Channel.POST), card_case(subject=Subject.PAYEE)):
        refused = await verify(
            collecting.custodian,
            collecting.handler,
            submitted.public_id,
            case,
            submitted.revision,
            collecting.world.clock(),
        )
        assert rule_of(refused) == "verification-not-theirs"


async def test_papers_without_a_number_cannot_be_accepted(collecting: Collecting) -> None:
    await collecting.add("E1", channel="kit")
    (arrived,) = (await collecting.arrived("E1")).collections
    refused = await verify(
        collecting.custodian,
        collecting.handler,
        arrived.public_id,
        card_case(Channel.POST),
        arrived.revision,
        collecting.world.clock(),
    )
    assert rule_of(refused) == "number-not-submitted"


async def test_of_two_who_decide_at_the_same_time_one_wins_and_the_other_is_told(
    collecting: Collecting,
) -> None:
    await collecting.add("E1")
    seen = await collecting.submitted("E1", FIRST)
    chosen = collecting.chosen("E1", revisions=[seen.revision])
    now = collecting.world.clock()
    done = await record_deficiencies(
        collecting.custodian, collecting.handler, chosen, [Deficiency.IMAGE_BLURRED], now
    )
    assert not isinstance(done, Denied)
    assert done.rejections == []
    late = await verify(
        collecting.custodian, collecting.handler, seen.public_id, card_case(), seen.revision, now
    )
    assert rule_of(late) == "collection-changed"
    again = await record_deficiencies(
        collecting.custodian, collecting.handler, chosen, [Deficiency.EXPIRED], now
    )
    assert not isinstance(again, Denied)
    assert codes_of(again.rejections) == {0: "COLLECTION_CHANGED"}
    assert (await collecting.shown("E1")).collection.codes == ("IMAGE_BLURRED",)


async def test_two_desks_at_the_same_moment_verify_once(collecting: Collecting) -> None:
    await collecting.add("E1")
    await collecting.told("E1")
    seen = await collecting.submitted("E1", FIRST)
    now = collecting.world.clock()
    arguments = collecting.custodian, collecting.handler, seen.public_id, card_case(), seen.revision, now
    outcomes = await asyncio.gather(*(verify(*arguments) for _ in range(4)))
    assert sum(isinstance(each, Verified) for each in outcomes) == 1
    assert {rule_of(each) for each in outcomes if isinstance(each, Denied)} == {"collection-changed"}
    registered = await asyncio.gather(
        *(
            register_verified(collecting.custodian, collecting.handler, collecting.chosen("E1"), now)
            for _ in range(4)
        )
    )
    done = [each for each in registered if isinstance(each, RegisteredCollections) and each.collections]
    assert len(done) == 1
    assert await collecting.count("number") == 1


async def test_one_number_submitted_for_two_people_is_registered_for_one(collecting: Collecting) -> None:
    for external_id in ("E1", "E2"):
        await collecting.add(external_id)
        await collecting.told(external_id)
        await collecting.submitted(external_id, FIRST)
        await collecting.verified(external_id)
    done = await asyncio.gather(collecting.registered("E1"), collecting.registered("E2"))
    assert sorted(len(each.collections) for each in done) == [0, 1]
    assert [code for each in done for code in codes_of(each.rejections).values()] == ["NUMBER_TAKEN"]


@pytest.mark.parametrize("number", [FIRST[:-1] + str((int(FIRST[-1]) + 1) % 10), "1234", "", "123456789012"])
async def test_a_number_whose_check_digit_is_wrong_is_not_taken(collecting: Collecting, number: str) -> None:
    await collecting.add("E1")
    done = await submit_number(
        collecting.custodian,
        collecting.themselves,
        collecting.ids["E1"],
        number,
        collecting.world.clock(),
    )
    assert isinstance(done, Rejection)
    assert not number or number not in done.message_ja + done.message_en
    assert await collecting.state("E1") == "instructed"


async def test_a_number_submitted_again_takes_the_place_of_the_first(collecting: Collecting) -> None:
    await collecting.add("E1")
    await collecting.told("E1")
    first = await collecting.submitted("E1", FIRST)
    second = await collecting.submitted("E1", SECOND)
    assert await collecting.count("sealed_item") == 1
    gone = await open_submitted(
        collecting.custodian,
        collecting.handler,
        collecting.ids["E1"],
        [f"itm_{first.number_item}"],
        collecting.world.clock(),
    )
    assert rule_of(gone) == "collection-item-unknown"
    shown = await open_submitted(
        collecting.custodian,
        collecting.handler,
        collecting.ids["E1"],
        [f"itm_{second.number_item}"],
        collecting.world.clock(),
    )
    assert isinstance(shown, Opened)
    assert shown.contents == [SECOND.encode()]
    assert SECOND not in repr(shown)
    leaf = (await record_of(collecting.world))[-1]
    assert (leaf.action, leaf.outcome, leaf.human) == (Action.COLLECTION_VIEW, Outcome.ALLOWED, "tanaka")


async def test_a_verified_number_cannot_be_exchanged(collecting: Collecting) -> None:
    await collecting.add("E1")
    await collecting.submitted("E1", FIRST)
    await collecting.verified("E1")
    for acting in (collecting.themselves, collecting.desk, company(collecting.administrator)):
        refused = await submit_number(
            collecting.custodian, acting, collecting.ids["E1"], SECOND, collecting.world.clock()
        )
        assert rule_of(refused) == "collection-step-not-allowed"


async def test_a_row_that_gives_power_and_was_altered_is_refused(collecting: Collecting) -> None:
    await collecting.add("E1")
    await collecting.told("E1")
    await collecting.submitted("E1", FIRST)
    await change(
        collecting.world.house.database,
        collecting.world.tenant.id,
        "UPDATE collection SET state = 'verified' WHERE tenant_id = :own",
        own=collecting.world.tenant.id,
    )
    with pytest.raises(SealBrokenError):
        await register_verified(
            collecting.custodian, collecting.handler, collecting.chosen("E1"), collecting.world.clock()
        )
    assert await collecting.count("number") == 0


async def test_only_a_handler_verifies_registers_and_looks(collecting: Collecting) -> None:
    await collecting.add("E1")
    seen = await collecting.submitted("E1", FIRST)
    now, administrator = collecting.world.clock(), collecting.administrator
    refused = [
        await verify(collecting.custodian, administrator, seen.public_id, card_case(), seen.revision, now),
        await register_verified(collecting.custodian, administrator, collecting.chosen("E1"), now),
        await open_submitted(
            collecting.custodian, administrator, seen.public_id, [f"itm_{seen.number_item}"], now
        ),
    ]
    assert [rule_of(each) for each in refused] == ["no-rule-permits"] * 3


async def test_nobody_else_s_collection_is_found(collecting: Collecting) -> None:
    await collecting.add("E1")
    elsewhere = person(collecting.world.tenant.id + 1, None, sandbox=False)
    assert elsewhere.tenant != collecting.world.tenant.id
    refused = await submit_number(
        collecting.custodian, desk(collecting.handler), "col_1", FIRST, collecting.world.clock()
    )
    assert rule_of(refused) == "collection-unknown"


async def test_no_number_stands_anywhere_in_plain(collecting: Collecting) -> None:
    await collecting.add("E1", "E2")
    await collecting.told("E1", "E2")
    await collecting.submitted("E1", FIRST)
    await collecting.submitted("E2", SECOND)
    await collecting.verified("E1")
    picture = Picture("MY_NUMBER_CARD", "front", b"no image")
    refused = await submit_image(
        collecting.custodian,
        collecting.themselves,
        collecting.ids["E2"],
        picture,
        collecting.world.clock(),
    )
    assert rule_of(refused) == "collection-item-invalid"
    tenant = collecting.world.tenant.id
    for table in ("collection", "collection_item", "sealed_item", "verification", "audit_leaf", "person"):
        found = await rows(
            collecting.world.house.database,
            tenant,
            f"SELECT * FROM {table} WHERE tenant_id = :own",  # noqa: S608 - constants
            own=tenant,
        )
        assert found, table
        for number in (FIRST, SECOND):
            assert number not in repr(found), table
            assert not any(
                number.encode() in cell for row in found for cell in row if isinstance(cell, bytes)
            )
