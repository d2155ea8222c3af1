"""Plans: how an operation of the usual shape is answered without working its document out anew each time.

graphql-core walks the document, the types of the variables and those of the fields at every request. For an operation
that differs in its values alone, a plan does that once: it reads the variables, calls the one root resolver, and
completes what that returned, by functions made for exactly this document.

A plan says yes or nothing. Whatever is not plainly right (a value that does not fit, a resolver that raises, a null
where none may be) it leaves to graphql-core, which decides and finds the words; only the root resolver, which may have
done something by then, is not called again. A test has both answer and compares.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    Undefined,
    VariableNode,
    is_abstract_type,
    type_from_ast,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter

from schema.readers import Read, Unplanned, reader

Complete = Callable[[Any, "Asking"], Any]


class Asking(NamedTuple):
    """What a resolver is told of the request; it looks at the context alone."""

    context: object


@dataclass(frozen=True, slots=True)
class Plan:
    """How to answer one operation.

    Attributes:
        name: of its root field in the answer.
        arguments: for each argument: the variable it comes from, the resolver's name for it, and its reader.
        resolve: the root field's resolver.
        complete: turns what the resolver returned into what the document asks for. It raises whatever it likes where
            that needs a look.
    """

    name: str
    arguments: Sequence[tuple[str, str, Read]]
    resolve: Callable[..., Any]
    complete: Complete

    def read(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The resolver's arguments; raises whatever it likes for variables that need a look."""
        return {name: read(variables[variable]) for variable, name, read in self.arguments}


def plan_of(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> Plan | None:
    """The plan of a valid operation; None if it is not of the usual shape.

    The usual shape: one root field, whose arguments are all variables without defaults; no directives; below it fields
    without arguments, whose resolvers do not wait.
    """
    try:
        return _Planner(schema, document).plan(operation)
    except Unplanned:
        return None


class _Planner:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }

    def plan(self, operation: OperationDefinitionNode) -> Plan:
        root = self._schema.get_root_type(operation.operation)
        if root is None or operation.directives:
            raise Unplanned
        fields = self._fields(root, [operation.selection_set])
        if len(fields) != 1:
            raise Unplanned
        ((name, nodes),) = fields.items()
        field = _field(root, nodes[0])
        if field.resolve is None or len(nodes) != 1:
            raise Unplanned
        arguments = list(self._arguments(field, nodes[0], operation))
        return Plan(name, arguments, field.resolve, self._completer(field.type, nodes))

    def _arguments(
        self, field: GraphQLField, node: FieldNode, operation: OperationDefinitionNode
    ) -> Iterator[tuple[str, str, Read]]:
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        if given.keys() != field.args.keys():
            raise Unplanned
        variables = {one.variable.name.value: one for one in operation.variable_definitions or ()}
        for name, argument in field.args.items():
            value = given[name]
            if not isinstance(value, VariableNode):
                raise Unplanned
            variable = variables[value.name.value]
            declared = type_from_ast(self._schema, variable.type)
            if variable.default_value or variable.directives or str(declared) != str(argument.type):
                raise Unplanned
            yield value.name.value, argument.out_name or name, reader(argument.type)

    def _fields(
        self, type_: GraphQLObjectType, sets: Sequence[SelectionSetNode]
    ) -> dict[str, list[FieldNode]]:
        """The nodes of each name in the answer, in the order of the document."""
        found: dict[str, list[FieldNode]] = {}
        for one in sets:
            for node in self._selected(type_, one):
                found.setdefault((node.alias or node.name).value, []).append(node)
        return found

    def _selected(self, type_: GraphQLObjectType, selected: SelectionSetNode) -> Iterator[FieldNode]:
        for node in selected.selections:
            if node.directives:
                raise Unplanned
            if isinstance(node, FieldNode):
                yield node
                continue
            inner = self._fragment(node)
            if inner.directives:
                raise Unplanned
            if inner.type_condition is None or self._is(type_, inner.type_condition.name.value):
                yield from self._selected(type_, inner.selection_set)

    def _fragment(self, node: SelectionNode) -> InlineFragmentNode | FragmentDefinitionNode:
        if isinstance(node, InlineFragmentNode):
            return node
        if isinstance(node, FragmentSpreadNode):
            return self._fragments[node.name.value]
        raise Unplanned

    def _is(self, type_: GraphQLObjectType, name: str) -> bool:
        wanted = self._schema.type_map[name]
        return wanted is type_ or (is_abstract_type(wanted) and self._schema.is_sub_type(wanted, type_))

    def _completer(self, type_: GraphQLOutputType, nodes: Sequence[FieldNode]) -> Complete:
        if isinstance(type_, GraphQLNonNull):
            return _required(self._completer(type_.of_type, nodes))
        if isinstance(type_, GraphQLList):
            return _items(self._completer(type_.of_type, nodes))
        if isinstance(type_, GraphQLObjectType):
            return self._object(type_, nodes)
        if isinstance(type_, GraphQLUnionType | GraphQLInterfaceType):
            return self._one_of(type_, nodes)
        return _leaf(type_)

    def _one_of(self, type_: GraphQLUnionType | GraphQLInterfaceType, nodes: Sequence[FieldNode]) -> Complete:
        completers = {
            possible.extensions[_DEFINITION].origin: self._object(possible, nodes)
            for possible in self._schema.get_possible_types(type_)
        }

        def complete(value: Any, asking: Asking) -> Any:
            return None if value is None else completers[type(value)](value, asking)

        return complete

    def _object(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Complete:
        sets = [node.selection_set for node in nodes if node.selection_set is not None]
        steps = [(name, *self._step(type_, found)) for name, found in self._fields(type_, sets).items()]

        def complete(value: Any, asking: Asking) -> Any:
            if value is None:
                return None
            return {name: finish(resolve(value, asking), asking) for name, resolve, finish in steps}

        return complete

    def _step(
        self, type_: GraphQLObjectType, nodes: Sequence[FieldNode]
    ) -> tuple[Callable[[Any, Asking], Any], Complete]:
        if nodes[0].name.value == "__typename":
            return (lambda _value, _asking: type_.name), (lambda value, _asking: value)
        field = _field(type_, nodes[0])
        definition = field.extensions[_DEFINITION]
        if field.resolve is None or field.args or definition.is_async:
            raise Unplanned
        return field.resolve, self._completer(field.type, nodes)


_DEFINITION = GraphQLCoreConverter.DEFINITION_BACKREF


def _field(type_: GraphQLObjectType, node: FieldNode) -> GraphQLField:
    field: GraphQLField | None = type_.fields.get(node.name.value)
    if field is None:  # introspection
        raise Unplanned
    return field


def _required(complete: Complete) -> Complete:
    def complete_required(value: Any, asking: Asking) -> Any:
        done = complete(value, asking)
        if done is None:
            raise Unplanned
        return done

    return complete_required


def _items(complete: Complete) -> Complete:
    def complete_items(value: Any, asking: Asking) -> Any:
        if value is None:
            return None
        if type(value) is not list:
            raise Unplanned
        return [complete(item, asking) for item in value]

    return complete_items


def _leaf(type_: GraphQLLeafType) -> Complete:
    coerce = type_.coerce_output_value

    def complete_leaf(value: Any, _asking: Asking) -> Any:
        if value is None:
            return None
        coerced = coerce(value)
        if coerced is None or coerced is Undefined:
            raise Unplanned
        return coerced

    return complete_leaf
