"""Appointments: when and where the company receives people, and who comes."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Final

from warifu.client_base import Caller
from warifu.results_desk import (
    Appointment,
    AppointmentChanged,
    AppointmentSlot,
    AppointmentSlotsOffered,
    AppointmentSlotWithdrawn,
)
from warifu.transport import random_name

_CHANGED: Final = {"AppointmentChanged": AppointmentChanged}


class AppointmentCalls(Caller):
    """What handlers and administrators do about appointments; auditors may look on."""

    def appointment_slots(
        self, *, since: date | None = None, until: date | None = None, withdrawn: bool = False
    ) -> Iterator[AppointmentSlot]:
        """Slots, by their start.

        Args:
            since: the first day, in Japan; today if it is None.
            until: the last day, in Japan.
            withdrawn: whether those that were withdrawn are wanted as well.
        """
        return self._pages("appointmentSlots", AppointmentSlot, since=since, until=until, withdrawn=withdrawn)

    def offer_appointment_slots(
        self,
        places: Sequence[str],
        starts: Sequence[datetime],
        minutes: Sequence[int],
        seats: Sequence[int],
        *,
        idempotency_key: str | None = None,
    ) -> AppointmentSlotsOffered:
        """Offer slots in which people may come: value n of every column belongs to row n, 1,000 rows at most.

        Args:
            places: where.
            starts: when they begin, to the minute; without a time zone, by the clock in Japan.
            minutes: how long each takes, 5 to 480.
            seats: for how many people each is, 1 to 500.
            idempotency_key: the same key with the same content is done once, for 24 hours; random if left out.

        Raises:
            Refused: a rule said no to the batch as a whole.
        """
        sent: dict[str, object] = {
            "places": list(places),
            "starts": [start.isoformat() for start in starts],
            "minutes": list(minutes),
            "seats": list(seats),
            "idempotencyKey": idempotency_key or random_name(),
        }
        members = {"AppointmentSlotsOffered": AppointmentSlotsOffered}
        return self._change("offerAppointmentSlots", sent, members, repeatable=True)

    def withdraw_appointment_slot(self, slot_id: str, message: str | None = None) -> AppointmentSlotWithdrawn:
        """Withdraw a slot that has not begun.

        Args:
            slot_id: public id of the slot.
            message: what those are told whose appointments are cancelled; needed if there are any.

        Raises:
            Refused: a rule said no.
        """
        sent = {"slotId": slot_id, "message": message}
        members = {"AppointmentSlotWithdrawn": AppointmentSlotWithdrawn}
        return self._change("withdrawAppointmentSlot", sent, members)

    def appointments(self, *, day: date | None = None, cancelled: bool = False) -> Iterator[Appointment]:
        """Appointments, by their start.

        Args:
            day: the day, in Japan; today and all days to come if it is None.
            cancelled: whether those that were cancelled are wanted as well.
        """
        return self._pages("appointments", Appointment, day=day, cancelled=cancelled)

    def book_appointment(
        self, collection_id: str, slot_id: str, *, move: bool = False, idempotency_key: str | None = None
    ) -> AppointmentChanged:
        """Book for somebody who phones.

        Args:
            collection_id: public id of their collection.
            slot_id: public id of the slot.
            move: move the appointment they have, which they keep if there is no seat.
            idempotency_key: the same key with the same content is done once, for 24 hours; random if left out.

        Raises:
            Refused: a rule said no, such as that all seats are taken.
        """
        sent: dict[str, object] = {
            "collectionId": collection_id,
            "slotId": slot_id,
            "move": move,
            "idempotencyKey": idempotency_key or random_name(),
        }
        return self._change("bookAppointment", sent, _CHANGED, repeatable=True)

    def cancel_appointment(self, appointment_id: str, message: str | None = None) -> AppointmentChanged:
        """Cancel an appointment.

        Args:
            appointment_id: its public id.
            message: what the person is told in their inquiry; None if they asked for it.

        Raises:
            Refused: a rule said no.
        """
        sent = {"appointmentId": appointment_id, "message": message}
        return self._change("cancelAppointment", sent, _CHANGED)
