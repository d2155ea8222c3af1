"""The client against a real vault: papers, departures, holds, and disposals that two humans decide on."""

from datetime import date
from pathlib import Path

import pytest

from custody.calendar import day_in_japan
from custody.disposal.execute import Means
from custody.disposal.jobs import execute_runs, mark_extinct_runs, propose_runs
from policies.actor import Role as ServerRole
from tests.support.live import DAY, GENSEN, Company, Human, people
from warifu import (
    Columns,
    DisposalItemState,
    DisposalMode,
    DisposalPolicy,
    DisposalRun,
    DisposalState,
    DisposalTaskKind,
    Refused,
    Verification,
    Warifu,
)
from warifu.audit import AuditVerificationError

FUYO = "TAX_FUYO"
WHY = "本人の求め"


async def _nothing() -> None:
    """These tests look at no residue."""


class Firm:
    """A company with people, and the two who decide."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.payroll = company.client()
        self.sato = company.human("sato", ServerRole.ADMINISTRATOR)
        self.suzuki = company.human("suzuki", ServerRole.APPROVER)
        self.administrator, self.approver = company.login(self.sato), company.login(self.suzuki)

    def register(self, rows: int) -> Columns:
        columns = people(rows)
        told = {"notified": [GENSEN, FUYO], "notified_on": DAY}
        self.payroll.tokenize(columns, **told, verification=Verification.MY_NUMBER_CARD, verified_on=DAY)
        return columns

    def decide(self, run: DisposalRun) -> DisposalRun:
        confirmed = self._behind(self.administrator, self.sato, run, "confirm_disposal")
        assert confirmed.state is DisposalState.CONFIRMED
        return self._behind(self.approver, self.suzuki, run, "approve_disposal")

    def _behind(self, vault: Warifu, human: Human, run: DisposalRun, step: str) -> DisposalRun:
        review = vault.disposal_run(run.run_id)
        assert review is not None
        done: DisposalRun = getattr(vault, step)(review, self.company.code(human))
        return done

    @property
    def today(self) -> date:
        return day_in_japan(self.company.server.clock())

    def carry_out(self) -> None:
        server = self.company.server
        means = Means(server.clock, lambda: server.house.provider.epochs()[-1], _nothing)
        server.run(execute_runs(server.house.custodian, means))


@pytest.fixture
def firm(company: Company) -> Firm:
    return Firm(company)


def test_papers_are_recorded_closed_corrected_and_withdrawn(firm: Firm) -> None:
    person = firm.register(1).external_ids[0]
    done = firm.payroll.record_documents([GENSEN, "NONSENSE"], external_ids=[person, person])
    (rejected,) = done.rejections
    assert (rejected.row, rejected.code, done.document_ids[1]) == (1, "PURPOSE_UNKNOWN", None)
    assert done.document_ids[0] is not None
    closed = firm.payroll.close_documents([done.document_ids[0]], [DAY])
    assert closed.rejections == ()
    (paper,) = firm.payroll.documents(person)
    assert (paper.purpose, paper.deadline_on, paper.completed_on, paper.copies) == (GENSEN, None, DAY, 1)
    firm.payroll.correct_documents([paper.document_id], [None], [None], [2], "部数の誤り")
    (paper,) = firm.payroll.documents(person)
    assert (paper.completed_on, paper.copies) == (None, 2)
    assert firm.payroll.withdraw_documents([paper.document_id], "登録の誤り").rejections == ()
    assert list(firm.payroll.documents(person)) == []


def test_who_leaves_has_ends_and_a_day_until_it_is_taken_back(firm: Firm) -> None:
    person = firm.register(1).external_ids[0]
    assert firm.payroll.departure(person) is None
    assert firm.payroll.record_departures([DAY], external_ids=[person], open_documents=False).persons == 1
    left = firm.payroll.departure(person)
    assert left is not None
    assert left.ended_on == DAY
    (found,) = firm.payroll.persons(external_id=person)
    assert found.due_on == date(2026, 4, 2)
    assert {end.purpose: end.ends_on for end in found.ends} == dict.fromkeys((FUYO, GENSEN), found.due_on)
    (due,) = firm.administrator.due_persons(date(2027, 1, 1))
    assert (due.external_id, due.due_on, due.grounds[0].rule) == (person, found.due_on, "departure")
    forecast = firm.administrator.disposal_forecast()
    assert (forecast.overdue + sum(month.persons for month in forecast.months), forecast.open) == (1, 0)
    assert len(forecast.months) == 12
    assert firm.payroll.cancel_departures("退職の取消し", external_ids=[person]).persons == 1
    (found,) = firm.payroll.persons(external_id=person)
    assert (found.due_on, found.ends) == (None, ())


def test_who_leaves_keeps_the_purposes_of_what_is_filed_afterwards_until_it_is_closed(firm: Firm) -> None:
    person = firm.register(1).external_ids[0]
    assert firm.payroll.record_departures([DAY], external_ids=[person]).opened == 1
    (paper,) = firm.payroll.documents(person)
    assert (paper.purpose, paper.completed_on) == (GENSEN, None)
    (found,) = firm.payroll.persons(external_id=person)
    assert ([end.purpose for end in found.ends], found.due_on) == ([FUYO], None)
    firm.payroll.close_documents([paper.document_id], [date(2026, 5, 1)])
    (found,) = firm.payroll.persons(external_id=person)
    assert found.due_on == date(2026, 5, 2)
    assert firm.payroll.record_departures([date(2026, 4, 2)], external_ids=[person]).opened == 0


def test_a_hold_keeps_a_number_until_it_is_lifted(firm: Firm) -> None:
    person = firm.register(1).external_ids[0]
    (hold,) = firm.administrator.place_holds("係争中", external_ids=[person]).hold_ids
    assert hold is not None
    assert [one.on_hold for one in firm.payroll.persons(external_id=person)] == [True]
    assert [(one.hold_id, one.reason) for one in firm.administrator.holds()] == [(hold, "係争中")]
    refused = firm.administrator.propose_disposal(WHY, external_ids=[person])
    assert (refused.run, refused.rejections[0].code) == (None, "ON_HOLD")
    firm.administrator.lift_holds([hold], "和解")
    assert list(firm.administrator.holds()) == []
    assert [one.lifted_by for one in firm.administrator.holds(lifted=True)] == ["sato"]


def test_a_disposal_on_instruction_ends_with_certificates_that_verify(firm: Firm, tmp_path: Path) -> None:
    columns = firm.register(3)
    who = list(columns.external_ids)
    proposed = firm.administrator.propose_disposal(WHY, external_ids=who)
    assert proposed.run is not None
    run = proposed.run
    assert [task.kind for task in firm.administrator.tasks()] == [DisposalTaskKind.CONFIRM]
    firm.administrator.exclude_from_disposal(run.run_id, "係争中", external_ids=who[:2])
    firm.administrator.include_in_disposal(run.run_id, "和解", external_ids=who[1:2])
    assert firm.decide(run).state is DisposalState.APPROVED
    key = firm.administrator.audit_log().verifier_key
    with pytest.raises(Refused) as refused:
        firm.administrator.certificate(run.run_id, tmp_path / "early.json", key)
    assert refused.value.rule == "run-not-done"
    firm.carry_out()
    review = firm.administrator.disposal_run(run.run_id)
    assert review is not None
    assert (review.run.state, review.disposed, review.excluded) == (DisposalState.DONE, 2, 1)
    gone = firm.administrator.disposal_items(run.run_id, state=DisposalItemState.DISPOSED)
    assert [item.external_id for item in gone] == who[1:]
    for name in ("certificate.json", "certificate.pdf"):
        verified = firm.administrator.certificate(run.run_id, tmp_path / name, key)
        assert [person.external_id for person in verified.persons] == who[1:]
        assert (tmp_path / name).stat().st_size > 1_000
    other = key.replace(key.rsplit("+", 1)[1], key.rsplit("+", 1)[1][::-1])
    with pytest.raises((AuditVerificationError, ValueError)):
        firm.administrator.certificate(run.run_id, tmp_path / "forged.json", other)
    assert not (tmp_path / "forged.json").exists()
    assert [one.number_state for one in firm.payroll.persons(external_id=who[1])] == ["DISPOSED"]
    server = firm.company.server
    server.run(mark_extinct_runs(server.house.custodian, [9], server.clock()))
    second = firm.administrator.certificate(run.run_id, tmp_path / "2.json", key, stage="extinct")
    assert second.stage == "extinct"
    today = firm.today
    firm.administrator.management_report(today.replace(day=1), today, tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")


def test_what_falls_due_is_proposed_by_the_system_or_for_a_day_and_can_be_cancelled(firm: Firm) -> None:
    person = firm.register(1).external_ids[0]
    firm.payroll.record_departures([DAY], external_ids=[person], open_documents=False)
    server = firm.company.server
    server.run(propose_runs(server.house.custodian, server.clock()))
    (run,) = firm.administrator.disposal_runs(state=DisposalState.PROPOSED)
    assert (run.proposed_by, run.listed) == (None, 1)
    assert firm.administrator.cancel_disposal(run.run_id, "時期尚早").state is DisposalState.CANCELLED
    with pytest.raises(Refused) as refused:
        firm.administrator.propose_due_disposal(firm.today)
    assert refused.value.rule == "nobody-is-due"
    assert firm.administrator.disposal_run("run_1") is None


def test_a_proposal_for_a_day_that_is_sent_twice_with_one_key_is_one_disposal(firm: Firm) -> None:
    people = firm.register(2).external_ids
    firm.payroll.record_departures([DAY] * 2, external_ids=people, open_documents=False)
    first, again = (
        firm.administrator.propose_due_disposal(firm.today, idempotency_key="annual") for _ in range(2)
    )
    assert first is not None
    assert (first.listed, first) == (2, again)
    assert len(list(firm.administrator.disposal_runs())) == 1


def test_the_choice_of_when_numbers_go_is_changed(firm: Firm) -> None:
    choice = DisposalPolicy(DisposalMode.YEARLY, 3, 5, 60)
    assert firm.administrator.change_disposal_policy(choice) == choice
    assert firm.approver.disposal_policy() == choice


def test_who_works_with_people_decides_on_no_disposal(firm: Firm, tmp_path: Path) -> None:
    with pytest.raises(Refused):
        firm.payroll.propose_disposal(WHY, external_ids=["E"])
    with pytest.raises(Refused) as refused:
        firm.payroll.certificate("run_1", tmp_path / "c.json", "k")
    assert refused.value.rule == "no-rule-permits"
    assert list(tmp_path.iterdir()) == []
