"""How collections end without a number, and come back: refused, no number, closed, asked again, disposed of before."""

from datetime import date

import pytest

from custody.change import change_number
from custody.collection.acting import company, desk
from custody.collection.addition import Added, add_people, invited
from custody.collection.decisions import (
    ask_again,
    close_collections,
    record_deficiencies,
    record_no_number,
    record_refusal_of,
)
from custody.collection.image import clean_image
from custody.collection.item import SubmittedItem
from custody.collection.steps import Chosen, Moved
from custody.collection.submission import Picture, submit_image
from custody.people import Verification
from custody.rejections import Rejection
from custody.undone import refuse_undone
from policies.collection_codes import Closing, Deficiency, NoNumber, RefusalOutcome
from policies.identity_case import Case, Shown, Subject
from policies.identity_catalogue import Channel
from policies.purposes import PersonKind
from tests.support.collecting import Collecting, card_case
from tests.support.disposal import Ending
from tests.support.faults import Fate, Killed, doomed
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import codes_of, record_of, rule_of
from tests.support.pictures import picture
from tests.support.tamper import change, rows
from tests.support.world import World
from tokenizer.audit.action import Action
from tokenizer.errors import RollbackError

FIRST, SECOND = synthetic_numbers(2, seed=631)
ASKED = date(2026, 11, 20)


async def shown_image(collecting: Collecting, external_id: str, document: str = "MY_NUMBER_CARD") -> str:
    done = await submit_image(
        collecting.custodian,
        collecting.themselves,
        collecting.ids[external_id],
        Picture(document, "front", picture()),
        collecting.world.clock(),
    )
    assert isinstance(done, SubmittedItem), done
    return done.public_id


async def test_a_refusal_says_that_and_when_somebody_was_asked_and_how_it_ended(
    collecting: Collecting,
) -> None:
    await collecting.add("E1", "E2")
    await collecting.submitted("E1", FIRST)
    await shown_image(collecting, "E1")
    done = await record_refusal_of(
        collecting.custodian,
        company(collecting.administrator),
        collecting.chosen("E1", "E2"),
        RefusalOutcome.DECLINED_AFTER_EXPLANATION,
        ASKED,
        collecting.world.clock(),
    )
    assert isinstance(done, Moved)
    assert done.rejections == []
    refused = (await collecting.shown("E1")).collection
    assert (refused.state.value, refused.codes, refused.asked_on) == (
        "refused",
        ("DECLINED_AFTER_EXPLANATION",),
        "2026-11-20",
    )
    assert (await collecting.count("sealed_item"), await collecting.count("person_key")) == (0, 0)
    assert await collecting.count("collection_item") == 0
    again = await ask_again(
        collecting.custodian, collecting.administrator, collecting.chosen("E1"), collecting.world.clock()
    )
    assert isinstance(again, Moved)
    asked = (await collecting.shown("E1")).collection
    assert (asked.state.value, asked.codes, asked.asked_on, asked.number_item) == ("instructed", (), "", 0)


async def test_a_person_may_refuse_themselves_but_not_from_tomorrow(collecting: Collecting) -> None:
    await collecting.add("E1")
    arguments = collecting.custodian, collecting.themselves, collecting.chosen("E1"), RefusalOutcome.DECLINED
    later = await record_refusal_of(*arguments, date(2026, 11, 24), collecting.world.clock())
    assert rule_of(later) == "date-in-future"
    done = await record_refusal_of(*arguments, ASKED, collecting.world.clock())
    assert isinstance(done, Moved)
    leaf = (await record_of(collecting.world))[-1]
    assert (leaf.action, leaf.human, leaf.detail["by"]) == (Action.COLLECTION_REFUSE, None, "person")
    assert leaf.reason is None


async def test_whoever_has_no_number_is_done_with_the_evidence(collecting: Collecting) -> None:
    await collecting.add("E1")
    evidence = NoNumber.ABROAD_SINCE_BEFORE_2015_10
    arguments = collecting.custodian, collecting.handler, collecting.chosen("E1"), evidence
    assert isinstance(await record_no_number(*arguments, collecting.world.clock()), Moved)
    ended = (await collecting.shown("E1")).collection
    assert (ended.state.value, ended.codes) == ("not_assigned", (evidence.value,))
    again = await record_no_number(*arguments, collecting.world.clock())
    assert isinstance(again, Moved)
    assert codes_of(again.rejections) == {0: "STEP_NOT_ALLOWED"}


async def test_closing_ends_what_is_open_and_destroys_what_was_submitted(collecting: Collecting) -> None:
    await collecting.add("E1", "E2")
    await collecting.submitted("E1", FIRST)
    chosen = Chosen([*collecting.chosen("E1", "E2").ids, "col_1"])
    done = await close_collections(
        collecting.custodian,
        collecting.administrator,
        chosen,
        Closing.NO_LONGER_NEEDED,
        collecting.world.clock(),
    )
    assert isinstance(done, Moved)
    assert codes_of(done.rejections) == {2: "COLLECTION_UNKNOWN"}
    assert [each.state.value for each in done.collections] == ["closed", "closed"]
    assert (await collecting.count("sealed_item"), await collecting.count("person_key")) == (0, 0)
    leaf = (await record_of(collecting.world))[-1]
    assert (leaf.action, leaf.detail["codes"]) == (Action.COLLECTION_CLOSE, "NO_LONGER_NEEDED")


async def test_killed_while_closing_nothing_is_half(collecting: Collecting) -> None:
    await collecting.add("E1")
    await collecting.submitted("E1", FIRST)
    for step in range(60):
        try:
            await close_collections(
                doomed(collecting.custodian, Fate(at=step)),
                collecting.administrator,
                collecting.chosen("E1"),
                Closing.LEFT,
                collecting.world.clock(),
            )
        except Killed:
            there = await collecting.state("E1"), await collecting.count("sealed_item")
            assert there in {("arrived", 1), ("closed", 0)}
            if there[0] == "arrived":
                continue
        break
    assert step > 5
    assert await collecting.state("E1") == "closed"


async def test_deficiencies_need_a_code_and_a_handler(collecting: Collecting) -> None:
    await collecting.add("E1")
    await collecting.arrived("E1")
    now, chosen = collecting.world.clock(), collecting.chosen("E1")
    nothing = await record_deficiencies(collecting.custodian, collecting.handler, chosen, [], now)
    assert rule_of(nothing) == "collection-codes-invalid"
    codes = [Deficiency.IMAGE_CUT, Deficiency.EXPIRED, Deficiency.EXPIRED]
    refused = await record_deficiencies(collecting.custodian, collecting.administrator, chosen, codes, now)
    assert rule_of(refused) == "no-rule-permits"
    done = await record_deficiencies(collecting.custodian, collecting.handler, chosen, codes, now)
    assert isinstance(done, Moved)
    assert (await collecting.shown("E1")).collection.codes == ("EXPIRED", "IMAGE_CUT")
    uneven = Chosen(chosen.ids, [1, 2])
    assert rule_of(
        await record_deficiencies(collecting.custodian, collecting.handler, uneven, codes, now)
    ) == ("columns-differ")


# --- images


async def test_images_are_sealed_and_die_with_the_registration(collecting: Collecting) -> None:
    await collecting.add("E1")
    await collecting.told("E1")
    await collecting.submitted("E1", FIRST)
    await shown_image(collecting, "E1")
    (number, image) = (await collecting.shown("E1")).items
    assert (number.kind, image.kind, image.document, image.side) == (
        "number",
        "image",
        "MY_NUMBER_CARD",
        "front",
    )
    await collecting.verified("E1")
    assert (await collecting.registered("E1")).rejections == []
    assert (await collecting.shown("E1")).items == []
    assert await collecting.count("sealed_item") == 0


async def test_papers_that_must_not_be_demanded_are_destroyed_when_they_are_seen(world: World) -> None:
    collecting = await Collecting.begin(world, "TAX_FUYO")
    await collecting.add("E1")
    rows = invited(["D1"], ["link_qr"], kinds=[PersonKind.DEPENDENT], employees=["E1"])
    added = await add_people(
        collecting.custodian, collecting.administrator, collecting.campaign.public_id, rows, world.clock()
    )
    assert isinstance(added, Added)
    collecting.ids["D1"] = added.collections[0] or ""
    await collecting.submitted("D1", FIRST)
    await shown_image(collecting, "D1", "PASSPORT")
    assert await collecting.count("sealed_item") == 2
    case = Case(Subject.DEPENDENT, Channel.ONLINE, ASKED, identity=(Shown("PASSPORT"),))
    refused = await collecting.verified("D1", case)
    assert refused.deficiencies == (Deficiency.NOT_TO_BE_SENT,)
    assert await collecting.count("sealed_item") == 1
    accepted = await collecting.verified("D1", Case(Subject.DEPENDENT, Channel.ONLINE, ASKED))
    assert accepted.record.verdict.is_accepted


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a", b"\x89PNG\r\n", b"\xff\xd8\xff" + b"0" * 100],
    ids=["empty", "gif", "cut", "no jpeg"],
)
def test_what_is_no_image_is_not_taken(content: bytes) -> None:
    assert clean_image(content) is None


def test_an_image_comes_out_small_upright_and_without_where_it_was_taken() -> None:
    clean = clean_image(picture(3_000, 1_500, place=b"35.6895N"))
    assert clean is not None
    assert clean.startswith(b"\xff\xd8")
    assert b"35.6895N" not in clean
    assert b"Exif" not in clean


async def test_of_images_there_are_at_most_twenty(collecting: Collecting) -> None:
    await collecting.add("E1")
    for _ in range(20):
        await shown_image(collecting, "E1")
    refused = await submit_image(
        collecting.custodian,
        desk(collecting.handler),
        collecting.ids["E1"],
        Picture("MY_NUMBER_CARD", "back", picture()),
        collecting.world.clock(),
    )
    assert rule_of(refused) == "collection-item-invalid"


# --- somebody who comes back


async def test_who_was_disposed_of_is_collected_anew_and_nothing_of_before_counts(world: World) -> None:
    ending = await Ending.begin(world)
    people = await ending.people(2)
    gone = people.external_ids[0]
    await ending.left([gone])
    await ending.execute(await ending.decide(await ending.instruct([gone])))
    world.clock.advance(seconds=1)
    collecting = await Collecting.among(world, ending.renewed(ending.administrator), ending.handler.actor)
    await collecting.add(gone)
    await collecting.submitted(gone, people.numbers[0])
    await refuse_undone(world.custodian)
    await collecting.verified(gone)
    assert codes_of((await collecting.registered(gone)).rejections) == {0: "PURPOSE_NOT_NOTIFIED"}
    await collecting.told(gone)
    done = await collecting.registered(gone)
    assert (done.rejections, len(done.tokens)) == ([], 1)
    assert done.tokens[0] != people.tokens[0]
    person = (await collecting.shown(gone)).person
    assert (person.number_state.value, person.due_on) == ("held", None)
    await refuse_undone(world.custodian)


async def test_a_case_at_another_channel_than_the_kits_is_refused(collecting: Collecting) -> None:
    await collecting.add("E1", channel="kit")
    await collecting.arrived("E1")
    await collecting.submitted("E1", FIRST, collecting.desk)
    assert (await collecting.verified("E1", card_case(Channel.POST))).record.verdict.is_accepted


async def test_a_number_that_is_to_be_changed_needs_one_that_is_held(collecting: Collecting) -> None:
    await collecting.add("E1")
    await collecting.submitted("E1", FIRST)
    today = date(2026, 11, 22)
    done = await change_number(
        collecting.custodian,
        collecting.handler,
        "E1",
        SECOND,
        Verification.MY_NUMBER_CARD,
        today,
        collecting.world.clock(),
    )
    assert isinstance(done, Rejection)
    assert done.code == "PERSON_UNKNOWN"
    assert await collecting.count("number") == 0


async def test_a_disposal_ends_what_is_under_way_for_its_persons(world: World) -> None:
    ending = await Ending.begin(world)
    people = await ending.people(2)
    gone, stays = people.external_ids
    collecting = await Collecting.among(world, ending.administrator.actor, ending.handler.actor)
    await collecting.add(gone, stays, recollect=True)
    await collecting.submitted(gone, FIRST)
    await collecting.submitted(stays, SECOND)
    await ending.execute(await ending.decide(await ending.instruct([gone])))
    assert await collecting.state(gone) == "closed"
    assert await collecting.state(stays) == "arrived"
    assert await collecting.count("sealed_item") == 1
    assert await collecting.count("collection_item") == 1


_COPY = {
    "person_key": "(tenant_id, person_id, epoch, version, wrapped)",
    "sealed_item": "(tenant_id, person_id, item_id, kind, sealed, created_at)",
}


async def test_a_submitted_number_that_an_old_copy_brings_back_after_the_disposal_is_found_out(
    world: World,
) -> None:
    ending = await Ending.begin(world)
    collecting = await Collecting.among(world, ending.administrator.actor, ending.handler.actor)
    await collecting.add("E1")
    await collecting.told("E1")
    await collecting.submitted("E1", FIRST)
    tenant, database = world.tenant.id, world.house.database
    copied = {
        table: await rows(database, tenant, f"SELECT * FROM {table} WHERE tenant_id = :own", own=tenant)  # noqa: S608
        for table in _COPY
    }
    await collecting.verified("E1")
    assert (await collecting.registered("E1")).rejections == []
    await ending.execute(await ending.decide(await ending.instruct(["E1"])))
    await refuse_undone(world.custodian)
    for table, columns in _COPY.items():
        for row in copied[table]:
            values = {f"v{place}": cell for place, cell in enumerate(row)}
            marks = ", ".join(f":{name}" for name in values)
            await change(database, tenant, f"INSERT INTO {table} {columns} VALUES ({marks})", **values)  # noqa: S608
    with pytest.raises(RollbackError):
        await refuse_undone(world.custodian)
