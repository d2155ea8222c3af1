"""The vault: what goes in comes out for a grant, after the record, and in no other way."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.support.numbers import synthetic_numbers
from tests.support.tamper import change, rows, value
from tokenizer.audit.action import Action, Outcome
from tokenizer.audit.entry import Entry
from tokenizer.audit.log import leaves
from tokenizer.audit.note import VerifierKey
from tokenizer.crypto.keyring import Keyring
from tokenizer.crypto.opening import INLINE, Opening
from tokenizer.crypto.primitives import system_random
from tokenizer.errors import KeyGoneError, SealBrokenError, StorageError
from tokenizer.grant import Grant, Withheld
from tokenizer.providers.file import FileKeyProvider
from tokenizer.storage.database import Database, Work
from tokenizer.storage.fence import raise_floor, raise_swept
from tokenizer.storage.transaction import Conflict, Transaction
from tokenizer.vault import Missing, Revealed, Sealed, Vault
from warifu.audit import verify_log

T = TypeVar("T")

TENANT, OTHER, AUDIENCE = 7, 8, 3
NOW = 1_800_000_000_000
MANY = INLINE + 1
MANY_NUMBERS = [number.encode() for number in synthetic_numbers(MANY)]
NUMBERS = MANY_NUMBERS[:12]
ZEROS = [number.encode() for number in ("000000000019", "000000001007", "010000000003")]


@pytest.fixture
def provider(tmp_path: Path) -> FileKeyProvider:
    return FileKeyProvider.create(tmp_path / "keys", "test-vault", now_ms=0)


class WatchedVault(Vault):
    """A vault that counts how often it opened something."""

    opened = 0

    async def _open(self, opening: Opening) -> list[bytes]:
        self.opened += 1
        return await super()._open(opening)


@pytest.fixture
async def vault(database: Database, provider: FileKeyProvider) -> WatchedVault:
    made = WatchedVault(database, Keyring(provider), "warifu.example/log", system_random)
    for tenant in (TENANT, OTHER):
        await database.write(tenant, made.log(tenant).create)
    return made


def grant(persons: Sequence[int], tenant: int = TENANT, approver: str | None = None) -> Grant:
    return Grant(
        tenant=tenant,
        audience=AUDIENCE,
        persons=persons,
        purpose="TAX_GENSEN",
        use="use_1",
        reason="年末調整",
        human="tanaka",
        approver=approver,
        client="payroll",
        rule="statutory-use",
        request=None,
        at=NOW,
    )


def freely(tx: Transaction, tokens: Sequence[str | None]) -> None:
    """Nothing more to spend."""


async def store(
    vault: Vault, persons: Sequence[int], numbers: Sequence[bytes] = NUMBERS, tenant: int = TENANT
) -> None:
    sealed = vault.seal(tenant, persons, numbers[: len(persons)], NOW)
    await vault.database.write(tenant, lambda tx: vault.store(tx, sealed))


async def change_to(vault: Vault, person: int, number: bytes) -> int | None:
    return await vault.database.write(TENANT, lambda tx: vault.change(tx, TENANT, person, number, NOW))


async def numbers_of(vault: Vault, persons: Sequence[int], tenant: int = TENANT) -> list[bytes]:
    revealed = await vault.reveal(grant(persons, tenant), freely)
    assert isinstance(revealed, Revealed), revealed
    return revealed.numbers


async def log_size(vault: Vault, tenant: int = TENANT) -> int:
    return (await vault.database.read(tenant, vault.log(tenant).head))[0]


async def logged(vault: Vault, tenant: int = TENANT) -> list[Entry]:
    found = await rows(
        vault.database,
        tenant,
        "SELECT entry FROM audit_leaf WHERE tenant_id = :own ORDER BY leaf_index",
        own=tenant,
    )
    return [Entry.from_bytes(row[0]) for row in found]


# --- what goes in comes out


async def test_numbers_come_out_in_the_order_of_the_grant_with_every_leading_zero(
    vault: WatchedVault,
) -> None:
    await store(vault, range(12))
    await store(vault, [20, 21, 22], ZEROS)
    wanted = [21, 3, 11, 22, 0, 20]
    assert await numbers_of(vault, wanted) == [
        ZEROS[1],
        NUMBERS[3],
        NUMBERS[11],
        ZEROS[2],
        NUMBERS[0],
        ZEROS[0],
    ]


async def test_a_large_batch_comes_out_whole(vault: WatchedVault) -> None:
    numbers = [number.encode() for number in synthetic_numbers(700, seed=5)]
    await store(vault, range(700), numbers)
    assert await numbers_of(vault, range(699, -1, -1)) == numbers[::-1]


async def test_a_release_is_recorded_leaf_by_leaf_with_who_what_why_and_for_whom(vault: WatchedVault) -> None:
    await store(vault, range(3))
    revealed = await vault.reveal(grant([2, 0], approver="suzuki"), freely)
    assert isinstance(revealed, Revealed)
    assert (revealed.receipt.first_index, revealed.receipt.count) == (0, 2)
    first, second = await logged(vault)
    assert (first.person, second.person) == (2, 0)
    assert (first.action, first.outcome) == (Action.NUMBER_RELEASE, Outcome.ALLOWED)
    assert (first.human, first.client, first.purpose, first.use) == (
        "tanaka",
        "payroll",
        "TAX_GENSEN",
        "use_1",
    )
    assert (first.reason, first.rule, first.at) == ("年末調整", "statutory-use", NOW)
    assert dict(first.detail) == {"approver": "suzuki"}


async def test_nothing_of_a_number_prints_or_stands_in_the_record(vault: WatchedVault) -> None:
    await store(vault, range(2))
    revealed = await vault.reveal(grant([0, 1]), freely)
    stored = await rows(vault.database, TENANT, "SELECT entry FROM audit_leaf")
    for number in NUMBERS[:2]:
        assert number.decode() not in repr(revealed) + str(revealed)
        assert not any(number in row[0] for row in stored)


async def test_one_person_missing_releases_nobody_and_records_nothing(vault: WatchedVault) -> None:
    await store(vault, range(3))
    assert await vault.reveal(grant([0, 9, 1, 8]), freely) == Missing([9, 8])
    assert (vault.opened, await log_size(vault)) == (0, 0)


async def test_a_person_of_another_tenant_is_missing(vault: WatchedVault) -> None:
    await store(vault, range(2), tenant=OTHER)
    assert await vault.reveal(grant([0, 1]), freely) == Missing([0, 1])
    assert await numbers_of(vault, [1], OTHER) == [NUMBERS[1]]


# --- the record comes first


async def test_a_release_that_is_withheld_leaves_its_record_and_opens_nothing(vault: WatchedVault) -> None:
    await store(vault, range(2))
    refused = Entry(at=NOW, action=Action.NUMBER_REFUSE, outcome=Outcome.DENIED, rule="quota-human")
    withheld = Withheld("quota-human", leaves([refused.to_bytes()]))
    assert await vault.reveal(grant([0]), lambda tx, tokens: withheld) is withheld
    assert await logged(vault) == [refused]
    assert vault.opened == 0


async def test_whatever_goes_wrong_while_spending_opens_nothing(vault: WatchedVault) -> None:
    await store(vault, range(2))

    def fails(tx: Transaction, tokens: Sequence[str | None]) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await vault.reveal(grant([0]), fails)
    assert (vault.opened, await log_size(vault)) == (0, 0)


async def test_without_a_log_to_write_to_no_number_is_opened(vault: WatchedVault) -> None:
    await store(vault, range(2))
    await change(vault.database, TENANT, "DELETE FROM audit_head")
    with pytest.raises(LookupError):
        await vault.reveal(grant([0]), freely)
    assert vault.opened == 0


async def test_a_record_that_collides_with_one_that_is_there_opens_nothing(vault: WatchedVault) -> None:
    await store(vault, range(2))
    await numbers_of(vault, [0])
    await change(
        vault.database,
        TENANT,
        "UPDATE audit_head SET size = 0, frontier = :none WHERE tenant_id = :own",
        none=b"",
        own=TENANT,
    )
    vault.opened = 0
    with pytest.raises(Conflict):
        await vault.reveal(grant([1]), freely)
    assert vault.opened == 0


class LosesCommits:
    """A database that does all the work and then cannot commit it."""

    def __init__(self, inner: Database) -> None:
        self.backend = inner.backend
        self._inner = inner

    async def write(self, tenant: int, work: Work[T]) -> T:
        def undone(tx: Transaction) -> T:
            work(tx)
            raise StorageError("満杯", "full")

        return await self._inner.write(tenant, undone)

    async def read(self, tenant: int, work: Work[T]) -> T:
        return await self._inner.read(tenant, work)

    def pages(self, tenant: int) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._inner.pages(tenant)

    async def close(self) -> None:
        await self._inner.close()


@pytest.mark.parametrize("count", [2, MANY])
async def test_a_record_that_does_not_commit_opens_nothing(
    vault: WatchedVault, provider: FileKeyProvider, count: int
) -> None:
    await store(vault, range(count), MANY_NUMBERS)
    losing = WatchedVault(
        LosesCommits(vault.database), Keyring(provider), "warifu.example/log", system_random
    )
    with pytest.raises(StorageError):
        await losing.reveal(grant(range(count)), freely)
    assert (losing.opened, await log_size(vault)) == (0, 0)
    assert await numbers_of(vault, range(count)) == MANY_NUMBERS[:count]
    assert vault.opened == 1


async def test_sixteen_releases_at_once_leave_a_gapless_log_under_its_checkpoint(vault: WatchedVault) -> None:
    await store(vault, range(12))
    wanted = [[row % 12, (row + 5) % 12, (row + 7) % 12] for row in range(16)]
    released = await asyncio.gather(*(vault.reveal(grant(persons), freely) for persons in wanted))
    for persons, revealed in zip(wanted, released, strict=True):
        assert isinstance(revealed, Revealed)
        assert revealed.numbers == [NUMBERS[person] for person in persons]
    found = await rows(vault.database, TENANT, "SELECT leaf_index, entry FROM audit_leaf ORDER BY leaf_index")
    assert [row[0] for row in found] == list(range(48))
    size, note = await vault.database.read(TENANT, vault.log(TENANT).head)
    key = VerifierKey(f"warifu.example/log/{TENANT}", vault.keyring.signer(TENANT).public)
    assert verify_log([row[1] for row in found], note, str(key)).size == size == 48


# --- rows that somebody moved or changed

COPY = (
    "UPDATE {table} SET {column} = (SELECT {column} FROM {table} AS o WHERE o.tenant_id = 7 AND o.person_id = 2) "
    "WHERE tenant_id = 7 AND person_id = 1"
)
TAMPERED = {
    "another person's wrapped key": COPY.format(table="person_key", column="wrapped"),
    "another person's sealed number": COPY.format(table="number", column="sealed"),
    "another epoch": "UPDATE person_key SET epoch = 2 WHERE person_id = 1",
    "another version of row and key": "UPDATE {table} SET version = 2 WHERE person_id = 1",
    "a wrapped key of zeros": "UPDATE person_key SET wrapped = :zeros WHERE person_id = 1",
    "a sealed number of zeros": "UPDATE number SET sealed = :zeros WHERE person_id = 1",
    "an empty wrapped key": "UPDATE person_key SET wrapped = :empty WHERE person_id = 1",
    "an empty sealed number": "UPDATE number SET sealed = :empty WHERE person_id = 1",
}


@pytest.mark.parametrize("sql", TAMPERED.values(), ids=TAMPERED.keys())
async def test_a_row_that_was_tampered_with_is_refused_and_the_record_stands(
    vault: WatchedVault, provider: FileKeyProvider, sql: str
) -> None:
    await store(vault, range(4))
    provider.create_epoch(2, 1)
    for table in ("person_key", "number") if "{table}" in sql else ("",):
        named = {"zeros": bytes(60), "empty": b""}
        params = {name: held for name, held in named.items() if f":{name}" in sql}
        assert await change(vault.database, TENANT, sql.format(table=table), **params) == 1
    with pytest.raises(SealBrokenError):
        await vault.reveal(grant([0, 1, 3]), freely)
    assert [entry.person for entry in await logged(vault)] == [0, 1, 3]
    assert await numbers_of(vault, [0, 3]) == [NUMBERS[0], NUMBERS[3]]


@pytest.mark.parametrize("tables", [("number",), ("person_key",), ("number", "person_key")])
async def test_persons_whose_rows_were_exchanged_are_refused(
    vault: WatchedVault, tables: tuple[str, ...]
) -> None:
    await store(vault, [1, 2])
    for table in tables:
        for old, new in ((1, 99), (2, 1), (99, 2)):
            await change(
                vault.database,
                TENANT,
                f"UPDATE {table} SET person_id = {new} WHERE tenant_id = 7 AND person_id = {old}",  # noqa: S608 - constants
            )
    for person in (1, 2):
        with pytest.raises(SealBrokenError):
            await vault.reveal(grant([person]), freely)


@pytest.mark.parametrize("whole", [True, False])
async def test_rows_copied_from_another_tenant_are_refused(vault: WatchedVault, whole: bool) -> None:
    await store(vault, [1], tenant=OTHER)
    await store(vault, [1], NUMBERS[1:])
    for table, columns in (("person_key", "wrapped"), ("number", "sealed")):
        if not whole and table == "person_key":
            continue
        stolen = await value(
            vault.database,
            OTHER,
            f"SELECT {columns} FROM {table} WHERE tenant_id = 8",  # noqa: S608 - constants
        )
        await change(
            vault.database,
            TENANT,
            f"UPDATE {table} SET {columns} = :stolen WHERE tenant_id = 7",  # noqa: S608 - constants
            stolen=stolen,
        )
    with pytest.raises(SealBrokenError):
        await vault.reveal(grant([1]), freely)


async def test_a_version_that_is_not_there_is_missing(vault: WatchedVault) -> None:
    await store(vault, [1])
    await change(vault.database, TENANT, "UPDATE person_key SET version = 2")
    assert await vault.reveal(grant([1]), freely) == Missing([1])


async def test_the_number_before_a_change_is_not_brought_back_by_its_version(vault: WatchedVault) -> None:
    await store(vault, [1])
    await change_to(vault, 1, NUMBERS[5])
    await change(vault.database, TENANT, "UPDATE person_key SET version = 1")
    with pytest.raises(SealBrokenError):
        await vault.reveal(grant([1]), freely)


# --- changed numbers


async def test_a_changed_number_takes_the_place_of_the_old_one(vault: WatchedVault) -> None:
    await store(vault, [1, 2])
    assert await change_to(vault, 1, NUMBERS[5]) == 2
    assert await change_to(vault, 1, ZEROS[0]) == 3
    assert await numbers_of(vault, [1, 2]) == [ZEROS[0], NUMBERS[1]]


async def test_a_person_without_a_number_has_none_to_change(vault: WatchedVault) -> None:
    assert await change_to(vault, 1, NUMBERS[0]) is None


async def test_a_number_that_is_there_is_not_taken_twice_by_a_change(vault: WatchedVault) -> None:
    await store(vault, [1, 2])
    with pytest.raises(Conflict):
        await change_to(vault, 1, NUMBERS[1])
    assert await numbers_of(vault, [1, 2]) == NUMBERS[:2]


async def test_a_number_sealed_under_another_epoch_is_not_taken_twice_by_a_change(
    vault: WatchedVault, provider: FileKeyProvider
) -> None:
    await store(vault, [1])
    provider.create_epoch(2, 1)
    await store(vault, [2], NUMBERS[1:])
    with pytest.raises(Conflict):
        await change_to(vault, 2, NUMBERS[0])
    assert await numbers_of(vault, [1, 2]) == NUMBERS[:2]


# --- duplicates and epochs


async def test_the_same_number_is_not_stored_twice_in_a_tenant(vault: WatchedVault) -> None:
    await store(vault, [1])
    with pytest.raises(Conflict):
        await store(vault, [2])
    await store(vault, [2], tenant=OTHER)
    assert await numbers_of(vault, [2], OTHER) == NUMBERS[:1]


async def holders(
    vault: Vault, numbers: Sequence[bytes], tenant: int = TENANT
) -> dict[bytes, tuple[int, int]]:
    return await vault.database.read(tenant, lambda tx: vault.holders(tx, tenant, numbers))


async def test_whoever_holds_a_number_is_found_under_every_living_epoch(
    vault: WatchedVault, provider: FileKeyProvider
) -> None:
    await store(vault, [1, 2])
    provider.create_epoch(2, 1)
    await store(vault, [3], NUMBERS[2:])
    await change_to(vault, 2, NUMBERS[7])
    found = await holders(vault, NUMBERS)
    assert found == {
        NUMBERS[0]: (1, 1),
        NUMBERS[1]: (2, 1),
        NUMBERS[2]: (3, 1),
        NUMBERS[7]: (2, 2),
    }
    assert await holders(vault, NUMBERS, OTHER) == {}


async def test_new_persons_go_under_the_new_epoch_and_old_ones_are_still_released(
    vault: WatchedVault, provider: FileKeyProvider
) -> None:
    await store(vault, [1])
    provider.create_epoch(2, 1)
    await store(vault, [2], NUMBERS[1:])
    assert await rows(vault.database, TENANT, "SELECT epoch FROM person_key ORDER BY person_id") == [
        (1,),
        (2,),
    ]
    assert await numbers_of(vault, [2, 1]) == [NUMBERS[1], NUMBERS[0]]


async def test_a_changed_number_stays_under_the_person_s_epoch(
    vault: WatchedVault, provider: FileKeyProvider
) -> None:
    await store(vault, [1])
    provider.create_epoch(2, 1)
    await change_to(vault, 1, NUMBERS[4])
    assert await numbers_of(vault, [1]) == [NUMBERS[4]]
    assert await rows(vault.database, TENANT, "SELECT epoch FROM number ORDER BY version") == [(1,), (1,)]


async def test_what_a_destroyed_epoch_sealed_is_gone_and_the_rest_is_not(
    vault: WatchedVault, provider: FileKeyProvider
) -> None:
    await store(vault, [1])
    provider.create_epoch(2, 1)
    await store(vault, [2], NUMBERS[1:])
    assert await numbers_of(vault, [1]) == NUMBERS[:1]
    provider.destroy_epoch(1)
    with pytest.raises(KeyGoneError):
        await vault.reveal(grant([2, 1]), freely)
    assert await numbers_of(vault, [2]) == NUMBERS[1:2]
    assert await holders(vault, NUMBERS) == {NUMBERS[1]: (2, 1)}


# --- writers that are not of one mind about the epoch


async def fenced(vault: Vault, floor: int, swept: int = 0) -> None:
    def work(tx: Transaction) -> None:
        raise_floor(tx, TENANT, floor)
        raise_swept(tx, TENANT, swept)

    await vault.database.write(TENANT, work)


async def test_a_number_that_was_sealed_before_its_tenant_moved_on_is_turned_away_and_sealed_again(
    vault: WatchedVault, provider: FileKeyProvider
) -> None:
    late = vault.seal(TENANT, [1], NUMBERS[:1], NOW)
    provider.create_epoch(2, 1)
    await fenced(vault, 2)
    with pytest.raises(Conflict):
        await vault.database.write(TENANT, lambda tx: vault.store(tx, late))
    await store(vault, [1])
    assert await numbers_of(vault, [1]) == NUMBERS[:1]


async def test_a_node_without_the_newest_key_says_so_and_stores_nothing(vault: WatchedVault) -> None:
    await fenced(vault, 2)
    with pytest.raises(KeyGoneError, match="epoch 2"):
        await store(vault, [1])
    assert await rows(vault.database, TENANT, "SELECT * FROM number") == []


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_one_number_is_not_stored_under_two_epochs_whichever_comes_first(
    vault: WatchedVault, provider: FileKeyProvider, order: tuple[int, int]
) -> None:
    old = vault.seal(TENANT, [1], NUMBERS[:1], NOW)
    provider.create_epoch(2, 1)
    both = [old, vault.seal(TENANT, [2], NUMBERS[:1], NOW)]
    first, second = (both[place] for place in order)
    await vault.database.write(TENANT, lambda tx: vault.store(tx, first))
    with pytest.raises(Conflict):
        await vault.database.write(TENANT, lambda tx: vault.store(tx, second))


async def test_of_two_who_store_a_number_at_once_under_two_epochs_one_is_turned_away(
    vault: WatchedVault, provider: FileKeyProvider
) -> None:
    old = [vault.seal(TENANT, [person], [number], NOW) for person, number in enumerate(NUMBERS)]
    provider.create_epoch(2, 1)
    new = [vault.seal(TENANT, [100 + person], [number], NOW) for person, number in enumerate(NUMBERS)]

    async def stored(sealed: Sealed) -> bool:
        try:
            await vault.database.write(TENANT, lambda tx: vault.store(tx, sealed))
        except Conflict:
            return False
        return True

    for one, other in zip(old, new, strict=True):
        assert sorted(await asyncio.gather(stored(one), stored(other))) == [False, True]


async def test_a_tenant_that_was_swept_is_searched_under_the_epochs_from_there_on(
    vault: WatchedVault, provider: FileKeyProvider
) -> None:
    await store(vault, [1])
    provider.create_epoch(2, 1)
    await fenced(vault, 2, swept=2)
    assert await holders(vault, NUMBERS) == {}
    await fenced(vault, 2, swept=1)
    assert await holders(vault, NUMBERS) == {}, "neither goes down again"


def test_what_is_ready_to_store_prints_neither_number_nor_index(vault: WatchedVault) -> None:
    sealed = vault.seal(TENANT, [1], NUMBERS[:1], NOW)
    assert f"{sealed}" == f"{sealed!r}" == "Sealed(1 numbers)"


# --- ids and tokens


def test_ids_are_never_drawn_twice_however_many_come_in_one_moment(vault: WatchedVault) -> None:
    drawn = [vault.new_ids(count, NOW) for count in (1, 10_000, 1, 500, 10_000, 3)]
    everything = [identity for batch in drawn for identity in batch]
    assert len(set(everything)) == len(everything)
    assert max(everything) < 2**53


def test_ids_grow_with_time(vault: WatchedVault) -> None:
    drawn = [vault.new_ids(1, now)[0] for now in (NOW, NOW + 10, NOW + 5_000)]
    assert drawn == sorted(drawn)


async def test_each_audience_has_tokens_of_its_own(vault: WatchedVault) -> None:
    await store(vault, [1, 2])
    ours, theirs = (vault.mint(TENANT, audience, [1, 2], NOW, sandbox=False) for audience in (3, 4))
    await vault.database.write(TENANT, lambda tx: vault.store_tokens(tx, [*ours, *theirs]))
    assert len({row[1] for row in [*ours, *theirs]}) == 4
    with pytest.raises(Conflict):
        await vault.database.write(
            TENANT, lambda tx: vault.store_tokens(tx, vault.mint(TENANT, 3, [1], NOW, sandbox=False))
        )


def test_tokens_of_a_sandbox_say_so(vault: WatchedVault) -> None:
    assert vault.mint(TENANT, 3, [1], NOW, sandbox=True)[0][1].startswith("wft_test_")
    assert not vault.mint(TENANT, 3, [1], NOW, sandbox=False)[0][1].startswith("wft_test_")
