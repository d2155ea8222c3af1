"""Taking steps of collections: whichever the step, the table of `policies.collection` decides, one leaf says it.

Everything happens in one transaction that has locked the tenant's log, so that of two who decide at the same time one
comes after the other, finds another revision or another state, and is told so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from custody.collection.acting import Acting
from custody.collection.collection import Collection, collections_by_id, parse_collection_id, save_collections
from custody.custodian import Custodian
from custody.leaves import leaves_of
from custody.rejections import Rejection, rejection
from policies.collection import State, Step, allowed
from tokenizer.audit.action import Action
from tokenizer.audit.entry import Entry
from tokenizer.storage.transaction import Transaction

ACTIONS: Final[Mapping[Step, Action]] = {
    Step.DISTRIBUTE: Action.COLLECTION_DISTRIBUTE,
    Step.RESEND: Action.COLLECTION_RESEND,
    Step.REMIND: Action.COLLECTION_REMIND,
    Step.ARRIVE: Action.COLLECTION_ARRIVE,
    Step.SUBMIT: Action.COLLECTION_SUBMIT,
    Step.FIND_FAULT: Action.COLLECTION_FIND_FAULT,
    Step.ACCEPT: Action.COLLECTION_ACCEPT,
    Step.REGISTER: Action.COLLECTION_REGISTER,
    Step.REFUSE: Action.COLLECTION_REFUSE,
    Step.ASK_AGAIN: Action.COLLECTION_ASK_AGAIN,
    Step.NOT_ASSIGNED: Action.COLLECTION_NOT_ASSIGNED,
    Step.CLOSE: Action.COLLECTION_CLOSE,
}
_TIME_OF: Final[Mapping[State, str]] = {
    State.INSTRUCTED: "instructed_at",
    State.DISTRIBUTED: "distributed_at",
    State.ARRIVED: "arrived_at",
    State.DEFICIENT: "deficient_at",
    State.VERIFIED: "verified_at",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """Collections somebody wants to move on, as columns.

    Attributes:
        ids: public ids.
        revisions: the revision each had when they looked at it; empty for whatever it is now.
    """

    ids: Sequence[str]
    revisions: Sequence[int] = ()

    def __len__(self) -> int:
        return len(self.ids)

    def lengths_agree(self) -> bool:
        """Whether every row has a revision, or none has."""
        return len(self.revisions) in {0, len(self.ids)}


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of steps: the collections as they are now, in the order asked for, and the rows not moved."""

    collections: list[Collection]
    rejections: list[Rejection] = field(default_factory=list)


def find_chosen(
    tx: Transaction, custodian: Custodian, tenant: int, chosen: Chosen, rejected: dict[int, Rejection]
) -> dict[int, Collection]:
    """The collections that are meant, by row; others are rejected: unknown ones, repeated ones, changed ones.

    Raises:
        SealBrokenError: a row was altered.
    """
    wanted = [parse_collection_id(text) or 0 for text in chosen.ids]
    there = collections_by_id(tx, custodian.authority, tenant, list(dict.fromkeys(wanted)))
    found: dict[int, Collection] = {}
    seen: set[int] = set()
    for row, identity in enumerate(wanted):
        collection = there.get(identity)
        if collection is None:
            rejected.setdefault(row, rejection(row, "COLLECTION_UNKNOWN"))
        elif identity in seen:
            rejected.setdefault(row, rejection(row, "PERSON_REPEATED"))
        elif chosen.revisions and chosen.revisions[row] != collection.revision:
            rejected.setdefault(row, rejection(row, "COLLECTION_CHANGED"))
        elif row not in rejected:
            found[row] = collection
        seen.add(identity)
    return found


def sort_allowed(
    found: Mapping[int, Collection], step: Step, acting: Acting, rejected: dict[int, Rejection]
) -> dict[int, Collection]:
    """Those from whose state the step may be taken; the others are rejected."""
    able = {
        row: collection for row, collection in found.items() if allowed(collection.state, step, acting.by)
    }
    for row in found.keys() - able.keys():
        rejected[row] = rejection(row, "STEP_NOT_ALLOWED")
    return able


def stepped(collection: Collection, step: Step, acting: Acting, now: int) -> Collection:
    """A collection after a step; reasons of before are gone, but for what is sent again because of them.

    Raises:
        ValueError: the step may not be taken, which `sort_allowed` finds out before.
    """
    transition = allowed(collection.state, step, acting.by)
    if transition is None:
        raise ValueError(f"{step} is not taken from {collection.state} by {acting.by}")
    end, stays = transition.end, transition.end is collection.state
    moved = replace(
        collection, state=end, revision=collection.revision + 1, since=collection.since if stays else now
    )
    if step is Step.REMIND:
        return moved
    times: dict[str, Any] = {_TIME_OF[end]: now} if end in _TIME_OF else {"ended_at": now}
    codes = collection.codes if step is Step.RESEND else ()
    return replace(moved, codes=codes, asked_on="", **times)


def write_steps(
    tx: Transaction,
    custodian: Custodian,
    acting: Acting,
    step: Step,
    collections: Sequence[Collection],
    now: int,
    details: Mapping[str, str] | None = None,
) -> list[Collection]:
    """Write collections that have taken a step, and a leaf for each.

    Args:
        tx: a transaction that has locked the tenant's log.
        custodian: what the step works with.
        acting: who took it.
        step: which.
        collections: as they are now.
        now: milliseconds since the epoch.
        details: further facts, the same for all.
    """
    if not collections:
        return []
    save_collections(tx, custodian.authority, collections)

    def say(likeness: tuple[int, str, str]) -> Entry:
        campaign, codes, state = likeness
        detail = {**(details or {}), "campaign": f"cmp_{campaign}", "state": state}
        return acting.says(ACTIONS[step], now, {**detail, "codes": codes} if codes else detail)

    alike = [(each.campaign, " ".join(each.codes), each.state.value) for each in collections]
    record = leaves_of([each.person for each in collections], alike, say)
    custodian.vault.log(acting.tenant).append(tx, record)
    return list(collections)
