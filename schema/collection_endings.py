"""How collections end without a number: refused, none assigned, closed; and who refused is asked again."""

from typing import Annotated

import strawberry

from custody.collection.acting import counter
from custody.collection.decisions import ask_again, close_collections, record_no_number, record_refusal_of
from policies.collection_codes import CLOSINGS, NO_NUMBER, REFUSAL_OUTCOMES
from schema.collection_chosen import COLLECTION_IDS, REVISIONS, CollectionsResult, chosen, moved
from schema.collection_enums import ClosingReason, NoNumberEvidence, RefusalOutcome
from schema.context import Info
from schema.purposes import Bilingual, bilingual
from schema.results import INPUT
from schema.scalars import Day


@strawberry.type(description="How it ended when somebody did not give their number.")
class CollectionRefusal:
    """An outcome in words."""

    code: RefusalOutcome = strawberry.field(description="Its code.")
    words: Bilingual = strawberry.field(description="The same in words.")


@strawberry.type(description="What shows that somebody has no number.")
class CollectionNoNumber:
    """An evidence in words."""

    code: NoNumberEvidence = strawberry.field(description="Its code.")
    words: Bilingual = strawberry.field(description="The same in words.")


@strawberry.type(description="Why a collection ends without a number.")
class CollectionClosing:
    """A closing in words."""

    code: ClosingReason = strawberry.field(description="Its code.")
    words: Bilingual = strawberry.field(description="The same in words.")


@strawberry.type(
    description="How collections end without a number, as codes with words; nobody's own words are kept."
)
class CollectionEndings:
    """Every list of such codes."""

    refusals: list[CollectionRefusal] = strawberry.field(description="For `recordRefusals` (提供拒否).")
    no_numbers: list[CollectionNoNumber] = strawberry.field(description="For `recordNoNumber` (番号なし).")
    closings: list[CollectionClosing] = strawberry.field(description="For `closeCollections` (終了).")


@strawberry.input(description="Persons who were asked and did not give their number.")
class RecordRefusalsInput:
    """Refusals of persons."""

    collection_ids: list[str] = strawberry.field(description=COLLECTION_IDS)
    outcome: RefusalOutcome = strawberry.field(description="How it ended.")
    asked_on: Day = strawberry.field(description="The day on which they were asked.")
    revisions: list[int] | None = strawberry.field(default=None, description=REVISIONS)


@strawberry.input(description="Persons to whom no number was ever assigned.")
class RecordNoNumberInput:
    """Persons without a number."""

    collection_ids: list[str] = strawberry.field(description=COLLECTION_IDS)
    evidence: NoNumberEvidence = strawberry.field(description="What shows it.")
    revisions: list[int] | None = strawberry.field(default=None, description=REVISIONS)


@strawberry.input(description="Persons who refused and are asked again, as is done each year.")
class AskAgainInput:
    """Persons to ask again."""

    collection_ids: list[str] = strawberry.field(description=COLLECTION_IDS)
    revisions: list[int] | None = strawberry.field(default=None, description=REVISIONS)


@strawberry.input(description="Collections that the company ends.")
class CloseCollectionsInput:
    """Collections to end."""

    collection_ids: list[str] = strawberry.field(description=COLLECTION_IDS)
    reason: ClosingReason = strawberry.field(description="Why.")
    revisions: list[int] | None = strawberry.field(default=None, description=REVISIONS)


def _endings(info: Info) -> CollectionEndings:
    info.context.require_somebody()
    return CollectionEndings(
        refusals=[
            CollectionRefusal(code=code, words=bilingual(text)) for code, text in REFUSAL_OUTCOMES.items()
        ],
        no_numbers=[CollectionNoNumber(code=code, words=bilingual(text)) for code, text in NO_NUMBER.items()],
        closings=[CollectionClosing(code=code, words=bilingual(text)) for code, text in CLOSINGS.items()],
    )


async def _refused(info: Info, input: Annotated[RecordRefusalsInput, INPUT]) -> CollectionsResult:
    context = info.context
    which, at = chosen(input.collection_ids, input.revisions), counter(context.somebody)
    done = await record_refusal_of(
        context.custodian, at, which, input.outcome, input.asked_on, context.clock()
    )
    return moved(context, done)


async def _no_number(info: Info, input: Annotated[RecordNoNumberInput, INPUT]) -> CollectionsResult:
    context = info.context
    which = chosen(input.collection_ids, input.revisions)
    done = await record_no_number(context.custodian, context.somebody, which, input.evidence, context.clock())
    return moved(context, done)


async def _ask_again(info: Info, input: Annotated[AskAgainInput, INPUT]) -> CollectionsResult:
    context = info.context
    which = chosen(input.collection_ids, input.revisions)
    return moved(context, await ask_again(context.custodian, context.somebody, which, context.clock()))


async def _close(info: Info, input: Annotated[CloseCollectionsInput, INPUT]) -> CollectionsResult:
    context = info.context
    which = chosen(input.collection_ids, input.revisions)
    done = await close_collections(context.custodian, context.somebody, which, input.reason, context.clock())
    return moved(context, done)


@strawberry.type
class CollectionEndingQuery:
    """Queries about endings."""

    collection_endings: CollectionEndings = strawberry.field(
        resolver=_endings, description="How collections end without a number, as codes with words."
    )


@strawberry.type
class CollectionEndingMutation:
    """Endings, and asking again."""

    record_refusals: CollectionsResult = strawberry.mutation(
        resolver=_refused,
        description="Record that persons did not give their number (提供拒否): asked when, with which outcome.",
    )
    record_no_number: CollectionsResult = strawberry.mutation(
        resolver=_no_number, description="Record that persons have no number (番号なし), and what shows it."
    )
    ask_again: CollectionsResult = strawberry.mutation(
        resolver=_ask_again, description="Ask persons again who refused."
    )
    close_collections: CollectionsResult = strawberry.mutation(
        resolver=_close, description="End collections without a number; what was submitted is destroyed."
    )
