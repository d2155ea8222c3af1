"""The client against a real vault on loopback: a contract from the request to the second certificate.

Every number here is synthetic.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli.commands import app
from api.worker import Worker
from custody.calendar import day_in_japan, start_of_day_in_japan
from custody.contract.ask import last_day
from policies.actor import Role as ServerRole
from tests.support.live import DAY, GENSEN, Company, Human, people
from warifu import (
    AuthenticationError,
    Columns,
    ContractEndState,
    ContractWait,
    NumbersReleased,
    Refused,
    Secret,
    Verification,
    Warifu,
    WarifuError,
)
from warifu.audit import AuditVerificationError
from warifu.certificate import VerifiedCertificate


@contextmanager
def refused(rule: str) -> Iterator[None]:
    """Something that a rule refuses."""
    with pytest.raises(Refused) as told:
        yield
    assert told.value.rule == rule


class Firm:
    """A company that leaves, and its people."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.payroll = company.client()
        self.sato, self.suzuki = (
            company.human("sato", ServerRole.ADMINISTRATOR),
            company.human("suzuki", ServerRole.APPROVER),
        )
        self.tanaka = company.human("tanaka")
        self.administrator, self.approver = company.login(self.sato), company.login(self.suzuki)
        self.log_key = self.administrator.audit_log().verifier_key

    def register(self, rows: int) -> tuple[Columns, list[str]]:
        columns = people(rows)
        told = self.payroll.tokenize(
            columns,
            notified=[GENSEN],
            notified_on=DAY,
            verification=Verification.MY_NUMBER_CARD,
            verified_on=DAY,
        )
        return columns, [token or "" for token in told.tokens]

    def agree(self) -> Secret:
        asked = self.administrator.request_contract_end("事業の終了")
        seen = self.approver.contract_end().end
        assert seen is not None
        approved = self.approver.approve_contract_end(seen, self.company.code(self.suzuki))
        assert approved.state is ContractEndState.APPROVED
        return asked.certificate_key

    def holder(self, key: Secret) -> Warifu:
        """Whoever has the certificate key."""
        vault = Warifu(self.company.url, key)
        self.company.opened.append(vault)
        return vault

    def month_turns(self) -> None:
        """The first moment of the next month in Japan, and the chores."""
        server = self.company.server
        server.clock.now = start_of_day_in_japan(last_day(day_in_japan(server.clock())) + timedelta(days=1))
        self.work()

    @property
    def last(self) -> date:
        """The last day of this month in Japan."""
        return last_day(day_in_japan(self.company.server.clock()))

    def work(self) -> None:
        server = self.company.server
        worker = Worker(server.house, server.clock)
        told = server.run(worker.tick())
        server.run(worker.stop())
        assert (told.leading, told.failed) == (True, [])

    def release(self, token: str, human: Human) -> Any:
        return self.payroll.detokenize(
            [token], GENSEN, "源泉徴収票の作成", handler=human.login, code=self.company.code(human)
        )


@pytest.fixture
def firm(company: Company) -> Firm:
    return Firm(company)


def test_a_company_leaves_and_gets_both_certificates(firm: Firm, tmp_path: Path) -> None:
    columns, tokens = firm.register(6)
    review, last = firm.administrator.contract_end(), firm.last
    assert (review.end, review.ends_on, review.persons, review.waits_for) == (None, last, 6, ())

    # Asked for and approved by two humans; until the last day the vault is used, and what is wanted taken along.
    key = firm.agree()
    holder = firm.holder(key)
    with pytest.raises(WarifuError, match=last.isoformat()):
        holder.contract_certificate(tmp_path / "early.json", firm.log_key)
    firm.administrator.reauthenticate(firm.company.code(firm.sato))
    exported = tmp_path / "people.csv"
    firm.administrator.export("people", exported)
    assert all(person in exported.read_text("utf-8-sig") for person in columns.external_ids)
    assert isinstance(firm.release(tokens[0], firm.tanaka), NumbersReleased)

    # The month turns.
    firm.month_turns()
    for vault in (firm.administrator, firm.approver, firm.payroll):
        with pytest.raises(AuthenticationError):
            vault.viewer()
    with refused("account-unknown"):
        firm.company.login(firm.sato)

    # The first certificate: verified with the key of the log that was kept, by the client and by the command.
    first = saved(firm, holder, tmp_path / "first.pdf")
    assert first.facts["contract_ended_on"] == last.isoformat()
    assert (first.stage, len(first.persons)) == ("disposed", 6)
    assert {"Accounts", "Clients"} <= {row["en"] for row in first.facts["erased"]}
    with pytest.raises(WarifuError):
        holder.contract_certificate(tmp_path / "extinct.json", firm.log_key, stage="extinct")

    # Within 90 days the key of the epoch is destroyed; then there is the second.
    for days in (*[7] * 12, *[1] * 7):
        firm.company.server.clock.advance(days=days)
        firm.work()
    second = saved(firm, holder, tmp_path / "second.json", "--stage")
    assert second.stage == "extinct"
    assert second.facts["extinct_at"] <= first.facts["extinct_by"]
    for file in tmp_path.glob("*.json"):
        assert not [number for number in columns.numbers if str(number) in file.read_text()]


def saved(firm: Firm, holder: Warifu, path: Path, *stage: str) -> VerifiedCertificate:
    """Fetch a certificate, and verify it with the command as well."""
    found = holder.contract_certificate(path, firm.log_key, stage="extinct" if stage else "disposed")
    done = CliRunner().invoke(app, ["certificate", "verify", str(path), "--key", firm.log_key, "--json"])
    assert done.exit_code == 0, done.output
    return found


def test_an_end_can_be_taken_back_and_the_key_is_void_then(firm: Firm, tmp_path: Path) -> None:
    _, tokens = firm.register(1)
    holder = firm.holder(firm.agree())
    assert firm.administrator.withdraw_contract_end("継続する") == firm.last
    with pytest.raises(AuthenticationError):
        holder.contract_certificate(tmp_path / "end.json", firm.log_key)
    firm.month_turns()
    assert isinstance(firm.release(tokens[0], firm.tanaka), NumbersReleased)
    with refused("contract-end-unknown"):
        firm.company.login(firm.sato).withdraw_contract_end("継続する")


def test_whoever_asked_cannot_approve_and_a_hold_is_in_the_way(firm: Firm) -> None:
    columns, _ = firm.register(2)
    firm.administrator.place_holds("係争中", external_ids=columns.external_ids[:1])
    asked = firm.administrator.request_contract_end("事業の終了")
    with refused("contract-end-needs-two-people"):
        firm.administrator.approve_contract_end(asked.end, firm.company.code(firm.sato))
    review = firm.approver.contract_end()
    assert (review.holds, review.waits_for) == (1, (ContractWait.LEGAL_HOLD,))
    assert review.end == asked.end
    with refused("contract-end-on-hold"):
        firm.approver.approve_contract_end(asked.end, firm.company.code(firm.suzuki))
    assert asked.certificate_key.reveal() not in repr(asked)


def test_asking_twice_with_one_key_asks_once(firm: Firm) -> None:
    first, again = (
        firm.administrator.request_contract_end("事業の終了", idempotency_key="one") for _ in range(2)
    )
    assert first == again
    with refused("contract-end-requested"):
        firm.administrator.request_contract_end("事業の終了", idempotency_key="two")


def test_a_certificate_that_does_not_verify_is_not_saved(firm: Firm, tmp_path: Path) -> None:
    firm.register(1)
    holder = firm.holder(firm.agree())
    firm.month_turns()
    other = Firm(firm.company.server.company(firm.company.opened))
    with pytest.raises(AuditVerificationError):
        holder.contract_certificate(tmp_path / "end.json", other.log_key)
    assert not (tmp_path / "end.json").exists()
