"""Verifies certificates offline, with the verifier key of the tenant's log alone.

Returning means: the key signed exactly these facts; the leaf that ended the run is in the log; and that leaf names
the same run, the same persons with their days and rules, the same epoch, and the same day of extinction at the
latest. On the second certificate also the leaf of the destroyed epoch is in the log and names the run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from custody.certificates.digest import (
    COMPLETE,
    EXTINCT,
    completion_detail,
    extinction_detail,
    persons_digest,
)
from custody.certificates.errors import CertificateError, CertificateFault
from custody.certificates.facts import DisposalFacts, Evidence, Stage
from custody.certificates.form import decode
from custody.certificates.machine import Machine, members_of
from tokenizer.audit.checkpoint import Checkpoint
from tokenizer.audit.errors import CheckpointError, Fault
from tokenizer.audit.note import VerifierKey, open_text
from tokenizer.audit.proof import Proof
from tokenizer.crypto import primitives

_NEEDED: Final = {Stage.DISPOSED: 1, Stage.EXTINCT: 2}


@dataclass(frozen=True, slots=True)
class Proven:
    """Where a leaf stands: its index, and the signed state of the log that it is proven against."""

    index: int
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Verified:
    """A certificate that was verified: what it says, and what the log proves.

    Attributes:
        facts: what was signed.
        completion: the leaf that ended the run.
        extinction: the leaf of the destroyed epoch; None on the first certificate.
        digest: what the note signs: SHA-256 over the rest of the file, in base64.
    """

    facts: DisposalFacts
    completion: Proven
    extinction: Proven | None
    digest: str


def verify(text: str, key: VerifierKey) -> Verified:
    """Verify a certificate.

    Args:
        text: the file, exactly as received.
        key: the verifier key of the tenant's log, obtained from elsewhere than the certificate.

    Raises:
        CertificateError: it is malformed or altered, or the log says something else.
        AuditError: its note, a checkpoint or a proof does not hold.
    """
    machine = Machine.parse(text)
    if open_text(machine.note, key, primitives.verify) != machine.signed_text():
        raise CertificateError(CertificateFault.ALTERED)
    facts = decode(machine.certificate)
    if facts.origin != key.name:
        raise CheckpointError(Fault.WRONG_ORIGIN)
    if len(machine.evidence) != _NEEDED[facts.stage]:
        raise CertificateError(CertificateFault.EVIDENCE)
    proven = [_proven(one, key) for one in machine.evidence]
    _check_completion(facts, machine.evidence[0])
    for one in machine.evidence[1:]:
        _check_extinction(facts, one)
    return Verified(facts, proven[0], proven[1] if proven[1:] else None, machine.digest())


def _proven(one: Evidence, key: VerifierKey) -> Proven:
    proof = Proof.parse(one.proof)
    return Proven(proof.index, proof.verify(one.leaf, key, primitives.verify))


def _check_completion(facts: DisposalFacts, evidence: Evidence) -> None:
    said = _detail(evidence, COMPLETE, facts.finished_at, "completion")
    digest = persons_digest(facts.persons)
    expected = completion_detail(
        facts.run,
        facts.kind,
        disposed=len(facts.persons),
        epoch=facts.epoch,
        extinct_by=facts.extinct_by,
        digest=digest,
    )
    if said.get("persons_sha256") != digest:
        raise CertificateError(CertificateFault.PERSONS)
    if not expected.items() <= said.items():
        raise CertificateError(CertificateFault.LEAF, "completion")


def _check_extinction(facts: DisposalFacts, evidence: Evidence) -> None:
    said = _detail(evidence, EXTINCT, facts.extinct_at, "extinction")
    if not extinction_detail(facts.run, facts.epoch).items() <= said.items():
        raise CertificateError(CertificateFault.LEAF, "extinction")


def _detail(evidence: Evidence, action: str, at: int | None, where: str) -> Mapping[str, str]:
    """The detail of a leaf, if it says that this action was done at this time."""
    leaf = members_of(evidence.leaf)
    detail = leaf.get("detail")
    said = (leaf.get("action"), leaf.get("outcome"), leaf.get("at"))
    if said != (action, "allowed", at) or not isinstance(detail, dict):
        raise CertificateError(CertificateFault.LEAF, where)
    return detail
