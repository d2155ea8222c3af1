"""The client against a real vault: people are written to, slots offered, appointments booked, moved and cancelled."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from policies.actor import Role as ServerRole
from tests.support.desk import ask_themselves
from tests.support.live import GENSEN, Company
from tests.support.numbers import synthetic_numbers
from warifu import (
    CollectionChannel,
    CollectionState,
    InquiryState,
    InvitedColumns,
    Refused,
    Speaker,
    Warifu,
)

JAPAN = timezone(timedelta(hours=9))
TEN = datetime(2026, 12, 1, 10, 0, tzinfo=JAPAN)
NUMBER = synthetic_numbers(1, seed=816)[0]


class Reception:
    """A company that collects numbers, and the handler at its desk."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.sato = company.login(company.human("sato", ServerRole.ADMINISTRATOR))
        self.desk: Warifu = company.login(company.human("tanaka"))
        campaign = self.sato.create_campaign("年末調整", [GENSEN], date(2027, 1, 31)).campaign_id
        added = self.sato.add_to_campaign(
            campaign, InvitedColumns(["E1", "E2"], [CollectionChannel.LINK_QR] * 2)
        )
        self.first, self.second = (made for made in added.collection_ids if made)

    def asked(self, collection_id: str, text: str) -> str:
        server = self.company.server
        custodian = server.house.custodian
        return server.run(ask_themselves(custodian, self.company.tenant, collection_id, text, server.clock()))

    def slot(self, *, start: datetime = TEN, seats: int = 1) -> str:
        (made,) = self.desk.offer_appointment_slots(["本社3階"], [start], [30], [seats]).slot_ids
        assert made is not None
        return made


@pytest.fixture
def reception(company: Company) -> Reception:
    return Reception(company)


def test_a_question_is_listed_read_answered_and_closed(reception: Reception) -> None:
    inquiry = reception.asked(reception.first, "封筒がありません。\n送ってもらえますか。")
    counts = reception.desk.inquiry_counts()
    assert (counts.open, counts.answered, counts.closed, counts.unread) == (1, 0, 0, 1)
    (listed,) = reception.sato.inquiries(state=InquiryState.OPEN)
    assert (listed.inquiry_id, listed.external_id, listed.unread, listed.last_by) == (
        inquiry,
        "E1",
        1,
        Speaker.PERSON,
    )
    with pytest.raises(Refused) as refused:
        reception.desk.close_inquiry(inquiry)
    assert refused.value.rule == "inquiry-unread"
    thread = reception.desk.inquiry(inquiry)
    assert thread is not None
    assert [each.text for each in thread.messages] == ["封筒がありません。\n送ってもらえますか。"]
    answered = reception.desk.answer_inquiry(inquiry, "明日お送りします。")
    assert (answered.state, answered.messages) == (InquiryState.ANSWERED, 2)
    assert reception.desk.close_inquiry(inquiry).state is InquiryState.CLOSED
    assert list(reception.desk.inquiries(state=InquiryState.OPEN)) == []
    assert reception.desk.inquiry("inq_1") is None


def test_an_answer_repeated_with_its_key_is_written_once_and_one_with_a_number_never(
    reception: Reception,
) -> None:
    for _ in range(2):
        first = reception.desk.answer_inquiry(reception.second, "お知らせです。", idempotency_key="once")
    assert first.messages == 1
    with pytest.raises(Refused) as refused:
        reception.desk.answer_inquiry(first.inquiry_id, f"番号は{NUMBER}ですね。")
    assert refused.value.rule == "message-holds-number"
    assert NUMBER not in f"{refused.value!r} {refused.value}"


def test_slots_are_offered_by_the_clock_in_japan_and_told_by_row(reception: Reception) -> None:
    offered = reception.desk.offer_appointment_slots(
        ["本社3階", "本社3階", "大阪支店"],
        [TEN, TEN.astimezone(UTC), TEN.replace(tzinfo=None) + timedelta(hours=1)],
        [30, 30, 60],
        [2, 2, 1],
    )
    assert [(each.row, each.code) for each in offered.rejections] == [(1, "SLOT_REPEATED")]
    first, second = reception.sato.appointment_slots(since=date(2026, 12, 1), until=date(2026, 12, 1))
    assert (first.slot_id, second.slot_id) == (offered.slot_ids[0], offered.slot_ids[2])
    assert (first.starts_in_japan, second.starts_in_japan) == (
        "2026-12-01T10:00+09:00",
        "2026-12-01T11:00+09:00",
    )
    assert (first.starts_at, second.ends_at - second.starts_at) == (TEN, timedelta(hours=1))
    assert (first.place, first.seats, first.free) == ("本社3階", 2, 2)


def test_an_appointment_is_booked_moved_and_cancelled_for_who_phones(reception: Reception) -> None:
    early, late = reception.slot(), reception.slot(start=TEN + timedelta(days=1))
    made = reception.desk.book_appointment(reception.first, late)
    with pytest.raises(Refused) as refused:
        reception.desk.book_appointment(reception.second, late)
    assert refused.value.rule == "slot-full"
    for _ in range(2):
        moved = reception.desk.book_appointment(reception.first, early, move=True, idempotency_key="a")
    assert (moved.appointment_id, moved.slot_id) == (made.appointment_id, early)
    assert moved.starts_in_japan == "2026-12-01T10:00+09:00"
    reception.desk.book_appointment(reception.second, late)
    coming = list(reception.sato.appointments())
    assert [(each.external_id, each.booked_by) for each in coming] == [("E1", "tanaka"), ("E2", "tanaka")]
    assert {each.collection_state for each in coming} == {CollectionState.INSTRUCTED}
    assert [each.external_id for each in reception.desk.appointments(day=date(2026, 12, 2))] == ["E2"]
    assert reception.desk.cancel_appointment(moved.appointment_id).cancelled_at is not None
    assert [each.external_id for each in reception.desk.appointments()] == ["E2"]
    assert len(list(reception.desk.appointments(cancelled=True))) == 2
    assert list(reception.desk.inquiries()) == []


def test_who_loses_an_appointment_is_told_in_their_inquiry(reception: Reception) -> None:
    slot = reception.slot()
    reception.desk.book_appointment(reception.first, slot)
    with pytest.raises(Refused) as refused:
        reception.desk.withdraw_appointment_slot(slot)
    assert refused.value.rule == "slot-booked"
    done = reception.desk.withdraw_appointment_slot(slot, "会場の都合で中止します。")
    assert (done.slot_id, done.cancelled) == (slot, 1)
    (inquiry,) = reception.desk.inquiries()
    assert (inquiry.collection_id, inquiry.unread_by_person) == (reception.first, 1)
    assert list(reception.desk.appointment_slots()) == []
    (gone,) = reception.desk.appointment_slots(withdrawn=True)
    assert (gone.free, gone.withdrawn_at is not None) == (0, True)


def test_an_auditor_looks_on_and_a_program_does_not(reception: Reception) -> None:
    inquiry = reception.asked(reception.first, "質問です。")
    auditor = reception.company.login(reception.company.human("kansa", ServerRole.AUDITOR))
    assert auditor.inquiry(inquiry) is not None
    assert auditor.inquiry_counts().unread == 1
    for vault, act in (
        (auditor, lambda vault: vault.answer_inquiry(inquiry, "返事")),
        (reception.company.client(), lambda vault: vault.inquiry_counts()),
        (reception.company.client("other"), lambda vault: list(vault.appointments())),
    ):
        with pytest.raises(Refused) as refused:
            act(vault)
        assert refused.value.rule == "no-rule-permits"
