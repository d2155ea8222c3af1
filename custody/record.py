"""Reading the record (監査記録): entries, proofs, checkpoints, and the whole log for whoever verifies it offline."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import bindparam, select

from custody.custodian import Custodian, entry, record_refusal
from custody.listing import Page, Window
from custody.people import bearers, find_person
from policies.actor import Actor, ActorKind
from policies.authorize import may
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.audit.entry import Entry
from tokenizer.audit.note import VerifierKey
from tokenizer.audit.path import ProofPlan, Span, plan_consistency, plan_inclusion
from tokenizer.audit.proof import Proof
from tokenizer.storage.rows import AuditLeaf, AuditSubtree, table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Transaction

EXPORT_LIMIT: Final = 1_000
_LEAF: Final = table_of(AuditLeaf)
_SUBTREE: Final = table_of(AuditSubtree)
_OF_TENANT: Final = _LEAF.c.tenant_id == bindparam("tenant")
_ONE: Final = Statement(select(_LEAF.c.entry).where(_OF_TENANT, _LEAF.c.leaf_index == bindparam("at")))
_RANGE: Final = Statement(
    select(_LEAF.c.leaf_index, _LEAF.c.hash, _LEAF.c.entry)
    .where(_OF_TENANT, _LEAF.c.leaf_index >= bindparam("start"), _LEAF.c.leaf_index < bindparam("stop"))
    .order_by(_LEAF.c.leaf_index)
)
_NODES: Final = Statement(
    select(_SUBTREE.c.hash)
    .where(
        _SUBTREE.c.tenant_id == bindparam("tenant"),
        _SUBTREE.c.level == bindparam("level"),
        _SUBTREE.c.node_index >= bindparam("start"),
        _SUBTREE.c.node_index < bindparam("stop"),
    )
    .order_by(_SUBTREE.c.node_index)
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One entry of the log.

    Attributes:
        index: its place, from 0.
        data: its canonical bytes: what its hash is over.
        entry: the same, read.
    """

    index: int
    data: bytes
    entry: Entry


@dataclass(frozen=True, slots=True)
class Head:
    """The state of a log: its size, its signed checkpoint, and the key that checks it."""

    size: int
    checkpoint: str
    verifier_key: str


@dataclass(frozen=True, slots=True)
class Export:
    """Consecutive leaves as columns."""

    start: int
    entries: Sequence[bytes]
    hashes: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose entries are wanted: of everybody, or of one person named by external id or token."""

    external_id: str | None = None
    token: str | None = None


async def read_head(custodian: Custodian, actor: Actor, now: int) -> Head | Denied:
    """The log's size, checkpoint and verifier key."""
    denial = await _refused(custodian, actor, now)
    if denial is not None:
        return denial
    log = custodian.vault.log(actor.tenant)
    size, checkpoint = await custodian.database.read(actor.tenant, log.head)
    return Head(size, checkpoint, verifier_key(custodian, actor.tenant))


def verifier_key(custodian: Custodian, tenant: int) -> str:
    """The public key of a tenant's log, as text for verifiers."""
    log = custodian.vault.log(tenant)
    return str(VerifierKey(log.origin, custodian.vault.keyring.signer(tenant).public))


async def list_entries(
    custodian: Custodian, actor: Actor, whose: Whose, window: Window, now: int
) -> Page[Leaf] | Denied:
    """A page of entries, oldest first. A client sees those of its own doing, about persons it has tokens for."""
    denial = await _refused(custodian, actor, now)
    if denial is not None:
        return denial
    person = await custodian.database.read(actor.tenant, lambda tx: _person(tx, actor, whose))
    if isinstance(person, Denied):
        return person
    found = await _visible_leaves(custodian, actor, person, window)
    more = len(found) > window.limit
    leaves = found[: window.limit][:: -1 if window.backward else 1]
    if window.backward:
        return Page(leaves, has_next=window.before is not None, has_previous=more)
    return Page(leaves, has_next=more, has_previous=window.after is not None)


async def _visible_leaves(
    custodian: Custodian, actor: Actor, person: int | None, window: Window
) -> list[Leaf]:
    """At least one leaf more than the page, if there are as many, nearest to its start first.

    What the caller may not see is skipped: a page without anything on it would have no cursor to go on from.
    """
    found: list[Leaf] = []
    while True:
        rows = await _rows(custodian, actor.tenant, person, window)
        found += [leaf for index, data in rows if _is_visible(actor, leaf := _leaf(index, data))]
        if len(found) > window.limit or len(rows) <= window.limit:
            return found
        last = rows[-1][0]
        window = replace(window, before=last) if window.backward else replace(window, after=last)


async def _rows(
    custodian: Custodian, tenant: int, person: int | None, window: Window
) -> list[tuple[int, bytes]]:
    """One row more than the page, visible or not."""
    query = select(_LEAF.c.leaf_index, _LEAF.c.entry).where(_LEAF.c.tenant_id == tenant)
    if person is not None:
        query = query.where(_LEAF.c.person_id == person)
    if window.after is not None:
        query = query.where(_LEAF.c.leaf_index > window.after)
    if window.before is not None:
        query = query.where(_LEAF.c.leaf_index < window.before)
    order = _LEAF.c.leaf_index.desc() if window.backward else _LEAF.c.leaf_index
    async with custodian.database.pages(tenant) as connection:
        found = await connection.execute(query.order_by(order).limit(window.limit + 1))
        return [(row[0], row[1]) for row in found]


async def read_entry(custodian: Custodian, actor: Actor, index: int, now: int) -> Leaf | Denied:
    """One entry."""
    denial = await _refused(custodian, actor, now)
    if denial is not None:
        return denial
    row = await custodian.database.read(
        actor.tenant, lambda tx: tx.one(_ONE, {"tenant": actor.tenant, "at": index})
    )
    leaf = _leaf(index, row[0]) if row else None
    return leaf if leaf is not None and _is_visible(actor, leaf) else denied("unknown-id")


async def prove(custodian: Custodian, actor: Actor, index: int, now: int) -> str | Denied:
    """The inclusion proof of an entry, with the checkpoint it leads to (c2sp.org/tlog-proof)."""
    leaf = await read_entry(custodian, actor, index, now)
    if isinstance(leaf, Denied):
        return leaf

    def work(tx: Transaction) -> str:
        size, checkpoint = custodian.vault.log(actor.tenant).head(tx)
        path = proof_path(tx, actor.tenant, plan_inclusion(index, size))
        return Proof(index, tuple(path), checkpoint).to_text()

    return await custodian.database.read(actor.tenant, work)


async def prove_consistency(
    custodian: Custodian, actor: Actor, old_size: int, new_size: int, now: int
) -> list[bytes] | Denied:
    """The hashes which show that the log of `old_size` is the beginning of the log of `new_size`."""
    denial = await _refused(custodian, actor, now)
    if denial is not None:
        return denial

    def work(tx: Transaction) -> list[bytes] | Denied:
        size, _ = custodian.vault.log(actor.tenant).head(tx)
        if not 0 < old_size <= new_size <= size:
            return denied("sizes-invalid")
        return proof_path(tx, actor.tenant, plan_consistency(old_size, new_size))

    return await custodian.database.read(actor.tenant, work)


async def export(custodian: Custodian, actor: Actor, start: int, limit: int, now: int) -> Export | Denied:
    """Consecutive leaves of the whole log, for an auditor's own copy; not for clients."""
    denial = await _refused(custodian, actor, now, whole=True)
    if denial is not None:
        return denial
    params = {"tenant": actor.tenant, "start": start, "stop": start + min(limit, EXPORT_LIMIT)}
    rows = await custodian.database.read(actor.tenant, lambda tx: tx.all(_RANGE, params))
    return Export(start, [row[2] for row in rows], [row[1] for row in rows])


async def _refused(custodian: Custodian, actor: Actor, now: int, *, whole: bool = False) -> Denied | None:
    """Why the caller may not read the record, or not the whole of it; None if they may."""
    denial = may(actor, "readAudit")
    if denial is None and whole and actor.kind is ActorKind.CLIENT:
        denial = denied("no-rule-permits")
    if denial is None:
        return None
    return await record_refusal(
        custodian, actor, entry(actor, Action.RECORD_READ, now, denied=denial), denial
    )


def _person(tx: Transaction, actor: Actor, whose: Whose) -> int | Denied | None:
    """The person who is asked about; None for everybody, which a client may not ask."""
    if whose.token is not None:
        bearer = bearers(tx, actor.tenant, actor.audience, [whose.token])[0]
        return bearer.id if bearer else denied("token-unknown")
    if whose.external_id is not None:
        row = find_person(tx, actor.tenant, whose.external_id)
        return int(row[1]) if row else denied("unknown-id")
    return denied("record-needs-person") if actor.kind is ActorKind.CLIENT else None


def _is_visible(actor: Actor, leaf: Leaf) -> bool:
    return actor.kind is not ActorKind.CLIENT or leaf.entry.client == actor.name


def _leaf(index: int, data: bytes) -> Leaf:
    return Leaf(index, data, Entry.from_bytes(data))


def proof_path(tx: Transaction, tenant: int, plan: ProofPlan) -> list[bytes]:
    """The hashes of a proof, from what a tenant's log stores.

    Raises:
        TreeError: stored hashes are missing.
    """
    return plan.path({span: span_hashes(tx, tenant, span) for span in plan.spans})


def span_hashes(tx: Transaction, tenant: int, span: Span) -> list[bytes]:
    """The hashes of a span of a tenant's log that are stored."""
    params = {"tenant": tenant, "start": span.start, "stop": span.stop}
    if span.level == 0:
        return [row[1] for row in tx.all(_RANGE, params)]
    return [row[0] for row in tx.all(_NODES, {**params, "level": span.level})]
