"""What the vault answers about its record (監査記録). `warifu.audit` verifies it offline."""

from dataclasses import dataclass
from datetime import datetime

from warifu.audit import VerifiedEntry, verify_proof
from warifu.results_enums import Outcome


@dataclass(frozen=True, slots=True)
class AuditDetail:
    """A further fact of an entry."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry of the log. It never holds a number, part of one, or a hash of one.

    Attributes:
        index: its place in the log, from 0.
        at: when.
        action: what was done: `vault:<noun>:<verb>`.
        outcome: whether it was allowed.
        rule: id of the rule that decided.
        human: who.
        client: through what.
        purpose: code of the purpose.
        use_id: public id of the use.
        reason: why.
        request: id of the request.
        details: further facts.
        entry: the canonical bytes its hash is over.
        proof: proof that the entry is in the log, as c2sp.org/tlog-proof text.
    """

    index: int
    at: datetime
    action: str
    outcome: Outcome
    rule: str | None
    human: str | None
    client: str | None
    purpose: str | None
    use_id: str | None
    reason: str | None
    request: str | None
    details: tuple[AuditDetail, ...]
    entry: bytes
    proof: str

    def verify(self, verifier_key: str) -> VerifiedEntry:
        """Verify offline that this entry is in the log.

        Args:
            verifier_key: the log's key, from your own copy.

        Raises:
            AuditVerificationError: it is not proven.
        """
        return verify_proof(self.proof, self.entry, verifier_key)


@dataclass(frozen=True, slots=True)
class AuditLog:
    """The state of the log.

    Attributes:
        size: how many entries.
        checkpoint: size and root, signed (c2sp.org/tlog-checkpoint). Keep it: a later log must begin with this one.
        verifier_key: the public key that checks the signature. Keep your own copy.
    """

    size: int
    checkpoint: str
    verifier_key: str


@dataclass(frozen=True, slots=True)
class AuditExport:
    """Consecutive entries of the log as columns.

    Attributes:
        start: place of the first.
        entries: canonical bytes of each.
        hashes: leaf hash of each.
    """

    start: int
    entries: tuple[bytes, ...]
    hashes: tuple[bytes, ...]
