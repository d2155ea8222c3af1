"""Opening in two steps: the persons' keys beforehand, the numbers when they are asked for."""

from pathlib import Path

import pytest

from tests.support.clock import NOON
from tests.support.numbers import synthetic_numbers
from tokenizer.crypto.envelope import SealedRow, seal_batch
from tokenizer.crypto.keyring import Keyring
from tokenizer.crypto.opening import INLINE, Opener
from tokenizer.crypto.primitives import system_random
from tokenizer.errors import KeyGoneError, SealBrokenError
from tokenizer.providers.file import FileKeyProvider

TENANT = 9
SIZES = [1, INLINE, INLINE + 1, 3 * INLINE]


@pytest.fixture
def provider(tmp_path: Path) -> FileKeyProvider:
    made = FileKeyProvider.create(tmp_path / "keys", "test-vault", now_ms=0)
    made.create_epoch(2, NOON)
    return made


@pytest.fixture
def keyring(provider: FileKeyProvider) -> Keyring:
    return Keyring(provider)


def stored(keyring: Keyring, numbers: list[bytes]) -> list[SealedRow]:
    """Rows of persons, every other one under the second epoch."""
    rows: list[SealedRow] = []
    for person, number in enumerate(numbers, 1):
        epoch = 1 + person % 2
        (key,), (box,) = seal_batch(
            keyring.tenant(TENANT, epoch).wrap, TENANT, epoch, [person], [number], system_random
        )
        rows.append((person, epoch, key, 1, box))
    return rows


def digits(count: int) -> list[bytes]:
    return [number.encode() for number in synthetic_numbers(count)]


@pytest.mark.parametrize("size", SIZES)
async def test_few_and_many_numbers_come_in_the_order_of_their_rows(keyring: Keyring, size: int) -> None:
    numbers = digits(size)
    rows = stored(keyring, numbers)
    assert await Opener(keyring).of(TENANT, rows).numbers() == numbers
    assert await Opener(keyring).of(TENANT, rows[::-1]).numbers() == numbers[::-1]


async def test_nothing_is_opened_of_nobody(keyring: Keyring) -> None:
    assert await Opener(keyring).of(TENANT, []).numbers() == []


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_begun_has_opened_keys_at_most_and_no_number(keyring: Keyring, size: int) -> None:
    rows = stored(keyring, digits(size))
    person, epoch, wrapped, version, sealed = rows[-1]
    rows[-1] = (person, epoch, wrapped, version, sealed[:-1] + bytes([sealed[-1] ^ 1]))
    opening = Opener(keyring).of(TENANT, rows)
    keys = opening.begin()
    assert (keys is None) is (size <= INLINE)
    if keys is not None:
        assert len(keys.result(30)) == size, "the keys open, and nobody looked at the number"
    with pytest.raises(SealBrokenError):
        await opening.numbers()


@pytest.mark.parametrize("size", SIZES)
async def test_a_key_that_does_not_open_is_told_when_the_numbers_are_asked_for(
    keyring: Keyring, size: int
) -> None:
    rows = stored(keyring, digits(size))
    opening = Opener(keyring).of(TENANT + 1, rows)
    with pytest.raises(SealBrokenError):
        await opening.numbers()


@pytest.mark.parametrize("size", SIZES)
async def test_under_a_destroyed_epoch_nothing_opens(
    provider: FileKeyProvider, keyring: Keyring, size: int
) -> None:
    rows = stored(keyring, digits(size))
    provider.destroy_epoch(2)
    with pytest.raises(KeyGoneError):
        await Opener(keyring).of(TENANT, rows).numbers()


async def test_what_is_begun_prints_nothing_of_its_rows(keyring: Keyring) -> None:
    assert repr(Opener(keyring).of(TENANT, stored(keyring, digits(2)))) == "Opening(2 numbers)"
