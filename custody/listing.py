"""Listings of people, tokens and uses: pages in a stable order, asked for by key and never by offset."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, select

from custody.custodian import Custodian, entry, record_refusal
from custody.hold import HOLD
from custody.people import PERSON, NumberState, Person, person_of, sought
from custody.uses import USE, Use, UseState, use_of
from policies.actor import Actor, ActorKind
from policies.authorize import may
from policies.purposes import PersonKind
from policies.refusals import Denied
from tokenizer.audit.action import Action
from tokenizer.storage.rows import TokenRow, table_of

T = TypeVar("T")

_TOKEN: Final = table_of(TokenRow)
_ON_HOLD: Final = exists().where(
    HOLD.c.tenant_id == PERSON.c.tenant_id, HOLD.c.person_id == PERSON.c.person_id, HOLD.c.lifted_at == 0
)


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a listing: `limit` rows after `after`, or before `before`.

    Attributes:
        limit: 1 to 100.
        after: key of the row before the first; None from the start.
        before: key of the row after the last; None up to the end.
        backward: take the last rows of the range instead of the first.
    """

    limit: int
    after: int | None = None
    before: int | None = None
    backward: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a listing, in the listing's order."""

    items: Sequence[T]
    has_next: bool
    has_previous: bool


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """A person, with the token the caller has for them, if it has one, and whether a legal hold stands."""

    person: Person
    token: str | None
    on_hold: bool


@dataclass(frozen=True, slots=True)
class PersonFilter:
    """Which people are wanted; a field that is None does not matter.

    Attributes:
        external_id: exactly this one.
        kind: of this kind.
        state: whose number is in this state.
        with_token: who have a token of the caller's.
    """

    external_id: str | None = None
    kind: PersonKind | None = None
    state: NumberState | None = None
    with_token: bool = False


async def list_persons(
    custodian: Custodian, actor: Actor, wanted: PersonFilter, window: Window, now: int
) -> Page[ListedPerson] | Denied:
    """A page of the tenant's people, oldest first; with tokens for those who work with them."""
    sees_tokens = may(actor, "listTokens") is None
    denial = may(actor, "listTokens" if wanted.with_token else "listPersons")
    if denial is not None:
        refused = entry(actor, Action.PERSON_LIST, now, denied=denial)
        return await record_refusal(custodian, actor, refused, denial)
    own = and_(
        _TOKEN.c.tenant_id == PERSON.c.tenant_id,
        _TOKEN.c.person_id == PERSON.c.person_id,
        _TOKEN.c.audience_id == actor.audience,
    )
    query = (
        select(PERSON, _TOKEN.c.token, _ON_HOLD)
        .select_from(PERSON.join(_TOKEN, own, isouter=not wanted.with_token))
        .where(PERSON.c.tenant_id == actor.tenant, *_conditions(wanted))
    )
    rows = await list_rows(custodian, actor.tenant, query, PERSON.c.person_id, window)
    return page_of(
        [ListedPerson(person_of(row[:-2]), row[-2] if sees_tokens else None, bool(row[-1])) for row in rows],
        window,
    )


async def list_uses(
    custodian: Custodian, actor: Actor, state: UseState | None, window: Window, now: int
) -> Page[Use] | Denied:
    """A page of uses, oldest first: a client sees its own, a human those of the tenant."""
    denial = may(actor, "readUses")
    if denial is not None:
        refused = entry(actor, Action.USE_LIST, now, denied=denial)
        return await record_refusal(custodian, actor, refused, denial)
    query = select(USE).where(USE.c.tenant_id == actor.tenant)
    if actor.kind is ActorKind.CLIENT:
        query = query.where(USE.c.audience_id == actor.id)
    if state is not None:
        query = query.where(USE.c.state == state.value)
    rows = await list_rows(custodian, actor.tenant, query, USE.c.use_id, window)
    return page_of([use_of(custodian.authority, row) for row in rows], window)


async def list_rows(
    custodian: Custodian, tenant: int, query: Select[Any], key: ColumnElement[int], window: Window
) -> list[tuple[Any, ...]]:
    """One row more than the page, to tell whether there is a next one."""
    if window.after is not None:
        query = query.where(key > window.after)
    if window.before is not None:
        query = query.where(key < window.before)
    query = query.order_by(key.desc() if window.backward else key).limit(window.limit + 1)
    async with custodian.database.pages(tenant) as connection:
        return [tuple(row) for row in (await connection.execute(query)).all()]


def page_of(items: list[T], window: Window) -> Page[T]:
    """The page of a window, from at least one item more than it has, if there are as many."""
    more = len(items) > window.limit
    kept = items[: window.limit]
    if window.backward:
        return Page(kept[::-1], has_next=window.before is not None, has_previous=more)
    return Page(kept, has_next=more, has_previous=window.after is not None)


def _conditions(wanted: PersonFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.external_id is not None:
        conditions.append(PERSON.c.external_id == sought(wanted.external_id))
    if wanted.kind is not None:
        conditions.append(PERSON.c.kind == wanted.kind.value)
    if wanted.state is not None:
        conditions.append(PERSON.c.number_state == wanted.state.value)
    return conditions
