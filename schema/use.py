"""Uses (個人番号の利用): asked for, confirmed with a one-time code, received. No registered number leaves otherwise."""

from typing import Annotated, cast

import strawberry

from custody.listing import list_uses
from custody.prepare import Prepared, Request, prepare
from custody.release import Released
from custody.use import Confirmation, approve, confirm, detokenize, find_use, release
from custody.uses import Use as CustodyUse
from policies.refusals import Denied
from schema.context import Context, Info
from schema.enums import UseState
from schema.nodes import Node, to_id
from schema.pages import After, Before, Connection, First, Last, connection, window
from schema.purposes import Purpose, find_purpose
from schema.replay import IDEMPOTENCY, replay_of
from schema.results import INPUT, Refusal, RowRejection, refusal, refused_query, row_rejections
from schema.scalars import Index, Moment, MyNumber, OneTimeCode, Token


def _purpose_of(info: Info, root: strawberry.Parent["Use"]) -> Purpose | None:
    return find_purpose(info.context, root.record.purpose)


def _digest_of(root: strawberry.Parent["Use"]) -> str:
    return root.record.digest


@strawberry.type(
    description="A use of numbers: what a human sees before standing behind it, and what became of it."
)
class Use(Node):
    """A use. What takes long to tell is worked out when it is asked for."""

    record: strawberry.Private[CustodyUse]
    use_id: str = strawberry.field(description="Public id, as the audit log names it.")
    purpose: Purpose | None = strawberry.field(resolver=_purpose_of, description="What for.")
    reason: str = strawberry.field(description="Why, in the words of who asked.")
    persons: int = strawberry.field(description="How many numbers.")
    client: str | None = strawberry.field(description="The client that asked, if a client did.")
    prepared_by: str | None = strawberry.field(description="The human who asked, if a human did.")
    handler: str | None = strawberry.field(description="The only human who may confirm it, if one was named.")
    digest: str = strawberry.field(
        resolver=_digest_of, description="SHA-256 over all of the above: a human confirms exactly this."
    )
    needs_approval: bool = strawberry.field(description="Whether a second person must approve.")
    state: UseState = strawberry.field(description="How far it has come.")
    confirmed_by: str | None = strawberry.field(description="Who stood behind it.")
    approved_by: str | None = strawberry.field(description="Who approved it.")
    prepared_at: Moment = strawberry.field(description="When it was asked for.")
    expires_at: Moment = strawberry.field(description="Until when it can be confirmed and taken.")
    released_at: Moment | None = strawberry.field(description="When the numbers came out.")


@strawberry.input(description="Numbers that are wanted for a purpose; up to 10,000.")
class PrepareUseInput:
    """A use to prepare."""

    tokens: list[Token] = strawberry.field(
        description="Whose numbers, in the order in which they are to come out."
    )
    purpose: str = strawberry.field(description="Code of the purpose.")
    reason: str = strawberry.field(description="Why; 200 characters at most.")
    handler: str | None = strawberry.field(
        default=None, description="Login of the only human who may confirm it."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=IDEMPOTENCY)


@strawberry.type(description="The use waits for a human.")
class UsePrepared:
    """A prepared use."""

    use: Use = strawberry.field(description="What a human is to confirm.")
    rejections: list[RowRejection] = strawberry.field(description="Rows that are not part of it.")


@strawberry.input(description="A human stands behind a prepared use.")
class ConfirmUseInput:
    """A confirmation."""

    use_id: str = strawberry.field(description="Public id of the use.")
    code: OneTimeCode = strawberry.field(description="The human's one-time code.")
    digest: str = strawberry.field(
        default="", description="The digest the human saw; refused if it is another."
    )
    handler: str = strawberry.field(
        default="", description="Login of the human, where a client sends the code."
    )


@strawberry.input(description="A second human approves a confirmed use; never who confirmed it.")
class ApproveUseInput:
    """An approval."""

    use_id: str = strawberry.field(description="Public id of the use.")
    code: OneTimeCode = strawberry.field(description="The human's one-time code.")
    digest: str = strawberry.field(
        default="", description="The digest the human saw; refused if it is another."
    )
    approver: str = strawberry.field(
        default="", description="Login of the human, where a client sends the code."
    )


@strawberry.input(description="Take the numbers of a use that humans have confirmed; once.")
class ReleaseUseInput:
    """A use to take."""

    use_id: str = strawberry.field(description="Public id of the use.")


@strawberry.input(description="Prepare, confirm and release at once, for up to 100 numbers.")
class DetokenizeInput:
    """A small use."""

    tokens: list[Token] = strawberry.field(
        description="Whose numbers, in the order in which they are to come out."
    )
    purpose: str = strawberry.field(description="Code of the purpose.")
    reason: str = strawberry.field(description="Why; 200 characters at most.")
    code: OneTimeCode = strawberry.field(description="The handler's one-time code.")
    handler: str = strawberry.field(
        default="", description="Login of the handler, where a client sends the code."
    )


@strawberry.type(
    description="Numbers, as columns in the order of the request. Shown this once; the record is on disk."
)
class NumbersReleased:
    """What came out."""

    use: Use = strawberry.field(description="What they were released for.")
    tokens: list[Token] = strawberry.field(description="The token of each number.")
    numbers: list[MyNumber] = strawberry.field(description="The numbers.")
    rejections: list[RowRejection] = strawberry.field(description="Rows that are not among them.")
    first_leaf: Index = strawberry.field(
        description="Index of the first of the log's entries, one for each number."
    )
    checkpoint: str = strawberry.field(description="The log's signed checkpoint that covers them.")


@strawberry.type(description="The use went a step further; no number left yet.")
class UseConfirmed:
    """A use on its way."""

    use: Use = strawberry.field(description="The use.")


PrepareUseResult = Annotated[
    UsePrepared | Refusal, strawberry.union("PrepareUseResult", description="What `prepareUse` answers.")
]
ConfirmUseResult = Annotated[
    NumbersReleased | UseConfirmed | Refusal,
    strawberry.union(
        "ConfirmUseResult", description="What `confirmUse` answers: the numbers at once, or a use on its way."
    ),
]
ApproveUseResult = Annotated[
    UseConfirmed | Refusal, strawberry.union("ApproveUseResult", description="What `approveUse` answers.")
]
ReleaseUseResult = Annotated[
    NumbersReleased | Refusal, strawberry.union("ReleaseUseResult", description="What `releaseUse` answers.")
]
DetokenizeResult = Annotated[
    NumbersReleased | Refusal, strawberry.union("DetokenizeResult", description="What `detokenize` answers.")
]


async def _uses(
    info: Info,
    state: Annotated[UseState | None, strawberry.argument(description="Only uses in this state.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[Use]:
    context = info.context
    view = window(first, after, last, before, "use", context)
    page = await list_uses(context.custodian, context.somebody, state, view, context.clock())
    if isinstance(page, Denied):
        raise refused_query(context, page)
    return connection(context, "use", page, lambda use: use.id, use_node)


async def _use(
    info: Info, use_id: Annotated[str, strawberry.argument(description="Public id of the use.")]
) -> Use | None:
    context = info.context
    use = await find_use(context.custodian, context.somebody, use_id)
    return use_node(use) if use else None


async def _prepare_use(info: Info, input: Annotated[PrepareUseInput, INPUT]) -> PrepareUseResult:
    context = info.context
    request = Request(input.tokens, input.purpose, input.reason, input.handler or "")
    replay = replay_of(context, input.idempotency_key, "prepareUse", input)
    done = await prepare(context.custodian, context.somebody, request, context.clock(), replay)
    if isinstance(done, Prepared):
        return UsePrepared(use=use_node(done.use), rejections=row_rejections(done.rejections))
    return refusal(context, done)


async def _confirm_use(info: Info, input: Annotated[ConfirmUseInput, INPUT]) -> ConfirmUseResult:
    context = info.context
    done = await confirm(
        context.custodian,
        context.somebody,
        input.use_id,
        input.digest,
        input.handler,
        input.code,
        context.clock(),
    )
    if isinstance(done, Released):
        return _released(context, done)
    return UseConfirmed(use=use_node(done.use)) if isinstance(done, Confirmation) else refusal(context, done)


async def _approve_use(info: Info, input: Annotated[ApproveUseInput, INPUT]) -> ApproveUseResult:
    context = info.context
    done = await approve(
        context.custodian,
        context.somebody,
        input.use_id,
        input.digest,
        input.approver,
        input.code,
        context.clock(),
    )
    return UseConfirmed(use=use_node(done.use)) if isinstance(done, Confirmation) else refusal(context, done)


async def _release_use(info: Info, input: Annotated[ReleaseUseInput, INPUT]) -> ReleaseUseResult:
    context = info.context
    done = await release(context.custodian, context.somebody, input.use_id, context.clock())
    return refusal(context, done) if isinstance(done, Denied) else _released(context, done)


async def _detokenize(info: Info, input: Annotated[DetokenizeInput, INPUT]) -> DetokenizeResult:
    context = info.context
    request = Request(input.tokens, input.purpose, input.reason, input.handler)
    done = await detokenize(context.custodian, context.somebody, request, input.code, context.clock())
    return refusal(context, done) if isinstance(done, Denied) else _released(context, done)


@strawberry.type
class UseQuery:
    """Queries about uses."""

    uses: Connection[Use] = strawberry.field(
        resolver=_uses, description="Uses, oldest first: a client sees its own, a human the tenant's."
    )
    use: Use | None = strawberry.field(resolver=_use, description="One use by its public id.")


@strawberry.type
class UseMutation:
    """The steps of a use."""

    prepare_use: PrepareUseResult = strawberry.mutation(
        resolver=_prepare_use, description="Fix what numbers are wanted for, for a human to confirm."
    )
    confirm_use: ConfirmUseResult = strawberry.mutation(
        resolver=_confirm_use, description="Stand behind a prepared use with a one-time code."
    )
    approve_use: ApproveUseResult = strawberry.mutation(
        resolver=_approve_use, description="Approve a confirmed use as a second person, with a one-time code."
    )
    release_use: ReleaseUseResult = strawberry.mutation(
        resolver=_release_use, description="Take the numbers of a confirmed use; once, and only by who asked."
    )
    detokenize: DetokenizeResult = strawberry.mutation(
        resolver=_detokenize, description="Tokens and a one-time code in, up to 100 numbers out."
    )


def use_node(use: CustodyUse) -> Use:
    """A use as the schema tells it."""
    return Use(
        id=to_id("Use", use.public_id),
        record=use,
        use_id=use.public_id,
        reason=use.reason,
        persons=len(use.persons),
        client=use.client or None,
        prepared_by=use.prepared_by or None,
        handler=use.handler or None,
        needs_approval=use.needs_approval,
        state=use.state,
        confirmed_by=use.confirmed_by or None,
        approved_by=use.approved_by or None,
        prepared_at=Moment(use.prepared_at),
        expires_at=Moment(use.expires_at),
        released_at=Moment(use.released_at) if use.released_at else None,
    )


def _released(context: Context, done: Released) -> NumbersReleased:
    context.counts.released(done.use.purpose, len(done.numbers))
    return NumbersReleased(
        use=use_node(done.use),
        tokens=cast("list[Token]", done.tokens),
        numbers=cast("list[MyNumber]", [number.decode() for number in done.numbers]),
        rejections=row_rejections(done.rejections),
        first_leaf=Index(done.receipt.first_index),
        checkpoint=done.receipt.checkpoint,
    )
