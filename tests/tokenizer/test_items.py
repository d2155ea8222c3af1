"""Sealed items: recorded before they open, gone with the person's key, and a number that comes in through one."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.epochs import OTHER, TENANT, Keep
from tests.support.faults import Fate, FatefulDatabase, Killed
from tests.support.numbers import synthetic_numbers
from tests.support.tamper import change, rows, value
from tokenizer.audit.action import Action, Outcome
from tokenizer.audit.entry import Entry, entry_batch
from tokenizer.audit.log import Leaves, leaves
from tokenizer.crypto.items import HeldItem, HeldKey, open_items
from tokenizer.errors import SealBrokenError
from tokenizer.items import (
    NUMBER,
    Refused,
    Shown,
    Taken,
    begin_person,
    bury_items,
    open_recorded,
    register_item,
    seal_item,
)
from tokenizer.storage.database import Database
from tokenizer.storage.transaction import Conflict, Transaction
from tokenizer.vault import Vault

FIRST, SECOND, THIRD = (number.encode() for number in synthetic_numbers(3, seed=71))
PERSON = 41


@pytest.fixture
async def keep(database: Database, tmp_path: Path, clock: FakeClock) -> Keep:
    return await Keep.make(database, tmp_path / "keys", clock)


async def begin(keep: Keep, person: int = PERSON) -> None:
    await keep.vault.database.write(TENANT, lambda tx: begin_person(keep.vault, tx, TENANT, person))


async def put(keep: Keep, content: bytes, item: int, kind: str = "image", person: int = PERSON) -> bool:
    def work(tx: Transaction) -> bool:
        keep.vault.log(TENANT).lock(tx)
        return seal_item(keep.vault, tx, TENANT, person, kind, item, content, keep.clock())

    return await keep.vault.database.write(TENANT, work)


async def register(keep: Keep, item: int, person: int = PERSON) -> int | Taken | None:
    def work(tx: Transaction) -> int | Taken | None:
        keep.vault.log(TENANT).lock(tx)
        return register_item(keep.vault, tx, TENANT, person, item, keep.clock())

    return await keep.vault.database.write(TENANT, work)


async def bury(keep: Keep, items: Sequence[int], person: int = PERSON) -> int:
    def work(tx: Transaction) -> int:
        keep.vault.log(TENANT).lock(tx)
        return bury_items(keep.vault, tx, TENANT, person, items)

    return await keep.vault.database.write(TENANT, work)


def record(person: int = PERSON) -> Leaves:
    entry = Entry(at=1, action=Action.RECORD_READ, outcome=Outcome.ALLOWED, human="sato")
    return leaves(entry_batch(entry, [person]), [person])


def freely(tx: Transaction) -> None:
    """Nothing stands against it."""


async def opened(
    keep: Keep, items: Sequence[int], vault: Vault | None = None, person: int = PERSON
) -> Shown | Refused[str] | None:
    return await open_recorded(vault or keep.vault, TENANT, person, items, record(person), freely)


async def contents(keep: Keep, *items: int, person: int = PERSON) -> list[bytes]:
    shown = await opened(keep, items, person=person)
    assert isinstance(shown, Shown)
    return shown.contents


async def size(keep: Keep) -> int:
    return (await keep.vault.database.read(TENANT, keep.vault.log(TENANT).head))[0]


# --- what goes in comes out, after the record


async def test_items_come_out_in_the_order_asked_for_each_time_after_a_leaf(keep: Keep) -> None:
    await begin(keep)
    assert await put(keep, b"front", 1)
    assert await put(keep, FIRST, 2, NUMBER)
    assert await contents(keep, 2, 1) == [FIRST, b"front"]
    assert await contents(keep, 1) == [b"front"]
    assert await size(keep) == 2


async def test_nobody_without_a_key_has_items(keep: Keep) -> None:
    assert not await put(keep, b"front", 1)
    assert await opened(keep, [1]) is None
    assert await size(keep) == 0


async def test_beginning_again_keeps_the_key(keep: Keep) -> None:
    await begin(keep)
    await put(keep, b"front", 1)
    await begin(keep)
    assert await contents(keep, 1) == [b"front"]


async def test_without_every_item_nothing_opens_and_nothing_is_recorded(keep: Keep) -> None:
    await begin(keep)
    await put(keep, b"front", 1)
    assert await opened(keep, [1, 2]) is None
    assert await opened(keep, [1], person=PERSON + 1) is None
    assert await size(keep) == 0


async def test_whoever_is_refused_sees_nothing_and_the_refusal_is_all_that_is_written(keep: Keep) -> None:
    await begin(keep)
    await put(keep, b"front", 1)
    answer = await open_recorded(keep.vault, TENANT, PERSON, [1], record(), lambda tx: "not yours")
    assert answer == Refused("not yours")
    assert await size(keep) == 0


async def test_killed_at_any_step_an_item_was_not_seen_unless_its_leaf_is_on_disk(keep: Keep) -> None:
    await begin(keep)
    await put(keep, b"front", 1)
    for step in range(20):
        fateful = FatefulDatabase(keep.vault.database, Fate(at=step))
        vault = Vault(fateful, keep.vault.keyring, keep.vault._origin, keep.vault.random_bytes)
        before = await size(keep)
        try:
            assert isinstance(await opened(keep, [1], vault), Shown)
        except Killed:
            continue
        assert await size(keep) == before + 1
        return
    raise AssertionError("it never came through")


async def test_what_is_shown_does_not_print(keep: Keep) -> None:
    await begin(keep)
    await put(keep, FIRST, 1, NUMBER)
    shown = await opened(keep, [1])
    assert FIRST.decode() not in repr(shown)
    stored = await rows(keep.vault.database, TENANT, "SELECT entry FROM audit_leaf")
    assert not any(FIRST in row[0] for row in stored)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE sealed_item SET kind = 'number' WHERE tenant_id = :own AND item_id = 1",
        "UPDATE sealed_item SET item_id = 3 WHERE tenant_id = :own AND item_id = 1",
        "UPDATE person_key SET version = 1 WHERE tenant_id = :own",
        "UPDATE person_key SET epoch = 1 WHERE tenant_id = :own",
    ],
)
async def test_a_row_that_was_altered_does_not_open(keep: Keep, sql: str) -> None:
    await keep.roll()
    await begin(keep)
    await put(keep, b"front", 1)
    await change(keep.vault.database, TENANT, sql, own=TENANT)
    with pytest.raises(SealBrokenError):
        await opened(keep, [3 if "item_id = 3" in sql else 1])


# --- a number comes in


async def test_the_first_number_is_version_1_and_a_changed_one_the_next(keep: Keep) -> None:
    await begin(keep)
    for item, number in ((1, FIRST), (2, SECOND)):
        await put(keep, number, item, NUMBER)
        assert await register(keep, item) == item
    keep.held[TENANT, PERSON] = SECOND
    await keep.assert_whole()
    assert await contents(keep, 1, 2) == [FIRST, SECOND]


async def test_a_number_that_somebody_has_is_not_registered_and_who_is_told(keep: Keep) -> None:
    (other,) = await keep.fill(1, seed=72)
    await begin(keep)
    await put(keep, keep.held[TENANT, other], 1, NUMBER)
    assert await register(keep, 1) == Taken(other)
    await put(keep, FIRST, 2, NUMBER)
    assert await register(keep, 2) == 1
    assert await register(keep, 2) == Taken(PERSON)


async def test_only_a_number_is_registered(keep: Keep) -> None:
    await begin(keep)
    await put(keep, b"front", 1)
    assert await register(keep, 1) is None
    assert await register(keep, 2) is None
    assert await register(keep, 1, PERSON + 1) is None


async def test_a_begun_person_has_no_number_to_release_and_is_none_of_the_holders(keep: Keep) -> None:
    await begin(keep)
    await put(keep, FIRST, 1, NUMBER)
    found = await keep.vault.database.read(TENANT, lambda tx: keep.vault.holders(tx, TENANT, [FIRST]))
    assert found == {}
    sealed = keep.vault.seal(TENANT, [PERSON], [FIRST], keep.clock())
    with pytest.raises(Conflict):
        await keep.vault.database.write(TENANT, lambda tx: keep.vault.store(tx, sealed))


# --- and goes


async def test_the_key_of_somebody_without_a_number_goes_with_the_last_item(keep: Keep) -> None:
    await begin(keep)
    await put(keep, b"front", 1)
    await put(keep, b"back", 2)
    assert await bury(keep, [1]) == 1
    assert await contents(keep, 2) == [b"back"]
    assert await bury(keep, [1, 2]) == 1
    assert await value(keep.vault.database, TENANT, "SELECT count(*) FROM person_key") == 0
    assert await bury(keep, [2]) == 0


async def old_copy(keep: Keep, item: int) -> tuple[HeldKey, HeldItem]:
    """What somebody has who copied the rows of a person."""
    key = "SELECT epoch, version, wrapped FROM person_key WHERE tenant_id = :own AND person_id = :person"
    box = "SELECT item_id, kind, sealed FROM sealed_item WHERE tenant_id = :own AND item_id = :item"
    (held,) = await rows(keep.vault.database, TENANT, key, own=TENANT, person=PERSON)
    (found,) = await rows(keep.vault.database, TENANT, box, own=TENANT, item=item)
    return HeldKey._make(held), HeldItem._make(found)


def opens(keep: Keep, held: HeldKey, item: HeldItem) -> bool:
    """Whether any living epoch brings an item out."""
    for epoch in keep.provider.epoch_numbers():
        wrap = keep.vault.keyring.tenant(TENANT, epoch).wrap
        try:
            open_items(wrap, TENANT, PERSON, held, [item])
        except SealBrokenError:
            continue
        return True
    return False


@pytest.mark.parametrize("numbered", [False, True])
async def test_an_old_copy_of_a_buried_item_opens_until_its_epoch_is_destroyed_and_then_never(
    keep: Keep, numbered: bool
) -> None:
    await begin(keep)
    await put(keep, FIRST, 1, NUMBER)
    await put(keep, b"stays", 2)
    if numbered:
        assert await register(keep, 1) == 1
        keep.held[TENANT, PERSON] = FIRST
    held, item = await old_copy(keep, 1)
    assert await bury(keep, [1]) == 1
    assert opens(keep, held, item)
    now, stays = await old_copy(keep, 2)
    assert not opens(keep, now, item), "the key of today opens nothing that was buried"

    await keep.roll()
    assert (await keep.sweep()).done
    keep.clock.advance(minutes=61)
    await keep.destroy(1)

    assert not opens(keep, held, item)
    assert not opens(keep, (await old_copy(keep, 2))[0], item)
    assert opens(keep, *await old_copy(keep, 2))
    assert not opens(keep, now, stays)
    await keep.assert_whole()


async def test_an_epoch_that_the_key_of_somebody_without_a_number_needs_is_counted(keep: Keep) -> None:
    await begin(keep)
    await put(keep, b"front", 1)
    await keep.roll()
    assert dict(await keep.epochs_of_rows()) == {1: 1}
    assert (await keep.sweep()).moved == 1
    assert dict(await keep.epochs_of_rows()) == {2: 1}
    assert await contents(keep, 1) == [b"front"]


async def test_the_same_person_of_another_tenant_has_other_items(keep: Keep) -> None:
    await begin(keep)
    await put(keep, b"front", 1)
    answer = await open_recorded(keep.vault, OTHER, PERSON, [1], record(), freely)
    assert answer is None
