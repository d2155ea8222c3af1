"""What persons were told of, in their rows: read, and added to, for ten thousand at once in one statement each.

Whoever adds has locked the tenant's log: what one adds, another that comes at the same time must not drop.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import text

from custody.people import notified_text
from tokenizer.storage.statement import Backend, Statement
from tokenizer.storage.transaction import Lookup, Transaction

_OF_PERSONS: Final = Lookup(
    "p.notified",
    "{keys} CROSS JOIN person p WHERE p.tenant_id = :tenant AND p.person_id = keys.key",
    "bigint",
)
# The limit that limits nothing makes SQLite read the list once and look each person up, not the list for each person.
_WRITE: Final = {
    Backend.SQLITE: Statement(
        text(
            "UPDATE person SET notified = told.notified FROM ("
            "SELECT json_extract(value, '$[0]') AS person_id, json_extract(value, '$[1]') AS notified "
            "FROM json_each(:told) LIMIT -1 OFFSET 0) AS told "
            "WHERE person.tenant_id = :tenant AND person.person_id = told.person_id"
        )
    ),
    Backend.POSTGRESQL: Statement(
        text(
            "UPDATE person SET notified = told.notified "
            "FROM unnest(CAST(:persons AS bigint[]), CAST(:texts AS text[])) AS told (person_id, notified) "
            "WHERE person.tenant_id = :tenant AND person.person_id = told.person_id"
        )
    ),
}


def notified_of(tx: Transaction, tenant: int, persons: Sequence[int]) -> dict[int, str]:
    """What each of these persons was told of, as the table holds it."""
    rows = tx.match(_OF_PERSONS, {"tenant": tenant}, persons)
    return {persons[place]: told for place, told in rows}


def add_notified(tx: Transaction, tenant: int, before: Mapping[int, str], days: Mapping[str, str]) -> None:
    """Add purposes with the day persons were told of them; a purpose told of before keeps its first day.

    Args:
        tx: a transaction that has locked the tenant's log.
        tenant: whose persons.
        before: by person, what they were told of until now, as the table holds it.
        days: purpose codes, each with its day in ISO 8601.
    """
    after = {told: notified_text({**days, **orjson.loads(told)}) for told in set(before.values())}
    changed = [(person, after[told]) for person, told in before.items() if after[told] != told]
    if changed:
        tx.run(_WRITE[tx.backend], {"tenant": tenant, **_values(tx.backend, changed)})


def lacks(told: str, codes: frozenset[str]) -> bool:
    """Whether somebody was not told of all these purposes yet."""
    return not codes <= orjson.loads(told).keys()


def _values(backend: Backend, changed: Sequence[tuple[int, str]]) -> dict[str, Any]:
    if backend is Backend.SQLITE:
        return {"told": orjson.dumps(changed).decode()}
    persons, texts = zip(*changed, strict=True)
    return {"persons": list(persons), "texts": list(texts)}
