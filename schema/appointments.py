"""Appointments (来庁予約): who comes when and where. The company books for somebody who phones, and cancels."""

from typing import Annotated

import strawberry

from custody.collection.acting import company
from custody.desk.booking import Booked, book, cancel_appointment, move
from custody.desk.calendar import ListedAppointment, list_appointments
from custody.desk.clock import in_japan
from policies.refusals import Denied
from schema.collection_enums import CollectionState
from schema.context import Context, Info
from schema.days import moment_of
from schema.pages import After, Before, Connection, First, Last, connection, window
from schema.replay import IDEMPOTENCY, replay_of
from schema.results import INPUT, Refusal, refusal, refused_query
from schema.scalars import Day, Moment

OnDay = Annotated[
    Day | None,
    strawberry.argument(description="Which day, in Japan; today and all days to come if it is left out."),
]
Cancelled = Annotated[
    bool | None, strawberry.argument(description="Whether cancelled ones are wanted as well.")
]


@strawberry.type(description="That somebody comes.")
class Appointment:
    """An appointment."""

    appointment_id: str = strawberry.field(description="Public id, as the audit log names it.")
    slot_id: str = strawberry.field(description="Public id of its slot.")
    place: str = strawberry.field(description="Where.")
    starts_at: Moment = strawberry.field(description="When it begins.")
    ends_at: Moment = strawberry.field(description="When it ends.")
    starts_in_japan: str = strawberry.field(
        description="When it begins by the clock in Japan: 2026-12-01T10:00+09:00."
    )
    collection_id: str = strawberry.field(description="Public id of the collection it is about.")
    collection_state: CollectionState = strawberry.field(description="Where that collection stands.")
    external_id: str = strawberry.field(description="Who comes.")
    name: str = strawberry.field(description="Their name.")
    booked_by: str | None = strawberry.field(description="Login of who booked it; null for the person.")
    booked_at: Moment = strawberry.field(description="When it was booked.")
    cancelled_at: Moment | None = strawberry.field(description="When it was cancelled; null while it stands.")


@strawberry.input(description="An appointment for somebody who phones.")
class BookAppointmentInput:
    """An appointment to book."""

    collection_id: str = strawberry.field(description="Public id of their collection.")
    slot_id: str = strawberry.field(description="Public id of the slot.")
    move: bool = strawberry.field(
        default=False, description="Move the appointment they have, which they keep if there is no seat."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=IDEMPOTENCY)


@strawberry.input(description="An appointment that is to go.")
class CancelAppointmentInput:
    """An appointment to cancel."""

    appointment_id: str = strawberry.field(description="Public id.")
    message: str | None = strawberry.field(
        default=None, description="What the person is told in their inquiry; null if they asked for it."
    )


@strawberry.type(description="The appointment as it is now.")
class AppointmentChanged:
    """What became of an appointment."""

    appointment_id: str = strawberry.field(description="Public id.")
    slot_id: str = strawberry.field(description="Public id of its slot.")
    starts_at: Moment = strawberry.field(description="When it begins.")
    starts_in_japan: str = strawberry.field(description="When it begins by the clock in Japan.")
    cancelled_at: Moment | None = strawberry.field(description="When it was cancelled; null while it stands.")


AppointmentResult = Annotated[
    AppointmentChanged | Refusal,
    strawberry.union("AppointmentResult", description="What a mutation answers that changes an appointment."),
]


async def _appointments(
    info: Info,
    day: OnDay = None,
    cancelled: Cancelled = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[Appointment]:
    context = info.context
    view = window(first, after, last, before, "appointment", context)
    page = await list_appointments(
        context.custodian, context.somebody, day, view, context.clock(), cancelled=bool(cancelled)
    )
    if isinstance(page, Denied):
        raise refused_query(context, page)
    return connection(context, "appointment", page, lambda item: item.appointment.rank, _appointment)


async def _book(info: Info, input: Annotated[BookAppointmentInput, INPUT]) -> AppointmentResult:
    context = info.context
    replay = replay_of(context, input.idempotency_key, "bookAppointment", input)
    put = move if input.move else book
    done = await put(
        context.custodian,
        company(context.somebody),
        None,
        input.collection_id,
        input.slot_id,
        context.clock(),
        replay,
    )
    return _changed(context, done)


async def _cancel(info: Info, input: Annotated[CancelAppointmentInput, INPUT]) -> AppointmentResult:
    context = info.context
    done = await cancel_appointment(
        context.custodian, context.somebody, input.appointment_id, input.message or "", context.clock()
    )
    return _changed(context, done)


@strawberry.type
class AppointmentQuery:
    """Queries about appointments."""

    appointments: Connection[Appointment] = strawberry.field(
        resolver=_appointments,
        description="Appointments, by their start; for handlers and administrators, and for auditors.",
    )


@strawberry.type
class AppointmentMutation:
    """Changes to appointments."""

    book_appointment: AppointmentResult = strawberry.mutation(
        resolver=_book,
        description="Book, or move, an appointment for somebody who phones; for handlers and administrators.",
    )
    cancel_appointment: AppointmentResult = strawberry.mutation(
        resolver=_cancel, description="Cancel an appointment; for handlers and administrators."
    )


def _appointment(listed: ListedAppointment) -> Appointment:
    appointment, slot = listed.appointment, listed.slot
    return Appointment(
        appointment_id=appointment.public_id,
        slot_id=slot.public_id,
        place=slot.place,
        starts_at=Moment(slot.starts_at),
        ends_at=Moment(slot.ends_at),
        starts_in_japan=in_japan(slot.starts_at),
        collection_id=listed.collection.public_id,
        collection_state=listed.collection.state,
        external_id=listed.person.external_id,
        name=listed.person.name,
        booked_by=appointment.booked_by or None,
        booked_at=Moment(appointment.booked_at),
        cancelled_at=moment_of(appointment.cancelled_at),
    )


def _changed(context: Context, done: Booked | Denied) -> AppointmentChanged | Refusal:
    if isinstance(done, Denied):
        return refusal(context, done)
    return AppointmentChanged(
        appointment_id=done.appointment.public_id,
        slot_id=done.slot.public_id,
        starts_at=Moment(done.slot.starts_at),
        starts_in_japan=in_japan(done.slot.starts_at),
        cancelled_at=moment_of(done.appointment.cancelled_at),
    )
