"""Departures (退職・契約終了): since when persons are gone. From then on the clock of retention runs."""

from typing import Annotated

import strawberry

from custody.departures import Departed, cancel_departures, record_departures
from custody.document_listing import show_papers
from policies.refusals import Denied
from schema.context import Context, Info
from schema.named import EXTERNAL_IDS, TOKENS, named
from schema.results import INPUT, Refusal, RowRejection, refusal, refused_query, row_rejections
from schema.scalars import Day, Token


@strawberry.type(description="That a person left the company, or that a payee's contract ended.")
class Departure:
    """A departure."""

    external_id: str = strawberry.field(description="Who left.")
    ended_on: Day = strawberry.field(description="Their last day.")


@strawberry.input(
    description="Who left on which day, as columns. A day that was recorded before is put right."
)
class RecordDeparturesInput:
    """A batch of departures."""

    days: list[str] = strawberry.field(
        description="For each the last day with the company, or of the contract, as YYYY-MM-DD."
    )
    external_ids: list[str] | None = strawberry.field(default=None, description=EXTERNAL_IDS)
    tokens: list[Token] | None = strawberry.field(default=None, description=TOKENS)
    open_documents: bool = strawberry.field(
        default=True,
        description="Record as open the documents that are filed after a departure, such as notices of loss and "
        "withholding records, so that the number can be used for them; `closeDocuments` once they are filed.",
    )


@strawberry.input(
    description="Persons who stayed after all, or came back before their number was disposed of."
)
class CancelDeparturesInput:
    """Departures to take back."""

    reason: str = strawberry.field(description="Why; 200 characters at most.")
    external_ids: list[str] | None = strawberry.field(default=None, description=EXTERNAL_IDS)
    tokens: list[Token] | None = strawberry.field(default=None, description=TOKENS)


@strawberry.type(description="The departures are on record. An employee's covers their family.")
class DeparturesRecorded:
    """What became of a batch."""

    persons: int = strawberry.field(
        description="Departures recorded or cancelled; those that stood as they are not counted."
    )
    opened: int = strawberry.field(
        description="Documents that were opened because they are filed after a departure."
    )
    rejections: list[RowRejection] = strawberry.field(description="The rows that were not taken, in order.")


DeparturesResult = Annotated[
    DeparturesRecorded | Refusal,
    strawberry.union("DeparturesResult", description="What a mutation answers that changes departures."),
]


async def _departure(
    info: Info, external_id: Annotated[str, strawberry.argument(description="External id of the person.")]
) -> Departure | None:
    context = info.context
    papers = await show_papers(context.custodian, context.somebody, external_id, context.clock())
    if isinstance(papers, Denied):
        raise refused_query(context, papers)
    if papers.departed_on is None:
        return None
    return Departure(external_id=papers.person.external_id, ended_on=Day(papers.departed_on))


async def _record_departures(info: Info, input: Annotated[RecordDeparturesInput, INPUT]) -> DeparturesResult:
    context = info.context
    who = named(input.external_ids, input.tokens)
    done = await record_departures(
        context.custodian,
        context.somebody,
        who,
        input.days,
        context.clock(),
        open_documents=input.open_documents,
    )
    return _recorded(context, done)


async def _cancel_departures(info: Info, input: Annotated[CancelDeparturesInput, INPUT]) -> DeparturesResult:
    context = info.context
    who = named(input.external_ids, input.tokens)
    done = await cancel_departures(context.custodian, context.somebody, who, input.reason, context.clock())
    return _recorded(context, done)


@strawberry.type
class DepartureQuery:
    """Queries about departures."""

    departure: Departure | None = strawberry.field(
        resolver=_departure,
        description="A person's own departure; null while there is none. An employee's covers their family.",
    )


@strawberry.type
class DepartureMutation:
    """Changes to departures."""

    record_departures: DeparturesResult = strawberry.mutation(
        resolver=_record_departures,
        description="Record who left on which day; from then on their retention periods decide.",
    )
    cancel_departures: DeparturesResult = strawberry.mutation(
        resolver=_cancel_departures, description="Take back departures."
    )


def _recorded(context: Context, done: Departed | Denied) -> DeparturesRecorded | Refusal:
    if isinstance(done, Denied):
        return refusal(context, done)
    return DeparturesRecorded(
        persons=done.persons, opened=done.opened, rejections=row_rejections(done.rejections)
    )
