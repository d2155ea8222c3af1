"""One's own record: everything that touched one's number, with proofs that hold without us; nothing of anybody else."""

from itertools import chain

import pytest

from custody.collection.viewing import Opened, open_submitted
from custody.listing import Page, Window
from custody.prepare import Request
from custody.release import Released
from custody.selfservice.deeds import DEEDS
from custody.selfservice.disclosure import MOST, OwnUse, log_key, own_uses
from custody.selfservice.visits import Visit, leave
from custody.use import detokenize
from policies.purposes import PersonKind
from policies.refusals import Denied
from tests.support.collecting import Collecting
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import record_of, rule_of
from tests.support.tamper import change
from tests.support.visiting import Visitor, ask
from tests.support.world import GENSEN
from tokenizer.audit.action import Action, Outcome
from warifu.audit import verify_proof
from warifu.audit_error import AuditVerificationError

FIRST, SECOND = synthetic_numbers(2, seed=805)
REASON = "2026年分の源泉徴収票の作成"


async def page(visitor: Visitor, window: Window) -> Page[OwnUse]:
    found = await own_uses(visitor.custodian, visitor.visit, window, visitor.clock())
    assert isinstance(found, Page), found
    return found


async def registered(collecting: Collecting) -> Visitor:
    """Somebody whose number is registered, still at the door."""
    visitor = await Visitor.comes(collecting, "E1")
    await visitor.brings(collecting.ids["E1"], FIRST)
    await collecting.verified("E1")
    return visitor


async def test_a_release_that_happens_later_is_shown_with_who_when_and_why(collecting: Collecting) -> None:
    world = collecting.world
    human = await world.human("suzuki")
    visitor = await registered(collecting)
    token = (await collecting.registered("E1")).tokens[0]
    world.clock.advance(days=30)
    code = world.code(human)
    used = await detokenize(
        world.custodian, human.actor, Request([token], GENSEN, REASON, ""), code, world.clock()
    )
    assert isinstance(used, Released), used
    later = await Visitor.through(collecting, visitor.link, told=False)
    (found,) = [each for each in (await later.reads()).items if each.action is Action.NUMBER_RELEASE]
    assert (found.by, found.human, found.client, found.at) == ("suzuki", "suzuki", "", world.clock())
    assert (found.purpose, found.reason, found.outcome) == (GENSEN, REASON, Outcome.ALLOWED)
    assert found.purpose_name is not None
    assert found.purpose_name == world.custodian.catalogue.purposes[GENSEN].name
    assert found.words.ja == "個人番号を利用(提供)"
    proven = verify_proof(found.proof, found.entry.encode(), log_key(later.custodian, later.visit))
    assert (proven.index, proven.fields["action"], proven.fields["reason"]) == (
        found.index,
        "vault:number:release",
        REASON,
    )


async def test_every_entry_is_proven_and_none_can_be_exchanged(collecting: Collecting) -> None:
    visitor = await registered(collecting)
    items = (await visitor.reads()).items
    key = log_key(visitor.custodian, visitor.visit)
    for each in items:
        assert verify_proof(each.proof, each.entry.encode(), key).index == each.index
    with pytest.raises(AuditVerificationError):
        verify_proof(items[0].proof, items[1].entry.encode(), key)


async def test_looks_at_what_was_given_and_refused_openings_are_shown(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    item = await visitor.shows(collecting.ids["E1"])
    opened = await open_submitted(
        collecting.custodian,
        collecting.handler,
        collecting.ids["E1"],
        [item.public_id],
        visitor.clock(),
    )
    assert isinstance(opened, Opened)
    items = (await visitor.reads()).items
    (looked,) = [each for each in items if each.action is Action.COLLECTION_VIEW]
    assert (looked.by, looked.role.ja, looked.detail["item"]) == (
        "tanaka",
        "会社の確認担当者",
        item.public_id,
    )
    (own,) = [each for each in items if each.action is Action.COLLECTION_ADD_ITEM]
    assert (own.by, own.role.en) == ("", "you, or whoever opened your link")


async def test_nothing_of_the_family_or_of_others_is_shown(collecting: Collecting) -> None:
    await ask(collecting, "E1", "E2")
    await ask(collecting, "D1", kind=PersonKind.DEPENDENT, employee="E1")
    other = await Visitor.comes(collecting, "E2")
    visitor = await Visitor.comes(collecting, "E1")
    await visitor.gives(collecting.ids["D1"], SECOND)
    await other.shows(collecting.ids["E2"])
    items = (await visitor.reads()).items
    assert {f'"person":{visitor.visit.person},' in each.entry for each in items} == {True}
    of_family = {Action.COLLECTION_SUBMIT, Action.COLLECTION_ADD_ITEM}
    assert not [each for each in items if each.action in of_family]


async def test_reading_is_written_down_before_anything_is_read(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    before = len(await record_of(collecting.world))
    newest = (await visitor.reads()).items[-1]
    assert (newest.index, newest.action) == (before, Action.RECORD_DISCLOSE)
    assert newest.detail == {"by": "person", "link": visitor.link.link}


async def test_the_pages_hold_each_entry_once_whatever_their_size(collecting: Collecting) -> None:
    visitor = await registered(collecting)
    for _ in range(MOST):
        await visitor.reads(1)
    whole = await page(visitor, Window(100))
    assert (len(whole.items), whole.has_next, whole.has_previous) == (MOST, True, False)
    first = await page(visitor, Window(7))
    second = await page(visitor, Window(7, after=first.items[-1].index))
    third = await page(visitor, Window(7, after=second.items[-1].index))
    indexes = [each.index for each in chain(first.items, second.items, third.items)]
    assert indexes[:MOST] == [each.index for each in whole.items]
    assert second.has_previous
    back = await page(visitor, Window(7, before=third.items[0].index, backward=True))
    assert [each.index for each in back.items] == [each.index for each in second.items]
    assert (back.has_next, back.has_previous) == (True, True)


async def test_who_is_not_there_any_more_reads_nothing(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    await leave(visitor.custodian, visitor.visit, visitor.clock())
    refused = await own_uses(visitor.custodian, visitor.visit, Window(10), visitor.clock())
    assert rule_of(refused) == "visit-ended"


async def test_an_entry_that_was_rewritten_in_the_database_fails_its_proof(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    world = collecting.world
    forged = next(each for each in (await visitor.reads()).items if each.action is Action.LINK_OPEN)
    told = forged.entry.replace("vault:link:open", "vault:link:leave").encode()
    sql = "UPDATE audit_leaf SET entry = :told WHERE tenant_id = :own AND leaf_index = :at"
    database, tenant = world.house.database, world.tenant.id
    assert await change(database, tenant, sql, own=tenant, at=forged.index, told=told) == 1
    (shown,) = [each for each in (await visitor.reads()).items if each.index == forged.index]
    assert shown.action is Action.LINK_LEAVE
    with pytest.raises(AuditVerificationError):
        verify_proof(shown.proof, shown.entry.encode(), log_key(visitor.custodian, visitor.visit))


ABOUT_PEOPLE = {"number", "token", "notice", "person", "document", "departure", "hold"}
ABOUT_COLLECTING = {"collection", "inquiry", "appointment", "link"}


def test_what_can_be_done_to_a_person_has_words() -> None:
    for action in Action:
        _, noun, verb = action.value.split(":")
        if noun in ABOUT_PEOPLE | ABOUT_COLLECTING and verb != "list":
            assert action in DEEDS, action
    assert all(words.ja and words.en for words in DEEDS.values())


async def test_a_visit_says_nothing_of_its_secret(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    assert isinstance(visitor.visit, Visit)
    assert visitor.visit.secret not in repr(visitor.visit)
    assert visitor.link.secret not in repr(visitor.link)
    assert not isinstance(visitor.visit, Denied)
