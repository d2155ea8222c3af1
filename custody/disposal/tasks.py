"""What a human has to do about disposals: the notifications that a console shows."""

from dataclasses import dataclass
from enum import StrEnum

from custody.calendar import day_in_japan
from custody.custodian import Custodian
from custody.disposal.item import ItemState, item_counts
from custody.disposal.run import Run, RunState, runs_in_state
from policies.actor import Actor
from policies.authorize import may, may_approve_disposal, may_confirm_disposal
from tokenizer.storage.transaction import Transaction


class TaskKind(StrEnum):
    """What is to be done."""

    CONFIRM = "confirm"
    APPROVE = "approve"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Task:
    """Something about a run that concerns a human.

    Attributes:
        kind: confirm or approve it; or wait, until another has, or its day has come.
        run: the run.
        persons: how many persons are on its list and neither left out nor disposed of.
        overdue: whether its day has come.
    """

    kind: TaskKind
    run: Run
    persons: int
    overdue: bool


async def tasks(custodian: Custodian, actor: Actor, now: int) -> list[Task]:
    """The runs that are open, with what this human can do about each; none for who does not decide on disposals."""
    if may(actor, "readDisposals") is not None:
        return []
    today = day_in_japan(now).isoformat()
    return await custodian.database.read(actor.tenant, lambda tx: _tasks(tx, custodian, actor, today))


def _tasks(tx: Transaction, custodian: Custodian, actor: Actor, today: str) -> list[Task]:
    waiting = (RunState.PROPOSED, RunState.CONFIRMED, RunState.APPROVED)
    runs = [run for state in waiting for run in runs_in_state(tx, custodian.authority, actor.tenant, state)]
    return [
        Task(_kind(run, actor), run, item_counts(tx, run)[ItemState.LISTED], overdue=run.as_of <= today)
        for run in runs
    ]


def _kind(run: Run, actor: Actor) -> TaskKind:
    if run.state is RunState.PROPOSED and may_confirm_disposal(actor) is None:
        return TaskKind.CONFIRM
    confirmed = run.confirmed_by == actor.name
    if run.state is RunState.CONFIRMED and may_approve_disposal(actor, confirmed=confirmed) is None:
        return TaskKind.APPROVE
    return TaskKind.WAIT
