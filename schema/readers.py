"""Readers of what clients send, made once for each type: they take what is plainly right and turn the rest away."""

from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    Undefined,
    is_leaf_type,
    is_required_input_field,
)

Read = Callable[[Any], Any]


class Unplanned(Exception):  # noqa: N818 - no fault, but a case for graphql-core
    """Something that graphql-core has to look at."""


def reader(type_: GraphQLInputType) -> Read:
    """Makes the reader of a type.

    Returns:
        A function from a value as decoded from JSON to the one graphql-core would coerce it to. It raises `Unplanned`,
        or what the type's scalars raise, for values that do not plainly fit.

    Raises:
        Unplanned: the type is of a kind that has no reader.
    """
    if isinstance(type_, GraphQLNonNull):
        return _required(reader(type_.of_type))
    if isinstance(type_, GraphQLList):
        return _items(reader(type_.of_type))
    if isinstance(type_, GraphQLInputObjectType):
        return _fields(type_)
    if is_leaf_type(type_):
        return _leaf(type_)
    raise Unplanned


def _required(read: Read) -> Read:
    def read_required(value: Any) -> Any:
        if value is None:
            raise Unplanned
        return read(value)

    return read_required


def _leaf(type_: GraphQLLeafType) -> Read:
    coerce = type_.coerce_input_value

    def read_leaf(value: Any) -> Any:
        if value is None:
            return None
        coerced = coerce(value)
        if coerced is Undefined:
            raise Unplanned
        return coerced

    return read_leaf


def _items(read: Read) -> Read:
    def read_items(value: Any) -> Any:
        if value is None:
            return None
        if type(value) is not list:  # one item may come without its brackets
            raise Unplanned
        return [read(item) for item in value]

    return read_items


def _fields(type_: GraphQLInputObjectType) -> Read:
    if type_.is_one_of:
        raise Unplanned
    make, names = type_.out_type, type_.fields.keys()
    readers = {sent: (field.out_name or sent, reader(field.type)) for sent, field in type_.fields.items()}
    required = {sent for sent, field in type_.fields.items() if is_required_input_field(field)}
    if any(field.default is not None for field in type_.fields.values()):
        raise Unplanned
    defaults = {
        field.out_name or sent: field.default_value
        for sent, field in type_.fields.items()
        if field.default_value is not Undefined
    }

    def read_fields(value: Any) -> Any:
        if value is None:
            return None
        if type(value) is not dict or not required <= value.keys() <= names:
            raise Unplanned
        made = dict(defaults)
        for sent, item in value.items():
            name, read = readers[sent]
            made[name] = read(item)
        return make(made)

    return read_fields
