"""What of an execution's errors may reach the client, and what the operator is told instead.

An error passes if its class was made for clients: `PublicError`, or a class that the endpoint was given.
A variable that does not fit is explained anew (`graphql_values`). Everything else becomes one text with the
request id, and a log line with the error's class and the code it passed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    VariableDefinitionNode,
)

from api.errors import entry, internal_entry
from api.graphql_values import CODE, misfits
from api.logs import locate
from schema.quiet import PublicError

# Where graphql-core and strawberry turn arguments into values: an error from there is the client's.
_ARGUMENT_MODULES: Final = frozenset({"graphql.execution.values", "strawberry.types.arguments"})
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Interpreter:
    """Turns errors into entries of an answer.

    Attributes:
        schema: the graphql-core schema, to explain variables.
        public: exception classes, besides `PublicError`, whose `code`, `message_ja` and `message_en` are
            written for clients.
        limit: how many errors an answer tells.
    """

    schema: GraphQLSchema
    public: tuple[type[Exception], ...]
    limit: int

    def entries(
        self,
        errors: Collection[GraphQLError],
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
        request_id: str,
    ) -> list[dict[str, Any]]:
        """The errors of one execution as they go over the wire.

        Args:
            errors: as graphql-core wrote them.
            operation: what was executed.
            variables: the values of the request, to explain those that do not fit.
            request_id: leads from a masked error to its log line.
        """
        if all(error.path is None for error in errors):
            found = self._misfits(errors, operation, variables)
            if found:
                return found[: self.limit]
        return [self._entry(error, request_id) for error in list(errors)[: self.limit]]

    def _misfits(
        self,
        errors: Collection[GraphQLError],
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> list[dict[str, Any]]:
        """If variables did not fit, every reason why; at worst the errors do not name the variables."""
        nodes = [node for error in errors for node in error.nodes or ()]
        blamed = {node.variable.name.value for node in nodes if isinstance(node, VariableDefinitionNode)}
        found: list[dict[str, Any]] = []
        for definition in operation.variable_definitions or ():
            name = definition.variable.name.value
            if name in blamed or not blamed:
                value = variables.get(name, Undefined)
                faults = misfits(self.schema, definition, value, self.limit)
                found.extend(public_entry(fault) for fault in faults)
        return found

    def _entry(self, error: GraphQLError, request_id: str) -> dict[str, Any]:
        cause = _origin(error)
        if isinstance(cause, PublicError):
            cause.forget_frames()
            return _placed(entry(cause.code, cause.message_ja, cause.message_en, **cause.details), error)
        if isinstance(cause, self.public):
            code, ja, en = (getattr(cause, name) for name in ("code", "message_ja", "message_en"))
            return _placed(entry(code, ja, en), error)
        if isinstance(cause, GraphQLError) and _is_about_arguments(cause):
            return _placed(_wrong_argument(error), error)
        _log.error("resolver failed", field=_field_name(error), **locate(cause))
        return _placed(internal_entry(request_id), error)


def public_entry(error: PublicError) -> dict[str, Any]:
    """An error written for clients, as it goes over the wire."""
    return _placed(entry(error.code, error.message_ja, error.message_en, **error.details), error)


def _origin(error: GraphQLError) -> Exception:
    """What a resolver raised, out of the wrappings of graphql-core."""
    origin: Exception = error
    while isinstance(origin, GraphQLError) and not isinstance(origin, PublicError) and origin.original_error:
        origin = origin.original_error
    return origin


def _is_about_arguments(error: GraphQLError) -> bool:
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") in _ARGUMENT_MODULES:
            return True
        trace = trace.tb_next
    return False


def _wrong_argument(error: GraphQLError) -> dict[str, Any]:
    # The name the client gave the field in its answer; the error's node is the argument.
    field = next((step for step in reversed(error.path or ()) if isinstance(step, str)), "?")
    return entry(
        CODE,
        f"項目 {field} の引数の値が型に合いません",
        f"an argument of the field {field} does not fit its type",
    )


def _field_name(error: GraphQLError) -> str:
    """The field's name in the schema; never its alias, which is the client's text."""
    names = [node.name.value for node in error.nodes or () if isinstance(node, FieldNode)]
    return names[0] if names else "?"


def _placed(told: dict[str, Any], error: GraphQLError) -> dict[str, Any]:
    if error.locations:
        told["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path:
        told["path"] = error.path
    return told
