"""Documents (番号を記載した法定書類): which of them bear whose number, and from when their retention counts."""

from typing import Annotated

import strawberry

from custody.document import Document as CustodyDocument
from custody.document_changes import close_documents, correct_documents, withdraw_documents
from custody.document_listing import show_papers
from custody.documents import DocumentColumns, Documented, record_documents
from policies.refusals import Denied
from schema.context import Context, Info
from schema.days import day_of
from schema.named import EXTERNAL_IDS, TOKENS, named
from schema.pages import After, Before, Connection, First, Last, connection, slice_of, window
from schema.replay import IDEMPOTENCY, replay_of
from schema.results import INPUT, Refusal, RowRejection, refusal, refused_query, row_rejections
from schema.scalars import Day, Moment, Token


@strawberry.type(description="A statutory document that bears a person's number.")
class Document:
    """A document."""

    document_id: str = strawberry.field(description="Public id, as the audit log names it.")
    purpose: str = strawberry.field(description="Code of the purpose it serves.")
    deadline_on: Day | None = strawberry.field(
        description="Last day for filing it, where the rule counts from that."
    )
    completed_on: Day | None = strawberry.field(description="The day the matter was closed; null while open.")
    copies: int = strawberry.field(description="Copies that bear the number.")
    recorded_at: Moment = strawberry.field(description="When it was recorded.")


@strawberry.input(
    description="Documents as columns: value n of every list belongs to row n. Up to 10,000 rows."
)
class RecordDocumentsInput:
    """A batch of documents."""

    purposes: list[str] = strawberry.field(description="Codes of the purposes they serve.")
    external_ids: list[str] | None = strawberry.field(default=None, description=EXTERNAL_IDS)
    tokens: list[Token] | None = strawberry.field(default=None, description=TOKENS)
    deadlines: list[str] | None = strawberry.field(
        default=None, description="Last days for filing them: YYYY-MM-DD, or empty."
    )
    completions: list[str] | None = strawberry.field(
        default=None, description="Days on which the matters were closed: YYYY-MM-DD, or empty while open."
    )
    copies: list[int] | None = strawberry.field(
        default=None, description="Copies of each that bear the number, 0 to 999; 1 if left out."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=IDEMPOTENCY)


@strawberry.input(description="The days on which the matters of open documents were closed.")
class CloseDocumentsInput:
    """Documents to close."""

    document_ids: list[str] = strawberry.field(description="Public ids, up to 10,000.")
    days: list[str] = strawberry.field(description="For each the day, as YYYY-MM-DD.")


@strawberry.input(description="Documents as they should have been recorded, as columns.")
class CorrectDocumentsInput:
    """Documents to put right."""

    document_ids: list[str] = strawberry.field(description="Public ids, up to 10,000.")
    deadlines: list[str] = strawberry.field(description="Last days for filing them: YYYY-MM-DD, or empty.")
    completions: list[str] = strawberry.field(
        description="Days on which the matters were closed: YYYY-MM-DD, or empty while open."
    )
    copies: list[int] = strawberry.field(description="Copies of each that bear the number, 0 to 999.")
    reason: str = strawberry.field(description="Why; 200 characters at most.")


@strawberry.input(description="Documents that were recorded by mistake.")
class WithdrawDocumentsInput:
    """Documents to take back."""

    document_ids: list[str] = strawberry.field(description="Public ids, up to 10,000.")
    reason: str = strawberry.field(description="Why; 200 characters at most.")


@strawberry.type(description="The documents as they are now; persons' ends and days follow from them.")
class DocumentsRecorded:
    """What became of a batch."""

    document_ids: list[str | None] = strawberry.field(
        description="The document of each row; null for a rejected one."
    )
    rejections: list[RowRejection] = strawberry.field(description="The rows that were not taken, in order.")


DocumentsResult = Annotated[
    DocumentsRecorded | Refusal,
    strawberry.union("DocumentsResult", description="What a mutation answers that changes documents."),
]


async def _documents(
    info: Info,
    external_id: Annotated[str, strawberry.argument(description="External id of the person.")],
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[Document]:
    context = info.context
    view = window(first, after, last, before, "document", context)
    papers = await show_papers(context.custodian, context.somebody, external_id, context.clock())
    if isinstance(papers, Denied):
        raise refused_query(context, papers)
    page = slice_of(papers.documents, view)
    return connection(context, "document", page, lambda item: item[0], lambda item: _document(item[1]))


async def _record_documents(info: Info, input: Annotated[RecordDocumentsInput, INPUT]) -> DocumentsResult:
    context = info.context
    columns = DocumentColumns(
        named(input.external_ids, input.tokens),
        input.purposes,
        input.deadlines or (),
        input.completions or (),
        input.copies or (),
    )
    replay = replay_of(context, input.idempotency_key, "recordDocuments", input)
    done = await record_documents(context.custodian, context.somebody, columns, context.clock(), replay)
    return _recorded(context, done)


async def _close_documents(info: Info, input: Annotated[CloseDocumentsInput, INPUT]) -> DocumentsResult:
    context = info.context
    done = await close_documents(
        context.custodian, context.somebody, input.document_ids, input.days, context.clock()
    )
    return _recorded(context, done)


async def _correct_documents(info: Info, input: Annotated[CorrectDocumentsInput, INPUT]) -> DocumentsResult:
    context = info.context
    done = await correct_documents(
        context.custodian,
        context.somebody,
        input.document_ids,
        input.deadlines,
        input.completions,
        input.copies,
        input.reason,
        context.clock(),
    )
    return _recorded(context, done)


async def _withdraw_documents(info: Info, input: Annotated[WithdrawDocumentsInput, INPUT]) -> DocumentsResult:
    context = info.context
    done = await withdraw_documents(
        context.custodian, context.somebody, input.document_ids, input.reason, context.clock()
    )
    return _recorded(context, done)


@strawberry.type
class DocumentQuery:
    """Queries about documents."""

    documents: Connection[Document] = strawberry.field(
        resolver=_documents, description="The documents that bear a person's number, oldest first."
    )


@strawberry.type
class DocumentMutation:
    """Changes to documents."""

    record_documents: DocumentsResult = strawberry.mutation(
        resolver=_record_documents, description="Record which statutory documents bear persons' numbers."
    )
    close_documents: DocumentsResult = strawberry.mutation(
        resolver=_close_documents, description="Record when the matters of open documents were closed."
    )
    correct_documents: DocumentsResult = strawberry.mutation(
        resolver=_correct_documents, description="Put right documents that were recorded wrongly."
    )
    withdraw_documents: DocumentsResult = strawberry.mutation(
        resolver=_withdraw_documents, description="Take back documents that were recorded by mistake."
    )


def _document(document: CustodyDocument) -> Document:
    return Document(
        document_id=document.public_id,
        purpose=document.purpose,
        deadline_on=day_of(document.deadline_on),
        completed_on=day_of(document.completed_on),
        copies=document.copies,
        recorded_at=Moment(document.created_at),
    )


def _recorded(context: Context, done: Documented | Denied) -> DocumentsRecorded | Refusal:
    if isinstance(done, Denied):
        return refusal(context, done)
    return DocumentsRecorded(document_ids=done.documents, rejections=row_rejections(done.rejections))
