"""`warifu campaign send`, `sent` and `remind`: nothing goes out before somebody has seen what it costs. Synthetic."""

from pathlib import Path

import pytest

from tests.support.gathering import Gathering
from tests.support.remote import Desk, refused, terminal


@pytest.fixture
def day(desk: Desk, tmp_path: Path) -> Gathering:
    day = Gathering(desk, tmp_path)
    day.begin()
    return day


def test_at_a_terminal_the_count_and_the_cost_are_shown_and_asked_about(day: Gathering) -> None:
    day.add(day.people(3))
    send = ("campaign", "send", day.campaign, "--kind", "kit", "--cost", "1200", "--state", "instructed")
    for answer, code in (("n", 1), ("y", 0)):
        with terminal(*send, environment=day.desk.place | day.desk.signing_in(day.sato)) as screen:
            shown = screen.until("Order this")
            screen.type(answer)
            assert screen.end() == code, screen.shown
        assert "1,200 × 3 = 3,600" in shown
        assert "収集指示済み / Instructed: 3" in shown
    assert day.board() == {"INSTRUCTED": 3}  # ordered, and not sent yet
    again = day.desk(*send, "--yes", by=day.sato)
    assert (again.code, again.json["count"]) == (1, 0)
    assert {each["code"] for each in again.json["rejections"]} == {"ORDER_UNDER_WAY"}


def test_without_a_terminal_somebody_must_have_agreed(day: Gathering) -> None:
    send = ("campaign", "send", day.campaign, "--kind", "kit", "--cost", "800", "--state", "instructed")
    assert refused(day.desk(*send)) == "TERMINAL"
    remind = ("campaign", "remind", day.campaign, "--waiting-days", "14", "--cost", "85")
    assert refused(day.desk(*remind)) == "TERMINAL"
    assert refused(day.desk(*remind, "--kind", "kit", "--yes")) == "KIND"


def test_to_whom_is_said_in_one_way(day: Gathering) -> None:
    send = ("campaign", "send", day.campaign, "--kind", "kit", "--cost", "800", "--yes")
    for whom in (
        (),
        ("--state", "instructed", "--ids", "col_1"),
        ("--ids", "col_1", "--person", "E-1"),
        ("--ids", "col_1", "--waiting-days", "3"),
    ):
        assert refused(day.desk(*send, *whom)) == "WHOM"
    assert refused(day.desk(*send, "--state", "instructed", "--on", "tomorrow")) == "DATE"
    assert refused(day.desk(*send, "--state", "instructed", by=day.sato)) == "NOBODY"
    assert day.desk(*send[:-2], "--cost=-1", "--yes", "--state", "instructed").code == 2


def test_a_state_means_those_who_are_asked_this_way_and_names_mean_whoever_is_named(day: Gathering) -> None:
    kits = day.add(day.people(2))
    (counter,) = day.add(day.people(1, channel="対面", first=3))
    send = ("campaign", "send", day.campaign, "--kind", "kit", "--cost", "800", "--yes")
    assert day.do(*send, "--state", "instructed")["count"] == 2
    file = day.directory / "whom.csv"
    file.write_text("社員番号\nE-3\nE-9\n", encoding="utf-8")
    done = day.desk(*send, "--file", str(file), by=day.sato)
    assert (done.code, done.json["count"]) == (1, 1)
    assert [(each["line"], each["id"], each["code"]) for each in done.json["rejections"]] == [
        (3, "E-9", "NOT_IN_CAMPAIGN")
    ]
    day.do("collection", "refused", counter, "--outcome", "declined", "--on", "2026-11-20")
    listed = ",".join([counter, kits[0]])
    late = day.desk(*send, "--ids", listed, by=day.sato)
    assert [(each["line"], each["code"]) for each in late.json["rejections"]] == [
        (1, "STEP_NOT_ALLOWED"),
        (2, "ORDER_UNDER_WAY"),
    ]


def test_who_has_stood_there_for_some_days_is_counted_in_japan(day: Gathering) -> None:
    first, *_ = day.add(day.people(1))
    day.clock.advance(days=3)
    second, *_ = day.add(day.people(1, first=2))
    send = (
        "campaign",
        "send",
        day.campaign,
        "--kind",
        "kit",
        "--cost",
        "800",
        "--yes",
        "--state",
        "instructed",
    )
    waiting = (*send, "--waiting-days", "10", "--on")
    assert refused(day.desk(*waiting, day.on(6), by=day.sato)) == "NOBODY"
    assert day.do(*waiting, day.on(7))["count"] == 1
    assert [len(day.do("collection", "show", each)["dispatches"]) for each in (first, second)] == [1, 0]


def test_a_reminder_goes_to_whom_nothing_was_sent_in_these_days(day: Gathering) -> None:
    day.add(day.people(2))
    kits = day.do(
        "campaign", "send", day.campaign, "--kind", "kit", "--cost", "800", "--state", "instructed", "--yes"
    )
    assert day.do("campaign", "sent", day.campaign, kits["orders"][0])["count"] == 2
    day.clock.advance(days=20)
    remind = ("campaign", "remind", day.campaign, "--waiting-days", "14", "--cost", "85", "--yes", "--on")
    day.do("campaign", "send", day.campaign, "--kind", "postcard", "--cost", "85", "--person", "E-1", "--yes")
    cards = day.do(*remind, day.on())  # the other one: a card is under way to the first
    assert (cards["count"], cards["cost_yen"]) == (1, 85)
    mail = day.desk(*remind, day.on(30), "--kind", "mail", by=day.sato)
    assert refused(mail) == "mail-not-set-up"


def test_what_went_out_carries_the_notice_that_lay_in_it(day: Gathering) -> None:
    day.add(day.people(1))
    ordered = day.do(
        "campaign", "send", day.campaign, "--kind", "kit", "--cost", "0", "--person", "E-1", "--yes"
    )
    words = day.directory / "words.txt"
    words.write_text("個人番号は、源泉徴収票の作成に利用します。", encoding="utf-8")
    sent = ("campaign", "sent", day.campaign, ordered["orders"][0], "--on", day.on())
    assert refused(day.desk(*sent, "--notice", "letter", "--text", str(words) + "x")) == "FILE"
    told = day.tell(*sent, "--notice", "letter", "--text", str(words))
    assert "発送を記録しました" in told
    (notice,) = day.do("notice", "show", "E-1")["notices"]
    assert (notice["form"], notice["text"]) == ("LETTER", words.read_text("utf-8"))
    assert refused(day.desk("campaign", "sent", day.campaign, "ord_1", by=day.sato)) == "dispatch-unknown"
