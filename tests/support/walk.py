"""Walks the schema: every field of Query and Mutation, a document that asks for all of it, every place for a value."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from graphql import (
    GraphQLAbstractType,
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_input_object_type,
    is_interface_type,
    is_list_type,
    is_object_type,
    is_required_argument,
    is_required_input_field,
)

from schema.root import build_schema

SCHEMA: Final[GraphQLSchema] = build_schema().core
Path = tuple[str, ...]
Fill = Callable[[Path, str], Any]
"""The value for a place, given its path from the argument on and the name of its type."""

LEFT_OUT: Final = object()
"""What `Fill` gives for a place that is to be left out."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One field of Query or Mutation."""

    kind: str
    name: str
    field: GraphQLField

    def __str__(self) -> str:
        return self.name

    @property
    def document(self) -> str:
        """A document with one operation, every argument a variable, every field selected."""
        return _document(self.kind, self.name)

    @property
    def places(self) -> list[tuple[Path, str]]:
        """Every place that takes a value: its path, and the name of its type."""
        return [
            place for name, argument in self.field.args.items() for place in _places((name,), argument.type)
        ]

    def variables(self, fill: Fill) -> dict[str, Any]:
        """Values for every argument; `fill` gives those at the places."""
        values = {
            name: _value((name,), argument.type, is_required_argument(argument), fill)
            for name, argument in self.field.args.items()
        }
        return {name: value for name, value in values.items() if value is not LEFT_OUT}


@cache
def _document(kind: str, name: str) -> str:
    """The walks ask for the same few hundred documents tens of thousands of times."""
    field = _fields_of(kind)[name]
    # What has a default may be left out, so its variable is not required.
    declared = ", ".join(
        f"${name}: {argument.type if is_required_argument(argument) else get_nullable_type(argument.type)}"
        for name, argument in field.args.items()
    )
    passed = ", ".join(f"{name}: ${name}" for name in field.args)
    head = f"{kind}({declared})" if declared else kind
    call = f"{name}({passed})" if passed else name
    return f"{head} {{ {call} {selection(field.type)} }}"


def operations(kind: str = "") -> list[Operation]:
    """Every field of Query and Mutation, or of one of them."""
    return [
        Operation(each, name, field)
        for each in ("query", "mutation")
        if kind in ("", each)
        for name, field in _fields_of(each).items()
    ]


def _fields_of(kind: str) -> dict[str, GraphQLField]:
    root = SCHEMA.query_type if kind == "query" else SCHEMA.mutation_type
    return root.fields if root is not None else {}


def operation(name: str) -> Operation:
    """The field of that name."""
    (found,) = [item for item in operations() if item.name == name]
    return found


def selection(output: GraphQLOutputType, seen: Path = ()) -> str:
    """Everything that can be selected of a type; a type within itself is not entered again."""
    named = get_named_type(output)
    if is_abstract_type(named):
        return f"{{ __typename {_of_members(named, seen)} }}"
    if not is_object_type(named):
        return ""
    fields = [f"{name} {selection(field.type, seen)}" for name, field, seen in _fields(named, seen)]
    return f"{{ {' '.join(fields)} }}"


def _of_members(abstract: GraphQLAbstractType, seen: Path) -> str:
    """The fields of every member; one that two members type differently goes by an alias."""
    types: dict[str, str] = {}
    parts = []
    for member in SCHEMA.get_possible_types(abstract):
        fields = []
        for name, field, within in _fields(member, seen):
            below = selection(field.type, within)
            if below and is_interface_type(abstract):
                continue  # every object there is, in full, is more than one document may ask for
            shown = str(field.type)
            alias = "" if types.setdefault(name, shown) == shown else f"{name}Of{member.name}: "
            fields.append(f"{alias}{name} {below}")
        parts.append(f"... on {member.name} {{ {' '.join(fields)} }}")
    return " ".join(parts)


def _fields(parent: GraphQLObjectType, seen: Path) -> Iterator[tuple[str, GraphQLField, Path]]:
    """A type's fields, without those that lead back; a page gives its items once, as `nodes`."""
    within = (*seen, parent.name)
    for name, field in parent.fields.items():
        named = get_named_type(field.type)
        if named.name not in within and f"{named.name}Edge" != parent.name:
            yield name, field, within


def _places(path: Path, given: GraphQLInputType) -> Iterator[tuple[Path, str]]:
    named: GraphQLNamedType = get_named_type(given)
    if is_input_object_type(named):
        for name, field in named.fields.items():
            yield from _places((*path, name), field.type)
    else:
        yield path, named.name


def _value(path: Path, given: GraphQLInputType, required: bool, fill: Fill) -> Any:
    inner = get_nullable_type(given)
    if is_list_type(inner):
        item = _value(path, inner.of_type, required, fill)
        return item if item is LEFT_OUT or isinstance(item, list) else [item]
    if not is_input_object_type(inner):
        return fill(path, get_named_type(given).name)
    found = {
        name: _value((*path, name), field.type, is_required_input_field(field), fill)
        for name, field in inner.fields.items()
    }
    kept = {name: value for name, value in found.items() if value is not LEFT_OUT}
    return kept if kept or required else LEFT_OUT


def described(node: GraphQLArgument | GraphQLField | GraphQLInputField | GraphQLNamedType) -> bool:
    """Whether somebody wrote down what it is for."""
    return bool((node.description or "").strip())
