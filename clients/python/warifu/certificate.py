"""Verifies certificates of disposal offline, with nothing of the vault's but the public key of its log.

    found = verify_certificate(Path("certificate.json").read_bytes(), verifier_key)
    found.stage, found.persons, found.facts["extinct_by"]

Returning means proven: the key signed exactly these facts; the leaf that ended the run is in the log and names the
same run, persons, days, rules, epoch and last day; on a certificate of extinction, so does the leaf of the destroyed
epoch. Everything else raises `AuditVerificationError`. It was written apart from the vault's own code, so that a fault
in one does not hide in the other. The format is described beside the test vectors, in `certificate.json`.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from warifu.audit import VerifiedEntry, verify_proof
from warifu.audit_checkpoint import open_note
from warifu.audit_error import AuditVerificationError, CertificateVerificationError
from warifu.certificate_fields import check_fields

__all__ = [
    "AuditVerificationError",
    "CertificateVerificationError",
    "CertifiedPerson",
    "VerifiedCertificate",
    "verify_certificate",
]

_FORMAT = "warifu-certificate@v1"


@dataclass(frozen=True, slots=True)
class CertifiedPerson:
    """A person whose number was destroyed.

    Attributes:
        person: The vault's id of the person.
        external_id: Your own id; empty if it was erased.
        name: Empty if none was kept.
        disposed_at: When the number was destroyed, in milliseconds since 1970-01-01T00:00:00Z.
        due_on: The day on which it was to go (ISO 8601); empty when no day was set.
        rules: Codes of the rules in `facts["rules"]`.
        leaf_index: Where in the log the disposal stands.
    """

    person: int
    external_id: str
    name: str
    disposed_at: int
    due_on: str
    rules: tuple[str, ...]
    leaf_index: int


@dataclass(frozen=True, slots=True)
class VerifiedCertificate:
    """A certificate that was verified.

    Attributes:
        stage: `disposed`, or `extinct` once no copy can be read.
        kind: Why: `due`, `instruction` or `contract_end`.
        run: Id of the run.
        persons: Whose numbers were destroyed.
        facts: Everything that was signed; times in milliseconds, days in ISO 8601.
        completion: The leaf that ended the run.
        extinction: The leaf of the destroyed epoch; None on a first certificate.
        digest: SHA-256 that was signed, in base64, as the PDF prints it.
    """

    stage: str
    kind: str
    run: str
    persons: tuple[CertifiedPerson, ...]
    facts: Mapping[str, Any]
    completion: VerifiedEntry
    extinction: VerifiedEntry | None
    digest: str


def verify_certificate(certificate: bytes | str, verifier_key: str) -> VerifiedCertificate:
    """Verify a certificate.

    Args:
        certificate: The file, exactly as received.
        verifier_key: The log's key, `<name>+<key id>+<base64>`, obtained from elsewhere than the certificate.

    Raises:
        AuditVerificationError: It is not proven; `fault` and `where` say what is wrong.
    """
    body, note = _take_apart(certificate)
    digest = _digest(body)
    name, signed = open_note(note, verifier_key, "note")
    if signed != f"{_FORMAT}\n{digest}\n":
        raise CertificateVerificationError("certificate-altered", "certificate")
    facts = body["certificate"]
    check_fields(facts)
    if facts["origin"] != name:
        raise AuditVerificationError("wrong-origin", "certificate")
    entries = _entries(facts, body["evidence"], verifier_key)
    return VerifiedCertificate(
        stage=facts["stage"],
        kind=facts["kind"],
        run=facts["run"],
        persons=tuple(map(_person, facts.get("persons", ()))),
        facts=facts,
        completion=entries[0],
        extinction=entries[1] if facts["stage"] == "extinct" else None,
        digest=digest,
    )


def _entries(
    facts: Mapping[str, Any], evidence: list[Mapping[str, str]], verifier_key: str
) -> list[VerifiedEntry]:
    """Prove the leaves, and compare what they say with the facts."""
    stages = ["completion", "extinction"] if facts["stage"] == "extinct" else ["completion"]
    if len(evidence) != len(stages):
        raise CertificateVerificationError("evidence-missing", "evidence")
    entries = [_entry(one, verifier_key, where) for one, where in zip(evidence, stages, strict=True)]
    said = _detail(entries[0], "vault:disposal:complete", facts["finished_at"], "completion")
    if said.get("persons_sha256") != _persons_digest(facts):
        raise CertificateVerificationError("persons-mismatch", "persons")
    for name in ("run", "kind", "disposed", "epoch", "extinct_by"):
        _compare(said, facts, name, "completion")
    for entry in entries[1:]:
        said = _detail(entry, "vault:disposal:extinct", facts["extinct_at"], "extinction")
        for name in ("run", "epoch"):
            _compare(said, facts, name, "extinction")
    return entries


def _entry(evidence: Mapping[str, str], verifier_key: str, where: str) -> VerifiedEntry:
    try:
        return verify_proof(evidence["proof"], evidence["leaf"].encode(), verifier_key)
    except AuditVerificationError as refused:
        if refused.fault == "entry-format":
            raise CertificateVerificationError("leaf-mismatch", where) from None
        raise


def _detail(entry: VerifiedEntry, action: str, at: int, where: str) -> Mapping[str, Any]:
    fields, detail = entry.fields, entry.fields.get("detail")
    done = fields.get("action") == action and fields.get("outcome") == "allowed" and fields.get("at") == at
    if not done or not isinstance(detail, dict):
        raise CertificateVerificationError("leaf-mismatch", where)
    return detail


def _compare(said: Mapping[str, Any], facts: Mapping[str, Any], name: str, where: str) -> None:
    if said.get(name) != str(facts[name]):
        raise CertificateVerificationError("leaf-mismatch", where)


def _persons_digest(facts: Mapping[str, Any]) -> str:
    """SHA-256 over a line for each person: id, day, time and rules, in base64."""
    digest = sha256()
    for one in facts.get("persons", ()):
        line = [one["person"], one.get("due_on", ""), one["disposed_at"], one.get("rules", [])]
        digest.update(f"{_canonical(line)}\n".encode())
    return b64encode(digest.digest()).decode()


def _person(one: Mapping[str, Any]) -> CertifiedPerson:
    return CertifiedPerson(
        person=one["person"],
        external_id=one.get("external_id", ""),
        name=one.get("name", ""),
        disposed_at=one["disposed_at"],
        due_on=one.get("due_on", ""),
        rules=tuple(one.get("rules", ())),
        leaf_index=one["leaf"],
    )


def _take_apart(certificate: bytes | str) -> tuple[dict[str, Any], str]:
    """Give the file without its note, and the note; nothing is verified but the spelling."""
    try:
        text = certificate.decode() if isinstance(certificate, bytes) else certificate
        found = json.loads(text, parse_float=_no_fraction, parse_constant=_no_fraction)
        canonical = f"{_canonical(found)}\n".encode() == text.encode()
    except (ValueError, RecursionError):
        raise _malformed("certificate") from None
    if not isinstance(found, dict):
        raise _malformed("certificate")
    version = found.get("format")
    if isinstance(version, str) and version.startswith("warifu-certificate@") and version != _FORMAT:
        raise CertificateVerificationError("certificate-version", "format")
    if not canonical or found.keys() != {"certificate", "evidence", "format", "note"} or version != _FORMAT:
        raise _malformed("certificate")
    note, evidence = found.pop("note"), found["evidence"]
    if not isinstance(note, str) or not isinstance(evidence, list) or not all(map(_is_evidence, evidence)):
        raise _malformed("evidence")
    return found, note


def _is_evidence(found: object) -> bool:
    return (
        isinstance(found, dict)
        and found.keys() == {"leaf", "proof"}
        and all(isinstance(value, str) for value in found.values())
    )


def _digest(body: Mapping[str, Any]) -> str:
    return b64encode(sha256(_canonical(body).encode()).digest()).decode()


def _canonical(found: object) -> str:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _no_fraction(text: str) -> object:
    raise ValueError("not an integer")


def _malformed(where: str) -> CertificateVerificationError:
    return CertificateVerificationError("certificate-format", where)
