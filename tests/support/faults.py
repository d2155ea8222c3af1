"""A house that dies at a chosen step: before any statement, before or after the ledger's line, at the commit, after it.

Whoever is killed leaves what was on disk: a transaction that had not committed is undone, a line of the ledger stays.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from custody.custodian import Custodian
from tokenizer.ledger import Ledger
from tokenizer.storage.database import Database
from tokenizer.storage.statement import Params, Statement
from tokenizer.storage.transaction import Lookup, Row, Transaction
from tokenizer.vault import Vault

T = TypeVar("T")


class Killed(Exception):  # noqa: N818 - nothing is wrong with the program
    """The process is gone."""


@dataclass
class Fate:
    """Dies at the step of a number; without one it only counts.

    Attributes:
        at: the step, from 0; None to live.
        before: dies before the first step of this name.
        passed: the steps so far, by name.
    """

    at: int | None = None
    before: str = ""
    passed: list[str] = field(default_factory=list)

    def step(self, name: str) -> None:
        """Pass a step, or die before it."""
        if len(self.passed) == self.at or name == self.before:
            raise Killed(name)
        self.passed.append(name)


class FatefulTransaction:
    """A transaction each of whose statements is a step."""

    def __init__(self, inner: Transaction, fate: Fate) -> None:
        self._inner = inner
        self._fate = fate
        self.backend = inner.backend
        self.shared = inner.shared
        self.meanwhile = inner.meanwhile

    def all(self, statement: Statement, params: Params) -> list[Row]:
        self._fate.step("statement")
        return self._inner.all(statement, params)

    def one(self, statement: Statement, params: Params) -> Row | None:
        self._fate.step("statement")
        return self._inner.one(statement, params)

    def run(self, statement: Statement, params: Params) -> int:
        self._fate.step("statement")
        return self._inner.run(statement, params)

    def insert(self, model: type[SQLModel], rows: Sequence[Row]) -> None:
        self._fate.step("statement")
        self._inner.insert(model, rows)

    def match(self, lookup: Lookup, params: Params, keys: Sequence[Any]) -> list[Row]:
        self._fate.step("statement")
        return self._inner.match(lookup, params, keys)


class FatefulDatabase:
    """A database whose writes are made of steps."""

    def __init__(self, inner: Database, fate: Fate) -> None:
        self._inner = inner
        self._fate = fate
        self.backend = inner.backend

    async def write(self, tenant: int, work: Callable[[Transaction], T]) -> T:
        def stepwise(tx: Transaction) -> T:
            outcome = work(FatefulTransaction(tx, self._fate))
            self._fate.step("commit")
            return outcome

        outcome = await self._inner.write(tenant, stepwise)
        self._fate.step("committed")
        return outcome

    async def read(self, tenant: int, work: Callable[[Transaction], T]) -> T:
        self._fate.step("read")
        return await self._inner.read(tenant, work)

    def pages(self, tenant: int) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._inner.pages(tenant)

    async def close(self) -> None:
        await self._inner.close()


class FatefulLedger(Ledger):
    """A ledger whose lines are steps."""

    fate = Fate()

    def record_disposals(self, tenant: int, run: int, persons: Sequence[int], at: int) -> None:
        self.fate.step("ledger")
        super().record_disposals(tenant, run, persons, at)
        self.fate.step("ledger written")

    def record_contract_end(self, tenant: int, at: int) -> None:
        self.fate.step("end in ledger")
        super().record_contract_end(tenant, at)
        self.fate.step("end in ledger written")


def doomed(custodian: Custodian, fate: Fate) -> Custodian:
    """The same custodian, in a process that dies at a step."""
    vault = custodian.vault
    ledger = FatefulLedger.open(custodian.ledger.path, vault.keyring.authority_key())
    ledger.fate = fate
    fateful = Vault(
        FatefulDatabase(custodian.database, fate), vault.keyring, vault._origin, vault.random_bytes
    )
    return replace(custodian, vault=fateful, ledger=ledger)
