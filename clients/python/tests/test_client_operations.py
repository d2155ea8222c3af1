"""The documents of the clients: valid, admitted by the vault's guard, and the same in every copy."""

from collections import defaultdict
from pathlib import Path
from typing import TypeGuard

import pytest
from graphql import (
    DefinitionNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    build_schema,
    get_named_type,
    parse,
    print_ast,
    validate,
)

from api.guard import Admitted, OperationGuard
from schema.scalars import SENSITIVE
from warifu._operations import document

ROOT = Path(__file__).parents[3]
SOURCES = {path.stem: path for path in sorted((ROOT / "clients" / "operations").glob("*.graphql"))}
COPIES = ROOT / "clients" / "python" / "warifu" / "operations"


@pytest.fixture(scope="module")
def core() -> GraphQLSchema:
    return build_schema((ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8"))


def operation_of(node: DocumentNode) -> OperationDefinitionNode:
    (found,) = [item for item in node.definitions if isinstance(item, OperationDefinitionNode)]
    return found


@pytest.mark.parametrize("name", SOURCES)
def test_a_document_fits_the_schema_and_asks_for_the_field_it_is_named_after(
    core: GraphQLSchema, name: str
) -> None:
    node = parse(SOURCES[name].read_text(encoding="utf-8"))
    assert validate(core, node) == []
    operation = operation_of(node)
    (field,) = operation.selection_set.selections
    assert isinstance(field, FieldNode)
    assert field.name.value == name
    assert operation.name is not None
    assert operation.name.value == name[0].upper() + name[1:]


@pytest.mark.parametrize("name", SOURCES)
def test_the_guard_admits_a_document_with_the_largest_page(core: GraphQLSchema, name: str) -> None:
    guard = OperationGuard(core, None, SENSITIVE)
    admitted = guard.admit(SOURCES[name].read_text(encoding="utf-8"), variables={"first": 100})
    assert isinstance(admitted, Admitted), admitted


def test_every_field_of_the_api_has_a_document_but_for_the_two_that_refetch(core: GraphQLSchema) -> None:
    assert core.query_type is not None
    assert core.mutation_type is not None
    fields = set(core.query_type.fields) | set(core.mutation_type.fields)
    assert fields - set(SOURCES) == {"node", "nodes"}


def test_the_package_carries_the_same_documents_and_no_others() -> None:
    copied = {path.stem: path.read_bytes() for path in COPIES.iterdir()}
    sources = {name: path.read_bytes() for name, path in SOURCES.items()}
    assert copied == sources, "run: cp clients/operations/*.graphql clients/python/warifu/operations/"


def test_the_client_sends_the_document_as_it_is_written() -> None:
    assert document("confirmUse") == SOURCES["confirmUse"].read_text(encoding="utf-8")


def test_a_fragment_says_the_same_wherever_it_stands() -> None:
    said: defaultdict[str, set[str]] = defaultdict(set)
    for path in SOURCES.values():
        for node in parse(path.read_text(encoding="utf-8")).definitions:
            if isinstance(node, FragmentDefinitionNode):
                said[node.name.value].add(print_ast(node))
    assert {name: texts for name, texts in said.items() if len(texts) > 1} == {}


@pytest.mark.parametrize("name", SOURCES)
def test_a_document_hears_of_every_member_of_a_union(core: GraphQLSchema, name: str) -> None:
    node = parse(SOURCES[name].read_text(encoding="utf-8"))
    operation = operation_of(node)
    (root,) = operation.selection_set.selections
    root_type = core.get_root_type(operation.operation)
    assert isinstance(root, FieldNode)
    assert root_type is not None
    result = get_named_type(root_type.fields[name].type)
    members = {member.name for member in result.types} if isinstance(result, GraphQLUnionType) else set()
    fragments = {item.type_condition.name.value for item in node.definitions if is_fragment(item)}
    assert members <= fragments | (conditions(root.selection_set) if root.selection_set else set())


@pytest.mark.parametrize("name", SOURCES)
def test_every_argument_comes_as_a_variable(name: str) -> None:
    root = operation_of(parse(SOURCES[name].read_text(encoding="utf-8"))).selection_set.selections[0]
    assert isinstance(root, FieldNode)
    assert all(isinstance(argument.value, VariableNode) for argument in root.arguments or ())


def is_fragment(node: DefinitionNode) -> TypeGuard[FragmentDefinitionNode]:
    return isinstance(node, FragmentDefinitionNode)


def conditions(selections: SelectionSetNode) -> set[str]:
    return {
        item.type_condition.name.value
        for item in selections.selections
        if isinstance(item, InlineFragmentNode) and item.type_condition
    }
