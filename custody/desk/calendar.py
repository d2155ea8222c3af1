"""What is offered and who comes: lists for the desk by the clock in Japan, and the seats a person may choose from."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, func, select

from custody.calendar import day_in_japan, start_of_day_in_japan
from custody.collection.collection import COLLECTION, Collection, collection_of
from custody.custodian import Custodian
from custody.desk.appointment import APPOINTMENT, PLACES, Appointment, appointment_of
from custody.desk.reading import refuse_reading
from custody.desk.slot import SLOT, Slot, rank_at, slot_of
from custody.listing import Page, Window, list_rows, page_of
from custody.people import PERSON, Person, person_of
from policies.actor import Actor
from policies.refusals import Denied
from tokenizer.audit.action import Action

_MOST_FREE: Final = 200
_TAKEN: Final = (
    select(func.count())
    .where(
        APPOINTMENT.c.tenant_id == SLOT.c.tenant_id,
        APPOINTMENT.c.rank >= SLOT.c.rank * PLACES,
        APPOINTMENT.c.rank < (SLOT.c.rank + 1) * PLACES,
        APPOINTMENT.c.cancelled_at == 0,
    )
    .correlate(SLOT)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class ListedSlot:
    """A slot, and how many of its seats are taken."""

    slot: Slot
    taken: int

    @property
    def free(self) -> int:
        """How many seats are left; none of a slot that was withdrawn."""
        return 0 if self.slot.withdrawn_at else max(0, self.slot.seats - self.taken)


@dataclass(frozen=True, slots=True)
class ListedAppointment:
    """An appointment: when and where, who comes, and how far their collection is."""

    appointment: Appointment
    slot: Slot
    person: Person
    collection: Collection


async def list_slots(
    custodian: Custodian,
    actor: Actor,
    since: date | None,
    until: date | None,
    window: Window,
    now: int,
    *,
    withdrawn: bool = False,
) -> Page[ListedSlot] | Denied:
    """A page of slots, by their start.

    Args:
        custodian: what the use case works with.
        actor: somebody of the company who works at the desk, or checks it.
        since: the first day in Japan; today if it is None.
        until: the last day in Japan; None for no end.
        window: which part of the list.
        now: milliseconds since the epoch.
        withdrawn: whether those that were withdrawn are wanted as well.
    """
    denial = await refuse_reading(custodian, actor, Action.APPOINTMENT_LIST, now)
    if denial is not None:
        return denial
    query = select(SLOT, _TAKEN).where(
        SLOT.c.tenant_id == actor.tenant, *_days(SLOT.c.rank, 1, since or day_in_japan(now), until)
    )
    if not withdrawn:
        query = query.where(SLOT.c.withdrawn_at == 0)
    rows = await list_rows(custodian, actor.tenant, query, SLOT.c.rank, window)
    return page_of([ListedSlot(slot_of(custodian.authority, row[:-1]), int(row[-1])) for row in rows], window)


async def list_appointments(
    custodian: Custodian,
    actor: Actor,
    day: date | None,
    window: Window,
    now: int,
    *,
    cancelled: bool = False,
) -> Page[ListedAppointment] | Denied:
    """A page of appointments, by the start of their slots.

    Args:
        custodian: what the use case works with.
        actor: somebody of the company who works at the desk, or checks it.
        day: the day in Japan; None for today and all days to come.
        window: which part of the list.
        now: milliseconds since the epoch.
        cancelled: whether those that were cancelled are wanted as well.
    """
    denial = await refuse_reading(custodian, actor, Action.APPOINTMENT_LIST, now)
    if denial is not None:
        return denial
    own = APPOINTMENT.c.tenant_id == actor.tenant
    joined = (
        APPOINTMENT.join(
            SLOT, and_(SLOT.c.tenant_id == actor.tenant, SLOT.c.slot_id == APPOINTMENT.c.slot_id)
        )
        .join(PERSON, and_(PERSON.c.tenant_id == actor.tenant, PERSON.c.person_id == APPOINTMENT.c.person_id))
        .join(
            COLLECTION,
            and_(
                COLLECTION.c.tenant_id == actor.tenant,
                COLLECTION.c.collection_id == APPOINTMENT.c.collection_id,
            ),
        )
    )
    days = _days(APPOINTMENT.c.rank, PLACES, day or day_in_japan(now), day)
    query = select(APPOINTMENT, SLOT, PERSON, COLLECTION).select_from(joined).where(own, *days)
    if not cancelled:
        query = query.where(APPOINTMENT.c.cancelled_at == 0)
    rows = await list_rows(custodian, actor.tenant, query, APPOINTMENT.c.rank, window)
    return page_of([_listed(custodian, row) for row in rows], window)


async def free_slots(custodian: Custodian, tenant: int, now: int) -> list[ListedSlot]:
    """The next slots of a company in which somebody can still book a seat, 200 at most, by their start.

    Raises:
        SealBrokenError: a row was altered.
    """
    query = select(SLOT, _TAKEN).where(
        SLOT.c.tenant_id == tenant,
        SLOT.c.rank >= rank_at(now + 1),
        SLOT.c.withdrawn_at == 0,
        SLOT.c.seats > _TAKEN,
    )
    rows = await list_rows(custodian, tenant, query, SLOT.c.rank, Window(_MOST_FREE - 1))
    return [ListedSlot(slot_of(custodian.authority, row[:-1]), int(row[-1])) for row in rows]


def _days(rank: ColumnElement[int], size: int, since: date, until: date | None) -> list[ColumnElement[bool]]:
    """That a rank lies within days in Japan."""
    conditions: list[ColumnElement[bool]] = [rank >= rank_at(start_of_day_in_japan(since)) * size]
    if until is not None and until < date.max:
        conditions.append(rank < rank_at(start_of_day_in_japan(until + timedelta(days=1))) * size)
    return conditions


def _listed(custodian: Custodian, row: tuple[object, ...]) -> ListedAppointment:
    parts: list[tuple[object, ...]] = []
    rest = row
    for table in (APPOINTMENT, SLOT, PERSON, COLLECTION):
        size = len(table.columns)
        parts.append(rest[:size])
        rest = rest[size:]
    appointment, slot, person, collection = parts
    authority = custodian.authority
    return ListedAppointment(
        appointment_of(authority, appointment),
        slot_of(authority, slot),
        person_of(person),
        collection_of(authority, collection),
    )
