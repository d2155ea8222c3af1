"""Collections as inputs name them, and what became of them: as columns, each row by itself."""

from collections.abc import Sequence
from typing import Annotated, Final

import strawberry

from custody.collection.steps import Chosen, Moved
from policies.refusals import Denied
from schema.collection_enums import CollectionState
from schema.context import Context
from schema.results import Refusal, RowRejection, refusal, row_rejections

COLLECTION_IDS: Final = "Public ids of the collections, up to 10,000."
REVISIONS: Final = (
    "The revision each had when it was looked at: one that has moved on since is rejected. "
    "Left out, whatever it is now."
)


@strawberry.type(description="The collections that have moved, as columns in the order asked for.")
class CollectionsMoved:
    """What became of a step."""

    collection_ids: list[str] = strawberry.field(description="Public ids.")
    states: list[CollectionState] = strawberry.field(description="Where each stands now.")
    revisions: list[int] = strawberry.field(description="The revision of each.")
    rejections: list[RowRejection] = strawberry.field(description="The rows that have not moved, in order.")


CollectionsResult = Annotated[
    CollectionsMoved | Refusal,
    strawberry.union("CollectionsResult", description="What a step answers that many collections take."),
]


def chosen(collection_ids: Sequence[str], revisions: Sequence[int] | None) -> Chosen:
    """The collections that an input names."""
    return Chosen(collection_ids, revisions or ())


def moved(context: Context, done: Moved | Denied) -> CollectionsMoved | Refusal:
    """What became of a step as the schema tells it."""
    if isinstance(done, Denied):
        return refusal(context, done)
    return CollectionsMoved(
        collection_ids=[each.public_id for each in done.collections],
        states=[each.state for each in done.collections],
        revisions=[each.revision for each in done.collections],
        rejections=row_rejections(done.rejections),
    )
