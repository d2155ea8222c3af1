"""Rows of files: read, sent in batches, reported; and what others wrote, on a terminal."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer

from api.cli.output import CommandError, table
from api.cli.row_values import checked
from api.cli.rows import BATCH, Rejected, Row, finish, in_batches, persons_of, plain, read_rows
from warifu import RowRejection, TransportError

LOST = TransportError("途絶えました。", "Lost.", may_have_happened=True)


def rows(count: int) -> list[Row]:
    return [Row(place + 2, {"external_id": f"E-{place}"}) for place in range(count)]


def test_a_file_that_was_exported_from_here_names_its_persons(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes('管理番号,氏名\r\n\'-12,試験\r\nE-1,"試験, 二"\r\n'.encode("utf-8-sig"))
    assert [(row.line, row.person) for row in persons_of(None, file)] == [(2, "-12"), (3, "E-1")]


def test_a_row_may_end_before_a_column_that_may_be_empty(tmp_path: Path) -> None:
    file = tmp_path / "documents.tsv"
    file.write_text("external_id\tcopies\nE-1\n", encoding="utf-8")
    (row,) = read_rows(file, {"external_id": "external_id"}, {"copies": "copies"})
    assert row.cells == {"external_id": "E-1", "copies": ""}


def test_more_rows_than_a_request_takes_are_sent_in_several_and_rejections_keep_their_line() -> None:
    sizes: list[int] = []

    def send(batch: Sequence[Row]) -> list[RowRejection]:
        sizes.append(len(batch))
        return [RowRejection(0, "PERSON_UNKNOWN", "いません。", "Nobody.")]

    rejected = in_batches(rows(BATCH + 1), send)
    assert sizes == [BATCH, 1]
    assert [(row.line, row.id) for row in rejected] == [(2, "E-0"), (BATCH + 2, f"E-{BATCH}")]


def test_what_stops_a_later_batch_says_up_to_which_row_all_is_done() -> None:
    def send(batch: Sequence[Row]) -> list[RowRejection]:
        if batch[0].line > 2:
            raise LOST
        return []

    with pytest.raises(CommandError) as stopped:
        in_batches(rows(BATCH + 1), send)
    assert stopped.value.code == "NO_ANSWER"
    assert f"row {BATCH + 1}:" in stopped.value.message_en
    assert f"{BATCH + 1} 行目" in stopped.value.message_ja


def test_what_stops_the_first_batch_is_told_as_it_is() -> None:
    def send(batch: Sequence[Row]) -> list[RowRejection]:
        raise LOST

    with pytest.raises(TransportError):
        in_batches(rows(1), send)


def test_days_are_read_as_offices_write_them_and_those_that_are_none_are_told() -> None:
    given = ["令和8年4月1日", "R8.4.1", "2026/4/1", "20260401", "", "2026-02-30", "April"]
    good, bad = checked(
        [Row(line, {"external_id": "E", "day": day}) for line, day in enumerate(given)], ["day"]
    )
    assert [row.cells["day"] for row in good] == ["2026-04-01"] * 4 + [""]
    assert [(row.line, row.code) for row in bad] == [(5, "DATE_INVALID"), (6, "DATE_INVALID")]


def test_a_command_fails_if_a_row_was_not_taken(capsys: pytest.CaptureFixture[str]) -> None:
    bad = [Rejected(7, "E-5", "ON_HOLD", "保全中です。", "On hold.")]
    finish({"run": None}, [], as_json=True, render=lambda: None)
    assert json.loads(capsys.readouterr().out) == {"run": None, "rejections": []}
    with pytest.raises(typer.Exit) as ended:
        finish({"run": None}, bad, as_json=True, render=lambda: None)
    assert ended.value.exit_code == 1
    assert json.loads(capsys.readouterr().out)["rejections"][0]["line"] == 7


def test_what_others_wrote_neither_colours_nor_moves_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    table("names", ["name"], [[plain("[red]甲[/]")], [plain("[/]")], [plain("\x1b[2J乙")]])
    shown = capsys.readouterr().out
    assert "[red]甲[/]" in shown
    assert "\x1b" not in shown
