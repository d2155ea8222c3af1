"""The list of a run: one row for each person, with the day and the grounds, and what became of it.

    listed --its batch--> disposed
       │  └─ held or no longer due when its batch came --> spared
       └─ left out by hand, or by the clock before anybody confirmed --> excluded

What two humans stand behind is the digest of all that is not excluded: persons, days, grounds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

import orjson
from sqlalchemy import BigInteger, Index, Text, bindparam, func, select
from sqlmodel import Field, SQLModel

from custody.bulk import Put
from custody.certificates.facts import Kind
from custody.disposal.run import OPEN, Run
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Lookup, Row, Transaction


class ItemState(StrEnum):
    """What became of a person of a run."""

    LISTED = "listed"
    EXCLUDED = "excluded"
    DISPOSED = "disposed"
    SPARED = "spared"


LEGAL_HOLD: Final = "legal-hold"
NO_LONGER_DUE: Final = "no-longer-due"
NOT_HELD: Final = "number-not-held"
"""Reasons that are nobody's words: the clock's own, with `decided_by` empty."""


class ItemRow(SQLModel, table=True):
    """A person of a run. The run's digest, which is stamped, covers every row that is not excluded."""

    __tablename__ = "disposal_item"
    __table_args__ = (Index("disposal_item_person", "tenant_id", "person_id"),)

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    run_id: int = Field(primary_key=True, sa_type=BigInteger)
    person_id: int = Field(primary_key=True, sa_type=BigInteger)
    due_on: str = Field(sa_type=Text, description="day on which the number was to go, or empty")
    grounds: str = Field(sa_type=Text, description="JSON: purpose, rule and first free day of each")
    state: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text, description="why it was excluded or spared")
    decided_by: str = Field(sa_type=Text, description="login of who excluded it, empty for the clock")
    decided_at: int = Field(sa_type=BigInteger)
    disposed_at: int = Field(sa_type=BigInteger)
    leaf_index: int = Field(sa_type=BigInteger, description="where in the log it stands, once disposed of")


ITEM: Final = table_of(ItemRow)
_OF_RUN: Final = (ITEM.c.tenant_id == bindparam("tenant"), ITEM.c.run_id == bindparam("run"))
_PAGE: Final = Statement(
    select(ITEM)
    .where(*_OF_RUN, ITEM.c.person_id > bindparam("after"))
    .order_by(ITEM.c.person_id)
    .limit(bindparam("count"))
)
_LISTED: Final = Statement(
    select(ITEM)
    .where(*_OF_RUN, ITEM.c.person_id > bindparam("after"), ITEM.c.state == ItemState.LISTED.value)
    .order_by(ITEM.c.person_id)
    .limit(bindparam("count"))
)
_COUNTS: Final = Statement(select(ITEM.c.state, func.count()).where(*_OF_RUN).group_by(ITEM.c.state))
_OF_PERSONS: Final = Lookup(
    ", ".join(f"i.{column.name}" for column in ITEM.columns),
    "{keys} CROSS JOIN disposal_item i "
    "WHERE i.tenant_id = :tenant AND i.run_id = :run AND i.person_id = keys.key",
    "bigint",
)
_CLAIMS: Final = Lookup(
    "i.person_id, i.run_id, i.state",
    "{keys} CROSS JOIN disposal_item i CROSS JOIN disposal_run r "
    "WHERE i.tenant_id = :tenant AND i.person_id = keys.key "
    "AND r.tenant_id = i.tenant_id AND r.run_id = i.run_id "
    f"AND r.state IN ({', '.join(repr(state.value) for state in OPEN)})",
    "bigint",
)
_CHANGE: Final = Put(
    ITEM,
    "person_id",
    ("due_on", "grounds", "state", "reason", "decided_by", "decided_at", "disposed_at", "leaf_index"),
    within=("run_id",),
)


_DISPOSE: Final = Put(ITEM, "person_id", ("state", "disposed_at", "leaf_index"), within=("run_id",))


@dataclass(frozen=True, slots=True)
class Item:
    """A person of a run. `grounds` is the JSON text of the row; `parse_grounds` reads it."""

    person: int
    due_on: str
    grounds: str
    state: ItemState = ItemState.LISTED
    reason: str = ""
    decided_by: str = ""
    decided_at: int = 0
    disposed_at: int = 0
    leaf_index: int = 0


@dataclass(frozen=True, slots=True)
class Ground:
    """Why a number is to go, or what it still serves.

    Attributes:
        purpose: code of the purpose.
        rule: the retention rule of its documents; `departure` where there are none.
        free_on: first day on which nothing requires the number for it, ISO 8601; empty while the purpose lives.
    """

    purpose: str
    rule: str
    free_on: str

    @property
    def code(self) -> str:
        """Purpose and rule together, as certificates name them."""
        return f"{self.purpose}:{self.rule}"


@dataclass(frozen=True, slots=True)
class Claim:
    """An open run that has a person on its list."""

    person: int
    run: int
    state: ItemState


def parse_grounds(text: str) -> tuple[Ground, ...]:
    """The grounds of an item."""
    return tuple(Ground(**each) for each in orjson.loads(text))


def insert_items(tx: Transaction, run: Run, items: Iterable[Item]) -> None:
    """Put persons on the list of a run that has none of them."""
    tx.insert(ItemRow, [(run.tenant, run.id, *_values(item)) for item in items])


def save_items(tx: Transaction, run: Run, items: Iterable[Item]) -> None:
    """Write what became of persons of a run."""
    _CHANGE(tx, run.tenant, [_values(item) for item in items], run_id=run.id)


def save_disposed(tx: Transaction, run: Run, items: Iterable[Item]) -> None:
    """Write of persons whose number is gone when that was, and where in the log it stands; the rest is as it was."""
    gone = [(item.person, item.state.value, item.disposed_at, item.leaf_index) for item in items]
    _DISPOSE(tx, run.tenant, gone, run_id=run.id)


def items_page(tx: Transaction, run: Run, after: int, count: int) -> list[Item]:
    """The next persons of a run in the order of their ids, whatever became of them."""
    return [item_of(row) for row in tx.all(_PAGE, _place(run, after, count))]


def listed_page(tx: Transaction, run: Run, after: int, count: int) -> list[Item]:
    """The next persons of a run whose batch has not come."""
    return [item_of(row) for row in tx.all(_LISTED, _place(run, after, count))]


def items_of(tx: Transaction, run: Run, persons: Sequence[int]) -> dict[int, Item]:
    """What stands in a run of these persons; those it has not are left out."""
    rows = tx.match(_OF_PERSONS, {"tenant": run.tenant, "run": run.id}, persons)
    return {persons[row[0]]: item_of(row[1:]) for row in rows}


def item_counts(tx: Transaction, run: Run) -> dict[ItemState, int]:
    """How many persons of a run are in each state."""
    rows = tx.all(_COUNTS, {"tenant": run.tenant, "run": run.id})
    return dict.fromkeys(ItemState, 0) | {ItemState(state): count for state, count in rows}


def claims(tx: Transaction, tenant: int, persons: Sequence[int]) -> list[Claim]:
    """The open runs that have these persons on their lists."""
    rows = tx.match(_CLAIMS, {"tenant": tenant}, persons)
    return [Claim(person, run, ItemState(state)) for _, person, run, state in rows]


def item_of(row: Row) -> Item:
    """An item from a row of the table, in its column order."""
    person, due_on, grounds, state, *rest = row[2:]
    return Item(person, due_on, grounds, ItemState(state), *rest)


class ListDigest:
    """The digest of a run's list: SHA-256 over one line of JSON for the run and one for each person, in hex.

        ["warifu-disposal-1","<run>","<kind>","<reason>","<as of>"]
        [<person>,"<due on>",<grounds>]

    Args:
        run: the run; the persons follow, in the order of their ids.
    """

    def __init__(self, run: Run) -> None:
        head = ["warifu-disposal-1", run.public_id, Kind(run.kind).value, run.reason, run.as_of]
        self._hash = sha256(orjson.dumps(head, option=orjson.OPT_APPEND_NEWLINE))

    def add(self, items: Iterable[Item]) -> None:
        """Go on with the next persons; those who are excluded do not count."""
        for item in items:
            if item.state is not ItemState.EXCLUDED:
                grounds = orjson.Fragment(item.grounds)
                line = [item.person, item.due_on, grounds]
                self._hash.update(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))

    @property
    def text(self) -> str:
        """The digest of what was added so far."""
        return self._hash.hexdigest()


def _place(run: Run, after: int, count: int) -> dict[str, int]:
    return {"tenant": run.tenant, "run": run.id, "after": after, "count": count}


def _values(item: Item) -> Row:
    return (
        item.person,
        item.due_on,
        item.grounds,
        item.state.value,
        item.reason,
        item.decided_by,
        item.decided_at,
        item.disposed_at,
        item.leaf_index,
    )
