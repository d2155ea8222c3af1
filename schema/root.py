"""The roots of the schema: every noun brings its queries and mutations."""

from functools import lru_cache
from typing import Annotated

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from custody.listing import PersonFilter, Window, list_persons
from custody.record import read_entry
from custody.use import find_use
from policies.refusals import Denied
from schema.accounts import AccountMutation, AccountQuery
from schema.audit import AuditEntry, AuditQuery, entry_node
from schema.clients import ClientMutation, ClientQuery
from schema.context import Context, Info
from schema.nodes import Node, from_id
from schema.people import PeopleMutation, PeopleQuery, Person, person_node
from schema.purposes import Purpose, PurposeQuery, purpose_node
from schema.quiet import QuietSchema
from schema.scalars import SCALARS
from schema.tenants import TenantMutation, TenantQuery
from schema.tokens import TokenMutation, TokenQuery
from schema.use import Use, UseMutation, UseQuery, use_node

_MAX_NODES = 100


async def _node(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Global id.")]
) -> Node | None:
    return await _find(info.context, id)


async def _nodes(
    info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="Global ids, up to 100.")]
) -> list[Node | None]:
    return [await _find(info.context, one) for one in ids[:_MAX_NODES]]


async def _find(context: Context, text: str) -> Node | None:
    """What a global id names, or None: not ours, not there, and not for this caller look alike."""
    named = from_id(text)
    if named is None:
        return None
    kind, key = named
    if kind == "Purpose":
        purpose = context.custodian.catalogue.get(key)
        return purpose_node(context, purpose) if purpose else None
    if kind == "Person":
        return await _person(context, key)
    if kind == "Use":
        use = await find_use(context.custodian, context.somebody, key)
        return use_node(context, use) if use else None
    if kind == "AuditEntry" and key.isdecimal():
        leaf = await read_entry(context.custodian, context.somebody, int(key), context.clock())
        return None if isinstance(leaf, Denied) else entry_node(leaf)
    return None


async def _person(context: Context, external_id: str) -> Person | None:
    page = await list_persons(
        context.custodian, context.somebody, PersonFilter(external_id), Window(1), context.clock()
    )
    return None if isinstance(page, Denied) or not page.items else person_node(page.items[0])


@strawberry.type
class NodeQuery:
    """Fetching by global id."""

    node: Node | None = strawberry.field(resolver=_node, description="The object of a global id.")
    nodes: list[Node | None] = strawberry.field(
        resolver=_nodes, description="The objects of global ids, in order."
    )


Query = merge_types(
    "Query",
    (
        NodeQuery,
        TenantQuery,
        PurposeQuery,
        PeopleQuery,
        TokenQuery,
        UseQuery,
        AuditQuery,
        AccountQuery,
        ClientQuery,
    ),
)
Mutation = merge_types(
    "Mutation", (TokenMutation, UseMutation, PeopleMutation, AccountMutation, ClientMutation, TenantMutation)
)


@lru_cache(maxsize=1)
def build_schema() -> QuietSchema:
    """The schema of the API. It holds no state and is built once."""
    return _build(sort=False)


def print_schema() -> str:
    """The schema as text, sorted: what `schema/schema.graphql` holds."""
    return _build(sort=True).as_str() + "\n"


def _build(*, sort: bool) -> QuietSchema:
    """Sorting copies every type, and the copies of enums forget the classes behind them: for print alone."""
    return QuietSchema(
        Query,
        Mutation,
        types=[Purpose, Person, Use, AuditEntry],
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True, sort_schema=sort),
    )
