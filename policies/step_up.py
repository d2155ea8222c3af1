"""The one-time code: who holds a seed, which code was spent last, how many failures in a row.

1. `check_code` adds a failure in a transaction of its own, committed before anything is compared: however many
   requests, aliases or nodes try at once, ten attempts in a row are all there are. That commit does not wait for the
   disk: the caller learns what became of the code only by way of a commit that does (of the refusal, or of the act
   itself), and takes the attempt along. A process that dies loses no attempt; a power cut at most such as nobody
   learned anything from.
2. The code is compared in memory (`policies.totp`).
3. `spend` takes the code's time step in the transaction of the act it authorises. A step is taken only if it is
   later than the last one, on whichever node: one code, one act. Success sets the failures back to zero. A code
   that was spent already is refused and takes its failure back: it is a form sent twice, and no guess.

After ten consecutive failures the factor is disabled and must be enrolled anew (NIST SP 800-63B-4 3.2.2 allows at
most 100).
"""

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import BigInteger, Integer, LargeBinary, bindparam, delete, select, update
from sqlmodel import Field, SQLModel

from policies.totp import matching_step
from tokenizer.crypto.authority import Authority
from tokenizer.crypto.primitives import RandomBytes
from tokenizer.storage.database import Brief, Database
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Transaction

MAX_FAILURES: Final = 10
_KIND: Final = "one-time-code-seed"


class SecondFactor(SQLModel, table=True):
    """The enrolled one-time-code generator of an account. The seed is sealed to the row."""

    __tablename__ = "second_factor"

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    account_id: int = Field(primary_key=True, sa_type=BigInteger)
    seed: bytes = Field(sa_type=LargeBinary)
    last_step: int = Field(sa_type=BigInteger, description="the time step of the last code that was accepted")
    failures: int = Field(sa_type=Integer, description="consecutive attempts that were not accepted")


_FACTOR: Final = table_of(SecondFactor)
_THIS: Final = (_FACTOR.c.tenant_id == bindparam("tenant"), _FACTOR.c.account_id == bindparam("account"))

_COUNT: Final = Statement(
    update(_FACTOR)
    .where(*_THIS, _FACTOR.c.failures < MAX_FAILURES)
    .values(failures=_FACTOR.c.failures + 1)
    .returning(_FACTOR.c.seed, _FACTOR.c.last_step, _FACTOR.c.failures)
)
_SPEND: Final = Statement(
    update(_FACTOR)
    .where(*_THIS, _FACTOR.c.seed == bindparam("sealed"), _FACTOR.c.last_step < bindparam("step"))
    .values(last_step=bindparam("step"), failures=0)
)
_UNCOUNT: Final = Statement(
    update(_FACTOR).where(*_THIS, _FACTOR.c.failures > 0).values(failures=_FACTOR.c.failures - 1)
)
_STATE: Final = Statement(select(_FACTOR.c.failures).where(*_THIS))
_DROP: Final = Statement(delete(_FACTOR).where(*_THIS))


@dataclass(frozen=True, slots=True)
class Accepted:
    """A code that is right. It counts once `spend` has taken its step, while the seed is still the same one."""

    tenant: int
    account: int
    step: int
    seed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A code that is not accepted, and the rule that says so.

    Attributes:
        rule: `code-wrong`, `code-used` or `factor-disabled`.
        disabled_now: this attempt was the last one the factor had.
    """

    rule: str
    disabled_now: bool = False


def enrol(
    tx: Transaction, authority: Authority, tenant: int, account: int, seed: str, random_bytes: RandomBytes
) -> None:
    """Bind a new seed to an account, replacing the one before."""
    tx.run(_DROP, {"tenant": tenant, "account": account})
    sealed = authority.seal(_KIND, (tenant, account), seed.encode(), random_bytes)
    tx.insert(SecondFactor, [(tenant, account, sealed, 0, 0)])


async def check_code(
    database: Database, authority: Authority, tenant: int, account: int, code: str, now: int
) -> Accepted | Rejected:
    """Count an attempt, then compare.

    The count is on disk only with the next write: write the act, or the record of its refusal, before you answer.

    Args:
        database: where the attempt is committed first.
        authority: opens the seed.
        tenant: of the account.
        account: who presents the code.
        code: as typed; white space does not matter.
        now: milliseconds since the epoch.
    """
    params = {"tenant": tenant, "account": account}
    row = await database.write(tenant, Brief(lambda tx: tx.one(_COUNT, params), flushed=False))
    if row is None:
        return Rejected("factor-disabled")
    seed, last_step, failures = row
    step = matching_step(authority.open(_KIND, (tenant, account), seed).decode(), code, now)
    if step is None:
        return Rejected("code-wrong", disabled_now=failures >= MAX_FAILURES)
    if step <= last_step:
        # A code that was right once is a form sent twice, and no guess.
        await database.write(tenant, Brief(lambda tx: tx.run(_UNCOUNT, params), flushed=False))
        return Rejected("code-used")
    return Accepted(tenant, account, step, seed)


def spend(tx: Transaction, accepted: Accepted) -> bool:
    """Take the code's step for the act of this transaction; False if somebody took it first, or enrolled anew."""
    params = {"tenant": accepted.tenant, "account": accepted.account}
    if tx.run(_SPEND, {**params, "step": accepted.step, "sealed": accepted.seed}) == 1:
        return True
    tx.run(_UNCOUNT, params)
    return False


def is_disabled(tx: Transaction, tenant: int, account: int) -> bool:
    """Whether the account has no usable one-time code."""
    row = tx.one(_STATE, {"tenant": tenant, "account": account})
    return row is None or row[0] >= MAX_FAILURES
