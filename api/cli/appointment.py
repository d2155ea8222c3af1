"""`warifu appointment`: slots in which people may come, and who comes, by the clock in Japan."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.cli.appointment_told import tell_appointments, tell_slots
from api.cli.output import CommandError, Json, facts, show
from api.cli.remote import LOCAL, Endpoint, Login, Remote, RemoteTenant, signed_in
from api.cli.row_values import read_day
from api.cli.rows import FileOfRows, Rejected, Row, finish, in_batches, read_rows, rejected_here
from custody.desk.words import refuse_message

if TYPE_CHECKING:
    from warifu import AppointmentChanged, RowRejection, Warifu

app = typer.Typer(help="Appointments, at a running server. / 来庁予約", no_args_is_help=True)

_BATCH: Final = 1_000
_COLUMNS: Final = {
    "place": "place 場所 会場",
    "start": "start 開始日時 開始 starts_at",
    "minutes": "minutes 所要時間 分",
    "seats": "seats 席数 定員",
}
Message = Annotated[
    str, typer.Option("--message", help="What the people concerned are told; never a number. / 伝える文")
]


@app.command()
def offer(
    place: Annotated[str, typer.Option("--place", help="Where. / 場所")] = "",
    start: Annotated[str, typer.Option("--start", help="When, in Japan: 2026-12-01 10:00. / 開始日時")] = "",
    minutes: Annotated[int, typer.Option("--minutes", help="How long each takes. / 所要時間(分)")] = 30,
    seats: Annotated[int, typer.Option("--seats", help="For how many people. / 席数")] = 1,
    file: FileOfRows = None,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Offer a slot, or many from a file with place, start, minutes, seats.

    予約枠を提示します(--file の見出し: 場所, 開始日時, 所要時間, 席数)。
    """
    one = {"place": place, "start": start, "minutes": str(minutes), "seats": str(seats)}
    rows: list[Row] = []
    bad: list[Rejected] = []
    made: list[str | None] = []

    def act(vault: "Warifu") -> list[Rejected]:
        return in_batches(rows, lambda batch: _offer(vault, batch, made), "place", _BATCH)

    remote = Remote(endpoint, login, tenant)
    rejected = signed_in(remote, act, as_json, lambda: _sort(_one_or_file(one, file), rows, bad))
    offered = [
        {"line": row.line, "slot_id": slot} for row, slot in zip(rows, made, strict=True) if slot is not None
    ]
    finish(
        {"slots": offered},
        sorted([*bad, *rejected], key=lambda row: row.line),
        as_json,
        lambda: facts("予約枠を提示しました / slots offered", {"件数 / slots": len(offered)}),
    )


@app.command()
def slots(
    since: Annotated[str, typer.Option("--from", help="First day; today if left out. / 開始日")] = "",
    until: Annotated[str, typer.Option("--until", help="Last day. / 終了日")] = "",
    withdrawn: Annotated[
        bool, typer.Option("--withdrawn", help="Withdrawn ones as well. / 取下げも")
    ] = False,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """List slots and how many seats are free. / 予約枠と空席を一覧します。"""
    days: list[date | None] = []

    def check() -> None:
        days.extend((_day(since, "--from"), _day(until, "--until")))

    found = signed_in(
        Remote(endpoint, login, tenant),
        lambda vault: list(vault.appointment_slots(since=days[0], until=days[1], withdrawn=withdrawn)),
        as_json,
        check,
    )
    show({"slots": found}, as_json, lambda: tell_slots(found))


@app.command()
def withdraw(
    slot: Annotated[str, typer.Argument(help="Public id of the slot. / 予約枠 ID")],
    message: Message = "",
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Withdraw a slot; if it is booked, with --message for those who come. / 予約枠を取り下げます。"""
    done = signed_in(
        Remote(endpoint, login, tenant),
        lambda vault: vault.withdraw_appointment_slot(slot, message or None),
        as_json,
        lambda: _check_message(message),
    )
    told = {"取り消した予約 / appointments cancelled": done.cancelled}
    show({"slot": done}, as_json, lambda: facts(f"取り下げました / withdrawn: {done.slot_id}", told))


@app.command("list")
def list_(
    on: Annotated[str, typer.Option("--on", help="One day; from today on if left out. / 日付")] = "",
    cancelled: Annotated[
        bool, typer.Option("--cancelled", help="Cancelled ones as well. / 取消しも")
    ] = False,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """List who comes when. / 予約を一覧します。"""
    days: list[date | None] = []
    found = signed_in(
        Remote(endpoint, login, tenant),
        lambda vault: list(vault.appointments(day=days[0], cancelled=cancelled)),
        as_json,
        lambda: days.append(_day(on, "--on")),
    )
    show({"appointments": found}, as_json, lambda: tell_appointments(found))


@app.command()
def book(
    collection: Annotated[str, typer.Argument(help="Public id of their collection. / 収集 ID")],
    slot: Annotated[str, typer.Argument(help="Public id of the slot. / 予約枠 ID")],
    move: Annotated[bool, typer.Option("--move", help="Move the one they have. / 予約を変更")] = False,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Book, or move, an appointment for somebody who phones. / 電話で受けた予約を入れます。"""
    done = signed_in(
        Remote(endpoint, login, tenant),
        lambda vault: vault.book_appointment(collection, slot, move=move),
        as_json,
    )
    _changed(done, "予約しました / booked", as_json)


@app.command()
def cancel(
    appointment: Annotated[str, typer.Argument(help="Public id of the appointment. / 予約 ID")],
    message: Message = "",
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Cancel an appointment; with --message the person is told in their inquiry. / 予約を取り消します。"""
    done = signed_in(
        Remote(endpoint, login, tenant),
        lambda vault: vault.cancel_appointment(appointment, message or None),
        as_json,
        lambda: _check_message(message),
    )
    _changed(done, "取り消しました / cancelled", as_json)


def _offer(vault: "Warifu", rows: Sequence[Row], made: list[str | None]) -> "Sequence[RowRejection]":
    done = vault.offer_appointment_slots(
        [row.cells["place"] for row in rows],
        [datetime.fromisoformat(row.cells["start"]) for row in rows],
        [int(row.cells["minutes"]) for row in rows],
        [int(row.cells["seats"]) for row in rows],
    )
    made += done.slot_ids
    return done.rejections


def _one_or_file(one: dict[str, str], file: Path | None) -> list[Row]:
    if bool(one["place"] and one["start"]) == (file is not None):
        raise CommandError(
            "ROWS",
            "--place と --start で 1 件を指定するか、--file だけで複数件を指定してください。",
            "Give one slot by --place and --start, or many by --file alone.",
        )
    return [Row(1, one)] if file is None else read_rows(file, _COLUMNS)


def _sort(every: Sequence[Row], rows: list[Row], bad: list[Rejected]) -> None:
    """Rows that can be read, their starts as ISO writes them; and the others."""
    for row in every:
        start = _instant(row.cells["start"])
        if start is None:
            ja = "開始日時は 2026-12-01 10:00 か 令和8年12月1日 10:00 の形で入れてください。"
            en = "Write the start as 2026-12-01 10:00, or with a day in the Japanese era."
            bad.append(rejected_here(row, "START_INVALID", ja, en, "place"))
        elif not all(_is_count(row.cells[name]) for name in ("minutes", "seats")):
            ja, en = "所要時間と席数は整数にしてください。", "Let minutes and seats be whole numbers."
            bad.append(rejected_here(row, "SEATS_INVALID", ja, en, "place"))
        else:
            rows.append(Row(row.line, {**row.cells, "start": start.isoformat()}))


def _instant(text: str) -> datetime | None:
    """A moment to the minute as offices write it, by the clock in Japan."""
    from warifu.era import parse_date

    day, _, clock = text.strip().replace("T", " ").rpartition(" ")
    on = parse_date(day)
    try:
        at = datetime.strptime(clock, "%H:%M").time()  # noqa: DTZ007 - a clock, without a day
    except ValueError:
        return None
    return datetime.combine(on, at) if on else None


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len(str(_BATCH))


def _day(text: str, option: str) -> date | None:
    return read_day(text, option) if text else None


def _check_message(message: str) -> None:
    refusal = refuse_message(message) if message else None
    if refusal is not None:
        raise CommandError(refusal.rule, refusal.message_ja, refusal.message_en)


def _changed(done: "AppointmentChanged", title: str, as_json: bool) -> None:
    told = {"日時 / when": done.starts_in_japan[:16].replace("T", " "), "予約枠 / slot": done.slot_id}
    show({"appointment": done}, as_json, lambda: facts(f"{title}: {done.appointment_id}", told))
