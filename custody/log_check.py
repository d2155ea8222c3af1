"""Verifies a tenant's whole log inside the database: every entry against its hash, all hashes against the head."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select

from custody.custodian import Custodian
from tokenizer.audit.checkpoint import open_note
from tokenizer.audit.errors import AuditError
from tokenizer.audit.note import VerifierKey
from tokenizer.audit.tree import Frontier, leaf_hash
from tokenizer.crypto.primitives import verify
from tokenizer.storage.rows import AuditLeaf, table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row

_PAGE: Final = 10_000
_LEAF: Final = table_of(AuditLeaf)
_NEXT: Final = Statement(
    select(_LEAF.c.leaf_index, _LEAF.c.hash, _LEAF.c.entry)
    .where(
        _LEAF.c.tenant_id == bindparam("tenant"),
        _LEAF.c.leaf_index >= bindparam("start"),
        _LEAF.c.leaf_index < bindparam("stop"),
    )
    .order_by(_LEAF.c.leaf_index)
)


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a check.

    Attributes:
        log: the log's name.
        entries: how many entries its head claims.
        fault: where it does not hold, or empty: `entry <index>`, `root`, `checkpoint`.
    """

    log: str
    entries: int
    fault: str = ""


async def check_log(custodian: Custodian, tenant: int) -> Checked:
    """Verify the log of a tenant from its first entry to its signed head.

    Raises:
        StorageError: the database cannot be read.
        LookupError: the tenant has no log.
    """
    log = custodian.vault.log(tenant)
    size, note = await custodian.database.read(tenant, log.head)
    frontier = Frontier()
    while frontier.size < size:
        start, stop = frontier.size, min(size, frontier.size + _PAGE)
        rows = await _page(custodian, tenant, start, stop)
        wrong = _first_wrong(rows, start, stop)
        if wrong is not None:
            return Checked(log.origin, size, f"entry {wrong}")
        frontier.extend([row[1] for row in rows])
    key = VerifierKey(log.origin, custodian.vault.keyring.signer(tenant).public)
    try:
        head = open_note(note, key, verify)
    except AuditError:
        return Checked(log.origin, size, "checkpoint")
    return Checked(log.origin, size, "" if (head.size, head.root) == (size, frontier.root()) else "root")


async def _page(custodian: Custodian, tenant: int, start: int, stop: int) -> list[Row]:
    place = {"tenant": tenant, "start": start, "stop": stop}
    return await custodian.database.read(tenant, lambda tx: tx.all(_NEXT, place))


def _first_wrong(rows: list[Row], start: int, stop: int) -> int | None:
    for index, row in zip(range(start, stop), rows, strict=False):
        if row[0] != index or leaf_hash(row[2]) != row[1]:
            return index
    return None if len(rows) == stop - start else start + len(rows)
