"""Writes and signs certificates."""

from collections.abc import Iterator, Sequence
from typing import Final

from custody.certificates.errors import CertificateError, CertificateFault
from custody.certificates.facts import DisposalFacts, Evidence
from custody.certificates.form import encode
from custody.certificates.machine import Machine
from custody.certificates.verify import verify
from policies.free_text import contains_number
from tokenizer.audit.note import VerifierKey, sign_text
from tokenizer.crypto.primitives import Signer

_IDS: Final = frozenset({"origin", "run", "account"})
"""Ids of ours, in which twelve digits may follow each other by chance."""


def issue(facts: DisposalFacts, evidence: Sequence[Evidence], signer: Signer) -> str:
    """Write a certificate and sign it.

    What comes out verifies: a certificate that the log does not bear out is not handed out.

    Args:
        facts: what it says.
        evidence: the leaf of completion with its proof; then, on the second certificate, that of extinction.
        signer: the key of the tenant's log.

    Returns:
        The file, the same for the same arguments.

    Raises:
        CertificateError: a text seems to hold an Individual Number, or the log says something else.
        AuditError: a proof does not hold.
    """
    members = encode(facts)
    refuse_numbers(members)
    key = VerifierKey(facts.origin, signer.public)
    unsigned = Machine(members, tuple(evidence))
    note = sign_text(unsigned.signed_text(), key, signer.sign)
    text = Machine(members, tuple(evidence), note).to_text()
    verify(text, key)
    return text


def refuse_numbers(members: object) -> None:
    """Make sure that no text a human wrote holds an Individual Number: a certificate outlives them all.

    The last of several guards; whoever takes in a name or a reason refuses it earlier.

    Raises:
        CertificateError: one does; it names the field, never the text.
    """
    for name, text in _texts(members, ""):
        if name not in _IDS and contains_number(text):
            raise CertificateError(CertificateFault.HOLDS_NUMBER, name)


def _texts(found: object, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(found, str):
        yield name, found
    elif isinstance(found, dict):
        for inner, value in found.items():
            yield from _texts(value, inner)
    elif isinstance(found, list | tuple):
        for value in found:
            yield from _texts(value, name)
