"""Plans answer what graphql-core answers: for every operation, for values that fit and for values that do not."""

import asyncio
from base64 import b64encode
from dataclasses import replace
from datetime import date
from functools import cache
from operator import attrgetter
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationDefinitionNode,
    parse,
    type_from_ast,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from strawberry.schema.config import StrawberryConfig

from schema.execution import Execution
from schema.plain import straighten
from schema.plan import Plan, plan_of
from schema.quiet import PublicError, QuietSchema
from schema.root import Mutation, Query
from schema.scalars import SCALARS
from tests.support.walk import operations

DEFINITION: Final = "strawberry-definition"
DOCUMENTS: Final = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted((Path(__file__).parents[2] / "clients" / "operations").glob("*.graphql"))
} | {f"all of {operation}": operation.document for operation in operations()}


def stubbed() -> GraphQLSchema:
    """The schema, but below the root every field reads its attribute."""
    schema = QuietSchema(Query, Mutation, config=StrawberryConfig(scalar_map=SCALARS)).core
    straighten(schema)
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for field in type_.fields.values():
                definition = field.extensions[DEFINITION]
                if not definition.is_async:
                    field.resolve = reading(definition.python_name)
    return schema


def reading(name: str) -> Any:
    read = attrgetter(name)
    return lambda source, _info: read(source)


SCHEMA: Final = stubbed()


class Maker:
    """Makes what resolvers return and clients send; now and then something that does not fit."""

    def __init__(self, random: Random, wrong: float) -> None:
        self.random = random
        self.wrong = wrong

    def _goes_wrong(self) -> bool:
        return self.random.random() < self.wrong

    def _scalar(self, name: str) -> Any:
        match name:
            case "Boolean":
                return self.random.random() < 0.5
            case "Int" | "Index" | "DateTime":
                return self.random.randrange(10**6)
            case "Date":
                return date(2026, 4, self.random.randrange(1, 31))
            case "Image":
                return self.random.randbytes(self.random.randrange(40))
        return self.random.choice(["", "割符", "abc", "x" * 40])

    def _junk(self) -> Any:
        return self.random.choice([None, 5, 1.5, "text", [], ["a"], {}, {"a": 1}, True, object()])

    def output(self, type_: Any, depth: int = 0) -> Any:
        """A value for a field of this type."""
        if self._goes_wrong():
            return self._junk()
        if isinstance(type_, GraphQLNonNull):
            return self._output(type_.of_type, depth)
        return None if self.random.random() < 0.2 else self._output(type_, depth)

    def _output(self, type_: Any, depth: int) -> Any:
        if isinstance(type_, GraphQLList):
            return [self.output(type_.of_type, depth + 1) for _ in range(self.random.randrange(3))]
        if isinstance(type_, GraphQLUnionType | GraphQLInterfaceType):
            return self._output(self.random.choice(SCHEMA.get_possible_types(type_)), depth)
        if isinstance(type_, GraphQLObjectType):
            return self._object(type_, depth)
        if isinstance(type_, GraphQLEnumType):
            return self.random.choice(list(type_.extensions[DEFINITION].wrapped_cls))
        return self._scalar(type_.name)

    def _object(self, type_: GraphQLObjectType, depth: int) -> Any:
        origin = type_.extensions[DEFINITION].origin
        made = origin.__new__(origin)
        for field in type_.fields.values():
            if depth < 7:
                setattr(made, field.extensions[DEFINITION].python_name, self.output(field.type, depth + 1))
        return made

    def sent(self, type_: Any) -> Any:
        """What a client may send for this type."""
        if self._goes_wrong():
            return self._junk()
        if isinstance(type_, GraphQLNonNull):
            return self._sent(type_.of_type)
        return None if self.random.random() < 0.2 else self._sent(type_)

    def _sent(self, type_: Any) -> Any:
        if isinstance(type_, GraphQLList):
            return [self.sent(type_.of_type) for _ in range(self.random.randrange(4))]
        if isinstance(type_, GraphQLInputObjectType):
            return {
                name: self.sent(field.type)
                for name, field in type_.fields.items()
                if isinstance(field.type, GraphQLNonNull) or self.random.random() < 0.7
            }
        if isinstance(type_, GraphQLEnumType):
            return self.random.choice(sorted(type_.values))
        value = self._scalar(type_.name)
        if isinstance(value, bytes):
            return b64encode(value).decode()
        return value.isoformat() if isinstance(value, date) else value

    def variables(self, operation: OperationDefinitionNode) -> dict[str, Any]:
        """Values for the variables of an operation."""
        return {
            variable.variable.name.value: self.sent(type_from_ast(SCHEMA, variable.type))
            for variable in operation.variable_definitions or ()
            if not self._goes_wrong()
        }


class Root:
    """Stands in for a root resolver: remembers what it was asked, and gives or raises what it was told."""

    def __init__(self, answer: object, *, waits: bool) -> None:
        self.answer = answer
        self.waits = waits
        self.asked: list[dict[str, Any]] = []

    def __call__(self, _source: object, info: Any, **arguments: Any) -> Any:
        assert info.context == "context"
        self.asked.append(arguments)
        return self._later() if self.waits else self._now()

    def _now(self) -> object:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def _later(self) -> object:
        await asyncio.sleep(0)
        return self._now()


@cache
def planned(document: str) -> tuple[DocumentNode, OperationDefinitionNode, Plan | None]:
    parsed = parse(document)
    (operation,) = [node for node in parsed.definitions if isinstance(node, OperationDefinitionNode)]
    return parsed, operation, plan_of(SCHEMA, parsed, operation)


def told(result: ExecutionResult) -> tuple[Any, list[Any]]:
    return result.data, [error.formatted for error in result.errors or []]


PLANNED: Final = [name for name, document in DOCUMENTS.items() if planned(document)[2] is not None]


def test_the_operations_of_every_day_have_plans() -> None:
    assert {"detokenize", "tokenize", "prepareUse", "confirmUse", "releaseUse", "issueTokens"} <= set(PLANNED)


class Case:
    """A planned operation, its root field and a stand-in for the resolver there."""

    def __init__(self, name: str, maker: Maker) -> None:
        self.document, self.operation, plan = planned(DOCUMENTS[name])
        root = SCHEMA.get_root_type(self.operation.operation)
        selected: Any = self.operation.selection_set.selections[0]
        assert root is not None
        assert plan is not None
        self.plan = plan
        self.field = root.fields[selected.name.value]
        self.answer = maker.output(self.field.type)
        self.variables = maker.variables(self.operation)

    async def run(self, *, follow: bool) -> tuple[Any, list[dict[str, Any]]]:
        """What is answered, and what the root resolver was asked."""
        root = Root(self.answer, waits=bool(self.variables))
        self.field.resolve, before = root, self.field.resolve
        try:
            execution = Execution(SCHEMA, self.document, None, self.variables, "context")
            plan = replace(self.plan, resolve=root)
            return told(await (execution.follow(plan) if follow else execution.run())), root.asked
        finally:
            self.field.resolve = before


class Alone(Execution):
    """An execution without graphql-core behind it."""

    async def run(self, *middleware: Any) -> ExecutionResult:
        raise AssertionError("it was not left to the plan")


RANDOM: Final = st.integers(0, 2**64 - 1).map(Random)
"""A seed for each example: one that hypothesis draws number by number takes longer than what is tried."""


@pytest.mark.parametrize("wrong", [0.0, 0.01, 0.2])
@pytest.mark.parametrize("name", PLANNED)
@settings(max_examples=20)
@given(random=RANDOM)
async def test_a_plan_and_graphql_core_answer_alike(name: str, wrong: float, random: Random) -> None:
    case = Case(name, Maker(random, wrong))
    answered, asked = await case.run(follow=True)
    assert (answered, asked) == await case.run(follow=False)
    assert len(asked) <= 1


@pytest.mark.parametrize("error", [PublicError("CODE", "理由", "why"), ValueError("a surprise")])
@pytest.mark.parametrize("name", PLANNED)
@settings(max_examples=3)
@given(random=RANDOM)
async def test_what_a_resolver_raises_is_told_as_graphql_core_tells_it(
    name: str, error: Exception, random: Random
) -> None:
    case = Case(name, Maker(random, 0.0))
    case.answer = error
    answered, asked = await case.run(follow=True)
    assert (answered, asked) == await case.run(follow=False)
    assert len(asked) == 1


@pytest.mark.parametrize("name", PLANNED)
@settings(max_examples=5)
@given(random=RANDOM)
async def test_values_that_fit_are_left_to_the_plan(name: str, random: Random) -> None:
    case = Case(name, Maker(random, 0.0))
    execution = Alone(SCHEMA, case.document, None, case.variables, "context")
    done = await execution.follow(replace(case.plan, resolve=Root(case.answer, waits=True)))
    assert done.errors is None


@pytest.mark.parametrize(
    "document",
    [
        "query ($code: String!, $x: Boolean!) { purpose(code: $code) @include(if: $x) { code } }",
        "query ($code: String!, $x: Boolean!) { purpose(code: $code) { code name @skip(if: $x) { ja } } }",
        'query { purpose(code: "TAX_GENSEN") { code } }',
        'query ($code: String! = "TAX_GENSEN") { purpose(code: $code) { code } }',
        "query ($a: String!, $b: String!) { a: purpose(code: $a) { code } b: purpose(code: $b) { code } }",
        "query ($first: Int) { purposes(first: $first) { nodes { code } } }",
        "query ($index: Index!) { auditEntry(index: $index) { proof } }",
        "query ($name: String!) { __type(name: $name) { name } }",
        "{ __typename }",
    ],
)
def test_what_is_not_of_the_usual_shape_has_no_plan(document: str) -> None:
    assert planned(document)[2] is None
