"""How the epochs stand, and what is wrong with them: for the operator, the metrics and the readiness page."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tokenizer.epochs.memory import Known, compare, known_epochs
from tokenizer.epochs.terms import (
    LIFE_MS,
    OVERDUE_MS,
    ROLL_LATE_AFTER_MS,
    SWEEP_LATE_AFTER_MS,
    destroy_at,
)
from tokenizer.providers.base import Epoch, KeyProvider
from tokenizer.vault import Vault


class Alarm(StrEnum):
    """What can be wrong with epochs; each needs an operator."""

    ROLL_LATE = "roll-late"
    SWEEP_LATE = "sweep-late"
    EPOCH_OVERDUE = "epoch-overdue"
    KEY_MISSING = "key-missing"


MEANING = {
    Alarm.ROLL_LATE: "世代が 10 日以上更新されていません(warifu worker が動いていません)"
    " / no new epoch for ten days: no worker runs",
    Alarm.SWEEP_LATE: "移し替えが 3 日以上終わっていません / a sweep is not done after three days",
    Alarm.EPOCH_OVERDUE: "廃棄期日を過ぎた世代の鍵があります / an epoch key is past its time",
    Alarm.KEY_MISSING: "鍵ディレクトリに世代の鍵が足りません / the key directory lacks an epoch's key",
}
"""Each alarm in a sentence, in Japanese and English."""


@dataclass(frozen=True, slots=True)
class EpochState:
    """One epoch.

    Attributes:
        number: its number.
        began: milliseconds since the epoch, as is every time here.
        destroy_by: the end of its 90 days.
        swept_at: since when no row of an older epoch is left; None before.
        destroyed_at: None while it lives.
    """

    number: int
    began: int
    destroy_by: int
    swept_at: int | None
    destroyed_at: int | None


@dataclass(frozen=True, slots=True)
class State:
    """All epochs, oldest first, how many persons a sweep has still before it, and what is wrong."""

    epochs: list[EpochState]
    waiting: int
    alarms: list[Alarm]

    def living(self) -> list[EpochState]:
        """Those whose keys are not destroyed."""
        return [each for each in self.epochs if each.destroyed_at is None]


async def read_state(vault: Vault, provider: KeyProvider, now: int) -> State:
    """See how the epochs stand.

    Args:
        vault: whose epochs.
        provider: who keeps the keys.
        now: milliseconds since the epoch.

    Raises:
        StorageError: the database cannot be read.
        KeyDirectoryError: the keys cannot be read.
    """
    known = await known_epochs(vault)
    living, gone = await asyncio.to_thread(lambda: (provider.epochs(), provider.destroyed_epochs()))
    alarms = _alarms(known, living, compare(known, living, gone).missing, provider.lead_days, now)
    epochs = [
        EpochState(
            each.number,
            each.began,
            each.began + LIFE_MS,
            each.swept_at or None,
            each.destroyed_at or None,
        )
        for each in known
    ]
    return State(epochs, known[-1].waiting if known else 0, alarms)


def _alarms(
    known: Sequence[Known], living: Sequence[Epoch], missing: Sequence[int], lead_days: int, now: int
) -> list[Alarm]:
    unswept = [each.began for each in known if not each.swept_at]
    found = {
        Alarm.ROLL_LATE: now - living[-1].began >= ROLL_LATE_AFTER_MS if living else False,
        Alarm.SWEEP_LATE: any(now - began >= SWEEP_LATE_AFTER_MS for began in unswept),
        Alarm.EPOCH_OVERDUE: any(now >= destroy_at(each.began, lead_days) + OVERDUE_MS for each in living),
        Alarm.KEY_MISSING: bool(missing),
    }
    return [alarm for alarm, rings in found.items() if rings]
