"""The plan of a batch: which case each row is, and everything one transaction is to write for it.

Made outside the transaction, from the checked rows and from what a survey found of them in the vault.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from custody.custodian import Custodian, entry
from custody.notices import notice_detail
from custody.notified import lacks
from custody.people import Known, NumberState, Verification, notified_text
from custody.rejections import Rejection, rejection
from custody.roster import Checked, Columns
from policies.actor import Actor
from policies.purposes import PersonKind
from tokenizer.audit.action import Action
from tokenizer.audit.entry import entry_batch
from tokenizer.audit.log import Leaves, leaves
from tokenizer.storage.transaction import Row
from tokenizer.vault import Sealed


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

    @property
    def days(self) -> dict[str, str]:
        """The purposes, each with the day in ISO 8601."""
        return {code: self.notified_on.isoformat() for code in self.notified}


@dataclass(slots=True)
class Plan:
    """Everything one transaction is to write, prepared outside it.

    Attributes:
        people: rows of persons who are new.
        held: updates of persons who were there without a number.
        told: persons who were there, and were told of purposes they had not been told of.
        days: those purposes.
        sealed: the numbers.
        tokens: rows of tokens.
        record: the leaves.
        answer: a token for each row that was sent.
        rejections: the rows that are not taken.
    """

    people: list[Row] = field(default_factory=list)
    held: list[dict[str, Any]] = field(default_factory=list)
    told: list[int] = field(default_factory=list)
    days: dict[str, str] = field(default_factory=dict)
    sealed: Sealed = field(default_factory=lambda: Sealed([], []))
    tokens: list[Row] = field(default_factory=list)
    record: Leaves = field(default_factory=lambda: leaves([]))
    answer: list[str | None] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Survey:
    """What the vault knows of a batch's rows."""

    persons: dict[str, Known] = field(default_factory=dict)
    holders: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    tokens: dict[int, str] = field(default_factory=dict)
    employees: frozenset[str] = frozenset()
    destructions: int | None = None


def make_plan(
    custodian: Custodian, actor: Actor, checked: Checked, survey: Survey, terms: Terms, now: int, size: int
) -> Plan:
    """Sort the rows into cases, and prepare what each needs."""
    plan = Plan(answer=[None] * size, rejections=list(checked.rejections))
    fresh, empty, again = _sort(checked, survey, plan)
    vault, tenant = custodian.vault, actor.tenant
    ids = vault.new_ids(len(fresh), now)
    plan.days = terms.days
    plan.people = _people(checked, fresh, ids, tenant, notified_text(plan.days), terms, now)
    plan.told = _told([person for _, person in (*empty, *again)], terms)
    plan.held = [_held(tenant, person, terms) for _, person in empty]
    holders = [*ids, *(person.id for _, person in empty)]
    numbered = [*fresh, *(position for position, _ in empty)]
    numbers = (
        checked.numbers
        if len(fresh) == len(checked.rows)
        else [checked.numbers[position] for position in numbered]
    )
    plan.sealed = vault.seal(tenant, holders, numbers, now)
    bare = [(position, person.id) for position, person in again if person.id not in survey.tokens]
    plan.tokens = vault.mint(
        tenant, actor.audience, [*holders, *(person for _, person in bare)], now, sandbox=actor.sandbox
    )
    for position, row in zip([*numbered, *(position for position, _ in bare)], plan.tokens, strict=True):
        plan.answer[checked.rows[position]] = row[1]
    for position, known in again:
        if known.id in survey.tokens:
            plan.answer[checked.rows[position]] = survey.tokens[known.id]
    plan.record = _record(actor, holders, [person for _, person in bare], plan.told, terms, now)
    plan.rejections.sort(key=lambda rejected: rejected.row)
    return plan


def _sort(
    checked: Checked, survey: Survey, plan: Plan
) -> tuple[Sequence[int], list[tuple[int, Known]], list[tuple[int, Known]]]:
    """Tell new rows, rows of persons without a number, and rows the vault knows already; reject the rest."""
    if not survey.persons and not survey.holders and not any(checked.columns.employees):
        return range(len(checked.rows)), [], []
    fresh: list[int] = []
    empty: list[tuple[int, Known]] = []
    again: list[tuple[int, Known]] = []
    columns = checked.columns
    codes = [
        _contradiction(survey.persons.get(external_id), survey.holders.get(number), kind)
        for external_id, number, kind in zip(
            columns.external_ids, checked.numbers, columns.kinds, strict=True
        )
    ]
    here = survey.employees | employees_among(survey.persons) | _new_employees(columns, codes)
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
            again.append((position, person))
        else:
            empty.append((position, person))
    return fresh, empty, again


def employees_among(persons: Mapping[str, Known]) -> frozenset[str]:
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
    same = [[value] * size for value in (notified, how, on, held, now, "{}", "")]
    return list(zip([tenant] * size, ids, *told, *same, strict=True))


def _held(tenant: int, person: Known, terms: Terms) -> dict[str, Any]:
    """The update of a person who was there without a number."""
    return {
        "tenant": tenant,
        "person": person.id,
        "new_state": NumberState.HELD.value,
        "new_verification": terms.verification.value,
        "new_verified_on": terms.verified_on.isoformat(),
    }


def _told(known: Sequence[Known], terms: Terms) -> list[int]:
    """Those who were not told of all these purposes before; most persons of a batch share what they were told of."""
    texts = {person.notified for person in known}
    fewer = {text for text in texts if lacks(text, terms.notified)}
    return [person.id for person in known if person.notified in fewer]


def _record(
    actor: Actor,
    registered: Sequence[int],
    issued: Sequence[int],
    told: Sequence[int],
    terms: Terms,
    now: int,
) -> Leaves:
    """One leaf for each number registered, each token issued to a further audience, each notice of more purposes."""
    detail = {"verification": terms.verification.value, "verified_on": terms.verified_on.isoformat()}
    if terms.consented:
        detail["consented"] = "true"
    entries = entry_batch(entry(actor, Action.NUMBER_REGISTER, now, detail=detail), registered)
    if issued:
        entries += entry_batch(entry(actor, Action.TOKEN_ISSUE, now), issued)
    if told:
        notice = notice_detail(terms.notified, terms.notified_on, consented=terms.consented)
        entries += entry_batch(entry(actor, Action.NOTICE_GIVE, now, detail=notice), told)
    return leaves(entries, [*registered, *issued, *told])
