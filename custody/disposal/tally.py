"""Counts for the report to management, each of one statement."""

from collections import Counter
from typing import Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Function,
    and_,
    bindparam,
    case,
    distinct,
    exists,
    func,
    literal_column,
    or_,
    select,
)

from custody.disposal.item import ITEM, LEGAL_HOLD, NO_LONGER_DUE, NOT_HELD, ItemState
from custody.disposal.run import RUN, Run, RunState, run_of
from custody.hold import HOLD
from custody.people import PERSON, NumberState
from tokenizer.crypto.authority import Authority
from tokenizer.storage.rows import EpochRow, NumberRow, table_of
from tokenizer.storage.statement import Params, Statement
from tokenizer.storage.transaction import Transaction

WORDS: Final = {LEGAL_HOLD: "保全措置中", NO_LONGER_DUE: "廃棄の時期の変更", NOT_HELD: "番号なし"}
"""How the clock's own reasons are told to a board."""

_EPOCH, _NUMBER = table_of(EpochRow), table_of(NumberRow)
_TENANT: Final[BindParameter[int]] = bindparam("tenant")
_START: Final[BindParameter[int]] = bindparam("start")
_STOP: Final[BindParameter[int]] = bindparam("stop")
_HELD: Final = and_(PERSON.c.tenant_id == _TENANT, PERSON.c.number_state == NumberState.HELD.value)
_GONE: Final = and_(ITEM.c.tenant_id == _TENANT, ITEM.c.state == ItemState.DISPOSED.value)
_GONE_SINCE: Final = and_(_GONE, ITEM.c.disposed_at >= _STOP)
_LEFT_OUT: Final = and_(
    ITEM.c.tenant_id == _TENANT,
    or_(ITEM.c.state == ItemState.EXCLUDED.value, ITEM.c.state == ItemState.SPARED.value),
    ITEM.c.decided_at >= _START,
    ITEM.c.decided_at < _STOP,
)
_STOOD: Final = and_(HOLD.c.placed_at < _STOP, or_(HOLD.c.lifted_at == 0, HOLD.c.lifted_at >= _STOP))
_STOOD_ON: Final = exists().where(
    HOLD.c.tenant_id == PERSON.c.tenant_id, HOLD.c.person_id == PERSON.c.person_id, _STOOD
)
_WITH_HOLD: Final = exists().where(
    HOLD.c.tenant_id == ITEM.c.tenant_id,
    HOLD.c.person_id == ITEM.c.person_id,
    HOLD.c.placed_at == ITEM.c.decided_at,
)


def _month(day: ColumnElement[str]) -> Function[str]:
    """The month of a day; with parameters in it PostgreSQL takes one expression for two, and does not group."""
    return func.substr(day, literal_column("1"), literal_column("7"))


_RUNS: Final = Statement(
    select(RUN)
    .where(
        RUN.c.tenant_id == _TENANT,
        RUN.c.state != RunState.GATHERING.value,
        RUN.c.state != RunState.CANCELLED.value,
        RUN.c.proposed_at < _STOP,
    )
    .order_by(RUN.c.run_id)
)
_DUE_HELD: Final = Statement(
    select(_month(PERSON.c.due_on), func.count())
    .where(_HELD, PERSON.c.due_on != "")
    .group_by(_month(PERSON.c.due_on))
)
_DUE_GONE: Final = Statement(
    select(_month(ITEM.c.due_on), func.count())
    .where(_GONE, ITEM.c.due_on != "")
    .group_by(_month(ITEM.c.due_on))
)
_DISPOSED: Final = Statement(
    select(ITEM.c.disposed_at, func.count())
    .where(_GONE, ITEM.c.disposed_at >= _START, ITEM.c.disposed_at < _STOP)
    .group_by(ITEM.c.disposed_at)
)
_EXCLUDED: Final = Statement(
    select(ITEM.c.decided_at, func.count()).where(_LEFT_OUT).group_by(ITEM.c.decided_at)
)
_REASONS: Final = Statement(
    select(ITEM.c.reason, case((_WITH_HOLD, 1), else_=0).label("held"), func.count())
    .where(_LEFT_OUT)
    .group_by(ITEM.c.reason, "held")
)
_KEPT: Final = Statement(
    select(func.count())
    .select_from(_NUMBER)
    .where(_NUMBER.c.tenant_id == _TENANT, _NUMBER.c.version == 1, _NUMBER.c.created_at < _STOP)
)
_KEPT_THEN: Final = Statement(
    select(func.count())
    .select_from(ITEM)
    .where(
        _GONE_SINCE,
        exists().where(
            PERSON.c.tenant_id == ITEM.c.tenant_id,
            PERSON.c.person_id == ITEM.c.person_id,
            PERSON.c.created_at < _STOP,
        ),
    )
)
_ON_HOLD: Final = Statement(
    select(func.count(distinct(HOLD.c.person_id))).where(HOLD.c.tenant_id == _TENANT, _STOOD)
)
_DUE: Final = and_(PERSON.c.due_on > bindparam("after"), PERSON.c.due_on <= bindparam("until"))
_DUE_THEN: Final = and_(ITEM.c.due_on > bindparam("after"), ITEM.c.due_on <= bindparam("until"))
_BETWEEN: Final = Statement(select(func.count()).select_from(PERSON).where(_HELD, _DUE))
_WAITING: Final = Statement(select(func.count()).select_from(PERSON).where(_HELD, _DUE, ~_STOOD_ON))
_BETWEEN_THEN: Final = Statement(select(func.count()).select_from(ITEM).where(_GONE_SINCE, _DUE_THEN))
_EPOCHS: Final = Statement(
    select(_EPOCH.c.number, _EPOCH.c.began, _EPOCH.c.destroyed_at).order_by(_EPOCH.c.number)
)


def runs_until(tx: Transaction, authority: Authority, tenant: int, stop: int) -> list[Run]:
    """The runs that were proposed before a moment and not given up, oldest first.

    Raises:
        SealBrokenError: a row was altered.
    """
    return [run_of(authority, row) for row in tx.all(_RUNS, {"tenant": tenant, "stop": stop})]


def due_by_month(tx: Transaction, tenant: int) -> Counter[str]:
    """How many persons' day comes, or came, in each month."""
    found: Counter[str] = Counter()
    for statement in (_DUE_HELD, _DUE_GONE):
        for month, count in tx.all(statement, {"tenant": tenant}):
            found[month] += count
    return found


def disposed_at(tx: Transaction, tenant: int, start: int, stop: int) -> list[tuple[int, int]]:
    """Moments of a period, and how many numbers were destroyed at each."""
    return [(at, count) for at, count in tx.all(_DISPOSED, {"tenant": tenant, "start": start, "stop": stop})]


def left_out_at(tx: Transaction, tenant: int, start: int, stop: int) -> list[tuple[int, int]]:
    """Moments of a period, and how many persons were left out of runs at each."""
    return [(at, count) for at, count in tx.all(_EXCLUDED, {"tenant": tenant, "start": start, "stop": stop})]


def reasons(tx: Transaction, tenant: int, start: int, stop: int) -> list[tuple[str, int, int]]:
    """Why persons were left out in a period, whether a hold was placed with it, and how many they are."""
    rows = tx.all(_REASONS, {"tenant": tenant, "start": start, "stop": stop})
    return [(reason, held, count) for reason, held, count in rows]


def kept(tx: Transaction, tenant: int, stop: int) -> int:
    """How many numbers were kept at a moment."""
    params = {"tenant": tenant, "stop": stop}
    return _count(tx, _KEPT, params) + _count(tx, _KEPT_THEN, params)


def on_hold(tx: Transaction, tenant: int, stop: int) -> int:
    """On how many persons a legal hold stood at a moment."""
    return _count(tx, _ON_HOLD, {"tenant": tenant, "stop": stop})


def waiting(tx: Transaction, tenant: int, day: str, stop: int) -> int:
    """How many persons' day had come by the end of a day, without a hold, who were not disposed of by then."""
    params = {"tenant": tenant, "after": "", "until": day, "stop": stop}
    return _count(tx, _WAITING, params) + _count(tx, _BETWEEN_THEN, params)


def due_between(tx: Transaction, tenant: int, after: str, until: str, stop: int) -> int:
    """How many persons' day comes after one day and up to another, of those whose number was kept at a moment."""
    params = {"tenant": tenant, "after": after, "until": until, "stop": stop}
    return _count(tx, _BETWEEN, params) + _count(tx, _BETWEEN_THEN, params)


def epochs(tx: Transaction) -> list[tuple[int, int, int]]:
    """Every epoch the installation remembers: number, when it began, when it was destroyed (0 while it lives)."""
    return [(number, began, destroyed) for number, began, destroyed in tx.all(_EPOCHS, {})]


def _count(tx: Transaction, statement: Statement, params: Params) -> int:
    row = tx.one(statement, params)
    return int(row[0]) if row else 0
