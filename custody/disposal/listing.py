"""What those who decide on disposals, or check them, may see: the tenant's choice, runs, their lists, legal holds."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, select

from custody.custodian import Custodian
from custody.disposal.digest import list_digest
from custody.disposal.item import ITEM, Ground, Item, ItemState, item_counts, item_of, parse_grounds
from custody.disposal.policy import Choice, read_choice
from custody.disposal.run import RUN, Run, RunState, run_of
from custody.disposal.step import find_run
from custody.forecast import refuse_reading
from custody.hold import HOLD, Hold, hold_of
from custody.listing import Page, Window, list_rows, page_of
from custody.people import PERSON, Person, person_of
from policies.actor import Actor
from policies.refusals import Denied, denied

_PERSON_COLUMNS = len(PERSON.columns)


@dataclass(frozen=True, slots=True)
class Shown:
    """A run as a human is to see it before deciding.

    Attributes:
        run: the run.
        digest: that of its list as it stands; what is confirmed names it.
        counts: how many persons are in each state.
    """

    run: Run
    digest: str
    counts: dict[ItemState, int]


@dataclass(frozen=True, slots=True)
class ListedItem:
    """A person of a run, with what is known of them and why they are on the list."""

    item: Item
    person: Person
    due_on: date | None
    grounds: tuple[Ground, ...]


@dataclass(frozen=True, slots=True)
class ListedHold:
    """A legal hold and whom it concerns."""

    hold: Hold
    person: Person


async def show_choice(custodian: Custodian, actor: Actor, now: int) -> Choice | Denied:
    """The tenant's choice, and whether it has reached everybody."""
    denial = await refuse_reading(custodian, actor, now)
    if denial is not None:
        return denial
    return await custodian.database.read(
        actor.tenant, lambda tx: read_choice(tx, custodian.authority, actor.tenant)
    )


async def show_run(custodian: Custodian, actor: Actor, run_id: str, now: int) -> Shown | Denied:
    """One run with the digest of its list."""
    denial = await refuse_reading(custodian, actor, now)
    if denial is not None:
        return denial
    run = await find_run(custodian, actor, run_id)
    if run is None:
        return denied("run-unknown")
    counts = await custodian.database.read(actor.tenant, lambda tx: item_counts(tx, run))
    return Shown(run, run.digest or await list_digest(custodian, run), counts)


async def list_runs(
    custodian: Custodian, actor: Actor, state: RunState | None, window: Window, now: int
) -> Page[Run] | Denied:
    """A page of runs, oldest first; of one state, or of all."""
    denial = await refuse_reading(custodian, actor, now)
    if denial is not None:
        return denial
    query = select(RUN).where(RUN.c.tenant_id == actor.tenant)
    if state is not None:
        query = query.where(RUN.c.state == state.value)
    rows = await list_rows(custodian, actor.tenant, query, RUN.c.run_id, window)
    return page_of([run_of(custodian.authority, row) for row in rows], window)


async def list_items(
    custodian: Custodian,
    actor: Actor,
    run_id: str,
    state: ItemState | None,
    window: Window,
    now: int,
) -> Page[ListedItem] | Denied:
    """A page of a run's list in the order of the persons; of one state, or of all."""
    denial = await refuse_reading(custodian, actor, now)
    run = None if denial else await find_run(custodian, actor, run_id)
    if denial is not None or run is None:
        return denial or denied("run-unknown")
    whose = and_(PERSON.c.tenant_id == ITEM.c.tenant_id, PERSON.c.person_id == ITEM.c.person_id)
    query = (
        select(PERSON, ITEM)
        .select_from(ITEM.join(PERSON, whose))
        .where(ITEM.c.tenant_id == actor.tenant, ITEM.c.run_id == run.id)
    )
    if state is not None:
        query = query.where(ITEM.c.state == state.value)
    rows = await list_rows(custodian, actor.tenant, query, ITEM.c.person_id, window)
    return page_of([_listed(row[:_PERSON_COLUMNS], row[_PERSON_COLUMNS:]) for row in rows], window)


async def list_holds(
    custodian: Custodian, actor: Actor, window: Window, now: int, *, standing: bool
) -> Page[ListedHold] | Denied:
    """A page of legal holds, oldest first; those that stand, or all."""
    denial = await refuse_reading(custodian, actor, now)
    if denial is not None:
        return denial
    whose = and_(PERSON.c.tenant_id == HOLD.c.tenant_id, PERSON.c.person_id == HOLD.c.person_id)
    query = select(PERSON, HOLD).select_from(HOLD.join(PERSON, whose)).where(HOLD.c.tenant_id == actor.tenant)
    if standing:
        query = query.where(HOLD.c.lifted_at == 0)
    rows = await list_rows(custodian, actor.tenant, query, HOLD.c.hold_id, window)
    found = [
        ListedHold(hold_of(custodian.authority, row[_PERSON_COLUMNS:]), person_of(row[:_PERSON_COLUMNS]))
        for row in rows
    ]
    return page_of(found, window)


def _listed(person: tuple[object, ...], row: tuple[object, ...]) -> ListedItem:
    item = item_of(row)
    due = date.fromisoformat(item.due_on) if item.due_on else None
    return ListedItem(item, person_of(person), due, parse_grounds(item.grounds))
