"""Backups on both databases: consistent under load, restored to the same numbers, and never to more than there was."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from api.backups import take_backup
from custody.log_check import check_log
from custody.prepare import Request
from custody.release import Released
from custody.use import detokenize
from policies.actor import Actor
from tests.support.canary import numbers_in
from tests.support.clock import FakeClock
from tests.support.numbers import synthetic_numbers
from tests.support.tamper import change, rows, value
from tests.support.vaults import InstalledVault, quiet
from tests.support.world import GENSEN, Human, Registration, World
from tokenizer.backup.container import Container, place_of
from tokenizer.backup.manifest import BackupKeys
from tokenizer.backup.shelf import State, look_over, prune
from tokenizer.errors import BackupError, KeyGoneError, StorageError
from tokenizer.providers.file import FileKeyProvider


@pytest.fixture
async def vault(
    request: pytest.FixtureRequest, tmp_path: Path, database_url: str, clock: FakeClock
) -> AsyncIterator[InstalledVault]:
    server = None if database_url.startswith("sqlite") else request.getfixturevalue("postgres_server")
    made = await InstalledVault.install(tmp_path, clock, database_url, server)
    yield made
    made.forget()


async def reveal(world: World, client: Actor, human: Human, people: Registration) -> list[str]:
    """The numbers, released as a payroll would."""
    request = Request(people.tokens, GENSEN, "年末調整", human.login)
    done = await detokenize(world.custodian, client, request, world.code(human), world.clock())
    assert isinstance(done, Released), done
    return [number.decode() for number in done.numbers]


# --- what a copy holds


async def test_a_restored_vault_releases_the_same_numbers_by_the_same_codes(vault: InstalledVault) -> None:
    async with vault.world() as world:
        client, human = await world.client(), await world.human()
        people = await world.register(client, 5)
        taken = await vault.back_up(world.house)
    restored = await vault.restore(taken.written.path)
    async with vault.open(restored.settings) as house:
        again = World(house, vault.clock, world.tenant)
        assert await reveal(again, client, human, people) == people.numbers
        assert (await check_log(house.custodian, world.tenant.id)).fault == ""


async def test_copies_taken_while_others_write_are_consistent(vault: InstalledVault) -> None:
    async with vault.world() as world:
        client = await world.client()
        await world.register(client, 1_000)
        stop = asyncio.Event()

        async def write(first_seed: int) -> int:
            seed = first_seed
            while not stop.is_set():
                await world.register(client, 7, seed=seed)
                seed += 2
            return seed

        writers = [asyncio.create_task(write(seed)) for seed in (1, 2)]
        taken = [await vault.back_up(world.house) for _ in range(3)]
        stop.set()
        assert min(await asyncio.gather(*writers)) > 2
    sizes = [each.manifest.logs[world.tenant.id] for each in taken]
    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[0] > 1_000
    for each, size in zip(taken, sizes, strict=True):
        restored = await vault.restore(each.written.path, accept="訓練")
        async with vault.open(restored.settings) as house:
            checked = await check_log(house.custodian, world.tenant.id)
            assert (checked.fault, checked.entries) == ("", size + 1)
            counts = [
                await value(house.database, world.tenant.id, f"SELECT count(*) FROM {table}")  # noqa: S608 - constants
                for table in ("audit_leaf WHERE tenant_id > 0", "person", "person_key", "number", "token")
            ]
            assert counts[0] == size + 1
            assert len(set(counts[1:])) == 1
            assert counts[1] >= 1_000


async def test_no_number_is_in_a_backup_or_in_the_ledger(vault: InstalledVault) -> None:
    async with vault.world() as world:
        people = await world.register(await world.client(), 300)
        world.custodian.ledger.record_disposals(world.tenant.id, 1, [], vault.clock())
        await vault.witness(world.house)
        taken = await vault.back_up(world.house)
    container = Container.open(taken.written.path, BackupKeys(vault.keys))
    key = BackupKeys(vault.keys).stream_key(
        container.manifest, place_of(taken.manifest.backup, taken.manifest.vault)
    )
    content = b"".join(container.read(key))
    for data in (
        taken.written.path.read_bytes(),
        content,
        container.manifest.to_line(),
        *(path.read_bytes() for path in vault.settings.ledger_directory.iterdir()),
    ):
        assert numbers_in(data).isdisjoint(people.numbers)
    assert numbers_in(content + b" " + people.numbers[0].encode()) & set(people.numbers)


async def test_the_manifest_says_what_the_copy_holds(vault: InstalledVault) -> None:
    async with vault.world() as world:
        await world.register(await world.client(), 3)
        vault.keys.create_epoch(2, vault.clock.advance(days=7))
        taken = await vault.back_up(world.house)
        entries = await value(
            world.house.database, world.tenant.id, "SELECT size FROM audit_head WHERE tenant_id > 0"
        )
    manifest = taken.manifest
    assert (manifest.vault, manifest.origin, manifest.epoch, manifest.epochs) == (
        "test-vault",
        "log.example/w",
        2,
        (1, 2),
    )
    assert manifest.logs[world.tenant.id] == entries
    assert manifest.expires_at == vault.clock() + 83 * 86_400_000
    assert manifest.made_at == vault.clock()


async def test_taking_a_backup_stands_in_the_installation_s_log(vault: InstalledVault) -> None:
    async with vault.world() as world:
        taken = await vault.back_up(world.house)
        found = await rows(world.house.database, 0, "SELECT entry FROM audit_leaf WHERE tenant_id = 0")
    said = [bytes(row[0]) for row in found if b"vault:backup:take" in bytes(row[0])]
    assert len(said) == 1
    assert taken.manifest.backup.encode() in said[0]


# --- what is refused


async def test_the_backup_of_another_vault_is_refused(vault: InstalledVault, tmp_path: Path) -> None:
    async with vault.world() as world:
        taken = await vault.back_up(world.house)
    other = FileKeyProvider.create(tmp_path / "other", "other-vault", now_ms=vault.clock())
    with pytest.raises(BackupError, match="another vault"):
        await replace_keys(vault, other).restore(taken.written.path)


def replace_keys(vault: InstalledVault, keys: FileKeyProvider) -> InstalledVault:
    return replace(vault, keys=keys)


async def test_a_backup_is_extinct_once_its_epoch_is_destroyed(vault: InstalledVault) -> None:
    async with vault.world() as world:
        taken = await vault.back_up(world.house)
    vault.keys.create_epoch(2, vault.clock.advance(days=7))
    vault.keys.destroy_epoch(1)
    target = vault.elsewhere()
    with pytest.raises(KeyGoneError, match="extinct"):
        await vault.restore(taken.written.path, accept="訓練", to=target)
    assert not target.data.exists()


async def test_a_tampered_backup_is_refused_before_anything_is_written(vault: InstalledVault) -> None:
    async with vault.world() as world:
        await world.register(await world.client(), 50)
        taken = await vault.back_up(world.house)
    path = taken.written.path
    whole, target = path.read_bytes(), vault.elsewhere()
    for place in range(0, len(whole), len(whole) // 40):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises(BackupError):
            await vault.restore(path, to=target)
        assert not target.data.exists()
    path.write_bytes(whole)
    await vault.restore(path, to=target)


async def test_a_database_that_is_not_there_or_nobody_s_is_refused_by_name(vault: InstalledVault) -> None:
    async with vault.world() as world:
        await change(world.house.database, 0, "DELETE FROM vault_meta")
    with pytest.raises(BackupError, match="no vault's mark"):
        await take_backup(vault.settings, vault.keys, vault.clock, vault.place / "backups", quiet)
    nowhere = replace(vault.settings, data=vault.place / "nowhere", database="sqlite:///warifu.db")
    nowhere.data.mkdir()
    with pytest.raises(StorageError, match="cannot be copied"):
        await take_backup(nowhere, vault.keys, vault.clock, vault.place / "backups", quiet)
    assert list(nowhere.data.iterdir()) == []


async def test_a_target_that_is_not_empty_is_refused_and_left_alone(vault: InstalledVault) -> None:
    async with vault.world() as world:
        taken = await vault.back_up(world.house)
    target = vault.elsewhere()
    target.data.mkdir()
    (target.data / "notes.txt").write_text("mine")
    with pytest.raises(BackupError, match="not empty"):
        await vault.restore(taken.written.path, to=target)
    assert [path.name for path in target.data.iterdir()] == ["notes.txt"]
    with pytest.raises(BackupError, match="not empty"):
        await vault.restore(taken.written.path, to=replace(vault.settings, data=vault.place / "new"))
    async with vault.open() as house:
        assert await value(house.database, world.tenant.id, "SELECT count(*) FROM tenant") == 1


async def test_a_copy_that_does_not_open_leaves_an_empty_target(vault: InstalledVault) -> None:
    async with vault.world() as world:
        await change(world.house.database, world.tenant.id, "UPDATE tenant SET stamp = :x", x=bytes(32))
        taken = await vault.back_up(world.house)
    target = vault.elsewhere()
    for _ in range(2):
        with pytest.raises(Exception, match="tenant"):
            await vault.restore(taken.written.path, to=target)
        assert list(target.data.iterdir()) == []


# --- the shelf


async def test_backups_expire_with_the_oldest_epoch_they_need_and_are_pruned(vault: InstalledVault) -> None:
    keys = BackupKeys(vault.keys)
    async with vault.world() as world:
        await world.register(await world.client(), 1)
        old = (await vault.back_up(world.house)).written.path
        vault.keys.create_epoch(2, vault.clock.advance(days=40))
        await change(world.house.database, world.tenant.id, "UPDATE person_key SET epoch = 2")
        await change(world.house.database, world.tenant.id, "UPDATE number SET epoch = 2")
        new = (await vault.back_up(world.house)).written.path

    def states() -> dict[Path, State]:
        return {found.path: found.state for found in look_over(old.parent, keys, vault.clock())}

    assert states() == {old: State.GOOD, new: State.GOOD}
    vault.clock.advance(days=50)
    assert states() == {old: State.EXPIRED, new: State.GOOD}
    vault.keys.destroy_epoch(1)
    assert states() == {old: State.EXTINCT, new: State.GOOD}
    assert [found.path for found in prune(old.parent, keys, vault.clock())] == [old]
    assert states() == {new: State.GOOD}


# --- PostgreSQL's tools


@pytest.fixture
async def on_postgres(
    tmp_path: Path, postgres_url: str, clock: FakeClock, request: pytest.FixtureRequest
) -> InstalledVault:
    server = request.getfixturevalue("postgres_server")
    return await InstalledVault.install(tmp_path, clock, postgres_url, server)


async def test_a_role_that_sees_a_part_of_the_rows_is_refused_by_name(on_postgres: InstalledVault) -> None:
    on_postgres.settings = replace(on_postgres.settings, backup_database=None)
    async with on_postgres.open() as house:
        with pytest.raises(BackupError, match="BYPASSRLS") as caught:
            await on_postgres.back_up(house)
    assert "backup_database" in caught.value.message_ja
    assert not (on_postgres.place / "backups").exists()


async def test_missing_tools_are_named(on_postgres: InstalledVault, tmp_path: Path) -> None:
    on_postgres.settings = replace(on_postgres.settings, postgres_tools=tmp_path)
    async with on_postgres.open() as house:
        with pytest.raises(BackupError, match="postgres_tools"):
            await on_postgres.back_up(house)


async def test_a_tool_that_fails_is_named_and_leaves_nothing(
    on_postgres: InstalledVault, tmp_path: Path
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "pg_dump").write_text("#!/bin/sh\necho half\necho 'pg_dump: error: no way' >&2\nexit 1\n")
    (tools / "pg_dump").chmod(0o755)
    on_postgres.settings = replace(on_postgres.settings, postgres_tools=tools)
    async with on_postgres.open() as house:
        with pytest.raises(BackupError, match="no way"):
            await on_postgres.back_up(house)
    assert list((on_postgres.place / "backups").iterdir()) == []


async def test_the_backup_of_one_database_does_not_go_into_the_other(on_postgres: InstalledVault) -> None:
    async with on_postgres.open() as house:
        taken = await on_postgres.back_up(house)
    there = replace(on_postgres.settings, data=on_postgres.place / "new", database="sqlite:///warifu.db")
    with pytest.raises(BackupError, match="--database"):
        await on_postgres.restore(taken.written.path, to=there)


def test_synthetic_numbers_are_what_the_search_looks_for() -> None:
    (number,) = synthetic_numbers(1, 5)
    assert number in numbers_in(f"x{number}y".encode())
