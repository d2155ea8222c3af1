"""What goes with a person's number: the one list of it. Whatever else must die with the number is added here.

Gone for good: the person's key, without which nothing it sealed can be read; every version of the number and its blind
index; whatever else the key sealed, such as images of papers; the links by which the person came in, what they
and the company wrote to each other, their appointments; the tokens of every audience, which from then on answer like
unknown ones. What remains is the record without the number: the person, documents and departure, the log. A number that
is collected anew begins with nothing of the old: no purpose told of, no end, no day.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, text, update

from custody.bulk import Drop, Put
from custody.collection.item_row import ITEM
from custody.departure import DROP_DEPARTURES, with_family
from custody.desk.appointment import DROP_APPOINTMENTS
from custody.desk.inquiry import DROP_INQUIRIES
from custody.desk.message import DROP_MESSAGES
from custody.document import DROP_DOCUMENTS_OF
from custody.people import PERSON, NumberState
from custody.selfservice.link import DROP_LINKS_OF
from custody.selfservice.visit import DROP_VISITS_OF
from tokenizer.storage.rows import AuditHead, NumberRow, PersonKey, SealedItem, TokenRow, table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Lookup, Transaction

_HEAD: Final = table_of(AuditHead)
_DROP_KEYS: Final = Drop(table_of(PersonKey), "person_id")
_DROP_NUMBERS: Final = Drop(table_of(NumberRow), "person_id")
_DROP_ITEMS: Final = Drop(table_of(SealedItem), "person_id")
_BEGUN: Final = Lookup(
    "k.person_id",
    "{keys} CROSS JOIN person_key k WHERE k.tenant_id = :tenant AND k.person_id = keys.key AND k.version = 0",
    "bigint",
)
_DROP_SUBMITTED: Final = Drop(ITEM, "collection_id")
_SUBMITTED: Final = Lookup(
    "c.collection_id",
    "{keys} CROSS JOIN collection c WHERE c.tenant_id = :tenant AND c.person_id = keys.key",
    "bigint",
)
_DROP_TOKENS: Final = Drop(table_of(TokenRow), "person_id", "audience_id = :audience")
_RESET: Final = Put(PERSON, "person_id", ("number_state", "notified", "ends", "due_on"))
# Each step is one look-up in the index on (tenant, audience, person), which also finds what is dropped.
_AUDIENCES: Final = Statement(
    text(
        "WITH RECURSIVE seen (audience) AS ("
        "SELECT min(audience_id) FROM token WHERE tenant_id = :tenant UNION ALL "
        "SELECT (SELECT min(t.audience_id) FROM token t WHERE t.tenant_id = :tenant "
        "AND t.audience_id > seen.audience) FROM seen WHERE seen.audience IS NOT NULL) "
        "SELECT audience FROM seen WHERE audience IS NOT NULL"
    )
)
_COUNT: Final = Statement(
    update(_HEAD)
    .where(_HEAD.c.tenant_id == bindparam("tenant"))
    .values(destructions=_HEAD.c.destructions + 1)
)


def destroy(tx: Transaction, tenant: int, persons: Sequence[int]) -> None:
    """Destroy persons' numbers and all that dies with them, in a transaction that has locked the tenant's log."""
    if not persons:
        return
    _DROP_KEYS(tx, tenant, persons)
    _DROP_NUMBERS(tx, tenant, persons)
    _DROP_ITEMS(tx, tenant, persons)
    _DROP_SUBMITTED(tx, tenant, [row[1] for row in tx.match(_SUBMITTED, {"tenant": tenant}, persons)])
    for drop in (DROP_MESSAGES, DROP_INQUIRIES, DROP_APPOINTMENTS):
        drop(tx, tenant, persons)
    DROP_VISITS_OF(tx, tenant, persons)
    DROP_LINKS_OF(tx, tenant, persons)
    for (audience,) in tx.all(_AUDIENCES, {"tenant": tenant}):
        _DROP_TOKENS(tx, tenant, persons, audience=audience)
    _RESET(tx, tenant, [(person, NumberState.DISPOSED.value, "{}", "{}", "") for person in persons])
    note_destruction(tx, tenant)


def end_begun(tx: Transaction, tenant: int, persons: Sequence[int]) -> None:
    """Destroy what was sealed for persons who have no number, in a transaction that has locked the tenant's log."""
    begun = [row[1] for row in tx.match(_BEGUN, {"tenant": tenant}, persons)]
    _DROP_KEYS(tx, tenant, begun)
    _DROP_ITEMS(tx, tenant, begun)


def note_destruction(tx: Transaction, tenant: int) -> None:
    """Let whoever read a person's key before, and writes after, see that keys were destroyed since."""
    tx.run(_COUNT, {"tenant": tenant})


def begin_anew(tx: Transaction, tenant: int, persons: Sequence[int]) -> list[int]:
    """Forget documents and departures of persons whose number is collected anew.

    Returns:
        The persons, and those whom their departure covered: their terms are to be settled.
    """
    DROP_DOCUMENTS_OF(tx, tenant, persons)
    DROP_DEPARTURES(tx, tenant, persons)
    return with_family(tx, tenant, persons)
