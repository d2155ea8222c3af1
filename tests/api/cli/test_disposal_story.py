"""The story of January with commands alone: who falls due, two left out, two who decide, papers. Synthetic numbers."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.capture import Captured
from tests.support.disposal import DUE
from tests.support.firm import FORMER, LAST, NUMBERS, WHY, Firm
from tests.support.live import PASSWORD
from tests.support.remote import Desk, refused


@pytest.fixture
def firm(desk: Desk) -> Firm:
    firm = Firm(desk)
    firm.register(FORMER)
    firm.left(FORMER)
    firm.open_on(DUE - timedelta(days=30))
    return firm


def test_the_story_of_january_is_told_by_commands(firm: Firm, tmp_path: Path, server_log: Captured) -> None:
    ahead = firm.do("disposal", "forecast", "--until", "2027-01-31")
    assert {month["month"]: month["persons"] for month in ahead["months"]}["2027-01"] == LAST
    assert [person["external_id"] for person in ahead["persons"]] == FORMER
    listed = firm.do("disposal", "list")
    (run,), (task,) = listed["runs"], listed["tasks"]
    assert (run["state"], run["as_of"], run["listed"]) == ("PROPOSED", "2027-01-11", LAST)
    assert (task["kind"], task["persons"]) == ("CONFIRM", LAST)
    run_id = run["run_id"]

    shown = firm.do("disposal", "show", run_id)
    assert [item["external_id"] for item in shown["items"]] == FORMER
    assert {item["due_on"] for item in shown["items"]} == {"2027-01-11"}
    assert {ground["rule"] for ground in shown["items"][0]["grounds"]} >= {"A"}

    file = tmp_path / "held.csv"
    file.write_text("社員番号,氏名\nE-00,試験 一\nE-01,試験 二\nE-99,誰か\n", encoding="cp932")
    excluded = firm.desk(
        "disposal", "exclude", run_id, "--file", str(file), "--reason", WHY, "--hold", by=firm.sato
    )
    assert excluded.code == 1  # one row was not taken, and what follows with && does not happen
    assert excluded.json["excluded"] == 2
    (rejected,) = excluded.json["rejections"]
    assert (rejected["line"], rejected["id"]) == (4, "E-99")
    assert excluded.json["digest"] != shown["digest"]

    assert refused(firm.decide("confirm", firm.sato, run_id, shown["digest"])) == "run-changed"
    assert firm.decide("confirm", firm.sato, run_id).json["run"]["state"] == "CONFIRMED"
    assert refused(firm.decide("approve", firm.sato, run_id)) == "disposal-needs-two-people"
    approved = firm.decide("approve", firm.suzuki, run_id).json["run"]
    assert (approved["state"], approved["confirmed_by"], approved["approved_by"]) == (
        "APPROVED",
        "sato",
        "suzuki",
    )
    early = firm.desk("disposal", "certificate", run_id, str(tmp_path / "early.pdf"), by=firm.sato)
    assert refused(early) == "run-not-done"
    assert not (tmp_path / "early.pdf").exists()

    firm.open_on(DUE)
    (done,) = firm.do("disposal", "list", "--state", "done")["runs"]
    assert (done["run_id"], done["disposed"]) == (run_id, LAST - 2)
    gone = firm.do("disposal", "show", run_id, "--state", "disposed")
    assert [item["external_id"] for item in gone["items"]] == FORMER[2:]

    paper, key = tmp_path / "certificate.pdf", tmp_path / "log.key"
    saved = firm.do("disposal", "certificate", run_id, str(paper))
    assert (saved["stage"], saved["persons"]) == ("disposed", LAST - 2)
    key.write_text(firm.company.login(firm.sato).audit_log().verifier_key)
    assert firm.desk("certificate", "verify", str(paper), "--key-file", str(key)).json["verified"] is True
    again = firm.desk("disposal", "certificate", run_id, str(paper), by=firm.sato)
    assert refused(again) == "FILE_EXISTS"
    firm.do("disposal", "certificate", run_id, str(paper), "--force", "--key-file", str(key))
    other = tmp_path / "other.key"
    name, number, public = key.read_text().split("+", 2)
    forged = ("disposal", "certificate", run_id, str(tmp_path / "forged.json"), "--key-file", str(other))
    for wrong in (f"{name}+{number}+{public[:-4]}AAAA", "no key", ""):
        other.write_text(wrong)
        assert refused(firm.desk(*forged, by=firm.sato)) == "VERIFICATION_FAILED"
    assert not (tmp_path / "forged.json").exists()
    report = tmp_path / "report.pdf"
    firm.do("disposal", "report", str(report), "--from", "2027-01-01", "--to", "2027-01-11", by=firm.suzuki)
    assert report.read_bytes().startswith(b"%PDF-")
    assert list(tmp_path.glob("*.part")) == []

    told = json.dumps([ahead, listed, shown, gone]) + server_log.text
    assert not [number for number in NUMBERS if number in told]
    assert PASSWORD not in told


def test_people_see_the_same_in_tables(firm: Firm) -> None:
    ahead = firm.desk("disposal", "forecast", "--until", "2027-01-31", by=firm.sato, as_json=False).text
    assert "2027-01" in ahead
    assert f"who falls due: {LAST}" in ahead
    (run,) = firm.do("disposal", "list")["runs"]
    listed = firm.desk("disposal", "list", by=firm.sato, as_json=False).text
    assert run["run_id"] in listed
    assert f"0/{LAST}" in listed
    assert "確認して" in listed
    shown = firm.desk("disposal", "show", run["run_id"], by=firm.sato, as_json=False).text
    digest = firm.do("disposal", "show", run["run_id"])["digest"]
    assert "E-36" in shown
    assert f"{LAST} 人 / persons: " in shown
    assert f"warifu disposal confirm {run['run_id']} --digest {digest}\n" in shown
