"""The one-time code in the database: counted before it is compared, spent once, dead after ten failures."""

import asyncio
import signal
import sys

import pytest

from policies.step_up import MAX_FAILURES, Accepted, Rejected, check_code, enrol, is_disabled, spend
from policies.totp import STEP_MS, code_at, new_seed
from tests.support.clock import NOON
from tests.support.tamper import change, value
from tokenizer.crypto.authority import Authority
from tokenizer.crypto.primitives import system_random
from tokenizer.errors import SealBrokenError
from tokenizer.storage.database import Database
from tokenizer.storage.transaction import Transaction

TENANT, ACCOUNT, OTHER = 7, 1, 2
AUTHORITY = Authority(b"a" * 32)


@pytest.fixture
async def seed(database: Database) -> str:
    return await enrol_account(database, ACCOUNT)


async def enrol_account(database: Database, account: int) -> str:
    made = new_seed(system_random)
    await database.write(TENANT, lambda tx: enrol(tx, AUTHORITY, TENANT, account, made, system_random))
    return made


async def present(
    database: Database, code: str, now: int = NOON, account: int = ACCOUNT
) -> Accepted | Rejected:
    return await check_code(database, AUTHORITY, TENANT, account, code, now)


async def use(database: Database, code: str, now: int = NOON) -> bool:
    """Present a code and, if it is right, spend it."""
    checked = await present(database, code, now)
    if isinstance(checked, Rejected):
        return False
    return await database.write(TENANT, lambda tx: spend(tx, checked))


async def failures(database: Database) -> int:
    count: int = await value(database, TENANT, "SELECT failures FROM second_factor WHERE account_id = 1")
    return count


def wrong(seed: str, now: int = NOON) -> str:
    """A code that is right at no moment near this one."""
    near = {code_at(seed, now + step * STEP_MS) for step in range(-3, 4)}
    return next(code for code in (f"{number:06d}" for number in range(10)) if code not in near)


async def test_a_right_code_is_accepted_and_spent(database: Database, seed: str) -> None:
    assert await use(database, code_at(seed, NOON))
    assert await failures(database) == 0


async def test_a_spent_code_is_refused_for_as_long_as_it_would_be_right(
    database: Database, seed: str
) -> None:
    code = code_at(seed, NOON)
    assert await use(database, code)
    for later in (0, 1_000, STEP_MS):
        assert await present(database, code, NOON + later) == Rejected("code-used")


async def test_the_code_before_a_spent_one_is_refused_as_well(database: Database, seed: str) -> None:
    before, now = code_at(seed, NOON - STEP_MS), code_at(seed, NOON)
    assert await use(database, now)
    assert await present(database, before) == Rejected("code-used")
    assert await use(database, code_at(seed, NOON + STEP_MS), NOON + STEP_MS)


@pytest.mark.parametrize("form", ["{0}", " {0} ", "{1} {2}", "\u3000{0}\n", "{1}\u00a0{2}", "{3}"])
async def test_the_same_code_in_another_form_is_accepted_once(
    database: Database, seed: str, form: str
) -> None:
    code = code_at(seed, NOON)
    wide = code.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    assert await use(database, form.format(code, code[:3], code[3:], wide))
    for again in ("{0}", " {0}", "{1} {2}", "{3}"):
        assert await present(database, again.format(code, code[:3], code[3:], wide)) == Rejected("code-used")


async def test_an_attempt_is_counted_before_it_is_compared(database: Database, seed: str) -> None:
    await change(database, TENANT, "UPDATE second_factor SET seed = :broken", broken=b"\x01" + bytes(60))
    with pytest.raises(SealBrokenError):
        await present(database, code_at(seed, NOON))
    assert await failures(database) == 1


async def test_an_attempt_stays_counted_though_the_process_is_killed_before_it_compares(
    database: Database, database_url: str, seed: str
) -> None:
    work = (
        "import asyncio, os, signal, sys\n"
        "from policies.step_up import check_code\n"
        "from tokenizer.storage import open_database\n"
        "class Deadly:\n"
        "    def open(self, *_):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "async def main():\n"
        "    database = open_database(sys.argv[1])\n"
        "    await check_code(database, Deadly(), 7, 1, sys.argv[2], int(sys.argv[3]))\n"
        "asyncio.run(main())\n"
    )
    code = code_at(seed, NOON)
    for attempt in range(1, 4):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", work, database_url, code, str(NOON)
        )
        assert await process.wait() == -signal.SIGKILL
        assert await failures(database) == attempt


async def test_a_code_that_was_accepted_but_not_spent_leaves_its_attempt_counted(
    database: Database, seed: str
) -> None:
    assert isinstance(await present(database, code_at(seed, NOON)), Accepted)
    assert await failures(database) == 1


async def test_what_undoes_the_act_undoes_the_spending(database: Database, seed: str) -> None:
    checked = await present(database, code_at(seed, NOON))
    assert isinstance(checked, Accepted)

    def act(tx: Transaction) -> None:
        assert spend(tx, checked)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(TENANT, act)
    assert await use(database, code_at(seed, NOON))


async def test_ten_failures_in_a_row_are_all_there_are(database: Database, seed: str) -> None:
    for attempt in range(1, MAX_FAILURES + 1):
        assert await present(database, wrong(seed)) == Rejected(
            "code-wrong", disabled_now=attempt == MAX_FAILURES
        )
    assert await present(database, code_at(seed, NOON)) == Rejected("factor-disabled")
    assert await failures(database) == MAX_FAILURES
    assert await database.read(TENANT, lambda tx: is_disabled(tx, TENANT, ACCOUNT))


async def test_success_forgives_the_failures_before_it(database: Database, seed: str) -> None:
    for _ in range(MAX_FAILURES - 1):
        await present(database, wrong(seed))
    assert await use(database, code_at(seed, NOON))
    assert await failures(database) == 0


async def test_a_hundred_guesses_at_once_get_ten_comparisons(database: Database, seed: str) -> None:
    outcomes = await asyncio.gather(*(present(database, wrong(seed)) for _ in range(100)))
    assert [outcome.rule for outcome in outcomes if isinstance(outcome, Rejected)].count("code-wrong") == 10
    assert await failures(database) == MAX_FAILURES


@pytest.mark.parametrize(
    "text", ["", "12345", "1234567", "abcdef", "１２３", "12 34 5", "000000" * 40, "\x00", "\ud800"]
)
async def test_what_is_no_code_is_a_failed_attempt(database: Database, seed: str, text: str) -> None:
    assert await present(database, text) == Rejected("code-wrong")
    assert await failures(database) == 1


async def test_a_form_sent_twice_is_no_guess(database: Database, seed: str) -> None:
    code = code_at(seed, NOON)
    await use(database, code)
    await present(database, wrong(seed))
    for _ in range(2 * MAX_FAILURES):
        assert await present(database, code) == Rejected("code-used")
    assert await failures(database) == 1


async def test_fifty_codes_presented_by_sixteen_at_once_are_accepted_fifty_times(
    database: Database, seed: str
) -> None:
    accepted = []
    for step in range(50):
        now = NOON + step * STEP_MS
        code = code_at(seed, now)
        accepted.append(sum(await asyncio.gather(*(use(database, code, now) for _ in range(16)))))
    assert accepted == [1] * 50
    assert await failures(database) < MAX_FAILURES


async def test_an_account_without_a_seed_accepts_nothing(database: Database, seed: str) -> None:
    assert await present(database, code_at(seed, NOON), account=OTHER) == Rejected("factor-disabled")
    assert await database.read(TENANT, lambda tx: is_disabled(tx, TENANT, OTHER))


async def test_enrolling_anew_ends_the_old_seed_and_the_failures(database: Database, seed: str) -> None:
    for _ in range(MAX_FAILURES):
        await present(database, wrong(seed))
    new = await enrol_account(database, ACCOUNT)
    assert await present(database, wrong(new)) == Rejected("code-wrong")
    assert await use(database, code_at(new, NOON))
    if code_at(seed, NOON + STEP_MS) not in (code_at(new, NOON), code_at(new, NOON + STEP_MS)):
        assert not await use(database, code_at(seed, NOON + STEP_MS), NOON + STEP_MS)


async def test_a_seed_moved_to_another_account_does_not_open(database: Database, seed: str) -> None:
    await enrol_account(database, OTHER)
    stolen = await value(database, TENANT, "SELECT seed FROM second_factor WHERE account_id = 1")
    await change(
        database, TENANT, "UPDATE second_factor SET seed = :stolen WHERE account_id = 2", stolen=stolen
    )
    with pytest.raises(SealBrokenError):
        await present(database, code_at(seed, NOON), account=OTHER)
    assert await use(database, code_at(seed, NOON))


async def test_a_seed_moved_to_another_tenant_does_not_open(database: Database, seed: str) -> None:
    stolen = await value(database, TENANT, "SELECT seed FROM second_factor WHERE account_id = 1")
    await database.write(
        8, lambda tx: enrol(tx, AUTHORITY, 8, ACCOUNT, new_seed(system_random), system_random)
    )
    await change(database, 8, "UPDATE second_factor SET seed = :stolen WHERE tenant_id = 8", stolen=stolen)
    with pytest.raises(SealBrokenError):
        await check_code(database, AUTHORITY, 8, ACCOUNT, code_at(seed, NOON), NOON)


async def test_the_seed_stands_nowhere_in_the_row(database: Database, seed: str) -> None:
    stored: bytes = await value(database, TENANT, "SELECT seed FROM second_factor")
    assert seed.encode() not in stored
