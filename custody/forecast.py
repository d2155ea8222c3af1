"""What falls due: counted for the year ahead, and as a list of persons with their day and grounds."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import and_, bindparam, exists, func, select

from custody.calendar import day_in_japan
from custody.custodian import Custodian, entry, record_refusal
from custody.departure import DepartureRow
from custody.disposal.item import Ground, parse_grounds
from custody.hold import HOLD, held_persons
from custody.listing import Page, Window, list_rows, page_of
from custody.people import PERSON, NumberState, Person, person_of
from custody.settle import reckoner
from custody.terms import reckon
from policies.actor import Actor
from policies.authorize import may
from policies.disposal_plan import Forecast, forecast
from policies.refusals import Denied
from tokenizer.audit.action import Action
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Transaction

_DEPARTURE: Final = table_of(DepartureRow)
_HELD: Final = (
    PERSON.c.tenant_id == bindparam("tenant"),
    PERSON.c.number_state == NumberState.HELD.value,
)
_DUE: Final = PERSON.c.due_on != ""
_KEPT: Final = exists().where(
    HOLD.c.tenant_id == PERSON.c.tenant_id, HOLD.c.person_id == PERSON.c.person_id, HOLD.c.lifted_at == 0
)
_DAYS: Final = Statement(select(PERSON.c.due_on, func.count()).where(*_HELD, _DUE).group_by(PERSON.c.due_on))
_ON_HOLD: Final = Statement(select(func.count()).select_from(PERSON).where(*_HELD, _DUE, _KEPT))
_OPEN: Final = Statement(
    select(func.count())
    .select_from(
        _DEPARTURE.join(
            PERSON,
            and_(PERSON.c.tenant_id == _DEPARTURE.c.tenant_id, PERSON.c.person_id == _DEPARTURE.c.person_id),
        )
    )
    .where(_DEPARTURE.c.tenant_id == bindparam("tenant"), *_HELD, PERSON.c.due_on == "")
)


@dataclass(frozen=True, slots=True)
class Outlook:
    """The year ahead, counted.

    Attributes:
        due: how many persons fall due when, those on hold among them.
        on_hold: of all who have a day, how many a legal hold keeps.
        open: how many have left but have no day, because the matter of a document is open: somebody has to close it.
    """

    due: Forecast
    on_hold: int
    open: int


@dataclass(frozen=True, slots=True)
class DuePerson:
    """A person with the day on which their number is to go, and why.

    Attributes:
        person: the person.
        due_on: that day.
        grounds: the purposes, each with the rule of its documents and its first free day.
        on_hold: whether a legal hold keeps the number.
    """

    person: Person
    due_on: date
    grounds: tuple[Ground, ...]
    on_hold: bool


async def look_ahead(custodian: Custodian, actor: Actor, now: int) -> Outlook | Denied:
    """Count who falls due in the next twelve months, for a chart; for those who decide on disposals or check them."""
    denial = await refuse_reading(custodian, actor, now)
    if denial is not None:
        return denial
    today = day_in_japan(now)

    def work(tx: Transaction) -> Outlook:
        params = {"tenant": actor.tenant}
        days = {date.fromisoformat(day): count for day, count in tx.all(_DAYS, params)}
        return Outlook(forecast(days, today), _count(tx, _ON_HOLD, params), _count(tx, _OPEN, params))

    return await custodian.database.read(actor.tenant, work)


async def list_due(
    custodian: Custodian, actor: Actor, first: date | None, last: date, window: Window, now: int
) -> Page[DuePerson] | Denied:
    """A page of those who fall due between two days, oldest person first.

    Args:
        custodian: what the use case works with.
        actor: who decides on disposals, or checks them.
        first: the first day; None for all that is overdue as well.
        last: the last day.
        window: which part.
        now: milliseconds since the epoch.
    """
    denial = await refuse_reading(custodian, actor, now)
    if denial is not None:
        return denial
    query = select(PERSON).where(
        PERSON.c.tenant_id == actor.tenant,
        PERSON.c.number_state == NumberState.HELD.value,
        _DUE,
        PERSON.c.due_on <= last.isoformat(),
    )
    if first is not None:
        query = query.where(PERSON.c.due_on >= first.isoformat())
    rows = await list_rows(custodian, actor.tenant, query, PERSON.c.person_id, window)
    people = [person_of(row) for row in rows]
    found = await custodian.database.read(
        actor.tenant, lambda tx: _with_grounds(tx, custodian, actor.tenant, people)
    )
    return page_of(found, window)


async def refuse_reading(custodian: Custodian, actor: Actor, now: int) -> Denied | None:
    """Why somebody may not see what is disposed of; None if they may. A refusal is recorded."""
    denial = may(actor, "readDisposals")
    if denial is None:
        return None
    refused = entry(actor, Action.DISPOSAL_LIST, now, denied=denial)
    return await record_refusal(custodian, actor, refused, denial)


def _count(tx: Transaction, statement: Statement, params: dict[str, int]) -> int:
    row = tx.one(statement, params)
    return int(row[0]) if row else 0


def _with_grounds(
    tx: Transaction, custodian: Custodian, tenant: int, people: list[Person]
) -> list[DuePerson]:
    ids = [person.id for person in people]
    held = held_persons(tx, custodian.authority, tenant, ids) if ids else set()
    count = reckoner(tx, custodian, tenant)
    reckoned = reckon(tx, custodian.authority, count, tenant, ids) if ids else []
    grounds = {each.person: parse_grounds(each.terms.grounds) for each in reckoned}
    return [
        DuePerson(person, person.due_on or date.max, grounds[person.id], person.id in held)
        for person in people
    ]
