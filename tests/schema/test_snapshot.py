"""What the schema promises as a whole, whatever it holds."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLNamedType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    get_nullable_type,
    is_input_object_type,
    is_interface_type,
    is_non_null_type,
    is_object_type,
    is_specified_scalar_type,
    is_union_type,
)

from schema.root import print_schema
from tests.support.walk import SCHEMA, Operation, described, operations

SNAPSHOT = Path(__file__).parents[2] / "schema" / "schema.graphql"
OUTPUT_TYPES = [
    named for named in SCHEMA.type_map.values() if (is_object_type(named) or is_interface_type(named))
]
SHOWN_ONCE = {"LoggedIn", "AccountEnrolled", "ClientKeyMade", "ContractEndRequested", "CollectionLinksIssued"}


def own_types(schema: GraphQLSchema) -> list[GraphQLNamedType]:
    return [
        named
        for name, named in schema.type_map.items()
        if not name.startswith("__") and not is_specified_scalar_type(named)
    ]


def undescribed(schema: GraphQLSchema) -> Iterator[str]:
    """The names of everything nobody described: types, fields, their arguments, input fields."""
    for named in own_types(schema):
        if not described(named):
            yield named.name
        for field_name, field in getattr(named, "fields", {}).items():
            if not described(field):
                yield f"{named.name}.{field_name}"
            for argument_name, argument in getattr(field, "args", {}).items():
                if not described(argument):
                    yield f"{named.name}.{field_name}({argument_name})"


def test_the_printed_schema_is_the_one_that_is_served() -> None:
    assert SNAPSHOT.read_text(encoding="utf-8") == print_schema(), (
        "the schema changed: see whether integrators can follow, then print it anew (`make schema`)"
    )


def test_everything_is_described() -> None:
    assert list(undescribed(SCHEMA)) == []


def test_what_is_not_described_would_be_found() -> None:
    bare = build_schema('"""Told."""\ntype Query { a(b: Int): C }\nenum C { D }\ninput I { j: Int }')
    assert sorted(undescribed(bare)) == ["C", "I", "I.j", "Query.a", "Query.a(b)"]


@pytest.mark.parametrize("mutation", operations("mutation"), ids=str)
def test_a_mutation_takes_one_input_and_answers_or_refuses(mutation: Operation) -> None:
    result = get_nullable_type(mutation.field.type)
    if mutation.name == "logout":
        assert list(mutation.field.args) == []
        return
    assert list(mutation.field.args) == ["input"]
    given = mutation.field.args["input"].type
    assert is_non_null_type(given)
    assert is_input_object_type(get_named_type(given))
    assert is_union_type(result)
    assert "Refusal" in {member.name for member in result.types}


def test_a_list_of_unbounded_length_is_a_page() -> None:
    connections = [
        item for item in operations() if get_named_type(item.field.type).name.endswith("Connection")
    ]
    assert {item.name for item in connections} == {
        *("purposes", "persons", "tokens", "uses", "auditEntries", "accounts", "clients"),
        *("documents", "holds", "duePersons", "disposalRuns", "disposalItems"),
        *("campaigns", "collections", "verificationDocuments", "purposeNotices"),
        *("inquiries", "appointmentSlots", "appointments"),
    }
    for item in connections:
        assert {"first", "after", "last", "before"} <= set(item.field.args), item


def test_a_number_leaves_by_its_release_and_before_it_is_registered_to_whoever_verifies_it() -> None:
    leaving = [
        f"{named.name}.{name}"
        for named in OUTPUT_TYPES
        for name, field in named.fields.items()
        if get_named_type(field.type).name == "MyNumber"
        or re.fullmatch(r"(?i)(my_?|individual)?numbers?", name)
    ]
    assert sorted(leaving) == ["CollectionItemsOpened.number", "NumbersReleased.numbers"]


def test_secrets_are_shown_only_where_they_are_made_and_never_taken_back() -> None:
    fields = [
        (named.name, get_named_type(field.type).name)
        for named in OUTPUT_TYPES
        for field in named.fields.values()
    ]
    assert {owner for owner, scalar in fields if scalar == "Secret"} == SHOWN_ONCE
    assert [owner for owner, scalar in fields if scalar in {"Password", "OneTimeCode", "RecoveryCode"}] == []


def test_no_result_of_a_query_leads_to_a_secret_or_a_number() -> None:
    pending = [get_named_type(item.field.type) for item in operations("query")]
    reached: set[str] = set()
    while pending:
        named = pending.pop()
        if named.name in reached:
            continue
        reached.add(named.name)
        pending += [get_named_type(field.type) for field in getattr(named, "fields", {}).values()]
        if is_interface_type(named):
            pending += SCHEMA.get_possible_types(named)
    assert "Person" in reached
    assert "Client" in reached
    assert "CollectionReview" in reached
    assert reached.isdisjoint(
        {"Secret", "MyNumber", "Image", "NumbersReleased", "CollectionItemsOpened", *SHOWN_ONCE}
    )
