"""One execution of a document that has passed every rule: by its plan where it has one, and by graphql-core."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from inspect import isawaitable
from types import CoroutineType
from typing import Any, NamedTuple, TypeGuard

from graphql import DocumentNode, ExecutionResult, Executor, GraphQLSchema

from schema.plan import Asking, Plan

Middleware = Callable[..., Any]


class Execution(NamedTuple):
    """What is executed.

    Attributes:
        schema: the schema.
        document: the parsed document, validated against it.
        operation_name: which operation to run; may be None if there is but one.
        variables: values of the variables, as decoded from JSON.
        context: what resolvers see as `info.context`.
    """

    schema: GraphQLSchema
    document: DocumentNode
    operation_name: str | None
    variables: dict[str, Any]
    context: object

    async def follow(self, plan: Plan) -> ExecutionResult:
        """Answer by a plan; by graphql-core as soon as something is not plainly right."""
        arguments: dict[str, Any] | None = None
        with suppress(Exception):
            arguments = plan.read(self.variables)
        if arguments is None:
            return await self.run()
        asking = Asking(self.context)
        try:
            value = plan.resolve(None, asking, **arguments)
            if isinstance(value, CoroutineType):
                value = await value
        except Exception as error:  # noqa: BLE001 - graphql-core finds the words for it
            return await self.run(_raising(error))
        with suppress(Exception):
            return ExecutionResult({plan.name: plan.complete(value, asking)}, None)
        return await self.run(_returning(value))

    async def run(self, *middleware: Middleware) -> ExecutionResult:
        """Have graphql-core execute it; `middleware` stands around each resolver."""
        executor = Executor.build(
            self.schema,
            self.document,
            context_value=self.context,
            raw_variable_values=self.variables,
            operation_name=self.operation_name,
            middleware=middleware or None,
            is_awaitable=_is_coroutine,
        )
        if isinstance(executor, list):
            return ExecutionResult(None, errors=executor)
        try:
            result = executor.execute_operation()
            done = await result if isawaitable(result) else result
        finally:
            # They hold the executor that holds them, and it the variables: codes and numbers would stay in memory
            # until the collector comes by, and make work for it.
            del executor.async_helpers
        if not isinstance(done, ExecutionResult):
            raise TypeError("an answer comes in one piece")
        return done


def _returning(value: object) -> Middleware:
    """Stands in for the root resolver, which has returned this."""

    def stand_in(resolve: Callable[..., Any], source: object, info: Any, **arguments: Any) -> Any:
        return value if info.path.prev is None else resolve(source, info, **arguments)

    return stand_in


def _raising(error: Exception) -> Middleware:
    """Stands in for the root resolver, which has raised this."""
    held = [error]  # given away, since the error will know of this frame

    def stand_in(resolve: Callable[..., Any], source: object, info: Any, **arguments: Any) -> Any:
        if info.path.prev is None:
            raise held.pop()
        return resolve(source, info, **arguments)

    return stand_in


def _is_coroutine(value: object) -> TypeGuard[Awaitable[Any]]:
    """Whether a resolver's result is to be awaited: ours are plain functions or coroutine functions."""
    return isinstance(value, CoroutineType)
