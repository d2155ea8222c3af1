"""What a handler saw of a person, as the vault's rules are asked: what is not said is taken as not so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from warifu.results_collection_enums import (
    AgencyKind,
    IdentityExemption,
    Particular,
    VerificationChannel,
    VerificationSubject,
)


@dataclass(frozen=True, slots=True)
class ShownDocument:
    """One document as the handler saw it.

    Attributes:
        document: its code (`identity_documents`).
        matches: which of its particulars agree with the person on record.
        issued_on: its day of issue, where it has one.
        expires_on: its last valid day, where it has one.
        original: it is the original, neither a copy nor an image; asked for face to face.
        unaltered: it says what the residence record says, or what was printed on it.
        signed: it bears the signature or seal it needs.
    """

    document: str
    matches: Sequence[Particular]
    issued_on: date | None = None
    expires_on: date | None = None
    original: bool = False
    unaltered: bool = False
    signed: bool = False

    def to_input(self) -> dict[str, object]:
        """The document as the API takes it."""
        return {
            "document": self.document,
            "matches": list(self.matches),
            "issuedOn": self.issued_on,
            "expiresOn": self.expires_on,
            "original": self.original,
            "unaltered": self.unaltered,
            "signed": self.signed,
        }


@dataclass(frozen=True, slots=True)
class Exempted:
    """That nobody's identity was proven again, and who answers for it.

    Attributes:
        by: why not.
        attested_by: login of who says that this is the person.
        checked_on: when their identity was verified before.
        perceived: the person was seen, or recognised as directly.
    """

    by: IdentityExemption
    attested_by: str
    checked_on: date | None = None
    perceived: bool = False

    def to_input(self) -> dict[str, object]:
        """The exemption as the API takes it."""
        told = {"by": self.by, "attestedBy": self.attested_by, "checkedOn": self.checked_on}
        return {**told, "perceived": self.perceived}


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who brings the number of another.

    Attributes:
        agency: by what right.
        authority: what proves that right.
        identity: documents of the agent.
        is_spouse: the agent is married to the person.
        known: the agent is an employee whom the company knows and perceives; online, papers are needed all the same.
    """

    agency: AgencyKind
    authority: Sequence[ShownDocument] = ()
    identity: Sequence[ShownDocument] = ()
    is_spouse: bool = False
    known: bool = False

    def to_input(self) -> dict[str, object]:
        """The agent as the API takes them."""
        return {
            "agency": self.agency,
            "authority": [each.to_input() for each in self.authority],
            "identity": [each.to_input() for each in self.identity],
            "isSpouse": self.is_spouse,
            "known": self.known,
        }


@dataclass(frozen=True, slots=True)
class VerificationCase:
    """Everything one verdict is made of; its day is the vault's today.

    Attributes:
        subject: whose number it is.
        channel: how it came.
        number_agrees: the number typed is the one on the documents.
        number: documents that are to prove the number (番号確認).
        identity: documents that are to prove whose it is (身元確認).
        hard_number: the usual documents for the number are hard to show.
        hard_photo: documents with a photo are hard to show.
        exempted: that nobody's identity was proven again; None if it was.
        agent: who brings it, if not the person.
        entrusted: the company entrusted the check of a 第3号 spouse to the employee.
    """

    subject: VerificationSubject
    channel: VerificationChannel
    number_agrees: bool
    number: Sequence[ShownDocument] = ()
    identity: Sequence[ShownDocument] = ()
    hard_number: bool = False
    hard_photo: bool = False
    exempted: Exempted | None = None
    agent: Agent | None = None
    entrusted: bool = False

    def to_input(self) -> dict[str, object]:
        """The case as the API takes it."""
        return {
            "subject": self.subject,
            "channel": self.channel,
            "numberAgrees": self.number_agrees,
            "number": [each.to_input() for each in self.number],
            "identity": [each.to_input() for each in self.identity],
            "hardNumber": self.hard_number,
            "hardPhoto": self.hard_photo,
            "exempted": self.exempted.to_input() if self.exempted else None,
            "agent": self.agent.to_input() if self.agent else None,
            "entrusted": self.entrusted,
        }
