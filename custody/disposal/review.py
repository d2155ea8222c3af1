"""A list that is not approved yet follows the clock and the holds; whoever confirmed it has to look again.

Once a run is approved its list stands, and the same questions are asked of each person when their batch comes: the
answer can only spare somebody.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from custody.certificates.facts import Kind
from custody.custodian import Custodian, one_leaf
from custody.disposal.item import (
    LEGAL_HOLD,
    NO_LONGER_DUE,
    NOT_HELD,
    Item,
    ItemState,
    claims,
    items_of,
    listed_page,
    save_items,
)
from custody.disposal.run import Run, RunState, read_run, save_run
from custody.hold import held_persons
from custody.people import NumberState
from custody.terms import Reckoned, Reckoner, reckon
from tokenizer.audit.action import Action, Outcome
from tokenizer.audit.entry import Entry
from tokenizer.storage.transaction import Transaction

BATCH: Final = 500
"""So many persons are disposed of in one transaction."""

_FOLLOWS: Final = frozenset({RunState.GATHERING, RunState.PROPOSED, RunState.CONFIRMED})


def why_not(run: Run, reckoned: Reckoned, day: str, *, on_hold: bool) -> str:
    """Why a person's number must not go by this run; empty if it may.

    Args:
        run: the run.
        reckoned: the person as they are now.
        day: the day for which it is asked, ISO 8601.
        on_hold: whether a legal hold stands.
    """
    if reckoned.state != NumberState.HELD.value:
        return NOT_HELD
    if on_hold:
        return LEGAL_HOLD
    due = reckoned.terms.due_on
    return NO_LONGER_DUE if run.kind is Kind.DUE and not (due and due <= day) else ""


def review(
    tx: Transaction, custodian: Custodian, reckoner: Reckoner, tenant: int, persons: Sequence[int], now: int
) -> None:
    """Bring the lists that have these persons up to date. The tenant's log is locked.

    Raises:
        SealBrokenError: a run, a hold, a document or a departure was altered.
    """
    by_run: dict[int, list[int]] = {}
    for claim in claims(tx, tenant, persons):
        by_run.setdefault(claim.run, []).append(claim.person)
    for identity, listed in by_run.items():
        run = read_run(tx, custodian.authority, tenant, identity, lock=True)
        if run is not None and run.state in _FOLLOWS:
            held = held_persons(tx, custodian.authority, tenant, listed)
            reckoned = reckon(tx, custodian.authority, reckoner, tenant, listed)
            _follow(tx, custodian, run, reckoned, held, now)


def list_changed(tx: Transaction, custodian: Custodian, run: Run, now: int) -> Run:
    """Note that a run's list is another one: what was confirmed or approved is void, and the log says so."""
    voided = run.state in {RunState.CONFIRMED, RunState.APPROVED}
    changed = replace(run, revision=run.revision + 1)
    if voided:
        changed = replace(
            changed,
            state=RunState.PROPOSED,
            digest="",
            confirmed_by="",
            confirmed_at=0,
            approved_by="",
            approved_at=0,
        )
        void = Entry(
            at=now, action=Action.DISPOSAL_VOID, outcome=Outcome.ALLOWED, detail={"run": run.public_id}
        )
        custodian.vault.log(run.tenant).append(tx, one_leaf(void))
    return save_run(tx, custodian.authority, changed)


def retract(tx: Transaction, custodian: Custodian, run: Run, now: int) -> None:
    """Take back from the ledger what an approved run of which nothing is destroyed may have told it.

    That is its first batch at most, where the commit after the ledger failed. Comes before any change of the list.
    """
    if run.state is RunState.APPROVED:
        first = [item.person for item in listed_page(tx, run, 0, BATCH)]
        if first:
            custodian.ledger.retract_disposals(run.tenant, run.id, first, now)


def _follow(
    tx: Transaction,
    custodian: Custodian,
    run: Run,
    reckoned: Sequence[Reckoned],
    held: set[int],
    now: int,
) -> None:
    items = items_of(tx, run, [each.person for each in reckoned])
    changed = [
        after
        for each in reckoned
        if (after := _reviewed(run, items[each.person], each, each.person in held, now)) != items[each.person]
    ]
    if changed:
        save_items(tx, run, changed)
        list_changed(tx, custodian, run, now)


def _reviewed(run: Run, item: Item, reckoned: Reckoned, on_hold: bool, now: int) -> Item:  # noqa: FBT001
    """What stands on the list of a person as they are now. What a human left out stays out."""
    if item.decided_by:
        return item
    why = why_not(run, reckoned, run.as_of, on_hold=on_hold)
    if why:
        if item.reason == why:
            return item
        return replace(item, state=ItemState.EXCLUDED, reason=why, decided_at=now)
    return Item(item.person, due_of(run, reckoned), reckoned.terms.grounds)


def due_of(run: Run, reckoned: Reckoned) -> str:
    """The day on which a person's number is to go by a run: an instruction may come before its day."""
    due = reckoned.terms.due_on
    return due if run.kind is Kind.DUE or (due and due <= run.as_of) else ""
