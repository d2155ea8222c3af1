"""Who has a number again though the ledger knows them as disposed of, and which tenants are back that ended.

A number that was collected anew afterwards is another one. Only the log says so, which nobody without its key can
write: the entry of the registration must be there, and proven by the signed head.
"""

from collections.abc import AsyncIterator
from typing import Final

from sqlalchemy import bindparam, select

from custody.contract.returned import returned
from custody.custodian import Custodian
from custody.disposal.item import ItemState, items_of
from custody.disposal.run import RunState, read_run
from custody.record import proof_path
from tokenizer.audit.action import Action, Outcome
from tokenizer.audit.checkpoint import open_note
from tokenizer.audit.entry import Entry
from tokenizer.audit.errors import AuditError
from tokenizer.audit.note import VerifierKey
from tokenizer.audit.path import plan_inclusion
from tokenizer.audit.tree import leaf_hash
from tokenizer.audit.verify import verify_inclusion
from tokenizer.crypto.primitives import verify
from tokenizer.errors import RollbackError
from tokenizer.ledger import Disposal
from tokenizer.storage.rows import AuditLeaf, table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Lookup, Transaction

_LEAF: Final = table_of(AuditLeaf)
_NAMED: Final = 5
"""So many logs are named in one message."""
_HAVE_KEYS: Final = Lookup(
    "k.version",
    "{keys} CROSS JOIN person_key k WHERE k.tenant_id = :tenant AND k.person_id = keys.key",
    "bigint",
)
_LEAVES_OF: Final = Statement(
    select(_LEAF.c.leaf_index, _LEAF.c.entry)
    .where(_LEAF.c.tenant_id == bindparam("tenant"), _LEAF.c.person_id == bindparam("person"))
    .order_by(_LEAF.c.leaf_index.desc())
)
_AGAIN: Final = frozenset({Action.NUMBER_REGISTER})
_ASKED: Final = frozenset({Action.COLLECTION_INSTRUCT})


async def refuse_undone(custodian: Custodian) -> None:
    """Make sure that nobody whom the ledger knows as disposed of has a number again, and no tenant that ended is back.

    A batch whose commit was cut short does not count: its run, which two humans approved, still lists the persons, and
    disposes of them as soon as it goes on.

    Raises:
        RollbackError: somebody has, or a tenant is.
        SealBrokenError: a run, or the row of a contract's end, was altered.
    """
    _refuse_returned([custodian.vault.log(tenant).origin async for tenant in returned(custodian)])
    count = 0
    async for disposal in undone(custodian):
        count += len(await _contradicted(custodian, disposal))
    if count:
        raise RollbackError(
            f"廃棄済みの {count} 人の番号がデータベースに戻っています(古い写しに置き換えられたか、書き足されています)。"
            "提供は始めません。最新のデータベースに戻すか、バックアップから `warifu restore` で復元してください。",
            f"The numbers of {count} persons who were disposed of are back in the database: an older copy took its "
            "place, or somebody wrote into it. Nothing is served. Put the newest database back, or restore a "
            "backup with `warifu restore`.",
        )


def _refuse_returned(logs: list[str]) -> None:
    if logs:
        named = ", ".join(logs[:_NAMED]) + (" …" if len(logs) > _NAMED else "")
        raise RollbackError(
            f"契約が終了した事業者 {len(logs)} 件({named})のデータがデータベースに戻っています"
            "(古い写しに置き換えられたか、書き足されています)。提供は始めません。"
            "最新のデータベースに戻すか、バックアップから `warifu restore` で復元してください。",
            f"{len(logs)} tenants whose contract ended ({named}) are back in the database: an older copy took its "
            "place, or somebody wrote into it. Nothing is served. Put the newest database back, or restore a "
            "backup with `warifu restore`.",
        )


async def undone(custodian: Custodian) -> AsyncIterator[Disposal]:
    """The batches of the ledger, each with those of its persons who still have a number that it ended."""
    for disposal in custodian.ledger.disposals():
        persons = await _still_there(custodian, disposal)
        if persons:
            yield Disposal(disposal.tenant, disposal.run, persons, disposal.at)


async def _still_there(custodian: Custodian, disposal: Disposal) -> list[int]:
    tenant, persons = disposal.tenant, disposal.persons

    def work(tx: Transaction) -> list[int]:
        there = [(persons[row[0]], row[1]) for row in tx.match(_HAVE_KEYS, {"tenant": tenant}, persons)]
        return [
            person
            for person, version in there
            if not _came_back(tx, custodian, tenant, person, disposal.at, begun=version == 0)
        ]

    return await custodian.database.read(tenant, work)


def _came_back(
    tx: Transaction, custodian: Custodian, tenant: int, person: int, since: int, *, begun: bool
) -> bool:
    """Whether the log proves that a number of the person was registered after a moment.

    Of somebody who has no number yet, whose key has `begun`, it is enough that they were asked for one after it.
    """
    wanted = _AGAIN | _ASKED if begun else _AGAIN
    for index, data in tx.all(_LEAVES_OF, {"tenant": tenant, "person": person}):
        if any(each.value.encode() in data for each in wanted) and _is_later(data, wanted, person, since):
            return _is_proven(tx, custodian, tenant, index, data)
    return False


def _is_later(data: bytes, wanted: frozenset[Action], person: int, since: int) -> bool:
    try:
        entry = Entry.from_bytes(data)
    except AuditError:
        return False
    done = entry.action in wanted and entry.outcome is Outcome.ALLOWED
    return done and entry.person == person and entry.at > since


def _is_proven(tx: Transaction, custodian: Custodian, tenant: int, index: int, data: bytes) -> bool:
    log = custodian.vault.log(tenant)
    key = VerifierKey(log.origin, custodian.vault.keyring.signer(tenant).public)
    size, note = log.head(tx)
    try:
        head = open_note(note, key, verify)
        path = proof_path(tx, tenant, plan_inclusion(index, size))
        verify_inclusion(index, head.size, leaf_hash(data), path, head.root)
    except AuditError:
        return False
    return True


async def _contradicted(custodian: Custodian, disposal: Disposal) -> list[int]:
    """The persons of a batch whom no approved run is about to dispose of."""
    tenant, authority, persons = disposal.tenant, custodian.authority, disposal.persons

    def work(tx: Transaction) -> list[int]:
        run = read_run(tx, authority, tenant, disposal.run)
        if run is None or run.state is not RunState.APPROVED:
            return list(persons)
        items = items_of(tx, run, persons)
        return [one for one in persons if one not in items or items[one].state is not ItemState.LISTED]

    return await custodian.database.read(tenant, work)
