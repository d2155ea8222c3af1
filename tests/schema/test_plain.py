"""Plain resolvers and inputs: the same as strawberry's own, for everything that this schema uses."""

from base64 import b64encode
from datetime import date
from enum import Enum
from typing import Any

import pytest
import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    is_required_input_field,
)
from graphql.utilities import coerce_input_value
from hypothesis import given, settings
from hypothesis import strategies as st
from strawberry.extensions import FieldExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import convert_argument

from schema.context import Info
from schema.plain import straighten
from schema.quiet import QuietSchema
from schema.root import Mutation, Query, build_schema
from schema.scalars import SCALARS

PLAIN = build_schema()
ORDINARY = strawberry.Schema(Query, Mutation, config=StrawberryConfig(scalar_map=SCALARS))
INPUTS = sorted(
    name for name, type_ in PLAIN.core.type_map.items() if isinstance(type_, GraphQLInputObjectType)
)
SCALAR_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "Boolean": st.booleans(),
    "Int": st.integers(-(2**31), 2**31 - 1),
    "Index": st.integers(0, 10**11 - 1),
    "Date": st.dates().map(date.isoformat),
    "Image": st.binary(max_size=40).map(lambda content: b64encode(content).decode()),
}


def values(type_: GraphQLInputType) -> st.SearchStrategy[Any]:
    """What a client may send for a type."""
    if isinstance(type_, GraphQLNonNull):
        return present(type_.of_type)
    return st.none() | present(type_)


def present(type_: Any) -> st.SearchStrategy[Any]:
    if isinstance(type_, GraphQLList):
        return st.lists(values(type_.of_type), max_size=3)
    if isinstance(type_, GraphQLEnumType):
        return st.sampled_from(sorted(type_.values))
    if isinstance(type_, GraphQLInputObjectType):
        required = {name for name, field in type_.fields.items() if is_required_input_field(field)}
        fields = {name: values(field.type) for name, field in type_.fields.items()}
        return st.fixed_dictionaries(
            {name: fields[name] for name in required},
            optional={name: fields[name] for name in fields.keys() - required},
        )
    return SCALAR_VALUES.get(type_.name, st.text(max_size=8))


@pytest.mark.parametrize("name", INPUTS)
@settings(max_examples=25)
@given(data=st.data())
def test_an_input_is_what_strawberry_would_make_of_it(name: str, data: st.DataObject) -> None:
    plain, ordinary = PLAIN.core.type_map[name], ORDINARY._schema.type_map[name]
    assert isinstance(plain, GraphQLInputObjectType)
    assert isinstance(ordinary, GraphQLInputObjectType)
    sent = data.draw(present(plain))
    made = coerce_input_value(sent, plain)
    make = ordinary.extensions["strawberry-definition"].origin
    registry, config = ORDINARY.schema_converter.scalar_registry, ORDINARY.config
    assert made == convert_argument(coerce_input_value(sent, ordinary), make, registry, config)
    assert type(made) is make


def test_the_values_of_an_enum_arrive_as_its_members() -> None:
    sent = {"externalId": "1", "number": "1", "verification": "COLLECTION", "verifiedOn": "2026-04-01"}
    type_ = PLAIN.core.type_map["ChangeNumberInput"]
    assert isinstance(type_, GraphQLInputObjectType)
    made = coerce_input_value(sent, type_)
    assert isinstance(made.verification, Enum)


# --- what plain resolvers cannot do is refused when the schema is built


class _Shout(FieldExtension):
    pass


def _with_extension(info: Info) -> str:
    return "quiet"


def test_a_field_with_an_extension_is_refused() -> None:
    field: Any = strawberry.field(resolver=_with_extension, extensions=[_Shout()])
    query = strawberry.type(type("Query", (), {"__annotations__": {"word": str}, "word": field}))
    with pytest.raises(TypeError, match="word"):
        straighten(QuietSchema(query).core)


def test_an_input_whose_field_may_be_left_out_without_a_default_is_refused() -> None:
    @strawberry.input
    class Word:
        text: str | None

    def word(info: Info, word: Word) -> str:
        return word.text or ""

    query = strawberry.type(
        type("Query", (), {"__annotations__": {"word": str}, "word": strawberry.field(resolver=word)})
    )
    with pytest.raises(TypeError, match=r"Word\.text"):
        straighten(QuietSchema(query).core)
