"""Registration: external ids and numbers in, tokens out, in the same order.

- Taking a batch is optimistic: a new batch is sealed outside the transaction and inserted as a whole. Only if a key
  is already there are the rows compared with the vault, and then each finds its case.
- A row that says what the vault knows already is no error: it gets the token it had, or one for a new audience.
- A row that contradicts the vault is rejected by itself, with what to do; the rest of the batch goes on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import orjson

from custody.calendar import day_in_japan
from custody.custodian import Custodian, entry, record_refusal
from custody.notices import refuse_purposes
from custody.people import (
    SET_HELD,
    Known,
    NumberState,
    PersonRow,
    Verification,
    known,
    notified_text,
    tokens_of,
)
from custody.rejections import Rejection, rejection
from custody.replay import Replay
from custody.roster import MAX_ROWS, Checked, Columns, check
from policies.actor import Actor
from policies.authorize import may
from policies.purposes import PersonKind
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.audit.entry import entry_batch
from tokenizer.audit.log import Leaves, leaves
from tokenizer.storage.transaction import Conflict, Row, Transaction
from tokenizer.vault import Sealed

_ATTEMPTS: Final = 6


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every row of a batch.

    Attributes:
        notified: codes of the purposes the persons were told of.
        notified_on: the day they were told.
        verification: how their identity was verified.
        verified_on: the day it was.
        consented: whether the persons consented to the purposes that need it.
    """

    notified: frozenset[str]
    notified_on: date
    verification: Verification
    verified_on: date
    consented: bool = False


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of a batch.

    Attributes:
        tokens: one for each row, None for a rejected one.
        rejections: the rows that were not taken.
        registered: how many numbers are new in the vault.
        log_size: the size of the log that records it.
        replayed: whether this is an earlier answer again, to the same idempotency key.
    """

    tokens: list[str | None]
    rejections: list[Rejection]
    registered: int
    log_size: int
    replayed: bool = field(default=False, compare=False)


@dataclass(slots=True)
class _Plan:
    """Everything one transaction is to write, prepared outside it."""

    people: list[Row] = field(default_factory=list)
    held: list[dict[str, Any]] = field(default_factory=list)
    sealed: Sealed = field(default_factory=lambda: Sealed([], []))
    tokens: list[Row] = field(default_factory=list)
    record: Leaves = field(default_factory=lambda: leaves([]))
    answer: list[str | None] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Survey:
    """What the vault knows of a batch's rows."""

    persons: dict[str, Known] = field(default_factory=dict)
    holders: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    tokens: dict[int, str] = field(default_factory=dict)
    employees: frozenset[str] = frozenset()


async def register(
    custodian: Custodian, actor: Actor, columns: Columns, terms: Terms, now: int, replay: Replay | None = None
) -> Registered | Denied:
    """Register people with their numbers, and give the caller's tokens for them.

    Args:
        custodian: what the use case works with.
        actor: a client or a handler.
        columns: at most 10,000 rows.
        terms: what holds for all of them.
        now: milliseconds since the epoch.
        replay: makes the request idempotent.
    """
    denial = may(actor, "register") or _refuse_shape(columns) or _refuse_terms(custodian, terms, now)
    if denial is not None:
        refused = entry(actor, Action.NUMBER_REGISTER, now, denied=denial)
        return await record_refusal(custodian, actor, refused, denial)
    size = len(columns)
    today = day_in_japan(now)
    checked = await custodian.vault.off_loop(size, lambda: check(columns, today, sandbox=actor.sandbox))
    survey = _Survey()
    for attempt in range(_ATTEMPTS):
        if attempt or replay or _needs_survey(custodian, checked):
            answered, survey = await custodian.database.read(
                actor.tenant, lambda tx: _look(tx, custodian, actor, checked, replay, now)
            )
            if isinstance(answered, Denied):
                refused = entry(actor, Action.NUMBER_REGISTER, now, denied=answered)
                return await record_refusal(custodian, actor, refused, answered)
            if answered is not None:
                return _from_answer(answered)
        try:
            return await _take(custodian, actor, checked, survey, terms, now, replay, size)
        except Conflict:
            continue
    raise Conflict


async def _take(
    custodian: Custodian,
    actor: Actor,
    checked: Checked,
    survey: _Survey,
    terms: Terms,
    now: int,
    replay: Replay | None,
    size: int,
) -> Registered:
    """One attempt: prepare outside the transaction, write inside it.

    Raises:
        Conflict: the vault knows something that the survey did not.
    """
    plan = await custodian.vault.off_loop(
        size, lambda: _plan(custodian, actor, checked, survey, terms, now, size)
    )
    return await custodian.database.write(
        actor.tenant, lambda tx: _commit(tx, custodian, actor, plan, replay, now)
    )


def _refuse_shape(columns: Columns) -> Denied | None:
    if not columns.lengths_agree():
        return denied("columns-differ")
    return denied("too-many-rows") if len(columns) > MAX_ROWS else None


def _refuse_terms(custodian: Custodian, terms: Terms, now: int) -> Denied | None:
    if max(terms.notified_on, terms.verified_on) > day_in_japan(now):
        return denied("date-in-future")
    return refuse_purposes(custodian.catalogue, terms.notified, consented=terms.consented)


def _needs_survey(custodian: Custodian, checked: Checked) -> bool:
    """Whether the unique constraints alone cannot settle every row of the batch."""
    return custodian.vault.has_older_epochs() or any(checked.columns.employees)


def _look(
    tx: Transaction, custodian: Custodian, actor: Actor, checked: Checked, replay: Replay | None, now: int
) -> tuple[Any | Denied | None, _Survey]:
    answered = replay.answer(tx, custodian.vault, now) if replay else None
    if answered is not None:
        return answered, _Survey()
    ids = checked.columns.external_ids
    persons = known(tx, actor.tenant, ids)
    elsewhere = list(set(checked.columns.employees) - set(ids) - {""})
    return None, _Survey(
        persons,
        custodian.vault.holders(tx, actor.tenant, checked.numbers),
        tokens_of(tx, actor.tenant, actor.audience, [person.id for person in persons.values()]),
        _employees(known(tx, actor.tenant, elsewhere)) if elsewhere else frozenset(),
    )


def _plan(
    custodian: Custodian, actor: Actor, checked: Checked, survey: _Survey, terms: Terms, now: int, size: int
) -> _Plan:
    """Sort the rows into cases, and prepare what each needs."""
    plan = _Plan(answer=[None] * size, rejections=list(checked.rejections))
    fresh, empty, again = _sort(checked, survey, plan)
    vault, tenant = custodian.vault, actor.tenant
    ids = vault.new_ids(len(fresh), now)
    notified = notified_text({code: terms.notified_on.isoformat() for code in terms.notified})
    plan.people = _people(checked, fresh, ids, tenant, notified, terms, now)
    plan.held = [_held(tenant, person, terms) for _, person in empty]
    holders = [*ids, *(person.id for _, person in empty)]
    numbered = [*fresh, *(position for position, _ in empty)]
    numbers = (
        checked.numbers
        if len(fresh) == len(checked.rows)
        else [checked.numbers[position] for position in numbered]
    )
    plan.sealed = vault.seal(tenant, holders, numbers, now)
    bare = [(position, person) for position, person in again if person not in survey.tokens]
    plan.tokens = vault.mint(
        tenant, actor.audience, [*holders, *(person for _, person in bare)], now, sandbox=actor.sandbox
    )
    for position, row in zip([*numbered, *(position for position, _ in bare)], plan.tokens, strict=True):
        plan.answer[checked.rows[position]] = row[1]
    for position, person in again:
        if person in survey.tokens:
            plan.answer[checked.rows[position]] = survey.tokens[person]
    plan.record = _record(actor, holders, [person for _, person in bare], terms, now)
    plan.rejections.sort(key=lambda rejected: rejected.row)
    return plan


def _sort(
    checked: Checked, survey: _Survey, plan: _Plan
) -> tuple[Sequence[int], list[tuple[int, Known]], list[tuple[int, int]]]:
    """Tell new rows, rows of persons without a number, and rows the vault knows already; reject the rest."""
    if not survey.persons and not survey.holders and not any(checked.columns.employees):
        return range(len(checked.rows)), [], []
    fresh: list[int] = []
    empty: list[tuple[int, Known]] = []
    again: list[tuple[int, int]] = []
    columns = checked.columns
    codes = [
        _contradiction(survey.persons.get(external_id), survey.holders.get(number), kind)
        for external_id, number, kind in zip(
            columns.external_ids, checked.numbers, columns.kinds, strict=True
        )
    ]
    here = survey.employees | _employees(survey.persons) | _new_employees(columns, codes)
    for position, (external_id, number) in enumerate(zip(columns.external_ids, checked.numbers, strict=True)):
        person = survey.persons.get(external_id)
        holder = survey.holders.get(number)
        code = codes[position]
        if code is None and columns.employees[position] and columns.employees[position] not in here:
            code = "EMPLOYEE_UNKNOWN"
        if code is not None:
            plan.rejections.append(rejection(checked.rows[position], code))
        elif person is None:
            fresh.append(position)
        elif holder is not None:
            again.append((position, person.id))
        else:
            empty.append((position, person))
    return fresh, empty, again


def _employees(persons: Mapping[str, Known]) -> frozenset[str]:
    """The external ids of those who are employees."""
    return frozenset(text for text, person in persons.items() if person.kind == PersonKind.EMPLOYEE.value)


def _new_employees(columns: Columns, codes: Sequence[str | None]) -> frozenset[str]:
    """The external ids of the batch's employees that are not rejected."""
    return frozenset(
        text
        for text, kind, code in zip(columns.external_ids, columns.kinds, codes, strict=True)
        if code is None and kind is PersonKind.EMPLOYEE
    )


def _contradiction(person: Known | None, holder: tuple[int, int] | None, kind: str) -> str | None:
    if holder is not None and (person is None or holder[0] != person.id):
        return "NUMBER_TAKEN"
    if person is None:
        return None
    if person.kind != kind:
        return "KIND_DIFFERS"
    if holder is None and person.state == NumberState.HELD.value:
        return "NUMBER_DIFFERS"
    return None


def _people(
    checked: Checked,
    fresh: Sequence[int],
    ids: Sequence[int],
    tenant: int,
    notified: str,
    terms: Terms,
    now: int,
) -> list[Row]:
    columns, size = checked.columns, len(fresh)
    kinds = {kind: kind.value for kind in PersonKind}
    told: Sequence[Sequence[str]] = (
        columns.external_ids,
        [kinds[kind] for kind in columns.kinds],
        columns.names,
        columns.kana,
        columns.birth_dates,
        columns.addresses,
        columns.employees,
    )
    if size < len(checked.rows):
        told = [[column[position] for position in fresh] for column in told]
    how, on, held = terms.verification.value, terms.verified_on.isoformat(), NumberState.HELD.value
    same = [[value] * size for value in (notified, how, on, held, now)]
    return list(zip([tenant] * size, ids, *told, *same, strict=True))


def _held(tenant: int, person: Known, terms: Terms) -> dict[str, Any]:
    """The update of a person who was there without a number."""
    told = _merge(person.notified, terms)
    return {
        "tenant": tenant,
        "person": person.id,
        "new_state": NumberState.HELD.value,
        "new_verification": terms.verification.value,
        "new_verified_on": terms.verified_on.isoformat(),
        "new_notified": told,
    }


def _merge(notified: str, terms: Terms) -> str:
    before: dict[str, str] = orjson.loads(notified)
    return notified_text({code: terms.notified_on.isoformat() for code in terms.notified} | before)


def _record(actor: Actor, registered: Sequence[int], issued: Sequence[int], terms: Terms, now: int) -> Leaves:
    """One leaf for each number registered, one for each token issued to a further audience."""
    detail = {"verification": terms.verification.value, "verified_on": terms.verified_on.isoformat()}
    if terms.consented:
        detail["consented"] = "true"
    entries = entry_batch(entry(actor, Action.NUMBER_REGISTER, now, detail=detail), registered)
    if issued:
        entries += entry_batch(entry(actor, Action.TOKEN_ISSUE, now), issued)
    return leaves(entries, [*registered, *issued])


def _commit(
    tx: Transaction, custodian: Custodian, actor: Actor, plan: _Plan, replay: Replay | None, now: int
) -> Registered:
    vault, log = custodian.vault, custodian.vault.log(actor.tenant)
    if plan.people:
        tx.insert(PersonRow, plan.people)
    for params in plan.held:
        tx.run(SET_HELD, params)
    vault.store(tx, plan.sealed)
    vault.store_tokens(tx, plan.tokens)
    receipt = log.append(tx, plan.record) if plan.record.entries else None
    size = receipt.first_index + receipt.count if receipt else log.head(tx)[0]
    done = Registered(plan.answer, plan.rejections, len(plan.sealed.keys), size)
    if replay is not None:
        replay.remember(tx, vault, _to_answer(done), now)
    return done


def _to_answer(done: Registered) -> dict[str, Any]:
    rejections = [[item.row, item.code, item.message_ja, item.message_en] for item in done.rejections]
    return {
        "tokens": done.tokens,
        "rejections": rejections,
        "registered": done.registered,
        "log_size": done.log_size,
    }


def _from_answer(answer: Any) -> Registered:
    rejections = [Rejection(*item) for item in answer["rejections"]]
    return Registered(answer["tokens"], rejections, answer["registered"], answer["log_size"], replayed=True)
