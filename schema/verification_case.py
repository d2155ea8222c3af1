"""What a handler saw, as an input says it: what is not said is taken as not so."""

from collections.abc import Sequence
from typing import Final

import strawberry

from custody.calendar import day_in_japan
from policies.identity_case import Agent, Case, Exempted, Shown
from schema.collection_enums import (
    AgencyKind,
    IdentityExemption,
    Particular,
    VerificationChannel,
    VerificationSubject,
)
from schema.quiet import PublicError
from schema.scalars import Day

_MOST: Final = 20


@strawberry.input(description="One document as the handler saw it.")
class VerificationShownInput:
    """A document that was shown."""

    document: str = strawberry.field(description="Its code in `verificationDocuments`.")
    matches: list[Particular] = strawberry.field(
        description="Which of its particulars agree with the person on record."
    )
    issued_on: Day | None = strawberry.field(default=None, description="Its day of issue.")
    expires_on: Day | None = strawberry.field(default=None, description="Its last valid day.")
    original: bool = strawberry.field(
        default=False, description="It is the original, neither a copy nor an image; asked for face to face."
    )
    unaltered: bool = strawberry.field(
        default=False, description="It says what the residence record says, or what was printed on it."
    )
    signed: bool = strawberry.field(default=False, description="It bears the signature or seal it needs.")


@strawberry.input(description="That nobody's identity was proven again, and who answers for it.")
class VerificationExemptionInput:
    """An exemption."""

    by: IdentityExemption = strawberry.field(description="Why not.")
    attested_by: str = strawberry.field(description="Login of who says that this is the person.")
    checked_on: Day | None = strawberry.field(
        default=None, description="When their identity was verified before."
    )
    perceived: bool = strawberry.field(
        default=False, description="The person was seen, or recognised as directly."
    )


@strawberry.input(description="Somebody who brings the number of another.")
class VerificationAgentInput:
    """An agent."""

    agency: AgencyKind = strawberry.field(description="By what right.")
    authority: list[VerificationShownInput] | None = strawberry.field(
        default=None, description="What proves that right."
    )
    identity: list[VerificationShownInput] | None = strawberry.field(
        default=None, description="Documents of the agent."
    )
    is_spouse: bool = strawberry.field(default=False, description="The agent is married to the person.")
    known: bool = strawberry.field(
        default=False,
        description="The agent is an employee whom the company knows and perceives; online it needs papers as well.",
    )


@strawberry.input(description="Everything one verdict is made of. The day is today.")
class VerificationCaseInput:
    """A case."""

    subject: VerificationSubject = strawberry.field(description="Whose number it is.")
    channel: VerificationChannel = strawberry.field(description="How it came.")
    number_agrees: bool = strawberry.field(
        description="Whether the number typed is the one on the documents."
    )
    number: list[VerificationShownInput] | None = strawberry.field(
        default=None, description="Documents that are to prove the number (番号確認)."
    )
    identity: list[VerificationShownInput] | None = strawberry.field(
        default=None, description="Documents that are to prove whose it is (身元確認)."
    )
    hard_number: bool = strawberry.field(
        default=False, description="The usual documents for the number are hard to show."
    )
    hard_photo: bool = strawberry.field(default=False, description="Documents with a photo are hard to show.")
    exempted: VerificationExemptionInput | None = strawberry.field(
        default=None, description="That nobody's identity was proven again; left out if it was."
    )
    agent: VerificationAgentInput | None = strawberry.field(
        default=None, description="Who brings it, if not the person."
    )
    entrusted: bool = strawberry.field(
        default=False, description="The company entrusted the check of a 第3号 spouse to the employee."
    )


def case_of(sent: VerificationCaseInput, now: int) -> Case:
    """The case that an input describes.

    Args:
        sent: the input.
        now: milliseconds since the epoch.

    Raises:
        PublicError: one proof is said to rest on more than 20 documents.
    """
    exempted, agent = sent.exempted, sent.agent
    return Case(
        sent.subject,
        sent.channel,
        day_in_japan(now),
        number=_papers(sent.number),
        identity=_papers(sent.identity),
        number_agrees=sent.number_agrees,
        hard_number=sent.hard_number,
        hard_photo=sent.hard_photo,
        exempted=_exempted(exempted) if exempted else None,
        agent=_agent(agent) if agent else None,
        entrusted=sent.entrusted,
    )


def _exempted(sent: VerificationExemptionInput) -> Exempted:
    return Exempted(sent.by, sent.attested_by, sent.checked_on, sent.perceived)


def _agent(sent: VerificationAgentInput) -> Agent:
    return Agent(sent.agency, _papers(sent.authority), _papers(sent.identity), sent.is_spouse, sent.known)


def _papers(sent: Sequence[VerificationShownInput] | None) -> tuple[Shown, ...]:
    if sent is not None and len(sent) > _MOST:
        raise PublicError("BAD_USER_INPUT", "書類は 20 点までです", "give up to 20 documents")
    return tuple(
        Shown(
            each.document,
            frozenset(each.matches),
            each.issued_on,
            each.expires_on,
            each.original,
            each.unaltered,
            each.signed,
        )
        for each in sent or ()
    )
