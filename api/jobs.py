"""The chores of an installation, in one list: whoever has a new one adds it here.

Each is given the house and the time, does what is due then and returns soon; it can be cut short at any moment, and
be done twice.
"""

import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from api.bootstrap import House
from api.mail.job import send_mails
from custody.collection.keeping import destroy_papers
from custody.contract.carry_out import end_contracts as carry_out_ends
from custody.contract.erase import ERASED
from custody.desk.vacating import vacate_seats
from custody.disposal.execute import Means
from custody.disposal.jobs import execute_runs, mark_extinct_runs, propose_runs
from custody.kits.files import PrintPlace
from custody.kits.press import KitPress
from custody.kits.print_file import Shop
from custody.kits.print_work import clear_prints, print_waiting
from custody.replay import count_answers, purge_answers
from custody.selfservice.lapsed import drop_lapsed
from custody.tenants import tenant_ids
from custody.witness import witness
from tokenizer.epochs.destroy import destroy_due, existing_epochs
from tokenizer.epochs.memory import reconcile
from tokenizer.epochs.roll import roll_if_due
from tokenizer.epochs.state import MEANING, read_state
from tokenizer.epochs.sweep import sweep
from tokenizer.epochs.terms import DAY_MS, HOUR_MS, Needs, Tenants
from tokenizer.errors import SealBrokenError
from tokenizer.storage.database import NO_TENANT
from tokenizer.storage.residue import settle
from tokenizer.storage.statement import Backend

STEP: Final = 100
"""So many batches of a sweep in one tick: others get their turn, and the machine breathes."""

TURN_MS: Final = 30_000
"""So long files are begun in one turn at the press; the other chores have theirs before the next."""

AT_ONCE: Final = min(2, os.cpu_count() or 1)
"""So many files are set at the same time: one takes a processor and 260 MB for some seconds."""

MINUTE_MS: Final = 60_000
NEEDS: Final[Sequence[Needs]] = (count_answers,)
"""What needs an epoch besides the rows of the vault."""

_log = structlog.get_logger("warifu.jobs")


@dataclass(frozen=True, slots=True)
class Job:
    """A chore.

    Attributes:
        name: as the log and the metrics call it.
        run: does what is due, given the house and the time in milliseconds since the epoch; says True where it left
            some of it for a next tick, which then follows at once.
        every: milliseconds from one time it was done to the next; 0 for each tick.
    """

    name: str
    run: Callable[[House, int], Awaitable[bool | None]]
    every: int = 0


def tenants_of(house: House) -> Tenants:
    """Gives every tenant there is at the moment it is called."""

    async def everybody() -> Sequence[int]:
        return await house.database.read(NO_TENANT, tenant_ids)

    return everybody


async def roll_epochs(house: House, now: int) -> None:
    """Remember what happened to keys, and begin a new epoch once a week."""
    vault = house.custodian.vault
    await reconcile(vault, house.provider, now)
    await roll_if_due(vault, house.provider, now)


async def sweep_epochs(house: House, now: int) -> None:
    """Move some more persons under the newest epoch."""
    told = await sweep(house.custodian.vault, tenants_of(house), now, STEP)
    if told.broken:
        _log.error("rows do not open and keep their epoch", count=told.broken)


async def destroy_epochs(house: House, now: int) -> None:
    """Destroy the keys whose time has come."""
    await destroy_due(house.custodian.vault, house.provider, tenants_of(house), now, NEEDS)


async def tell_alarms(house: House, now: int) -> None:
    """Say in the log what is wrong with the epochs, if anything is."""
    for alarm in (await read_state(house.custodian.vault, house.provider, now)).alarms:
        _log.error("epoch alarm", reason=f"{alarm}: {MEANING[alarm]}")


async def purge_replays(house: House, now: int) -> None:
    """Delete the answers to idempotency keys that are past their day."""
    for tenant in await tenants_of(house)():
        await _purge(house, tenant, now)


async def _purge(house: House, tenant: int, now: int) -> None:
    await house.database.write(tenant, lambda tx: purge_answers(tx, tenant, now))


async def drop_links(house: House, now: int) -> None:
    """Delete the rows of links and visits whose time is over."""
    for tenant in await tenants_of(house)():
        await _drop(house, tenant, now)


async def _drop(house: House, tenant: int, now: int) -> None:
    await house.database.write(tenant, lambda tx: drop_lapsed(tx, tenant, now))


async def witness_logs(house: House, now: int) -> None:
    """Write down, outside the database, how far each log has come."""
    await witness(house.custodian, now)


async def clear_residue(house: House, _now: int) -> None:
    """Clear what deleted rows left in the files of an embedded database.

    Raises:
        TimeoutError: a reader stood in the way all the time.
    """
    settled = await settle(house.database)
    if settled.backend is Backend.SQLITE and not settled.cleared:
        raise TimeoutError


async def propose_disposals(house: House, now: int) -> None:
    """Propose whose numbers fall due, for humans to decide on."""
    for run in await propose_runs(house.custodian, now):
        _log.info("disposal proposed", count=run.listed)


async def carry_out_disposals(house: House, _now: int) -> None:
    """Dispose of the numbers that two humans decided on, once their day has come."""
    means = Means(house.clock, lambda: house.provider.epochs()[-1], lambda: settle(house.database))
    for run in await execute_runs(house.custodian, means):
        _log.info("disposal done", count=run.disposed)


async def end_contracts(house: House, _now: int) -> None:
    """Erase the tenants whose contract's last day is over; say which wait, and for what."""
    tables = [table.name for table in ERASED]
    means = Means(
        house.clock, lambda: house.provider.epochs()[-1], lambda: settle(house.database, tables=tables)
    )
    for progress in await carry_out_ends(house.custodian, means):
        if progress.waits_for:
            _log.warning("contract end waits", reason=", ".join(progress.waits_for))
        else:
            _log.info("contract ended")


async def destroy_kept_papers(house: House, now: int) -> None:
    """Destroy images of papers that were kept beyond a registration, once their day has come.

    Raises:
        SealBrokenError: a row of a tenant was altered; the papers of the others are destroyed.
    """
    await _for_each_tenant(
        house, "papers destroyed", lambda tenant: destroy_papers(house.custodian, tenant, now)
    )


async def _for_each_tenant(house: House, told: str, work: Callable[[int], Awaitable[int]]) -> None:
    """Do something for every tenant, past those of whom a row was altered, and tell how much it was."""
    count, broken = 0, None
    for tenant in await tenants_of(house)():
        try:
            count += await work(tenant)
        except SealBrokenError as error:
            broken = error
    if count:
        _log.info(told, count=count)
    if broken is not None:
        raise broken


async def vacate_needless_seats(house: House, now: int) -> None:
    """Cancel the appointments of those whose collection is settled.

    Raises:
        SealBrokenError: a row of a tenant was altered; the seats of the others are free.
    """
    await _for_each_tenant(
        house, "appointments cancelled", lambda tenant: vacate_seats(house.custodian, tenant, now)
    )


async def tell_extinctions(house: House, now: int) -> None:
    """Declare extinct what was disposed of, once no key opens a copy of before."""
    existing = await existing_epochs(house.custodian.vault, house.provider, now)
    await mark_extinct_runs(house.custodian, existing, now)


async def print_papers(house: House, now: int) -> bool:
    """Print what companies ordered on paper for a while, and destroy the files whose time is over.

    Returns:
        Whether something is still to be printed.
    """
    place, tenants = PrintPlace(house.settings.data), await tenants_of(house)()
    await clear_prints(house.custodian, place, tenants, now)
    shop = Shop(place, KitPress(AT_ONCE), house.clock, house.settings.public_url)
    return (await print_waiting(house.custodian, shop, tenants, house.clock() + TURN_MS)).more


JOBS: Final = (
    Job("roll-epochs", roll_epochs),
    Job("sweep-epochs", sweep_epochs),
    Job("destroy-epochs", destroy_epochs),
    Job("propose-disposals", propose_disposals, every=MINUTE_MS),
    Job("carry-out-disposals", carry_out_disposals),
    Job("end-contracts", end_contracts, every=MINUTE_MS),
    Job("mail", send_mails),
    Job("destroy-papers", destroy_kept_papers, every=MINUTE_MS),
    Job("vacate-seats", vacate_needless_seats, every=MINUTE_MS),
    Job("print-papers", print_papers),
    Job("tell-extinctions", tell_extinctions, every=MINUTE_MS),
    Job("epoch-alarms", tell_alarms, every=HOUR_MS),
    Job("purge-replays", purge_replays, every=HOUR_MS),
    Job("drop-links", drop_links, every=HOUR_MS),
    Job("clear-residue", clear_residue, every=DAY_MS),
    Job("witness", witness_logs, every=MINUTE_MS),
)
