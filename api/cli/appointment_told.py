"""Slots and appointments as people read them: tables by the clock in Japan."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text

from api.cli.disposal_told import moment
from api.cli.output import table
from api.cli.rows import plain

if TYPE_CHECKING:
    from warifu import Appointment, AppointmentSlot


def tell_slots(found: "Sequence[AppointmentSlot]") -> None:
    """Print slots."""
    rows: list[list[str | Text]] = [
        [
            each.slot_id,
            _time(each.starts_at, each.ends_at),
            plain(each.place),
            f"{each.free}/{each.seats}",
            moment(each.withdrawn_at),
        ]
        for each in found
    ]
    columns = ["slot", "日時\nwhen", "場所\nplace", "空席\nfree", "取下げ\nwithdrawn"]
    table(f"予約枠 / slots: {len(rows)}", columns, rows, whole=(0, 1))


def tell_appointments(found: "Sequence[Appointment]") -> None:
    """Print appointments."""
    rows: list[list[str | Text]] = [
        [
            each.appointment_id,
            _time(each.starts_at, each.ends_at),
            plain(each.place),
            plain(each.external_id),
            plain(each.name),
            each.collection_state.value.lower(),
            each.booked_by or "-",
            moment(each.cancelled_at),
        ]
        for each in found
    ]
    names = ["日時\nwhen", "場所\nplace", "管理番号\nid", "氏名\nname", "状態\nstate", "受付\nby"]
    columns = ["appointment", *names, "取消し\ncancelled"]
    table(f"予約 / appointments: {len(rows)}", columns, rows, whole=(0, 1))


def _time(start: datetime, end: datetime) -> str:
    return f"{moment(start)}-{moment(end)[-5:]}"
