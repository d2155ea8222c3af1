"""Legal holds as administrators place and lift them. Placing is quick; lifting needs a one-time code of late."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from custody.batch import take_batch
from custody.custodian import Custodian, entry
from custody.documents import refuse_rows
from custody.hold import DROP_HOLDS, Hold, holds_by_id, insert_holds, parse_hold_id
from custody.leaves import leaves_of
from custody.named import Named, find_named, reject_named, reject_repeated
from custody.rejections import Rejection, rejection
from custody.replay import Once, Replay
from custody.settle import settle
from custody.words import refuse_words
from policies.actor import Actor
from policies.authorize import may, may_administer
from policies.refusals import Denied
from tokenizer.audit.action import Action
from tokenizer.audit.entry import Entry
from tokenizer.storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of a batch of holds.

    Attributes:
        holds: public id of each row's hold, None for a rejected row.
        rejections: the rows that were not taken.
    """

    holds: list[str | None]
    rejections: list[Rejection] = field(default_factory=list)


async def place_holds(
    custodian: Custodian,
    actor: Actor,
    persons: Named,
    reason: str,
    now: int,
    replay: Replay | None = None,
) -> Placed | Denied:
    """Keep persons' numbers from being disposed of, whatever the clock and any list say.

    Args:
        custodian: what the use case works with.
        actor: an administrator.
        persons: at most 10,000, each once.
        reason: why, in the human's words.
        now: milliseconds since the epoch.
        replay: makes the request idempotent.
    """
    denial = may(actor, "placeHolds") or refuse_rows(len(persons), agree=True) or refuse_words(reason)
    ids = custodian.vault.new_ids(len(persons), now)

    def work(tx: Transaction) -> Placed:
        people = find_named(tx, actor, persons)
        rejected: dict[int, Rejection] = {}
        reject_named(persons, people, rejected)
        reject_repeated(people, rejected)
        holds = {
            row: Hold(actor.tenant, ids[row], person.id, reason.strip(), actor.name, now)
            for row, person in enumerate(people)
            if person and row not in rejected
        }
        put_holds(tx, custodian, actor, list(holds.values()), now)
        public = [holds[row].public_id if row in holds else None for row in range(len(persons))]
        return Placed(public, [rejected[row] for row in sorted(rejected)])

    once = Once(replay, _to_answer, _from_answer) if replay else None
    return await take_batch(custodian, actor, Action.HOLD_PLACE, denial, now, work, once)


async def lift_holds(
    custodian: Custodian, actor: Actor, holds: Sequence[str], reason: str, now: int
) -> Placed | Denied:
    """End holds. Whoever's number is due is proposed for disposal again.

    Args:
        custodian: what the use case works with.
        actor: an administrator who gave a one-time code of late.
        holds: public ids, at most 10,000.
        reason: why, in the human's words.
        now: milliseconds since the epoch.
    """
    denial = may_administer(actor, "liftHolds", now)
    denial = denial or refuse_rows(len(holds), agree=True) or refuse_words(reason)
    wanted = [parse_hold_id(text) or 0 for text in holds]

    def work(tx: Transaction) -> Placed:
        found = holds_by_id(tx, custodian.authority, actor.tenant, list(dict.fromkeys(wanted)))
        lifted: dict[int, Hold] = {}
        rejected: dict[int, Rejection] = {}
        for row, identity in enumerate(wanted):
            hold = found.get(identity)
            if hold is None:
                rejected[row] = rejection(row, "HOLD_UNKNOWN")
            elif hold.lifted_at or identity in lifted:
                rejected[row] = rejection(row, "HOLD_LIFTED")
            else:
                lifted[identity] = replace(hold, lifted_by=actor.name, lifted_at=now)
        DROP_HOLDS(tx, actor.tenant, list(lifted))
        insert_holds(tx, custodian.authority, lifted.values())
        _record(tx, custodian, actor, Action.HOLD_LIFT, list(lifted.values()), reason.strip(), now)
        answer = [None if row in rejected else text for row, text in enumerate(holds)]
        return Placed(answer, [rejected[row] for row in sorted(rejected)])

    return await take_batch(custodian, actor, Action.HOLD_LIFT, denial, now, work)


def put_holds(tx: Transaction, custodian: Custodian, actor: Actor, holds: Sequence[Hold], now: int) -> None:
    """Place holds of one reason and record them, in a transaction that has locked the tenant's log."""
    if holds:
        insert_holds(tx, custodian.authority, holds)
        _record(tx, custodian, actor, Action.HOLD_PLACE, holds, holds[0].reason, now)


def _record(
    tx: Transaction,
    custodian: Custodian,
    actor: Actor,
    action: Action,
    holds: Sequence[Hold],
    reason: str,
    now: int,
) -> None:
    if not holds:
        return
    persons = [hold.person for hold in holds]
    settle(tx, custodian, actor.tenant, list(dict.fromkeys(persons)), now)

    def say(hold: str) -> Entry:
        return entry(actor, action, now, reason=reason, detail={"hold": hold})

    record = leaves_of(persons, [hold.public_id for hold in holds], say)
    custodian.vault.log(actor.tenant).append(tx, record)


def _to_answer(done: Placed) -> list[Any]:
    return [done.holds, [[item.row, item.code, item.message_ja, item.message_en] for item in done.rejections]]


def _from_answer(answer: list[Any]) -> Placed:
    holds, rejections = answer
    return Placed(holds, [Rejection(*item) for item in rejections])
