"""`warifu document`, `departure` and `hold`: what decides when a number goes, recorded by commands. Synthetic."""

from pathlib import Path

import pytest

from policies.actor import Role
from tests.support.firm import FORMER, FUYO, GENSEN, WHY, Firm
from tests.support.live import Human
from tests.support.remote import Desk, refused, session_of

THREE = FORMER[:3]


@pytest.fixture
def firm(desk: Desk) -> Firm:
    firm = Firm(desk)
    firm.register(THREE)
    return firm


@pytest.fixture
def tanaka(firm: Firm) -> Human:
    return firm.company.human("tanaka", Role.HANDLER)


def test_documents_are_recorded_from_a_file_listed_and_completed(
    firm: Firm, tanaka: Human, tmp_path: Path
) -> None:
    file = tmp_path / "documents.csv"
    file.write_text(
        "社員番号,利用目的,提出期限,完了日,部数\n"
        "E-00,TAX_FUYO,平成31年1月24日,,\n"
        "E-00,TAX_GENSEN,,,2\n"
        "E-01,TAX_FUYO,2019-02-30,,1\n"
        "E-01,NONSENSE,2019-01-24,,1\n"
        "E-02,TAX_GENSEN,,,two\n",
        encoding="cp932",
    )
    done = firm.desk("document", "record", "--file", str(file), by=tanaka)
    assert done.code == 1
    assert [(row["line"], row["external_id"]) for row in done.json["documents"]] == [(2, "E-00"), (3, "E-00")]
    assert [(row["line"], row["code"]) for row in done.json["rejections"]] == [
        (4, "DATE_INVALID"),
        (5, "PURPOSE_UNKNOWN"),
        (6, "COPIES_INVALID"),
    ]
    fuyo, gensen = firm.do("document", "list", "E-00", by=tanaka)["documents"]
    assert (fuyo["purpose"], fuyo["deadline_on"], fuyo["copies"]) == (FUYO, "2019-01-24", 1)
    assert (gensen["purpose"], gensen["completed_on"], gensen["copies"]) == (GENSEN, None, 2)
    closed = firm.do("document", "complete", gensen["document_id"], "--on", "2026-04-01", by=tanaka)
    assert closed == {"completed": 1, "rejections": []}
    assert firm.do("document", "list", "E-00", by=tanaka)["documents"][1]["completed_on"] == "2026-04-01"
    shown = firm.desk("document", "list", "E-00", by=tanaka, as_json=False).text
    assert gensen["document_id"] in shown


def test_one_document_is_recorded_by_options_and_completed_by_a_file(
    firm: Firm, tanaka: Human, tmp_path: Path
) -> None:
    one = ("--person", "E-00", "--purpose", GENSEN, "--copies", "3")
    (made,) = firm.do("document", "record", *one, by=tanaka)["documents"]
    file = tmp_path / "closed.csv"
    file.write_text(f"document_id,day\n{made['document_id']},2026/4/1\ndoc_1,\n", encoding="utf-8")
    done = firm.desk("document", "complete", "--file", str(file), by=tanaka)
    assert (done.code, done.json["completed"]) == (1, 1)
    assert [(row["line"], row["id"]) for row in done.json["rejections"]] == [(3, "doc_1")]


def test_what_is_given_for_documents_is_clear_or_refused_before_anybody_signs_in(
    firm: Firm, tmp_path: Path
) -> None:
    file = ("--file", str(tmp_path / "x.csv"))
    for given in ((), ("--person", "E-00"), ("--person", "E-00", *file)):
        assert refused(firm.desk("document", "record", *given)) == "ROWS"
    assert refused(firm.desk("document", "complete")) == "ROWS"
    assert refused(firm.desk("document", "complete", "doc_1", "--on", "tomorrow")) == "DATE"
    assert refused(firm.desk("departure", "record", "--person", "E-00", "--on", "2026-02-30")) == "DATE"
    assert refused(firm.desk("hold", "lift", "--reason", WHY)) == "HOLDS"


def test_departures_are_recorded_put_right_and_taken_back(firm: Firm, tanaka: Human, tmp_path: Path) -> None:
    file = tmp_path / "left.csv"
    file.write_text("社員番号,退職日\nE-00,令和8年4月1日\nE-01,2026-04-01\nX-1,2026-04-01\nE-02,\n", "utf-8")
    done = firm.desk("departure", "record", "--file", str(file), by=tanaka)
    assert (done.code, done.json["persons"], done.json["opened"]) == (1, 2, 2)
    assert [(row["line"], row["code"]) for row in done.json["rejections"]] == [
        (4, "PERSON_UNKNOWN"),
        (5, "DATE_INVALID"),
    ]
    again = ("--person", "E-00", "--on", "2026-04-30", "--no-open-documents")
    assert firm.do("departure", "record", *again, by=tanaka)["persons"] == 1
    assert firm.do("departure", "show", "E-00", by=tanaka) == {"ended_on": "2026-04-30"}
    undone = firm.do("departure", "undo", "--person", "E-00", "--reason", "退職の取消し", by=tanaka)
    assert undone == {"persons": 1, "rejections": []}
    assert firm.do("departure", "show", "E-00", by=tanaka) == {"ended_on": None}


def test_a_client_records_departures_with_its_key(firm: Firm) -> None:
    key = firm.company.key("hr", GENSEN)
    left = ("departure", "record", "--person", "E-00", "--on", "2026-04-01", "--no-open-documents")
    assert firm.desk(*left, CLIENT_KEY=key).json["persons"] == 1


def test_holds_are_placed_listed_and_lifted(firm: Firm) -> None:
    named = ("--person", "E-00", "--person", "E-01", "--person", "X-1")
    placed = firm.desk("hold", "place", *named, "--reason", WHY, by=firm.sato)
    assert placed.code == 1
    assert [row["external_id"] for row in placed.json["holds"]] == ["E-00", "E-01"]
    assert [row["id"] for row in placed.json["rejections"]] == ["X-1"]
    first, second = (hold["hold_id"] for hold in firm.do("hold", "list")["holds"])
    lifted = firm.do("hold", "lift", first, "--reason", "和解")
    assert lifted == {"lifted": 1, "rejections": []}
    assert [hold["hold_id"] for hold in firm.do("hold", "list")["holds"]] == [second]
    assert [hold["lifted_by"] for hold in firm.do("hold", "list", "--lifted")["holds"]] == ["sato", None]
    shown = firm.desk("hold", "list", by=firm.sato, as_json=False).text
    assert second in shown


def test_lifting_in_an_older_session_asks_for_another_code(firm: Firm) -> None:
    firm.do("hold", "place", "--person", "E-00", "--reason", WHY)
    (hold,) = firm.do("hold", "list")["holds"]
    held = session_of(firm.company, firm.sato)
    firm.clock.advance(minutes=14)
    code = firm.company.code(firm.sato)
    lift = ("hold", "lift", hold["hold_id"], "--reason", "和解")
    assert refused(firm.desk(*lift, SESSION=held)) == "TERMINAL"
    assert firm.desk(*lift, SESSION=held, CODE=code).json["lifted"] == 1
