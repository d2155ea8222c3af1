"""Moving a batch of persons under another epoch: the ciphers before the transaction, the rows inside it.

A person's key and the blind index of each version of their number move in one transaction, and only if the key is
still what was read: whoever changed or disposed of the person in between is not undone, and who changed meanwhile is
met again by the next pass.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import text

from tokenizer.crypto.blind_index import blind_indexes
from tokenizer.crypto.envelope import open_numbers, rewrap_batch
from tokenizer.crypto.keyring import Keyring
from tokenizer.crypto.primitives import KEY_BYTES, OVERHEAD_BYTES, RandomBytes
from tokenizer.storage.statement import Backend, Statement
from tokenizer.storage.transaction import Row, Transaction

_WRAPPED: Final = KEY_BYTES + OVERHEAD_BYTES

# ORDER BY makes SQLite visit the list first and look each row up; left alone it reads the tenant's whole table for
# each row of the list. BETWEEN keeps PostgreSQL, while it has no statistics, from reading the tenant's whole table for
# each list. Wrapped keys travel end to end in one value, since JSON holds no bytes.
_MOVE_KEYS: Final = {
    Backend.SQLITE: Statement(
        text(
            "UPDATE person_key SET epoch = :epoch, wrapped = substr(:fresh, batch.place * :width + 1, :width) "
            "FROM (SELECT key AS place, value AS person FROM json_each(:persons) ORDER BY key) AS batch "
            "WHERE tenant_id = :tenant AND person_id = batch.person "
            "AND wrapped = substr(:stale, batch.place * :width + 1, :width) RETURNING person_id"
        )
    ),
    Backend.POSTGRESQL: Statement(
        text(
            "UPDATE person_key SET epoch = :epoch, wrapped = batch.fresh "
            "FROM unnest(CAST(:persons AS bigint[]), CAST(:stale AS bytea[]), CAST(:fresh AS bytea[])) "
            "AS batch (person, stale, fresh) "
            "WHERE tenant_id = :tenant AND person_id BETWEEN :first AND :last "
            "AND person_id = batch.person AND wrapped = batch.stale RETURNING person_id"
        )
    ),
}
_MOVE_INDEXES: Final = {
    Backend.SQLITE: Statement(
        text(
            "UPDATE number SET epoch = :epoch, blind_index = batch.found_by "
            "FROM (SELECT json_extract(value, '$[0]') AS person, json_extract(value, '$[1]') AS of_version, "
            "json_extract(value, '$[2]') AS found_by FROM json_each(:rows) ORDER BY key) AS batch "
            "WHERE tenant_id = :tenant AND person_id = batch.person AND version = batch.of_version"
        )
    ),
    Backend.POSTGRESQL: Statement(
        text(
            "UPDATE number SET epoch = :epoch, blind_index = batch.found_by "
            "FROM unnest(CAST(:persons AS bigint[]), CAST(:versions AS integer[]), CAST(:indexes AS text[])) "
            "AS batch (person, of_version, found_by) "
            "WHERE tenant_id = :tenant AND person_id BETWEEN :first AND :last "
            "AND person_id = batch.person AND version = batch.of_version"
        )
    ),
}


@dataclass(frozen=True, slots=True)
class Moves:
    """Persons ready to move: their keys as they were read and as they will be, and each version's new index.

    Attributes:
        keys: (person, wrapped key as read, wrapped key under the new epoch).
        indexes: (person, version, index).
    """

    keys: list[tuple[int, bytes, bytes]]
    indexes: list[tuple[int, int, str]]

    def __repr__(self) -> str:
        return f"Moves({len(self.keys)} persons)"


def prepare(
    keyring: Keyring, tenant: int, epoch: int, rows: Sequence[Row], random_bytes: RandomBytes
) -> Moves:
    """Work out how persons move under `epoch`.

    Args:
        keyring: the keys.
        tenant: whose persons.
        epoch: where they move to.
        rows: (person, epoch, wrapped key, version in force, version, sealed number) for each version of each person's
            number, in order of person; the last two None for a person without any.
        random_bytes: source of nonces.

    Raises:
        SealBrokenError: a row is not what was stored.
        KeyGoneError: the key of a row's epoch is not here.
    """
    persons = list({row[0]: row[:4] for row in rows}.values())
    wraps = {each: keyring.tenant(tenant, each).wrap for each in {person[1] for person in persons}}
    new = keyring.tenant(tenant, epoch)
    keys, wrapped = rewrap_batch(
        [wraps[person[1]] for person in persons], new.wrap, tenant, epoch, persons, random_bytes
    )
    key_of = dict(zip((person[0] for person in persons), keys, strict=True))
    numbered = [(row[0], row[4], row[5]) for row in rows if row[4] is not None]
    numbers = open_numbers([key_of[row[0]] for row in numbered], tenant, numbered)
    found_by = blind_indexes(new.index, numbers)
    return Moves(
        [(person[0], person[2], fresh) for person, fresh in zip(persons, wrapped, strict=True)],
        [(row[0], row[1], index) for row, index in zip(numbered, found_by, strict=True)],
    )


def move(tx: Transaction, tenant: int, epoch: int, moves: Moves) -> int:
    """Move those who are still as they were read, key and indexes together; says how many.

    Raises:
        Conflict: an index is already there: somebody stored a row that is not what it should be.
    """
    if not moves.keys:
        return 0
    shared = {"tenant": tenant, "epoch": epoch}
    rows = tx.all(_MOVE_KEYS[tx.backend], {**shared, **_key_values(tx.backend, moves.keys)})
    moved = {row[0] for row in rows}
    indexes = moves.indexes
    if len(moved) < len(moves.keys):
        indexes = [index for index in indexes if index[0] in moved]
    if indexes:
        tx.run(_MOVE_INDEXES[tx.backend], {**shared, **_index_values(tx.backend, indexes)})
    return len(moved)


def _key_values(backend: Backend, keys: Iterable[tuple[int, bytes, bytes]]) -> dict[str, Any]:
    persons, stale, fresh = (list(column) for column in zip(*keys, strict=True))
    if backend is Backend.POSTGRESQL:
        ends = {"first": min(persons), "last": max(persons)}
        return {"persons": persons, "stale": stale, "fresh": fresh, **ends}
    packed = orjson.dumps(persons).decode()
    return {"persons": packed, "stale": b"".join(stale), "fresh": b"".join(fresh), "width": _WRAPPED}


def _index_values(backend: Backend, indexes: Sequence[tuple[int, int, str]]) -> dict[str, Any]:
    if backend is Backend.SQLITE:
        return {"rows": orjson.dumps(indexes).decode()}
    persons, versions, found_by = (list(column) for column in zip(*indexes, strict=True))
    ends = {"first": min(persons), "last": max(persons)}
    return {"persons": persons, "versions": versions, "indexes": found_by, **ends}
