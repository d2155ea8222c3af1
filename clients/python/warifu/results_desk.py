"""What the vault answers about the desk: inquiries with their messages, slots and appointments."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from warifu.results import RowRejection
from warifu.results_collection_enums import CollectionState


class InquiryState(StrEnum):
    """Whether an inquiry waits for the company, was answered, or is closed until the person asks again."""

    OPEN = "OPEN"
    ANSWERED = "ANSWERED"
    CLOSED = "CLOSED"


class Speaker(StrEnum):
    """Who writes in an inquiry: the person, or the company."""

    PERSON = "PERSON"
    COMPANY = "COMPANY"


@dataclass(frozen=True, slots=True)
class Inquiry:
    """The thread of a collection, without its messages.

    Attributes:
        inquiry_id: public id, as the audit log names it.
        collection_id: public id of the collection it is about.
        external_id: whose number is collected.
        name: their name.
        state: whether it waits for the company.
        messages: how many messages there are.
        unread: how many of them nobody at the desk has read.
        unread_by_person: how many of them the person has not read.
        opened_at: when it began.
        last_at: when the last message was written.
        last_by: who wrote it.
    """

    inquiry_id: str
    collection_id: str
    external_id: str
    name: str
    state: InquiryState
    messages: int
    unread: int
    unread_by_person: int
    opened_at: datetime
    last_at: datetime
    last_by: Speaker


@dataclass(frozen=True, slots=True)
class InquiryMessage:
    """One message; `author` is the login of who wrote it for the company."""

    speaker: Speaker
    author: str | None
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class InquiryThread:
    """An inquiry with its messages, oldest first."""

    inquiry: Inquiry
    messages: tuple[InquiryMessage, ...]


@dataclass(frozen=True, slots=True)
class InquiryCounts:
    """How many inquiries are in each state, and how many messages nobody at the desk has read."""

    open: int
    answered: int
    closed: int
    unread: int


@dataclass(frozen=True, slots=True)
class InquiryChanged:
    """An inquiry as it is now."""

    inquiry_id: str
    state: InquiryState
    messages: int
    unread: int


@dataclass(frozen=True, slots=True)
class AppointmentSlot:
    """A slot in which people may come.

    Attributes:
        slot_id: public id, as the audit log names it.
        place: where.
        starts_at: when it begins.
        ends_at: when it ends.
        starts_in_japan: when it begins by the clock in Japan, as ISO 8601.
        minutes: how long it takes.
        seats: for how many people.
        free: how many seats are left.
        offered_by: login of who offered it.
        withdrawn_at: when it was withdrawn; None while it stands.
    """

    slot_id: str
    place: str
    starts_at: datetime
    ends_at: datetime
    starts_in_japan: str
    minutes: int
    seats: int
    free: int
    offered_by: str
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class AppointmentSlotsOffered:
    """The slot of each row, None for a rejected one; and the rows that were not taken."""

    slot_ids: tuple[str | None, ...]
    rejections: tuple[RowRejection, ...]


@dataclass(frozen=True, slots=True)
class AppointmentSlotWithdrawn:
    """A slot that was withdrawn, and how many appointments were cancelled with it."""

    slot_id: str
    cancelled: int


@dataclass(frozen=True, slots=True)
class Appointment:
    """That somebody comes.

    Attributes:
        appointment_id: public id, as the audit log names it.
        slot_id: public id of its slot.
        place: where.
        starts_at: when it begins.
        ends_at: when it ends.
        starts_in_japan: when it begins by the clock in Japan, as ISO 8601.
        collection_id: public id of the collection it is about.
        collection_state: where that collection stands.
        external_id: who comes.
        name: their name.
        booked_by: login of who booked it; None for the person.
        booked_at: when it was booked.
        cancelled_at: when it was cancelled; None while it stands.
    """

    appointment_id: str
    slot_id: str
    place: str
    starts_at: datetime
    ends_at: datetime
    starts_in_japan: str
    collection_id: str
    collection_state: CollectionState
    external_id: str
    name: str
    booked_by: str | None
    booked_at: datetime
    cancelled_at: datetime | None


@dataclass(frozen=True, slots=True)
class AppointmentChanged:
    """An appointment as it is now; `starts_in_japan` by the clock there, `cancelled_at` None while it stands."""

    appointment_id: str
    slot_id: str
    starts_at: datetime
    starts_in_japan: str
    cancelled_at: datetime | None
