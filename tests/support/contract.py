"""A tenant with rows in every table, to see what is left of it when its contract is over."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import text

from api.migrations.tables import METADATA
from custody.collection.dispatch import Sending
from custody.contract.ask import Requested, request_end
from custody.contract.carry_out import Progress, Sizes, end_contract
from custody.contract.decide import approve_end
from custody.contract.end import ContractEnd
from custody.contract.facts import end_of
from custody.custodian import Custodian
from custody.disposal_policy import change_disposal_policy
from custody.holds import Placed, lift_holds, place_holds
from custody.named import Named
from custody.prepare import Prepared, Request, prepare
from custody.release import Released
from custody.replay import Replay
from custody.selfservice.link import Factor
from custody.sessions import Session, log_in
from custody.use import detokenize
from policies.disposal_plan import DisposalMode, DisposalPolicy
from tests.support.collecting import Collecting
from tests.support.desk import Desk
from tests.support.disposal import GENSEN, Ending
from tests.support.kitting import given_out
from tests.support.numbers import synthetic_numbers
from tests.support.visiting import Visitor, issue
from tests.support.world import PASSWORD, Human, Registration
from tokenizer.storage.database import Database
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row

LAST = date(2026, 11, 30)
"""The last day of a contract whose end is asked for when the tests' clock begins."""
AFTER = date(2026, 12, 1)
OF_TENANTS = {
    table.name: Statement(text(f"SELECT * FROM {table.name} WHERE tenant_id = :own"))  # noqa: S608 - our metadata
    for table in METADATA.sorted_tables
    if "tenant_id" in table.columns
}
"""The tables that have rows of tenants, each with what asks for all of one."""


async def rows_of(database: Database, tenant: int) -> dict[str, list[Row]]:
    """Every row of a tenant, by table."""
    return await database.read(
        tenant, lambda tx: {name: tx.all(rows, {"own": tenant}) for name, rows in OF_TENANTS.items()}
    )


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
    await collect(ending)
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


async def collect(ending: Ending) -> None:
    """A campaign with somebody whose number is verified, and is not registered yet."""
    world = ending.world
    collecting = await Collecting.among(world, ending.administrator.actor, ending.handler.actor)
    await collecting.add("asked")
    await collecting.told("asked")
    await collecting.sent((await collecting.ordered("asked", kind=Sending.LINK_QR)).order)
    (link,) = await issue(collecting, "asked", factor=Factor.PASSCODE)
    await Visitor.through(collecting, link)
    await collecting.submitted("asked", synthetic_numbers(1, seed=881)[0])
    assert (await collecting.verified("asked")).record.verdict.is_accepted
    await given_out(collecting, "asked")
    desk = await Desk.begin(collecting, people=0)
    await desk.asked("asked")
    (slot,) = await desk.offered()
    await desk.booked("asked", slot)


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


async def ask(ending: Ending, human: Human | None = None, reason: str = "事業の終了") -> Requested:
    """The end of the contract, asked for by somebody who has just given a code."""
    world = ending.world
    actor = ending.renewed(human or ending.administrator)
    done = await request_end(world.custodian, actor, reason, world.clock())
    assert isinstance(done, Requested), done
    return done


async def approve(ending: Ending, human: Human | None = None, digest: str | None = None) -> object:
    """What somebody is answered who approves it with a good code."""
    world, by = ending.world, human or ending.approver
    code = world.code(by)
    seen = (await shown(ending)).digest if digest is None else digest
    return await approve_end(world.custodian, by.actor, seen, code, world.clock())


async def agree(ending: Ending) -> Requested:
    """The end of the contract, asked for and approved."""
    asked = await ask(ending)
    approved = await approve(ending)
    assert isinstance(approved, ContractEnd), approved
    return asked


async def shown(ending: Ending) -> ContractEnd:
    """What stands in the database."""
    found = await end_of(ending.world.custodian, ending.world.tenant.id)
    assert found is not None
    return found


async def carry_out(
    ending: Ending, custodian: Custodian | None = None, sizes: Sizes | None = None
) -> Progress | None:
    """Whatever is due of the contract's end."""
    world = ending.world
    return await end_contract(custodian or world.custodian, ending.means, world.tenant.id, sizes)


async def end(ending: Ending) -> Requested:
    """A contract that has ended."""
    asked = await agree(ending)
    ending.go_to(AFTER)
    assert await carry_out(ending) == Progress(ending.world.tenant.id)
    return asked
