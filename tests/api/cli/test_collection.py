"""`warifu collection`: lists, and the steps that many take at once, named by id, by person or by file. Synthetic."""

from pathlib import Path

import pytest

from policies.actor import Role
from tests.support.gathering import Gathering
from tests.support.live import GENSEN
from tests.support.remote import Desk, refused


@pytest.fixture
def day(desk: Desk, tmp_path: Path) -> Gathering:
    day = Gathering(desk, tmp_path)
    day.begin()
    return day


def test_steps_are_taken_by_id_by_person_and_by_file(day: Gathering) -> None:
    first, second, third, fourth = day.add(day.people(4))
    by_id = day.do("collection", "arrive", first, second, by=day.tanaka)["collections"]
    assert [(each["collection_id"], each["state"], each["revision"]) for each in by_id] == [
        (first, "ARRIVED", 2),
        (second, "ARRIVED", 2),
    ]
    file = day.directory / "back.csv"
    file.write_text("従業員番号\nE-3\nE-9\nE-1\n", encoding="cp932")
    arrive = ("collection", "arrive", "--campaign", day.campaign, "--file", str(file))
    done = day.desk(*arrive, by=day.tanaka)
    assert done.code == 1
    assert [each["collection_id"] for each in done.json["collections"]] == [third]
    assert [(each["line"], each["id"], each["code"]) for each in done.json["rejections"]] == [
        (3, "E-9", "NOT_IN_CAMPAIGN"),
        (4, "E-1", "STEP_NOT_ALLOWED"),
    ]
    faults = ("--why", "image_blurred", "--why", "IMAGE_CUT")
    day.do("collection", "deficient", first, *faults, by=day.tanaka)
    (listed,) = day.do("collection", "list", day.campaign, "--state", "deficient")["collections"]
    assert [each["code"] for each in listed["reasons"]] == ["IMAGE_BLURRED", "IMAGE_CUT"]
    told = day.tell("collection", "list", day.campaign)
    assert "不備" in told
    assert "ぼやけて" in day.tell("collection", "show", first)
    unknown = day.desk("collection", "arrive", "col_1", fourth, by=day.tanaka)
    assert [(each["id"], each["code"]) for each in unknown.json["rejections"]] == [
        ("col_1", "COLLECTION_UNKNOWN")
    ]


def test_a_collection_ends_without_a_number_in_ways_that_keep_no_reasons(day: Gathering) -> None:
    first, second, third = day.add(day.people(3))
    refusing = ("collection", "refused", first, "--outcome", "declined_after_explanation")
    day.do(*refusing, "--on", "令和8年11月20日")
    shown = day.do("collection", "show", first)["collection"]
    assert (shown["state"], shown["asked_on"]) == ("REFUSED", "2026-11-20")
    day.do("collection", "ask-again", "--campaign", day.campaign, "--person", "E-1")
    assert day.state(first) == "INSTRUCTED"
    day.do("collection", "no-number", second, "--evidence", "never_resident")
    assert "記録しました" in day.tell("collection", "close", third, "--reason", "left")
    assert day.board() == {"INSTRUCTED": 1, "NOT_ASSIGNED": 1, "CLOSED": 1}


def test_which_ones_is_said_in_one_way_before_anybody_signs_in(day: Gathering) -> None:
    for named in ((), ("col_1", "--campaign", "cmp_1"), ("col_1", "--person", "E-1"), ("--person", "E-1")):
        assert refused(day.desk("collection", "arrive", *named)) == "COLLECTIONS"
    assert refused(day.desk("collection", "arrive", "--campaign", "cmp_1")) == "PERSONS"
    assert refused(day.desk("collection", "refused", "col_1", "--outcome", "declined", "--on", "x")) == "DATE"
    assert day.desk("collection", "deficient", "col_1", "--why", "UGLY").code == 2
    assert refused(day.desk("collection", "show", "col_1", by=day.sato)) == "collection-unknown"
    gone = ("collection", "list", "cmp_1")
    assert refused(day.desk(*gone, by=day.sato)) == "campaign-unknown"


def test_a_client_adds_and_reads_with_its_key_and_an_auditor_may_not(day: Gathering) -> None:
    key = day.desk.company.key("hr", GENSEN)
    added = day.desk("campaign", "add", day.campaign, "--list", str(day.people(1)), CLIENT_KEY=key)
    assert added.json["added"] == 1, added.text
    auditor = day.desk.company.human("ito", Role.AUDITOR)
    denied = day.desk("campaign", "close", day.campaign, by=auditor)
    assert refused(denied) == "no-rule-permits"


def test_the_reasons_and_the_documents_are_told_with_their_words_and_articles(day: Gathering) -> None:
    reasons = day.do("deficiency", "list")["deficiencies"]
    assert {"EXPIRED", "IMAGE_BLURRED", "AUTHORITY_UNSIGNED"} <= {each["code"] for each in reasons}
    assert "期限" in day.tell("deficiency", "list")
    everything = day.do("identity-document", "list")["documents"]
    online = day.do("identity-document", "list", "--proves", "number", "--channel", "online")["documents"]
    assert 0 < len(online) < len(everything)
    assert {each["code"] for each in online} >= {"MY_NUMBER_CARD", "RESIDENCE_RECORD"}
    never = day.tell("identity-document", "list")
    assert "使えません / never" in never
    assert "番号法第16条" in never
