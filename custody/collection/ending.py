"""What ends collections from outside: a number registered in another way, a person who left."""

from collections.abc import Sequence

from custody.collection.acting import program
from custody.collection.collection import collections_of
from custody.collection.decisions import end_collections
from custody.custodian import Custodian
from policies.collection import By, Step, allowed
from policies.collection_codes import Closing
from tokenizer.storage.transaction import Transaction


def end_of_persons(
    tx: Transaction, custodian: Custodian, tenant: int, persons: Sequence[int], why: Closing, now: int
) -> int:
    """End what is under way for persons, in a transaction that has locked the tenant's log; says how many ended.

    What was sealed for them dies: somebody without a number has no key afterwards.

    Raises:
        SealBrokenError: a collection was altered.
    """
    if not persons:
        return 0
    found = collections_of(tx, custodian.authority, tenant, persons)
    under_way = [each for each in found if allowed(each.state, Step.CLOSE, By.SYSTEM)]
    return len(end_collections(tx, custodian, program(tenant), under_way, why, now))
