"""The vault: numbers go in sealed, and come out for a `Grant`, after the record of it is on disk.

The face is narrow: a handful of calls on plain values. Preparing (ciphers, hashes) happens before the transaction
and opening after it, so that the one writer, and the lock on a tenant's log, are held for the rows alone.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from sqlalchemy import bindparam, select, update

from tokenizer.audit.log import AuditLog, Receipt
from tokenizer.crypto.authority import Authority
from tokenizer.crypto.blind_index import blind_index, blind_indexes
from tokenizer.crypto.envelope import reseal, seal_batch
from tokenizer.crypto.keyring import Keyring
from tokenizer.crypto.opening import INLINE, Opener, Opening
from tokenizer.crypto.primitives import RandomBytes
from tokenizer.errors import KeyGoneError
from tokenizer.grant import Grant, Withheld, record_of
from tokenizer.storage.database import Brief, Database
from tokenizer.storage.fence import lock_fence, read_fence
from tokenizer.storage.rows import NumberRow, PersonKey, TokenRow, table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Conflict, Lookup, Row, Transaction
from tokenizer.token import mint_tokens

T = TypeVar("T")

_FEW: Final = 10
"""Up to this many rows are written in one go with what others write."""
_LEAVES_FOR_ONE: Final = 8
"""So many leaves are hashed in the time in which one number is sealed or opened."""

_EPOCH_2020: Final = 1_577_836_800_000
_KEY: Final = table_of(PersonKey)
_NUMBER: Final = table_of(NumberRow)

_SEALED_OF: Final = Lookup(
    "k.person_id, k.epoch, k.wrapped, k.version, n.sealed, "
    "(SELECT t.token FROM token t WHERE t.tenant_id = :tenant AND t.audience_id = :audience "
    "AND t.person_id = k.person_id), (SELECT h.destructions FROM audit_head h WHERE h.tenant_id = :tenant)",
    "{keys} CROSS JOIN person_key k CROSS JOIN number n "
    "WHERE k.tenant_id = :tenant AND k.person_id = keys.key "
    "AND n.tenant_id = :tenant AND n.person_id = k.person_id AND n.version = k.version",
    "bigint",
)
_PERSONS_BY_INDEX: Final = Lookup(
    "n.person_id, n.version",
    "{keys} CROSS JOIN number n WHERE n.tenant_id = :tenant AND n.blind_index = keys.key",
    "text",
)
_KEY_OF: Final = Statement(
    select(_KEY.c.epoch, _KEY.c.version, _KEY.c.wrapped)
    .where(_KEY.c.tenant_id == bindparam("tenant"), _KEY.c.person_id == bindparam("person"))
    .with_for_update()
)
_NEXT_VERSION: Final = Statement(
    update(_KEY)
    .where(_KEY.c.tenant_id == bindparam("tenant"), _KEY.c.person_id == bindparam("person"))
    .values(version=bindparam("new_version"), wrapped=bindparam("new_wrapped"))
)


@dataclass(frozen=True, slots=True)
class Sealed:
    """New persons' numbers, sealed and ready to store; `digits` are the numbers themselves. Prints nothing of them."""

    keys: list[Row]
    numbers: list[Row]
    digits: Sequence[bytes] = field(default=(), repr=False)

    def __repr__(self) -> str:
        return f"Sealed({len(self.keys)} numbers)"


@dataclass(frozen=True, slots=True)
class Revealed:
    """What a grant brought out: tokens and numbers in the grant's order, and where the log says so.

    `repr` shows none of it; the digits leave by `numbers` alone.
    """

    tokens: list[str | None]
    numbers: list[bytes]
    receipt: Receipt

    def __repr__(self) -> str:
        return f"Revealed({len(self.numbers)} numbers)"


Spend = Callable[[Transaction, Sequence[str | None]], Withheld | None]
"""What else a release takes, told the audience's token of each person; None where it has ended."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Persons of a grant whose number is no longer in the vault: nothing was released."""

    persons: list[int]


class Vault:
    """Seals, finds and releases numbers.

    Args:
        database: where the rows live.
        keyring: the keys, from a provider outside that database.
        origin: the start of the logs' names in their checkpoints; the tenant's id follows it.
        random_bytes: source of keys, nonces, tokens and ids.
    """

    def __init__(self, database: Database, keyring: Keyring, origin: str, random_bytes: RandomBytes) -> None:
        self.database = database
        self.keyring = keyring
        self.authority = Authority(keyring.authority_key())
        self.random_bytes = random_bytes
        self._origin = origin
        self._ids = threading.Lock()
        self._next_id = 0
        self._opener = Opener(keyring)

    def log(self, tenant: int) -> AuditLog:
        """The audit log of a tenant."""
        return AuditLog(tenant, f"{self._origin}/{tenant}", self.keyring.signer(tenant))

    def new_ids(self, count: int, now: int) -> range:
        """Ids for new rows: below 2**53, in order of time, and never the same twice from this vault.

        Another node may draw the same ones in the same millisecond; that is a conflict, and the next try is ahead.

        Args:
            count: how many.
            now: milliseconds since the epoch.
        """
        drawn = ((now - _EPOCH_2020) << 12) + int.from_bytes(self.random_bytes(2)) % 4096
        with self._ids:
            first = max(drawn, self._next_id)
            self._next_id = first + count
        return range(first, first + count)

    def seal(self, tenant: int, persons: Sequence[int], numbers: Sequence[bytes], now: int) -> Sealed:
        """Seal the numbers of new persons, each under a key of their own.

        Args:
            tenant: whose persons.
            persons: their ids.
            numbers: 12 ASCII digits each, checked, in the same order.
            now: milliseconds since the epoch.
        """
        epoch = self.keyring.current_epoch()
        keys = self.keyring.tenant(tenant, epoch)
        wrapped, sealed = seal_batch(keys.wrap, tenant, epoch, persons, numbers, self.random_bytes)
        indexes = blind_indexes(keys.index, numbers)
        of_tenant, first, of_epoch, at = ([value] * len(numbers) for value in (tenant, 1, epoch, now))
        return Sealed(
            list(zip(of_tenant, persons, of_epoch, first, wrapped, strict=True)),
            list(zip(of_tenant, persons, first, indexes, of_epoch, sealed, at, strict=True)),
            numbers,
        )

    def store(self, tx: Transaction, sealed: Sealed) -> None:
        """Insert what `seal` made, last before the record: from here on the tenant's other writers wait.

        Raises:
            Conflict: one of the numbers, under whichever epoch, or persons is already there; or the tenant has moved
                on to a newer epoch since, so seal again.
            KeyGoneError: the tenant has moved on to an epoch whose key this node does not have.
        """
        if not sealed.keys:
            return
        tx.insert(PersonKey, sealed.keys)
        tx.insert(NumberRow, sealed.numbers)
        tenant, _, epoch, *_ = sealed.keys[0]
        floor, swept = lock_fence(tx, tenant)
        if epoch < floor:
            self._refuse_stale_keys(floor)
            raise Conflict
        others = [other for other in self.keyring.epochs() if other >= swept and other != epoch]
        if self._holders(tx, tenant, sealed.digits, others):
            raise Conflict

    def mint(
        self, tenant: int, audience: int, persons: Sequence[int], now: int, *, sandbox: bool
    ) -> list[Row]:
        """Token rows for persons, as one audience is to name them. Store them with `store_tokens`."""
        tokens = mint_tokens(len(persons), sandbox=sandbox, random_bytes=self.random_bytes)
        of_tenant, of_audience, at = ([value] * len(tokens) for value in (tenant, audience, now))
        return list(zip(of_tenant, tokens, of_audience, persons, at, strict=True))

    def store_tokens(self, tx: Transaction, rows: Sequence[Row]) -> None:
        """Insert what `mint` made.

        Raises:
            Conflict: the audience already has a token for one of the persons.
        """
        tx.insert(TokenRow, rows)

    def holders(self, tx: Transaction, tenant: int, numbers: Sequence[bytes]) -> dict[bytes, tuple[int, int]]:
        """Who in this tenant already has one of these numbers, under any living epoch.

        Returns:
            number -> (person, version of that person's number).
        """
        swept = read_fence(tx, tenant).swept
        return self._holders(tx, tenant, numbers, [each for each in self.keyring.epochs() if each >= swept])

    def _holders(
        self, tx: Transaction, tenant: int, numbers: Sequence[bytes], epochs: Sequence[int]
    ) -> dict[bytes, tuple[int, int]]:
        found: dict[bytes, tuple[int, int]] = {}
        for epoch in epochs:
            keys = self.keyring.tenant(tenant, epoch)
            indexes = blind_indexes(keys.index, numbers)
            for pos, person, version in tx.match(_PERSONS_BY_INDEX, {"tenant": tenant}, indexes):
                found[numbers[pos]] = (person, version)
        return found

    def _refuse_stale_keys(self, floor: int) -> None:
        """Sealing again would be of no use where the newest key is missing.

        Raises:
            KeyGoneError: it is.
        """
        if self.keyring.current_epoch() < floor:
            raise KeyGoneError(
                f"この装置の鍵ディレクトリには世代{floor}の鍵がありません。"
                "全ての装置が同じ鍵ディレクトリを使うよう設定してください。何も登録されていません。",
                f"The key directory of this node lacks the key of epoch {floor}. Let all nodes use the same key "
                "directory. Nothing was stored.",
            )

    def change(self, tx: Transaction, tenant: int, person: int, number: bytes, now: int) -> int | None:
        """Put a changed number in force (番号法7条2項); the person's tokens stay.

        Returns:
            The new version, or None when the vault holds no number of this person.

        Raises:
            Conflict: the number is already there, under whichever living epoch.
        """
        lock_fence(tx, tenant)  # whoever stores the same number under another epoch comes before, or after
        row = tx.one(_KEY_OF, {"tenant": tenant, "person": person})
        if row is None:
            return None
        if self.holders(tx, tenant, [number]):
            raise Conflict
        epoch, version, wrapped = row
        keys = self.keyring.tenant(tenant, epoch)
        rewrapped, sealed = reseal(
            keys.wrap, tenant, person, epoch, wrapped, version, number, self.random_bytes
        )
        tx.insert(
            NumberRow,
            [(tenant, person, version + 1, blind_index(keys.index, number), epoch, sealed, now)],
        )
        place = {"tenant": tenant, "person": person}
        tx.run(_NEXT_VERSION, {**place, "new_version": version + 1, "new_wrapped": rewrapped})
        return int(version) + 1

    async def reveal(self, grant: Grant, spend: Spend) -> Revealed | Withheld | Missing:
        """Release the numbers a grant names: record first, on disk, then open.

        Args:
            grant: the proof that the use was allowed.
            spend: what must hold in the same transaction as the record: the tokens still name the persons, the
                one-time code is still unspent, the quotas have room. If it withholds, its leaves are recorded and
                nothing is released.

        Raises:
            StorageError: the record cannot be written; nothing was released.
            SealBrokenError: a stored number was altered; the record stands, no number leaves.
        """
        log = self.log(grant.tenant)
        record = await self.off_loop(len(grant.persons) // _LEAVES_FOR_ONE, lambda: record_of(grant))

        def work(tx: Transaction) -> tuple[list[str | None], Opening, Receipt] | Withheld | Missing:
            place = {"tenant": grant.tenant, "audience": grant.audience}
            rows = sorted(tx.match(_SEALED_OF, place, grant.persons))
            withheld = spend(tx, [row[-2] for row in rows])
            if withheld is not None:
                log.append(tx, withheld.leaves)
                return withheld
            if len(rows) != len(grant.persons):
                found = {row[1] for row in rows}
                raise _MissingNumbers([person for person in grant.persons if person not in found])
            receipt = log.append(tx, record)
            if rows and rows[0][-1] != receipt.destructions:
                raise _Overtaken
            opening = self._opener.of(grant.tenant, [row[1:-2] for row in rows])
            tx.meanwhile.append(opening.begin)
            return [row[-2] for row in rows], opening, receipt

        try:
            outcome = await self._attempt(grant, work)
        except _MissingNumbers as missing:
            return Missing(missing.persons)
        if not isinstance(outcome, tuple):
            return outcome
        tokens, opening, receipt = outcome
        return Revealed(tokens, await self._open(opening), receipt)

    async def _open(self, opening: Opening) -> list[bytes]:
        return await opening.numbers()

    async def _attempt(self, grant: Grant, work: Callable[[Transaction], T]) -> T:
        """Run a release, again if keys were destroyed between its reading them and its place in the queue."""
        brief = Brief(work) if len(grant.persons) <= _FEW else work
        while True:
            try:
                return await self.database.write(grant.tenant, brief)
            except _Overtaken:
                continue

    async def off_loop(self, size: int, work: Callable[[], T]) -> T:
        """Do a computation here if it is small, on a thread if `size` numbers make it long."""
        return work() if size <= INLINE else await asyncio.to_thread(work)


class _MissingNumbers(Exception):  # noqa: N818 - undoes the transaction, and becomes the value `Missing`
    def __init__(self, persons: list[int]) -> None:
        self.persons = persons


class _Overtaken(Exception):  # noqa: N818 - undoes the transaction, which then is run again
    pass
