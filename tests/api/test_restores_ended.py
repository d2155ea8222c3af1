"""Tenants whose contract ended: a restored copy brings none of them back, and no copy put in place is served."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from custody.contract.begin import begin_end
from custody.contract.carry_out import Progress, end_contract
from custody.contract.end import ContractEnd, EndState, insert_end, read_end, save_end
from custody.contract.erase import ERASED, is_erased
from custody.contract.gather import gather_all
from custody.disposal.execute import Means
from custody.disposal.run import RunState, read_run
from custody.log_check import check_log
from custody.prepare import Request
from custody.release import Released
from custody.use import detokenize
from tests.support.clock import FakeClock
from tests.support.contract import fill, rows_of
from tests.support.disposal import GENSEN, Ending, Scrubbed
from tests.support.outcomes import record_of
from tests.support.tamper import rows
from tests.support.vaults import InstalledVault
from tests.support.world import World
from tokenizer.audit.action import Action
from tokenizer.errors import RollbackError
from tokenizer.storage.residue import data_files, find_residue
from tokenizer.storage.transaction import Transaction

WHY = "ディスクの故障 / the disk failed"
LAST_DAY = "2026-11-20"
"""Of the contract; the clock of these tests stands on the 22nd."""


@pytest.fixture
async def vault(
    request: pytest.FixtureRequest, tmp_path: Path, database_url: str, clock: FakeClock
) -> AsyncIterator[InstalledVault]:
    server = None if database_url.startswith("sqlite") else request.getfixturevalue("postgres_server")
    made = await InstalledVault.install(tmp_path, clock, database_url, server)
    yield made
    made.forget()


def wanted(world: World, state: EndState, ends_on: str = LAST_DAY) -> ContractEnd:
    return ContractEnd(
        world.tenant.id, state, "事業の譲渡", ends_on, "sato", "佐藤", 1, "suzuki", "鈴木", 2, bytes(32)
    )


async def write_end(world: World, end: ContractEnd) -> None:
    def work(tx: Transaction) -> None:
        insert_end(tx, world.custodian.authority, end)

    await world.house.database.write(world.tenant.id, work)


async def end_of(world: World) -> ContractEnd | None:
    tenant, authority = world.tenant.id, world.custodian.authority
    return await world.house.database.read(tenant, lambda tx: read_end(tx, authority, tenant))


async def carried_out(world: World) -> Progress | None:
    """What the worker's job does."""
    means = Means(world.clock, lambda: world.house.provider.epochs()[-1], Scrubbed())
    return await end_contract(world.custodian, means, world.tenant.id)


async def end(world: World) -> None:
    """Two humans wanted it, its last day is over, and the worker came."""
    approved, authority = wanted(world, EndState.APPROVED), world.custodian.authority
    found = await end_of(world)
    if found is None:
        await write_end(world, approved)
    else:
        known = replace(found, state=EndState.APPROVED)
        await world.house.database.write(world.tenant.id, lambda tx: save_end(tx, authority, known))
    assert await carried_out(world) == Progress(world.tenant.id)


async def erased_again(world: World, *, listed: bool = False) -> ContractEnd:
    """The row of the contract's end in a vault where nothing of the tenant is left but what is kept."""
    found = await end_of(world)
    assert found is not None
    assert found.state is EndState.ENDED
    left = await rows_of(world.house.database, world.tenant.id)
    there = [table.name for table in ERASED if left[table.name]]
    assert there == (["disposal_item"] if listed else []), "the list of the contract's own disposal stays"
    assert await world.house.database.read(
        world.tenant.id, lambda tx: is_erased(tx, world.tenant.id, found.run)
    )
    assert (await check_log(world.custodian, world.tenant.id)).fault == ""
    return found


# --- restored


async def test_a_tenant_that_the_copy_knows_as_living_is_erased_and_shut_out(vault: InstalledVault) -> None:
    async with vault.world() as world:
        ending = await Ending.begin(world)
        await fill(ending)
        before = await rows_of(world.house.database, world.tenant.id)
        # PostgreSQL's sessions and answers are not even in the backup; with each number its key and tokens went.
        unlisted = {"session", "replay"} if vault.server else set()
        copied = {table for table, found in before.items() if found} - unlisted
        copied -= {"number", "token"}
        taken = await vault.back_up(world.house)
        vault.clock.advance(days=10)
        began = vault.clock()
        await end(world)
        await vault.witness(world.house)
    vault.clock.advance(days=1)
    for _ in range(2):  # the copy is as old the second time
        restored = await vault.restore(taken.written.path, accept=WHY)
        assert (restored.ended.erased_again, restored.ended.disposed_again) == (1, 3)
        async with vault.open(restored.settings) as house:
            again = World(house, vault.clock, world.tenant)
            row = await erased_again(again)
            assert (row.ends_on, row.began_at, row.ended_at) == ("2026-12-01", began, vault.clock())
            assert (row.requested_by, row.reason, row.run) == ("", "", 0)
            (said,) = [one for one in await record_of(again) if one.action == Action.TENANT_ERASE_AGAIN]
            counts = {table.name: str(len(before[table.name])) for table in ERASED if table.name in copied}
            counts["person_key"] = "1"  # of the one whose number was not registered yet
            assert said.detail == {"again_after": taken.manifest.backup, **counts}
            assert row.counts == {table: int(count) for table, count in counts.items()}
            await vault.witness(house)


async def test_nobody_of_an_erased_tenant_can_be_let_in_again(vault: InstalledVault) -> None:
    async with vault.world() as world:
        ending = await Ending.begin(world)
        people = await ending.people(2)
        taken = await vault.back_up(world.house)
        await end(world)
    restored = await vault.restore(taken.written.path, accept=WHY)
    async with vault.open(restored.settings) as house:
        again = World(house, vault.clock, world.tenant)
        request = Request(people.tokens, GENSEN, "年末調整", ending.handler.login)
        code = again.code(ending.handler)
        done = await detokenize(again.custodian, ending.client, request, code, vault.clock())
        assert not isinstance(done, Released)
        with pytest.raises(AssertionError, match="contract-ended"):
            await again.client("newcomer")
        with pytest.raises(AssertionError, match="contract-ended"):
            await again.human("newcomer")


async def test_the_others_keep_everything(vault: InstalledVault) -> None:
    async with vault.world() as world:
        other = await Ending.begin(await World.open(world.house, vault.clock, "有限会社となり"))
        people = await other.people(3)
        await (await Ending.begin(world)).people(2)
        taken = await vault.back_up(world.house)
        before = await rows_of(world.house.database, other.world.tenant.id)
        await end(world)
    restored = await vault.restore(taken.written.path, accept=WHY)
    assert restored.ended.erased_again == 1
    async with vault.open(restored.settings) as house:
        again = World(house, vault.clock, other.world.tenant)
        after = await rows_of(house.database, other.world.tenant.id)
        for table in ("person", "person_key", "number", "token", "account", "client", "client_key"):
            assert after[table] == before[table]
        request = Request(people.tokens, GENSEN, "年末調整", other.handler.login)
        code = again.code(other.handler)
        done = await detokenize(again.custodian, other.client, request, code, vault.clock())
        assert isinstance(done, Released)
        assert [number.decode() for number in done.numbers] == people.numbers


@pytest.mark.parametrize("state", [EndState.REQUESTED, EndState.APPROVED])
async def test_a_copy_that_knows_who_wanted_the_end_keeps_their_names(
    vault: InstalledVault, state: EndState
) -> None:
    async with vault.world() as world:
        await (await Ending.begin(world)).people(2)
        await write_end(world, wanted(world, state, "2026-11-30"))
        taken = await vault.back_up(world.house)
        vault.clock.advance(days=9)
        await end(world)
    restored = await vault.restore(taken.written.path, accept=WHY)
    assert restored.ended.erased_again == 1
    async with vault.open(restored.settings) as house:
        row = await erased_again(World(house, vault.clock, world.tenant))
        assert (row.requested_name, row.reason, row.ends_on) == ("佐藤", "事業の譲渡", "2026-11-30")


async def test_disposals_are_replayed_before_and_open_runs_are_given_up(vault: InstalledVault) -> None:
    async with vault.world() as world:
        ending = await Ending.begin(world)
        people = await ending.people(5)
        run = await ending.decide(await ending.instruct(people.external_ids[:2]))
        other = await ending.instruct(people.external_ids[2:3])
        taken = await vault.back_up(world.house)
        vault.clock.advance(minutes=5)
        await ending.execute(run)
        await end(world)
    restored = await vault.restore(taken.written.path, accept=WHY)
    assert (restored.ended.disposed_again, restored.ended.erased_again, restored.ended.runs) == (5, 1, 0)
    async with vault.open(restored.settings) as house:
        again = World(house, vault.clock, world.tenant)
        await erased_again(again)
        tenant, authority = world.tenant.id, again.custodian.authority
        for identity, disposed in ((run.id, 2), (other.id, 0)):
            found = await house.database.read(
                tenant, lambda tx, one=identity: read_run(tx, authority, tenant, one)
            )
            assert found is not None
            assert (found.state, found.disposed) == (RunState.CANCELLED, disposed)
        said = [one.action for one in await record_of(again)]
        assert said.index(Action.TENANT_ERASE_AGAIN) > max(
            place for place, action in enumerate(said) if action == Action.NUMBER_DISPOSE
        )


@pytest.mark.parametrize("further", [False, True], ids=["the door is shut", "everybody is listed"])
async def test_an_end_that_is_under_way_in_the_copy_goes_on_there(
    vault: InstalledVault, further: bool
) -> None:
    async with vault.world() as world:
        await (await Ending.begin(world)).people(3)
        await write_end(world, wanted(world, EndState.APPROVED))
        begun = await begin_end(world.custodian, world.tenant.id, vault.clock())
        assert isinstance(begun, ContractEnd)
        if further:
            await gather_all(world.custodian, begun, vault.clock())
        taken = await vault.back_up(world.house)
        vault.clock.advance(minutes=5)
        assert await carried_out(world) == Progress(world.tenant.id)
        await vault.witness(world.house)
    restored = await vault.restore(taken.written.path, accept=WHY)
    ended = restored.ended
    assert (ended.erased_again, ended.disposed_again, ended.runs) == (0, 3, 0)
    async with vault.open(restored.settings) as house:
        again = World(house, vault.clock, world.tenant)
        assert await end_of(again) == begun
        assert await carried_out(again) == Progress(world.tenant.id)
        assert (await erased_again(again, listed=further)).run == begun.run
    async with vault.open(restored.settings):
        pass


async def test_a_list_that_was_about_to_go_with_the_contract_is_not_decided_anew(
    vault: InstalledVault,
) -> None:
    async with vault.world() as world:
        await (await Ending.begin(world)).people(3)
        await write_end(world, wanted(world, EndState.APPROVED))
        begun = await begin_end(world.custodian, world.tenant.id, vault.clock())
        assert isinstance(begun, ContractEnd)
        await gather_all(world.custodian, begun, vault.clock())
        taken = await vault.back_up(world.house)
    restored = await vault.restore(taken.written.path)
    assert (restored.ended.erased_again, restored.ended.runs) == (0, 0)
    async with vault.open(restored.settings) as house:
        again = World(house, vault.clock, world.tenant)
        assert await carried_out(again) == Progress(world.tenant.id)
        await erased_again(again, listed=True)


async def test_a_copy_from_after_the_end_is_left_as_it_is(vault: InstalledVault) -> None:
    async with vault.world() as world:
        await (await Ending.begin(world)).people(2)
        await end(world)
        row = await end_of(world)
        taken = await vault.back_up(world.house)
    restored = await vault.restore(taken.written.path)
    assert restored.ended.erased_again == 0
    async with vault.open(restored.settings) as house:
        assert await erased_again(World(house, vault.clock, world.tenant), listed=True) == row


async def test_a_copy_from_before_the_tenant_came_has_nothing_to_erase(vault: InstalledVault) -> None:
    async with vault.open() as house:
        taken = await vault.back_up(house)
        await end(await World.open(house, vault.clock, "株式会社あと"))
    restored = await vault.restore(taken.written.path, accept=WHY)
    assert restored.ended.erased_again == 0
    async with vault.open(restored.settings):
        pass


async def test_no_file_of_the_restored_vault_holds_what_was_sealed_or_indexed(vault: InstalledVault) -> None:
    async with vault.world() as world:
        await (await Ending.begin(world)).people(300)
        kept = await rows(world.house.database, world.tenant.id, "SELECT sealed, blind_index FROM number")
        taken = await vault.back_up(world.house)
        files = await data_files(world.house.database)
        needles = [bytes(sealed) for sealed, _ in kept] + [index.encode() for _, index in kept]
        assert bool(find_residue(files, needles)) == (vault.server is None), "they are found where they are"
        await end(world)
    restored = await vault.restore(taken.written.path, accept=WHY)
    async with vault.open(restored.settings) as house:
        assert find_residue(await data_files(house.database), needles) == []
        assert await rows(house.database, world.tenant.id, "SELECT sealed FROM number") == []


# --- a drill


async def test_a_drill_says_how_many_tenants_ended_and_nothing_notices(vault: InstalledVault) -> None:
    async with vault.world() as world:
        await (await Ending.begin(world)).people(4)
        other = await Ending.begin(await World.open(world.house, vault.clock, "有限会社となり"))
        await other.people(3)
        taken = await vault.back_up(world.house)
        await end(world)
        ledger = vault.settings.ledger_directory
        before = {path.name: path.read_bytes() for path in ledger.iterdir()}
        report = await vault.rehearse(taken.written.path)
        assert {path.name: path.read_bytes() for path in ledger.iterdir()} == before
    assert report.is_good
    assert (report.ended.erased_again, report.ended.disposed_again) == (1, 4)
    assert report.numbers.tried == report.numbers.opened == 3


# --- put in place without a restore


async def returned_copy(vault: InstalledVault, world: World, row: ContractEnd | None) -> InstalledVault:
    """The vault as an older copy, in which the tenant is there, while the ledger knows that it ended."""
    if row is not None:
        await write_end(world, row)
    taken = await vault.back_up(world.house)
    copy = await vault.restore(taken.written.path)
    world.custodian.ledger.record_contract_end(world.tenant.id, vault.clock())
    return replace(vault, settings=copy.settings)


@pytest.mark.parametrize("how", [None, "requested", "approved, its day is to come", "ended"])
async def test_a_copy_in_which_an_ended_tenant_lives_is_refused_by_name(
    vault: InstalledVault, how: str | None
) -> None:
    async with vault.world() as world:
        await world.register(await world.client(), 1)
        ends_on = "2026-11-30" if how and "to come" in how else LAST_DAY
        row = wanted(world, EndState(how.split(",")[0]), ends_on) if how else None
        copy = await returned_copy(vault, world, row)
    with pytest.raises(
        RollbackError, match=r"(?s)契約が終了した.*warifu restore.*1 tenants.*warifu restore"
    ) as caught:
        async with copy.open():
            pass
    assert f"log.example/w/{world.tenant.id}" in caught.value.message_en
    assert f"log.example/w/{world.tenant.id}" in caught.value.message_ja


@pytest.mark.parametrize("state", [EndState.ENDING, EndState.APPROVED])
async def test_an_end_that_is_under_way_or_was_cut_short_is_not_refused(
    vault: InstalledVault, state: EndState
) -> None:
    async with vault.world() as world:
        await world.register(await world.client(), 1)
        copy = await returned_copy(vault, world, wanted(world, state))
    async with copy.open():
        pass
