"""An attacker's program: one copy of the database and every key that lives today in, numbers out.

It knows all our code, and which numbers it looks for. It reads the rows; it goes through the raw bytes for keys,
ciphertexts and indexes that rows have left behind; it tries every key on everything, whatever epoch a row claims; and
it tries every number it looks for against every blind index.
"""

import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from tests.support.tamper import rows
from tokenizer.crypto.blind_index import blind_indexes
from tokenizer.crypto.envelope import key_data, number_data
from tokenizer.crypto.keyring import Keyring
from tokenizer.crypto.primitives import KEY_BYTES, OVERHEAD_BYTES, open_sealed
from tokenizer.errors import SealBrokenError
from tokenizer.storage.database import Database

DIGITS: Final = 12
WRAPPED: Final = KEY_BYTES + OVERHEAD_BYTES
SEALED: Final = DIGITS + OVERHEAD_BYTES
_INDEX: Final = 20
_VERSIONS: Final = (1, 2)
_REACH: Final = 50
"""So far behind a person's id in a row lies what belongs to it."""

_KEYS: Final = "SELECT tenant_id, person_id, epoch, wrapped FROM person_key"
_NUMBERS: Final = "SELECT tenant_id, person_id, blind_index, sealed FROM number"
_PERSONS: Final = "SELECT tenant_id, person_id FROM person"
_INDEX_FORM: Final = re.compile(rb"(?=([A-Za-z0-9+/]{20}))")
_LOW: Final = bytes(range(0x80))

Execute = Callable[[str], Iterable[Sequence[Any]]]
Person = tuple[int, int]
"""Tenant and person."""


@dataclass
class Loot:
    """What a copy holds that is worth trying.

    Attributes:
        wrapped: (tenant, person, epoch it claims or 0, wrapped key).
        sealed: by person, sealed numbers.
        indexes: blind indexes.
        tenants: whose rows there are.
        plain: twelve digits in a row, as they stand in the bytes.
    """

    wrapped: set[tuple[int, int, int, bytes]] = field(default_factory=set)
    sealed: dict[Person, set[bytes]] = field(default_factory=dict)
    indexes: set[str] = field(default_factory=set)
    tenants: set[int] = field(default_factory=set)
    plain: set[bytes] = field(default_factory=set)


def loot_of_rows(execute: Execute) -> tuple[Loot, list[Person]]:
    """What the rows of a database hold, and the persons in it."""
    loot = Loot()
    for tenant, person, epoch, wrapped in execute(_KEYS):
        loot.wrapped.add((tenant, person, epoch, bytes(wrapped)))
    for tenant, person, index, sealed in execute(_NUMBERS):
        loot.sealed.setdefault((tenant, person), set()).add(bytes(sealed))
        loot.indexes.add(index)
    persons = [(tenant, person) for tenant, person in execute(_PERSONS)]
    loot.tenants = {tenant for tenant, _ in persons}
    return loot, persons


async def loot_of_database(database: Database, tenants: Iterable[int]) -> Loot:
    """What the rows of an open database hold."""
    whole = Loot()
    for tenant in tenants:
        stored = {
            sql: await rows(database, tenant, f"{sql} WHERE tenant_id = :own", own=tenant)
            for sql in (_KEYS, _NUMBERS, _PERSONS)
        }
        loot, _ = loot_of_rows(stored.__getitem__)
        whole.wrapped |= loot.wrapped
        whole.sealed |= loot.sealed
        whole.indexes |= loot.indexes
        whole.tenants |= loot.tenants
    return whole


def search(loot: Loot, pages: Iterable[bytes], persons: Sequence[Person]) -> Loot:
    """Add what is left in raw bytes: of rows that were changed or deleted, in free space, in logs.

    Args:
        loot: what is added to.
        pages: of either database or its logs; each is gone through once, however often it comes.
        persons: whose rows to look for; their ids are what rows are found by.
    """
    loot.tenants |= {tenant for tenant, _ in persons}
    finder: _Finder | None = None
    for page in pages:
        digest = sha256(page).digest()
        found = _SEEN.get(digest)
        if found is None:
            finder = finder or _Finder(persons)
            found = _SEEN[digest] = finder.search(page)
        loot.wrapped |= found.wrapped
        loot.indexes |= found.indexes
        loot.plain |= found.plain
        for person, boxes in found.sealed.items():
            loot.sealed.setdefault(person, set()).update(boxes)
    return loot


_SEEN: Final[dict[bytes, Loot]] = {}
"""By the hash of a page what was found in it. The ids of persons who come later are in no page of before."""


class _Finder:
    """Finds what lies behind persons' ids in raw bytes. Ids drawn together share most of theirs."""

    def __init__(self, persons: Iterable[Person]) -> None:
        self._owners = {form: person for person in persons for form in _ids(person[1])}
        heads = {form[:6] for form in self._owners if form[0] == 0}
        tails = {form[2:] for form in self._owners if form[-1] == 0}
        self._parts = [
            (re.compile(b"|".join(map(re.escape, sorted(parts)))), back)
            for parts, back in ((heads, 0), (tails, 2))
            if parts
        ]

    def search(self, page: bytes) -> Loot:
        found = Loot(plain=_runs_of_digits(page))
        for place, person in self._places(page):
            for at in range(place + 8, place + _REACH):
                if page[at : at + 1] == b"\x01":
                    if _is_random(page[at : at + WRAPPED], WRAPPED):
                        found.wrapped.add((*person, 0, page[at : at + WRAPPED]))
                    if _is_random(page[at : at + SEALED], SEALED):
                        found.sealed.setdefault(person, set()).add(page[at : at + SEALED])
            texts = _INDEX_FORM.finditer(page, place + 8, place + _REACH + _INDEX)
            found.indexes |= {text[1].decode() for text in texts}
        return found

    def _places(self, page: bytes) -> Iterator[tuple[int, Person]]:
        for parts, back in self._parts:
            for match in parts.finditer(page):
                start = match.start() - back
                person = self._owners.get(page[max(start, 0) : start + 8])
                if person is not None:
                    yield start, person


class Attacker:
    """Tries keys on loot, and remembers of each ciphertext and key what came out.

    Args:
        wanted: the numbers it looks for, to be tried against blind indexes.
    """

    def __init__(self, wanted: Iterable[bytes]) -> None:
        self._wanted = list(wanted)
        self._opened: dict[tuple[bytes, int, int, bytes], bytes | None] = {}
        self._numbers: dict[tuple[bytes, bytes, Person], bytes | None] = {}
        self._guesses: dict[tuple[bytes, int], dict[str, bytes]] = {}

    def read(self, loot: Loot, keyring: Keyring, epoch: int) -> set[bytes]:
        """The numbers that the key of one living epoch brings out."""
        return self.unwrap(loot, keyring, epoch) | self.guess(loot, keyring, epoch)

    def unwrap(self, loot: Loot, keyring: Keyring, epoch: int) -> set[bytes]:
        """Those whose person key it unwraps."""
        found = set()
        wraps = {tenant: keyring.tenant(tenant, epoch).wrap for tenant in loot.tenants}
        for tenant, person, claimed, wrapped in loot.wrapped:
            wrap = wraps[tenant]
            for bound_to in {epoch, claimed} - {0}:
                key = self._open_key(wrap, tenant, person, bound_to, wrapped)
                if key is not None:
                    boxes = loot.sealed.get((tenant, person), ())
                    opened = (self._open_number(key, box, (tenant, person)) for box in boxes)
                    found |= {number for number in opened if number is not None}
        return found

    def guess(self, loot: Loot, keyring: Keyring, epoch: int) -> set[bytes]:
        """Those whose blind index is that of a wanted number."""
        found = set()
        for tenant in loot.tenants:
            index = keyring.tenant(tenant, epoch).index
            table = self._guesses.get((index, tenant))
            if table is None:
                table = dict(zip(blind_indexes(index, self._wanted), self._wanted, strict=True))
                self._guesses[index, tenant] = table
            found |= {table[each] for each in loot.indexes & table.keys()}
        return found

    def _open_key(self, wrap: bytes, tenant: int, person: int, epoch: int, wrapped: bytes) -> bytes | None:
        place = (wrap, person, epoch, wrapped)
        if place not in self._opened:
            bound = (key_data(tenant, person, epoch, version) for version in _VERSIONS)
            self._opened[place] = _first(wrap, wrapped, bound)
        return self._opened[place]

    def _open_number(self, key: bytes, sealed: bytes, person: Person) -> bytes | None:
        place = (key, sealed, person)
        if place not in self._numbers:
            bound = (number_data(*person, version) for version in _VERSIONS)
            self._numbers[place] = _first(key, sealed, bound)
        return self._numbers[place]


def _first(key: bytes, sealed: bytes, bound: Iterable[bytes]) -> bytes | None:
    for data in bound:
        try:
            return open_sealed(key, sealed, data)
        except SealBrokenError:
            continue
    return None


def _ids(person: int) -> tuple[bytes, bytes]:
    """A person's id as SQLite writes it, and as PostgreSQL does."""
    return person.to_bytes(8, "big"), person.to_bytes(8, "little")


def _is_random(data: bytes, length: int) -> bool:
    """Whether bytes may be a ciphertext: it has as many high bytes as low ones, text has none."""
    return len(data) == length and len(data.translate(None, _LOW)) > length // 5


def _runs_of_digits(data: bytes) -> set[bytes]:
    runs = [*re.findall(rb"\d{12,}", data)]
    runs += [run.replace(b"\0", b"") for run in re.findall(rb"(?:\d\0){12,}", data)]
    runs += [b64decode(run) for run in re.findall(rb"[MNO][A-Za-z0-9+/]{15}", data)]
    return {run[at : at + DIGITS] for run in runs if run.isdigit() for at in range(len(run) - DIGITS + 1)}
