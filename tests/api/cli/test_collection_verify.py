"""`warifu collection verify`, `enter` and `register`: cases by options and files, tokens as CSV. Synthetic."""

import csv
import json
import stat
from io import StringIO
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.gathering import CARD_SEEN, Gathering
from tests.support.numbers import synthetic_numbers
from tests.support.remote import Desk, refused, terminal

NUMBERS: Final = synthetic_numbers(6, seed=53)
CARD: Final = {
    "document": "MY_NUMBER_CARD",
    "matches": ["name", "birth_date"],
    "expires_on": "2030-01-01",
    "original": True,
}
CASE: Final[dict[str, Any]] = {
    "subject": "employee",
    "channel": "face_to_face",
    "number_agrees": True,
    "number": [CARD],
    "identity": [CARD],
}
TOML: Final = """
subject = "employee"
channel = "FACE_TO_FACE"
numberAgrees = true
[[number]]
document = "RESIDENCE_RECORD"
matches = ["name", "address"]
original = true
[exempted]
by = "hired"
attested_by = "sato"
checked_on = 2025-04-01
perceived = true
"""


@pytest.fixture
def day(desk: Desk, tmp_path: Path) -> Gathering:
    day = Gathering(desk, tmp_path)
    day.begin()
    return day


def case(day: Gathering, told: Any, name: str = "case.json") -> str:
    file = day.directory / name
    file.write_text(told if isinstance(told, str) else json.dumps(told), encoding="utf-8")
    return str(file)


def arrived(day: Gathering, count: int = 1) -> list[str]:
    made = day.add(day.people(count, channel="対面"))
    for collection, number in zip(made, NUMBERS, strict=False):
        day.submit(collection, number)
    return made


def test_a_case_is_read_from_json_and_toml_in_either_spelling(day: Gathering) -> None:
    first, second = arrived(day, 2)
    for collection, file in ((first, case(day, CASE)), (second, case(day, TOML, "case.toml"))):
        seen = ("--case", file, "--revision", day.revision(collection))
        done = day.do("collection", "verify", collection, *seen, by=day.tanaka)
        assert (done["verification"]["accepted"], done["state"]) == (True, "VERIFIED")
    told = day.tell("collection", "show", second)
    assert "認められました / accepted" in told


@pytest.mark.parametrize(
    "told",
    [
        "", "[]", "{", "7", '"text"', "\x00",
        {**CASE, "subject": "cat"},
        {**CASE, "number": "MY_NUMBER_CARD"},
        {**CASE, "number": [{**CARD, "expires": "2030-01-01"}]},
        {**CASE, "number": [{**CARD, "expires_on": "soon"}]},
        {**CASE, "number_agrees": "yes"},
        {**CASE, "number": [{**CARD, "document": NUMBERS[0] * 2, "matches": [NUMBERS[0]]}]},
        {**CASE, NUMBERS[0]: True},
        {**CASE, "agent": {"agency": "voluntary", "authority": [NUMBERS[0]]}},
        {**CASE, "exempted": {"by": "hired"}},
        {**CASE, "remark": "x" * 200_000},
    ],
)  # fmt: skip
def test_a_case_that_says_something_else_is_told_by_its_place(day: Gathering, told: Any) -> None:
    for name in ("case.json", "case.toml"):
        seen = ("--case", case(day, told, name), "--revision", "1")
        done = day.desk("collection", "verify", "col_1", *seen)
        assert refused(done) == "CASE"
        assert NUMBERS[0] not in done.text


def test_options_that_do_not_go_together_are_told_before_anybody_signs_in(day: Gathering) -> None:
    verify = ("collection", "verify", "col_1", "--revision", "1")
    for wrong in (
        ("--case", case(day, CASE), "--number-card"),
        ("--number-card", "--document", "PASSPORT"),
        ("--document", "PASSPORT", "--document", "DRIVING_LICENCE", "--valid-until", "2030-01-01"),
        ("--valid-until", "2030-01-01"),
    ):
        assert refused(day.desk(*verify, *wrong)) == "CASE"
    assert refused(day.desk(*verify, "--number-card", "--valid-until", "soon")) == "DATE"
    assert refused(day.desk("collection", "verify", "col_1", "--number-card")) == "TERMINAL"
    assert refused(day.desk(*verify, "--case", str(day.directory / "none.toml"))) == "FILE"


def test_what_somebody_else_has_moved_on_since_is_not_decided(day: Gathering) -> None:
    (made,) = arrived(day)
    before = day.revision(made)
    day.submit(made, NUMBERS[1])
    stale = day.desk("collection", "verify", made, "--revision", before, *CARD_SEEN, by=day.tanaka)
    assert refused(stale) == "collection-changed"


def test_at_a_terminal_who_it_is_is_shown_and_asked_about(day: Gathering) -> None:
    (made,) = arrived(day)
    verify = ("collection", "verify", made, *CARD_SEEN)
    for answer, state in (("n", "ARRIVED"), ("y", "VERIFIED")):
        with terminal(*verify, environment=day.desk.place | day.desk.signing_in(day.tanaka)) as screen:
            shown = screen.until("with this case")
            assert "試験 1" in shown
            assert "EMPLOYEE · FACE_TO_FACE · 番号 / number: MY_NUMBER_CARD" in shown
            screen.type(answer)
            assert screen.end() == (0 if answer == "y" else 1), screen.shown
        assert day.state(made) == state


def test_what_the_law_refuses_is_refused_with_its_article_and_the_next_step(day: Gathering) -> None:
    (made,) = arrived(day)
    papers = ("--number-document", "RESIDENCE_RECORD", "--document", "年金手帳", "--original")
    agrees = ("--agrees", "number", "--agrees", "name", "--agrees", "birth_date")
    seen = (*papers, *agrees, "--revision", day.revision(made))
    done = day.desk("collection", "verify", made, *seen, by=day.tanaka)
    assert done.code == 1
    findings = {each["finding"]: each["basis"] for each in done.json["verification"]["faults"]}
    assert findings["TWO_NEEDED"]
    told = day.desk("collection", "verify", made, *seen, by=day.tanaka, as_json=False)
    assert f"warifu collection deficient {made} --why" in told.text
    unknown = ("--document", "card", "--revision", "1")
    assert refused(day.desk("collection", "verify", made, *unknown, by=day.tanaka)) == "DOCUMENT_UNKNOWN"


def test_a_dependent_is_verified_by_the_employee_and_no_papers_are_taken(day: Gathering) -> None:
    file = day.directory / "family.csv"
    file.write_text(
        "社員番号,氏名,続柄,扶養者の社員番号\nE-1,試験 太郎,本人,\nF-1,試験 花子,子,E-1\n", "utf-8"
    )
    made = day.add(file, "--channel-default", "direct")[1]
    day.submit(made, NUMBERS[0])
    seen = ("--agrees", "number", "--revision", day.revision(made))
    assert day.do("collection", "verify", made, *seen, by=day.tanaka)["state"] == "VERIFIED"


def test_at_the_counter_nothing_is_kept_of_what_does_not_suffice(day: Gathering) -> None:
    (made,) = day.add(day.people(1, channel="対面"))
    day.do("notice", "give", "--campaign", day.campaign, "--on", day.on(), by=day.tanaka)
    enter = ("collection", "enter", made)
    copy = [word for word in CARD_SEEN if word != "--original"]
    done = day.typing(f"{NUMBERS[0]}\n", *enter, *copy)
    assert done.code == 1
    assert {each["finding"] for each in done.json["faults"]} == {"COPY_SHOWN"}
    shown = day.desk(*enter, *copy, by=day.tanaka, stdin=f"{NUMBERS[0]}\n", as_json=False)
    assert "何も保存していません" in shown.text
    assert day.do("collection", "show", made)["items"] == []
    token = day.typing(f"{NUMBERS[0]}\n", *enter, *CARD_SEEN).json["token"]
    assert token.startswith("wft_")
    again = day.typing(f"{NUMBERS[0]}\n", *enter, *CARD_SEEN)
    assert refused(again)
    assert not [each for each in (done, shown, again) if NUMBERS[0] in each.text]


def test_tokens_are_written_as_csv_for_their_owner_alone(day: Gathering) -> None:
    made = arrived(day, 3)
    day.do("notice", "give", "--campaign", day.campaign, "--on", day.on(), by=day.tanaka)
    for collection in made:
        seen = ("--revision", day.revision(collection), *CARD_SEEN)
        day.do("collection", "verify", collection, *seen, by=day.tanaka)
    out = day.directory / "tokens.csv"
    out.write_text("here already")
    register = ("collection", "register")
    assert refused(day.desk(*register, made[0], "--out", str(out))) == "FILE_EXISTS"
    assert (
        refused(day.desk(*register, made[0], "--out", str(day.directory / "none" / "t.csv"), by=day.tanaka))
        == "FILE"
    )
    out.unlink()
    assert (
        day.do(*register, "--campaign", day.campaign, "--person", "E-1", "--out", str(out), by=day.tanaka)[
            "registered"
        ]
        == 1
    )
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    printed = day.tell(*register, made[1], by=day.tanaka)
    (row,) = csv.DictReader(StringIO(printed))
    assert (row["external_id"], row["collection_id"]) == ("E-2", made[1])
    rest = day.desk(*register, *made, by=day.tanaka)
    assert rest.code == 1
    assert [each["external_id"] for each in rest.json["registered"]] == ["E-3"]
    assert [(each["id"], each["code"]) for each in rest.json["rejections"]] == [
        (made[0], "STEP_NOT_ALLOWED"),
        (made[1], "STEP_NOT_ALLOWED"),
    ]
    nobody = day.directory / "nobody.csv"
    day.do(*register, "--campaign", day.campaign, "--out", str(nobody), by=day.tanaka)
    assert not nobody.exists()
    told = out.read_text() + printed + rest.text
    assert not [number for number in NUMBERS if number in told]
