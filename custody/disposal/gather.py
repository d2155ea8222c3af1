"""Gathering the list of a run that falls due: in steps, each a transaction of its own.

Killed half-way the run stays `gathering`, and whoever gathers it next goes on. Only when everybody is on the list is it
proposed, and anybody asked to confirm.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from custody.contract.end import is_closed
from custody.custodian import Custodian, one_leaf
from custody.disposal.candidates import START, Candidate, due_persons
from custody.disposal.item import Item, insert_items
from custody.disposal.policy import read_choice
from custody.disposal.review import due_of, why_not
from custody.disposal.run import Run, RunState, drop_run, insert_run, read_run, save_run
from custody.hold import held_persons
from custody.replay import Once
from custody.settle import reckoner
from custody.terms import reckon
from tokenizer.audit.action import Action, Outcome
from tokenizer.audit.entry import Entry
from tokenizer.storage.transaction import Transaction

_STEP: Final = 1_000
_DAY_MS: Final = 86_400_000


async def gather(custodian: Custodian, run: Run, now: int, once: Once[Run] | None = None) -> Run | None:
    """Put everybody on the list who falls due by the run's day; None if that is nobody, and there is no run then.

    Args:
        custodian: what the use case works with.
        run: a run that is gathering, or is to be.
        now: milliseconds since the epoch.
        once: the idempotent request it is gathered for; what comes of it is its answer.
    """
    database, after = custodian.database, START
    while len(found := await database.write(run.tenant, partial(_step, custodian, run, after, now))) == _STEP:
        after = found[-1]
    return await database.write(run.tenant, partial(_finish, custodian, run, now, once))


def asked_since(tx: Transaction, custodian: Custodian, tenant: int, now: int) -> int:
    """Whoever was left out by hand later than this is not asked about again yet: as long as the tenant's notice."""
    days = read_choice(tx, custodian.authority, tenant).policy.notice_days
    return now - max(days, 1) * _DAY_MS


def said_of(run: Run, now: int, *, human: str | None, persons: int) -> Entry:
    """The leaf of a proposal. One that the scheduler made names no human."""
    return Entry(
        at=now,
        action=Action.DISPOSAL_PROPOSE,
        outcome=Outcome.ALLOWED,
        human=human,
        reason=run.reason or None,
        detail={
            "run": run.public_id,
            "kind": run.kind.value,
            "as_of": run.as_of,
            "persons": str(persons),
        },
    )


def _step(custodian: Custodian, run: Run, after: Candidate, now: int, tx: Transaction) -> Sequence[Candidate]:
    """List the next persons."""
    custodian.vault.log(run.tenant).lock(tx)
    current = read_run(tx, custodian.authority, run.tenant, run.id, lock=True)
    if (current is not None and current.state is not RunState.GATHERING) or is_closed(tx, run.tenant):
        return []
    since = asked_since(tx, custodian, run.tenant, now)
    found = due_persons(tx, run.tenant, run.as_of, since, after, _STEP)
    items = _items(tx, custodian, run, [candidate.person for candidate in found])
    if items:
        if current is None:
            insert_run(tx, custodian.authority, run)
        insert_items(tx, run, items)
        listed = (current or run).listed + len(items)
        save_run(tx, custodian.authority, replace(current or run, listed=listed))
    return found


def _items(tx: Transaction, custodian: Custodian, run: Run, persons: Sequence[int]) -> list[Item]:
    reckoned = reckon(tx, custodian.authority, reckoner(tx, custodian, run.tenant), run.tenant, persons)
    held = held_persons(tx, custodian.authority, run.tenant, persons)
    return [
        Item(each.person, due_of(run, each), each.terms.grounds)
        for each in reckoned
        if not why_not(run, each, run.as_of, on_hold=each.person in held)
    ]


def _finish(custodian: Custodian, run: Run, now: int, once: Once[Run] | None, tx: Transaction) -> Run | None:
    custodian.vault.log(run.tenant).lock(tx)
    answered = once.answer(tx, custodian.vault, now) if once else None
    if isinstance(answered, Run) and answered.state is not RunState.GATHERING:
        return answered  # the same request, sent twice, has gathered it meanwhile
    gathered = _close(tx, custodian, run, now)
    if once is not None:
        once.settle(tx, custodian.vault, gathered, now)
    return gathered


def _close(tx: Transaction, custodian: Custodian, run: Run, now: int) -> Run | None:
    """Propose the run with the list it has; None if nobody is on it."""
    current = read_run(tx, custodian.authority, run.tenant, run.id, lock=True)
    if current is None or current.state is not RunState.GATHERING:
        return current
    if not current.listed:
        drop_run(tx, current)
        return None
    said = said_of(current, now, human=current.proposed_by or None, persons=current.listed)
    custodian.vault.log(run.tenant).append(tx, one_leaf(said))
    return save_run(tx, custodian.authority, replace(current, state=RunState.PROPOSED, proposed_at=now))
