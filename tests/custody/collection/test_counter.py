"""At the counter in one go; and who has a number already, comes back, or goes meanwhile."""

from dataclasses import replace

from custody.collection.registering import RegisteredCollections, enter_number
from custody.departures import Departed, record_departures
from custody.named import Named
from custody.registration import Registered, register
from custody.rejections import Rejection
from custody.roster import Columns
from policies.identity import Verdict
from policies.identity_catalogue import Channel
from tests.support.collecting import Collecting, card_case
from tests.support.faults import Fate, Killed, doomed
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import record_of
from tokenizer.audit.action import Action

FIRST, SECOND = synthetic_numbers(2, seed=602)


async def test_a_number_is_taken_at_the_counter_in_one_go(collecting: Collecting) -> None:
    await collecting.add("E1", channel="direct")
    await collecting.told("E1")
    done = await enter_number(
        collecting.custodian,
        collecting.handler,
        collecting.ids["E1"],
        FIRST,
        card_case(Channel.FACE_TO_FACE),
        collecting.world.clock(),
    )
    assert isinstance(done, RegisteredCollections)
    assert await collecting.state("E1") == "registered"
    assert await collecting.count("sealed_item") == 0


async def test_at_the_counter_nothing_is_kept_of_what_cannot_be_registered(collecting: Collecting) -> None:
    await collecting.add("E1", channel="direct")
    arguments = collecting.custodian, collecting.handler, collecting.ids["E1"], FIRST
    face = card_case(Channel.FACE_TO_FACE)
    now = collecting.world.clock()
    unnotified = await enter_number(*arguments, face, now)
    assert isinstance(unnotified, Rejection)
    assert unnotified.code == "PURPOSE_NOT_NOTIFIED"
    refused = await enter_number(*arguments, replace(face, identity=()), now)
    assert isinstance(refused, Verdict)
    assert not refused.is_accepted
    assert await collecting.state("E1") == "instructed"
    for table in ("sealed_item", "person_key", "number", "verification"):
        assert await collecting.count(table) == 0, table


async def test_killed_between_any_two_statements_nothing_is_half(collecting: Collecting) -> None:
    await collecting.add("E1", channel="direct")
    await collecting.told("E1")
    before = len(await record_of(collecting.world))
    now = collecting.world.clock()
    face = card_case(Channel.FACE_TO_FACE)
    for step in range(200):
        custodian = doomed(collecting.custodian, Fate(at=step))
        try:
            await enter_number(custodian, collecting.handler, collecting.ids["E1"], FIRST, face, now)
        except Killed:
            there = await collecting.state("E1")
            found = [await collecting.count(each) for each in ("number", "token", "verification")]
            assert (there, found) in (("instructed", [0, 0, 0]), ("registered", [1, 1, 1]))
            assert await collecting.count("sealed_item") == 0
            if there == "instructed":
                assert len(await record_of(collecting.world)) == before
                continue
        break
    assert step > 25
    assert await collecting.state("E1") == "registered"


# --- who has one already, who comes back, who goes


async def test_a_changed_number_is_the_next_version_and_the_token_stays(collecting: Collecting) -> None:
    token = await collecting.whole("E1", FIRST)
    second = await Collecting.begin_again(collecting)
    await second.add("E1", recollect=True)
    await second.submitted("E1", SECOND)
    await second.verified("E1")
    done = await second.registered("E1")
    assert done.tokens == [token]
    leaf = next(leaf for leaf in await record_of(collecting.world) if leaf.action is Action.NUMBER_CHANGE)
    assert leaf.detail["version"] == "2"
    assert await collecting.count("number") == 2
    assert await collecting.count("sealed_item") == 0


async def test_the_same_number_again_confirms_it_and_changes_nothing(collecting: Collecting) -> None:
    token = await collecting.whole("E1", FIRST)
    second = await Collecting.begin_again(collecting)
    await second.add("E1", recollect=True)
    await second.submitted("E1", FIRST)
    await second.verified("E1")
    done = await second.registered("E1")
    assert (done.tokens, done.rejections) == ([token], [])
    assert await collecting.count("number") == 1


async def test_who_is_registered_in_another_way_is_done_and_what_was_sealed_is_gone(
    collecting: Collecting,
) -> None:
    await collecting.add("E1")
    await collecting.submitted("E1", FIRST)
    client = await collecting.world.client()
    done = await register(
        collecting.custodian,
        client,
        Columns(["E1"], [SECOND]),
        collecting.world.terms(),
        collecting.world.clock(),
    )
    assert isinstance(done, Registered)
    assert (done.registered, done.rejections) == (1, [])
    shown = (await collecting.shown("E1")).collection
    assert (shown.state.value, shown.codes) == ("closed", ("REGISTERED_OTHERWISE",))
    assert await collecting.count("sealed_item") == 0
    assert await collecting.count("person_key") == 1


async def test_who_leaves_meanwhile_is_not_asked_any_more(collecting: Collecting) -> None:
    await collecting.whole("E1", FIRST)
    second = await Collecting.begin_again(collecting)
    await second.add("E1", recollect=True)
    await second.submitted("E1", SECOND)
    client = await collecting.world.client()
    left = await record_departures(
        collecting.custodian, client, Named(["E1"]), ["2026-11-20"], collecting.world.clock()
    )
    assert isinstance(left, Departed)
    assert (await second.shown("E1")).collection.codes == ("LEFT",)
    assert await collecting.count("sealed_item") == 0
    assert await collecting.count("number") == 1
