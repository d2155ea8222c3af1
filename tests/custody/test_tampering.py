"""Somebody who can write to the database, but has no key, gains nothing: every stamped row is refused once altered.

Each column of each stamped table is changed, one at a time, and the row is then used in every way there is.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import LargeBinary, Text
from sqlmodel import SQLModel

from custody.account import AccountRow, list_accounts, living_account, living_account_by_id
from custody.clients import ClientKeyRow, ClientRow, client_of_key, create_client, list_clients
from custody.enrolment import RecoveryCodeRow
from custody.prepare import Prepared, Request, prepare
from custody.session import SessionRow
from custody.sessions import Session, log_in, recover, session_actor
from custody.tenants import TenantRow, read_tenant
from custody.use import confirm, find_use, release
from custody.uses import UseRow
from policies.actor import Actor, ActorKind, Role
from policies.refusals import Denied
from tests.support.tamper import change, rows
from tests.support.world import GENSEN, PASSWORD, Human, World
from tokenizer.errors import SealBrokenError
from tokenizer.storage.rows import table_of
from tokenizer.token import digest

STAMPED: dict[str, type[SQLModel]] = {
    "tenant": TenantRow,
    "account": AccountRow,
    "client": ClientRow,
    "client_key": ClientKeyRow,
    "session": SessionRow,
    "use": UseRow,
    "recovery_code": RecoveryCodeRow,
}
UNSTAMPED = {("session", "seen_at")}
"""When a session was last seen: it can shorten or lengthen a session's idle time, never its twelve hours."""

KEYS = {
    "tenant": {"tenant_id"},
    "account": {"tenant_id"},
    "client": {"tenant_id"},
    "client_key": {"tenant_id", "digest"},
    "session": {"tenant_id", "digest"},
    "use": {"tenant_id", "use_id"},
    "recovery_code": {"tenant_id", "account_id", "digest"},
}
"""Columns by which a row is found: once they are changed, the row is simply not there."""

CELLS = [
    (table, column.name)
    for table, model in STAMPED.items()
    for column in table_of(model).columns
    if (table, column.name) not in UNSTAMPED and column.name not in KEYS[table]
]


@dataclass
class Scene:
    """One of everything."""

    world: World
    client: Actor
    key: str
    human: Human
    session: str
    use: Prepared
    another: Actor

    async def read_tenant(self) -> object:
        world = self.world
        return await world.house.database.read(
            world.tenant.id, lambda tx: read_tenant(tx, world.custodian.authority, world.tenant.id)
        )

    async def read_account(self) -> object:
        world, account = self.world, self.human.account
        tenant, authority = world.tenant.id, world.custodian.authority
        read = world.house.database.read
        return (
            await read(tenant, lambda tx: living_account(tx, authority, tenant, account.login)),
            await read(tenant, lambda tx: living_account_by_id(tx, authority, tenant, account.id)),
            await read(tenant, lambda tx: list_accounts(tx, authority, tenant)),
        )

    async def read_client(self) -> object:
        world = self.world
        tenant, authority = world.tenant.id, world.custodian.authority
        read = world.house.database.read
        return (
            await read(tenant, lambda tx: client_of_key(tx, authority, tenant, self.key)),
            await read(tenant, lambda tx: list_clients(tx, authority, tenant)),
        )

    async def read_client_key(self) -> object:
        world = self.world
        tenant, authority = world.tenant.id, world.custodian.authority
        return await world.house.database.read(
            tenant, lambda tx: client_of_key(tx, authority, tenant, self.key)
        )

    async def read_session(self) -> object:
        world = self.world
        return await session_actor(world.custodian, world.tenant.id, self.session, world.clock(), None)

    async def read_use(self) -> object:
        world = self.world
        return await find_use(world.custodian, world.operator, self.use.use.public_id)

    async def read_recovery_code(self) -> object:
        world, human = self.world, self.human
        return await recover(
            world.custodian,
            world.tenant.id,
            human.login,
            PASSWORD,
            human.recovery_codes[0],
            world.clock(),
            None,
        )

    @property
    def probes(self) -> dict[str, Callable[[], Awaitable[object]]]:
        return {
            "tenant": self.read_tenant,
            "account": self.read_account,
            "client": self.read_client,
            "client_key": self.read_client_key,
            "session": self.read_session,
            "use": self.read_use,
            "recovery_code": self.read_recovery_code,
        }


@pytest.fixture
async def scene(world: World) -> Scene:
    another = await world.client("another")
    world.clock.advance(minutes=1)
    made = await create_client(world.custodian, world.operator, "payroll", frozenset({GENSEN}), world.clock())
    assert not isinstance(made, Denied)
    client = Actor(
        kind=ActorKind.CLIENT,
        tenant=world.tenant.id,
        id=made.client.id,
        name="payroll",
        purposes=made.client.purposes,
    )
    human = await world.human()
    people = await world.register(client, 2)
    use = await prepare(world.custodian, client, Request(people.tokens, GENSEN, "年末調整"), world.clock())
    code = world.code(human)
    opened = await log_in(world.custodian, world.tenant.id, human.login, PASSWORD, code, world.clock(), None)
    assert isinstance(use, Prepared)
    assert isinstance(opened, Session)
    return Scene(world, client, made.key, human, opened.secret, use, another)


def other_value(table: str, column: str, value: object) -> object:
    kind = table_of(STAMPED[table]).columns[column].type
    if isinstance(kind, LargeBinary):
        assert isinstance(value, bytes)
        return bytes([value[0] ^ 1]) + value[1:]
    if isinstance(kind, Text):
        return f"{value} x" if value else "x"
    assert isinstance(value, int)
    return value + 1


async def test_before_anything_is_altered_every_row_is_accepted(scene: Scene) -> None:
    for table, probe in scene.probes.items():
        found = await probe()
        assert found, table
        assert not isinstance(found, Denied)


@pytest.mark.parametrize(("table", "column"), CELLS, ids=[f"{table}.{column}" for table, column in CELLS])
async def test_a_row_with_one_column_altered_is_refused(scene: Scene, table: str, column: str) -> None:
    database, tenant = scene.world.house.database, scene.world.tenant.id
    select = f'SELECT {column} FROM "{table}" WHERE {MINE[table]}'  # noqa: S608 - constants
    ((before,),) = await rows(database, tenant, select, **mine(scene, table))
    after = other_value(table, column, before)
    if (table, column) == ("client_key", "client_id"):
        after = scene.another.id  # of nobody, the key would simply open nothing
    assert after != before
    changed = await change(
        database,
        tenant,
        f'UPDATE "{table}" SET {column} = :after WHERE {MINE[table]}',  # noqa: S608 - constants
        after=after,
        **mine(scene, table),
    )
    assert changed == 1
    with pytest.raises(SealBrokenError):
        await scene.probes[table]()


MINE = {
    "tenant": "tenant_id = :tenant",
    "account": "account_id = :account",
    "client": "client_id = :client",
    "client_key": "digest = :key",
    "session": "digest = :session",
    "use": "use_id = :use",
    "recovery_code": "digest = :code",
}


def mine(scene: Scene, table: str) -> dict[str, object]:
    """The values that find the scene's own row."""
    values: dict[str, object] = {
        "tenant": scene.world.tenant.id,
        "account": scene.human.account.id,
        "client": scene.client.id,
        "key": digest(scene.key),
        "session": digest(scene.session),
        "use": scene.use.use.id,
        "code": digest(scene.human.recovery_codes[0]),
    }
    return {name: value for name, value in values.items() if f":{name}" in MINE[table]}


async def test_a_row_whose_key_is_altered_is_not_there(scene: Scene) -> None:
    database, tenant = scene.world.house.database, scene.world.tenant.id
    for table in ("client_key", "session", "recovery_code"):
        for row in await rows(database, tenant, f'SELECT digest FROM "{table}"'):  # noqa: S608 - constants
            await change(
                database,
                tenant,
                f'UPDATE "{table}" SET digest = :after WHERE digest = :before',  # noqa: S608 - constants
                before=row[0],
                after=bytes([row[0][0] ^ 1]) + row[0][1:],
            )
    assert await scene.read_client_key() is None
    assert await scene.read_session() is None
    assert isinstance(await scene.read_recovery_code(), Denied)


@pytest.mark.parametrize("table", sorted(STAMPED.keys() - {"tenant"}))
async def test_a_row_copied_into_another_tenant_is_refused(scene: Scene, table: str) -> None:
    here, database = scene.world, scene.world.house.database
    there = await World.open(here.house, here.clock, "別の会社")
    for name in (
        {table, "account", "client"} if table in {"session", "client_key", "recovery_code"} else {table}
    ):
        columns = [column.name for column in table_of(STAMPED[name]).columns if column.name != "tenant_id"]
        for row in await rows(database, here.tenant.id, f'SELECT {", ".join(columns)} FROM "{name}"'):  # noqa: S608 - constants
            marks = ", ".join(f":{column}" for column in columns)
            await change(
                database,
                there.tenant.id,
                f'INSERT INTO "{name}" (tenant_id, {", ".join(columns)}) VALUES (:there, {marks})',  # noqa: S608 - constants
                there=there.tenant.id,
                **dict(zip(columns, row, strict=True)),
            )
    moved = Scene(there, scene.client, scene.key, scene.human, scene.session, scene.use, scene.another)
    with pytest.raises(SealBrokenError):
        await moved.probes[table]()


async def test_rows_exchanged_between_two_accounts_are_refused(scene: Scene) -> None:
    world, other = scene.world, await scene.world.human("suzuki", Role.ADMINISTRATOR)
    for old, new in (
        (scene.human.account.id, 1),
        (other.account.id, scene.human.account.id),
        (1, other.account.id),
    ):
        for table in ("account", "second_factor", "recovery_code", "session"):
            await change(
                world.house.database,
                world.tenant.id,
                f"UPDATE {table} SET account_id = :new WHERE account_id = :old",  # noqa: S608 - constants
                old=old,
                new=new,
            )
    for probe in (scene.read_account, scene.read_session, scene.read_recovery_code):
        with pytest.raises(SealBrokenError):
            await probe()


async def test_a_one_time_code_seed_moved_to_another_account_opens_nothing(scene: Scene) -> None:
    world, thief = scene.world, await scene.world.human("dorobo")
    database, tenant = world.house.database, world.tenant.id
    ((stolen,),) = await rows(
        database, tenant, "SELECT seed FROM second_factor WHERE account_id = :own", own=thief.account.id
    )
    await change(
        database,
        tenant,
        "UPDATE second_factor SET seed = :stolen WHERE account_id = :own",
        stolen=stolen,
        own=scene.human.account.id,
    )
    code = world.code(thief)
    with pytest.raises(SealBrokenError):
        await confirm(
            world.custodian, scene.client, scene.use.use.public_id, "", scene.human.login, code, world.clock()
        )
    with pytest.raises(SealBrokenError):
        await log_in(world.custodian, tenant, scene.human.login, PASSWORD, code, world.clock(), None)


async def test_a_use_confirmed_by_the_database_alone_is_not_released(scene: Scene) -> None:
    world = scene.world
    await change(
        world.house.database,
        world.tenant.id,
        "UPDATE use SET state = 'confirmed', confirmed_by = 'tanaka' WHERE use_id = :use",
        use=scene.use.use.id,
    )
    with pytest.raises(SealBrokenError):
        await release(world.custodian, scene.client, scene.use.use.public_id, world.clock())


async def test_a_session_made_by_the_database_alone_is_nobody_s(scene: Scene) -> None:
    world = scene.world
    secret = "wfs_made_up"
    await change(
        world.house.database,
        world.tenant.id,
        "INSERT INTO session (tenant_id, digest, account_id, created_at, seen_at, proven_at, stamp) "
        "VALUES (:tenant, :digest, :account, :now, :now, :now, :stamp)",
        tenant=world.tenant.id,
        digest=digest(secret),
        account=scene.human.account.id,
        now=world.clock(),
        stamp=bytes(32),
    )
    with pytest.raises(SealBrokenError):
        await session_actor(world.custodian, world.tenant.id, secret, world.clock(), None)
