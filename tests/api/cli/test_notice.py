"""`warifu notice`: worded in three forms, given to many, kept as it was given. Synthetic."""

from pathlib import Path

import pytest

from tests.support.gathering import Gathering
from tests.support.live import GENSEN
from tests.support.remote import Desk, refused


@pytest.fixture
def day(desk: Desk, tmp_path: Path) -> Gathering:
    day = Gathering(desk, tmp_path)
    day.begin()
    return day


def test_each_form_is_worded_for_those_it_speaks_to(day: Gathering) -> None:
    openings = {"document": "従業員の皆さまへ", "web_page": "公表します", "letter": "お取引先の皆さまへ"}
    for form, opening in openings.items():
        words = ("notice", "text", "--form", form, "--purpose", GENSEN, "--contact", "人事部 内線 12")
        text = day.tell(*words)
        assert opening in text
        assert "人事部 内線 12" in text
        assert day.do(*words)["text"].split() == text.split()
    of_campaign = day.do("notice", "text", "--campaign", day.campaign)
    assert (of_campaign["form"], of_campaign["purposes"]) == ("DOCUMENT", [GENSEN])
    assert refused(day.desk("notice", "text")) == "PURPOSES"
    assert refused(day.desk("notice", "text", "--campaign", "cmp_1", by=day.sato)) == "campaign-unknown"
    assert refused(day.desk("notice", "text", "--purpose", "FUN", by=day.sato)) == "purpose-unknown"


def test_everybody_in_a_campaign_or_those_named_are_told(day: Gathering) -> None:
    day.add(day.people(3))
    give = ("notice", "give", "--campaign", day.campaign, "--on", "2026-11-21")
    assert day.do(*give, by=day.tanaka)["persons"] == 3
    words = day.directory / "words.txt"
    words.write_text("源泉徴収票の作成に利用します。", encoding="utf-8")
    named = ("--purpose", GENSEN, "--form", "letter", "--text", str(words), "--on", "令和8年11月22日")
    done = day.desk("notice", "give", *named, "--person", "E-1", "--person", "E-9", by=day.tanaka)
    assert (done.code, done.json["persons"]) == (1, 1)
    assert [each["id"] for each in done.json["rejections"]] == ["E-9"]
    first, second = day.do("notice", "show", "E-1")["notices"]
    assert (first["form"], first["told_on"], first["given_by"]) == ("DOCUMENT", "2026-11-21", "tanaka")
    assert (second["form"], second["told_on"], second["text"]) == (
        "LETTER",
        "2026-11-22",
        words.read_text("utf-8"),
    )
    told = day.tell("notice", "show", "E-1", "--words")
    assert "従業員の皆さまへ" in told


def test_what_is_missing_or_cannot_be_read_is_told_before_anybody_signs_in(day: Gathering) -> None:
    person = ("--purpose", GENSEN, "--person", "E-1")
    assert refused(day.desk("notice", "give", "--purpose", GENSEN)) == "PERSONS"
    assert refused(day.desk("notice", "give", *person, "--on", "2026-02-30")) == "DATE"
    words = day.directory / "words.txt"
    words.write_bytes("本人へ".encode("cp932"))
    assert refused(day.desk("notice", "give", *person, "--text", str(words))) == "FILE"
