"""The floor under a batch: what the vault just did for it, done again by cryptography alone and by the driver alone."""

from collections.abc import Sequence
from typing import Final

from benchmarks import crypto_floor
from benchmarks.backends import Backend
from benchmarks.bare import BY_PERSON, BY_TOKEN, Mark, Row, Rows
from benchmarks.trials import Stopwatch, Trial
from tokenizer.storage.rows import AuditLeaf, TokenRow
from tokenizer.storage.transaction import Lookup

_ENTRY: Final = 4
_PERSON: Final = 2


class Floor:
    """Takes the floor for the batches of one tenant, in a database of its own that grows as the vault's does.

    Args:
        backend: the kind of database.
        url: the vault's database, to read what it wrote.
        tenant: whose batches.
        keys: the tenant's wrapping and index key.
    """

    def __init__(self, backend: Backend, url: str, tenant: int, keys: tuple[bytes, bytes]) -> None:
        self._backend = backend
        self._tenant = tenant
        self._keys = keys
        self._source = backend.bare(url)
        self._url = backend.fresh()
        self._target = backend.bare(self._url)
        self._target.begin_log(tenant)
        self._mark = Mark().after(self._source.since(tenant, Mark()))

    def tokenize(self, seconds: float, numbers: Sequence[str]) -> Trial:
        """The floor under a registration that has just taken `seconds`."""
        rows = self._written()
        persons = [row[_PERSON + 1] for row in rows[TokenRow]]
        leaf = _template(rows)
        with Stopwatch() as crypto:
            crypto_floor.tokenize(numbers, persons, self._keys, self._tenant, leaf)
        ready = self._target.ready(rows)
        with Stopwatch() as driver:
            self._target.insert(self._tenant, ready)
        return Trial(seconds, crypto.seconds, driver.seconds)

    def release(self, seconds: float, tokens: Sequence[str], numbers: Sequence[str]) -> Trial:
        """The floor under preparing and confirming a use, which has just taken `seconds`."""
        return self._release(seconds, BY_TOKEN, self._written(), tokens, numbers)

    def confirm(self, seconds: float, numbers: Sequence[str]) -> Trial:
        """The floor under confirming a prepared use, which has just taken `seconds`."""
        rows = self._written()
        persons = [row[_PERSON] for row in rows[AuditLeaf] if row[_PERSON] is not None]
        return self._release(seconds, BY_PERSON, rows, persons, numbers)

    def close(self) -> None:
        """Let go of both databases, and remove this one's."""
        self._source.close()
        self._target.close()
        self._backend.drop(self._url)

    def _release(
        self, seconds: float, lookup: Lookup, rows: Rows, keys: Sequence[object], numbers: Sequence[str]
    ) -> Trial:
        ready, leaf = self._target.ready(rows), _template(rows)
        with Stopwatch() as driver:
            found = self._target.release(self._tenant, lookup, keys, ready)
        with Stopwatch() as crypto:
            opened = crypto_floor.release(found, self._keys[0], self._tenant, leaf)
        assert sorted(opened) == sorted(number.encode() for number in numbers)
        return Trial(seconds, crypto.seconds, driver.seconds)

    def _written(self) -> Rows:
        rows = self._source.since(self._tenant, self._mark)
        self._mark = self._mark.after(rows)
        return rows


def _template(rows: Rows) -> bytes:
    """A leaf of the batch with `%d` for its person."""
    leaf: Row = rows[AuditLeaf][-1]
    entry: bytes = leaf[_ENTRY]
    return entry.replace(b"%", b"%%").replace(b'"person":%d' % leaf[_PERSON], b'"person":%d')
