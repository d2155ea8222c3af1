"""What those who decide on a contract's end, or check it, are shown: the request, and what the end would meet."""

from dataclasses import dataclass

from custody.calendar import day_in_japan
from custody.contract.ask import last_day
from custody.contract.end import ContractEnd, read_end
from custody.contract.waits import Stake, stake_of
from custody.custodian import Custodian
from custody.forecast import refuse_reading
from policies.actor import Actor
from policies.refusals import Denied
from tokenizer.storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Shown:
    """A contract's end as a human is to see it before deciding.

    Attributes:
        end: what was asked for; None while nobody has.
        ends_on: the contract's last day: as asked for, or if somebody asked today.
        stake: what the end would meet.
    """

    end: ContractEnd | None
    ends_on: str
    stake: Stake


async def show_end(custodian: Custodian, actor: Actor, now: int) -> Shown | Denied:
    """The end of the caller's contract.

    Args:
        custodian: what the use case works with.
        actor: an administrator, an approver or an auditor.
        now: milliseconds since the epoch.
    """
    denial = await refuse_reading(custodian, actor, now)
    if denial is not None:
        return denial
    return await custodian.database.read(actor.tenant, lambda tx: _show(tx, custodian, actor.tenant, now))


def _show(tx: Transaction, custodian: Custodian, tenant: int, now: int) -> Shown:
    end = read_end(tx, custodian.authority, tenant)
    ends_on = end.ends_on if end else last_day(day_in_japan(now)).isoformat()
    return Shown(end, ends_on, stake_of(tx, custodian, tenant))
