"""`warifu export` at a running vault: files for whoever moves away, numbers only by a use, nothing half."""

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from custody.export.export import File
from custody.tenants import Settings
from policies.actor import Role
from policies.totp import code_at
from tests.support.live import DAY, GENSEN, PASSWORD, Company, Human, Server
from tests.support.numbers import synthetic_numbers
from tests.support.remote import Desk, refused, session_of, terminal
from warifu import Columns, Verification, Warifu

PEOPLE = ["E1", "E2", "E3"]
NUMBERS = synthetic_numbers(3, seed=5)
WHY = "契約終了に伴う引渡し"
USE = ("--with-numbers", "--purpose", GENSEN, "--reason", WHY)
NAME = f"people-with-numbers-{GENSEN}.csv"


def register(company: Company) -> None:
    """Three people, the last of whom was told of something else."""
    told = {"notified_on": DAY, "verification": Verification.MY_NUMBER_CARD, "verified_on": DAY}
    payroll = company.client("payroll", GENSEN, "TAX_FUYO")
    payroll.tokenize(Columns(PEOPLE[:2], NUMBERS[:2]), notified=[GENSEN], **told)
    payroll.tokenize(Columns(PEOPLE[2:], NUMBERS[2:]), notified=["TAX_FUYO"], **told)


@pytest.fixture
def sato(company: Company) -> Human:
    """An administrator who handles numbers as well."""
    register(company)
    return company.human("sato", Role.ADMINISTRATOR, Role.HANDLER)


@pytest.fixture
def careful(server: Server) -> Iterator[Company]:
    """A company where a second person approves whatever is more than one number."""
    opened: list[Warifu] = []
    yield server.company(opened, Settings(approval_over=1))
    for vault in opened:
        vault.close()


def beside(company: Company, human: Human, role: str) -> dict[str, str]:
    """What somebody who sits beside types: password, the code before to sign in, that of now to stand behind it."""
    now = company.server.clock()
    return {
        f"{role}_PASSWORD": PASSWORD,
        f"{role}_LOGIN_CODE": code_at(human.seed, now - 30_000),
        f"{role}_CODE": code_at(human.seed, now),
    }


def numbers_of(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as text:
        return [row["個人番号 (number)"] for row in csv.DictReader(text)]


def test_every_file_is_saved_for_its_owner_alone(desk: Desk, sato: Human, tmp_path: Path) -> None:
    to = tmp_path / "out"
    done = desk("export", "--to", str(to), by=sato)
    assert done.code == 0, done.text
    assert [one["file"] for one in done.json["files"]] == [*File]
    assert sorted(path.name for path in to.iterdir()) == sorted(f"{file.value}.csv" for file in File)
    assert {path.stat().st_mode & 0o777 for path in to.iterdir()} == {0o600}
    assert to.stat().st_mode & 0o777 == 0o700
    assert "E1" in (to / "people.csv").read_text(encoding="utf-8-sig")
    every = b"".join(path.read_bytes() for path in to.iterdir()) + done.text.encode()
    assert not [number for number in NUMBERS if number.encode() in every]
    assert desk.open_sessions == 0


def test_some_files_can_be_chosen_and_none_is_replaced_unless_that_is_meant(
    desk: Desk, sato: Human, tmp_path: Path
) -> None:
    chosen = ("export", "holds", "uses", "--to", str(tmp_path))
    assert desk(*chosen, by=sato, as_json=False).code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["holds.csv", "uses.csv"]
    (tmp_path / "uses.csv").write_text("mine")
    assert refused(desk(*chosen)) == "FILE_EXISTS"  # told before anybody signs in
    assert (tmp_path / "uses.csv").read_text() == "mine"
    assert desk(*chosen, "--force", by=sato).code == 0
    assert (tmp_path / "uses.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_who_may_not_export_is_told_why_and_finds_no_file(
    desk: Desk, company: Company, tmp_path: Path
) -> None:
    handler = company.human("tanaka")
    assert refused(desk("export", "--to", str(tmp_path), by=handler)) == "no-rule-permits"
    key = company.key()
    assert refused(desk("export", "--to", str(tmp_path), CLIENT_KEY=key)) == "no-rule-permits"
    assert list(tmp_path.iterdir()) == []


def test_a_session_whose_code_is_long_ago_gives_another(desk: Desk, sato: Human, tmp_path: Path) -> None:
    held = session_of(desk.company, sato)
    desk.company.server.clock.advance(seconds=601)
    again = ("export", "people", "--to", str(tmp_path))
    assert refused(desk(*again, SESSION=held)) == "TERMINAL"
    done = desk(*again, SESSION=held, CODE=desk.company.code(sato))
    assert done.code == 0, done.text


def test_numbers_come_by_a_use_with_a_code_of_its_own(desk: Desk, sato: Human, tmp_path: Path) -> None:
    place = ("export", *USE, "--to", str(tmp_path))
    held = session_of(desk.company, sato)
    done = desk(*place, SESSION=held, CODE=desk.company.code(sato))
    assert done.code == 0, done.text
    told = done.json["with_numbers"]
    assert (told["people"], told["numbers"], len(told["uses"])) == (3, 2, 1)
    ((line, person, code),) = [
        (one["line"], one["external_id"], one["reason"]["code"]) for one in told["left_out"]
    ]
    assert (line, person, code) == (4, "E3", "purpose-not-notified")
    assert numbers_of(tmp_path / NAME) == [*NUMBERS[:2], ""]
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    assert not [number for number in NUMBERS if number in done.text]


def test_the_file_of_uses_has_the_use_by_which_the_numbers_came(
    desk: Desk, sato: Human, tmp_path: Path
) -> None:
    held = session_of(desk.company, sato)
    code = desk.company.code(sato)
    done = desk("export", "uses", *USE, "--to", str(tmp_path), SESSION=held, CODE=code)
    assert done.code == 0, done.text
    (use,) = done.json["with_numbers"]["uses"]
    assert use in (tmp_path / "uses.csv").read_text(encoding="utf-8-sig")


def test_a_code_that_was_used_ends_it_where_nobody_can_be_asked(
    desk: Desk, sato: Human, tmp_path: Path
) -> None:
    signing_in = desk.signing_in(sato)
    spent = signing_in["WARIFU_LOGIN_CODE"]
    given = {name.removeprefix("WARIFU_"): value for name, value in signing_in.items()}
    assert refused(desk("export", *USE, "--to", str(tmp_path), CODE=spent, **given)) == "code-used"
    assert list(tmp_path.iterdir()) == []


def test_without_purpose_or_reason_no_number_is_asked_for(desk: Desk, tmp_path: Path) -> None:
    for missing in (USE[:1], USE[:3], ("--with-numbers", "--reason", WHY), (*USE[:2], "../x", *USE[3:])):
        assert refused(desk("export", *missing, "--to", str(tmp_path))) == "PURPOSE"
    assert list(tmp_path.iterdir()) == []


def test_three_people_can_share_the_work_and_the_second_one_asked_is_never_the_first(
    careful: Company, tmp_path: Path
) -> None:
    company, desk = careful, Desk(careful)
    register(company)
    boss = company.human("yamada", Role.ADMINISTRATOR)
    handler, second = company.human("tanaka"), company.human("suzuki", Role.APPROVER)
    held = session_of(company, boss)
    alone = desk("export", *USE, "--to", str(tmp_path), SESSION=held)
    assert refused(alone) == "HANDLER"
    place = ("export", *USE, "--handler", "tanaka", "--to", str(tmp_path))
    assert refused(desk(*place, SESSION=held, **beside(company, handler, "HANDLER"))) == "APPROVER"
    assert list(tmp_path.iterdir()) == []
    company.server.clock.advance(seconds=60)
    both = beside(company, handler, "HANDLER") | beside(company, second, "APPROVER")
    done = desk(*place, "--approver", "suzuki", SESSION=held, **both)
    assert done.code == 0, done.text
    assert numbers_of(tmp_path / NAME) == [*NUMBERS[:2], ""]
    assert desk.open_sessions == 1  # that of the environment


def test_at_a_terminal_a_wrong_code_is_asked_for_again(desk: Desk, sato: Human, tmp_path: Path) -> None:
    environment = desk.place | desk.signing_in(sato)
    with terminal("export", *USE, "--to", str(tmp_path), environment=environment) as screen:
        shown = screen.until("code to confirm")
        assert "給与所得の源泉徴収票" in shown
        assert WHY in shown
        screen.type(str(environment["WARIFU_LOGIN_CODE"]))
        screen.until("使用済み")
        screen.until("code to confirm")
        screen.type(desk.company.code(sato))
        assert screen.end() == 0, screen.shown
    assert not [number for number in NUMBERS if number in screen.shown]
    assert numbers_of(tmp_path / NAME) == [*NUMBERS[:2], ""]


@pytest.mark.skipif(not Path("/bin/sh").exists(), reason="there is no shell with ulimit")
@pytest.mark.parametrize("what", [("people",), USE])
def test_a_disk_without_room_is_told_by_name_before_a_number_leaves(
    desk: Desk, sato: Human, tmp_path: Path, what: tuple[str, ...]
) -> None:
    environment = desk.place | desk.signing_in(sato) | {"WARIFU_CODE": desk.company.code(sato)}
    command = [sys.executable, "-m", "api.cli", "export", *what, "--to", str(tmp_path), "--json"]
    limited = ["/bin/sh", "-c", 'ulimit -f 1; exec "$@"', "sh", *command]
    done = subprocess.run(
        limited, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1, done.stderr
    assert '"FILE"' in done.stdout
    assert list(tmp_path.iterdir()) == []
    uses = list(desk.company.login(sato).uses())
    assert all(use.state == "PREPARED" for use in uses)
