"""Dispatches (発送): what goes out to people, on the company's instruction and at its cost."""

from typing import Annotated

import strawberry

from custody.collection.dispatch import Dispatch as CustodyDispatch
from custody.collection.dispatch import order_public_id
from custody.collection.dispatches import order_dispatches, record_dispatched
from custody.collection.telling import Telling
from policies.mail_faults import MAIL_FAULT_NAMES
from policies.refusals import Denied
from schema.collection_chosen import COLLECTION_IDS, REVISIONS, chosen
from schema.collection_enums import DispatchKind, DispatchState, MailFault
from schema.context import Info
from schema.days import moment_of
from schema.purpose_telling import PurposeNoticeInput, telling_of
from schema.purposes import Bilingual, bilingual
from schema.replay import IDEMPOTENCY, replay_of
from schema.results import INPUT, Refusal, RowRejection, refusal, row_rejections
from schema.scalars import Moment


@strawberry.type(description="One thing that is sent to one person.")
class CollectionDispatch:
    """A dispatch."""

    order_id: str = strawberry.field(description="Public id of the order it belongs to.")
    kind: DispatchKind = strawberry.field(description="What is sent.")
    cost_yen: int = strawberry.field(
        description="What the envelope, card or mail costs, in yen. A household gets one; what is void costs nothing."
    )
    state: DispatchState = strawberry.field(description="How far it is.")
    ordered_by: str = strawberry.field(description="Who instructed it.")
    ordered_at: Moment = strawberry.field(description="When.")
    sent_at: Moment | None = strawberry.field(description="When it went out.")
    tries: int = strawberry.field(description="How often a mail was tried in vain.")
    next_at: Moment | None = strawberry.field(description="When it is tried again, if it is.")
    fault: MailFault | None = strawberry.field(description="Why the last try was in vain.")
    fault_name: Bilingual | None = strawberry.field(description="The same in words, and what to do.")


@strawberry.input(description="Something to be sent to people of a campaign.")
class OrderDispatchesInput:
    """An order."""

    campaign_id: str = strawberry.field(description="Public id of the campaign.")
    collection_ids: list[str] = strawberry.field(description=COLLECTION_IDS)
    kind: DispatchKind = strawberry.field(description="What is sent.")
    cost_yen: int = strawberry.field(
        description="What each costs, in yen: 0 to 100,000. A household gets one."
    )
    revisions: list[int] | None = strawberry.field(default=None, description=REVISIONS)
    idempotency_key: str | None = strawberry.field(default=None, description=IDEMPOTENCY)


@strawberry.type(description="The order stands; nothing has gone out yet.")
class CollectionDispatchesOrdered:
    """What was ordered."""

    order_id: str | None = strawberry.field(
        description="Public id of the order; null if every row was rejected."
    )
    count: int = strawberry.field(description="For how many collections something is to be sent.")
    pieces: int = strawberry.field(
        description="How many envelopes, cards or mails that makes: a household gets one."
    )
    cost_yen: int = strawberry.field(description="What they cost together, in yen.")
    rejections: list[RowRejection] = strawberry.field(description="The rows that are not part of it.")


@strawberry.input(description="An order that has gone out.")
class RecordDispatchedInput:
    """An order on its way."""

    order_id: str = strawberry.field(description="Public id of the order.")
    notice: PurposeNoticeInput | None = strawberry.field(
        default=None, description="The purpose notice that lay in it; the people are on record as told."
    )


@strawberry.type(description="What has gone out now.")
class CollectionDispatchesSent:
    """What became of an order."""

    count: int = strawberry.field(description="For how many collections it has gone out now.")
    pieces: int = strawberry.field(description="How many envelopes or cards went out: a household gets one.")
    cost_yen: int = strawberry.field(description="What they cost, in yen.")
    void: int = strawberry.field(
        description="How many were void, because the collection had moved on before; they cost nothing."
    )


OrderDispatchesResult = Annotated[
    CollectionDispatchesOrdered | Refusal,
    strawberry.union("OrderDispatchesResult", description="What `orderDispatches` answers."),
]
RecordDispatchedResult = Annotated[
    CollectionDispatchesSent | Refusal,
    strawberry.union("RecordDispatchedResult", description="What `recordDispatched` answers."),
]


async def _order(info: Info, input: Annotated[OrderDispatchesInput, INPUT]) -> OrderDispatchesResult:
    context = info.context
    done = await order_dispatches(
        context.custodian,
        context.somebody,
        input.campaign_id,
        chosen(input.collection_ids, input.revisions),
        input.kind,
        input.cost_yen,
        context.clock(),
        replay_of(context, input.idempotency_key, "orderDispatches", input),
    )
    if isinstance(done, Denied):
        return refusal(context, done)
    return CollectionDispatchesOrdered(
        order_id=done.order if done.count else None,
        count=done.count,
        pieces=done.pieces,
        cost_yen=done.cost_yen,
        rejections=row_rejections(done.rejections),
    )


async def _dispatched(info: Info, input: Annotated[RecordDispatchedInput, INPUT]) -> RecordDispatchedResult:
    context = info.context
    telling: Telling | None = telling_of(input.notice) if input.notice else None
    done = await record_dispatched(
        context.custodian, context.somebody, input.order_id, telling, context.clock()
    )
    if isinstance(done, Denied):
        return refusal(context, done)
    return CollectionDispatchesSent(
        count=done.count, pieces=done.pieces, cost_yen=done.cost_yen, void=done.void
    )


@strawberry.type
class DispatchMutation:
    """Orders, and what became of them."""

    order_dispatches: OrderDispatchesResult = strawberry.mutation(
        resolver=_order,
        description="Instruct that something is sent to people, with its cost: the first kit or link, "
        "another one, a reminder. Nothing goes out without it.",
    )
    record_dispatched: RecordDispatchedResult = strawberry.mutation(
        resolver=_dispatched, description="Record that an order has gone out (キット配布済み)."
    )


def dispatch_node(dispatch: CustodyDispatch) -> CollectionDispatch:
    """A dispatch as the schema tells it."""
    fault = MailFault(dispatch.code) if dispatch.code else None
    return CollectionDispatch(
        order_id=order_public_id(dispatch.order),
        kind=dispatch.kind,
        cost_yen=dispatch.cost_yen,
        state=dispatch.state,
        ordered_by=dispatch.ordered_by,
        ordered_at=Moment(dispatch.ordered_at),
        sent_at=moment_of(dispatch.sent_at),
        tries=dispatch.tries,
        next_at=moment_of(dispatch.next_at),
        fault=fault,
        fault_name=bilingual(MAIL_FAULT_NAMES[fault]) if fault else None,
    )
