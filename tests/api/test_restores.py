"""Restoring: what is refused, what ends, who stays disposed of, and what is left when the process is killed."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from api.drills import drill
from api.settings import FILE, load
from api.worker import Worker
from custody.certificates.facts import Kind
from custody.disposal.item import Item, ItemState, insert_items, items_of
from custody.disposal.run import Run, RunState, insert_run, read_run
from custody.disposal.scope import destroy
from custody.prepare import Request
from custody.release import Released
from custody.use import detokenize
from policies.actor import Actor
from policies.totp import code_at
from tests.support.clock import FakeClock
from tests.support.disposal import Ending
from tests.support.kill import killed_on_the_way
from tests.support.outcomes import rule_of
from tests.support.tamper import change, rows, value
from tests.support.vaults import InstalledVault, quiet
from tests.support.world import GENSEN, Human, World
from tokenizer.backup.manifest import BackupKeys
from tokenizer.backup.shelf import State, look_over, prune
from tokenizer.errors import BackupError, RollbackError, WrongVaultError
from tokenizer.storage.transaction import Transaction

RUN = 77
WHY = "ディスクの故障 / the disk failed"


@pytest.fixture
async def vault(
    request: pytest.FixtureRequest, tmp_path: Path, database_url: str, clock: FakeClock
) -> AsyncIterator[InstalledVault]:
    server = None if database_url.startswith("sqlite") else request.getfixturevalue("postgres_server")
    made = await InstalledVault.install(tmp_path, clock, database_url, server)
    yield made
    made.forget()


async def ask(world: World, client: Actor, human: Human, tokens: list[str], code: str) -> object:
    request = Request(tokens, GENSEN, "年末調整", human.login)
    return await detokenize(world.custodian, client, request, code, world.clock())


async def persons(world: World) -> list[int]:
    found = await rows(
        world.house.database, world.tenant.id, "SELECT person_id FROM person_key ORDER BY person_id"
    )
    return [row[0] for row in found]


async def dispose(world: World, gone: list[int], run: int = RUN) -> None:
    """As a disposal run does: destroyed in a transaction, in the ledger before its commit."""

    def work(tx: Transaction) -> None:
        destroy(tx, world.tenant.id, gone)
        world.custodian.ledger.record_disposals(world.tenant.id, run, gone, world.clock())

    await world.house.database.write(world.tenant.id, work)


async def actions(world: World) -> list[str]:
    found = await rows(
        world.house.database,
        world.tenant.id,
        "SELECT entry FROM audit_leaf WHERE tenant_id > 0 ORDER BY leaf_index",
    )
    return [bytes(row[0]).decode() for row in found]


# --- the disposed stay disposed of


async def test_who_was_disposed_of_since_the_backup_is_disposed_of_again(vault: InstalledVault) -> None:
    async with vault.world() as world:
        client, human = await world.client(), await world.human()
        people = await world.register(client, 6)
        everybody = await persons(world)
        taken = await vault.back_up(world.house)
        vault.clock.advance(days=1)
        await dispose(world, everybody[:2])
        await vault.witness(world.house)
    restored = await vault.restore(taken.written.path, accept=WHY)
    assert restored.ended.disposed_again == 2
    async with vault.open(restored.settings) as house:
        again = World(house, vault.clock, world.tenant)
        assert await persons(again) == everybody[2:]
        done = await ask(again, client, human, people.tokens[2:], again.code(human))
        assert isinstance(done, Released)
        assert [number.decode() for number in done.numbers] == people.numbers[2:]
        assert (
            rule_of(await ask(again, client, human, people.tokens[:2], again.code(human))) == "token-unknown"
        )
        states = await rows(
            house.database, world.tenant.id, "SELECT number_state FROM person ORDER BY person_id"
        )
        assert [row[0] for row in states] == ["disposed"] * 2 + ["held"] * 4
        told = [entry for entry in await actions(again) if "number:dispose" in entry]
        assert len(told) == 2
        assert all(taken.manifest.backup in entry and f"run_{RUN}" in entry for entry in told)


async def test_a_number_collected_anew_after_its_disposal_is_kept(vault: InstalledVault) -> None:
    async with vault.world() as world:
        client = await world.client()
        await world.register(client, 2)
        await dispose(world, await persons(world))
        vault.clock.advance(days=1)
        await world.register(client, 2)
        assert len(await persons(world)) == 2
        taken = await vault.back_up(world.house)
    restored = await vault.restore(taken.written.path, accept=WHY)
    assert restored.ended.disposed_again == 0
    async with vault.open(restored.settings) as house:
        assert len(await persons(World(house, vault.clock, world.tenant))) == 2


async def test_a_run_that_the_copy_knows_as_approved_learns_whom_it_disposed_of(
    vault: InstalledVault,
) -> None:
    async with vault.world() as world:
        await world.register(await world.client(), 3)
        everybody = await persons(world)
        run = Run(
            world.tenant.id, RUN, Kind.DUE, RunState.APPROVED, "", "2026-11-01", "", vault.clock(), listed=3
        )

        def propose(tx: Transaction) -> None:
            insert_run(tx, world.custodian.authority, run)
            insert_items(tx, run, [Item(person, "2026-11-01", "[]") for person in everybody])

        await world.house.database.write(world.tenant.id, propose)
        taken = await vault.back_up(world.house)
        vault.clock.advance(minutes=1)
        await dispose(world, everybody[:2])
        at = vault.clock()
    vault.clock.advance(minutes=1)
    restored = await vault.restore(taken.written.path, accept=WHY)
    assert restored.ended.runs == 0
    async with vault.open(restored.settings) as house:
        authority, tenant = house.custodian.authority, world.tenant.id
        found = await house.database.read(tenant, lambda tx: read_run(tx, authority, tenant, RUN))
        assert found is not None
        assert (found.state, found.disposed) == (RunState.APPROVED, 2)
        items = await house.database.read(tenant, lambda tx: items_of(tx, run, everybody))
        assert [items[person].state for person in everybody] == [ItemState.DISPOSED] * 2 + [ItemState.LISTED]
        assert {items[person].disposed_at for person in everybody[:2]} == {at}
        entries = await actions(World(house, vault.clock, world.tenant))
        for person in everybody[:2]:
            assert f'"person":{person}' in entries[items[person].leaf_index]


@pytest.mark.parametrize("state", [RunState.CONFIRMED, RunState.APPROVED])
async def test_what_two_humans_decided_before_the_backup_is_decided_anew(
    vault: InstalledVault, state: RunState
) -> None:
    async with vault.world() as world:
        run = Run(world.tenant.id, RUN, Kind.DUE, state, "", "2026-11-01", "", 1, 0, "d", "a", 1, "b", 1)
        await world.house.database.write(
            world.tenant.id, lambda tx: insert_run(tx, world.custodian.authority, run)
        )
        taken = await vault.back_up(world.house)
    restored = await vault.restore(taken.written.path, accept=WHY)
    assert restored.ended.runs == 1
    async with vault.open(restored.settings) as house:
        authority, tenant = house.custodian.authority, world.tenant.id
        found = await house.database.read(tenant, lambda tx: read_run(tx, authority, tenant, RUN))
        assert found is not None
        assert (found.state, found.digest, found.confirmed_by, found.approved_by) == (
            RunState.PROPOSED,
            "",
            "",
            "",
        )
        assert any(
            "disposal:void" in entry for entry in await actions(World(house, vault.clock, world.tenant))
        )


async def test_a_run_carried_out_after_the_backup_ends_the_same_in_the_restored_vault(
    vault: InstalledVault,
) -> None:
    async with vault.world() as world:
        ending = await Ending.begin(world)
        people = await ending.people(4)
        run = await ending.decide(await ending.instruct(people.external_ids[:3]))
        taken = await vault.back_up(world.house)
        vault.clock.advance(minutes=5)
        first = await ending.execute(run)
        assert (first.state, first.disposed) == (RunState.DONE, 3)
        await vault.witness(world.house)
    vault.clock.advance(minutes=5)
    restored = await vault.restore(taken.written.path, accept=WHY)
    assert restored.ended.disposed_again == 3
    async with vault.open(restored.settings) as house:
        again = replace(ending, world=World(house, vault.clock, world.tenant))
        told = vault.settings.ledger_directory.joinpath("ledger.jsonl").read_bytes()
        done = await again.execute(run)
        assert (done.state, done.disposed) == (RunState.DONE, 3)
        assert vault.settings.ledger_directory.joinpath("ledger.jsonl").read_bytes() == told
        items = await again.items(done)
        assert {item.state for item in items.values()} == {ItemState.DISPOSED}
        assert len(await persons(again.world)) == 1
    async with vault.open(restored.settings):
        pass


# --- going back


async def test_going_back_behind_what_was_witnessed_needs_a_reason_and_is_recorded(
    vault: InstalledVault,
) -> None:
    async with vault.world() as world:
        taken = await vault.back_up(world.house)
        await world.client("later")
        await vault.witness(world.house)
        newcomer = await World.open(world.house, vault.clock, "株式会社あと")
        await vault.witness(world.house)
    target = vault.elsewhere()
    with pytest.raises(RollbackError, match="--accept-rollback") as caught:
        await vault.restore(taken.written.path, to=target)
    assert "失われます" in caught.value.message_ja
    assert not target.data.exists()
    restored = await vault.restore(taken.written.path, accept=WHY, to=target)
    assert {lost.log.rpartition("/")[2] for lost in restored.lost} == {
        "0",
        str(world.tenant.id),
        str(newcomer.tenant.id),
    }
    async with vault.open(restored.settings) as house:
        entries = await actions(World(house, vault.clock, world.tenant))
        assert "vault:backup:restore" in entries[-1]
        assert "the disk failed" in entries[-1]
        assert '"entries_before":"2"' in entries[-1]
        await vault.witness(house)
        assert newcomer.tenant.id not in house.custodian.ledger.witnessed()
    with pytest.raises(RollbackError):
        async with vault.open():
            pass


async def test_a_backup_as_new_as_what_was_witnessed_needs_no_reason(vault: InstalledVault) -> None:
    async with vault.world() as world:
        await vault.witness(world.house)
        taken = await vault.back_up(world.house)
    restored = await vault.restore(taken.written.path)
    assert restored.lost == []
    async with vault.open(restored.settings):
        pass


async def test_a_longer_copy_of_another_history_is_no_continuation(vault: InstalledVault) -> None:
    async with vault.world() as world:
        first = await vault.back_up(world.house)
        await world.client("later")
        await vault.witness(world.house)
    fork = await vault.restore(first.written.path, accept=WHY)
    async with vault.open(fork.settings) as house:
        other = World(house, vault.clock, world.tenant)
        for name in ("a", "b", "c"):
            await other.client(name)
        aside = replace(vault, settings=fork.settings)
        if vault.server is not None:
            aside.settings = replace(
                fork.settings, backup_database=vault.server.reader(fork.settings.database)
            )
        longer = await aside.back_up(house)
    # The ledger as it would be had the first database gone on.
    ledger = house.custodian.ledger
    ledger.accept_rollback(0, None, vault.clock())
    ledger.accept_rollback(world.tenant.id, None, vault.clock())
    original = await forget_ledger_and_witness(vault)
    assert original > 0
    with pytest.raises(RollbackError):
        await vault.restore(longer.written.path)


async def forget_ledger_and_witness(vault: InstalledVault) -> int:
    async with vault.open() as house:
        await vault.witness(house)
        return len(house.custodian.ledger.witnessed())


# --- what ends


async def test_a_code_spent_since_the_backup_does_not_count_again(vault: InstalledVault) -> None:
    async with vault.world() as world:
        client, human = await world.client(), await world.human()
        people = await world.register(client, 1)
        taken = await vault.back_up(world.house)
        code = world.code(human)
        assert isinstance(await ask(world, client, human, people.tokens, code), Released)
    restored = await vault.restore(taken.written.path, accept=WHY)
    async with vault.open(restored.settings) as house:
        again = World(house, vault.clock, world.tenant)
        assert rule_of(await ask(again, client, human, people.tokens, code)) == "code-used"
        vault.clock.advance(seconds=29)
        assert rule_of(await ask(again, client, human, people.tokens, code)) in {"code-used", "code-wrong"}
        fresh = code_at(human.seed, vault.clock.advance(seconds=30))
        assert isinstance(await ask(again, client, human, people.tokens, fresh), Released)


async def test_sessions_answers_open_uses_and_recovery_codes_end(vault: InstalledVault) -> None:
    async with vault.world() as world:
        client, human = await world.client(), await world.human()
        people = await world.register(client, 1)
        assert isinstance(await ask(world, client, human, people.tokens, world.code(human)), Released)
        tenant = world.tenant.id
        await change(
            world.house.database,
            tenant,
            "INSERT INTO session (tenant_id, digest, account_id, created_at, seen_at, proven_at, stamp) "
            "VALUES (:t, :d, 1, 1, 1, 1, :d)",
            t=tenant,
            d=bytes(32),
        )
        await change(
            world.house.database,
            tenant,
            "INSERT INTO use SELECT tenant_id, use_id + 1, audience_id, client, prepared_by, handler, purpose, "
            "reason, persons, needs_approval, prepared_at, expires_at, 'approved', confirmed_by, approved_by, "
            "released_at, stamp FROM use WHERE tenant_id = :t",
            t=tenant,
        )
        taken = await vault.back_up(world.house)
    restored = await vault.restore(taken.written.path, accept=WHY)
    ended = restored.ended
    # PostgreSQL's sessions are not even in the backup.
    assert (ended.sessions, ended.uses, ended.recovery_codes) == (0 if vault.server else 1, 1, 10)
    async with vault.open(restored.settings) as house:
        for table, left in (("session", 0), ("replay", 0), ("recovery_code", 0), ("use", 1)):
            assert await value(house.database, tenant, f"SELECT count(*) FROM {table}") == left  # noqa: S608 - constants


async def test_the_settings_of_a_restored_vault_are_ready_to_serve(vault: InstalledVault) -> None:
    async with vault.world() as world:
        taken = await vault.back_up(world.house)
    restored = await vault.restore(taken.written.path)
    file = restored.settings.data / FILE
    assert file.stat().st_mode & 0o777 == 0o600
    assert restored.settings.data.stat().st_mode & 0o777 == 0o700
    loaded = load(restored.settings.data, {})
    assert loaded == restored.settings
    async with vault.open(loaded):
        pass


# --- drills


async def test_a_drill_reports_and_nothing_notices(vault: InstalledVault) -> None:
    async with vault.world() as world:
        await world.register(await world.client(), 30)
        everybody = await persons(world)
        taken = await vault.back_up(world.house)
        vault.clock.advance(minutes=1)
        await dispose(world, everybody[:3])
        await world.client("later")
        await vault.witness(world.house)
        ledger = vault.settings.ledger_directory
        before = {path.name: path.read_bytes() for path in ledger.iterdir()}
        files = sorted(path.name for path in vault.settings.data.iterdir())
        report = await vault.rehearse(taken.written.path)
        assert {path.name: path.read_bytes() for path in ledger.iterdir()} == before
        assert sorted(path.name for path in vault.settings.data.iterdir()) == files
    assert report.is_good
    assert report.ended.disposed_again == 3
    assert report.numbers.tried == report.numbers.opened > 5
    assert [log.fault for log in report.logs] == ["", ""]
    assert [lost.had - lost.entries for lost in report.lost if lost.log.endswith(str(world.tenant.id))] == [1]
    assert report.sha256 == taken.written.sha256
    assert report.took.keys() >= {"check", "write", "prepare", "logs", "numbers"}


async def test_a_drill_finds_a_log_that_was_altered_before_the_backup(vault: InstalledVault) -> None:
    async with vault.world() as world:
        await world.register(await world.client(), 5)
        await change(
            world.house.database,
            world.tenant.id,
            "UPDATE audit_leaf SET entry = :x WHERE leaf_index = 3",
            x=b"{}",
        )
        taken = await vault.back_up(world.house)
    report = await vault.rehearse(taken.written.path)
    assert not report.is_good
    assert "entry 3" in {log.fault for log in report.logs}


async def test_a_drill_finds_numbers_that_do_not_open(vault: InstalledVault) -> None:
    async with vault.world() as world:
        await world.register(await world.client(), 5)
        await change(world.house.database, world.tenant.id, "UPDATE number SET sealed = :x", x=bytes(41))
        taken = await vault.back_up(world.house)
    report = await vault.rehearse(taken.written.path)
    assert not report.is_good
    assert (report.numbers.opened, report.numbers.tried > 0) == (0, True)


async def test_a_drill_of_postgresql_needs_a_database_of_its_own(vault: InstalledVault) -> None:
    async with vault.world() as world:
        taken = await vault.back_up(world.house)
    if vault.server is None:
        assert (await vault.rehearse(taken.written.path)).is_good
        return
    with pytest.raises(BackupError, match="--database"):
        await drill(taken.written.path, vault.settings, vault.keys, vault.clock, quiet)
    with pytest.raises(BackupError, match="not empty"):
        await drill(
            taken.written.path, vault.settings, vault.keys, vault.clock, quiet, vault.settings.database
        )


# --- killed on the way


@pytest.mark.parametrize(("step", "at"), [("copy", 1), ("seal", 1), ("seal", 2)])
async def test_a_backup_that_was_killed_is_no_backup(vault: InstalledVault, step: str, at: int) -> None:
    async with vault.world() as world:
        await world.register(await world.client(), 8_000)
    if step == "copy" and vault.server is not None:
        step = "seal"  # pg_dump copies and hands over at once
    await asyncio.to_thread(killed_on_the_way, vault, step, at, None, vault.settings)
    place, keys = vault.place / "backups", BackupKeys(vault.keys)
    left = look_over(place, keys, vault.clock()) if place.exists() else []
    assert {found.state for found in left} <= {State.UNFINISHED}
    assert not [path.name for path in vault.settings.data.iterdir() if "scratch" in path.name]
    async with vault.open() as house:
        taken = await vault.back_up(house)
    prune(place, keys, vault.clock())
    assert [path.name for path in place.iterdir()] == [taken.written.path.name]


@pytest.mark.parametrize(
    ("step", "at"), [("check", 1), ("write", 1), ("write", 2), ("clock", 1), ("clock", 2)]
)
async def test_a_restore_that_was_killed_serves_nobody_and_can_be_begun_again(
    vault: InstalledVault, step: str, at: int
) -> None:
    async with vault.world() as world:
        await world.register(await world.client(), 8_000)
        taken = await vault.back_up(world.house)
        await world.client("later")
        await vault.witness(world.house)
    target = vault.elsewhere()
    await asyncio.to_thread(killed_on_the_way, vault, step, at, taken.written.path, target)
    assert not (target.data / FILE).exists()
    assert not (target.data / "warifu.db").exists()
    if vault.server is not None:
        vault.server.disconnect(target.database)
    if vault.server is not None and step == "clock":
        # The tables are there; without the mark, or without the ledger's consent, no house opens around them.
        with pytest.raises((WrongVaultError, RollbackError)):
            async with vault.open(target):
                pass
        target = replace(target, database=vault.elsewhere().database)
    restored = await vault.restore(taken.written.path, accept=WHY, to=target)
    async with vault.open(restored.settings) as house:
        assert len(await persons(World(house, vault.clock, world.tenant))) == 8_000


# --- epochs


async def test_a_vault_restored_after_its_epochs_rolled_follows_them(vault: InstalledVault) -> None:
    async with vault.world() as world:
        client, human = await world.client(), await world.human()
        people = await world.register(client, 3)
        taken = await vault.back_up(world.house)
        for _ in range(2):
            vault.clock.advance(days=8)
            assert (await Worker(world.house, vault.clock).tick()).failed == []
        assert vault.keys.epoch_numbers() == [1, 2, 3]
    vault.clock.advance(minutes=10)
    restored = await vault.restore(taken.written.path, accept=WHY)
    async with vault.open(restored.settings) as house:
        worker, again = Worker(house, vault.clock), World(house, vault.clock, world.tenant)
        tick = await worker.tick()
        assert (tick.leading, tick.failed) == (True, [])
        assert vault.keys.epoch_numbers() == [1, 2, 3]
        epochs = await rows(house.database, world.tenant.id, "SELECT DISTINCT epoch FROM person_key")
        assert epochs == [(3,)]
        done = await ask(again, client, human, people.tokens, again.code(human))
        assert isinstance(done, Released)
        assert [number.decode() for number in done.numbers] == people.numbers
        entries = await rows(house.database, 0, "SELECT entry FROM audit_leaf WHERE tenant_id = 0")
        assert any(b"vault:backup:restore" in bytes(row[0]) for row in entries)
        assert len(await persons(again)) == 3
