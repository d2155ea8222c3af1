"""`warifu demo`, whole: the roster in examples/, a real server, the tax office's file, and a verified record."""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.support.command import Command
from warifu.audit import AuditVerificationError, read_export, verify_log, verify_proof
from warifu.certificate import verify_certificate
from warifu.certificate_pdf import attached_certificate
from warifu.filing import read_number_columns
from warifu.roster import RosterRow, read_roster

ROSTER = Path(__file__).parents[3] / "examples" / "roster.csv"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    place = tmp_path_factory.mktemp("demo") / "demo"
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "demo", "--directory", str(place), "--json"],
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    told: dict[str, object] = orjson.loads(done.stdout)
    return place, told


def test_every_employee_of_the_roster_stands_in_the_tax_file_with_their_own_number(
    played: tuple[Path, dict[str, object]],
) -> None:
    place, _ = played
    employees = [row for row in read_roster(ROSTER) if isinstance(row, RosterRow) and row.kind == "employee"]
    filed = list(read_number_columns(place / "375dat01.txt"))
    assert len(filed) == len(employees) == 1000
    assert [columns.person.number if columns.person else None for columns in filed] == [
        row.number for row in employees
    ]


def test_the_tax_file_has_132_columns_in_shift_jis(played: tuple[Path, dict[str, object]]) -> None:
    place, _ = played
    lines = (place / "375dat01.txt").read_bytes().decode("shift_jis").splitlines()
    assert {len(line.split(",")) for line in lines} == {132}


def test_six_things_do_not_work_each_with_its_rule_and_its_entry(
    played: tuple[Path, dict[str, object]],
) -> None:
    _, told = played
    chapters = told["chapters"]
    assert isinstance(chapters, list)
    refusals = next(chapter for chapter in chapters if "does not work" in chapter["title"])["lines"]
    rules = [
        "code-used",
        "purpose-not-allowed-to-client",
        "purpose-not-notified",
        "token-unknown",
        "a-use-needs-a-human",
        "purpose-refused-by-law",
    ]
    assert len(refusals) == len(rules)
    assert all(rule in line and "audit entry" in line for rule, line in zip(rules, refusals, strict=True))


def test_what_it_leaves_behind_verifies_offline_and_the_forged_copy_does_not(
    played: tuple[Path, dict[str, object]],
) -> None:
    place, _ = played
    key = (place / "audit.key").read_text().strip()
    checkpoint = (place / "audit.checkpoint").read_text()
    assert verify_log(read_export(place / "audit.jsonl"), checkpoint, key).size > 5_000
    proof = (place / "employee.tlog-proof").read_text()
    entry = (place / "employee.entry").read_bytes()
    assert verify_proof(proof, entry, key).fields["action"] == "vault:number:release"
    with pytest.raises(AuditVerificationError) as failure:
        verify_log(read_export(place / "audit-forged.jsonl"), checkpoint, key)
    assert failure.value.where


def test_the_numbers_are_in_the_tax_file_and_nowhere_else(played: tuple[Path, dict[str, object]]) -> None:
    place, told = played
    numbers = [row.number for row in read_roster(ROSTER) if isinstance(row, RosterRow)][:50]
    searched = [path for path in place.rglob("*") if path.is_file() and path.name != "375dat01.txt"]
    haystack = b"\n".join(path.read_bytes() for path in searched) + orjson.dumps(told)
    assert [number for number in numbers if number.encode() in haystack] == []


def test_two_numbers_end_with_a_certificate_that_verifies_offline(
    played: tuple[Path, dict[str, object]],
) -> None:
    place, told = played
    employees = [row for row in read_roster(ROSTER) if isinstance(row, RosterRow) and row.kind == "employee"]
    key = (place / "audit.key").read_text().strip()
    verified = verify_certificate((place / "certificate.json").read_bytes(), key)
    assert [person.external_id for person in verified.persons] == [row.external_id for row in employees[-2:]]
    attached = attached_certificate((place / "certificate.pdf").read_bytes())
    assert verify_certificate(attached, key).persons == verified.persons
    assert told["disposed"] == 2
    chapters = told["chapters"]
    assert isinstance(chapters, list)
    assert len(chapters) == 6
    assert "token-unknown" in chapters[-1]["lines"][-1]


def test_a_directory_that_no_demo_made_is_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text("mine")
    done = Command(tmp_path)("demo", "--directory", str(tmp_path))
    assert (done.code, done.json["error"]["code"]) == (1, "DIRECTORY")
    assert kept.read_text() == "mine"


def test_a_roster_with_a_wrong_row_stops_before_anything_is_sent(tmp_path: Path) -> None:
    bad = ROSTER.parent / "bad"
    wrong = next(path for path in sorted(bad.iterdir()) if "check" in path.name)
    done = Command(tmp_path)("demo", "--directory", str(tmp_path / "demo"), "--roster", str(wrong))
    assert (done.code, done.json["error"]["code"]) == (1, "ROSTER")
    assert "517" in done.json["error"]["message_ja"]
