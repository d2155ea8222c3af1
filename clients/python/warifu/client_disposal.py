"""Disposals: the year ahead, holds, lists that two humans decide on, and the certificates that follow."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Final

from warifu.certificate import VerifiedCertificate, verify_certificate
from warifu.certificate_pdf import attached_certificate
from warifu.client_base import Caller
from warifu.client_documents import people
from warifu.results_disposal import (
    DisposalChanged,
    DisposalForecast,
    DisposalItem,
    DisposalPolicy,
    DisposalProposed,
    DisposalReview,
    DisposalRun,
    DisposalTask,
    DuePerson,
    Hold,
    HoldsChanged,
)
from warifu.results_reader import read_all
from warifu.transport import random_name

_HOLDS: Final = {"HoldsChanged": HoldsChanged}
_CHANGED: Final = {"DisposalChanged": DisposalChanged}


@dataclass(frozen=True, slots=True)
class _PolicyChanged:
    policy: DisposalPolicy


class DisposalCalls(Caller):
    """What administrators, approvers and auditors do about the end of numbers.

    Persons are named by `external_ids`, or by one's own `tokens`: give one of the two. Every method raises `Refused`
    where a rule says no.
    """

    def disposal_forecast(self) -> DisposalForecast:
        """How many numbers fall due in the next twelve months, for a chart."""
        return self._query("disposalForecast", DisposalForecast)

    def due_persons(self, until: date, *, since: date | None = None) -> Iterator[DuePerson]:
        """Whose numbers fall due up to a day, with document, rule and date; overdue ones unless `since` is given."""
        return self._pages("duePersons", DuePerson, until=until, since=since)

    def disposal_policy(self) -> DisposalPolicy:
        """The tenant's choice of when numbers go."""
        return self._query("disposalPolicy", DisposalPolicy)

    def change_disposal_policy(self, policy: DisposalPolicy) -> DisposalPolicy:
        """Choose when numbers go; needs a one-time code of the last ten minutes."""
        sent = {
            "mode": policy.mode,
            "month": policy.month,
            "copiesYears": policy.copies_years,
            "noticeDays": policy.notice_days,
        }
        return self._change("changeDisposalPolicy", sent, {"DisposalPolicyChanged": _PolicyChanged}).policy

    def holds(self, *, lifted: bool = False) -> Iterator[Hold]:
        """Legal holds, oldest first; those that were lifted as well, if wanted."""
        return self._pages("holds", Hold, lifted=lifted)

    def place_holds(
        self,
        reason: str,
        *,
        external_ids: Sequence[str] | None = None,
        tokens: Sequence[str] | None = None,
        idempotency_key: str | None = None,
    ) -> HoldsChanged:
        """Keep persons' numbers from being disposed of."""
        sent: dict[str, object] = {
            **people(external_ids, tokens),
            "reason": reason,
            "idempotencyKey": idempotency_key or random_name(),
        }
        return self._change("placeHolds", sent, _HOLDS, repeatable=True)

    def lift_holds(self, hold_ids: Sequence[str], reason: str) -> HoldsChanged:
        """End legal holds; needs a one-time code of the last ten minutes."""
        return self._change("liftHolds", {"holdIds": list(hold_ids), "reason": reason}, _HOLDS)

    def tasks(self) -> tuple[DisposalTask, ...]:
        """The disposals that are open, with what the caller can do about each."""
        value, _ = self._ask("tasks")
        return read_all(DisposalTask, value, "tasks")

    def disposal_runs(self, *, state: str | None = None) -> Iterator[DisposalRun]:
        """Disposals, oldest first; only those in a `DisposalState`, if wanted."""
        return self._pages("disposalRuns", DisposalRun, state=state)

    def disposal_run(self, run_id: str) -> DisposalReview | None:
        """One disposal with the digest of its list, or None."""
        return self._find("disposalRun", DisposalReview, runId=run_id)

    def disposal_items(self, run_id: str, *, state: str | None = None) -> Iterator[DisposalItem]:
        """The persons of a disposal; only those in a `DisposalItemState`, if wanted."""
        return self._pages("disposalItems", DisposalItem, runId=run_id, state=state)

    def propose_due_disposal(self, until: date, *, idempotency_key: str | None = None) -> DisposalRun | None:
        """Propose everybody who falls due until a day, in one disposal that is carried out from that day on.

        Args:
            until: the day.
            idempotency_key: the same key with the same day proposes once, for 24 hours; random if left out.
        """
        sent: dict[str, object] = {"until": until, "idempotencyKey": idempotency_key or random_name()}
        members = {"DisposalProposed": DisposalProposed}
        return self._change("proposeDisposal", sent, members, repeatable=True).run

    def propose_disposal(
        self,
        reason: str,
        *,
        external_ids: Sequence[str] | None = None,
        tokens: Sequence[str] | None = None,
        idempotency_key: str | None = None,
    ) -> DisposalProposed:
        """Propose persons whose numbers are to go at once, on instruction."""
        sent: dict[str, object] = {
            **people(external_ids, tokens),
            "reason": reason,
            "idempotencyKey": idempotency_key or random_name(),
        }
        members = {"DisposalProposed": DisposalProposed}
        return self._change("proposeDisposal", sent, members, repeatable=True)

    def exclude_from_disposal(
        self,
        run_id: str,
        reason: str,
        *,
        external_ids: Sequence[str] | None = None,
        tokens: Sequence[str] | None = None,
        hold: bool = False,
    ) -> DisposalChanged:
        """Leave persons out of a disposal; with `hold`, a legal hold is placed on each as well."""
        sent: dict[str, object] = {
            **people(external_ids, tokens),
            "runId": run_id,
            "reason": reason,
            "hold": hold,
        }
        return self._change("excludeFromDisposal", sent, _CHANGED)

    def include_in_disposal(
        self,
        run_id: str,
        reason: str,
        *,
        external_ids: Sequence[str] | None = None,
        tokens: Sequence[str] | None = None,
    ) -> DisposalChanged:
        """Take persons in again who were left out by hand."""
        sent: dict[str, object] = {**people(external_ids, tokens), "runId": run_id, "reason": reason}
        return self._change("includeInDisposal", sent, _CHANGED)

    def confirm_disposal(self, review: DisposalReview, code: str) -> DisposalRun:
        """Stand behind the list that was shown, with one's own one-time code."""
        return self._decide("confirmDisposal", review, code)

    def approve_disposal(self, review: DisposalReview, code: str) -> DisposalRun:
        """Approve, as the second person, the list that was shown; it is carried out from its day on."""
        return self._decide("approveDisposal", review, code)

    def cancel_disposal(self, run_id: str, reason: str) -> DisposalRun:
        """Give a disposal up before the first number is destroyed."""
        return self._change("cancelDisposal", {"runId": run_id, "reason": reason}, _CHANGED).run

    def certificate(
        self, run_id: str, path: str | PathLike[str], verifier_key: str, *, stage: str = "disposed"
    ) -> VerifiedCertificate:
        """Save a certificate, once it verifies: as PDF if the file's name ends so, else in the machine form.

        Args:
            run_id: public id of the disposal.
            path: the file; replaced if it exists.
            verifier_key: the key of the log (`audit_log().verifier_key`), kept from an earlier day.
            stage: `disposed`, or `extinct` once every copy is unreadable.

        Raises:
            AuditVerificationError: it does not verify; nothing is saved.
            OSError: the file cannot be written.
        """
        whole = Path(path)
        form = "pdf" if whole.suffix.lower() == ".pdf" else "json"
        data = self._transport.download(f"/certificates/{run_id}/{stage}.{form}")
        machine = attached_certificate(data) if form == "pdf" else data
        verified = verify_certificate(machine, verifier_key)
        save(whole, data)
        return verified

    def management_report(self, first_day: date, last_day: date, path: str | PathLike[str]) -> None:
        """Save the report to management of a period, a PDF.

        Raises:
            OSError: the file cannot be written.
        """
        place = f"/reports/management.pdf?from={first_day.isoformat()}&to={last_day.isoformat()}"
        save(Path(path), self._transport.download(place))

    def _decide(self, field: str, review: DisposalReview, code: str) -> DisposalRun:
        sent = {"runId": review.run.run_id, "digest": review.digest, "code": code}
        return self._change(field, sent, _CHANGED).run


def save(whole: Path, data: bytes) -> None:
    """Write a file that takes its name only when it is complete."""
    partial = whole.with_name(f"{whole.name}.part")
    try:
        partial.write_bytes(data)
        partial.replace(whole)
    finally:
        partial.unlink(missing_ok=True)
