"""Proposing runs: by the scheduler when a day comes near, by an administrator for a day, or on instruction."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final

from custody.batch import take_batch
from custody.calendar import day_in_japan
from custody.certificates.facts import Kind
from custody.custodian import Custodian, entry, one_leaf, record_refusal
from custody.disposal.candidates import due_days
from custody.disposal.gather import asked_since, gather, said_of
from custody.disposal.item import Item, claims, insert_items
from custody.disposal.policy import read_choice
from custody.disposal.review import due_of
from custody.disposal.run import Run, RunState, insert_run, runs_in_state
from custody.documents import refuse_rows
from custody.hold import held_persons
from custody.named import Named, find_named, reject_named, reject_repeated
from custody.people import Known
from custody.rejections import Rejection, rejection
from custody.replay import Once, Replay
from custody.settle import reckoner
from custody.terms import reckon
from custody.words import refuse_words
from policies.actor import Actor
from policies.authorize import may
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Transaction

_FURTHEST_DAYS: Final = 366


@dataclass(frozen=True, slots=True)
class Proposed:
    """What became of an instruction.

    Attributes:
        run: a run that waits for a human to confirm it; None if nobody is left to list.
        rejections: the rows that are not part of it.
    """

    run: Run | None
    rejections: list[Rejection] = field(default_factory=list)


async def propose_due(custodian: Custodian, tenant: int, now: int) -> list[Run]:
    """Propose what falls due within the tenant's notice: one run for each day, one for all that is overdue.

    Args:
        custodian: what the use case works with.
        tenant: whose persons.
        now: milliseconds since the epoch.
    """
    begun = await custodian.database.read(
        tenant, lambda tx: runs_in_state(tx, custodian.authority, tenant, RunState.GATHERING)
    )
    finished = [await gather(custodian, run, now) for run in begun if run.kind is Kind.DUE]
    days = await custodian.database.read(tenant, lambda tx: _days(tx, custodian, tenant, now))
    fresh = [await gather(custodian, _due_run(custodian, tenant, day, "", now), now) for day in days]
    return [run for run in (*finished, *fresh) if run is not None]


async def propose_until(
    custodian: Custodian, actor: Actor, until: date, now: int, replay: Replay | None = None
) -> Run | Denied:
    """Propose everybody who falls due up to a day, in one run that is carried out from that day on.

    Args:
        custodian: what the use case works with.
        actor: an administrator.
        until: the day, today or at most a year ahead.
        now: milliseconds since the epoch.
        replay: makes the request idempotent; sent again after it was cut short, it goes on with the same run.
    """
    action = Action.DISPOSAL_PROPOSE
    once = Once(replay, _run_to_answer, _run_from_answer) if replay else None
    denial = may(actor, "manageDisposals") or await custodian.database.read(
        actor.tenant, lambda tx: _refuse_until(tx, custodian, actor, until, now, once)
    )
    run = _due_run(custodian, actor.tenant, until.isoformat(), actor.name, now)
    # Until the list is whole, the answer that is kept is the run as it is begun.
    begun = await take_batch(custodian, actor, action, denial, now, lambda _: run, once)
    if isinstance(begun, Denied) or begun.state is not RunState.GATHERING:
        return begun
    gathered = await gather(custodian, begun, now, once)
    if gathered is not None:
        return gathered
    denial = denied("nobody-is-due")
    return await record_refusal(custodian, actor, entry(actor, action, now, denied=denial), denial)


def _refuse_until(
    tx: Transaction, custodian: Custodian, actor: Actor, until: date, now: int, once: Once[Run] | None
) -> Denied | None:
    """Why nothing is proposed until a day. What was begun already is not asked again."""
    if once is not None and once.answer(tx, custodian.vault, now) is not None:
        return None
    today = day_in_japan(now)
    if not today <= until <= today + timedelta(days=_FURTHEST_DAYS):
        return denied("disposal-day-invalid")
    if not read_choice(tx, custodian.authority, actor.tenant).is_applied:
        return denied("disposal-policy-spreading")
    return None


async def propose_instruction(
    custodian: Custodian,
    actor: Actor,
    persons: Named,
    reason: str,
    now: int,
    replay: Replay | None = None,
) -> Proposed | Denied:
    """Propose persons whose numbers are to go at once, whether their day has come or not.

    What still needs a number stands in the grounds of its person, for the two who decide to see.

    Args:
        custodian: what the use case works with.
        actor: an administrator.
        persons: at most 10,000, each once.
        reason: why, in the human's words.
        now: milliseconds since the epoch.
        replay: makes the request idempotent.
    """
    denial = may(actor, "manageDisposals") or refuse_rows(len(persons), agree=True) or refuse_words(reason)
    run = replace(
        _due_run(custodian, actor.tenant, day_in_japan(now).isoformat(), actor.name, now),
        kind=Kind.INSTRUCTION,
        state=RunState.PROPOSED,
        reason=reason.strip(),
    )

    def work(tx: Transaction) -> Proposed:
        people = find_named(tx, actor, persons)
        rejected: dict[int, Rejection] = {}
        reject_named(persons, people, rejected)
        reject_repeated(people, rejected)
        _reject_kept(tx, custodian, actor, people, rejected)
        listed = [person.id for row, person in enumerate(people) if person and row not in rejected]
        rejections = [rejected[row] for row in sorted(rejected)]
        if not listed:
            return Proposed(None, rejections)
        proposed = replace(run, listed=len(listed))
        insert_run(tx, custodian.authority, proposed)
        insert_items(tx, proposed, _items(tx, custodian, proposed, listed))
        said = said_of(proposed, now, human=actor.name, persons=len(listed))
        custodian.vault.log(actor.tenant).append(tx, one_leaf(said))
        return Proposed(proposed, rejections)

    once = Once(replay, _to_answer, _from_answer) if replay else None
    return await take_batch(custodian, actor, Action.DISPOSAL_PROPOSE, denial, now, work, once)


def _days(tx: Transaction, custodian: Custodian, tenant: int, now: int) -> list[str]:
    """The days for which a run is to be proposed now, earliest first; what is overdue goes today."""
    choice = read_choice(tx, custodian.authority, tenant)
    if not choice.is_applied:
        return []
    today = day_in_japan(now)
    until = today + timedelta(days=choice.policy.notice_days)
    found = due_days(tx, tenant, until.isoformat(), asked_since(tx, custodian, tenant, now))
    return sorted({max(day, today.isoformat()) for day in found})


def _due_run(custodian: Custodian, tenant: int, as_of: str, by: str, now: int) -> Run:
    identity = custodian.vault.new_ids(1, now)[0]
    return Run(tenant, identity, Kind.DUE, RunState.GATHERING, "", as_of, by, now)


def _reject_kept(
    tx: Transaction,
    custodian: Custodian,
    actor: Actor,
    people: Sequence[Known | None],
    rejected: dict[int, Rejection],
) -> None:
    """Reject persons whom a hold keeps, or whom another run has."""
    rows = {person.id: row for row, person in enumerate(people) if person and row not in rejected}
    for identity in held_persons(tx, custodian.authority, actor.tenant, list(rows)):
        rejected[rows[identity]] = rejection(rows[identity], "ON_HOLD")
    for claim in claims(tx, actor.tenant, list(rows)):
        row = rows[claim.person]
        rejected.setdefault(row, rejection(row, "IN_ANOTHER_RUN"))


def _items(tx: Transaction, custodian: Custodian, run: Run, persons: Sequence[int]) -> list[Item]:
    count = reckoner(tx, custodian, run.tenant)
    reckoned = reckon(tx, custodian.authority, count, run.tenant, persons)
    return [Item(each.person, due_of(run, each), each.terms.grounds) for each in reckoned]


def _to_answer(done: Proposed) -> list[Any]:
    rejections = [[item.row, item.code, item.message_ja, item.message_en] for item in done.rejections]
    return [_run_to_answer(done.run) if done.run else None, rejections]


def _from_answer(answer: list[Any]) -> Proposed:
    run, rejections = answer
    again = _run_from_answer(run) if run is not None else None
    return Proposed(again, [Rejection(*item) for item in rejections])


def _run_to_answer(run: Run) -> list[Any]:
    return list(astuple(run))


def _run_from_answer(answer: list[Any]) -> Run:
    tenant, identity, kind, state, *rest = answer
    return Run(tenant, identity, Kind(kind), RunState(state), *rest)
