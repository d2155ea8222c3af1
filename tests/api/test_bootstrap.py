"""Wiring the house: right keys for the right database, or a refusal by name."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from api.bootstrap import House, open_house, open_keys, set_up
from api.settings import Settings
from custody.witness import witness
from tests.support.clock import FakeClock
from tests.support.tamper import change, rows
from tests.support.world import World
from tokenizer.crypto.passwords import CHEAP_FOR_TESTS, Passwords
from tokenizer.errors import (
    DatabaseVersionError,
    KeyDirectoryError,
    LedgerError,
    RollbackError,
    WrongVaultError,
)
from tokenizer.providers.file import FileKeyProvider

CHEAP = Passwords(CHEAP_FOR_TESTS)
CLOCK = FakeClock()


def make_keys(path: Path, name: str = "test-vault") -> FileKeyProvider:
    return FileKeyProvider.create(path, name, now_ms=CLOCK())


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(data=tmp_path / "data", keys=tmp_path / "keys", database=database_url)


@asynccontextmanager
async def opened(settings: Settings, keys: FileKeyProvider | None = None) -> AsyncIterator[House]:
    provider = keys or open_keys(settings)
    house = await open_house(settings, provider, CLOCK, passwords=CHEAP)
    try:
        yield house
    finally:
        await house.database.close()


async def begin(settings: Settings, keys: FileKeyProvider) -> None:
    house = await set_up(settings, keys, CLOCK, passwords=CHEAP)
    await house.database.close()


async def test_a_house_that_was_set_up_opens_again_with_its_keys(settings: Settings) -> None:
    await begin(settings, make_keys(settings.keys))
    async with opened(settings) as house:
        world = await World.open(house, CLOCK)
    async with opened(settings) as house:
        again = World(house, CLOCK, world.tenant)
        await again.register(await again.client(), 2)


async def test_setting_up_twice_keeps_what_is_there(settings: Settings) -> None:
    keys = make_keys(settings.keys)
    await begin(settings, keys)
    async with opened(settings) as house:
        await World.open(house, CLOCK)
    await begin(settings, keys)
    async with opened(settings) as house:
        assert len(await rows(house.database, 0, "SELECT * FROM vault_meta")) == 1


async def test_keys_of_another_vault_are_refused_by_name(settings: Settings, tmp_path: Path) -> None:
    await begin(settings, make_keys(settings.keys))
    other = make_keys(tmp_path / "other", "other-vault")
    with pytest.raises(WrongVaultError) as caught:
        async with opened(settings, other):
            pass
    for name in ("other-vault", "test-vault"):
        assert name in caught.value.message_ja
        assert name in caught.value.message_en
    with pytest.raises(WrongVaultError):
        await begin(settings, other)


async def test_other_keys_under_the_same_name_are_refused_as_well(settings: Settings, tmp_path: Path) -> None:
    await begin(settings, make_keys(settings.keys))
    with pytest.raises(WrongVaultError):
        async with opened(settings, make_keys(tmp_path / "other")):
            pass


@pytest.mark.parametrize("column", ["vault_id = 'x'", "proof = :zeros"])
async def test_a_database_whose_mark_was_altered_is_refused(settings: Settings, column: str) -> None:
    await begin(settings, make_keys(settings.keys))
    async with opened(settings) as house:
        params = {"zeros": bytes(32)} if ":zeros" in column else {}
        await change(house.database, 0, f"UPDATE vault_meta SET {column}", **params)  # noqa: S608 - constants
    with pytest.raises(WrongVaultError):
        async with opened(settings):
            pass


async def test_a_migrated_database_without_a_mark_is_nobody_s(settings: Settings) -> None:
    make_keys(settings.keys)
    with pytest.raises(WrongVaultError):
        async with opened(settings):
            pass


async def test_a_database_that_was_never_set_up_is_refused_by_name(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys")
    make_keys(settings.keys)
    with pytest.raises(DatabaseVersionError, match="warifu init"):
        async with opened(settings):
            pass


async def test_a_database_of_a_newer_version_is_refused_by_name(settings: Settings) -> None:
    await begin(settings, make_keys(settings.keys))
    async with opened(settings) as house:
        await change(house.database, 0, "UPDATE alembic_version SET version_num = 'future'")
    with pytest.raises(DatabaseVersionError, match="newer"):
        async with opened(settings):
            pass
    with pytest.raises(DatabaseVersionError, match="newer"):
        await begin(settings, open_keys_of(settings))


def open_keys_of(settings: Settings) -> FileKeyProvider:
    return FileKeyProvider.open(settings.keys)


def test_a_key_directory_that_is_missing_is_refused_and_named(tmp_path: Path) -> None:
    with pytest.raises(KeyDirectoryError, match="keys"):
        open_keys(Settings(data=tmp_path / "data", keys=tmp_path / "keys"))


def test_a_key_directory_inside_the_data_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    make_keys(tmp_path / "data" / "keys")
    with pytest.raises(KeyDirectoryError, match="inside the data directory"):
        open_keys(Settings(data=tmp_path / "data", keys=tmp_path / "data" / "keys"))


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o707])
def test_a_key_directory_that_others_can_read_is_refused_and_named(tmp_path: Path, mode: int) -> None:
    make_keys(tmp_path / "keys")
    (tmp_path / "keys").chmod(mode)
    with pytest.raises(KeyDirectoryError, match="keys"):
        open_keys(Settings(data=tmp_path / "data", keys=tmp_path / "keys"))


@pytest.mark.parametrize("name", ["authority.key", "log.key", "vault.json"])
@pytest.mark.parametrize("damage", ["gone", "a directory", "empty"])
def test_a_key_file_that_cannot_be_read_is_refused_and_named(tmp_path: Path, name: str, damage: str) -> None:
    make_keys(tmp_path / "keys")
    path = tmp_path / "keys" / name
    path.unlink()
    if damage == "a directory":
        path.mkdir()
    elif damage == "empty":
        path.touch(0o400)
    with pytest.raises(KeyDirectoryError, match=name):
        open_keys(Settings(data=tmp_path / "data", keys=tmp_path / "keys"))


async def test_a_house_that_cannot_be_opened_leaves_no_connection_behind(
    settings: Settings, tmp_path: Path
) -> None:
    await begin(settings, make_keys(settings.keys))
    other = make_keys(tmp_path / "other", "other-vault")
    for _ in range(3):
        with pytest.raises(WrongVaultError):
            async with opened(settings, other):
                pass
    await begin(settings, open_keys_of(settings))


async def test_a_new_house_has_a_ledger_beside_its_keys_and_keeps_it(settings: Settings) -> None:
    await begin(settings, make_keys(settings.keys))
    assert settings.ledger_directory == settings.keys.with_name("keys-ledger")
    async with opened(settings) as house:
        house.custodian.ledger.record_disposals(7, 1, [11], CLOCK())
    async with opened(settings) as house:
        assert [one.persons for one in house.custodian.ledger.disposals()] == [[11]]


async def test_a_ledger_may_be_put_elsewhere(settings: Settings, tmp_path: Path) -> None:
    settings = replace(settings, ledger=tmp_path / "far" / "away")
    await begin(settings, make_keys(settings.keys))
    assert (tmp_path / "far" / "away").is_dir()
    assert not settings.keys.with_name("keys-ledger").exists()


async def test_a_house_that_lost_its_ledger_is_refused_and_gets_no_new_one(settings: Settings) -> None:
    keys = make_keys(settings.keys)
    await begin(settings, keys)
    shutil.rmtree(settings.ledger_directory)
    with pytest.raises(LedgerError, match="warifu ledger adopt"):
        async with opened(settings):
            pass
    with pytest.raises(LedgerError, match="warifu ledger adopt"):
        await begin(settings, keys)
    assert not settings.ledger_directory.exists()


async def test_a_ledger_inside_the_data_directory_is_refused(settings: Settings) -> None:
    with pytest.raises(LedgerError, match="inside the data directory"):
        await begin(replace(settings, ledger=settings.data / "ledger"), make_keys(settings.keys))


async def test_the_ledger_of_another_vault_is_refused(settings: Settings, tmp_path: Path) -> None:
    other = replace(settings, keys=tmp_path / "other", database=f"sqlite:///{tmp_path / 'other.db'}")
    await begin(other, make_keys(other.keys, "other-vault"))
    with pytest.raises(LedgerError, match="another vault"):
        await begin(replace(settings, ledger=other.ledger_directory), make_keys(settings.keys))


async def test_a_database_that_went_back_is_refused_by_name(settings: Settings) -> None:
    keys = make_keys(settings.keys)
    await begin(settings, keys)
    async with opened(settings) as house:
        world = await World.open(house, CLOCK)
        await world.client()
        await witness(house.custodian, CLOCK())
        await change(house.database, world.tenant.id, "DELETE FROM audit_head WHERE tenant_id > 0")
    with pytest.raises(RollbackError, match=f"log/{world.tenant.id}"):
        async with opened(settings):
            pass
    with pytest.raises(RollbackError):
        await begin(settings, keys)


async def test_a_database_in_which_a_disposed_person_is_back_is_refused_by_name(settings: Settings) -> None:
    await begin(settings, make_keys(settings.keys))
    async with opened(settings) as house:
        world = await World.open(house, CLOCK)
        await world.register(await world.client(), 1)
        ((person,),) = await rows(house.database, world.tenant.id, "SELECT person_id FROM person_key")
        house.custodian.ledger.record_disposals(world.tenant.id, 1, [person], CLOCK())
    with pytest.raises(RollbackError, match="1 persons"):
        async with opened(settings):
            pass
