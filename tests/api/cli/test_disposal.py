"""`warifu disposal` at a running vault: what each command does, what people are asked, and what stops it."""

from pathlib import Path

import pytest

from policies.actor import Role
from tests.support.firm import FORMER, WHY, Firm
from tests.support.live import PASSWORD
from tests.support.remote import Desk, refused, terminal

THREE = FORMER[:3]


@pytest.fixture
def firm(desk: Desk) -> Firm:
    firm = Firm(desk)
    firm.register(THREE)
    return firm


def test_persons_are_proposed_left_out_and_taken_in_again(firm: Firm) -> None:
    run = firm.proposed(THREE)
    out = firm.do("disposal", "exclude", run, "--person", "E-00", "--person", "E-01", "--reason", WHY)
    assert (out["listed"], out["excluded"], out["rejections"]) == (1, 2, [])
    back = firm.do("disposal", "include", run, "--person", "E-01", "--reason", "和解")
    assert (back["listed"], back["excluded"]) == (2, 1)
    (item,) = firm.do("disposal", "show", run, "--state", "excluded")["items"]
    assert (item["external_id"], item["reason"], item["decided_by"]) == ("E-00", WHY, "sato")


def test_a_disposal_is_given_up(firm: Firm) -> None:
    run = firm.proposed(THREE)
    assert firm.do("disposal", "cancel", run, "--reason", "取り違え")["run"]["state"] == "CANCELLED"
    assert refused(firm.decide("confirm", firm.sato, run)) == "run-closed"


def test_rows_that_were_not_taken_are_reported_with_their_line_and_make_the_command_fail(
    firm: Firm, tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_text("external_id,memo\nE-00,\nX-1,\n\nE-00,\n", encoding="utf-8")
    done = firm.desk("disposal", "propose", "--file", str(file), "--reason", WHY, by=firm.sato)
    assert (done.code, done.json["run"]["listed"]) == (1, 1)
    told = [(row["line"], row["id"], row["code"]) for row in done.json["rejections"]]
    assert told == [(3, "X-1", "PERSON_UNKNOWN"), (5, "E-00", "PERSON_REPEATED")]
    read = firm.desk("disposal", "propose", "--file", str(file), "--reason", WHY, by=firm.sato, as_json=False)
    assert "rows not taken: 3" in read.text
    assert "rows not taken" not in read.out


def test_a_cell_that_may_be_a_number_is_not_repeated(firm: Firm, tmp_path: Path) -> None:
    number = "123456789018"  # synthetic
    file = tmp_path / "people.csv"
    file.write_text(f"external_id\n{number}\nE-00\n", encoding="utf-8")
    done = firm.desk("disposal", "propose", "--file", str(file), "--reason", WHY, by=firm.sato)
    assert [row["id"] for row in done.json["rejections"]] == ["****"]
    assert number not in done.text


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "EMPTY_FILE"),
        ("氏名\n試験\n", "HEADER"),
        ("社員番号,従業員番号\nE-00,E-00\n", "HEADER"),
        ("社員番号\n", "NO_ROWS"),
        ("PK\x03\x04", "SPREADSHEET_FILE"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_before_anybody_signs_in(
    firm: Firm, tmp_path: Path, content: str, code: str
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(content, encoding="utf-8")
    assert refused(firm.desk("disposal", "propose", "--file", str(file))) == code


def test_persons_are_named_in_one_way_only(firm: Firm, tmp_path: Path) -> None:
    both = ("--person", "E-00", "--file", str(tmp_path / "people.csv"))
    for named in ((), both, ("--until", "2027-01-31", "--person", "E-00")):
        assert refused(firm.desk("disposal", "propose", *named, "--reason", WHY)) == "PERSONS"
    missing = ("--file", str(tmp_path / "people.csv"))
    assert refused(firm.desk("disposal", "exclude", "run_1", *missing, "--reason", WHY)) == "FILE"


def test_nobody_is_due_before_they_have_left(firm: Firm) -> None:
    done = firm.desk("disposal", "propose", "--until", "2027-01-31", by=firm.sato)
    assert refused(done) == "nobody-is-due"


def test_an_instruction_needs_a_reason(firm: Firm) -> None:
    assert refused(firm.desk("disposal", "propose", "--person", "E-00", by=firm.sato)) == "reason-needed"


def test_an_unknown_disposal_is_told(firm: Firm, tmp_path: Path) -> None:
    assert refused(firm.desk("disposal", "show", "run_1", by=firm.sato)) == "run-unknown"
    unseen = ("disposal", "confirm", "run_1", "--digest", "0" * 64)
    assert refused(firm.desk(*unseen, by=firm.sato, CODE="000000")) == "run-unknown"
    paper = str(tmp_path / "c.json")
    assert refused(firm.desk("disposal", "certificate", "run_1", paper, by=firm.sato)) == "run-unknown"
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_code_and_one_that_was_used_decide_nothing(firm: Firm) -> None:
    run = firm.proposed(THREE)
    seen = firm.do("disposal", "show", run)["digest"]
    wrong = firm.desk("disposal", "confirm", run, "--digest", seen, by=firm.sato, CODE="abcdef")
    assert refused(wrong) == "code-wrong"
    code = firm.company.code(firm.sato)
    used = firm.desk("disposal", "confirm", run, "--digest", seen, by=firm.sato, LOGIN_CODE=code, CODE=code)
    assert refused(used) == "code-used"
    assert firm.do("disposal", "list")["runs"][0]["state"] == "PROPOSED"


def test_without_a_terminal_the_digest_is_needed_and_then_the_code(firm: Firm) -> None:
    run = firm.proposed(THREE)
    blind = firm.desk("disposal", "confirm", run)
    assert refused(blind) == "TERMINAL"
    assert "--digest" in blind.json["error"]["message_en"]
    without = firm.desk("disposal", "confirm", run, "--digest", "0" * 64, by=firm.sato)
    assert refused(without) == "TERMINAL"
    assert "WARIFU_CODE" in without.json["error"]["message_ja"]


def test_who_may_not_decide_is_told_so(firm: Firm) -> None:
    tanaka = firm.company.human("tanaka", Role.HANDLER)
    assert refused(firm.desk("disposal", "list", by=tanaka)) == "no-rule-permits"


def test_a_server_that_is_not_there_is_told(firm: Firm) -> None:
    done = firm.desk("disposal", "list", by=firm.sato, ENDPOINT="http://127.0.0.1:9")
    assert refused(done) == "NO_ANSWER"


def test_papers_are_written_where_there_is_room_for_them_only(firm: Firm, tmp_path: Path) -> None:
    there = tmp_path / "report.pdf"
    there.write_text("another paper")
    period = ("--from", "2026-11-01", "--to", "2026-11-22")
    assert refused(firm.desk("disposal", "report", str(there), *period)) == "FILE_EXISTS"
    assert there.read_text() == "another paper"
    assert refused(firm.desk("disposal", "report", str(tmp_path / "no" / "r.pdf"), *period)) == "FILE"
    firm.do("disposal", "report", str(there), *period, "--force")
    assert there.read_bytes().startswith(b"%PDF-")


def test_every_session_of_these_commands_has_ended(firm: Firm) -> None:
    firm.proposed(THREE)
    assert refused(firm.desk("disposal", "show", "run_1", by=firm.sato)) == "run-unknown"
    assert firm.desk.open_sessions == 0


def test_at_a_terminal_the_list_is_shown_then_agreed_to_then_the_code_is_asked_for(firm: Firm) -> None:
    run = firm.proposed(THREE)
    digest = firm.do("disposal", "show", run)["digest"]
    first = firm.company.code(firm.sato)
    place = firm.desk.place | {"WARIFU_LOGIN": "sato"}
    with terminal("disposal", "confirm", run, environment=place) as screen:
        screen.until("password of sato")
        screen.type(PASSWORD)
        screen.until("one-time code (sato)")
        screen.type(first)
        asked = screen.until("[y/N]")
        assert digest in asked
        assert "3 人 / persons" in asked
        screen.type("y")
        screen.until("ワンタイムコード / one-time code:")
        screen.type("abcdef")
        screen.until("code is wrong")
        screen.until("ワンタイムコード / one-time code:")
        screen.type(first)  # as one does who types what the authenticator still shows
        screen.until("used already")
        screen.until("ワンタイムコード / one-time code:")
        second = firm.company.code(firm.sato)
        screen.type(second)
        assert screen.end() == 0, screen.shown
    assert "confirmed" in screen.shown
    for secret in (PASSWORD, first, second):
        assert secret not in screen.shown
    assert firm.do("disposal", "list")["runs"][0]["state"] == "CONFIRMED"


def test_a_list_that_changes_while_somebody_looks_at_it_is_not_confirmed(firm: Firm) -> None:
    run = firm.proposed(THREE)
    place = firm.desk.place | firm.desk.signing_in(firm.sato)
    with terminal("disposal", "confirm", run, "--json", environment=place) as screen:
        screen.until("[y/N]")
        firm.company.login(firm.sato).exclude_from_disposal(run, WHY, external_ids=["E-00"])
        screen.type("y")
        screen.until("one-time code")
        screen.type(firm.company.code(firm.sato))
        assert screen.end() == 1
    assert '"code": "run-changed"' in screen.shown


def test_who_does_not_agree_changes_nothing(firm: Firm) -> None:
    run = firm.proposed(THREE)
    place = firm.desk.place | firm.desk.signing_in(firm.sato)
    with terminal("disposal", "confirm", run, environment=place) as screen:
        screen.until("[y/N]")
        screen.type("n")
        assert screen.end() == 1
    assert "NOT_AGREED" in screen.shown
    assert firm.do("disposal", "list")["runs"][0]["state"] == "PROPOSED"
