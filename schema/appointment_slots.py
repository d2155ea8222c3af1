"""Slots (予約枠): when and where the company receives people. Instants are told in UTC, and by the clock in Japan."""

from typing import Annotated

import strawberry

from custody.desk.calendar import ListedSlot, list_slots
from custody.desk.clock import in_japan
from custody.desk.offering import SlotColumns, offer_slots, withdraw_slot
from policies.refusals import Denied
from schema.context import Info
from schema.days import moment_of
from schema.pages import After, Before, Connection, First, Last, connection, window
from schema.replay import IDEMPOTENCY, replay_of
from schema.results import INPUT, Refusal, RowRejection, refusal, refused_query, row_rejections
from schema.scalars import Day, Moment

SinceDay = Annotated[
    Day | None, strawberry.argument(description="First day, in Japan; today if it is left out.")
]
UntilDay = Annotated[Day | None, strawberry.argument(description="Last day, in Japan.")]
Withdrawn = Annotated[
    bool | None, strawberry.argument(description="Whether withdrawn ones are wanted as well.")
]


@strawberry.type(description="A slot in which people may come.")
class AppointmentSlot:
    """A slot."""

    slot_id: str = strawberry.field(description="Public id, as the audit log names it.")
    place: str = strawberry.field(description="Where.")
    starts_at: Moment = strawberry.field(description="When it begins.")
    ends_at: Moment = strawberry.field(description="When it ends.")
    starts_in_japan: str = strawberry.field(
        description="When it begins by the clock in Japan: 2026-12-01T10:00+09:00."
    )
    minutes: int = strawberry.field(description="How long it takes.")
    seats: int = strawberry.field(description="For how many people.")
    free: int = strawberry.field(description="How many seats are left; 0 once it was withdrawn.")
    offered_by: str = strawberry.field(description="Login of who offered it.")
    withdrawn_at: Moment | None = strawberry.field(description="When it was withdrawn; null while it stands.")


@strawberry.input(description="Slots as columns: value n of every list belongs to row n. Up to 1,000 rows.")
class OfferAppointmentSlotsInput:
    """A batch of slots."""

    places: list[str] = strawberry.field(description="Where: 1 to 100 characters.")
    starts: list[str] = strawberry.field(
        description="When they begin, to the minute: 2026-12-01T10:00, in Japan, or with an offset of its own."
    )
    minutes: list[int] = strawberry.field(description="How long each takes, 5 to 480.")
    seats: list[int] = strawberry.field(description="For how many people each is, 1 to 500.")
    idempotency_key: str | None = strawberry.field(default=None, description=IDEMPOTENCY)


@strawberry.input(description="A slot that is to go.")
class WithdrawAppointmentSlotInput:
    """A slot to withdraw."""

    slot_id: str = strawberry.field(description="Public id.")
    message: str | None = strawberry.field(
        default=None,
        description="What those are told, in their inquiry, whose appointments are cancelled; needed if there are any.",
    )


@strawberry.type(description="The slots as they are now.")
class AppointmentSlotsOffered:
    """What became of a batch."""

    slot_ids: list[str | None] = strawberry.field(
        description="The slot of each row; null for a rejected one."
    )
    rejections: list[RowRejection] = strawberry.field(description="The rows that were not taken, in order.")


@strawberry.type(description="The slot is withdrawn.")
class AppointmentSlotWithdrawn:
    """What became of a slot."""

    slot_id: str = strawberry.field(description="Public id.")
    cancelled: int = strawberry.field(description="Appointments that were cancelled; each person was told.")


AppointmentSlotsResult = Annotated[
    AppointmentSlotsOffered | Refusal,
    strawberry.union("AppointmentSlotsResult", description="What offering slots answers."),
]
AppointmentSlotResult = Annotated[
    AppointmentSlotWithdrawn | Refusal,
    strawberry.union("AppointmentSlotResult", description="What withdrawing a slot answers."),
]


async def _slots(
    info: Info,
    since: SinceDay = None,
    until: UntilDay = None,
    withdrawn: Withdrawn = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[AppointmentSlot]:
    context = info.context
    view = window(first, after, last, before, "slot", context)
    page = await list_slots(
        context.custodian,
        context.somebody,
        since,
        until,
        view,
        context.clock(),
        withdrawn=bool(withdrawn),
    )
    if isinstance(page, Denied):
        raise refused_query(context, page)
    return connection(context, "slot", page, lambda item: item.slot.rank, _slot)


async def _offer(info: Info, input: Annotated[OfferAppointmentSlotsInput, INPUT]) -> AppointmentSlotsResult:
    context = info.context
    columns = SlotColumns(input.places, input.starts, input.minutes, input.seats)
    replay = replay_of(context, input.idempotency_key, "offerAppointmentSlots", input)
    done = await offer_slots(context.custodian, context.somebody, columns, context.clock(), replay)
    if isinstance(done, Denied):
        return refusal(context, done)
    return AppointmentSlotsOffered(slot_ids=done.slots, rejections=row_rejections(done.rejections))


async def _withdraw(
    info: Info, input: Annotated[WithdrawAppointmentSlotInput, INPUT]
) -> AppointmentSlotResult:
    context = info.context
    done = await withdraw_slot(
        context.custodian, context.somebody, input.slot_id, input.message or "", context.clock()
    )
    if isinstance(done, Denied):
        return refusal(context, done)
    return AppointmentSlotWithdrawn(slot_id=done.slot.public_id, cancelled=done.cancelled)


@strawberry.type
class AppointmentSlotQuery:
    """Queries about slots."""

    appointment_slots: Connection[AppointmentSlot] = strawberry.field(
        resolver=_slots,
        description="Slots, by their start; for handlers and administrators, and for auditors.",
    )


@strawberry.type
class AppointmentSlotMutation:
    """Changes to slots."""

    offer_appointment_slots: AppointmentSlotsResult = strawberry.mutation(
        resolver=_offer,
        description="Offer slots in which people may come; for handlers and administrators.",
    )
    withdraw_appointment_slot: AppointmentSlotResult = strawberry.mutation(
        resolver=_withdraw,
        description="Withdraw a slot that has not begun; whoever has an appointment in it is told.",
    )


def _slot(listed: ListedSlot) -> AppointmentSlot:
    slot = listed.slot
    return AppointmentSlot(
        slot_id=slot.public_id,
        place=slot.place,
        starts_at=Moment(slot.starts_at),
        ends_at=Moment(slot.ends_at),
        starts_in_japan=in_japan(slot.starts_at),
        minutes=slot.minutes,
        seats=slot.seats,
        free=listed.free,
        offered_by=slot.offered_by,
        withdrawn_at=moment_of(slot.withdrawn_at),
    )
