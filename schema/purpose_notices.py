"""Purpose notices (利用目的通知) as they were given: the words, the form, the day.

`giveNotice` says that persons were told; `givePurposeNotice` also keeps what they were told with.
"""

from typing import Annotated

import strawberry

from custody.collection.notice import PurposeNotice as CustodyNotice
from custody.collection.notice_text import draft_notice
from custody.collection.telling import give_purpose_notice, show_notices
from policies.refusals import Denied
from schema.collection_enums import NoticeForm
from schema.context import Info
from schema.days import day_of
from schema.pages import After, Before, Connection, First, Last, connection, slice_of, window
from schema.purpose_telling import PurposeNoticeInput, telling_of
from schema.results import INPUT, Refusal, RowRejection, refusal, refused_query, row_rejections
from schema.scalars import Day, Moment


@strawberry.type(description="A purpose notice as it was given (利用目的通知).")
class PurposeNoticeRecord:
    """A notice with its words."""

    notice_id: str = strawberry.field(description="Public id, as the audit log names it.")
    form: NoticeForm = strawberry.field(description="In which form.")
    purposes: list[str] = strawberry.field(description="Codes of the purposes.")
    text: str = strawberry.field(description="The words persons were given.")
    told_on: Day | None = strawberry.field(description="The day they were.")
    given_by: str | None = strawberry.field(description="Who recorded it; null for the program.")
    recorded_at: Moment = strawberry.field(description="When.")


@strawberry.type(description="A purpose notice that can be given or published.")
class PurposeNoticeDrafted:
    """The words of a notice."""

    form: NoticeForm = strawberry.field(description="To whom it speaks.")
    purposes: list[str] = strawberry.field(description="Codes of its purposes, in the catalogue's order.")
    text: str = strawberry.field(description="The words, for `givePurposeNotice` and `recordDispatched`.")


@strawberry.input(description="A purpose notice that persons were given.")
class GivePurposeNoticeInput:
    """A notice and whom it was given to."""

    external_ids: list[str] = strawberry.field(description="The persons, up to 10,000.")
    notice: PurposeNoticeInput = strawberry.field(description="What they were told.")


@strawberry.type(description="The notice is on record.")
class PurposeNoticeGiven:
    """What became of a notice."""

    notice: PurposeNoticeRecord | None = strawberry.field(
        description="The notice; null if every row was rejected."
    )
    persons: int = strawberry.field(description="Persons it was given to.")
    rejections: list[RowRejection] = strawberry.field(description="Rows that named nobody.")


GivePurposeNoticeResult = Annotated[
    PurposeNoticeGiven | Refusal,
    strawberry.union("GivePurposeNoticeResult", description="What `givePurposeNotice` answers."),
]


async def _notices(
    info: Info,
    external_id: Annotated[str, strawberry.argument(description="External id of the person.")],
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[PurposeNoticeRecord]:
    context = info.context
    view = window(first, after, last, before, "notice", context)
    given = await show_notices(context.custodian, context.somebody, external_id, context.clock())
    if isinstance(given, Denied):
        raise refused_query(context, given)
    page = slice_of(given, view)
    return connection(context, "notice", page, lambda item: item[0], lambda item: _notice(item[1]))


async def _give(info: Info, input: Annotated[GivePurposeNoticeInput, INPUT]) -> GivePurposeNoticeResult:
    context = info.context
    done = await give_purpose_notice(
        context.custodian, context.somebody, input.external_ids, telling_of(input.notice), context.clock()
    )
    if isinstance(done, Denied):
        return refusal(context, done)
    return PurposeNoticeGiven(
        notice=_notice(done.notice) if done.persons else None,
        persons=done.persons,
        rejections=row_rejections(done.rejections),
    )


async def _draft(
    info: Info,
    form: Annotated[NoticeForm, strawberry.argument(description="To whom it speaks.")],
    purposes: Annotated[list[str], strawberry.argument(description="Codes of the purposes; at least one.")],
    contact: Annotated[
        str, strawberry.argument(description="Whom to ask, in one line; empty leaves it out.")
    ] = "",
) -> PurposeNoticeDrafted:
    context = info.context
    drafted = await draft_notice(
        context.custodian, context.somebody, form, frozenset(purposes), context.clock(), contact
    )
    if isinstance(drafted, Denied):
        raise refused_query(context, drafted)
    return PurposeNoticeDrafted(form=drafted.form, purposes=list(drafted.purposes), text=drafted.text)


@strawberry.type
class PurposeNoticeQuery:
    """Queries about purpose notices."""

    purpose_notice_draft: PurposeNoticeDrafted = strawberry.field(
        resolver=_draft,
        description="The words of a purpose notice in the company's name, Japanese with English beneath: a document "
        "to employees, a web page, or a letter to payees. Nobody is told by asking for it.",
    )

    purpose_notices: Connection[PurposeNoticeRecord] = strawberry.field(
        resolver=_notices, description="The purpose notices a person was given, oldest first."
    )


@strawberry.type
class PurposeNoticeMutation:
    """Purpose notices on record."""

    give_purpose_notice: GivePurposeNoticeResult = strawberry.mutation(
        resolver=_give,
        description="Record that persons were given a purpose notice (利用目的通知), with its words and its form. "
        "A number is used for no purpose its person was not told of.",
    )


def _notice(notice: CustodyNotice) -> PurposeNoticeRecord:
    return PurposeNoticeRecord(
        notice_id=notice.public_id,
        form=notice.form,
        purposes=list(notice.purposes),
        text=notice.text,
        told_on=day_of(notice.told_on),
        given_by=notice.given_by or None,
        recorded_at=Moment(notice.created_at),
    )
