"""`warifu inquiry` and `warifu appointment`: who asks and who comes, at a running server. Numbers are synthetic."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from policies.actor import Role
from tests.support.desk import ask_themselves
from tests.support.live import GENSEN, Human
from tests.support.numbers import synthetic_numbers
from tests.support.remote import Desk, refused
from warifu import CollectionChannel, InvitedColumns

NUMBER = synthetic_numbers(1, seed=817)[0]
SORRY = "会場の都合で中止します。"


class Counter:
    """A company that collects numbers from two people, and the handler who runs commands."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        company = desk.company
        self.tanaka: Human = company.human("tanaka", Role.HANDLER)
        sato = company.login(company.human("sato", Role.ADMINISTRATOR))
        campaign = sato.create_campaign("年末調整", [GENSEN], date(2027, 1, 31)).campaign_id
        channels = [CollectionChannel.LINK_QR] * 2
        added = sato.add_to_campaign(campaign, InvitedColumns(["E1", "E2"], channels, names=["甲", "乙"]))
        self.first, self.second = (made for made in added.collection_ids if made)

    def asked(self, text: str = "封筒がありません。") -> str:
        company = self.desk.company
        server = company.server
        custodian = server.house.custodian
        return server.run(ask_themselves(custodian, company.tenant, self.first, text, server.clock()))

    def do(self, *arguments: str) -> dict[str, Any]:
        """What a command prints that does all it was asked to."""
        done = self.desk(*arguments, by=self.tanaka)
        assert done.code == 0, done.text
        return done.json

    def refused(self, *arguments: str) -> str:
        return refused(self.desk(*arguments, by=self.tanaka))

    def text(self, *arguments: str) -> str:
        """What a command shows to people."""
        done = self.desk(*arguments, by=self.tanaka, as_json=False)
        assert done.code == 0, done.text
        return done.text

    def offered(self, start: str = "2026-12-01 10:00") -> str:
        made = self.do("appointment", "offer", "--place", "本社3階", "--start", start)
        return str(made["slots"][0]["slot_id"])


@pytest.fixture
def counter(desk: Desk) -> Counter:
    return Counter(desk)


def test_an_inquiry_is_listed_shown_answered_and_closed(counter: Counter, tmp_path: Path) -> None:
    inquiry = counter.asked("封筒がありません。\n送ってもらえますか。")
    listed = counter.do("inquiry", "list", "--state", "open")
    assert (listed["unread"], [each["inquiry_id"] for each in listed["inquiries"]]) == (1, [inquiry])
    assert counter.refused("inquiry", "close", inquiry) == "inquiry-unread"
    shown = counter.text("inquiry", "show", inquiry)
    assert "送ってもらえますか。" in shown
    assert "E1 甲" in shown
    file = tmp_path / "answer.txt"
    file.write_text("明日\nお送りします。\n", encoding="utf-8")
    answered = counter.do("inquiry", "answer", inquiry, "--file", str(file))["inquiry"]
    assert (answered["state"], answered["messages"]) == ("ANSWERED", 2)
    (_, message) = counter.do("inquiry", "show", inquiry)["messages"]
    assert (message["text"], message["author"]) == ("明日\nお送りします。", "tanaka")
    assert counter.do("inquiry", "close", inquiry)["inquiry"]["state"] == "CLOSED"
    assert counter.do("inquiry", "list", "--state", "open")["inquiries"] == []
    assert inquiry in counter.text("inquiry", "list")


def test_the_company_writes_first_by_the_id_of_a_collection(counter: Counter) -> None:
    done = counter.do("inquiry", "answer", counter.second, "--text", "期限が近づいています。")["inquiry"]
    (listed,) = counter.do("inquiry", "list")["inquiries"]
    assert (listed["inquiry_id"], listed["external_id"]) == (done["inquiry_id"], "E2")


def test_what_cannot_be_sent_is_told_before_anybody_signs_in(counter: Counter, tmp_path: Path) -> None:
    missing, binary = tmp_path / "missing.txt", tmp_path / "answer.txt"
    binary.write_bytes(b"\xff\xfe\x00")
    message = ("--message", f"番号は{NUMBER}")
    for arguments, code in (
        (("inquiry", "list", "--state", "new"), "STATE"),
        (("inquiry", "answer", "inq_1"), "TEXT"),
        (("inquiry", "answer", "inq_1", "--text", "返事", "--file", str(missing)), "TEXT"),
        (("inquiry", "answer", "inq_1", "--file", str(missing)), "FILE"),
        (("inquiry", "answer", "inq_1", "--file", str(binary)), "FILE"),
        (("inquiry", "answer", "inq_1", "--text", f"番号は{NUMBER}"), "message-holds-number"),
        (("appointment", "withdraw", "slt_1", *message), "message-holds-number"),
        (("appointment", "cancel", "apt_1", *message), "message-holds-number"),
        (("appointment", "offer"), "ROWS"),
        (("appointment", "slots", "--from", "soon"), "DATE"),
        (("appointment", "list", "--on", "soon"), "DATE"),
    ):
        done = counter.desk(*arguments)  # nobody's password is there to ask for
        assert refused(done) == code, arguments
        assert NUMBER not in done.text


def test_what_is_not_there_is_told_by_name(counter: Counter) -> None:
    assert counter.refused("inquiry", "show", "inq_1") == "inquiry-unknown"
    assert counter.refused("inquiry", "answer", "inq_1", "--text", "返事") == "inquiry-unknown"
    assert counter.refused("appointment", "cancel", "apt_1") == "appointment-unknown"
    assert counter.refused("appointment", "book", counter.first, "slt_1") == "slot-unknown"
    assert counter.refused("appointment", "withdraw", "slt_1") == "slot-unknown"


def test_slots_are_offered_from_a_file_with_a_report_of_every_row_not_taken(
    counter: Counter, tmp_path: Path
) -> None:
    file = tmp_path / "slots.csv"
    file.write_text(
        "場所,開始日時,所要時間,定員\n"
        "本社3階,2026/12/1 10:00,30,4\n"
        "大阪支店,令和8年12月2日 9:30,60,2\n"
        "本社3階,2026-12-01T10:00,30,4\n"
        "本社3階,明日,30,4\n"
        "本社3階,2026-12-03 10:00,半時間,4\n"
        "本社3階,2026-11-01 10:00,30,4\n",
        encoding="cp932",
    )
    done = counter.desk("appointment", "offer", "--file", str(file), by=counter.tanaka)
    assert done.code == 1
    assert [row["line"] for row in done.json["slots"]] == [2, 3]
    assert [(row["line"], row["code"]) for row in done.json["rejections"]] == [
        (4, "SLOT_REPEATED"),
        (5, "START_INVALID"),
        (6, "SEATS_INVALID"),
        (7, "START_NOT_AHEAD"),
    ]
    found = counter.do("appointment", "slots", "--until", "2026-12-31")["slots"]
    assert [(each["starts_in_japan"], each["place"], each["free"]) for each in found] == [
        ("2026-12-01T10:00+09:00", "本社3階", 4),
        ("2026-12-02T09:30+09:00", "大阪支店", 2),
    ]
    assert counter.do("appointment", "slots", "--from", "2026-12-03")["slots"] == []
    assert "2026-12-02 09:30-10:30" in counter.text("appointment", "slots")


def test_an_appointment_is_booked_moved_listed_and_cancelled(counter: Counter) -> None:
    early, late = counter.offered(), counter.offered("2026-12-02 10:00")
    made = counter.do("appointment", "book", counter.first, late)["appointment"]
    assert made["starts_in_japan"] == "2026-12-02T10:00+09:00"
    assert counter.refused("appointment", "book", counter.second, late) == "slot-full"
    assert counter.refused("appointment", "book", counter.first, early) == "appointment-exists"
    moved = counter.do("appointment", "book", counter.first, early, "--move")["appointment"]
    assert (moved["appointment_id"], moved["slot_id"]) == (made["appointment_id"], early)
    (coming,) = counter.do("appointment", "list", "--on", "2026-12-01")["appointments"]
    assert (coming["external_id"], coming["booked_by"]) == ("E1", "tanaka")
    assert counter.do("appointment", "list", "--on", "2026-12-02")["appointments"] == []
    assert "2026-12-01 10:00-10:30" in counter.text("appointment", "list")
    counter.do("appointment", "cancel", moved["appointment_id"], "--message", SORRY)
    assert counter.do("appointment", "list")["appointments"] == []
    assert len(counter.do("appointment", "list", "--cancelled")["appointments"]) == 1
    (thread,) = counter.do("inquiry", "list")["inquiries"]
    assert SORRY in counter.text("inquiry", "show", thread["inquiry_id"])


def test_a_slot_that_is_booked_is_withdrawn_with_a_message(counter: Counter) -> None:
    slot = counter.offered()
    counter.do("appointment", "book", counter.first, slot)
    assert counter.refused("appointment", "withdraw", slot) == "slot-booked"
    done = counter.do("appointment", "withdraw", slot, "--message", SORRY)["slot"]
    assert (done["slot_id"], done["cancelled"]) == (slot, 1)
    assert counter.do("appointment", "slots")["slots"] == []
    assert slot in counter.text("appointment", "slots", "--withdrawn")
