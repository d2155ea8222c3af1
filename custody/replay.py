"""Idempotency keys: the same request sent twice is done once, and answered alike.

The answer is kept for a day, sealed under the tenant's key of the epoch. The request itself is kept only as an
HMAC under that key: whoever repeats a key with other content is refused, and nobody can test numbers against it
once the epoch is gone. A release is never replayed: it has no idempotency key.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import orjson
from sqlalchemy import BigInteger, Integer, LargeBinary, Text, bindparam, delete, func, select
from sqlmodel import Field, SQLModel

from policies.actor import Actor
from policies.free_text import contains_number
from policies.refusals import Denied, denied
from tokenizer.crypto.primitives import equal, mac, open_sealed, seal
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction
from tokenizer.vault import Vault

T = TypeVar("T")

KEPT_MS: Final = 24 * 3_600_000
_KEY_LIMIT: Final = 128
_HEX: Final = "[0-9A-Fa-f]"
_RANDOM: Final = re.compile(
    rf"\b(?:{_HEX}{{8}}-{_HEX}{{4}}-[1-8]{_HEX}{{3}}-[89ABab]{_HEX}{{3}}-{_HEX}{{12}}|{_HEX}{{24,}})\b"
)
"""UUIDs (RFC 9562), and long words of hexadecimal digits."""


class ReplayRow(SQLModel, table=True):
    """One answered request."""

    __tablename__ = "replay"

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    actor: str = Field(primary_key=True, sa_type=Text)
    key: str = Field(primary_key=True, sa_type=Text)
    epoch: int = Field(sa_type=Integer)
    request: bytes = Field(sa_type=LargeBinary)
    answer: bytes = Field(sa_type=LargeBinary)
    created_at: int = Field(sa_type=BigInteger)


_REPLAY: Final = table_of(ReplayRow)
_THIS: Final = (
    _REPLAY.c.tenant_id == bindparam("tenant"),
    _REPLAY.c.actor == bindparam("actor"),
    _REPLAY.c.key == bindparam("key"),
)
_READ: Final = Statement(select(_REPLAY).where(*_THIS))
_DROP: Final = Statement(delete(_REPLAY).where(*_THIS))
_OF_TENANT: Final = _REPLAY.c.tenant_id == bindparam("tenant")
_PURGE: Final = Statement(delete(_REPLAY).where(_OF_TENANT, _REPLAY.c.created_at < bindparam("before")))
_COUNT: Final = Statement(
    select(func.count()).where(
        _OF_TENANT, _REPLAY.c.epoch == bindparam("epoch"), _REPLAY.c.created_at >= bindparam("before")
    )
)


@dataclass(frozen=True, slots=True)
class Replay:
    """One idempotent request of one actor.

    Attributes:
        actor: who sent it.
        key: the idempotency key they chose.
        operation: the mutation.
        request: the canonical bytes of its input.
    """

    actor: Actor
    key: str
    operation: str
    request: bytes

    def __repr__(self) -> str:
        return f"Replay({self.operation})"

    def answer(self, tx: Transaction, vault: Vault, now: int) -> Any | Denied | None:
        """What was answered before; a refusal if the content differs; None if this is the first time."""
        if not is_key(self.key):
            return denied("idempotency-key-invalid")
        row = tx.one(_READ, self._place())
        if row is None or _is_over(row, vault, now):
            return None
        keys = vault.keyring.tenant(self.actor.tenant, row[3])
        if not equal(row[4], mac(keys.replay, self._content())):
            return denied("idempotency-conflict")
        return orjson.loads(open_sealed(keys.replay, row[5], self._bound()))

    def remember(self, tx: Transaction, vault: Vault, answer: Any, now: int) -> None:
        """Keep the answer, in the transaction of the act.

        Raises:
            Conflict: the same request is being done at this moment.
        """
        row = tx.one(_READ, self._place())
        if row is not None and _is_over(row, vault, now):
            tx.run(_DROP, self._place())
        epoch = vault.keyring.current_epoch()
        key = vault.keyring.tenant(self.actor.tenant, epoch).replay
        sealed = seal(key, orjson.dumps(answer), self._bound(), vault.random_bytes)
        place = self._place()
        tx.insert(
            ReplayRow,
            [(place["tenant"], place["actor"], place["key"], epoch, mac(key, self._content()), sealed, now)],
        )

    def forget(self, tx: Transaction) -> None:
        """Keep no answer after all, or make room for another."""
        tx.run(_DROP, self._place())

    def _place(self) -> dict[str, Any]:
        return {
            "tenant": self.actor.tenant,
            "actor": f"{self.actor.kind.value}:{self.actor.name}",
            "key": self.key,
        }

    def _content(self) -> bytes:
        return b"request\x00" + self.operation.encode() + b"\x00" + self.request

    def _bound(self) -> bytes:
        return (
            f"answer\x00{self.operation}\x00{self.actor.tenant}\x00{self.actor.kind.value}:{self.actor.name}"
            f"\x00{self.key}"
        ).encode()


def purge_answers(tx: Transaction, tenant: int, now: int) -> int:
    """Delete the answers of a tenant that are past their day, whichever epoch sealed them; says how many."""
    return tx.run(_PURGE, {"tenant": tenant, "before": now - KEPT_MS})


def count_answers(tx: Transaction, tenant: int, epoch: int, now: int) -> int:
    """How many answers that may still be asked for need an epoch."""
    row = tx.one(_COUNT, {"tenant": tenant, "epoch": epoch, "before": now - KEPT_MS})
    return row[0] if row else 0


def _is_over(row: Row, vault: Vault, now: int) -> bool:
    """Whether nobody can have an answer again: past its day, or its epoch is destroyed."""
    return now - row[6] > KEPT_MS or row[3] not in vault.keyring.epochs()


def is_key(text: str) -> bool:
    """Whether a text can stand in the table as a key: short, plain, and no Individual Number.

    One random UUID in eighty has the shape of a number somewhere, so what is random is not searched for one.
    """
    plain = 0 < len(text) <= _KEY_LIMIT and text.isascii() and text.isprintable()
    return plain and not contains_number(_RANDOM.sub("", text))


@dataclass(frozen=True, slots=True)
class Once(Generic[T]):
    """An idempotent request together with how its answer is kept.

    Attributes:
        replay: the request.
        write: the answer as JSON.
        read: the answer from that JSON.
    """

    replay: Replay
    write: Callable[[T], Any]
    read: Callable[[Any], T]

    def answer(self, tx: Transaction, vault: Vault, now: int) -> T | Denied | None:
        """What was answered before; a refusal if the content differs; None if this is the first time."""
        kept = self.replay.answer(tx, vault, now)
        return kept if kept is None or isinstance(kept, Denied) else self.read(kept)

    def remember(self, tx: Transaction, vault: Vault, answer: T, now: int) -> None:
        """Keep the answer, in the transaction of the act.

        Raises:
            Conflict: the same request is being done at this moment.
        """
        self.replay.remember(tx, vault, self.write(answer), now)

    def settle(self, tx: Transaction, vault: Vault, answer: T | None, now: int) -> None:
        """Put the answer in the place of one that said how far the request had come; None if nothing came of it."""
        self.replay.forget(tx)
        if answer is not None:
            self.remember(tx, vault, answer, now)
