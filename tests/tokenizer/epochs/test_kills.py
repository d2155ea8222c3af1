"""kill -9 while epochs are rolled, swept and destroyed: nobody is unreadable afterwards, and it goes on from there."""

from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.epochs import OTHER, Keep
from tests.support.kills import kill_often
from tests.support.sweeping import turn, turn_wrongly
from tokenizer.epochs.destroy import finish_destructions

KILLS = 50


async def filled(keep: Keep) -> None:
    persons = await keep.fill(60)
    await keep.fill(20, OTHER, seed=1)
    await keep.begin(15)
    await keep.begin(5, OTHER)
    for person, number in zip(persons[::9], (b"%012d" % each for each in range(10)), strict=False):
        await keep.change(person, number)


async def test_fifty_kills_leave_everybody_readable_and_of_one_mind(
    keep: Keep, database_url: str, tmp_path: Path, clock: FakeClock
) -> None:
    await filled(keep)
    async for _ in kill_often(turn, (database_url, tmp_path / "keys", clock()), KILLS, seed=1, longest=0.15):
        await keep.assert_whole()
    assert len(keep.provider.destroyed_epochs()) > 1, "it came round several times"
    await settled(keep)


async def settled(keep: Keep) -> None:
    """What was cut short is taken up, and the record tells each event once."""
    keep.clock.advance(days=1)
    await finish_destructions(keep.vault, keep.provider, keep.clock())
    assert (await keep.sweep()).done
    await keep.assert_whole()
    events = await keep.events()
    assert len(set(events)) == len(events)
    created = [event for event in events if event.startswith("epoch-create")]
    living, destroyed = keep.provider.epoch_numbers(), keep.provider.destroyed_epochs()
    assert created == [f"epoch-create {number}" for number in sorted([*living, *destroyed])]
    assert {f"epoch-destroy {number}" for number in destroyed} <= set(events)


async def test_a_sweep_that_commits_key_and_index_apart_is_caught(
    keep: Keep, database_url: str, tmp_path: Path, clock: FakeClock
) -> None:
    await filled(keep)
    with pytest.raises(AssertionError, match="key under epoch"):
        await killed_often(keep, database_url, tmp_path / "keys")


async def killed_often(keep: Keep, database_url: str, keys: Path) -> None:
    async for _ in kill_often(turn_wrongly, (database_url, keys, keep.clock()), KILLS, seed=2):
        await keep.assert_whole()
