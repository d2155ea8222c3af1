"""Changing a run before it is carried out: leaving persons out, taking them in again, cancelling the whole.

Whatever changes the list makes a confirmation void: the two who decide look at it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from custody.custodian import Custodian, entry, one_leaf
from custody.disposal.item import LEGAL_HOLD, NO_LONGER_DUE, Item, ItemState, items_of, save_items
from custody.disposal.review import due_of, list_changed, retract, why_not
from custody.disposal.run import OPEN, Run, RunState, save_run
from custody.disposal.step import refuse_unless, take_step
from custody.documents import refuse_rows
from custody.hold import Hold, held_persons
from custody.holds import put_holds
from custody.leaves import leaves_of
from custody.named import Named, find_named, reject_repeated
from custody.people import Known
from custody.rejections import Rejection, rejection
from custody.settle import reckoner
from custody.terms import reckon
from custody.words import refuse_words
from policies.actor import Actor
from policies.authorize import may
from policies.refusals import Denied
from tokenizer.audit.action import Action
from tokenizer.audit.entry import Entry
from tokenizer.storage.transaction import Transaction

_CHANGEABLE = (RunState.PROPOSED, RunState.CONFIRMED, RunState.APPROVED)


@dataclass(frozen=True, slots=True)
class Changed:
    """A run with another list, and the rows that did not change it."""

    run: Run
    rejections: list[Rejection] = field(default_factory=list)


async def exclude(
    custodian: Custodian,
    actor: Actor,
    run_id: str,
    persons: Named,
    reason: str,
    now: int,
    *,
    hold: bool,
) -> Changed | Denied:
    """Leave persons out of a run.

    Args:
        custodian: what the use case works with.
        actor: an administrator.
        run_id: public id of the run.
        persons: at most 10,000, each once.
        reason: why, in the human's words.
        now: milliseconds since the epoch.
        hold: place a legal hold on each as well; otherwise they are proposed again after the notice.
    """
    denial = may(actor, "manageDisposals") or refuse_rows(len(persons), agree=True) or refuse_words(reason)
    ids = custodian.vault.new_ids(len(persons), now)
    words = reason.strip()

    def work(tx: Transaction, run: Run) -> Changed | Denied:
        refusal = refuse_unless(run, *_CHANGEABLE)
        if refusal is not None:
            return refusal
        rejected: dict[int, Rejection] = {}
        found = _items(tx, actor, run, persons, rejected, ItemState.LISTED)
        if not found:
            return Changed(run, [rejected[row] for row in sorted(rejected)])
        left_out = [
            replace(item, state=ItemState.EXCLUDED, reason=words, decided_by=actor.name, decided_at=now)
            for item in found.values()
        ]
        retract(tx, custodian, run, now)
        save_items(tx, run, left_out)
        changed = list_changed(tx, custodian, run, now)
        _record(tx, custodian, actor, Action.DISPOSAL_EXCLUDE, run, left_out, words, now)
        if hold:
            holds = [
                Hold(run.tenant, ids[row], item.person, words, actor.name, now) for row, item in found.items()
            ]
            put_holds(tx, custodian, actor, holds, now)
        return Changed(changed, [rejected[row] for row in sorted(rejected)])

    return await take_step(custodian, actor, Action.DISPOSAL_EXCLUDE, run_id, denial, now, work)


async def include(
    custodian: Custodian, actor: Actor, run_id: str, persons: Named, reason: str, now: int
) -> Changed | Denied:
    """Take persons in again who were left out of a run by hand.

    Args:
        custodian: what the use case works with.
        actor: an administrator.
        run_id: public id of the run.
        persons: at most 10,000, each once.
        reason: why, in the human's words.
        now: milliseconds since the epoch.
    """
    denial = may(actor, "manageDisposals") or refuse_rows(len(persons), agree=True) or refuse_words(reason)

    def work(tx: Transaction, run: Run) -> Changed | Denied:
        refusal = refuse_unless(run, *_CHANGEABLE)
        if refusal is not None:
            return refusal
        rejected: dict[int, Rejection] = {}
        found = _items(tx, actor, run, persons, rejected, ItemState.EXCLUDED)
        again = _listed_again(tx, custodian, run, found, rejected)
        changed = run
        if again:
            retract(tx, custodian, run, now)
            save_items(tx, run, again)
            changed = list_changed(tx, custodian, run, now)
            _record(tx, custodian, actor, Action.DISPOSAL_INCLUDE, run, again, reason.strip(), now)
        return Changed(changed, [rejected[row] for row in sorted(rejected)])

    return await take_step(custodian, actor, Action.DISPOSAL_INCLUDE, run_id, denial, now, work)


async def cancel(custodian: Custodian, actor: Actor, run_id: str, reason: str, now: int) -> Run | Denied:
    """Give a run up before the first number is destroyed. Who is due is proposed again after the tenant's notice.

    Args:
        custodian: what the use case works with.
        actor: an administrator.
        run_id: public id of the run.
        reason: why, in the human's words.
        now: milliseconds since the epoch.
    """
    denial = may(actor, "manageDisposals") or refuse_words(reason)

    def work(tx: Transaction, run: Run) -> Run | Denied:
        refusal = refuse_unless(run, *OPEN)
        if refusal is not None:
            return refusal
        retract(tx, custodian, run, now)
        said = entry(actor, Action.DISPOSAL_CANCEL, now, reason=reason.strip(), detail={"run": run.public_id})
        custodian.vault.log(run.tenant).append(tx, one_leaf(said))
        cancelled = replace(run, state=RunState.CANCELLED, finished_at=now)
        return save_run(tx, custodian.authority, cancelled)

    return await take_step(custodian, actor, Action.DISPOSAL_CANCEL, run_id, denial, now, work)


def _items(
    tx: Transaction,
    actor: Actor,
    run: Run,
    persons: Named,
    rejected: dict[int, Rejection],
    wanted: ItemState,
) -> dict[int, Item]:
    """By row the items that are in a state; those left out by the clock come back by the clock alone."""
    people = find_named(tx, actor, persons)
    _reject_unknown(persons, people, rejected)
    reject_repeated(people, rejected)
    rows = {person.id: row for row, person in enumerate(people) if person and row not in rejected}
    items = items_of(tx, run, list(rows))
    found = {}
    for person, row in rows.items():
        item = items.get(person)
        if item is None or item.state is not wanted or (wanted is ItemState.EXCLUDED and not item.decided_by):
            rejected[row] = rejection(row, "NOT_IN_RUN")
        else:
            found[row] = item
    return found


def _reject_unknown(persons: Named, people: Sequence[Known | None], rejected: dict[int, Rejection]) -> None:
    for row, person in enumerate(people):
        if person is None:
            rejected[row] = rejection(row, "TOKEN_UNKNOWN" if persons.by_token else "PERSON_UNKNOWN")


def _listed_again(
    tx: Transaction,
    custodian: Custodian,
    run: Run,
    found: dict[int, Item],
    rejected: dict[int, Rejection],
) -> list[Item]:
    rows = {item.person: row for row, item in found.items()}
    held = held_persons(tx, custodian.authority, run.tenant, list(rows))
    count = reckoner(tx, custodian, run.tenant)
    again = []
    for each in reckon(tx, custodian.authority, count, run.tenant, list(rows)):
        row = rows[each.person]
        why = why_not(run, each, run.as_of, on_hold=each.person in held)
        if why == LEGAL_HOLD:
            rejected[row] = rejection(row, "ON_HOLD")
        elif why == NO_LONGER_DUE:
            rejected[row] = rejection(row, "NOT_DUE")
        elif why:
            rejected[row] = rejection(row, "NUMBER_NOT_HELD")
        else:
            again.append(Item(each.person, due_of(run, each), each.terms.grounds))
    return again


def _record(
    tx: Transaction,
    custodian: Custodian,
    actor: Actor,
    action: Action,
    run: Run,
    items: Sequence[Item],
    reason: str,
    now: int,
) -> None:
    def say(run_id: str) -> Entry:
        return entry(actor, action, now, reason=reason, detail={"run": run_id})

    persons = [item.person for item in items]
    record = leaves_of(persons, [run.public_id] * len(persons), say)
    custodian.vault.log(run.tenant).append(tx, record)
