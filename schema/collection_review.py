"""One collection with all that belongs to it: what was submitted, decided and sent."""

from typing import Annotated

import strawberry

from custody.collection.board import show_collection
from custody.collection.possible import names_of
from custody.selfservice.standing import links_to
from policies.refusals import Denied
from schema.collection_links import CollectionLink, link_node
from schema.collections import Collection, collection_node
from schema.context import Info
from schema.dispatches import CollectionDispatch, dispatch_node
from schema.results import refused_query
from schema.submissions import CollectionItem, item_node
from schema.verification import VerificationVerdict, verification_node


@strawberry.type(description="A collection as whoever decides on it is to see it.")
class CollectionReview:
    """A collection with its papers."""

    collection: Collection = strawberry.field(description="Where it stands.")
    items: list[CollectionItem] = strawberry.field(
        description="What was submitted and is still there, oldest first; `openSubmitted` shows it."
    )
    verifications: list[VerificationVerdict] = strawberry.field(description="The verdicts, oldest first.")
    dispatches: list[CollectionDispatch] = strawberry.field(
        description="What was ordered or sent, oldest first."
    )
    links: list[CollectionLink] = strawberry.field(
        description="The links by which the number can be brought, oldest first: of a dependent's, the employee's."
    )


async def _collection(
    info: Info,
    collection_id: Annotated[str, strawberry.argument(description="Public id of the collection.")],
) -> CollectionReview | None:
    context = info.context
    shown = await show_collection(context.custodian, context.somebody, collection_id, context.clock())
    if isinstance(shown, Denied):
        if shown.rule == "collection-unknown":
            return None
        raise refused_query(context, shown)
    now = context.clock()
    links = await links_to(context.custodian, context.somebody, shown.collection, now)
    if isinstance(links, Denied):
        raise refused_query(context, links)
    return CollectionReview(
        collection=collection_node(shown, names_of(context.somebody)),
        items=[item_node(each) for each in shown.items],
        verifications=[verification_node(each) for each in shown.verifications],
        dispatches=[dispatch_node(each) for each in shown.dispatches],
        links=[link_node(each, now) for each in links],
    )


@strawberry.type
class CollectionReviewQuery:
    """Queries about one collection."""

    collection: CollectionReview | None = strawberry.field(
        resolver=_collection,
        description="One collection: what was submitted, decided and sent, and what the caller may do next.",
    )
