"""Executing a checked document: once, and with nothing of it left in memory."""

import gc
import weakref
from typing import Any

import strawberry
from graphql import parse

from schema.context import Info
from schema.quiet import QuietSchema


class Marked:
    """A context whose end can be watched."""


async def _later(info: Info, word: str) -> str:
    return word.upper()


def _now(info: Info, word: str) -> str:
    return word.lower()


@strawberry.type
class Query:
    later: str = strawberry.field(resolver=_later)
    now: str = strawberry.field(resolver=_now)


async def execute(document: str, context: object, variables: dict[str, Any] | None = None) -> Any:
    schema = QuietSchema(Query)
    return await schema.execute_checked(
        parse(document), operation_name=None, variables=variables, context=context
    )


async def test_resolvers_that_wait_and_those_that_do_not_are_answered_alike() -> None:
    done = await execute("query ($w: String!) { later(word: $w) now(word: $w) }", Marked(), {"w": "Word"})
    assert (done.data, done.errors) == ({"later": "WORD", "now": "word"}, None)
    assert (await execute('{ now(word: "Word") }', Marked())).data == {"now": "word"}


async def test_a_variable_that_does_not_fit_is_an_error_and_nothing_runs() -> None:
    done = await execute("query ($w: String!) { later(word: $w) }", Marked(), {"w": 5})
    assert done.data is None
    assert len(done.errors) == 1


async def test_nothing_of_a_request_waits_for_the_collector() -> None:
    context = Marked()
    seen = weakref.ref(context)
    gc.collect()
    gc.disable()
    try:
        await execute("query ($w: String!) { later(word: $w) now(word: $w) }", context, {"w": "Word"})
        del context
        assert seen() is None
    finally:
        gc.enable()
