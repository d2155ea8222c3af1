"""Inquiries (問い合わせ): what persons ask about the collection of their number, and what the company answers."""

from typing import Annotated

import strawberry

from custody.desk.inquiries import answer, close_inquiry
from custody.desk.inquiry import Inquiry as CustodyInquiry
from custody.desk.message import Message
from custody.desk.reading import (
    DeskCounts,
    ListedInquiry,
    count_inquiries,
    find_inquiry,
    list_inquiries,
    read_thread,
)
from policies.refusals import Denied
from schema.context import Context, Info
from schema.desk_enums import InquiryState, Speaker
from schema.nodes import Node, to_id
from schema.pages import After, Before, Connection, First, Last, connection, window
from schema.replay import IDEMPOTENCY, replay_of
from schema.results import INPUT, Refusal, refusal, refused_query
from schema.scalars import Moment

OfState = Annotated[
    InquiryState | None, strawberry.argument(description="Only those in this state; all if it is left out.")
]
InquiryId = Annotated[str, strawberry.argument(description="Public id of the inquiry.")]


@strawberry.type(description="The thread of a collection: what a person asked, and what they were answered.")
class Inquiry(Node):
    """A thread without its messages."""

    inquiry_id: str = strawberry.field(description="Public id, as the audit log names it.")
    collection_id: str = strawberry.field(description="Public id of the collection it is about.")
    external_id: str = strawberry.field(description="Whose number is collected.")
    name: str = strawberry.field(description="Their name.")
    state: InquiryState = strawberry.field(description="Whether it waits for the company.")
    messages: int = strawberry.field(description="How many messages there are.")
    unread: int = strawberry.field(description="How many of them nobody at the desk has read.")
    unread_by_person: int = strawberry.field(description="How many of them the person has not read.")
    opened_at: Moment = strawberry.field(description="When it began.")
    last_at: Moment = strawberry.field(description="When the last message was written.")
    last_by: Speaker = strawberry.field(description="Who wrote it.")


@strawberry.type(description="One message. Nobody may write an Individual Number into one.")
class InquiryMessage:
    """A message."""

    speaker: Speaker = strawberry.field(description="Who wrote it.")
    author: str | None = strawberry.field(description="Login of who wrote it for the company.")
    text: str = strawberry.field(description="Lines of plain text.")
    at: Moment = strawberry.field(description="When it was written.")


@strawberry.type(description="An inquiry with its messages.")
class InquiryThread:
    """A thread with its messages."""

    inquiry: Inquiry = strawberry.field(description="The inquiry.")
    messages: list[InquiryMessage] = strawberry.field(description="Its messages, oldest first.")


@strawberry.type(description="What waits at the desk.")
class InquiryCounts:
    """Counts."""

    open: int = strawberry.field(description="Inquiries that wait for the company.")
    answered: int = strawberry.field(description="Inquiries that were answered.")
    closed: int = strawberry.field(description="Inquiries that are closed.")
    unread: int = strawberry.field(description="Messages that nobody at the desk has read.")


@strawberry.input(description="What a person is told in the company's name.")
class AnswerInquiryInput:
    """An answer."""

    inquiry_id: str = strawberry.field(
        description="Public id of the inquiry; or of a collection, to write to its person first."
    )
    text: str = strawberry.field(description="1 to 2,000 characters, with line ends, without a number.")
    idempotency_key: str | None = strawberry.field(default=None, description=IDEMPOTENCY)


@strawberry.input(description="An inquiry that is done with.")
class CloseInquiryInput:
    """An inquiry to close."""

    inquiry_id: str = strawberry.field(description="Public id; everything in it was read.")


@strawberry.type(description="An inquiry as it is now.")
class InquiryChanged:
    """What became of an inquiry."""

    inquiry_id: str = strawberry.field(description="Public id.")
    state: InquiryState = strawberry.field(description="Whether it waits for the company.")
    messages: int = strawberry.field(description="How many messages there are.")
    unread: int = strawberry.field(description="How many of them nobody at the desk has read.")


InquiryResult = Annotated[
    InquiryChanged | Refusal,
    strawberry.union("InquiryResult", description="What a mutation answers that changes an inquiry."),
]


async def _inquiries(
    info: Info,
    state: OfState = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[Inquiry]:
    context = info.context
    view = window(first, after, last, before, "inquiry", context)
    page = await list_inquiries(context.custodian, context.somebody, state, view, context.clock())
    if isinstance(page, Denied):
        raise refused_query(context, page)
    return connection(context, "inquiry", page, lambda item: item.inquiry.id, inquiry_node)


async def _inquiry(info: Info, inquiry_id: InquiryId) -> InquiryThread | None:
    context = info.context
    shown = await read_thread(context.custodian, context.somebody, inquiry_id, context.clock())
    if isinstance(shown, Denied):
        if shown.rule == "inquiry-unknown":
            return None
        raise refused_query(context, shown)
    thread = ListedInquiry(shown.thread.inquiry, shown.person)
    return InquiryThread(
        inquiry=inquiry_node(thread), messages=[_message(each) for each in shown.thread.messages]
    )


async def _counts(info: Info) -> InquiryCounts:
    context = info.context
    counts = await count_inquiries(context.custodian, context.somebody, context.clock())
    if isinstance(counts, Denied):
        raise refused_query(context, counts)
    return _told(counts)


async def _answer(info: Info, input: Annotated[AnswerInquiryInput, INPUT]) -> InquiryResult:
    context = info.context
    replay = replay_of(context, input.idempotency_key, "answerInquiry", input)
    done = await answer(
        context.custodian, context.somebody, input.inquiry_id, input.text, context.clock(), replay
    )
    return _changed(context, done)


async def _close(info: Info, input: Annotated[CloseInquiryInput, INPUT]) -> InquiryResult:
    context = info.context
    done = await close_inquiry(context.custodian, context.somebody, input.inquiry_id, context.clock())
    return _changed(context, done)


@strawberry.type
class InquiryQuery:
    """Queries about inquiries."""

    inquiries: Connection[Inquiry] = strawberry.field(
        resolver=_inquiries,
        description="Inquiries, oldest first; for handlers and administrators, and for auditors.",
    )
    inquiry: InquiryThread | None = strawberry.field(
        resolver=_inquiry,
        description="One inquiry with its messages; they count as read once a handler or an administrator looked.",
    )
    inquiry_counts: InquiryCounts = strawberry.field(
        resolver=_counts, description="How many inquiries are in each state, and how much is unread."
    )


@strawberry.type
class InquiryMutation:
    """Changes to inquiries."""

    answer_inquiry: InquiryResult = strawberry.mutation(
        resolver=_answer, description="Write to a person in their inquiry; for handlers and administrators."
    )
    close_inquiry: InquiryResult = strawberry.mutation(
        resolver=_close, description="Close an inquiry that was read; it opens when the person asks again."
    )


async def find_node(context: Context, inquiry_id: str) -> Inquiry | None:
    """An inquiry by its public id, which stays unread; None if it is not there, or not for the caller."""
    found = await find_inquiry(context.custodian, context.somebody, inquiry_id)
    return inquiry_node(found) if found else None


def inquiry_node(listed: ListedInquiry) -> Inquiry:
    """An inquiry as the schema tells it."""
    inquiry, person = listed.inquiry, listed.person
    return Inquiry(
        id=to_id("Inquiry", inquiry.public_id),
        inquiry_id=inquiry.public_id,
        collection_id=f"col_{inquiry.collection}",
        external_id=person.external_id,
        name=person.name,
        state=inquiry.state,
        messages=inquiry.messages,
        unread=inquiry.unread_by_desk,
        unread_by_person=inquiry.unread_by_person,
        opened_at=Moment(inquiry.opened_at),
        last_at=Moment(inquiry.last_at),
        last_by=inquiry.last_by,
    )


def _message(message: Message) -> InquiryMessage:
    return InquiryMessage(
        speaker=message.speaker, author=message.author or None, text=message.text, at=Moment(message.at)
    )


def _told(counts: DeskCounts) -> InquiryCounts:
    states = counts.states
    return InquiryCounts(
        open=states[InquiryState.OPEN],
        answered=states[InquiryState.ANSWERED],
        closed=states[InquiryState.CLOSED],
        unread=counts.unread,
    )


def _changed(context: Context, done: CustodyInquiry | Denied) -> InquiryChanged | Refusal:
    if isinstance(done, Denied):
        return refusal(context, done)
    return InquiryChanged(
        inquiry_id=done.public_id, state=done.state, messages=done.messages, unread=done.unread_by_desk
    )
