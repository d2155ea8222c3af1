"""Daily quotas: exact however many take at once, and taken whole or not at all."""

import asyncio
from datetime import UTC, datetime

import pytest

from policies.quotas import Quotas, Withdrawal, take
from tests.support.clock import NOON
from tests.support.tamper import rows
from tokenizer.storage.database import Database
from tokenizer.storage.transaction import Transaction

TENANT = 7
WIDE = Quotas(client=1_000, human=1_000, purpose=1_000)


def release(
    amount: int = 1,
    client: str | None = "payroll",
    human: str = "tanaka",
    purpose: str = "TAX_GENSEN",
    tenant: int = TENANT,
) -> Withdrawal:
    return Withdrawal(tenant, client, human, purpose, amount)


async def withdraw(
    database: Database, withdrawal: Withdrawal, quotas: Quotas = WIDE, now: int = NOON
) -> str | None:
    return await database.write(withdrawal.tenant, lambda tx: take(tx, quotas, withdrawal, now))


async def used(database: Database, tenant: int = TENANT) -> dict[tuple[str, str], int]:
    sql = "SELECT kind, subject, released FROM quota_usage WHERE tenant_id = :own AND released <> 0"
    return {(kind, subject): count for kind, subject, count in await rows(database, tenant, sql, own=tenant)}


async def test_a_release_is_taken_from_client_human_and_purpose(database: Database) -> None:
    assert await withdraw(database, release(3)) is None
    assert await withdraw(database, release(4, client=None)) is None
    assert await used(database) == {
        ("client", "payroll"): 3,
        ("human", "tanaka"): 7,
        ("purpose", "TAX_GENSEN"): 7,
    }


@pytest.mark.parametrize(
    ("quotas", "rule"),
    [
        (Quotas(client=9, human=99, purpose=99), "quota-client"),
        (Quotas(client=99, human=9, purpose=99), "quota-human"),
        (Quotas(client=99, human=99, purpose=9), "quota-purpose"),
        (Quotas(client=9, human=9, purpose=9), "quota-client"),
    ],
)
async def test_the_quota_without_room_is_named_and_everything_is_given_back(
    database: Database, quotas: Quotas, rule: str
) -> None:
    assert await withdraw(database, release(5), quotas) is None
    before = await used(database)
    assert await withdraw(database, release(5), quotas) == rule
    assert await used(database) == before
    assert await withdraw(database, release(4), quotas) is None


@pytest.mark.parametrize("quota", ["client", "human", "purpose"])
async def test_the_first_release_of_a_day_may_not_be_larger_than_the_quota(
    database: Database, quota: str
) -> None:
    limits = {"client": 10, "human": 10, "purpose": 10} | {quota: 4}
    quotas = Quotas(**limits)
    assert await withdraw(database, release(5), quotas) == f"quota-{quota}"
    assert await used(database) == {}
    assert await withdraw(database, release(4), quotas) is None


async def test_a_quota_of_nothing_lets_nothing_out(database: Database) -> None:
    assert await withdraw(database, release(1), Quotas(client=9, human=9, purpose=0)) == "quota-purpose"
    assert await used(database) == {}


async def test_each_subject_has_its_own_quota(database: Database) -> None:
    quotas = Quotas(client=5, human=5, purpose=5)
    assert await withdraw(database, release(5), quotas) is None
    assert await withdraw(database, release(5, "other", "suzuki", "TAX_FUYO"), quotas) is None
    assert await withdraw(database, release(5, tenant=8), quotas) is None
    assert await withdraw(database, release(1, "other"), quotas) == "quota-client"
    assert await withdraw(database, release(1, None, "suzuki"), quotas) == "quota-human"


def moment(day: int, hour: int, minute: int = 0, second: int = 0, milli: int = 0) -> int:
    """Milliseconds of a time of November 2026, UTC."""
    return int(datetime(2026, 11, day, hour, minute, second, tzinfo=UTC).timestamp() * 1000) + milli


async def test_a_day_begins_at_midnight_in_japan(database: Database) -> None:
    quotas = Quotas(client=5, human=5, purpose=5)
    last, first = moment(22, 14, 59, 59, 999), moment(22, 15)
    assert await withdraw(database, release(5), quotas, last) is None
    assert await withdraw(database, release(1), quotas, last) == "quota-client"
    assert await withdraw(database, release(5), quotas, first) is None
    assert await withdraw(database, release(1), quotas, moment(23, 14, 59)) == "quota-client"
    assert await withdraw(database, release(5), quotas, moment(23, 15)) is None


async def test_sixty_four_at_once_take_exactly_what_there_is(database: Database) -> None:
    quotas = Quotas(client=1_000, human=100, purpose=1_000)
    outcomes = await asyncio.gather(*(withdraw(database, release(3), quotas) for _ in range(64)))
    assert outcomes.count(None) == 33
    assert outcomes.count("quota-human") == 31
    assert await used(database) == {
        ("client", "payroll"): 99,
        ("human", "tanaka"): 99,
        ("purpose", "TAX_GENSEN"): 99,
    }


async def test_what_undoes_the_release_undoes_the_withdrawal(database: Database) -> None:
    def act(tx: Transaction) -> None:
        assert take(tx, WIDE, release(5), NOON) is None
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(TENANT, act)
    assert await used(database) == {}
