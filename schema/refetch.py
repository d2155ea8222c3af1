"""Fetching by global id (Relay's object identification): every object that has an id can be fetched by it."""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Final

import strawberry

from custody.collection.board import show_board
from custody.disposal.step import find_run
from custody.forecast import refuse_reading
from custody.listing import ListedPerson, PersonFilter, Window, list_persons
from custody.record import read_entry
from custody.rights import accounts_of, clients_of
from custody.tenants import read_tenant
from custody.use import find_use
from policies.refusals import Denied
from schema.accounts import account_node
from schema.audit import entry_node
from schema.campaigns import campaign_node
from schema.clients import client_node
from schema.collections import find_collection
from schema.context import Context, Info
from schema.disposal import run_node
from schema.inquiries import find_node as find_inquiry_node
from schema.nodes import Node, from_id
from schema.people import person_node
from schema.purposes import find_purpose
from schema.quiet import PublicError
from schema.tenants import tenant_node, tenant_public_id
from schema.tokens import token_node
from schema.use import use_node

MAX_NODES: Final = 100
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,15}")


async def _node(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Global id.")]
) -> Node | None:
    return await _find(info.context, id)


async def _nodes(
    info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="Global ids, up to 100.")]
) -> list[Node | None]:
    if len(ids) > MAX_NODES:
        raise PublicError("BAD_USER_INPUT", "ids は 100 件までです", "give up to 100 ids")
    return [await _find(info.context, one) for one in ids]


@strawberry.type
class NodeQuery:
    """Fetching by global id."""

    node: Node | None = strawberry.field(resolver=_node, description="The object of a global id.")
    nodes: list[Node | None] = strawberry.field(
        resolver=_nodes, description="The objects of global ids, in order; null where there is none."
    )


async def _find(context: Context, text: str) -> Node | None:
    """What a global id names, or None: not ours, not there, and not for this caller look alike."""
    context.require_somebody()
    kind, key = from_id(text) or ("", "")
    find = _FINDERS.get(kind)
    return await find(context, key) if find else None


async def _purpose(context: Context, code: str) -> Node | None:
    return find_purpose(context, code)


async def _tenant(context: Context, public_id: str) -> Node | None:
    own = context.somebody.tenant
    if public_id != tenant_public_id(own):
        return None
    custodian = context.custodian
    return tenant_node(
        await custodian.database.read(own, lambda tx: read_tenant(tx, custodian.authority, own))
    )


async def _person(context: Context, external_id: str) -> Node | None:
    listed = await _listed(context, PersonFilter(external_id))
    return person_node(listed) if listed else None


async def _token(context: Context, external_id: str) -> Node | None:
    listed = await _listed(context, PersonFilter(external_id, with_token=True))
    return token_node(listed) if listed else None


async def _listed(context: Context, wanted: PersonFilter) -> ListedPerson | None:
    page = await list_persons(context.custodian, context.somebody, wanted, Window(1), context.clock())
    return None if isinstance(page, Denied) or not page.items else page.items[0]


async def _use(context: Context, use_id: str) -> Node | None:
    use = await find_use(context.custodian, context.somebody, use_id)
    return use_node(use) if use else None


async def _entry(context: Context, index: str) -> Node | None:
    if not _INDEX.fullmatch(index):
        return None
    leaf = await read_entry(context.custodian, context.somebody, int(index), context.clock())
    return None if isinstance(leaf, Denied) else entry_node(leaf)


async def _account(context: Context, login: str) -> Node | None:
    every = await accounts_of(context.custodian, context.somebody, context.clock())
    found = [] if isinstance(every, Denied) else [account for account in every if account.login == login]
    return account_node(found[0]) if found else None


async def _client(context: Context, name: str) -> Node | None:
    every = await clients_of(context.custodian, context.somebody, context.clock())
    found = [] if isinstance(every, Denied) else [client for client in every if client.name == name]
    return client_node(found[0]) if found else None


async def _run(context: Context, run_id: str) -> Node | None:
    if await refuse_reading(context.custodian, context.somebody, context.clock()):
        return None
    run = await find_run(context.custodian, context.somebody, run_id)
    return run_node(run) if run else None


async def _campaign(context: Context, campaign_id: str) -> Node | None:
    board = await show_board(context.custodian, context.somebody, campaign_id, context.clock())
    return None if isinstance(board, Denied) else campaign_node(board.campaign)


async def _collection(context: Context, collection_id: str) -> Node | None:
    return await find_collection(context, collection_id)


_FINDERS: Final[dict[str, Callable[[Context, str], Awaitable[Node | None]]]] = {
    "Purpose": _purpose,
    "Tenant": _tenant,
    "Person": _person,
    "IssuedToken": _token,
    "Use": _use,
    "AuditEntry": _entry,
    "Account": _account,
    "Client": _client,
    "DisposalRun": _run,
    "Inquiry": find_inquiry_node,
    "Campaign": _campaign,
    "Collection": _collection,
}
