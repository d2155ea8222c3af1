"""The end of a contract: asked for, approved by another human, taken back; and the certificates that follow."""

from dataclasses import dataclass
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Final

from warifu.certificate import VerifiedCertificate, verify_certificate
from warifu.certificate_pdf import attached_certificate
from warifu.client_base import Caller
from warifu.client_disposal import save
from warifu.results_contract import ContractEnd, ContractEndRequested, ContractEndReview
from warifu.transport import random_name

_REQUESTED: Final = {"ContractEndRequested": ContractEndRequested}


@dataclass(frozen=True, slots=True)
class _Approved:
    end: ContractEnd


@dataclass(frozen=True, slots=True)
class _Withdrawn:
    ends_on: date


class ContractCalls(Caller):
    """What administrators and approvers do about the end of the contract.

    Every method raises `Refused` where a rule says no.
    """

    def contract_end(self) -> ContractEndReview:
        """The end of the contract, if somebody asked for it, and what it would meet."""
        return self._query("contractEnd", ContractEndReview)

    def request_contract_end(
        self, reason: str, *, idempotency_key: str | None = None
    ) -> ContractEndRequested:
        """Ask that the contract ends with this month; needs a one-time code of the last ten minutes.

        Args:
            reason: why; it stands on the certificate.
            idempotency_key: the same key asks once, for 24 hours; random if left out.

        Returns:
            What was asked for, with the certificate key. Keep that safe: it fetches the certificates when no account
            is there any more.
        """
        sent = {"reason": reason, "idempotencyKey": idempotency_key or random_name()}
        return self._change("requestContractEnd", sent, _REQUESTED, repeatable=True)

    def approve_contract_end(self, seen: ContractEnd, code: str) -> ContractEnd:
        """Approve, as the second human, the end that was shown, with one's own one-time code.

        After the last day every number is destroyed and everything else erased.
        """
        members = {"ContractEndApproved": _Approved}
        return self._change("approveContractEnd", {"digest": seen.digest, "code": code}, members).end

    def withdraw_contract_end(self, reason: str) -> date:
        """Take the end back, approved or not; gives the day that had been asked for. The certificate key is void."""
        members = {"ContractEndWithdrawn": _Withdrawn}
        return self._change("withdrawContractEnd", {"reason": reason}, members).ends_on

    def contract_certificate(
        self, path: str | PathLike[str], verifier_key: str, *, stage: str = "disposed"
    ) -> VerifiedCertificate:
        """Save a certificate of the contract's end, once it verifies; the client's credential is the certificate key.

        Args:
            path: the file; replaced if it exists. A PDF if its name ends so, else the machine form.
            verifier_key: the key of the log (`audit_log().verifier_key`), kept from an earlier day.
            stage: `disposed`, or `extinct` once every copy is unreadable.

        Raises:
            AuditVerificationError: it does not verify; nothing is saved.
            OSError: the file cannot be written.
        """
        whole = Path(path)
        form = "pdf" if whole.suffix.lower() == ".pdf" else "json"
        data = self._transport.download(f"/contract/certificates/{stage}.{form}")
        verified = verify_certificate(attached_certificate(data) if form == "pdf" else data, verifier_key)
        save(whole, data)
        return verified
