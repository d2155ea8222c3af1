"""A tenant with rows in every table, to see what is left of it when its contract is over."""

from collections.abc import Sequence

from sqlalchemy import text

from api.migrations.tables import METADATA
from custody.disposal_policy import change_disposal_policy
from custody.holds import Placed, lift_holds, place_holds
from custody.named import Named
from custody.prepare import Prepared, Request, prepare
from custody.release import Released
from custody.replay import Replay
from custody.sessions import Session, log_in
from custody.use import detokenize
from policies.disposal_plan import DisposalMode, DisposalPolicy
from tests.support.disposal import GENSEN, Ending
from tests.support.world import PASSWORD, Human, Registration
from tokenizer.storage.database import Database
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row

OF_TENANTS = tuple(table for table in METADATA.sorted_tables if "tenant_id" in table.columns)


async def rows_of(database: Database, tenant: int) -> dict[str, list[Row]]:
    """Every row of a tenant, by table."""
    return {
        table.name: await database.read(
            tenant,
            lambda tx, name=table.name: tx.all(
                Statement(text(f"SELECT * FROM {name} WHERE tenant_id = :own")),  # noqa: S608 - our own metadata
                {"own": tenant},
            ),
        )
        for table in OF_TENANTS
    }


async def fill(ending: Ending, count: int = 3) -> Registration:
    """Put rows of a tenant into every table but that of its contract's end; one disposal of before is done."""
    world = ending.world
    people = await ending.people(count + 1)
    await ending.left(people.external_ids[-1:])
    now, administrator = world.clock(), ending.renewed(ending.administrator)
    chosen = await change_disposal_policy(
        world.custodian, administrator, DisposalPolicy(DisposalMode.AT_ONCE), now
    )
    assert isinstance(chosen, DisposalPolicy)
    await prepare_use(ending, people.tokens[:2])
    code = world.code(ending.handler)
    request = Request(people.tokens[:1], GENSEN, "源泉徴収票の作成", ending.handler.login)
    used = await detokenize(world.custodian, ending.client, request, code, world.clock())
    assert isinstance(used, Released), used
    await log_in_as(ending, ending.handler)
    await ending.execute(await ending.decide(await ending.instruct(people.external_ids[-1:])))
    holds = await keep(ending, people.external_ids[:1])
    administrator = ending.renewed(ending.administrator)
    lifted = await lift_holds(world.custodian, administrator, holds, "訴訟の終結", world.clock())
    assert isinstance(lifted, Placed), lifted
    return people


async def prepare_use(ending: Ending, tokens: Sequence[str]) -> Prepared:
    """A use that waits for its human, asked for with an idempotency key."""
    world = ending.world
    request = Request(tokens, GENSEN, "源泉徴収票の作成", ending.handler.login)
    replay = Replay(ending.client, "a-key-of-the-client", "prepareUse", b"{}")
    prepared = await prepare(world.custodian, ending.client, request, world.clock(), replay)
    assert isinstance(prepared, Prepared), prepared
    return prepared


async def log_in_as(ending: Ending, human: Human) -> Session:
    """A session of somebody."""
    world = ending.world
    code = world.code(human)
    opened = await log_in(world.custodian, world.tenant.id, human.login, PASSWORD, code, world.clock(), None)
    assert isinstance(opened, Session), opened
    return opened


async def keep(ending: Ending, people: Sequence[str]) -> list[str]:
    """Legal holds on persons; gives their ids."""
    world = ending.world
    placed = await place_holds(
        world.custodian, ending.administrator.actor, Named(list(people)), "係争中", world.clock()
    )
    assert isinstance(placed, Placed), placed
    return [each or "" for each in placed.holds]
