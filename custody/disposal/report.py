"""What management is told of a period (経営報告書): counted from runs, their lists, holds and epochs.

A period that is over is told as it ended: what was disposed of since was still kept then, a hold that was lifted since
still stood.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from custody.calendar import day_in_japan, start_of_day_in_japan
from custody.certificates.report import LeftOut, ManagementFacts, Month, OverdueEpoch, RunLine
from custody.custodian import Custodian
from custody.disposal import tally
from custody.disposal.item import LEGAL_HOLD
from custody.disposal.run import Run
from custody.forecast import refuse_reading
from custody.tenants import read_tenant
from policies.actor import Actor
from policies.refusals import Denied, denied
from tokenizer.epochs.terms import LIFE_MS
from tokenizer.storage.database import NO_TENANT
from tokenizer.storage.transaction import Transaction

_MOST_MONTHS: Final = 120


@dataclass(frozen=True, slots=True)
class Period:
    """A period in days, both inclusive, and in milliseconds, the end exclusive."""

    first_day: date
    last_day: date

    @property
    def start(self) -> int:
        """Its first millisecond."""
        return start_of_day_in_japan(self.first_day)

    @property
    def stop(self) -> int:
        """The first millisecond after it."""
        return start_of_day_in_japan(date.fromordinal(self.last_day.toordinal() + 1))

    def months(self) -> list[str]:
        """Its months, such as `2026-01`."""
        first = self.first_day.year * 12 + self.first_day.month - 1
        last = self.last_day.year * 12 + self.last_day.month - 1
        return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(first, last + 1)]

    def holds(self, moment: int) -> bool:
        """Whether a moment lies in it."""
        return self.start <= moment < self.stop


async def report(
    custodian: Custodian, actor: Actor, first_day: date, last_day: date, now: int, *, issuer: str = ""
) -> ManagementFacts | Denied:
    """Tell what became of numbers in a period.

    Args:
        custodian: what the use case works with.
        actor: who decides on disposals, or checks them.
        first_day: the period's first day.
        last_day: its last day, not in the future and at most ten years later.
        now: milliseconds since the epoch.
        issuer: who keeps the vault.
    """
    period = Period(first_day, last_day)
    denial = await refuse_reading(custodian, actor, now)
    if denial is None and not first_day <= last_day <= day_in_japan(now):
        denial = denied("period-invalid")
    if denial is None and len(period.months()) > _MOST_MONTHS:
        denial = denied("period-invalid")
    if denial is not None:
        return denial
    epochs = await custodian.database.read(NO_TENANT, lambda tx: _overdue(tx, period, now))
    return await custodian.database.read(
        actor.tenant, lambda tx: _report(tx, custodian, actor.tenant, period, epochs, issuer, now)
    )


def _report(
    tx: Transaction,
    custodian: Custodian,
    tenant: int,
    period: Period,
    epochs: tuple[OverdueEpoch, ...],
    issuer: str,
    now: int,
) -> ManagementFacts:
    runs = tally.runs_until(tx, custodian.authority, tenant, period.stop)
    last = period.last_day.isoformat()
    year_on = _a_year_after(period.last_day).isoformat()
    return ManagementFacts(
        tenant_name=read_tenant(tx, custodian.authority, tenant).name,
        issuer=issuer,
        first_day=period.first_day.isoformat(),
        last_day=last,
        months=_months(tx, tenant, period, runs),
        runs=tuple(_line(run, period) for run in runs if _concerns(run, period)),
        left_out=_left_out(tx, tenant, period),
        kept=tally.kept(tx, tenant, period.stop),
        held=tally.on_hold(tx, tenant, period.stop),
        waiting=tally.waiting(tx, tenant, last, period.stop),
        ahead=tally.due_between(tx, tenant, last, year_on, period.stop),
        fading=sum(run.disposed for run in runs if _is_done(run, period) and not _is_extinct(run, period)),
        overdue_epochs=epochs,
        issued_at=now,
    )


def _months(tx: Transaction, tenant: int, period: Period, runs: Iterable[Run]) -> tuple[Month, ...]:
    due = tally.due_by_month(tx, tenant)
    disposed = _by_month(tally.disposed_at(tx, tenant, period.start, period.stop))
    excluded = _by_month(tally.left_out_at(tx, tenant, period.start, period.stop))
    extinct = _by_month((run.extinct_at, run.disposed) for run in runs if period.holds(run.extinct_at))
    return tuple(
        Month(month, due[month], disposed[month], excluded[month], extinct[month])
        for month in period.months()
    )


def _by_month(counts: Iterable[tuple[int, int]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for moment, count in counts:
        found[f"{day_in_japan(moment):%Y-%m}"] += count
    return found


def _concerns(run: Run, period: Period) -> bool:
    return not run.finished_at or run.finished_at >= period.start


def _is_done(run: Run, period: Period) -> bool:
    return 0 < run.finished_at < period.stop


def _is_extinct(run: Run, period: Period) -> bool:
    return 0 < run.extinct_at < period.stop


def _line(run: Run, period: Period) -> RunLine:
    done = _is_done(run, period)
    return RunLine(
        run=run.public_id,
        kind=run.kind,
        as_of=run.as_of,
        listed=run.listed,
        disposed=run.disposed,
        finished_at=run.finished_at if done else None,
        extinct_by=run.extinct_by if done else None,
        extinct_at=run.extinct_at if _is_extinct(run, period) else None,
    )


def _left_out(tx: Transaction, tenant: int, period: Period) -> tuple[LeftOut, ...]:
    found: Counter[tuple[str, bool]] = Counter()
    for reason, held, count in tally.reasons(tx, tenant, period.start, period.stop):
        found[tally.WORDS.get(reason, reason), bool(held) or reason == LEGAL_HOLD] += count
    return tuple(LeftOut(reason, count, held) for (reason, held), count in sorted(found.items()))


def _overdue(tx: Transaction, period: Period, now: int) -> tuple[OverdueEpoch, ...]:
    """Epochs whose key outlived its day in the period, or still did when it began."""
    found = []
    for number, began, destroyed_at in tally.epochs(tx):
        destroy_by = began + LIFE_MS
        late = (destroyed_at or now) > destroy_by and destroy_by < period.stop
        if late and (not destroyed_at or destroyed_at >= period.start):
            found.append(OverdueEpoch(number, destroy_by, destroyed_at or None))
    return tuple(found)


def _a_year_after(day: date) -> date:
    return date(day.year + 1, day.month, min(day.day, 28) if day.month == 2 else day.day)  # noqa: PLR2004 - February
