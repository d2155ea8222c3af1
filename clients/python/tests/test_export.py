"""People with their numbers: a use that humans confirm, everybody else in the file with a reason, nothing half."""

import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from custody.tenants import Settings
from policies.actor import Role
from tests.support.capture import Captured
from tests.support.live import DAY, GENSEN, Company
from tests.support.numbers import synthetic_numbers
from warifu import Columns, PreparedUse, Refused, UseConfirmed, UseState, Verification
from warifu.errors import UnexpectedAnswerError
from warifu.export import NUMBER_TITLE, REASON_TITLE, ExportWithNumbers, NumberedExport
from warifu.export_people import ExportedPeople
from warifu.roster import RosterProblem, RosterRow, read_roster

WHY = "契約終了に伴う引渡し"
FUYO = "TAX_FUYO"
SHUTOKU = "EI_SHUTOKU"
Open = Callable[..., Company]


class Firm:
    """A company with somebody who exports and handles, and what the vault is asked while they do."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.payroll = company.client("payroll", GENSEN, FUYO, SHUTOKU)
        self.sato = company.human("sato", Role.ADMINISTRATOR, Role.HANDLER)
        self.vault = company.login(self.sato)
        self.asked: list[tuple[int, str | None]] = []
        self.approvals = 0

    def register(self, ids: list[str], seed: int, *notified: str, **columns: Any) -> list[str]:
        numbers = synthetic_numbers(len(ids), seed)
        done = self.payroll.tokenize(
            Columns(ids, numbers, names=[f"架空 {name}" for name in ids], **columns),
            notified=notified or (GENSEN,),
            notified_on=DAY,
            verification=Verification.MY_NUMBER_CARD,
            verified_on=DAY,
        )
        assert done.rejections == ()
        return numbers

    def code(self, prepared: PreparedUse, refused: Refused | None) -> str:
        self.asked.append((prepared.use.persons, refused.rule if refused else None))
        return self.company.code(self.sato)

    def nobody(self, use: UseConfirmed) -> None:
        raise AssertionError(f"no approval was needed for {use.use.use_id}")

    def save(self, path: Path, purpose: str = GENSEN, **how: Any) -> NumberedExport:
        steps = {"confirm": self.code, "approve": self.nobody} | how
        replace = steps.pop("replace", False)
        return ExportWithNumbers(self.vault, purpose, WHY, **steps).save(self.vault, path, replace=replace)


@pytest.fixture
def firm(company: Company) -> Firm:
    return Firm(company)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))


def test_numbers_come_beside_the_people_and_the_file_can_be_imported_as_it_is(
    firm: Firm, tmp_path: Path
) -> None:
    numbers = firm.register(["=E1", "E2", "E3"], 1)
    done = firm.save(tmp_path / "all.csv")
    assert (done.people, done.numbers, done.left_out, len(done.use_ids)) == (3, 3, (), 1)
    assert firm.asked == [(3, None)]
    assert [row[NUMBER_TITLE] for row in rows_of(done.path)] == numbers
    assert done.path.stat().st_mode & 0o777 == 0o600
    people = list(read_roster(done.path))
    assert [(one.external_id, one.name, one.number) for one in people if isinstance(one, RosterRow)] == list(
        zip(["=E1", "E2", "E3"], ["架空 =E1", "架空 E2", "架空 E3"], numbers, strict=True)
    )


def test_it_is_a_use_like_any_other_and_stands_in_the_record(firm: Firm, tmp_path: Path) -> None:
    firm.register(["E1", "E2"], 2)
    done = firm.save(tmp_path / "all.csv")
    use = firm.vault.use(done.use_ids[0])
    assert use is not None
    assert (use.state, use.reason, use.persons, use.confirmed_by) == (UseState.RELEASED, WHY, 2, "sato")
    actions = [entry.action for entry in firm.vault.audit_entries()]
    assert actions.count("vault:number:release") == 2
    assert actions.count("vault:data:export") == 2


def test_who_is_left_out_is_in_the_file_with_the_reason(firm: Firm, tmp_path: Path) -> None:
    told = firm.register(["E1"], 3, GENSEN, FUYO)
    firm.register(["E2"], 4, GENSEN)
    firm.register(["E3"], 5, FUYO)
    left = firm.payroll.record_departures([date(2016, 3, 31)], external_ids=["E3"], open_documents=False)
    assert left.rejections == ()
    done = firm.save(tmp_path / "all.csv", FUYO)
    assert [(one.line, one.external_id, one.reason.code) for one in done.left_out] == [
        (3, "E2", "purpose-not-notified"),
        (4, "E3", "retention-period-over"),
    ]
    first, second, third = rows_of(done.path)
    assert (first[NUMBER_TITLE], first[REASON_TITLE]) == (told[0], "")
    assert second[NUMBER_TITLE] == third[NUMBER_TITLE] == ""
    assert "(purpose-not-notified)" in second[REASON_TITLE]
    assert "(retention-period-over)" in third[REASON_TITLE]
    problems = [one for one in read_roster(done.path) if isinstance(one, RosterProblem)]
    assert {one.line for one in problems} == {3, 4}  # a later import tells them again


def test_where_nobody_is_left_each_still_has_a_reason_of_their_own(firm: Firm, tmp_path: Path) -> None:
    firm.register(["E1"], 6, FUYO)
    firm.register(["E2", "E3"], 7, GENSEN, kinds=["PAYEE", "PAYEE"])
    done = firm.save(tmp_path / "all.csv", SHUTOKU)
    assert done.numbers == 0
    assert firm.asked == []
    codes = {one.external_id: one.reason.code for one in done.left_out}
    assert codes["E1"] == "purpose-not-notified"
    assert codes["E2"] == codes["E3"] == "not-their-purpose"


def test_a_wrong_code_and_a_used_one_are_asked_for_again(firm: Firm, tmp_path: Path) -> None:
    firm.register(["E1"], 8)
    used = firm.company.code(firm.sato)
    firm.vault.reauthenticate(used)
    wrong = next(text for text in map("{:06d}".format, range(9)) if text != used)
    codes = iter([wrong, used])

    def code(prepared: PreparedUse, refused: Refused | None) -> str:
        firm.asked.append((prepared.use.persons, refused.rule if refused else None))
        return next(codes, None) or firm.company.code(firm.sato)

    done = firm.save(tmp_path / "all.csv", confirm=code)
    assert done.numbers == 1
    assert firm.asked == [(1, None), (1, "code-wrong"), (1, "code-used")]


def test_over_the_threshold_a_second_person_approves(open_company: Open, tmp_path: Path) -> None:
    firm = Firm(open_company(Settings(approval_over=1)))
    numbers = firm.register(["E1", "E2"], 9)
    suzuki = firm.company.human("suzuki", Role.APPROVER)
    second = firm.company.login(suzuki)
    done = firm.save(
        tmp_path / "all.csv",
        approve=lambda use: second.approve_use(use, firm.company.code(suzuki)),
    )
    assert [row[NUMBER_TITLE] for row in rows_of(done.path)] == numbers
    use = firm.vault.use(done.use_ids[0])
    assert use is not None
    assert (use.confirmed_by, use.approved_by) == ("sato", "suzuki")


def test_who_exports_and_who_handles_may_be_two(company: Company, tmp_path: Path) -> None:
    firm = Firm(company)
    numbers = firm.register(["E1"], 10)
    boss = company.login(company.human("yamada", Role.ADMINISTRATOR))
    handler = company.human("tanaka")

    def code(_prepared: PreparedUse, _refused: Refused | None) -> str:
        return company.code(handler)

    whole = ExportWithNumbers(company.login(handler), GENSEN, WHY, confirm=code, approve=firm.nobody)
    done = whole.save(boss, tmp_path / "all.csv")
    assert [row[NUMBER_TITLE] for row in rows_of(done.path)] == numbers
    alone = ExportWithNumbers(boss, GENSEN, WHY, confirm=code, approve=firm.nobody)
    with pytest.raises(Refused) as caught:
        alone.save(boss, tmp_path / "other.csv")
    assert caught.value.rule == "no-rule-permits"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.csv"]


@pytest.mark.parametrize(
    ("purpose", "rule"), [("RO_NENKIN", "purpose-refused-by-law"), ("X", "purpose-unknown")]
)
def test_a_purpose_that_is_none_ends_it_before_anybody_is_asked(
    firm: Firm, tmp_path: Path, purpose: str, rule: str
) -> None:
    firm.register(["E1"], 11)
    with pytest.raises(Refused) as caught:
        firm.save(tmp_path / "all.csv", purpose)
    assert caught.value.rule == rule
    assert (firm.asked, list(tmp_path.iterdir())) == ([], [])


def test_whoever_gives_up_leaves_nothing_and_can_begin_anew(firm: Firm, tmp_path: Path) -> None:
    numbers = firm.register(["E1"], 12)

    def give_up(_prepared: PreparedUse, _refused: Refused | None) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        firm.save(tmp_path / "all.csv", confirm=give_up)
    assert list(tmp_path.iterdir()) == []
    done = firm.save(tmp_path / "all.csv")
    assert [row[NUMBER_TITLE] for row in rows_of(done.path)] == numbers
    states = {use.use_id: use.state for use in firm.vault.uses()}
    assert sorted(states.values()) == [UseState.PREPARED, UseState.RELEASED]


def test_a_file_that_is_there_is_refused_before_anybody_is_asked(firm: Firm, tmp_path: Path) -> None:
    firm.register(["E1"], 13)
    path = tmp_path / "all.csv"
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        firm.save(path)
    assert (firm.asked, path.read_text()) == ([], "mine")
    firm.save(path, replace=True)
    assert len(rows_of(path)) == 1


def test_neither_a_repr_nor_the_servers_log_shows_a_number(
    firm: Firm, tmp_path: Path, server_log: Captured
) -> None:
    numbers = firm.register(["E1", "E2"], 14)
    done = firm.save(tmp_path / "all.csv")
    shown = repr(done) + repr(firm.vault) + server_log.text
    shown += "".join(repr(entry) for entry in firm.vault.audit_entries())
    assert not any(number in shown for number in numbers)


def test_more_people_than_a_use_may_have_are_confirmed_in_several(open_company: Open, tmp_path: Path) -> None:
    firm = Firm(open_company(Settings(approval_over=20_000)))
    numbers = firm.register([f"E{row}" for row in range(10_001)], 15)
    done = firm.save(tmp_path / "all.csv")
    assert firm.asked == [(10_000, None), (1, None)]
    assert [row[NUMBER_TITLE] for row in rows_of(done.path)] == numbers
    assert len(done.use_ids) == 2


def test_people_are_read_a_batch_at_a_time() -> None:
    header = "管理番号 (external_id),区分 (kind),番号の状態 (number_state),通知 (notified),終わる日 (ends)"
    rows = [f"E{row},employee,{'held' if row else 'disposed'},," for row in range(5)]
    people = ExportedPeople(io.BytesIO("\r\n".join(["\ufeff" + header, *rows, ""]).encode()))
    batches = [[(one.line, one.external_id, one.held) for one in batch] for batch in people.batches(2)]
    assert batches[0] == [(2, "E0", False), (3, "E1", True)]
    assert [len(batch) for batch in batches] == [2, 2, 1]
    assert len(people) == 5


@pytest.mark.parametrize("text", ["", "a,b\r\n1,2\r\n", "<html>"])
def test_what_is_no_file_of_people_is_named(text: str) -> None:
    with pytest.raises(UnexpectedAnswerError):
        ExportedPeople(io.BytesIO(text.encode()))
