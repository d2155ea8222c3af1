"""The witness: what the ledger, outside the database, knows of the logs inside it.

Every minute it is told how far each log has come. When the house is opened, each log must still begin with what was
seen then, whatever has happened to the database meanwhile: an older copy in its place is refused.

What a reader sees of a log is on disk already, since entries are never written without a flush: after a power cut the
database has at least what the ledger has.
"""

import asyncio
from itertools import islice
from typing import Final

from sqlalchemy import bindparam, select

from custody.custodian import Custodian
from custody.record import proof_path
from custody.tenants import list_tenants
from tokenizer.audit.checkpoint import Checkpoint, open_note
from tokenizer.audit.errors import AuditError
from tokenizer.audit.log import AuditLog
from tokenizer.audit.note import VerifierKey
from tokenizer.audit.path import plan_consistency
from tokenizer.audit.verify import verify_consistency
from tokenizer.crypto.primitives import verify
from tokenizer.errors import RollbackError
from tokenizer.ledger import Witnessed
from tokenizer.storage.database import NO_TENANT
from tokenizer.storage.rows import AuditHead, table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Transaction

_HEAD: Final = table_of(AuditHead)
_READ_HEAD: Final = Statement(
    select(_HEAD.c.size, _HEAD.c.checkpoint).where(_HEAD.c.tenant_id == bindparam("tenant"))
)
_NAMED: Final = 5
"""So many logs are named in one message."""


async def witness(custodian: Custodian, now: int) -> None:
    """Write down, outside the database, how far each log has come.

    Raises:
        RollbackError: a log does not begin with what was seen of it before; nothing was written.
        StorageError: the ledger's disk did not take it.
        LedgerError: the ledger is missing or was altered.
    """
    before = await asyncio.to_thread(custodian.ledger.witnessed)
    moved: dict[int, Witnessed] = {}
    astray: list[str] = []
    for tenant in sorted({*await _logs(custodian), *before}):
        head = await _checked(custodian, tenant, before.get(tenant))
        if head is None:
            astray.append(_log(custodian, tenant).origin)
        elif head != before.get(tenant):
            moved[tenant] = head
        await asyncio.sleep(0)  # others are served between two tenants
    _refuse(astray)
    await asyncio.to_thread(custodian.ledger.witness_all, moved, now)


async def refuse_rollback(custodian: Custodian) -> None:
    """Make sure that every log begins with what the ledger has seen of it.

    Raises:
        RollbackError: one is shorter than it was, another than it was, or gone.
    """
    _refuse([_log(custodian, tenant).origin for tenant in await astray_logs(custodian)])


async def astray_logs(custodian: Custodian) -> list[int]:
    """The tenants whose logs do not begin with what the ledger has seen of them."""
    before = custodian.ledger.witnessed()
    return [tenant for tenant, head in before.items() if await _checked(custodian, tenant, head) is None]


async def heads(custodian: Custodian) -> dict[int, Witnessed]:
    """How far each log has come, as the database says."""
    found = {tenant: await _checked(custodian, tenant, None) for tenant in await _logs(custodian)}
    return {tenant: head for tenant, head in found.items() if head is not None}


async def _logs(custodian: Custodian) -> list[int]:
    """Whose logs there are: the tenants', and the installation's own once it has one."""
    tenants = await custodian.database.read(NO_TENANT, lambda tx: list_tenants(tx, custodian.authority))
    own = await custodian.database.read(NO_TENANT, lambda tx: _head(tx, NO_TENANT))
    return [*([] if own is None else [NO_TENANT]), *(tenant.id for tenant in tenants)]


def _log(custodian: Custodian, tenant: int) -> AuditLog:
    return custodian.vault.log(tenant)


async def _checked(custodian: Custodian, tenant: int, before: Witnessed | None) -> Witnessed | None:
    """The head of a log; None if it does not begin with what was seen before."""
    public = custodian.vault.keyring.signer(tenant).public
    key = VerifierKey(_log(custodian, tenant).origin, public)

    def work(tx: Transaction) -> Witnessed | None:
        head = _head(tx, tenant)
        if head is None or (before is not None and not _extends(tx, tenant, key, head, before)):
            return None
        return head

    return await custodian.database.read(tenant, work)


def _head(tx: Transaction, tenant: int) -> Witnessed | None:
    row = tx.one(_READ_HEAD, {"tenant": tenant})
    return Witnessed(row[0], row[1]) if row else None


def _extends(tx: Transaction, tenant: int, key: VerifierKey, head: Witnessed, before: Witnessed) -> bool:
    if head == before:
        return True
    try:
        old, new = (open_note(one.checkpoint, key, verify) for one in (before, head))
        _prove(tx, tenant, old, new)
    except AuditError:
        return False
    return new.size == head.size


def _prove(tx: Transaction, tenant: int, old: Checkpoint, new: Checkpoint) -> None:
    """Prove that one checkpoint extends another, from the hashes the database holds now."""
    if old.size:
        path = proof_path(tx, tenant, plan_consistency(old.size, new.size))
        verify_consistency(old.size, new.size, old.root, new.root, path)


def _refuse(astray: list[str]) -> None:
    if astray:
        named = ", ".join(islice(astray, _NAMED)) + (" …" if len(astray) > _NAMED else "")
        raise RollbackError(
            f"監査ログ {named} が、台帳に控えたチェックポイントの続きではありません({len(astray)} 件)。データベースが"
            "古い写しに置き換えられたか、書き換えられています。提供は始めません。最新のデータベースに戻してください。"
            "バックアップからやり直すときは `warifu restore --accept-rollback` を使います(理由が記録されます)。",
            f"The audit log {named} does not continue the checkpoint that the ledger holds ({len(astray)} in all): an "
            "older copy of the database took its place, or it was altered. Nothing is served. Put the newest "
            "database back. To begin anew from a backup use `warifu restore --accept-rollback`; the reason is "
            "recorded.",
        )
