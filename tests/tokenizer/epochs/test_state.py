"""How the epochs stand, and the alarms: each rings when something is late, and is silent otherwise."""

from pathlib import Path

import pytest

from tests.support.epochs import Keep
from tokenizer.epochs.state import MEANING, Alarm, State, read_state
from tokenizer.epochs.terms import DAY_MS


async def state(keep: Keep) -> State:
    return await read_state(keep.vault, keep.provider, keep.clock())


async def test_a_new_vault_is_fine(keep: Keep) -> None:
    await keep.sweep()
    found = await state(keep)
    assert (found.waiting, found.alarms) == (0, [])
    assert [(each.number, each.began, each.destroy_by) for each in found.epochs] == [
        (1, keep.clock(), keep.clock() + 90 * DAY_MS)
    ]


async def test_epochs_are_told_with_what_became_of_them(keep: Keep) -> None:
    await keep.sweep()
    await keep.roll()
    await keep.fill(4)
    swept = keep.clock.advance(minutes=1)
    await keep.sweep()
    gone = keep.clock.advance(minutes=60)
    await keep.destroy(1)
    found = await state(keep)
    assert [(each.swept_at, each.destroyed_at) for each in found.epochs] == [
        (swept - 60_000, gone),
        (swept, None),
    ]
    assert [each.number for each in found.living()] == [2]


async def test_a_sweep_is_late_after_three_days_and_stays_so_though_another_epoch_begins(keep: Keep) -> None:
    await keep.sweep()
    await keep.fill(4)
    await keep.roll()
    keep.clock.advance(days=3, seconds=-1)
    assert (await state(keep)).alarms == []
    keep.clock.advance(seconds=1)
    assert (await state(keep)).alarms == [Alarm.SWEEP_LATE]
    keep.clock.advance(days=4)
    await keep.roll()
    assert (await state(keep)).alarms == [Alarm.SWEEP_LATE]
    await keep.sweep()
    assert (await state(keep)).alarms == []


async def test_an_epoch_is_overdue_half_a_day_after_its_time_before_the_90_days_are_over(keep: Keep) -> None:
    keep.clock.advance(days=89)
    await keep.roll()
    await keep.sweep()
    keep.clock.advance(days=0.5, seconds=-1)
    assert (await state(keep)).alarms == []
    keep.clock.advance(seconds=1)
    assert (await state(keep)).alarms == [Alarm.EPOCH_OVERDUE]
    assert keep.clock() < (await state(keep)).epochs[0].destroy_by
    await keep.destroy(1)
    assert (await state(keep)).alarms == []


async def test_when_nobody_rolls_for_ten_days_the_alarm_says_so(keep: Keep) -> None:
    await keep.sweep()
    keep.clock.advance(days=10, seconds=-1)
    assert (await state(keep)).alarms == []
    keep.clock.advance(seconds=1)
    assert (await state(keep)).alarms == [Alarm.ROLL_LATE]


async def test_a_key_directory_that_lacks_a_key_rings(keep: Keep, tmp_path: Path) -> None:
    await keep.sweep()
    await keep.roll()
    (tmp_path / "keys" / "epoch-000001.key").unlink()
    assert (await state(keep)).alarms == [Alarm.KEY_MISSING]


@pytest.mark.parametrize("alarm", Alarm)
def test_every_alarm_says_what_it_means_in_both_languages(alarm: Alarm) -> None:
    japanese, slash, english = MEANING[alarm].partition(" / ")
    assert not japanese.isascii()
    assert slash
    assert english.isascii()
