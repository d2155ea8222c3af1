"""Bringing persons' rows, and the lists of runs that have them, up to date after something their terms follow from."""

from collections.abc import Sequence

from custody.custodian import Custodian
from custody.disposal.policy import read_choice
from custody.disposal.review import review
from custody.terms import Reckoned, Reckoner, reckon, write_terms
from tokenizer.storage.transaction import Transaction


def settle(
    tx: Transaction, custodian: Custodian, tenant: int, persons: Sequence[int], now: int
) -> list[Reckoned]:
    """Count the terms of persons anew, in the transaction that changed what they follow from.

    Args:
        tx: a transaction that has locked the tenant's log.
        custodian: what the use case works with.
        tenant: whose persons.
        persons: their ids; for an employee's departure those of the family as well.
        now: milliseconds since the epoch.

    Returns:
        The persons whose terms changed.

    Raises:
        SealBrokenError: a document, a departure, a hold or a run was altered.
    """
    if not persons:
        return []
    count = reckoner(tx, custodian, tenant)
    reckoned = reckon(tx, custodian.authority, count, tenant, persons, grounds=False)
    changed = write_terms(tx, tenant, reckoned)
    review(tx, custodian, count, tenant, persons, now)
    return changed


def reckoner(tx: Transaction, custodian: Custodian, tenant: int) -> Reckoner:
    """What counts terms by the tenant's choice as it is now."""
    return Reckoner(custodian.catalogue, read_choice(tx, custodian.authority, tenant).policy)
