"""Resolvers without detours: graphql-core calls ours directly, where strawberry puts layers that are not used here.

Strawberry makes the schema. Around each resolver it prepares for extensions, permissions, lazy types and conversions
that might differ from call to call, and works all of that out anew at every call, which takes as long as graphql-core
needs for the whole of a small operation. `straighten` puts in place of it:

- a field without a resolver reads its attribute;
- a field with one gets graphql-core's info, which has the same `context`, and its arguments under their Python names;
- an input is made by graphql-core as soon as its fields are coerced;
- a union goes by the class of the value.
"""

from collections.abc import Callable
from dataclasses import MISSING
from inspect import Parameter
from operator import attrgetter
from typing import Any, Final

from graphql import (
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    is_non_null_type,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

Resolver = Callable[..., Any]

_DEFINITION: Final = GraphQLCoreConverter.DEFINITION_BACKREF


def straighten(schema: GraphQLSchema) -> None:
    """Make everything in a schema of strawberry's plain.

    Raises:
        TypeError: something uses what plain resolvers and inputs cannot do.
    """
    for name, type_ in schema.type_map.items():
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__"):
            _straighten_fields(type_)
        elif isinstance(type_, GraphQLInputObjectType):
            _straighten_input(type_)
        elif isinstance(type_, GraphQLUnionType):
            type_.resolve_type = _by_class(type_)


def _straighten_fields(type_: GraphQLObjectType) -> None:
    for field in type_.fields.values():
        field.resolve = plain_resolver(field.extensions[_DEFINITION])
        for argument in field.args.values():
            argument.out_name = argument.extensions[_DEFINITION].python_name


def plain_resolver(definition: StrawberryField) -> Resolver:
    """What graphql-core is to call for a field.

    Raises:
        TypeError: it has extensions or permissions, which nobody would run.
    """
    if definition.extensions or definition.permission_classes:
        raise TypeError(f"{definition.python_name}: extensions and permissions are not run")
    resolver = definition.base_resolver
    if resolver is None:
        read = attrgetter(definition.python_name)
        return lambda source, _info: read(source)
    return _calling(resolver)


def _calling(resolver: StrawberryResolver[Any]) -> Resolver:
    """Calls a resolver with what it asks for by name: the source, the info, its arguments."""
    takes_self = resolver.self_parameter is not None
    infos = _names(resolver.info_parameter)
    sources = _names(resolver.root_parameter, resolver.parent_parameter)

    def resolve(source: Any, info: object, **arguments: Any) -> Any:
        for name in infos:
            arguments[name] = info
        for name in sources:
            arguments[name] = source
        return resolver(source, **arguments) if takes_self else resolver(**arguments)

    return resolve


def _names(*parameters: Parameter | None) -> frozenset[str]:
    return frozenset(parameter.name for parameter in parameters if parameter is not None)


def _straighten_input(type_: GraphQLInputObjectType) -> None:
    if type_.is_one_of or "out_type" in vars(type_):
        raise TypeError(f"{type_.name}: an input is a plain object")
    for field in type_.fields.values():
        definition = field.extensions[_DEFINITION]
        if definition.default_value is MISSING and not is_non_null_type(field.type):
            raise TypeError(f"{type_.name}.{definition.python_name}: what may be left out has a default")
        field.out_name = definition.python_name
    make = type_.extensions[_DEFINITION].origin
    # graphql-core takes it when a type is made, which strawberry does.
    vars(type_)["out_type"] = lambda values: make(**values)


def _by_class(union: GraphQLUnionType) -> Callable[[object, object, object], str]:
    names = {type_.extensions[_DEFINITION].origin: type_.name for type_ in union.types}
    return lambda value, _info, _union: names[type(value)]
