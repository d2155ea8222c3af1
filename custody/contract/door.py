"""The door that a contract's end shuts: from then on nothing of the tenant is written but its end.

Whoever was let in just before may still be at work. Each of them has the lock of the tenant's log when they look here,
as the end has when it shuts the door, so that they come before it, or stay outside.
"""

from custody.contract.end import is_closed
from policies.refusals import Denied, denied
from tokenizer.storage.transaction import Transaction


class ContractOver(Exception):  # noqa: N818 - it is a signal to the use case, not a fault
    """The contract ended while somebody was at work: their transaction is undone, and they are refused."""


def refuse_closed(tx: Transaction, tenant: int) -> Denied | None:
    """Why nothing is written for a tenant any more; None while its contract runs."""
    return denied("contract-ended") if is_closed(tx, tenant) else None


def check_open(tx: Transaction, tenant: int) -> None:
    """Make sure that a tenant's contract runs, where rows are written already.

    Raises:
        ContractOver: it has ended.
    """
    if is_closed(tx, tenant):
        raise ContractOver
