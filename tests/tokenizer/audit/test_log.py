"""A tenant's log in the database: gapless, hashed as the RFC says, signed, and undone with its transaction."""

import asyncio
import random
from collections.abc import Sequence
from functools import partial
from hashlib import sha256

import pytest

from tests.support.tamper import change, rows
from tokenizer.audit.action import Action, Outcome
from tokenizer.audit.checkpoint import Checkpoint, open_note
from tokenizer.audit.entry import Entry
from tokenizer.audit.log import AuditLog, Receipt, leaves
from tokenizer.audit.note import VerifierKey
from tokenizer.audit.path import plan_inclusion
from tokenizer.audit.proof import Proof
from tokenizer.audit.tree import Frontier, leaf_hash, node_hash
from tokenizer.crypto.primitives import Signer, verify
from tokenizer.errors import VaultError
from tokenizer.storage import open_database
from tokenizer.storage.database import Brief, Database
from tokenizer.storage.transaction import Conflict, Transaction
from warifu.audit import AuditVerificationError
from warifu.audit import verify_log as client_verify_log
from warifu.audit import verify_proof as client_verify_proof

TENANT, OTHER = 7, 8
SIGNER = Signer(sha256(b"a seed for tests, never for a log").digest())


def make_log(tenant: int = TENANT) -> AuditLog:
    return AuditLog(tenant, f"warifu.example/log/{tenant}", SIGNER)


LOG = make_log()
KEY = VerifierKey(LOG.origin, SIGNER.public)


def entries(count: int, start: int = 0) -> list[bytes]:
    return [
        Entry(at=start + at, action=Action.ACCOUNT_LOGIN, outcome=Outcome.ALLOWED).to_bytes()
        for at in range(count)
    ]


async def begin(database: Database, log: AuditLog = LOG) -> None:
    await database.write(log.tenant, log.create)


async def append(database: Database, new: Sequence[bytes], log: AuditLog = LOG) -> Receipt:
    prepared = leaves(new)
    return await database.write(log.tenant, lambda tx: log.append(tx, prepared))


async def stored_entries(database: Database, tenant: int = TENANT) -> list[bytes]:
    sql = "SELECT leaf_index, entry FROM audit_leaf WHERE tenant_id = :tenant ORDER BY leaf_index"
    found = await rows(database, tenant, sql, tenant=tenant)
    assert [row[0] for row in found] == list(range(len(found)))
    return [row[1] for row in found]


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root of a perfect tree, pair by pair."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


async def test_a_new_log_is_empty_and_says_so_under_its_signature(database: Database) -> None:
    await begin(database)
    size, note = await database.read(TENANT, LOG.head)
    assert size == 0
    assert open_note(note, KEY, verify) == Checkpoint(LOG.origin, 0, Frontier().root())


async def test_a_log_begins_once(database: Database) -> None:
    await begin(database)
    with pytest.raises(Conflict):
        await begin(database)


async def test_a_tenant_without_a_log_records_nothing(database: Database) -> None:
    with pytest.raises(LookupError):
        await append(database, entries(1))
    with pytest.raises(LookupError):
        await database.read(TENANT, LOG.head)


@pytest.mark.parametrize("seed", range(4))
async def test_after_any_appends_the_stored_state_is_what_its_leaves_give(
    database: Database, seed: int
) -> None:
    draw = random.Random(seed)  # noqa: S311 - the same appends each time
    await begin(database)
    expected: list[bytes] = []
    for _ in range(12):
        new = entries(draw.choice([0, 1, 1, 2, 3, 7, 64, 255, 256, 300]), start=len(expected))
        receipt = await append(database, new)
        assert (receipt.first_index, receipt.count) == (len(expected), len(new))
        expected += new
    assert await stored_entries(database) == expected
    frontier = Frontier()
    frontier.extend([leaf_hash(data) for data in expected])
    ((size, stored_frontier, note),) = await rows(
        database, TENANT, "SELECT size, frontier, checkpoint FROM audit_head"
    )
    assert (size, stored_frontier) == (frontier.size, frontier.to_bytes())
    checkpoint = open_note(note, KEY, verify)
    assert (checkpoint.size, checkpoint.root) == (len(expected), frontier.root())
    assert client_verify_log(expected, note, str(KEY)).size == len(expected)


async def test_stored_subtrees_are_right_past_256_and_65536_leaves(database: Database) -> None:
    await begin(database)
    data = entries(65_536 + 300)
    await append(database, data[:100])
    await append(database, data[100:])
    hashes = [leaf_hash(item) for item in data]
    assert [
        row[0] for row in await rows(database, TENANT, "SELECT hash FROM audit_leaf ORDER BY leaf_index")
    ] == hashes
    stored = {
        (level, index): node
        for level, index, node in await rows(
            database, TENANT, "SELECT level, node_index, hash FROM audit_subtree"
        )
    }
    small = [root_of(hashes[start : start + 256]) for start in range(0, 65_536 + 256, 256)]
    assert stored == {(8, index): node for index, node in enumerate(small)} | {(16, 0): root_of(small[:256])}


async def test_a_leaf_is_proven_from_stored_hashes_to_server_and_client_alike(database: Database) -> None:
    await begin(database)
    data = entries(700)
    receipt = await append(database, data)
    for index in (0, 255, 256, 511, 512, 699):
        plan = plan_inclusion(index, 700)
        stored = {}
        for span in plan.spans:
            table, column = (
                ("audit_leaf", "leaf_index") if span.level == 0 else ("audit_subtree", "node_index")
            )
            found = await rows(
                database,
                TENANT,
                f"SELECT hash FROM {table} WHERE {column} >= :start AND {column} < :stop ORDER BY {column}",  # noqa: S608 - two constants
                start=span.start,
                stop=span.stop,
            )
            stored[span] = [row[0] for row in found]
        proof = Proof(index, tuple(plan.path(stored)), receipt.checkpoint).to_text()
        proven = client_verify_proof(proof, data[index], str(KEY))
        assert (proven.index, proven.fields["at"]) == (index, index)


async def test_an_append_is_undone_with_the_act_it_records(database: Database) -> None:
    await begin(database)
    before = await append(database, entries(3))

    def act(tx: Transaction) -> None:
        LOG.append(tx, leaves(entries(300)))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(TENANT, act)
    assert await database.read(TENANT, LOG.head) == (3, before.checkpoint)
    assert await rows(database, TENANT, "SELECT * FROM audit_subtree") == []
    assert (await append(database, entries(1))).first_index == 3


async def test_two_appends_of_one_transaction_follow_each_other(database: Database) -> None:
    await begin(database)

    def act(tx: Transaction) -> list[int]:
        return [LOG.append(tx, leaves(entries(count))).first_index for count in (2, 3, 1)]

    assert await database.write(TENANT, act) == [0, 2, 5]
    assert len(await stored_entries(database)) == 6


async def test_many_writers_at_once_leave_no_gap_and_each_gets_a_checkpoint_that_covers_it(
    database: Database,
) -> None:
    await begin(database)
    receipts = await asyncio.gather(*(append(database, entries(5, start=10 * row)) for row in range(24)))
    data = await stored_entries(database)
    assert len(data) == 120
    assert sorted(receipt.first_index for receipt in receipts) == list(range(0, 120, 5))
    for receipt in receipts:
        covered = receipt.first_index + receipt.count
        assert client_verify_log(data[:covered], receipt.checkpoint, str(KEY)).size == covered


@pytest.mark.parametrize("fails", [False, True])
async def test_writers_that_share_a_commit_share_a_checkpoint_that_covers_them_all(
    database: Database, *, fails: bool
) -> None:
    other = make_log(OTHER)
    await begin(database)
    await begin(database, other)
    await append(database, entries(300))

    def act(tx: Transaction, log: AuditLog, at: int) -> Receipt:
        receipt = log.append(tx, leaves(entries(2, start=at)))
        if fails and at == 60:
            raise Conflict
        return receipt

    outcomes = await asyncio.gather(
        *(
            database.write(log.tenant, Brief(partial(act, log=log, at=at)))
            for at in range(0, 100, 10)
            for log in (LOG, other)
        ),
        return_exceptions=True,
    )
    receipts = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
    assert len(receipts) == (18 if fails else 20)
    for log, begins in ((LOG, 300), (other, 0)):
        data = await stored_entries(database, log.tenant)
        mine = [one for one in receipts if log.origin in one.checkpoint]
        assert sorted(one.first_index for one in mine) == list(range(begins, len(data), 2))
        key = VerifierKey(log.origin, SIGNER.public)
        for one in mine:
            size = open_note(one.checkpoint, key, verify).size
            assert one.first_index + one.count <= size
            assert client_verify_log(data[:size], one.checkpoint, str(key)).size == size
        _, latest = await database.read(log.tenant, log.head)
        assert open_note(latest, key, verify).size == len(data)


async def test_one_group_of_an_embedded_database_signs_once(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    await begin(database)

    def act(tx: Transaction, at: int) -> Receipt:
        return LOG.append(tx, leaves(entries(1, start=at)))

    receipts = await asyncio.gather(*(database.write(TENANT, Brief(partial(act, at=at))) for at in range(9)))
    assert {receipt.checkpoint for receipt in receipts} == {(await database.read(TENANT, LOG.head))[1]}
    await database.close()


async def test_the_logs_of_two_tenants_know_nothing_of_each_other(database: Database) -> None:
    other = make_log(OTHER)
    await begin(database)
    await begin(database, other)
    await append(database, entries(3))
    await append(database, entries(2, start=50), other)
    assert await stored_entries(database) == entries(3)
    assert await stored_entries(database, OTHER) == entries(2, start=50)
    _, note = await database.read(OTHER, other.head)
    with pytest.raises(VaultError):
        open_note(note, KEY, verify)


async def test_a_leaf_says_which_person_it_concerns(database: Database) -> None:
    await begin(database)
    data = entries(3)
    prepared = leaves(data, [5, None, 2**53 - 1])
    await database.write(TENANT, lambda tx: LOG.append(tx, prepared))
    assert await rows(database, TENANT, "SELECT person_id FROM audit_leaf ORDER BY leaf_index") == [
        (5,),
        (None,),
        (2**53 - 1,),
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_leaf SET entry = :x WHERE leaf_index = 3",
        "UPDATE audit_leaf SET leaf_index = 100 WHERE leaf_index = 7",
        "DELETE FROM audit_leaf WHERE leaf_index = 9",
        "DELETE FROM audit_leaf WHERE leaf_index = 0",
    ],
)
async def test_whoever_changes_a_leaf_in_the_database_is_found_out_by_the_client(
    database: Database, sql: str
) -> None:
    await begin(database)
    receipt = await append(database, entries(10))
    assert await change(database, TENANT, sql, **({"x": entries(1, 99)[0]} if ":x" in sql else {})) == 1
    found = await rows(database, TENANT, "SELECT entry FROM audit_leaf ORDER BY leaf_index")
    with pytest.raises(AuditVerificationError):
        client_verify_log([row[0] for row in found], receipt.checkpoint, str(KEY))


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_head SET size = 9",
        "UPDATE audit_head SET frontier = :x",
        "DELETE FROM audit_head",
    ],
)
async def test_a_head_that_fits_no_log_takes_no_more_leaves(database: Database, sql: str) -> None:
    await begin(database)
    await append(database, entries(10))
    await change(database, TENANT, sql, **({"x": b"short"} if ":x" in sql else {}))
    with pytest.raises((VaultError, LookupError, Conflict)):
        await append(database, entries(1))
    assert len(await stored_entries(database)) == 10
