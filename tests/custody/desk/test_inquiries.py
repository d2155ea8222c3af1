"""Questions and answers: one thread for each collection, read by those it is for, with no number in it."""

import asyncio
import logging
from datetime import timedelta

import pytest

from custody.collection.acting import company
from custody.collection.acting import desk as at_desk
from custody.desk.inquiries import answer, ask, close_inquiry
from custody.desk.inquiry import Inquiry, InquiryState, Speaker
from custody.desk.reading import (
    DeskCounts,
    ShownThread,
    count_inquiries,
    find_inquiry,
    list_inquiries,
    read_thread,
    thread_of,
)
from custody.desk.thread import MOST, Thread
from custody.desk.words import LONGEST
from custody.listing import Page, Window
from custody.replay import Replay
from policies.actor import Actor, Role
from policies.refusals import Denied
from tests.support.canary import FORMS, Canaries, numbers_in
from tests.support.collecting import Collecting
from tests.support.desk import Desk
from tests.support.outcomes import record_of, rule_of
from tests.support.tamper import change, rows
from tests.support.world import World
from tokenizer.audit.action import Action, Outcome
from tokenizer.errors import SealBrokenError


async def shown(desk: Desk, thread: str, actor: Actor | None = None) -> ShownThread:
    by = actor or desk.collecting.handler
    done = await read_thread(desk.collecting.custodian, by, thread, desk.now)
    assert isinstance(done, ShownThread), done
    return done


async def own(desk: Desk, who: str) -> Thread:
    collection = await desk.collection(who)
    collecting = desk.collecting
    done = await thread_of(
        collecting.custodian, collecting.themselves, collection.person, collection.public_id
    )
    assert isinstance(done, Thread), done
    return done


async def close(desk: Desk, thread: str) -> Inquiry | Denied:
    return await close_inquiry(desk.collecting.custodian, desk.collecting.handler, thread, desk.now)


async def unread(desk: Desk) -> int:
    counts = await count_inquiries(desk.collecting.custodian, desk.collecting.handler, desk.now)
    assert isinstance(counts, DeskCounts)
    return counts.unread


async def test_a_question_is_read_answered_closed_and_asked_again(desk: Desk) -> None:
    thread = (await desk.asked("E1", "通知カードだけ\r\nでもよいですか。 ")).inquiry
    assert (thread.state, thread.unread_by_desk, await unread(desk)) == (InquiryState.OPEN, 1, 1)
    seen = await shown(desk, thread.public_id)
    (message,) = seen.thread.messages
    assert (message.text, message.speaker, message.author) == (
        "通知カードだけ\nでもよいですか。",
        Speaker.PERSON,
        "",
    )
    assert (seen.person.external_id, seen.thread.inquiry.unread_by_desk, await unread(desk)) == ("E1", 0, 0)
    answered = await desk.answered(thread.public_id, "はい。記載事項が住民票と同じなら使えます。")
    assert (answered.state, answered.unread_by_person) == (InquiryState.ANSWERED, 1)
    mine = await own(desk, "E1")
    assert [(each.speaker, each.author) for each in mine.messages] == [
        (Speaker.PERSON, ""),
        (Speaker.COMPANY, "tanaka"),
    ]
    assert (mine.inquiry.unread_by_person, (await own(desk, "E1")).inquiry.unread_by_person) == (0, 0)
    closed = await close(desk, thread.public_id)
    assert isinstance(closed, Inquiry)
    assert closed.state is InquiryState.CLOSED
    again = (await desk.asked("E1", "もう一つ質問です。")).inquiry
    assert (again.id, again.state, again.messages) == (thread.id, InquiryState.OPEN, 3)
    assert [leaf.action for leaf in await record_of(desk.collecting.world)][-4:] == [
        Action.INQUIRY_ASK,
        Action.INQUIRY_ANSWER,
        Action.INQUIRY_CLOSE,
        Action.INQUIRY_ASK,
    ]


async def test_leaves_name_the_person_and_the_thread_and_nothing_that_was_written(desk: Desk) -> None:
    thread = (await desk.asked("E1", "秘密の相談です。")).inquiry
    leaf = (await record_of(desk.collecting.world))[-1]
    assert (leaf.action, leaf.person, leaf.human) == (Action.INQUIRY_ASK, thread.person, None)
    assert dict(leaf.detail) == {
        "inquiry": thread.public_id,
        "collection": f"col_{thread.collection}",
        "by": "person",
    }
    assert "秘密" not in repr(leaf)


async def test_what_came_in_while_somebody_answered_stays_unread_and_open(desk: Desk) -> None:
    thread = (await desk.asked("E1")).inquiry.public_id
    await shown(desk, thread)
    await desk.asked("E1", "急いでいます。")
    answered = await desk.answered(thread)
    assert (answered.state, answered.unread_by_desk) == (InquiryState.OPEN, 1)
    assert rule_of(await close(desk, thread)) == "inquiry-unread"
    seen = await shown(desk, thread)
    assert (seen.thread.inquiry.state, len(seen.thread.messages)) == (InquiryState.ANSWERED, 3)
    assert isinstance(await close(desk, thread), Inquiry)
    assert rule_of(await close(desk, thread)) == "inquiry-closed"


async def test_the_company_writes_first_into_the_thread_of_a_collection(desk: Desk) -> None:
    collection = desk.collecting.ids["E2"]
    first = await desk.answered(collection, "書類の期限が近づいています。")
    assert (first.state, first.messages) == (InquiryState.ANSWERED, 1)
    assert (await desk.answered(collection)).id == first.id
    assert [each.speaker for each in (await own(desk, "E2")).messages] == [Speaker.COMPANY] * 2


async def test_nobody_reads_or_writes_in_the_thread_of_somebody_else(desk: Desk) -> None:
    await desk.asked("E1")
    assert rule_of(await desk.asking("E2", "見せてください。", about="E1")) == "collection-unknown"
    collecting, other = desk.collecting, await desk.collection("E2")
    peek = await thread_of(
        collecting.custodian, collecting.themselves, other.person, desk.collecting.ids["E1"]
    )
    assert rule_of(peek) == "collection-unknown"
    assert await own_or_none(desk, "E2") is None


async def own_or_none(desk: Desk, who: str) -> Thread | Denied | None:
    collection, collecting = await desk.collection(who), desk.collecting
    return await thread_of(
        collecting.custodian, collecting.themselves, collection.person, collection.public_id
    )


async def test_somebody_of_the_company_does_not_speak_as_the_person(desk: Desk) -> None:
    collecting, collection = desk.collecting, await desk.collection("E1")
    for acting in (company(collecting.handler), at_desk(collecting.handler)):
        done = await ask(
            collecting.custodian, acting, collection.person, collection.public_id, "質問", desk.now
        )
        assert rule_of(done) == "no-rule-permits"
        seen = await thread_of(collecting.custodian, acting, collection.person, collection.public_id)
        assert rule_of(seen) == "no-rule-permits"


async def test_auditors_read_without_marking_and_others_do_not_read(desk: Desk) -> None:
    world = desk.collecting.world
    thread = (await desk.asked("E1")).inquiry.public_id
    auditor = (await world.human("kansa", Role.AUDITOR)).actor
    assert len((await shown(desk, thread, auditor)).thread.messages) == 1
    assert await unread(desk) == 1
    custodian = world.custodian
    assert rule_of(await answer(custodian, auditor, thread, "返事", desk.now)) == "no-rule-permits"
    assert rule_of(await close_inquiry(custodian, auditor, thread, desk.now)) == "no-rule-permits"
    for actor in (await world.client(), (await world.human("shonin", Role.APPROVER)).actor):
        before = len(await record_of(world))
        for refused in (
            await read_thread(custodian, actor, thread, desk.now),
            await list_inquiries(custodian, actor, None, Window(10), desk.now),
            await count_inquiries(custodian, actor, desk.now),
            await answer(custodian, actor, thread, "返事", desk.now),
        ):
            assert rule_of(refused) == "no-rule-permits"
        leaves = (await record_of(world))[before:]
        assert [leaf.outcome for leaf in leaves] == [Outcome.DENIED] * 4
        assert await find_inquiry(custodian, actor, thread) is None


async def test_threads_are_listed_by_state_with_whose_they_are(desk: Desk) -> None:
    first, second = (await desk.asked("E1")).inquiry, (await desk.asked("E2")).inquiry
    await shown(desk, second.public_id)
    await desk.answered(second.public_id)
    custodian, handler = desk.collecting.custodian, desk.collecting.handler
    whole = await list_inquiries(custodian, handler, None, Window(10), desk.now)
    assert isinstance(whole, Page)
    assert [(each.inquiry.id, each.person.external_id) for each in whole.items] == [
        (first.id, "E1"),
        (second.id, "E2"),
    ]
    waiting = await list_inquiries(custodian, handler, InquiryState.OPEN, Window(10), desk.now)
    assert isinstance(waiting, Page)
    assert [each.inquiry.id for each in waiting.items] == [first.id]
    counts = await count_inquiries(custodian, handler, desk.now)
    assert isinstance(counts, DeskCounts)
    assert (counts.states, counts.unread) == (
        {InquiryState.OPEN: 1, InquiryState.ANSWERED: 1, InquiryState.CLOSED: 0},
        1,
    )


@pytest.mark.parametrize(
    "text", ["", " \n　", "a" * (LONGEST + 1), "ベル\x07", "\x00", "向き\u202eを変える", "一行\u2028次"]
)
async def test_a_text_that_cannot_be_shown_is_refused(desk: Desk, text: str) -> None:
    assert rule_of(await desk.asking("E1", text)) == "message-invalid"


async def test_lines_ideographic_spaces_and_the_longest_text_are_kept(desk: Desk) -> None:
    text = "山田 花子\n" + "あ" * (LONGEST - 6)
    thread = await desk.asked("E1", text)
    assert [each.text for each in thread.messages] == [text]


@pytest.mark.parametrize("form", [form for form in FORMS if form != "as a JSON number"])
async def test_a_number_in_a_text_is_refused_and_found_nowhere(
    desk: Desk, form: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    canaries, collecting = Canaries(), desk.collecting
    thread = (await desk.asked("E1")).inquiry.public_id
    told = []
    for right in (True, False):
        planted = f"わたしの番号は\n{canaries.plant('message', form, right=right)}\nです"
        told.append(await desk.asking("E1", planted))
        replay = Replay(collecting.handler, f"key-{right}", "answerInquiry", planted.encode())
        told.append(await answer(collecting.custodian, collecting.handler, thread, planted, desk.now, replay))
    for refused in told:
        assert isinstance(refused, Denied)
        assert refused.rule == "message-holds-number"
        assert "書かないで" in refused.message_ja
        assert "Never type" in refused.message_en
    logged = "\n".join(f"{record.getMessage()} {record.args!r}" for record in caplog.records)
    everything = f"{told!r}\n{logged}\n{await stored(collecting.world)}"
    assert not numbers_in(everything.encode()) & canaries.planted.keys()


async def stored(world: World) -> str:
    names = ("inquiry", "inquiry_message", "audit_leaf", "replay")
    found = [
        await rows(world.house.database, world.tenant.id, f"SELECT * FROM {name}")  # noqa: S608 - constants
        for name in names
    ]
    return repr(found)


async def test_a_thread_has_an_end_and_nobody_is_flooded(desk: Desk) -> None:
    thread = (await desk.asked("E1")).inquiry.public_id
    for _ in range(19):
        await desk.asked("E1", "まだですか。")
    assert rule_of(await desk.asking("E1", "まだですか。")) == "inquiry-waits"
    await shown(desk, thread)
    await desk.asked("E1", "まだですか。")
    world = desk.collecting.world
    await change(world.house.database, world.tenant.id, "UPDATE inquiry SET messages = :most", most=MOST)
    assert rule_of(await desk.asking("E1", "まだですか。")) == "inquiry-full"
    done = await answer(desk.collecting.custodian, desk.collecting.handler, thread, "返事", desk.now)
    assert rule_of(done) == "inquiry-full"


@pytest.mark.parametrize("thread", ["", "inq_0", "inq_9", "col_9", "inq_x", "cmp_1", "inq_" + "9" * 18])
async def test_what_is_not_there_is_told_so(desk: Desk, thread: str) -> None:
    custodian, handler = desk.collecting.custodian, desk.collecting.handler
    refused = await answer(custodian, handler, thread, "返事", desk.now)
    assert rule_of(refused) in {"inquiry-unknown", "collection-unknown"}
    assert rule_of(await close_inquiry(custodian, handler, thread, desk.now)) == "inquiry-unknown"
    assert rule_of(await read_thread(custodian, handler, thread, desk.now)) == "inquiry-unknown"
    assert await find_inquiry(custodian, handler, thread) is None


async def test_another_company_finds_nothing(desk: Desk, world: World) -> None:
    thread = (await desk.asked("E1")).inquiry.public_id
    other = await Desk.begin(
        await Collecting.begin(await World.open(world.house, world.clock, "有限会社となり"))
    )
    custodian, handler = world.custodian, other.collecting.handler
    assert rule_of(await read_thread(custodian, handler, thread, other.now)) == "inquiry-unknown"
    assert rule_of(await answer(custodian, handler, thread, "返事", other.now)) == "inquiry-unknown"
    foreign = desk.collecting.ids["E1"]
    assert rule_of(await answer(custodian, handler, foreign, "返事", other.now)) == "collection-unknown"
    assert rule_of(await close_inquiry(custodian, handler, thread, other.now)) == "inquiry-unknown"
    page = await list_inquiries(custodian, handler, None, Window(10), other.now)
    assert isinstance(page, Page)
    assert list(page.items) == []


async def test_an_answer_sent_twice_with_one_key_is_written_once(desk: Desk) -> None:
    thread = (await desk.asked("E1")).inquiry.public_id
    collecting = desk.collecting
    replay = Replay(collecting.handler, "a-key", "answerInquiry", b"{}")
    first = await answer(collecting.custodian, collecting.handler, thread, "返事", desk.now, replay)
    assert isinstance(first, Inquiry)
    again = await answer(collecting.custodian, collecting.handler, thread, "返事", desk.now, replay)
    assert again == first
    assert len((await shown(desk, thread)).thread.messages) == 2


async def test_sixteen_who_write_at_once_are_all_heard_in_one_thread(desk: Desk) -> None:
    done = await asyncio.gather(*(desk.asked("E1", f"質問{place}") for place in range(16)))
    assert len({each.inquiry.id for each in done}) == 1
    thread = await shown(desk, done[0].inquiry.public_id)
    assert {each.text for each in thread.thread.messages} == {f"質問{place}" for place in range(16)}
    assert thread.thread.inquiry.messages == 16


async def test_an_altered_message_is_not_shown(desk: Desk) -> None:
    thread = (await desk.asked("E1")).inquiry.public_id
    world = desk.collecting.world
    sql = "UPDATE inquiry_message SET text = :text"
    await change(world.house.database, world.tenant.id, sql, text="番号をここに書いてください。")
    with pytest.raises(SealBrokenError):
        await shown(desk, thread)


async def test_times_are_those_of_the_clock(desk: Desk) -> None:
    first = (await desk.asked("E1")).inquiry
    desk.collecting.world.clock.advance(minutes=90)
    second = await desk.asked("E1")
    assert second.inquiry.opened_at == first.opened_at
    gap = timedelta(milliseconds=second.inquiry.last_at - first.last_at)
    assert gap == timedelta(minutes=90)
