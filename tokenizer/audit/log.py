"""A tenant's log in the database: leaves, head and checkpoint, written in the transaction of the act they record.

Whoever appends first locks the tenant's head row, so the writers of one tenant stand in a queue, the indexes have
no gaps, and those of different tenants never wait for each other. Units of work that share a commit share one head and
one checkpoint as well: each is told the place of its leaves at once, and all leaves are written with that head.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sqlalchemy import bindparam, select, update

from tokenizer.audit.checkpoint import Checkpoint
from tokenizer.audit.checkpoint import sign as sign_checkpoint
from tokenizer.audit.tree import Frontier, leaf_hashes
from tokenizer.crypto.primitives import Signer
from tokenizer.storage.rows import AuditHead, AuditLeaf, AuditSubtree, table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Transaction

_HEAD: Final = table_of(AuditHead)

LOCK_HEAD: Final = Statement(
    select(_HEAD.c.size, _HEAD.c.frontier, _HEAD.c.destructions)
    .where(_HEAD.c.tenant_id == bindparam("tenant"))
    .with_for_update()
)
_READ_HEAD: Final = Statement(
    select(_HEAD.c.size, _HEAD.c.checkpoint).where(_HEAD.c.tenant_id == bindparam("tenant"))
)
_READ_DESTRUCTIONS: Final = Statement(
    select(_HEAD.c.destructions).where(_HEAD.c.tenant_id == bindparam("tenant"))
)
_MOVE_HEAD: Final = Statement(
    update(_HEAD)
    .where(_HEAD.c.tenant_id == bindparam("tenant"))
    .values(
        size=bindparam("new_size"), frontier=bindparam("new_frontier"), checkpoint=bindparam("new_checkpoint")
    )
)


class Leaves(NamedTuple):
    """Leaves ready to append: all that does not depend on where in the log they will stand."""

    entries: Sequence[bytes]
    hashes: Sequence[bytes]
    persons: Sequence[int | None]


@dataclass(slots=True)
class Head:
    """The right edge of a log while a transaction moves it.

    Attributes:
        frontier: of the leaves that are written.
        destructions: how often persons' keys were destroyed in this tenant.
        size: how many leaves there are, with those that are not written yet.
        added: the latter.
        checkpoint: the signed note over all of them; empty until the head is written.
    """

    frontier: Frontier
    destructions: int
    size: int
    added: list[Leaves] = field(default_factory=list)
    checkpoint: str = ""

    def add(self, new: Leaves) -> "Receipt":
        """Give leaves their place."""
        receipt = Receipt(self.size, len(new.entries), self)
        self.added.append(new)
        self.size += receipt.count
        return receipt


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where leaves came to stand.

    Attributes:
        first_index: index of the first.
        count: how many.
        head: the head that covers them.
    """

    first_index: int
    count: int
    head: Head

    @property
    def checkpoint(self) -> str:
        """The signed note that covers them; to be had once the transaction has ended."""
        return self.head.checkpoint

    @property
    def destructions(self) -> int:
        """How often persons' keys had been destroyed by then.

        Who read a key before they had their place in the queue, and saw another count, has to read again.
        """
        return self.head.destructions


def leaves(entries: Sequence[bytes], persons: Sequence[int | None] | None = None) -> Leaves:
    """Hash entries ahead of the transaction that appends them.

    Args:
        entries: canonical bytes of each leaf.
        persons: whom each leaf concerns; None for a leaf that concerns nobody.
    """
    return Leaves(entries, leaf_hashes(entries), [None] * len(entries) if persons is None else persons)


def joined(many: Sequence[Leaves]) -> Leaves:
    """The leaves of all, one after the other."""
    if len(many) == 1:
        return many[0]
    return Leaves(
        [entry for each in many for entry in each.entries],
        [hashed for each in many for hashed in each.hashes],
        [person for each in many for person in each.persons],
    )


class AuditLog:
    """Appends to the log of one tenant.

    Args:
        tenant: whose log.
        origin: the log's name in its checkpoints.
        signer: the key that signs them.
    """

    def __init__(self, tenant: int, origin: str, signer: Signer) -> None:
        self.tenant = tenant
        self.origin = origin
        self._signer = signer

    def create(self, tx: Transaction) -> None:
        """Begin an empty log, with a checkpoint of size 0."""
        frontier = Frontier()
        tx.insert(AuditHead, [(self.tenant, 0, frontier.to_bytes(), self._checkpoint(frontier), 0, 0, 0)])

    def lock(self, tx: Transaction) -> None:
        """Take the tenant's place in the queue; held until the transaction ends."""
        self._place(tx)

    def append(self, tx: Transaction, new: Leaves) -> Receipt:
        """Append leaves and sign the new head, in the transaction of the act they record."""
        head = self._place(tx)
        receipt = head.add(new)
        if tx.shared is None:
            self._write(tx, head)
        return receipt

    def _place(self, tx: Transaction) -> Head:
        """The head to append to; one that a group shares is written when the group ends."""
        if tx.shared is None:
            return self._lock(tx)
        return tx.shared.get(
            (AuditLog, self.tenant), lambda: self._lock(tx), lambda moved: self._write(tx, moved)
        )

    def _write(self, tx: Transaction, head: Head) -> None:
        self._extend(tx, head.frontier, joined(head.added))
        head.checkpoint = self._checkpoint(head.frontier)
        tx.run(
            _MOVE_HEAD,
            {
                "tenant": self.tenant,
                "new_size": head.size,
                "new_frontier": head.frontier.to_bytes(),
                "new_checkpoint": head.checkpoint,
            },
        )

    def _extend(self, tx: Transaction, frontier: Frontier, new: Leaves) -> None:
        first, tenant = frontier.size, self.tenant
        completed = frontier.extend(new.hashes)
        indexes = range(first, frontier.size)
        columns = ([tenant] * len(indexes), indexes, new.persons, new.hashes, new.entries)
        tx.insert(AuditLeaf, list(zip(*columns, strict=True)))
        if completed:
            tx.insert(AuditSubtree, [(tenant, *node) for node in completed])

    def head(self, tx: Transaction) -> tuple[int, str]:
        """The size of the log and its latest checkpoint."""
        row = tx.one(_READ_HEAD, {"tenant": self.tenant})
        if row is None:
            raise LookupError("the tenant has no log")
        return row[0], row[1]

    def destructions(self, tx: Transaction) -> int:
        """How often persons' keys were destroyed in this tenant."""
        row = tx.one(_READ_DESTRUCTIONS, {"tenant": self.tenant})
        if row is None:
            raise LookupError("the tenant has no log")
        return int(row[0])

    def _lock(self, tx: Transaction) -> Head:
        row = tx.one(LOCK_HEAD, {"tenant": self.tenant})
        if row is None:
            raise LookupError("the tenant has no log")
        return Head(Frontier.from_bytes(*row[:2]), row[2], row[0])

    def _checkpoint(self, frontier: Frontier) -> str:
        return sign_checkpoint(
            Checkpoint(self.origin, frontier.size, frontier.root()), self._signer.public, self._signer.sign
        )
