"""Names the place of a value that does not fit its type, and the type expected there, without the value.

graphql-core explains such errors by quoting what it found. A number with one digit too many would so come
back in the answer, and stand in every log on the way.
"""

import contextlib
from collections.abc import Sequence
from typing import Any, Final

from graphql import (
    GraphQLError,
    GraphQLInputType,
    GraphQLList,
    GraphQLSchema,
    Undefined,
    VariableDefinitionNode,
    get_nullable_type,
    is_input_object_type,
    is_input_type,
    is_required_input_field,
    type_from_ast,
)
from graphql.utilities import coerce_input_value, validate_input_value

from schema.quiet import PublicError

CODE: Final = "BAD_USER_INPUT"


class _EnoughError(Exception):
    """Stops graphql-core from looking for more faults than will be told."""


def misfits(
    schema: GraphQLSchema, definition: VariableDefinitionNode, value: Any, limit: int
) -> list[PublicError]:
    """Explain why a variable was refused.

    Args:
        schema: the schema.
        definition: the variable's definition in the document.
        value: what came for it, as decoded from JSON; `Undefined` if nothing came.
        limit: how many faults to tell at most.

    Returns:
        One error for each fault; empty if the value fits after all.
    """
    expected = type_from_ast(schema, definition.type)
    if not is_input_type(expected):
        return []
    found: list[PublicError] = []

    def report(error: GraphQLError, path: list[str | int]) -> None:
        found.append(_misfit(definition, expected, value, error, path))
        if len(found) >= limit:
            raise _EnoughError

    with contextlib.suppress(_EnoughError, RecursionError):
        validate_input_value(value, expected, report, hide_suggestions=True)
    return found or _refused_by_strawberry(definition, expected, value)


def _refused_by_strawberry(
    definition: VariableDefinitionNode, expected: GraphQLInputType, value: Any
) -> list[PublicError]:
    """What passes graphql-core's inspection may still fail strawberry's, which only raises (oneOf, Maybe)."""
    if value is Undefined:
        return []
    try:
        coerce_input_value(value, expected)
    except (GraphQLError, RecursionError) as error:
        return [_misfit(definition, expected, value, GraphQLError(type(error).__name__), [])]
    return []


def _misfit(
    definition: VariableDefinitionNode,
    expected: GraphQLInputType,
    value: Any,
    error: GraphQLError,
    path: list[str | int],
) -> PublicError:
    name = definition.variable.name.value
    if isinstance(error, PublicError):
        error.forget_frames()
        told = {"variable": name, "path": path, **error.details}
        return PublicError(error.code, error.message_ja, error.message_en, told, nodes=[definition])
    wanted = type_at(expected, path)
    place = f"${name}{spell(path)}"
    missing = _missing(wanted, value, path)
    details: dict[str, object] = {"variable": name, "path": path, "expected": str(wanted)}
    if missing:
        details["missing"] = missing
        ja = f"変数 {place} に項目 {', '.join(map(str, missing))} がありません(型 {wanted})"
        en = f"variable {place} lacks {', '.join(map(str, missing))} (type {wanted})"
    else:
        ja = f"変数 {place} の値が型 {wanted} に合いません"
        en = f"the value of variable {place} does not fit the type {wanted}"
    return PublicError(CODE, ja, en, details, nodes=[definition])


def _missing(wanted: GraphQLInputType, value: Any, path: Sequence[str | int]) -> list[str | int]:
    """Required fields that the object at `path` lacks."""
    try:
        for step in path:
            value = value[step]
    except (KeyError, IndexError, TypeError):
        return []
    bare = get_nullable_type(wanted)
    if not is_input_object_type(bare) or not isinstance(value, dict):
        return []
    return [
        name for name, field in bare.fields.items() if is_required_input_field(field) and name not in value
    ]


def type_at(expected: GraphQLInputType, path: Sequence[str | int]) -> GraphQLInputType:
    """The input type that stands at a path inside another one."""
    for step in path:
        inner = get_nullable_type(expected)
        if isinstance(step, int) and isinstance(inner, GraphQLList):
            element: Any = inner.of_type
            expected = element
        elif isinstance(step, str) and is_input_object_type(inner) and step in inner.fields:
            expected = inner.fields[step].type
    return expected


def spell(path: Sequence[str | int]) -> str:
    """Write a path as `.numbers[3]`; its names are the schema's, never the client's."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
