"""Identity verification (本人確認): a handler says what they saw, the rules whether that suffices, on which article."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from custody.collection.verification import VerificationRecord
from custody.collection.verify import Verified, verify
from policies.identity import Fault
from policies.identity_catalogue import load_identity_catalogue
from policies.refusals import Denied
from schema.collection_enums import (
    CollectionState,
    VerificationChannel,
    VerificationCheck,
    VerificationFinding,
    VerificationSubject,
)
from schema.context import Info
from schema.deficiencies import Deficiency, deficiency_nodes
from schema.purposes import Bilingual, bilingual
from schema.results import INPUT, Refusal, refusal
from schema.scalars import Moment
from schema.verification_case import VerificationCaseInput, case_of


@strawberry.type(description="One thing that does not count, in words, with the article.")
class VerificationFault:
    """A finding about a proof."""

    finding: VerificationFinding = strawberry.field(description="What is wrong.")
    check: VerificationCheck = strawberry.field(description="Which proof it spoils.")
    document: str | None = strawberry.field(description="Code of the document; null if it is about none.")
    words: Bilingual = strawberry.field(description="The same in words.")
    basis: str = strawberry.field(description="The article it rests on, in Japanese.")


@strawberry.type(description="A verdict of the rules on what was shown, as it is kept.")
class VerificationVerdict:
    """A verdict on record."""

    verification_id: str = strawberry.field(description="Public id, as the audit log names it.")
    accepted: bool = strawberry.field(description="Whether the number may be registered.")
    subject: VerificationSubject = strawberry.field(description="Whose number it is.")
    channel: VerificationChannel = strawberry.field(description="How it came.")
    number_documents: list[str] = strawberry.field(description="Codes of what was shown to prove the number.")
    identity_documents: list[str] = strawberry.field(
        description="Codes of what was shown to prove whose it is."
    )
    faults: list[VerificationFault] = strawberry.field(
        description="Everything that is wrong; none if it is accepted."
    )
    discarded: list[str] = strawberry.field(
        description="Codes of documents that may not be kept; their images are destroyed."
    )
    basis: list[str] = strawberry.field(description="The articles the verdict rests on, in Japanese.")
    catalogue: str = strawberry.field(description="Version of the catalogue of documents.")
    decided_by: str = strawberry.field(description="The handler.")
    decided_at: Moment = strawberry.field(description="When.")


@strawberry.input(description="What a handler saw of a person, to be decided by the rules.")
class VerifyCollectionInput:
    """A case to decide."""

    collection_id: str = strawberry.field(description="Public id of the collection.")
    revision: int = strawberry.field(
        description="The revision the handler looked at; refused if it has moved on."
    )
    case: VerificationCaseInput = strawberry.field(description="What they saw.")


@strawberry.type(description="The verdict, and where the collection stands with it.")
class CollectionVerified:
    """What became of a case; no argument makes a refused one accepted."""

    verification: VerificationVerdict = strawberry.field(description="The verdict.")
    state: CollectionState = strawberry.field(description="Where the collection stands now.")
    revision: int = strawberry.field(description="Its revision.")
    deficiencies: list[Deficiency] = strawberry.field(
        description="What to tell the person of a refused verdict, for `recordDeficiencies`."
    )


VerifyCollectionResult = Annotated[
    CollectionVerified | Refusal,
    strawberry.union("VerifyCollectionResult", description="What `verifyCollection` answers."),
]


async def _verify(info: Info, input: Annotated[VerifyCollectionInput, INPUT]) -> VerifyCollectionResult:
    context, now = info.context, info.context.clock()
    case = case_of(input.case, now)
    done = await verify(context.custodian, context.somebody, input.collection_id, case, input.revision, now)
    return refusal(context, done) if isinstance(done, Denied) else _verified(done)


@strawberry.type
class VerificationMutation:
    """Verdicts."""

    verify_collection: VerifyCollectionResult = strawberry.mutation(
        resolver=_verify,
        description="Have the rules decide whether what was shown proves the number and whose it is (番号法16条); "
        "for handlers.",
    )


def verification_node(record: VerificationRecord) -> VerificationVerdict:
    """A verdict as the schema tells it."""
    shown = record.shown
    return VerificationVerdict(
        verification_id=record.public_id,
        accepted=record.verdict.is_accepted,
        subject=VerificationSubject(shown["subject"]),
        channel=VerificationChannel(shown["channel"]),
        number_documents=_codes(shown["number"]),
        identity_documents=_codes(shown["identity"]),
        faults=fault_nodes(record.verdict.faults),
        discarded=list(record.verdict.discard),
        basis=list(record.basis),
        catalogue=record.catalogue,
        decided_by=record.decided_by,
        decided_at=Moment(record.decided_at),
    )


def fault_nodes(faults: Sequence[Fault]) -> list[VerificationFault]:
    """What is wrong, as the schema tells it."""
    findings = load_identity_catalogue().findings
    return [
        VerificationFault(
            finding=each.finding,
            check=each.check,
            document=each.document or None,
            words=bilingual(findings[each.finding].words),
            basis=findings[each.finding].basis,
        )
        for each in faults
    ]


def _verified(done: Verified) -> CollectionVerified:
    return CollectionVerified(
        verification=verification_node(done.record),
        state=done.collection.state,
        revision=done.collection.revision,
        deficiencies=deficiency_nodes(done.deficiencies),
    )


def _codes(shown: Sequence[dict[str, Any]]) -> list[str]:
    return [each["document"] for each in shown]
