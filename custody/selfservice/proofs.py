"""Leaves of a log with their proofs, many at a time: hashes that several proofs share are read once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select

from custody.custodian import Custodian
from custody.record import span_hashes
from tokenizer.audit.entry import Entry
from tokenizer.audit.path import plan_inclusion
from tokenizer.audit.proof import Proof
from tokenizer.storage.rows import AuditLeaf, table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Transaction

_LEAF: Final = table_of(AuditLeaf)
_ONE: Final = Statement(
    select(_LEAF.c.entry).where(
        _LEAF.c.tenant_id == bindparam("tenant"), _LEAF.c.leaf_index == bindparam("at")
    )
)


@dataclass(frozen=True, slots=True)
class ProvenLeaf:
    """A leaf: its place, its bytes as text, the same read, and its inclusion proof with the checkpoint."""

    index: int
    text: str
    entry: Entry
    proof: str


def read_proven(
    tx: Transaction, custodian: Custodian, tenant: int, indexes: Sequence[int]
) -> list[ProvenLeaf]:
    """The leaves at these places, each proven by one and the same head.

    Raises:
        LookupError: there is no such leaf.
        TreeError: stored hashes are missing.
    """
    size, checkpoint = custodian.vault.log(tenant).head(tx)
    plans = {index: plan_inclusion(index, size) for index in indexes}
    spans = {span for plan in plans.values() for span in plan.spans}
    hashes = {span: span_hashes(tx, tenant, span) for span in spans}
    return [
        _proven(tx, tenant, index, Proof(index, tuple(plan.path(hashes)), checkpoint))
        for index, plan in plans.items()
    ]


def _proven(tx: Transaction, tenant: int, index: int, proof: Proof) -> ProvenLeaf:
    row = tx.one(_ONE, {"tenant": tenant, "at": index})
    if row is None:
        raise LookupError("no such leaf")
    return ProvenLeaf(index, row[0].decode(), Entry.from_bytes(row[0]), proof.to_text())
