"""Whether the numbers of a database can be opened: tried on a few, and nothing of them is kept."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, func, select

from tokenizer.crypto.envelope import open_batch
from tokenizer.crypto.keyring import Keyring
from tokenizer.crypto.primitives import RandomBytes
from tokenizer.errors import KeyGoneError, SealBrokenError
from tokenizer.storage.database import Database
from tokenizer.storage.rows import NumberRow, PersonKey, table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction

_KEY, _NUMBER = table_of(PersonKey), table_of(NumberRow)
_OF_TENANT: Final = _KEY.c.tenant_id == bindparam("tenant")
_RANGE: Final = Statement(select(func.min(_KEY.c.person_id), func.max(_KEY.c.person_id)).where(_OF_TENANT))
_NEXT: Final = Statement(
    select(_KEY.c.person_id, _KEY.c.epoch, _KEY.c.wrapped, _KEY.c.version, _NUMBER.c.sealed)
    .join(
        _NUMBER,
        (_NUMBER.c.tenant_id == _KEY.c.tenant_id)
        & (_NUMBER.c.person_id == _KEY.c.person_id)
        & (_NUMBER.c.version == _KEY.c.version),
    )
    .where(_OF_TENANT, _KEY.c.person_id >= bindparam("first"))
    .order_by(_KEY.c.person_id)
    .limit(1)
)
_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class Opened:
    """How many numbers were tried, and how many could be read."""

    tried: int
    opened: int


async def try_numbers(
    database: Database, keyring: Keyring, tenant: int, count: int, random_bytes: RandomBytes
) -> Opened:
    """Open the numbers of up to `count` persons of a tenant, chosen at random.

    Raises:
        StorageError: the database cannot be read.
    """
    rows = await database.read(tenant, lambda tx: _choose(tx, tenant, count, random_bytes))
    return Opened(len(rows), sum(_opens(keyring, tenant, row) for row in rows))


def _choose(tx: Transaction, tenant: int, count: int, random_bytes: RandomBytes) -> list[Row]:
    ends = tx.one(_RANGE, {"tenant": tenant})
    if ends is None or ends[0] is None:
        return []
    first, last = ends
    starts = {first + int.from_bytes(random_bytes(8)) % (last - first + 1) for _ in range(count)}
    found = (tx.one(_NEXT, {"tenant": tenant, "first": start}) for start in sorted(starts))
    return list({row[0]: row for row in found if row is not None}.values())


def _opens(keyring: Keyring, tenant: int, row: Row) -> bool:
    try:
        (number,) = open_batch([keyring.tenant(tenant, row[1]).wrap], tenant, [row])
    except (KeyGoneError, SealBrokenError):
        return False
    return len(number) == _DIGITS and number.isdigit()
