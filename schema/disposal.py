"""Disposals (廃棄): runs with their lists, as those see them who decide on them or check them."""

from datetime import date
from typing import Annotated

import strawberry

from custody.disposal.item import ItemState
from custody.disposal.listing import ListedItem, Shown, list_items, list_runs, show_run
from custody.disposal.run import Run
from custody.disposal.tasks import tasks
from policies.refusals import Denied
from schema.context import Context, Info
from schema.days import day_of, moment_of
from schema.enums import DisposalItemState, DisposalKind, DisposalState, DisposalTaskKind, PersonKind
from schema.forecast import DisposalGround, ground_node
from schema.nodes import Node, to_id
from schema.pages import After, Before, Connection, First, Last, connection, window
from schema.results import refused_query
from schema.scalars import Day, Index, Moment

RunId = Annotated[str, strawberry.argument(description="Public id of the disposal.")]


@strawberry.type(description="A disposal: a list of persons whose numbers are to go, and what became of it.")
class DisposalRun(Node):
    """A run."""

    run_id: str = strawberry.field(description="Public id, as the audit log names it.")
    kind: DisposalKind = strawberry.field(
        description="Because they fell due, on instruction, or at a contract's end."
    )
    state: DisposalState = strawberry.field(description="How far it has come.")
    reason: str = strawberry.field(description="The words of an instruction; else empty.")
    as_of: Day = strawberry.field(description="The day from which it is carried out, once approved.")
    proposed_by: str | None = strawberry.field(description="Who proposed it; null for the system.")
    proposed_at: Moment = strawberry.field(description="When.")
    confirmed_by: str | None = strawberry.field(description="Who stood behind the list.")
    confirmed_at: Moment | None = strawberry.field(description="When.")
    approved_by: str | None = strawberry.field(description="The second person, who approved it.")
    approved_at: Moment | None = strawberry.field(description="When.")
    finished_at: Moment | None = strawberry.field(description="When it was done, or cancelled.")
    listed: int = strawberry.field(description="How many persons were proposed.")
    disposed: int = strawberry.field(description="How many numbers are destroyed.")
    epoch: int | None = strawberry.field(
        description="The epoch of keys whose destruction makes every copy unreadable; null before it is done."
    )
    extinct_by: Moment | None = strawberry.field(
        description="By when every copy is unreadable, backups included."
    )
    extinct_at: Moment | None = strawberry.field(description="Since when that is so.")
    certificates: list[str] = strawberry.field(
        description="Where its certificates are, from the server's address on, each as JSON and as PDF. "
        "GET them with the same credential."
    )


@strawberry.type(description="A disposal as a human is to see it before deciding.")
class DisposalReview:
    """A run with the digest of its list."""

    run: DisposalRun = strawberry.field(description="The disposal.")
    digest: str = strawberry.field(
        description="SHA-256 over the list as it stands, with days and grounds: a human confirms exactly this."
    )
    listed: int = strawberry.field(description="Persons on the list whose numbers are to go.")
    excluded: int = strawberry.field(description="Persons who were left out.")
    disposed: int = strawberry.field(description="Persons whose numbers are destroyed.")
    spared: int = strawberry.field(
        description="Persons kept at the last moment: by a hold, or no longer due."
    )


@strawberry.type(description="A person of a disposal.")
class DisposalItem:
    """A person of a run."""

    external_id: str = strawberry.field(description="The tenant's own id.")
    name: str = strawberry.field(description="Name.")
    kind: PersonKind = strawberry.field(description="Whose number it is.")
    due_on: Day | None = strawberry.field(
        description="The day on which the number was to go; null where an instruction comes before it."
    )
    grounds: list[DisposalGround] = strawberry.field(description="Document, rule and date of each purpose.")
    state: DisposalItemState = strawberry.field(description="What became of them.")
    reason: str | None = strawberry.field(description="Why they were left out or kept.")
    decided_by: str | None = strawberry.field(description="Who left them out; null for the clock.")
    decided_at: Moment | None = strawberry.field(description="When.")
    disposed_at: Moment | None = strawberry.field(description="When the number was destroyed.")
    entry: Index | None = strawberry.field(description="Where in the audit log that stands.")


@strawberry.type(description="Something about a disposal that concerns the caller.")
class DisposalTask:
    """A notification."""

    kind: DisposalTaskKind = strawberry.field(description="What is to be done.")
    run: DisposalRun = strawberry.field(description="The disposal.")
    persons: int = strawberry.field(description="How many persons are on its list.")
    overdue: bool = strawberry.field(description="Whether its day has come.")


async def _runs(
    info: Info,
    state: Annotated[
        DisposalState | None, strawberry.argument(description="Only disposals in this state.")
    ] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[DisposalRun]:
    context = info.context
    view = window(first, after, last, before, "run", context)
    page = await list_runs(context.custodian, context.somebody, state, view, context.clock())
    if isinstance(page, Denied):
        raise refused_query(context, page)
    return connection(context, "run", page, lambda run: run.id, run_node)


async def _run(info: Info, run_id: RunId) -> DisposalReview | None:
    context = info.context
    shown = await show_run(context.custodian, context.somebody, run_id, context.clock())
    if isinstance(shown, Denied):
        if shown.rule == "run-unknown":
            return None
        raise refused_query(context, shown)
    return _review(shown)


async def _items(
    info: Info,
    run_id: RunId,
    state: Annotated[
        DisposalItemState | None, strawberry.argument(description="Only persons in this state.")
    ] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[DisposalItem]:
    context = info.context
    view = window(first, after, last, before, "item", context)
    page = await list_items(context.custodian, context.somebody, run_id, state, view, context.clock())
    if isinstance(page, Denied):
        raise refused_query(context, page)
    return connection(context, "item", page, lambda item: item.person.id, lambda item: _item(context, item))


async def _tasks(info: Info) -> list[DisposalTask]:
    context = info.context
    return [
        DisposalTask(kind=one.kind, run=run_node(one.run), persons=one.persons, overdue=one.overdue)
        for one in await tasks(context.custodian, context.somebody, context.clock())
    ]


@strawberry.type
class DisposalQuery:
    """Queries about disposals."""

    disposal_runs: Connection[DisposalRun] = strawberry.field(
        resolver=_runs, description="Disposals, oldest first; for those who decide on them or check them."
    )
    disposal_run: DisposalReview | None = strawberry.field(
        resolver=_run, description="One disposal, with the digest of its list."
    )
    disposal_items: Connection[DisposalItem] = strawberry.field(
        resolver=_items, description="The persons of a disposal, with document, rule and date for each."
    )
    tasks: list[DisposalTask] = strawberry.field(
        resolver=_tasks, description="The disposals that are open, with what the caller can do about each."
    )


def run_node(run: Run) -> DisposalRun:
    """A run as the schema tells it."""
    return DisposalRun(
        id=to_id("DisposalRun", run.public_id),
        run_id=run.public_id,
        kind=run.kind,
        state=run.state,
        reason=run.reason,
        as_of=Day(date.fromisoformat(run.as_of)),
        proposed_by=run.proposed_by or None,
        proposed_at=Moment(run.proposed_at),
        confirmed_by=run.confirmed_by or None,
        confirmed_at=moment_of(run.confirmed_at),
        approved_by=run.approved_by or None,
        approved_at=moment_of(run.approved_at),
        finished_at=moment_of(run.finished_at),
        listed=run.listed,
        disposed=run.disposed,
        epoch=run.epoch or None,
        extinct_by=moment_of(run.extinct_by),
        extinct_at=moment_of(run.extinct_at),
        certificates=_certificates(run),
    )


def _certificates(run: Run) -> list[str]:
    stages = (("disposed", run.extinct_by), ("extinct", run.extinct_at))
    return [
        f"/certificates/{run.public_id}/{stage}.{form}"
        for stage, at in stages
        if at
        for form in ("json", "pdf")
    ]


def _review(shown: Shown) -> DisposalReview:
    counts = shown.counts
    return DisposalReview(
        run=run_node(shown.run),
        digest=shown.digest,
        listed=counts[ItemState.LISTED],
        excluded=counts[ItemState.EXCLUDED],
        disposed=counts[ItemState.DISPOSED],
        spared=counts[ItemState.SPARED],
    )


def _item(context: Context, listed: ListedItem) -> DisposalItem:
    item = listed.item
    return DisposalItem(
        external_id=listed.person.external_id,
        name=listed.person.name,
        kind=listed.person.kind,
        due_on=day_of(item.due_on),
        grounds=[ground_node(context, one) for one in listed.grounds],
        state=item.state,
        reason=item.reason or None,
        decided_by=item.decided_by or None,
        decided_at=moment_of(item.decided_at),
        disposed_at=moment_of(item.disposed_at),
        entry=Index(item.leaf_index) if item.state is ItemState.DISPOSED else None,
    )
