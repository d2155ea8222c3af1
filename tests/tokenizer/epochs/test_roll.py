"""Rolling: a new key every week, remembered and recorded even if a crash comes in between."""

import asyncio
from pathlib import Path

import pytest

from tests.support.epochs import TENANT, Keep
from tests.support.tamper import rows, value
from tokenizer.audit.note import VerifierKey
from tokenizer.epochs.memory import known_epochs, reconcile
from tokenizer.epochs.roll import roll_if_due
from tokenizer.errors import KeyDirectoryError
from tokenizer.providers.base import Epoch
from tokenizer.storage.database import NO_TENANT
from warifu.audit import verify_log


async def test_a_new_epoch_begins_after_a_week_and_not_before(keep: Keep) -> None:
    keep.clock.advance(days=7, seconds=-1)
    assert await roll_if_due(keep.vault, keep.provider, keep.clock()) is None
    now = keep.clock.advance(seconds=1)
    assert await roll_if_due(keep.vault, keep.provider, now) == Epoch(2, now)
    assert await roll_if_due(keep.vault, keep.provider, now) is None
    assert keep.provider.epoch_numbers() == [1, 2]


async def test_after_a_long_silence_one_epoch_begins_and_not_many(keep: Keep) -> None:
    keep.clock.advance(days=60)
    await roll_if_due(keep.vault, keep.provider, keep.clock())
    assert await roll_if_due(keep.vault, keep.provider, keep.clock()) is None


async def test_a_node_that_runs_on_seals_under_the_new_epoch_at_once(keep: Keep) -> None:
    node = Keep.on(keep.vault.database, keep.provider, keep.clock)
    await keep.fill(2, seed=1)
    await node.roll()
    await keep.fill(2, seed=2)
    assert await keep.epochs_of_rows() == {1: 2, 2: 2}


async def test_numbers_of_epochs_never_come_back(keep: Keep) -> None:
    await keep.roll()
    keep.provider.destroy_epoch(2)
    assert (await keep.roll()).number == 3
    keep.provider.destroy_epoch(1)
    keep.provider.destroy_epoch(3)
    assert (await keep.roll()).number == 4


async def test_an_epoch_that_a_crash_kept_from_the_database_is_remembered_and_recorded_later(
    keep: Keep,
) -> None:
    keep.provider.create_epoch(2, keep.clock())
    assert await keep.events() == ["epoch-create 1"]
    gap = await reconcile(keep.vault, keep.provider, keep.clock())
    assert [each.number for each in gap.new] == [2]
    assert await keep.events() == ["epoch-create 1", "epoch-create 2"]
    assert [each.number for each in await known_epochs(keep.vault)] == [1, 2]


async def test_a_destruction_that_a_crash_kept_from_the_database_is_recorded_later(keep: Keep) -> None:
    await keep.roll()
    keep.provider.destroy_epoch(1)
    now = keep.clock.advance(minutes=1)
    await reconcile(keep.vault, keep.provider, now)
    assert [each.destroyed_at for each in await known_epochs(keep.vault)] == [now, 0]
    assert (await keep.events())[-1] == "epoch-destroy 1"


async def test_looking_again_or_at_once_from_two_nodes_records_nothing_twice(keep: Keep) -> None:
    keep.provider.create_epoch(2, keep.clock())
    node = Keep.on(keep.vault.database, keep.provider, keep.clock)
    await asyncio.gather(
        *(reconcile(each.vault, each.provider, keep.clock()) for each in (keep, node, keep, node))
    )
    assert await keep.events() == ["epoch-create 1", "epoch-create 2"]


async def test_a_key_that_is_neither_here_nor_destroyed_is_missing_and_nothing_is_recorded(
    keep: Keep, tmp_path: Path
) -> None:
    await keep.roll()
    (tmp_path / "keys" / "epoch-000001.key").unlink()
    gap = await reconcile(keep.vault, keep.provider, keep.clock())
    assert list(gap.missing) == [1]
    assert await keep.events() == ["epoch-create 1", "epoch-create 2"]


async def test_the_installation_has_a_log_of_its_own_that_verifies(keep: Keep) -> None:
    await keep.fill(3)
    await keep.roll()
    await keep.sweep()
    entries = await rows(
        keep.vault.database,
        NO_TENANT,
        "SELECT entry FROM audit_leaf WHERE tenant_id = 0 ORDER BY leaf_index",
    )
    size, note = await keep.vault.database.read(NO_TENANT, keep.vault.log(NO_TENANT).head)
    key = VerifierKey("warifu.example/log/0", keep.vault.keyring.signer(NO_TENANT).public)
    assert verify_log([row[0] for row in entries], note, str(key)).size == size == 3
    at_tenant = "SELECT count(*) FROM audit_leaf WHERE tenant_id = :own"
    assert await value(keep.vault.database, TENANT, at_tenant, own=TENANT) == 0


async def test_two_who_roll_at_the_same_moment_make_one_epoch(keep: Keep) -> None:
    known = await known_epochs(keep.vault)
    outcomes = await asyncio.gather(keep.roll(), keep.roll(), return_exceptions=True)
    made = [each for each in outcomes if isinstance(each, Epoch)]
    assert all(isinstance(each, Epoch | KeyDirectoryError) for each in outcomes), outcomes
    assert len(await known_epochs(keep.vault)) == len(known) + len(made)


@pytest.mark.parametrize("by", ["operator", "schedule"])
async def test_the_record_says_who_began_an_epoch(keep: Keep, by: str) -> None:
    keep.provider.create_epoch(2, keep.clock())
    await reconcile(keep.vault, keep.provider, keep.clock(), by)
    last = await keep.last_entry()
    assert (last.human, last.at, dict(last.detail)) == (by, keep.clock(), {"epoch": "2"})
