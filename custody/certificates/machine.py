r"""The certificate as a file that programs read: one line of canonical JSON, verified offline with one public key.

    {"certificate":{...},"evidence":[{"leaf":"...","proof":"..."}],"format":"warifu-certificate@v1","note":"..."}\n

- `certificate` holds the facts (see `form`), `evidence` a leaf of the tenant's log and its c2sp.org/tlog-proof: the
  completion of the run and, on the second certificate, the extinction.
- `note` is a signed note (c2sp.org/signed-note) by the key of the tenant's log. Its text is the format's name and
  the SHA-256, in base64, of the file's JSON without `note`. It cannot pass for a checkpoint, whose second line is
  a decimal, nor a checkpoint for it.
- Keys are sorted, there is no white space, and characters are escaped only where JSON must: there is one file for
  one certificate, and no byte of it can be changed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Self

from custody.certificates.errors import CertificateError, CertificateFault
from custody.certificates.facts import Evidence
from tokenizer.audit.text import has_utf8, to_base64

FORMAT: Final = "warifu-certificate@v1"
_EVERY_VERSION: Final = "warifu-certificate@"


@dataclass(frozen=True, slots=True)
class Machine:
    """A certificate's file, taken apart; nothing of it is verified but its form.

    Attributes:
        certificate: the facts as JSON gave them.
        evidence: leaves with their proofs.
        note: the signed note.
    """

    certificate: object
    evidence: tuple[Evidence, ...]
    note: str = ""

    def digest(self) -> str:
        """SHA-256 over everything but the note, in base64."""
        return to_base64(sha256(_canonical(self._body()).encode()).digest())

    def signed_text(self) -> str:
        """The text that the note must have."""
        return f"{FORMAT}\n{self.digest()}\n"

    def to_text(self) -> str:
        """The file."""
        return _canonical({**self._body(), "note": self.note}) + "\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take a file apart.

        Raises:
            CertificateError: it is no such JSON, or not spelled the one right way.
        """
        match _parsed(text):
            case {"format": str(name)} if name != FORMAT and name.startswith(_EVERY_VERSION):
                raise CertificateError(CertificateFault.VERSION, "format")
            case {"certificate": certificate, "evidence": list(evidence), "note": str(note)}:
                found = cls(certificate, tuple(map(_evidence, evidence)), note)
                if has_utf8(text) and found.to_text() == text:
                    return found
        raise CertificateError(CertificateFault.FORMAT)

    def _body(self) -> Mapping[str, object]:
        evidence = [{"leaf": one.leaf.decode(), "proof": one.proof} for one in self.evidence]
        return {"certificate": self.certificate, "evidence": evidence, "format": FORMAT}


def members_of(leaf: bytes) -> Mapping[str, Any]:
    """The members of a leaf's JSON object; none if it is no such thing."""
    try:
        found = json.loads(leaf)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


def _evidence(found: object) -> Evidence:
    match found:
        case {"leaf": str(leaf), "proof": str(proof)} if has_utf8(leaf):
            return Evidence(leaf.encode(), proof)
    raise CertificateError(CertificateFault.FORMAT, "evidence")


def _canonical(found: object) -> str:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_float=_refuse, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(text: str) -> object:
    raise ValueError("not an integer")
