"""Sealed items: what is kept under a person's key beside the number, or before there is one.

Everything here happens in a transaction that has locked the tenant's log, but opening: there the record is written
first, in a transaction of its own, and only once it is on disk does an item open.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from sqlalchemy import bindparam, delete, select, update

from tokenizer.audit.log import Leaves, Receipt
from tokenizer.crypto.items import HeldItem, HeldKey, HeldNumber, begin_keys, open_items, rekey
from tokenizer.crypto.items import seal_item as seal_under
from tokenizer.storage.rows import NumberRow, PersonKey, SealedItem, table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction
from tokenizer.vault import Sealed, Vault

T = TypeVar("T")

NUMBER: Final = "number"
"""The kind of an item that is a number which is not registered yet: 12 ASCII digits, checked."""

_KEY: Final = table_of(PersonKey)
_ITEM: Final = table_of(SealedItem)
_NUMBER: Final = table_of(NumberRow)
_OF_KEY: Final = (_KEY.c.tenant_id == bindparam("tenant"), _KEY.c.person_id == bindparam("person"))
_OF_ITEM: Final = (_ITEM.c.tenant_id == bindparam("tenant"), _ITEM.c.person_id == bindparam("person"))
_OF_NUMBER: Final = (_NUMBER.c.tenant_id == bindparam("tenant"), _NUMBER.c.person_id == bindparam("person"))
_READ_KEY: Final = Statement(
    select(_KEY.c.epoch, _KEY.c.version, _KEY.c.wrapped).where(*_OF_KEY).with_for_update()
)
_READ_ITEMS: Final = Statement(
    select(_ITEM.c.item_id, _ITEM.c.kind, _ITEM.c.sealed).where(*_OF_ITEM).order_by(_ITEM.c.item_id)
)
_READ_ITEM: Final = Statement(
    select(_ITEM.c.item_id, _ITEM.c.kind, _ITEM.c.sealed).where(
        *_OF_ITEM, _ITEM.c.item_id == bindparam("item")
    )
)
_READ_NUMBERS: Final = Statement(
    select(_NUMBER.c.version, _NUMBER.c.sealed).where(*_OF_NUMBER).order_by(_NUMBER.c.version)
)
_SET_KEY: Final = Statement(update(_KEY).where(*_OF_KEY).values(wrapped=bindparam("new_wrapped")))
_SET_NUMBER: Final = Statement(
    update(_NUMBER)
    .where(*_OF_NUMBER, _NUMBER.c.version == bindparam("of_version"))
    .values(sealed=bindparam("new_sealed"))
)
_SET_ITEM: Final = Statement(
    update(_ITEM)
    .where(*_OF_ITEM, _ITEM.c.item_id == bindparam("item"))
    .values(sealed=bindparam("new_sealed"))
)
_DROP_ITEM: Final = Statement(delete(_ITEM).where(*_OF_ITEM, _ITEM.c.item_id == bindparam("item")))
_DROP_BEGUN: Final = Statement(delete(_KEY).where(*_OF_KEY, _KEY.c.version == 0))


@dataclass(frozen=True, slots=True)
class Shown:
    """Items that came out, in the order asked for, and where the log says so. Prints nothing of them."""

    contents: list[bytes] = field(repr=False)
    receipt: Receipt = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused(Generic[T]):
    """Nothing was opened, and why."""

    why: T


@dataclass(frozen=True, slots=True)
class Taken:
    """The number is in force for somebody already."""

    person: int


def begin_person(vault: Vault, tx: Transaction, tenant: int, person: int) -> None:
    """Give a person a key of version 0, before there is a number; one who has a key keeps it.

    Raises:
        Conflict: the tenant has moved on to a newer epoch since; do it again.
        KeyGoneError: it has, to one whose key this node does not have.
    """
    if tx.one(_READ_KEY, {"tenant": tenant, "person": person}) is not None:
        return
    epoch = vault.keyring.current_epoch()
    wrap = vault.keyring.tenant(tenant, epoch).wrap
    (wrapped,) = begin_keys(wrap, tenant, epoch, [person], vault.random_bytes)
    vault.store(tx, Sealed([(tenant, person, epoch, 0, wrapped)], []))


def seal_item(
    vault: Vault, tx: Transaction, tenant: int, person: int, kind: str, item: int, content: bytes, now: int
) -> bool:
    """Seal an item under the key of a person; False if they have none.

    Args:
        vault: whose keys.
        tx: a transaction that has locked the tenant's log.
        tenant: whose person.
        person: their id.
        kind: what it is, bound to it.
        item: a new id.
        content: what is sealed.
        now: milliseconds since the epoch.

    Raises:
        Conflict: the id is taken.
        SealBrokenError: the person key is not what was stored.
    """
    held = _held(tx, tenant, person)
    if held is None:
        return False
    wrap = vault.keyring.tenant(tenant, held.epoch).wrap
    sealed = seal_under(wrap, tenant, person, held, kind, item, content, vault.random_bytes)
    tx.insert(SealedItem, [(tenant, person, item, kind, sealed, now)])
    return True


async def open_recorded(
    vault: Vault,
    tenant: int,
    person: int,
    items: Sequence[int],
    record: Leaves,
    check: Callable[[Transaction], T | None],
) -> Shown | Refused[T] | None:
    """Open items of a person: the record first, on disk, then the items.

    Args:
        vault: whose keys.
        tenant: whose person.
        person: their id.
        items: ids of the items.
        record: the leaves that say who looks at them, and why.
        check: looks, in the transaction of the record, whether they may be opened; what it returns is the refusal, and
            whatever it wrote stays.

    Returns:
        The items; the refusal; or None if one of them is not there: then nothing was opened, and nothing recorded.

    Raises:
        StorageError: the record cannot be written; nothing was opened.
        SealBrokenError: an item was altered; the record stands, nothing comes out.
    """
    log = vault.log(tenant)

    def work(tx: Transaction) -> tuple[HeldKey, list[HeldItem], Receipt] | Refused[T] | None:
        log.lock(tx)
        why = check(tx)
        if why is not None:
            return Refused(why)
        held = _held(tx, tenant, person)
        found = [_item(tx, tenant, person, item) for item in items]
        there = [each for each in found if each is not None]
        if held is None or len(there) != len(items):
            return None
        return held, there, log.append(tx, record)

    outcome = await vault.database.write(tenant, work)
    if not isinstance(outcome, tuple):
        return outcome
    held, there, receipt = outcome
    wrap = vault.keyring.tenant(tenant, held.epoch).wrap
    return Shown(open_items(wrap, tenant, person, held, there), receipt)


def register_item(
    vault: Vault, tx: Transaction, tenant: int, person: int, item: int, now: int
) -> int | Taken | None:
    """Put the number of an item in force: the person's first, or the one after a change.

    The item stays; whoever calls this buries it.

    Args:
        vault: whose keys.
        tx: a transaction that has locked the tenant's log.
        tenant: whose person.
        person: their id.
        item: an item of the kind `NUMBER`.
        now: milliseconds since the epoch.

    Returns:
        The version now in force; who has the number already, maybe the person; None if there is no such item.

    Raises:
        SealBrokenError: the item was altered.
    """
    held, found = _held(tx, tenant, person), _item(tx, tenant, person, item)
    if held is None or found is None or found.kind != NUMBER:
        return None
    wrap = vault.keyring.tenant(tenant, held.epoch).wrap
    (number,) = open_items(wrap, tenant, person, held, [found])
    holders = vault.holders(tx, tenant, [number])
    if holders:
        return Taken(holders[number][0])
    return vault.change(tx, tenant, person, number, now)


def bury_items(vault: Vault, tx: Transaction, tenant: int, person: int, items: Sequence[int]) -> int:
    """Destroy items of a person, also in old copies; says how many there were.

    Who has no number and no other item loses the key. Anybody else gets another, under which the rest is sealed anew:
    what an old copy holds then opens for nobody once its epochs are destroyed.

    Raises:
        SealBrokenError: what is to stay was altered.
    """
    held = _held(tx, tenant, person)
    place = {"tenant": tenant, "person": person}
    doomed = sum(tx.run(_DROP_ITEM, {**place, "item": item}) for item in items)
    if not doomed or held is None:
        return doomed
    kept = [HeldItem._make(row) for row in tx.all(_READ_ITEMS, place)]
    if not kept and tx.run(_DROP_BEGUN, place):
        return doomed
    numbers = [HeldNumber._make(row) for row in tx.all(_READ_NUMBERS, place)]
    wrap = vault.keyring.tenant(tenant, held.epoch).wrap
    wrapped, sealed, resealed = rekey(wrap, tenant, person, held, numbers, kept, vault.random_bytes)
    tx.run(_SET_KEY, {**place, "new_wrapped": wrapped})
    for version, box in zip((each.version for each in numbers), sealed, strict=True):
        tx.run(_SET_NUMBER, {**place, "of_version": version, "new_sealed": box})
    for item, box in zip((each.item for each in kept), resealed, strict=True):
        tx.run(_SET_ITEM, {**place, "item": item, "new_sealed": box})
    return doomed


def _held(tx: Transaction, tenant: int, person: int) -> HeldKey | None:
    row: Row | None = tx.one(_READ_KEY, {"tenant": tenant, "person": person})
    return None if row is None else HeldKey._make(row)


def _item(tx: Transaction, tenant: int, person: int, item: int) -> HeldItem | None:
    row: Row | None = tx.one(_READ_ITEM, {"tenant": tenant, "person": person, "item": item})
    return None if row is None else HeldItem._make(row)
