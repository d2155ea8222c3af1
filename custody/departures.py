"""Departures as callers record them: who left on which day, and who did not leave after all.

From that day on the clock of retention runs, for an employee's dependents and spouse as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from custody.batch import take_batch
from custody.calendar import day_in_japan
from custody.collection.ending import end_of_persons
from custody.custodian import Custodian, entry
from custody.days import is_plausible
from custody.departure import DROP_DEPARTURES, Departure, departures_of, insert_departures, with_family
from custody.departure_papers import open_papers
from custody.documents import refuse_rows
from custody.leaves import leaves_of
from custody.named import Named, find_named, reject_named, reject_repeated
from custody.rejections import Rejection, rejection
from custody.settle import settle
from custody.words import refuse_words
from policies.actor import Actor
from policies.authorize import may
from policies.collection_codes import Closing
from policies.refusals import Denied
from tokenizer.audit.action import Action
from tokenizer.audit.entry import Entry
from tokenizer.storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Departed:
    """What became of a batch of departures.

    Attributes:
        persons: how many departures are recorded, or cancelled; those that stood as they are not counted.
        rejections: the rows that were not taken.
        opened: how many documents that are still to be filed were opened.
    """

    persons: int
    rejections: list[Rejection] = field(default_factory=list)
    opened: int = 0


async def record_departures(
    custodian: Custodian,
    actor: Actor,
    persons: Named,
    days: Sequence[str],
    now: int,
    *,
    open_documents: bool = False,
) -> Departed | Denied:
    """Record on which day persons left. A day that was recorded before is put right.

    Args:
        custodian: what the use case works with.
        actor: a client or a handler.
        persons: at most 10,000, each once.
        days: the last day of each with the company, or of their contract; ISO 8601.
        now: milliseconds since the epoch.
        open_documents: record as open what is filed after a departure, for those who leave and their families.
    """
    denial = may(actor, "recordDepartures") or refuse_rows(len(persons), agree=len(days) == len(persons))
    today = day_in_japan(now)
    wrong = {
        row: rejection(row, "DATE_INVALID") for row, day in enumerate(days) if not is_plausible(day, today)
    }

    def work(tx: Transaction) -> Departed:
        people = find_named(tx, actor, persons)
        rejected = dict(wrong)
        reject_named(persons, people, rejected)
        reject_repeated(people, rejected)
        wanted = {person.id: days[row] for row, person in enumerate(people) if person and row not in rejected}
        before = departures_of(tx, custodian.authority, actor.tenant, list(wanted))
        new = {
            person: day
            for person, day in wanted.items()
            if person not in before or before[person].ended_on != day
        }
        DROP_DEPARTURES(tx, actor.tenant, [person for person in new if person in before])
        insert_departures(
            tx,
            custodian.authority,
            [Departure(actor.tenant, person, day, now) for person, day in new.items()],
        )
        _record(tx, custodian, actor, Action.DEPARTURE_RECORD, new, None, now)
        gone = with_family(tx, actor.tenant, list(new))
        end_of_persons(tx, custodian, actor.tenant, gone, Closing.LEFT, now)
        leaving = [person for person in new if person not in before] if open_documents else []
        opened = open_papers(tx, custodian, actor, with_family(tx, actor.tenant, leaving), now)
        return Departed(len(new), [rejected[row] for row in sorted(rejected)], opened)

    return await take_batch(custodian, actor, Action.DEPARTURE_RECORD, denial, now, work)


async def cancel_departures(
    custodian: Custodian, actor: Actor, persons: Named, reason: str, now: int
) -> Departed | Denied:
    """Take back departures: persons who stayed after all, or came back before their number was disposed of.

    Args:
        custodian: what the use case works with.
        actor: a client or a handler.
        persons: at most 10,000, each once.
        reason: why, in the human's words.
        now: milliseconds since the epoch.
    """
    denial = may(actor, "recordDepartures") or refuse_rows(len(persons), agree=True) or refuse_words(reason)

    def work(tx: Transaction) -> Departed:
        people = find_named(tx, actor, persons)
        rejected: dict[int, Rejection] = {}
        reject_named(persons, people, rejected)
        reject_repeated(people, rejected)
        wanted = {person.id: row for row, person in enumerate(people) if person and row not in rejected}
        before = departures_of(tx, custodian.authority, actor.tenant, list(wanted))
        rejected |= {
            row: rejection(row, "NOT_DEPARTED") for person, row in wanted.items() if person not in before
        }
        gone = {person: departure.ended_on for person, departure in before.items()}
        DROP_DEPARTURES(tx, actor.tenant, list(gone))
        _record(tx, custodian, actor, Action.DEPARTURE_CANCEL, gone, reason.strip(), now)
        return Departed(len(gone), [rejected[row] for row in sorted(rejected)])

    return await take_batch(custodian, actor, Action.DEPARTURE_CANCEL, denial, now, work)


def _record(
    tx: Transaction,
    custodian: Custodian,
    actor: Actor,
    action: Action,
    days: dict[int, str],
    reason: str | None,
    now: int,
) -> None:
    if not days:
        return
    settle(tx, custodian, actor.tenant, with_family(tx, actor.tenant, list(days)), now)

    def say(day: str) -> Entry:
        return entry(actor, action, now, reason=reason, detail={"ended_on": day})

    record = leaves_of(list(days), list(days.values()), say)
    custodian.vault.log(actor.tenant).append(tx, record)
