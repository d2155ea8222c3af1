"""People (個人番号の本人): employees, their dependents and spouses, payees, as the tenant names them.

A person is known by the tenant's own external id. Beside it stand the purposes they were told of, and how their
identity was verified. The number itself is the vault's; here is only whether it is held.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

import orjson
from sqlalchemy import BigInteger, Text, UniqueConstraint, bindparam, select, update
from sqlmodel import Field, SQLModel

from custody.roster import normalise_id
from policies.free_text import contains_number
from policies.purposes import PersonKind
from tokenizer.storage.rows import partial_index, table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Lookup, Row, Transaction


class Verification(StrEnum):
    """How it was made sure whose number it is (番号法16条)."""

    MY_NUMBER_CARD = "my_number_card"
    NUMBER_DOCUMENT_AND_PHOTO_ID = "number_document_and_photo_id"
    NUMBER_DOCUMENT_AND_TWO_IDS = "number_document_and_two_ids"
    KNOWN_EMPLOYEE = "known_employee"
    BY_THE_EMPLOYEE = "by_the_employee"
    COLLECTION = "collection"


class NumberState(StrEnum):
    """Whether the vault holds the person's number."""

    NONE = "none"
    HELD = "held"
    DISPOSED = "disposed"


class PersonRow(SQLModel, table=True):
    """A person of a tenant."""

    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("tenant_id", "external_id"),
        partial_index("person_due", "due_on <> ''", "tenant_id", "due_on", "person_id"),
        partial_index("person_family", "employee <> ''", "tenant_id", "employee"),
    )

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    person_id: int = Field(primary_key=True, sa_type=BigInteger)
    external_id: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    kana: str = Field(sa_type=Text)
    birth_date: str = Field(sa_type=Text, description="ISO 8601, empty when not given")
    address: str = Field(sa_type=Text)
    employee: str = Field(sa_type=Text, description="external id of the employee they belong to, or empty")
    notified: str = Field(sa_type=Text, description="JSON: purpose code -> day the person was told of it")
    verification: str = Field(sa_type=Text)
    verified_on: str = Field(sa_type=Text)
    number_state: str = Field(sa_type=Text)
    created_at: int = Field(sa_type=BigInteger)
    ends: str = Field(sa_type=Text, description="JSON: purpose code -> first day its use is refused")
    due_on: str = Field(sa_type=Text, description="day on which the number is to go, or empty")


PERSON: Final = table_of(PersonRow)
_THIS: Final = (PERSON.c.tenant_id == bindparam("tenant"), PERSON.c.person_id == bindparam("person"))
BY_ID: Final = Statement(select(PERSON).where(*_THIS))
BY_EXTERNAL_ID: Final = Statement(
    select(PERSON).where(
        PERSON.c.tenant_id == bindparam("tenant"), PERSON.c.external_id == bindparam("external_id")
    )
)
SET_HELD: Final = Statement(
    update(PERSON)
    .where(*_THIS)
    .values(
        number_state=bindparam("new_state"),
        verification=bindparam("new_verification"),
        verified_on=bindparam("new_verified_on"),
    )
)

_KNOWN: Final = Lookup(
    "p.person_id, p.kind, p.number_state, p.notified",
    "{keys} CROSS JOIN person p WHERE p.tenant_id = :tenant AND p.external_id = keys.key",
    "text",
)
_TOKENS_OF: Final = Lookup(
    "t.token",
    "{keys} CROSS JOIN token t "
    "WHERE t.tenant_id = :tenant AND t.audience_id = :audience AND t.person_id = keys.key",
    "bigint",
)
# `+ 0` keeps the index on (tenant, audience, person) out of it: without statistics it looks as good as the token's own.
_BY_TOKEN: Final = Lookup(
    "p.person_id, p.birth_date, p.kind, p.number_state, p.notified, p.ends",
    "{keys} CROSS JOIN token t CROSS JOIN person p "
    "WHERE t.tenant_id = :tenant AND t.token = keys.key AND t.audience_id + 0 = :audience "
    "AND p.tenant_id = :tenant AND p.person_id = t.person_id AND p.number_state <> 'disposed'",
    "text",
)


@dataclass(frozen=True, slots=True)
class Person:
    """A person of a tenant, without their number."""

    tenant: int
    id: int
    external_id: str
    kind: PersonKind
    name: str
    kana: str
    birth_date: date | None
    address: str
    employee: str
    notified: dict[str, date]
    verification: Verification | None
    verified_on: date | None
    number_state: NumberState
    created_at: int
    ends: dict[str, date]
    due_on: date | None


class Known(NamedTuple):
    """What registration needs to know of a person who is already there."""

    id: int
    kind: str
    state: str
    notified: str


class Bearer(NamedTuple):
    """The person behind a token, as far as a use asks.

    `row` is the token's place in the request; from `kind` on stands what makes persons alike to a rule.
    """

    row: int
    id: int
    birth_date: str
    kind: str
    state: str
    notified: str
    ends: str


def known(tx: Transaction, tenant: int, external_ids: Sequence[str]) -> dict[str, Known]:
    """The persons who are already there, by external id."""
    rows = tx.match(_KNOWN, {"tenant": tenant}, searchable(external_ids))
    return {external_ids[row[0]]: Known._make(row[1:]) for row in rows}


def find_person(tx: Transaction, tenant: int, external_id: str) -> Row | None:
    """The row of a person by external id."""
    return tx.one(BY_EXTERNAL_ID, {"tenant": tenant, "external_id": sought(external_id)})


def tokens_of(tx: Transaction, tenant: int, audience: int, persons: Sequence[int]) -> dict[int, str]:
    """The tokens an audience has, by person."""
    rows = tx.match(_TOKENS_OF, {"tenant": tenant, "audience": audience}, persons)
    return {persons[pos]: token for pos, token in rows}


def bearers(tx: Transaction, tenant: int, audience: int, tokens: Sequence[str]) -> list[Bearer | None]:
    """The person behind each token; None for one that is foreign, unknown, revoked or disposed of, alike."""
    found: list[Bearer | None] = [None] * len(tokens)
    for row in tx.match(_BY_TOKEN, {"tenant": tenant, "audience": audience}, searchable(tokens)):
        found[row[0]] = _bearer(row)
    return found


def _bearer(row: Row) -> Bearer:
    """`Bearer._make`, which counts the fields of each row, in half the time: a batch has ten thousand of them."""
    return tuple.__new__(Bearer, row)


def searchable(texts: Sequence[str]) -> Sequence[str]:
    """The same texts, but "" for those no database can hold: it finds nothing, as they would."""
    together = "".join(texts)
    if together.isascii() and "\x00" not in together:
        return texts
    return [text if text.isprintable() else "" for text in texts]


def sought(external_id: str) -> str:
    """What to look for when somebody names a person: "" for what no row can hold.

    A number that was typed into the wrong field is not handed to a driver, which may log what it is asked.
    """
    wanted = normalise_id(external_id)
    return wanted if wanted.isprintable() and not contains_number(wanted) else ""


def person_of(row: Row) -> Person:
    """A person from a row of the table, in its column order."""
    (
        tenant,
        identity,
        external_id,
        kind,
        name,
        kana,
        birth,
        address,
        employee,
        notified,
        how,
        on,
        state,
        at,
        ends,
        due,
    ) = row
    return Person(
        tenant,
        identity,
        external_id,
        PersonKind(kind),
        name,
        kana,
        date.fromisoformat(birth) if birth else None,
        address,
        employee,
        _days(notified),
        Verification(how) if how else None,
        date.fromisoformat(on) if on else None,
        NumberState(state),
        at,
        _days(ends),
        date.fromisoformat(due) if due else None,
    )


def _days(text: str) -> dict[str, date]:
    """Purpose codes, each with its day, from how the table holds them."""
    return {code: date.fromisoformat(day) for code, day in orjson.loads(text).items()}


def notified_text(notified: dict[str, str]) -> str:
    """Purposes with the day each was told, as the table holds them."""
    return orjson.dumps(notified, option=orjson.OPT_SORT_KEYS).decode()


@lru_cache(maxsize=4096)
def notified_codes(text: str) -> frozenset[str]:
    """The codes alone; persons told on the same day share the text, and so this answer."""
    return frozenset(orjson.loads(text))


@lru_cache(maxsize=4096)
def codes_over(ends: str, today: str) -> frozenset[str]:
    """The purposes for which a person's number is refused on a day.

    Args:
        ends: purposes with the first day each is refused, as the table holds them.
        today: ISO 8601.
    """
    return frozenset(code for code, day in orjson.loads(ends).items() if day <= today)


def end_of(ends: str, code: str) -> date | None:
    """The first day on which a purpose is refused; None while it has no end."""
    day = orjson.loads(ends).get(code)
    return date.fromisoformat(day) if day else None
