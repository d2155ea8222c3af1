"""What keeps a contract from ending though its last day is over: a legal hold, or a disposal that is half done."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import bindparam, func, select

from custody.custodian import Custodian
from custody.disposal.run import OPEN, Run, runs_in_state
from custody.hold import HOLD, hold_of
from tokenizer.storage.rows import PersonKey, table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Transaction

_STEP: Final = 1_000
_KEY: Final = table_of(PersonKey)
_PERSONS: Final = Statement(
    select(func.count()).select_from(_KEY).where(_KEY.c.tenant_id == bindparam("tenant"), _KEY.c.version > 0)
)
_HOLDS: Final = Statement(
    select(HOLD)
    .where(HOLD.c.tenant_id == bindparam("tenant"), HOLD.c.hold_id > bindparam("after"))
    .order_by(HOLD.c.hold_id)
    .limit(bindparam("count"))
)


class Wait(StrEnum):
    """What a contract's end can wait for."""

    LEGAL_HOLD = "legal-hold"
    RUN_UNDER_WAY = "run-under-way"


@dataclass(frozen=True, slots=True)
class Stake:
    """What a contract's end would meet at this moment.

    Attributes:
        persons: how many persons' numbers are in the vault.
        holds: how many legal holds stand.
        runs: disposals that are open, oldest first.
    """

    persons: int
    holds: int
    runs: tuple[Run, ...]

    @property
    def under_way(self) -> tuple[Run, ...]:
        """Disposals of which some numbers are destroyed and some are not."""
        return tuple(run for run in self.runs if run.is_under_way)

    @property
    def waits_for(self) -> tuple[Wait, ...]:
        """What has to be settled before the contract can end."""
        found = ((Wait.LEGAL_HOLD, bool(self.holds)), (Wait.RUN_UNDER_WAY, bool(self.under_way)))
        return tuple(wait for wait, there in found if there)


def stake_of(tx: Transaction, custodian: Custodian, tenant: int) -> Stake:
    """What there is of a tenant that its contract's end meets.

    Raises:
        SealBrokenError: a hold or a run was altered.
    """
    row = tx.one(_PERSONS, {"tenant": tenant})
    runs = [run for state in OPEN for run in runs_in_state(tx, custodian.authority, tenant, state)]
    return Stake(
        int(row[0]) if row else 0,
        _standing(tx, custodian, tenant),
        tuple(sorted(runs, key=lambda run: run.id)),
    )


def _standing(tx: Transaction, custodian: Custodian, tenant: int) -> int:
    """How many holds stand; each is read with its stamp, so that none can be lifted by writing into the database."""
    after, standing = 0, 0
    while rows := tx.all(_HOLDS, {"tenant": tenant, "after": after, "count": _STEP}):
        holds = [hold_of(custodian.authority, row) for row in rows]
        standing += sum(not hold.lifted_at for hold in holds)
        after = holds[-1].id
    return standing
