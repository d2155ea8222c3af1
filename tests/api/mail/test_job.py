"""Mail that the company ordered goes out once its time has come: recorded when a server took it, tried again if not."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from api.mail.job import send_mails
from custody.collection.decisions import close_collections, record_deficiencies
from custody.collection.dispatch import DispatchState, Sending
from custody.collection.dispatches import order_dispatches, record_dispatched
from custody.collection.mailing import GAPS_MINUTES
from custody.collection.notice import NoticeForm, PurposeNotice
from custody.collection.steps import Moved
from custody.collection.telling import show_notices
from custody.selfservice.link import Factor
from custody.selfservice.links import IssuedLinks, issue_links
from policies.collection_codes import Closing, Deficiency
from policies.mail_faults import MAIL_FAULT_NAMES, MailFault
from policies.purposes import PersonKind
from policies.refusals import Denied
from tests.support.capture import capturing
from tests.support.collecting import Collecting
from tests.support.faults import Fate, Killed, doomed
from tests.support.mail import Postbox, mail_server
from tests.support.mailing import Mailing
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import codes_of, record_of, rule_of
from tests.support.tamper import change
from tests.support.world import GENSEN, World
from tokenizer.audit.action import Action
from tokenizer.errors import SealBrokenError

NUMBER = synthetic_numbers(1, seed=811)[0]


@pytest.fixture
async def mailing(world: World) -> AsyncIterator[Mailing]:
    async with mail_server(Postbox()) as postbox:
        yield await Mailing.begin(world, postbox)


async def test_a_link_goes_out_with_the_notice_and_is_recorded(mailing: Mailing) -> None:
    await mailing.add("E1", "E2")
    await mailing.order("E1", "E2")
    await mailing.work()
    assert [address for address, _ in mailing.postbox.taken] == ["E1@x.test", "E2@x.test"]
    shown = await mailing.collecting.shown("E1")
    assert (shown.collection.state.value, set(shown.person.notified)) == ("distributed", {GENSEN})
    assert (shown.dispatches[0].state, shown.dispatches[0].tries) == (DispatchState.SENT, 0)
    text = str(mailing.postbox.to("E1@x.test")[0].get_content())
    (notice,) = await notices(mailing, "E1")
    assert notice.form is NoticeForm.DOCUMENT
    assert notice.text.splitlines()[-1] in text
    assert notice.given_by == ""
    assert NUMBER not in text
    await mailing.work()
    assert len(mailing.postbox.taken) == 2


async def test_what_is_in_the_mail_is_a_link_of_that_person_alone(mailing: Mailing) -> None:
    await mailing.add("E1", "E2")
    await mailing.order("E1", "E2")
    await mailing.work()
    links = {mailing.link_to("E1@x.test"), mailing.link_to("E2@x.test")}
    assert len(links) == 2
    assert all(each.startswith("wfl_") for each in links)
    issued = [leaf for leaf in await record_of(mailing.world) if leaf.action is Action.LINK_ISSUE]
    assert len(issued) == 2
    assert {leaf.detail["by"] for leaf in issued} == {"system"}


async def test_a_household_gets_one_mail_at_the_employee_s_address(mailing: Mailing) -> None:
    await mailing.add("E1")
    await mailing.add("S1", kind=PersonKind.SPOUSE, employee="E1", channel="link_qr", emails=[""])
    await mailing.add("D1", kind=PersonKind.DEPENDENT, employee="E1", channel="link_qr", emails=[""])
    await mailing.order("E1", "S1", "D1")
    await mailing.work()
    assert [address for address, _ in mailing.postbox.taken] == ["E1@x.test"]
    for each in ("E1", "S1", "D1"):
        shown = await mailing.collecting.shown(each)
        assert (shown.collection.state.value, set(shown.person.notified)) == ("distributed", {GENSEN})
        assert shown.dispatches[0].state is DispatchState.SENT


async def test_a_dependent_s_deficiency_is_answered_through_the_employee_s_address(mailing: Mailing) -> None:
    await mailing.add("E1")
    await mailing.add("S1", kind=PersonKind.SPOUSE, employee="E1", channel="link_qr", emails=[""])
    await mailing.collecting.submitted("E1", NUMBER)
    await mailing.collecting.arrived("S1")
    done = await record_deficiencies(
        mailing.collecting.custodian,
        mailing.collecting.handler,
        mailing.collecting.chosen("S1"),
        [Deficiency.IMAGE_BLURRED],
        mailing.world.clock(),
    )
    assert isinstance(done, Moved)
    await mailing.order("S1")
    await mailing.work()
    assert [address for address, _ in mailing.postbox.taken] == ["E1@x.test"]
    assert await mailing.collecting.state("S1") == "distributed"
    assert await mailing.collecting.state("E1") == "arrived"


async def test_a_payee_gets_the_letter_form(world: World) -> None:
    async with mail_server(Postbox()) as postbox:
        mailing = await Mailing.begin(world, postbox, "TAX_SHI_HOSHU")
        await mailing.add("P1", kind=PersonKind.PAYEE)
        await mailing.order("P1")
        await mailing.work()
        (notice,) = await notices(mailing, "P1")
    assert notice.form is NoticeForm.LETTER


async def test_a_reminder_has_a_new_link_and_takes_the_giving_from_the_old_one(mailing: Mailing) -> None:
    await mailing.add("E1")
    await mailing.order("E1")
    await mailing.work()
    first = mailing.link_to("E1@x.test")
    mailing.world.clock.advance(days=14)
    await mailing.order("E1", kind=Sending.MAIL)
    await mailing.work()
    assert mailing.link_to("E1@x.test") != first
    shown = await mailing.collecting.shown("E1")
    assert [each.state for each in shown.dispatches] == [DispatchState.SENT] * 2
    assert len(await notices(mailing, "E1")) == 1
    assert Action.COLLECTION_REMIND in {leaf.action for leaf in await record_of(mailing.world)}


async def test_a_reminder_of_a_kit_has_no_link(mailing: Mailing) -> None:
    await mailing.add("E1", channel="kit")
    await mailing.collecting.sent((await mailing.collecting.ordered("E1")).order)
    await mailing.order("E1", kind=Sending.MAIL)
    await mailing.work()
    (mail,) = mailing.postbox.to("E1@x.test")
    assert "/my" not in str(mail.get_content())


async def test_an_address_that_is_refused_fails_for_good_and_the_company_sees_why(mailing: Mailing) -> None:
    mailing.postbox.refuses["E1@x.test"] = "550 no such user"
    await mailing.add("E1", "E2")
    await mailing.order("E1", "E2")
    await mailing.work()
    failed = await mailing.dispatch("E1")
    assert (failed.state, failed.code) == (DispatchState.FAILED, MailFault.ADDRESS_REFUSED.value)
    assert await mailing.collecting.state("E1") == "instructed"
    assert (await mailing.collecting.shown("E1")).person.notified == {}
    assert await mailing.collecting.state("E2") == "distributed"
    (leaf,) = [each for each in await record_of(mailing.world) if each.action is Action.COLLECTION_MAIL_FAIL]
    assert leaf.detail["code"] == "ADDRESS_REFUSED"
    issued = [each for each in await record_of(mailing.world) if each.action is Action.LINK_ISSUE]
    assert len(issued) == 1  # of whom no mail reaches, no link is made
    mailing.postbox.refuses.clear()
    await mailing.order("E1")
    await mailing.work()
    assert await mailing.collecting.state("E1") == "distributed"


async def test_a_mail_that_is_refused_for_its_content_fails_for_good(mailing: Mailing) -> None:
    mailing.postbox.answer = "554 no"
    await mailing.add("E1")
    await mailing.order("E1")
    await mailing.work()
    assert (await mailing.dispatch("E1")).code == MailFault.MAIL_REFUSED.value


@pytest.mark.parametrize("trouble", ["greylisting", "RCPT", "DATA", "away"])
async def test_what_cannot_be_delivered_now_is_delivered_later(world: World, trouble: str) -> None:
    async with mail_server(Postbox()) as postbox:
        mailing = await Mailing.begin(world, postbox)
        await mailing.add("E1")
        await mailing.order("E1")
        if trouble == "greylisting":
            postbox.deferred = 1
        elif trouble != "away":
            postbox.hangs_up = trouble
        if trouble != "away":
            await mailing.work()
    if trouble == "away":
        await mailing.work()
    waiting = await mailing.dispatch("E1")
    now = mailing.world.clock()
    assert (waiting.state, waiting.tries, waiting.code) == (DispatchState.ORDERED, 1, "DELAYED")
    assert waiting.next_at == now + GAPS_MINUTES[0] * 60_000
    assert await mailing.collecting.state("E1") == "instructed"
    postbox.hangs_up = ""
    async with mail_server(postbox):
        await mailing.work()
        assert postbox.taken == []  # its time has not come
        mailing.world.clock.advance(minutes=GAPS_MINUTES[0])
        await mailing.work()
    assert len(postbox.taken) == 1
    sent = await mailing.dispatch("E1")
    assert (sent.state, sent.tries, sent.code) == (DispatchState.SENT, 1, "")


async def test_after_two_days_of_growing_gaps_it_is_given_up(mailing: Mailing) -> None:
    mailing.postbox.deferred = 1_000
    await mailing.add("E1")
    await mailing.order("E1")
    began, gaps = mailing.world.clock(), []
    while (waiting := await mailing.dispatch("E1")).state is DispatchState.ORDERED:
        gaps.append(max(waiting.next_at - mailing.world.clock(), 0))
        mailing.world.clock.now = max(waiting.next_at, began)
        await mailing.work()
    assert gaps == sorted(gaps)
    assert waiting.state is DispatchState.FAILED
    assert waiting.code == MailFault.UNREACHABLE.value
    assert 47 * 3_600_000 < mailing.world.clock() - began <= 48 * 3_600_000
    assert mailing.postbox.taken == []


async def test_of_whoever_has_answered_meanwhile_the_mail_is_void(mailing: Mailing) -> None:
    await mailing.add("E1", "E2")
    await mailing.order("E1", "E2")
    await mailing.collecting.submitted("E1", NUMBER)
    await mailing.work()
    assert (await mailing.dispatch("E1")).state is DispatchState.VOID
    assert [address for address, _ in mailing.postbox.taken] == ["E2@x.test"]


async def test_a_process_that_dies_after_sending_sends_again_and_loses_nothing(mailing: Mailing) -> None:
    await mailing.add("E1")
    await mailing.order("E1")
    whole = mailing.world.house

    async def dies(at: int) -> bool:
        dying = replace(whole, custodian=doomed(whole.custodian, Fate(at)))
        try:
            await send_mails(dying, mailing.world.clock())
        except Killed:
            return True
        return False

    step = 0
    while await dies(step):
        step += 1
        state = (await mailing.dispatch("E1")).state
        assert state is DispatchState.SENT or await mailing.collecting.state("E1") == "instructed"
        if state is DispatchState.SENT:
            break
    assert (await mailing.dispatch("E1")).state is DispatchState.SENT
    assert await mailing.collecting.state("E1") == "distributed"
    assert len(mailing.postbox.taken) >= 2


async def test_who_cannot_get_a_mail_is_rejected_when_it_is_ordered(mailing: Mailing) -> None:
    await mailing.add("E1", channel="link_qr", emails=[""])
    await mailing.add("E2", channel="link_qr", born=None)
    await mailing.add("E3")
    ordered = await mailing.collecting.ordered("E1", "E2", "E3", kind=Sending.LINK_MAIL)
    assert codes_of(ordered.rejections) == {0: "EMAIL_MISSING", 1: "BIRTH_DATE_MISSING"}
    assert ordered.count == 1


async def test_without_a_mail_server_no_mail_can_be_ordered_and_the_chore_does_nothing(world: World) -> None:
    collecting = await Collecting.begin(world)
    await collecting.add("E1")
    for kind in (Sending.LINK_MAIL, Sending.MAIL):
        refused = await order_dispatches(
            world.custodian,
            collecting.administrator,
            collecting.campaign.public_id,
            collecting.chosen("E1"),
            kind,
            0,
            world.clock(),
        )
        assert rule_of(refused) == "mail-not-set-up"
    await send_mails(world.house, world.clock())


async def test_nobody_else_records_as_sent_what_goes_by_mail(mailing: Mailing) -> None:
    await mailing.add("E1")
    order = await mailing.order("E1")
    collecting = mailing.collecting
    refused = await record_dispatched(
        collecting.custodian, collecting.administrator, order, None, collecting.world.clock()
    )
    assert rule_of(refused) == "dispatch-goes-by-mail"
    await mailing.work()
    assert len(mailing.postbox.taken) == 1
    assert (await mailing.dispatch("E1")).state is DispatchState.SENT


async def test_kits_and_letters_are_not_the_chore_s(mailing: Mailing) -> None:
    await mailing.add("E1")
    await mailing.collecting.ordered("E1", kind=Sending.LINK_QR)
    await mailing.work()
    assert (await mailing.dispatch("E1")).state is DispatchState.ORDERED
    assert mailing.postbox.taken == []


async def test_a_birth_date_that_is_gone_by_then_is_told_to_the_company(mailing: Mailing) -> None:
    await mailing.add("E1")
    await mailing.order("E1")
    own = mailing.world.tenant.id
    sql = "UPDATE person SET birth_date = '' WHERE tenant_id = :own"
    assert await change(mailing.world.house.database, own, sql, own=own) == 1
    await mailing.work()
    failed = await mailing.dispatch("E1")
    assert (failed.state, failed.code) == (DispatchState.FAILED, MailFault.BIRTH_DATE_MISSING.value)
    assert mailing.postbox.taken == []


async def test_no_mail_goes_out_for_a_dispatch_that_was_written_into_the_database(mailing: Mailing) -> None:
    await mailing.add("E1")
    await mailing.order("E1")
    own = mailing.world.tenant.id
    sql = "UPDATE dispatch SET tries = 1 WHERE tenant_id = :own"
    assert await change(mailing.world.house.database, own, sql, own=own) == 1
    with pytest.raises(SealBrokenError):
        await mailing.work()
    assert mailing.postbox.taken == []


async def test_a_row_that_was_altered_at_one_company_keeps_no_other_s_mail_back(mailing: Mailing) -> None:
    house = mailing.world.house
    other = await Mailing.begin(await World.open(house, mailing.world.clock, "株式会社別"), mailing.postbox)
    sql = "UPDATE dispatch SET cost_yen = cost_yen + :more WHERE tenant_id = :own AND state = 'ordered'"
    for broken, intact in ((mailing, other), (other, mailing)):
        await broken.add("B1")
        await broken.order("B1")
        await intact.add("I1")
        await intact.order("I1")
        own = broken.world.tenant.id
        assert await change(house.database, own, sql, own=own, more=1) == 1
        with pytest.raises(SealBrokenError):
            await mailing.work()
        assert [address for address, _ in mailing.postbox.taken] == ["I1@x.test"]
        await change(house.database, own, sql, own=own, more=-1)
        await mailing.work()
        assert [address for address, _ in mailing.postbox.taken] == ["I1@x.test", "B1@x.test"]
        mailing.postbox.taken.clear()


async def test_an_older_link_gives_no_more_once_the_mail_is_out(mailing: Mailing) -> None:
    await mailing.add("E1")
    issued = await issue_links(
        mailing.collecting.custodian,
        mailing.collecting.administrator,
        mailing.collecting.campaign.public_id,
        mailing.collecting.chosen("E1"),
        Factor.PASSCODE,
        mailing.world.clock(),
    )
    assert isinstance(issued, IssuedLinks)
    await mailing.order("E1")
    await mailing.work()
    assert mailing.link_to("E1@x.test") != issued.links[0].secret


async def test_closed_before_the_tick_nothing_goes_out(mailing: Mailing) -> None:
    await mailing.add("E1")
    await mailing.order("E1")
    closed = await close_collections(
        mailing.collecting.custodian,
        mailing.collecting.administrator,
        mailing.collecting.chosen("E1"),
        Closing.NO_LONGER_NEEDED,
        mailing.world.clock(),
    )
    assert isinstance(closed, Moved)
    await mailing.work()
    assert mailing.postbox.taken == []


async def test_the_log_names_no_address_no_link_and_no_person(mailing: Mailing) -> None:
    mailing.postbox.refuses["E2@x.test"] = "550 <E2@x.test> unknown"
    await mailing.add("E1", "E2", "E3")
    with capturing() as log:
        await mailing.order("E1", "E2", "E3")
        await mailing.work()
        mailing.postbox.hangs_up = "RCPT"
        await mailing.order("E1", kind=Sending.MAIL)
        await mailing.work()
        secret = mailing.link_to("E1@x.test")
        for word in ("x.test", secret, "wfl_", "試験", "E1"):
            assert word not in log.text
        assert next(line["count"] for line in log.lines if line["event"] == "mail") == 2


def test_every_fault_has_words() -> None:
    assert set(MAIL_FAULT_NAMES) == set(MailFault)


async def notices(mailing: Mailing, external_id: str) -> list[PurposeNotice]:
    found = await show_notices(
        mailing.collecting.custodian, mailing.collecting.handler, external_id, mailing.world.clock()
    )
    assert not isinstance(found, Denied)
    return found
