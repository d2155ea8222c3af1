"""The record (監査記録): entries with proofs, checkpoints, and the whole log for offline verification."""

from base64 import b64encode
from typing import Annotated

import strawberry

from custody.record import (
    EXPORT_LIMIT,
    Leaf,
    Whose,
    export,
    list_entries,
    prove,
    prove_consistency,
    read_entry,
    read_head,
)
from policies.refusals import Denied
from schema.context import Info
from schema.enums import Outcome
from schema.nodes import Node, to_id
from schema.pages import After, Before, Connection, First, Last, connection, window
from schema.quiet import PublicError
from schema.results import refused_query
from schema.scalars import Base64, Index, Moment, Token


@strawberry.type(description="A further fact of an entry.")
class AuditDetail:
    """A name with a value."""

    name: str = strawberry.field(description="Its name.")
    value: str = strawberry.field(description="Its value.")


async def _proof(info: Info, root: strawberry.Parent["AuditEntry"]) -> str:
    context = info.context
    text = await prove(context.custodian, context.somebody, root.index, context.clock())
    if isinstance(text, Denied):
        raise refused_query(context, text)
    return text


@strawberry.type(
    description="One entry of the tenant's log. It never holds a number, part of one, or a hash of one."
)
class AuditEntry(Node):
    """A leaf of the log."""

    index: Index = strawberry.field(description="Its place in the log, from 0.")
    at: Moment = strawberry.field(description="When.")
    action: str = strawberry.field(description="What was done: vault:<noun>:<verb>.")
    outcome: Outcome = strawberry.field(description="Whether it was allowed.")
    rule: str | None = strawberry.field(description="Id of the rule that decided.")
    human: str | None = strawberry.field(description="Who.")
    client: str | None = strawberry.field(description="Through what.")
    purpose: str | None = strawberry.field(description="Code of the purpose.")
    use_id: str | None = strawberry.field(description="Public id of the use.")
    reason: str | None = strawberry.field(description="Why.")
    request: str | None = strawberry.field(description="Id of the request.")
    details: list[AuditDetail] = strawberry.field(description="Further facts.")
    entry: Base64 = strawberry.field(description="The canonical bytes its hash is over.")

    proof: str = strawberry.field(
        resolver=_proof, description="Proof that the entry is in the log, as c2sp.org/tlog-proof text."
    )


@strawberry.type(description="The state of the tenant's log.")
class AuditLog:
    """The head of the log."""

    size: Index = strawberry.field(description="How many entries.")
    checkpoint: str = strawberry.field(description="Size and root, signed (c2sp.org/tlog-checkpoint).")
    verifier_key: str = strawberry.field(
        description="The public key that checks the signature. Keep your own copy."
    )


@strawberry.type(description="Consecutive entries of the log as columns, for an auditor's own copy.")
class AuditExport:
    """A part of the log."""

    start: Index = strawberry.field(description="Place of the first.")
    entries: list[Base64] = strawberry.field(description="Canonical bytes of each.")
    hashes: list[Base64] = strawberry.field(description="Leaf hash of each.")


async def _audit_entries(
    info: Info,
    external_id: Annotated[str | None, strawberry.argument(description="Only about this person.")] = None,
    token: Annotated[Token | None, strawberry.argument(description="Only about this token's person.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[AuditEntry]:
    context = info.context
    view = window(first, after, last, before, "entry", context)
    whose = Whose(external_id, token)
    page = await list_entries(context.custodian, context.somebody, whose, view, context.clock())
    if isinstance(page, Denied):
        raise refused_query(context, page)
    return connection(context, "entry", page, lambda leaf: leaf.index, entry_node)


async def _audit_entry(
    info: Info, index: Annotated[Index, strawberry.argument(description="Its place in the log.")]
) -> AuditEntry | None:
    context = info.context
    leaf = await read_entry(context.custodian, context.somebody, index, context.clock())
    return None if isinstance(leaf, Denied) else entry_node(leaf)


async def _audit_log(info: Info) -> AuditLog:
    context = info.context
    head = await read_head(context.custodian, context.somebody, context.clock())
    if isinstance(head, Denied):
        raise refused_query(context, head)
    return AuditLog(size=Index(head.size), checkpoint=head.checkpoint, verifier_key=head.verifier_key)


async def _audit_consistency(
    info: Info,
    old_size: Annotated[Index, strawberry.argument(description="Size at the earlier checkpoint.")],
    new_size: Annotated[Index, strawberry.argument(description="Size at the later checkpoint.")],
) -> list[Base64]:
    context = info.context
    path = await prove_consistency(context.custodian, context.somebody, old_size, new_size, context.clock())
    if isinstance(path, Denied):
        raise refused_query(context, path)
    return [_base64(item) for item in path]


async def _audit_export(
    info: Info,
    start: Annotated[Index, strawberry.argument(description="Place of the first entry.")],
    limit: Annotated[int, strawberry.argument(description="How many: 1 to 1,000.")] = 1_000,
) -> AuditExport:
    context = info.context
    if not 1 <= limit <= EXPORT_LIMIT:
        raise PublicError("BAD_USER_INPUT", "limit は 1〜1,000 です", "give a limit from 1 to 1,000")
    part = await export(context.custodian, context.somebody, start, limit, context.clock())
    if isinstance(part, Denied):
        raise refused_query(context, part)
    return AuditExport(
        start=Index(part.start),
        entries=[_base64(item) for item in part.entries],
        hashes=[_base64(item) for item in part.hashes],
    )


@strawberry.type
class AuditQuery:
    """Queries about the record."""

    audit_entries: Connection[AuditEntry] = strawberry.field(
        resolver=_audit_entries,
        description="The log's entries, oldest first. A client names a person, and sees what it did itself.",
    )
    audit_entry: AuditEntry | None = strawberry.field(
        resolver=_audit_entry, description="One entry by its place."
    )
    audit_log: AuditLog = strawberry.field(resolver=_audit_log, description="The state of the log.")
    audit_consistency: list[Base64] = strawberry.field(
        resolver=_audit_consistency,
        description="The hashes that prove an earlier log to be the beginning of a later one (RFC 9162 2.1.4).",
    )
    audit_export: AuditExport = strawberry.field(
        resolver=_audit_export, description="Consecutive entries of the whole log, for auditors."
    )


def entry_node(leaf: Leaf) -> AuditEntry:
    """An entry as the schema tells it."""
    entry = leaf.entry
    return AuditEntry(
        id=to_id("AuditEntry", leaf.index),
        index=Index(leaf.index),
        at=Moment(entry.at),
        action=entry.action.value,
        outcome=entry.outcome,
        rule=entry.rule,
        human=entry.human,
        client=entry.client,
        purpose=entry.purpose,
        use_id=entry.use,
        reason=entry.reason,
        request=entry.request,
        details=[AuditDetail(name=name, value=value) for name, value in entry.detail.items()],
        entry=_base64(leaf.data),
    )


def _base64(data: bytes) -> Base64:
    return Base64(b64encode(data).decode())
