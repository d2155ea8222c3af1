"""Destroying an epoch: never while a row needs it, however slow the writer, and for good."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from tests.support.epochs import OTHER, TENANT, Keep
from tests.support.tamper import change, rows, value
from tokenizer.epochs.destroy import destroy, destroy_due, destroyed_at, existing_epochs
from tokenizer.epochs.memory import known_epochs
from tokenizer.epochs.terms import QUIET_MS
from tokenizer.errors import EpochInUseError, KeyGoneError
from tokenizer.storage import open_database
from tokenizer.storage.database import Database
from tokenizer.storage.fence import begin_fence
from tokenizer.storage.transaction import Conflict, Transaction

NEWCOMER = 9


@pytest.fixture
async def second(database_url: str) -> AsyncIterator[Database]:
    """The same database, as another node has it open."""
    opened = open_database(database_url, 2)
    yield opened
    await opened.close()


async def emptied(keep: Keep) -> None:
    """Begin an epoch, move everybody under it, and let the hour pass."""
    await keep.roll()
    assert (await keep.sweep()).done
    keep.clock.advance(minutes=60)


async def due(keep: Keep) -> list[int]:
    return await destroy_due(keep.vault, keep.provider, keep.everybody, keep.clock())


async def test_an_epoch_that_nobody_needs_is_destroyed_and_everybody_stays_readable(keep: Keep) -> None:
    await keep.fill(12)
    await emptied(keep)
    await keep.destroy(1)
    assert (keep.provider.epoch_numbers(), keep.provider.destroyed_epochs()) == ([2], [1])
    assert await keep.events() == ["epoch-create 1", "epoch-create 2", "epoch-sweep 2", "epoch-destroy 1"]
    assert await destroyed_at(keep.vault, 1) == keep.clock()
    assert await destroyed_at(keep.vault, 2) is None
    assert await destroyed_at(keep.vault, 3) is None
    await keep.assert_whole()


async def test_an_epoch_that_rows_need_is_refused_with_how_many(keep: Keep) -> None:
    await keep.fill(12)
    await keep.fill(3, OTHER)
    await keep.roll()
    await keep.sweep(batches=1, batch=5)
    with pytest.raises(EpochInUseError) as refused:
        await keep.destroy(1)
    assert (refused.value.epoch, refused.value.rows) == (1, 2 * 10)
    assert "20" in refused.value.message_ja
    assert "20" in refused.value.message_en
    assert keep.provider.has_epoch(1)
    await keep.assert_whole()


async def test_the_newest_epoch_is_refused(keep: Keep) -> None:
    for epoch in (1, 2):
        with pytest.raises(EpochInUseError, match="newest"):
            await keep.destroy(epoch)


async def test_an_epoch_whose_last_rows_have_just_moved_is_refused_for_an_hour(keep: Keep) -> None:
    await keep.fill(3)
    await keep.roll()
    await keep.sweep()
    keep.clock.now += QUIET_MS - 1
    with pytest.raises(EpochInUseError, match="an hour"):
        await keep.destroy(1)
    keep.clock.now += 1
    await keep.destroy(1)
    await keep.assert_whole()


async def test_rows_of_other_layers_count(keep: Keep) -> None:
    asked: list[tuple[int, int, int]] = []

    def needs(tx: Transaction, tenant: int, epoch: int, now: int) -> int:
        asked.append((tenant, epoch, now))
        return 2

    await emptied(keep)
    with pytest.raises(EpochInUseError) as refused:
        await destroy(keep.vault, keep.provider, keep.everybody, 1, keep.clock(), [needs])
    assert refused.value.rows == 4
    assert asked == [(TENANT, 1, keep.clock()), (OTHER, 1, keep.clock())]


async def test_destroying_again_is_once_and_what_never_was_is_refused(keep: Keep) -> None:
    await emptied(keep)
    await emptied(keep)
    await keep.destroy(1)
    await keep.destroy(1)
    assert (await keep.events()).count("epoch-destroy 1") == 1
    with pytest.raises(KeyGoneError):
        await keep.destroy(0)


async def test_what_a_node_that_died_had_begun_to_destroy_is_finished_by_whoever_runs_on(
    keep: Keep, tmp_path: Path
) -> None:
    await emptied(keep)
    key, tombstone = tmp_path / "keys" / "epoch-000001.key", tmp_path / "keys" / "epoch-000001.gone"
    tombstone.write_text("destroyed\n")
    tombstone.chmod(0o400)
    assert 1 not in [*keep.provider.epoch_numbers(), *keep.provider.destroyed_epochs()]
    assert await due(keep) == []
    assert not key.exists()
    assert keep.provider.destroyed_epochs() == [1]
    assert (await keep.events()).count("epoch-destroy 1") == 1


async def test_a_key_that_is_lost_without_a_tombstone_is_not_told_as_destroyed(
    keep: Keep, tmp_path: Path
) -> None:
    await emptied(keep)
    (tmp_path / "keys" / "epoch-000001.key").unlink()
    assert await due(keep) == []
    assert keep.provider.destroyed_epochs() == []
    assert "epoch-destroy 1" not in await keep.events()


# --- on time


async def test_an_epoch_is_destroyed_when_its_89_days_are_over_and_not_before(keep: Keep) -> None:
    await keep.fill(5)
    await emptied(keep)
    keep.clock.advance(days=89, minutes=-60, seconds=-1)
    assert await due(keep) == []
    keep.clock.advance(seconds=1)
    assert await due(keep) == [1]
    assert await due(keep) == []
    await keep.assert_whole()


async def test_the_newest_epoch_outlives_its_days_until_there_is_another(keep: Keep) -> None:
    await keep.fill(5)
    keep.clock.advance(days=200)
    assert await due(keep) == []
    await emptied(keep)
    assert await due(keep) == [1]
    await keep.assert_whole()


async def test_one_epoch_that_is_in_use_does_not_keep_the_others(keep: Keep) -> None:
    await emptied(keep)
    await emptied(keep)
    await keep.fill(4)
    await change(keep.vault.database, TENANT, "UPDATE person_key SET epoch = 1")
    keep.clock.advance(days=90)
    await keep.roll()
    assert (await keep.sweep()).broken == 4
    with pytest.raises(EpochInUseError) as refused:
        await due(keep)
    assert (refused.value.epoch, refused.value.rows) == (1, 4)
    assert keep.provider.epoch_numbers() == [1, 3, 4]


async def test_a_provider_that_takes_days_to_let_go_is_told_days_earlier(keep: Keep) -> None:
    class Slow:
        lead_days = 7

        def __getattr__(self, name: str) -> object:
            return getattr(keep.provider, name)

    await emptied(keep)
    keep.clock.advance(days=82, minutes=-61)
    args = (keep.vault, Slow(), keep.everybody)
    assert await destroy_due(*args, keep.clock()) == []
    assert await destroy_due(*args, keep.clock.advance(minutes=1)) == [1]
    assert dict((await keep.last_entry()).detail) == {"epoch": "1", "lead_days": "7"}
    # Its keeper may bring the key back until the days are over: until then nothing may be called extinct.
    for minutes, existing in ((7 * 24 * 60 - 1, [1, 2]), (1, [2])):
        keep.clock.advance(minutes=minutes)
        assert await existing_epochs(keep.vault, args[1], keep.clock()) == existing
    assert await existing_epochs(keep.vault, keep.provider, keep.clock()) == [2]


# --- slow writers


async def test_what_a_slow_node_sealed_under_a_destroyed_epoch_is_turned_away_not_lost(keep: Keep) -> None:
    late = keep.vault.seal(TENANT, [1], [b"000000000019"], 1)
    await emptied(keep)
    await keep.destroy(1)
    with pytest.raises(Conflict):
        await keep.vault.database.write(TENANT, lambda tx: keep.vault.store(tx, late))
    again = keep.vault.seal(TENANT, [1], [b"000000000019"], 1)
    await keep.vault.database.write(TENANT, lambda tx: keep.vault.store(tx, again))
    keep.held[TENANT, 1] = b"000000000019"
    await keep.assert_whole()


async def test_without_a_sweep_the_destruction_itself_turns_later_rows_away(keep: Keep) -> None:
    late = keep.vault.seal(TENANT, [1], [b"000000000019"], 1)
    await keep.roll()
    with pytest.raises(EpochInUseError, match="an hour"):
        await keep.destroy(1)
    with pytest.raises(Conflict):
        await keep.vault.database.write(TENANT, lambda tx: keep.vault.store(tx, late))


class Held:
    """A unit of work that stands still before its commit until it is let go."""

    def __init__(self) -> None:
        self._reached, self._go = threading.Event(), threading.Event()

    def wait(self) -> None:
        self._reached.set()
        assert self._go.wait(30)

    async def reached(self) -> None:
        assert await asyncio.to_thread(self._reached.wait, 30)

    async def let_go_after(self, other: "asyncio.Task[None]") -> None:
        """Let go once the other had every chance to overtake."""
        await asyncio.wait({other}, timeout=0.2)
        self._go.set()


async def test_a_writer_that_stands_still_before_its_commit_is_waited_for_and_counted(
    keep: Keep, second: Database
) -> None:
    node = Keep.on(second, keep.provider, keep.clock)
    late = node.vault.seal(TENANT, [1], [b"000000000019"], 1)
    await keep.roll()
    held = Held()

    def work(tx: Transaction) -> None:
        node.vault.store(tx, late)
        held.wait()

    storing = asyncio.create_task(second.write(TENANT, work))
    await held.reached()
    destroying = asyncio.create_task(keep.destroy(1))
    await held.let_go_after(destroying)
    await storing
    with pytest.raises(EpochInUseError, match="2 rows"):
        await destroying
    keep.held[TENANT, 1] = b"000000000019"
    await keep.assert_whole()


async def test_a_tenant_whose_opening_stands_still_before_its_commit_is_waited_for_and_counted(
    keep: Keep, second: Database
) -> None:
    node = Keep.on(second, keep.provider, keep.clock)
    late = node.vault.seal(NEWCOMER, [1], [b"000000000019"], 1)
    held = Held()

    def work(tx: Transaction) -> None:
        node.vault.log(NEWCOMER).create(tx)
        begin_fence(tx, NEWCOMER)
        node.vault.store(tx, late)
        held.wait()

    async def everybody() -> Sequence[int]:
        heads = "SELECT tenant_id FROM audit_head WHERE tenant_id = :own"
        found = [await rows(keep.vault.database, each, heads, own=each) for each in (TENANT, OTHER, NEWCOMER)]
        return [tenant for each in found for (tenant,) in each]

    opening = asyncio.create_task(second.write(NEWCOMER, work))
    await held.reached()
    keep.provider.create_epoch(2, keep.clock())
    destroying = asyncio.create_task(destroy(keep.vault, keep.provider, everybody, 1, keep.clock()))
    await held.let_go_after(destroying)
    await opening
    with pytest.raises(EpochInUseError, match="2 rows"):
        await destroying
    keep.tenants.append(NEWCOMER)
    keep.held[NEWCOMER, 1] = b"000000000019"
    await keep.assert_whole()


async def test_a_tenant_opened_later_begins_with_the_newest_epoch(keep: Keep) -> None:
    late = keep.vault.seal(NEWCOMER, [1], [b"000000000019"], 1)
    await keep.roll()

    def work(tx: Transaction) -> None:
        keep.vault.log(NEWCOMER).create(tx)
        begin_fence(tx, NEWCOMER)

    await keep.vault.database.write(NEWCOMER, work)
    with pytest.raises(Conflict):
        await keep.vault.database.write(NEWCOMER, lambda tx: keep.vault.store(tx, late))
    fence = "SELECT epoch_floor + epoch_swept FROM audit_head WHERE tenant_id = :own"
    assert await value(keep.vault.database, NEWCOMER, fence, own=NEWCOMER) == 4


async def test_an_epoch_is_closed_when_its_destruction_begins(keep: Keep) -> None:
    await keep.fill(1)
    await keep.roll()
    with pytest.raises(EpochInUseError):
        await keep.destroy(1)
    assert [each.closed_at for each in await known_epochs(keep.vault)] == [keep.clock(), 0]
