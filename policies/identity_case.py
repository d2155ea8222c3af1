"""What was shown to prove whose number it is: the documents, the channel, and who speaks for whom.

Plain values. `policies.identity.decide` says whether they suffice.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from policies.identity_catalogue import Channel, Item


class Subject(StrEnum):
    """Whose number it is, seen from the company; who verifies them follows from it."""

    EMPLOYEE = "employee"
    DEPENDENT = "dependent"
    SPOUSE_3GO = "spouse_3go"
    PAYEE = "payee"


class Exemption(StrEnum):
    """Why nobody's identity needs to be proven again (告示 8-1 to 8-3)."""

    HIRED = "hired"
    FAMILY = "family"
    CONTINUING = "continuing"


class Agency(StrEnum):
    """By what right an agent acts."""

    LEGAL = "legal"
    VOLUNTARY = "voluntary"


@dataclass(frozen=True, slots=True)
class Shown:
    """One document as the verifier saw it.

    Attributes:
        document: its code in the catalogue.
        matches: which of its particulars agree with the person on record.
        issued_on: its day of issue, where it has one.
        expires_on: its last valid day, where it has one.
        original: the original, not a copy or an image; asked for face to face.
        unaltered: it says what the residence record says, or what was printed on it.
        signed: it bears the signature or seal it needs.
    """

    document: str
    matches: frozenset[Item] = frozenset({Item.NAME, Item.BIRTH_DATE})
    issued_on: date | None = None
    expires_on: date | None = None
    original: bool = True
    unaltered: bool = True
    signed: bool = True


@dataclass(frozen=True, slots=True)
class Exempted:
    """That nobody's identity was proven again, and who answers for it.

    Attributes:
        by: why not.
        attested_by: who says that this is the person; a login of the company.
        checked_on: when their identity was verified before.
        perceived: the person was seen, or recognised as directly.
    """

    by: Exemption
    attested_by: str
    checked_on: date | None
    perceived: bool


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who brings the number of another.

    Attributes:
        agency: by what right.
        authority: what proves that right.
        identity: documents of the agent.
        is_spouse: the agent is married to the person.
        known: the agent is an employee whom the company knows and perceives (告示 17); online nobody is perceived.
    """

    agency: Agency
    authority: tuple[Shown, ...] = ()
    identity: tuple[Shown, ...] = ()
    is_spouse: bool = False
    known: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """Everything one decision is made of.

    Attributes:
        subject: whose number it is.
        channel: how it came.
        day: of the check, in Japan.
        number: documents that are to prove the number.
        identity: documents that are to prove whose it is.
        number_agrees: the number typed is the one on the documents.
        hard_number: the usual documents for the number are hard to show.
        hard_photo: documents with a photo are hard to show.
        exempted: nobody's identity was proven again; None if it was.
        agent: who brings it, if not the person.
        entrusted: the company entrusted the check of a spouse to the employee.
    """

    subject: Subject
    channel: Channel
    day: date
    number: tuple[Shown, ...] = ()
    identity: tuple[Shown, ...] = ()
    number_agrees: bool = True
    hard_number: bool = False
    hard_photo: bool = False
    exempted: Exempted | None = None
    agent: Agent | None = None
    entrusted: bool = False
