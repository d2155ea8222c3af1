"""The steps of a disposal: proposed, changed, confirmed by one human, approved by another, or cancelled."""

from typing import Annotated

import strawberry

from custody.disposal.change import Changed, cancel, exclude, include
from custody.disposal.decide import approve, confirm
from custody.disposal.propose import Proposed, propose_instruction, propose_until
from custody.disposal.run import Run
from policies.refusals import Denied
from schema.context import Context, Info
from schema.disposal import DisposalRun, run_node
from schema.named import EXTERNAL_IDS, TOKENS, named
from schema.quiet import PublicError
from schema.replay import IDEMPOTENCY, replay_of
from schema.results import INPUT, Refusal, RowRejection, refusal, row_rejections
from schema.scalars import Day, OneTimeCode, Token


@strawberry.input(
    description="Everybody who falls due until a day; or, on instruction, persons whose numbers are to go at once."
)
class ProposeDisposalInput:
    """A disposal to propose."""

    until: Day | None = strawberry.field(
        default=None,
        description="All who fall due until this day, from today to a year ahead; nobody else is named.",
    )
    external_ids: list[str] | None = strawberry.field(default=None, description=EXTERNAL_IDS)
    tokens: list[Token] | None = strawberry.field(default=None, description=TOKENS)
    reason: str = strawberry.field(default="", description="Why, for an instruction; 200 characters at most.")
    idempotency_key: str | None = strawberry.field(default=None, description=IDEMPOTENCY)


@strawberry.input(description="Persons who are to be left out of a disposal.")
class ExcludeFromDisposalInput:
    """Persons to leave out."""

    run_id: str = strawberry.field(description="Public id of the disposal.")
    reason: str = strawberry.field(description="Why; 200 characters at most.")
    external_ids: list[str] | None = strawberry.field(default=None, description=EXTERNAL_IDS)
    tokens: list[Token] | None = strawberry.field(default=None, description=TOKENS)
    hold: bool = strawberry.field(
        default=False,
        description="Place a legal hold on each as well; otherwise they are proposed again after the notice.",
    )


@strawberry.input(description="Persons who were left out of a disposal and are to be on its list again.")
class IncludeInDisposalInput:
    """Persons to take in again."""

    run_id: str = strawberry.field(description="Public id of the disposal.")
    reason: str = strawberry.field(description="Why; 200 characters at most.")
    external_ids: list[str] | None = strawberry.field(default=None, description=EXTERNAL_IDS)
    tokens: list[Token] | None = strawberry.field(default=None, description=TOKENS)


@strawberry.input(description="A human stands behind the list of a disposal, as they saw it.")
class DecideDisposalInput:
    """A decision."""

    run_id: str = strawberry.field(description="Public id of the disposal.")
    digest: str = strawberry.field(
        description="The digest of the list the human saw (`disposalRun`); refused if it is another."
    )
    code: OneTimeCode = strawberry.field(description="The human's one-time code.")


@strawberry.input(description="A disposal that is given up.")
class CancelDisposalInput:
    """A disposal to cancel."""

    run_id: str = strawberry.field(description="Public id of the disposal.")
    reason: str = strawberry.field(description="Why; 200 characters at most.")


@strawberry.type(description="What became of a proposal.")
class DisposalProposed:
    """A proposed disposal."""

    run: DisposalRun | None = strawberry.field(
        description="A disposal that waits for two humans; null if every row was rejected."
    )
    rejections: list[RowRejection] = strawberry.field(description="Rows that are not part of it.")


@strawberry.type(description="The disposal as it is now.")
class DisposalChanged:
    """A changed disposal."""

    run: DisposalRun = strawberry.field(
        description="The disposal; with another list, what was confirmed or approved is void."
    )
    rejections: list[RowRejection] = strawberry.field(description="Rows that did not change it.")


ProposeDisposalResult = Annotated[
    DisposalProposed | Refusal,
    strawberry.union("ProposeDisposalResult", description="What `proposeDisposal` answers."),
]
DisposalResult = Annotated[
    DisposalChanged | Refusal,
    strawberry.union("DisposalResult", description="What a step of a disposal answers."),
]


async def _propose(info: Info, input: Annotated[ProposeDisposalInput, INPUT]) -> ProposeDisposalResult:
    context = info.context
    if input.until is not None:
        if input.external_ids is not None or input.tokens is not None:
            raise PublicError(
                "BAD_USER_INPUT",
                "until を指定するときは、externalIds と tokens を指定しないでください",
                "with until, give neither externalIds nor tokens",
            )
        replay = replay_of(context, input.idempotency_key, "proposeDisposal", input)
        due = await propose_until(context.custodian, context.somebody, input.until, context.clock(), replay)
        if isinstance(due, Denied):
            return refusal(context, due)
        return DisposalProposed(run=run_node(due), rejections=[])
    return await _instruct(context, input)


async def _instruct(context: Context, input: ProposeDisposalInput) -> DisposalProposed | Refusal:
    who = named(input.external_ids, input.tokens)
    replay = replay_of(context, input.idempotency_key, "proposeDisposal", input)
    done = await propose_instruction(
        context.custodian, context.somebody, who, input.reason, context.clock(), replay
    )
    return _proposed(context, done)


async def _exclude(info: Info, input: Annotated[ExcludeFromDisposalInput, INPUT]) -> DisposalResult:
    context = info.context
    done = await exclude(
        context.custodian,
        context.somebody,
        input.run_id,
        named(input.external_ids, input.tokens),
        input.reason,
        context.clock(),
        hold=input.hold,
    )
    return _changed(context, done)


async def _include(info: Info, input: Annotated[IncludeInDisposalInput, INPUT]) -> DisposalResult:
    context = info.context
    who = named(input.external_ids, input.tokens)
    done = await include(
        context.custodian, context.somebody, input.run_id, who, input.reason, context.clock()
    )
    return _changed(context, done)


async def _confirm(info: Info, input: Annotated[DecideDisposalInput, INPUT]) -> DisposalResult:
    context = info.context
    done = await confirm(
        context.custodian, context.somebody, input.run_id, input.digest, input.code, context.clock()
    )
    return _changed(context, done)


async def _approve(info: Info, input: Annotated[DecideDisposalInput, INPUT]) -> DisposalResult:
    context = info.context
    done = await approve(
        context.custodian, context.somebody, input.run_id, input.digest, input.code, context.clock()
    )
    return _changed(context, done)


async def _cancel(info: Info, input: Annotated[CancelDisposalInput, INPUT]) -> DisposalResult:
    context = info.context
    done = await cancel(context.custodian, context.somebody, input.run_id, input.reason, context.clock())
    return _changed(context, done)


@strawberry.type
class DisposalMutation:
    """The steps of a disposal."""

    propose_disposal: ProposeDisposalResult = strawberry.mutation(
        resolver=_propose,
        description="Propose a disposal, of what falls due or on instruction; for administrators.",
    )
    exclude_from_disposal: DisposalResult = strawberry.mutation(
        resolver=_exclude, description="Leave persons out of a disposal, with a reason."
    )
    include_in_disposal: DisposalResult = strawberry.mutation(
        resolver=_include, description="Take persons in again who were left out by hand."
    )
    confirm_disposal: DisposalResult = strawberry.mutation(
        resolver=_confirm, description="Stand behind a disposal with a one-time code; for administrators."
    )
    approve_disposal: DisposalResult = strawberry.mutation(
        resolver=_approve,
        description="Approve a confirmed disposal as a second person, with a one-time code. "
        "From its day on it is carried out.",
    )
    cancel_disposal: DisposalResult = strawberry.mutation(
        resolver=_cancel, description="Give a disposal up before the first number is destroyed."
    )


def _proposed(context: Context, done: Proposed | Denied) -> DisposalProposed | Refusal:
    if isinstance(done, Denied):
        return refusal(context, done)
    run = run_node(done.run) if done.run else None
    return DisposalProposed(run=run, rejections=row_rejections(done.rejections))


def _changed(context: Context, done: Changed | Run | Denied) -> DisposalChanged | Refusal:
    if isinstance(done, Denied):
        return refusal(context, done)
    if isinstance(done, Run):
        return DisposalChanged(run=run_node(done), rejections=[])
    return DisposalChanged(run=run_node(done.run), rejections=row_rejections(done.rejections))
