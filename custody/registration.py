"""Registration: external ids and numbers in, tokens out, in the same order.

- Taking a batch is optimistic: a new batch is sealed outside the transaction and inserted as a whole. Only if a key
  is already there are the rows compared with the vault, and then each finds its case.
- A row that says what the vault knows already is no error: it gets the token it had, or one for a new audience.
  Purposes the person had not been told of are added to those they had, as a notice of its own.
- A row that contradicts the vault is rejected by itself, with what to do; the rest of the batch goes on.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from custody.calendar import day_in_japan
from custody.collection.ending import end_of_persons
from custody.contract.door import ContractOver, check_open
from custody.custodian import Custodian, entry, record_refusal
from custody.departure import any_left
from custody.disposal.scope import begin_anew
from custody.notices import refuse_purposes
from custody.notified import add_notified, notified_of
from custody.people import PERSON, SET_HELD, PersonRow, known, tokens_of
from custody.registration_plan import Plan, Survey, Terms, employees_among, make_plan
from custody.rejections import Rejection
from custody.replay import Replay
from custody.roster import MAX_ROWS, Checked, Columns, check
from custody.settle import settle
from policies.actor import Actor
from policies.authorize import may
from policies.collection_codes import Closing
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Conflict, Transaction

_ATTEMPTS: Final = 6
_EMPLOYEE: Final = [column.name for column in PERSON.columns].index("employee")


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
    survey = Survey()
    for attempt in range(_ATTEMPTS):
        if attempt or replay or any(checked.columns.employees):  # unique constraints cannot settle these
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
        except ContractOver:
            denial = denied("contract-ended")
            refused = entry(actor, Action.NUMBER_REGISTER, now, denied=denial)
            return await record_refusal(custodian, actor, refused, denial)
    raise Conflict


async def _take(
    custodian: Custodian,
    actor: Actor,
    checked: Checked,
    survey: Survey,
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
        size, lambda: make_plan(custodian, actor, checked, survey, terms, now, size)
    )
    return await custodian.database.write(
        actor.tenant, lambda tx: _commit(tx, custodian, actor, plan, survey, replay, now)
    )


def _refuse_shape(columns: Columns) -> Denied | None:
    if not columns.lengths_agree():
        return denied("columns-differ")
    return denied("too-many-rows") if len(columns) > MAX_ROWS else None


def _refuse_terms(custodian: Custodian, terms: Terms, now: int) -> Denied | None:
    if max(terms.notified_on, terms.verified_on) > day_in_japan(now):
        return denied("date-in-future")
    return refuse_purposes(custodian.catalogue, terms.notified, consented=terms.consented)


def _look(
    tx: Transaction, custodian: Custodian, actor: Actor, checked: Checked, replay: Replay | None, now: int
) -> tuple[Any | Denied | None, Survey]:
    answered = replay.answer(tx, custodian.vault, now) if replay else None
    if answered is not None:
        return answered, Survey()
    destructions = custodian.vault.log(actor.tenant).destructions(tx)
    ids = checked.columns.external_ids
    persons = known(tx, actor.tenant, ids)
    elsewhere = list(set(checked.columns.employees) - set(ids) - {""})
    return None, Survey(
        persons,
        custodian.vault.holders(tx, actor.tenant, checked.numbers),
        tokens_of(tx, actor.tenant, actor.audience, [person.id for person in persons.values()]),
        employees_among(known(tx, actor.tenant, elsewhere)) if elsewhere else frozenset(),
        destructions,
    )


def _commit(
    tx: Transaction,
    custodian: Custodian,
    actor: Actor,
    plan: Plan,
    survey: Survey,
    replay: Replay | None,
    now: int,
) -> Registered:
    vault, log = custodian.vault, custodian.vault.log(actor.tenant)
    if plan.told or plan.held:
        log.lock(tx)  # before any look: what a notice adds at the same time must not be dropped
    if plan.held:
        begun = [params["person"] for params in plan.held]
        end_of_persons(tx, custodian, actor.tenant, begun, Closing.REGISTERED_OTHERWISE, now)
    if plan.told:
        add_notified(tx, actor.tenant, notified_of(tx, actor.tenant, plan.told), plan.days)
    if plan.people:
        tx.insert(PersonRow, plan.people)
    for params in plan.held:
        tx.run(SET_HELD, params)
    vault.store_tokens(tx, plan.tokens)
    vault.store(tx, plan.sealed)
    _settle(tx, custodian, actor, plan, now)
    receipt = log.append(tx, plan.record) if plan.record.entries else None
    check_open(tx, actor.tenant)
    if receipt and survey.destructions not in {None, receipt.destructions}:
        raise Conflict  # somebody whom the survey knew may have been disposed of since
    size = receipt.first_index + receipt.count if receipt else log.head(tx)[0]
    done = Registered(plan.answer, plan.rejections, len(plan.sealed.keys), size)
    if replay is not None:
        replay.remember(tx, vault, _to_answer(done), now)
    return done


def _settle(tx: Transaction, custodian: Custodian, actor: Actor, plan: Plan, now: int) -> None:
    """Bring terms up to date where registration touches them.

    Whoever's number is collected anew begins anew; a purpose told of after a departure ends at once; and the family of
    an employee who has left has left.
    """
    anew = begin_anew(tx, actor.tenant, [params["person"] for params in plan.held]) if plan.held else []
    family = [row[1] for row in plan.people if row[_EMPLOYEE]]
    if family and not any_left(tx, actor.tenant, list({row[_EMPLOYEE] for row in plan.people} - {""})):
        family = []
    settle(tx, custodian, actor.tenant, list(dict.fromkeys((*anew, *plan.told, *family))), now)


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
