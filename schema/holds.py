"""Legal holds (法的保全): as long as one stands on a person, their number is not disposed of."""

from typing import Annotated

import strawberry

from custody.disposal.listing import ListedHold, list_holds
from custody.holds import Placed, lift_holds, place_holds
from policies.refusals import Denied
from schema.context import Context, Info
from schema.days import moment_of
from schema.named import EXTERNAL_IDS, TOKENS, named
from schema.pages import After, Before, Connection, First, Last, connection, window
from schema.replay import IDEMPOTENCY, replay_of
from schema.results import INPUT, Refusal, RowRejection, refusal, refused_query, row_rejections
from schema.scalars import Moment, Token

Lifted = Annotated[bool | None, strawberry.argument(description="Whether lifted ones are wanted as well.")]


@strawberry.type(description="A legal hold on one person's number.")
class Hold:
    """A hold."""

    hold_id: str = strawberry.field(description="Public id, as the audit log names it.")
    external_id: str = strawberry.field(description="On whom.")
    name: str = strawberry.field(description="Their name.")
    reason: str = strawberry.field(description="Why.")
    placed_by: str = strawberry.field(description="Login of who placed it.")
    placed_at: Moment = strawberry.field(description="When.")
    lifted_by: str | None = strawberry.field(description="Login of who lifted it.")
    lifted_at: Moment | None = strawberry.field(description="When; null while it stands.")


@strawberry.input(description="Persons whose numbers are to be kept, whatever the clock says.")
class PlaceHoldsInput:
    """Holds to place."""

    reason: str = strawberry.field(description="Why; 200 characters at most.")
    external_ids: list[str] | None = strawberry.field(default=None, description=EXTERNAL_IDS)
    tokens: list[Token] | None = strawberry.field(default=None, description=TOKENS)
    idempotency_key: str | None = strawberry.field(default=None, description=IDEMPOTENCY)


@strawberry.input(description="Holds that are to end.")
class LiftHoldsInput:
    """Holds to lift."""

    hold_ids: list[str] = strawberry.field(description="Public ids, up to 10,000.")
    reason: str = strawberry.field(description="Why; 200 characters at most.")


@strawberry.type(description="The holds as they are now.")
class HoldsChanged:
    """What became of a batch."""

    hold_ids: list[str | None] = strawberry.field(
        description="The hold of each row; null for a rejected one."
    )
    rejections: list[RowRejection] = strawberry.field(description="The rows that were not taken, in order.")


HoldsResult = Annotated[
    HoldsChanged | Refusal,
    strawberry.union("HoldsResult", description="What a mutation answers that changes legal holds."),
]


async def _holds(
    info: Info,
    lifted: Lifted = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[Hold]:
    context = info.context
    view = window(first, after, last, before, "hold", context)
    page = await list_holds(context.custodian, context.somebody, view, context.clock(), standing=not lifted)
    if isinstance(page, Denied):
        raise refused_query(context, page)
    return connection(context, "hold", page, lambda item: item.hold.id, _hold)


async def _place_holds(info: Info, input: Annotated[PlaceHoldsInput, INPUT]) -> HoldsResult:
    context = info.context
    who = named(input.external_ids, input.tokens)
    replay = replay_of(context, input.idempotency_key, "placeHolds", input)
    done = await place_holds(context.custodian, context.somebody, who, input.reason, context.clock(), replay)
    return _changed(context, done)


async def _lift_holds(info: Info, input: Annotated[LiftHoldsInput, INPUT]) -> HoldsResult:
    context = info.context
    done = await lift_holds(
        context.custodian, context.somebody, input.hold_ids, input.reason, context.clock()
    )
    return _changed(context, done)


@strawberry.type
class HoldQuery:
    """Queries about legal holds."""

    holds: Connection[Hold] = strawberry.field(
        resolver=_holds,
        description="Legal holds, oldest first; for those who decide on disposals or check them.",
    )


@strawberry.type
class HoldMutation:
    """Changes to legal holds."""

    place_holds: HoldsResult = strawberry.mutation(
        resolver=_place_holds, description="Keep persons' numbers from being disposed of; for administrators."
    )
    lift_holds: HoldsResult = strawberry.mutation(
        resolver=_lift_holds,
        description="End legal holds; for administrators with a recent one-time code.",
    )


def _hold(listed: ListedHold) -> Hold:
    hold = listed.hold
    return Hold(
        hold_id=hold.public_id,
        external_id=listed.person.external_id,
        name=listed.person.name,
        reason=hold.reason,
        placed_by=hold.placed_by,
        placed_at=Moment(hold.placed_at),
        lifted_by=hold.lifted_by or None,
        lifted_at=moment_of(hold.lifted_at),
    )


def _changed(context: Context, done: Placed | Denied) -> HoldsChanged | Refusal:
    if isinstance(done, Denied):
        return refusal(context, done)
    return HoldsChanged(hold_ids=done.holds, rejections=row_rejections(done.rejections))
