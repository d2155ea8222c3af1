"""Pages of a listing, as Relay's connections: asked for by cursor, 100 at most."""

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Final, Generic, TypeVar

import strawberry

from custody.listing import Page, Window
from schema.context import Context
from schema.quiet import PublicError

NodeT = TypeVar("NodeT")
ItemT = TypeVar("ItemT")

MAX_PAGE: Final = 100
_DEFAULT_PAGE: Final = 50
_CURSOR: Final = re.compile(r"[a-z]+\.([0-9a-f]{1,16})\.[0-9a-f]{12}")

First = Annotated[int | None, strawberry.argument(description="How many, from the start: 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="Only what comes after this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="How many, from the end: 1 to 100.")]
Before = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor.")]


@strawberry.type(description="Where a page lies in its listing.")
class PageInfo:
    """Relay's page information."""

    has_next_page: bool = strawberry.field(description="Whether more follow.")
    has_previous_page: bool = strawberry.field(description="Whether more come before.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first item.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last item.")


@strawberry.type(description="An item of a page, with its cursor.")
class Edge(Generic[NodeT]):
    """Relay's edge."""

    cursor: str = strawberry.field(description="Its cursor.")
    node: NodeT = strawberry.field(description="The item.")


@strawberry.type(description="A page of a listing.")
class Connection(Generic[NodeT]):
    """Relay's connection."""

    edges: list[Edge[NodeT]] = strawberry.field(description="The items with their cursors.")
    nodes: list[NodeT] = strawberry.field(description="The items.")
    page_info: PageInfo = strawberry.field(description="Where the page lies.")


def connection(
    context: Context,
    kind: str,
    page: Page[ItemT],
    key: Callable[[ItemT], int],
    node: Callable[[ItemT], NodeT],
) -> Connection[NodeT]:
    """A page as the schema tells it."""
    nodes = [node(item) for item in page.items]
    cursors = [_cursor(kind, key(item), context) for item in page.items]
    return Connection(
        edges=[Edge(cursor=mark, node=item) for mark, item in zip(cursors, nodes, strict=True)],
        nodes=nodes,
        page_info=PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        ),
    )


def slice_of(items: Sequence[ItemT], view: Window) -> Page[tuple[int, ItemT]]:
    """A page of a short list that is in memory, keyed by place."""
    start = 0 if view.after is None else view.after + 1
    stop = len(items) if view.before is None else min(view.before, len(items))
    if view.backward:
        start = max(start, stop - view.limit)
    stop = min(stop, start + view.limit)
    chosen = list(enumerate(items))[start:stop]
    return Page(chosen, has_next=stop < len(items), has_previous=start > 0)


def window(
    first: int | None, after: str | None, last: int | None, before: str | None, kind: str, context: Context
) -> Window:
    """The part of a listing that Relay's arguments name.

    Raises:
        PublicError: the arguments contradict each other, ask for more than 100, or hold no cursor of ours.
    """
    size = first if first is not None else last
    if (first is not None and last is not None) or (size is not None and not 1 <= size <= MAX_PAGE):
        raise PublicError(
            "BAD_USER_INPUT",
            "first か last のどちらかを 1〜100 で指定してください",
            "give either first or last, from 1 to 100",
        )
    return Window(
        size if size is not None else _DEFAULT_PAGE,
        _key(after, kind, context),
        _key(before, kind, context),
        backward=last is not None,
    )


def _cursor(kind: str, key: int, context: Context) -> str:
    """An opaque cursor, which only this server makes."""
    tag = context.custodian.authority.stamp("cursor", (context.somebody.tenant, kind, key))[:6].hex()
    return f"{kind}.{key:x}.{tag}"


def _key(text: str | None, kind: str, context: Context) -> int | None:
    if text is None:
        return None
    found = _CURSOR.fullmatch(text)
    key = int(found[1], 16) if found else 0
    if not found or _cursor(kind, key, context) != text:
        raise PublicError(
            "BAD_USER_INPUT",
            "カーソルは前のページの応答の値をそのまま使ってください",
            "use a cursor just as an earlier page gave it",
        )
    return key
