"""How much an operation asks for: one pass over its document, linear however the fragments are nested.

A fragment counts at every spread, as it will be executed, but is measured once: a document of a kilobyte
whose fragments double at every level asks for 2^60 fields and is found out in a millisecond. Counts stop
growing at `SATURATED`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    Node,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

SATURATED: Final = 1 << 31
INTROSPECTION: Final = frozenset({"__schema", "__type"})
_PAGE_ARGUMENTS: Final = ("first", "last")
_MUTATION_COST: Final = 10


@dataclass(frozen=True, slots=True)
class Size:
    """What a selection set asks for, every fragment in it counted at every spread.

    Attributes:
        depth: levels of fields; below `__schema` and `__type` nothing counts (graphql-core has a rule there).
        aliases: fields with an alias.
        repeats: fields whose response name stands in the same selection set already; comparing them is
            quadratic.
        fields: fields.
        cost: objects that may be returned at most; a list counts as long as its `first` or `last` says.
        directives: the most directives on one node.
        introspection: whether the schema is asked for.
        by_variables: whether `cost` depends on the values of variables.
    """

    depth: int = 0
    aliases: int = 0
    repeats: int = 0
    fields: int = 0
    cost: int = 0
    directives: int = 0
    introspection: bool = False
    by_variables: bool = False

    def beside(self, other: "Size") -> "Size":
        """The size of two selections in one selection set."""
        return Size(
            depth=max(self.depth, other.depth),
            aliases=min(self.aliases + other.aliases, SATURATED),
            repeats=min(self.repeats + other.repeats, SATURATED),
            fields=min(self.fields + other.fields, SATURATED),
            cost=min(self.cost + other.cost, SATURATED),
            directives=max(self.directives, other.directives),
            introspection=self.introspection or other.introspection,
            by_variables=self.by_variables or other.by_variables,
        )


_NOTHING: Final = Size()


class Measure:
    """Measures the operations of one document.

    Args:
        schema: the schema, to see which fields take `first` and `last`.
        document: the parsed document; it need not be valid.
        page: how long a list is taken to be whose field offers `first` or `last` and was given neither.

    Raises:
        graphlib.CycleError: the fragments spread one another in a circle, so that none can be measured first.
    """

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, page: int) -> None:
        self._schema = schema
        self._page = page
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        spreads = {name: set(_spreads(node.selection_set)) for name, node in self._fragments.items()}
        self._order = [name for name in TopologicalSorter(spreads).static_order() if name in self._fragments]

    def __call__(self, operation: OperationDefinitionNode, variables: Mapping[str, object]) -> Size:
        """Measure one operation.

        Args:
            operation: one of the document's operations.
            variables: the values it will run with; those missing count by their default.
        """
        defaults = {
            node.variable.name.value: _number(node.default_value)
            for node in operation.variable_definitions or ()
            if node.default_value is not None
        }
        walk = _Walk(self._schema, self._page, {**defaults, **variables})
        for name in self._order:
            walk.fragment(name, self._fragments[name])
        return walk.operation(operation)


class _Walk:
    """One measurement: fragments first, inner before outer, so that no call reaches across fragments."""

    def __init__(self, schema: GraphQLSchema, page: int, variables: Mapping[str, object]) -> None:
        self._schema = schema
        self._page = page
        self._variables = variables
        self._sizes: dict[str, Size] = {}

    def fragment(self, name: str, node: FragmentDefinitionNode) -> None:
        parent = self._schema.get_type(node.type_condition.name.value)
        size = self._selections(node.selection_set, parent, set())
        self._sizes[name] = size.beside(_directives(node))

    def operation(self, node: OperationDefinitionNode) -> Size:
        size = self._selections(node.selection_set, self._schema.get_root_type(node.operation), set())
        size = size.beside(_directives(node))
        for definition in node.variable_definitions or ():
            size = size.beside(_directives(definition))
        base = _MUTATION_COST if node.operation is OperationType.MUTATION else 1
        return size.beside(Size(cost=base))

    def _selections(self, node: SelectionSetNode, parent: GraphQLNamedType | None, names: set[str]) -> Size:
        size = _NOTHING
        for selection in node.selections:
            if isinstance(selection, FieldNode):
                size = size.beside(self._field(selection, parent, names))
            elif isinstance(selection, InlineFragmentNode):
                size = size.beside(self._inline(selection, parent, names))
            elif isinstance(selection, FragmentSpreadNode):
                spread = self._sizes.get(selection.name.value, _NOTHING)
                size = size.beside(spread).beside(_directives(selection))
        return size

    def _inline(self, node: InlineFragmentNode, parent: GraphQLNamedType | None, names: set[str]) -> Size:
        if node.type_condition is not None:
            parent = self._schema.get_type(node.type_condition.name.value)
        return self._selections(node.selection_set, parent, names).beside(_directives(node))

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None, names: set[str]) -> Size:
        name = node.name.value
        answered_as = node.alias.value if node.alias else name
        repeated = answered_as in names
        names.add(answered_as)
        below, cost, by_variables = _NOTHING, 0, False
        if node.selection_set is not None:
            field = _field_of(parent, name)
            below = self._selections(node.selection_set, get_named_type(field.type) if field else None, set())
            length, by_variables = self._length(node, field)
            is_list = field is not None and is_list_type(get_nullable_type(field.type))
            cost = min(length * (1 + below.cost) if is_list else 1 + length * below.cost, SATURATED)
        asks_for_schema = name in INTROSPECTION
        return Size(
            depth=0 if asks_for_schema else 1 + below.depth,
            aliases=below.aliases + (node.alias is not None),
            repeats=below.repeats + repeated,
            fields=below.fields + 1,
            cost=cost,
            directives=max(below.directives, len(node.directives or ())),
            introspection=below.introspection or asks_for_schema,
            by_variables=below.by_variables or by_variables,
        )

    def _length(self, node: FieldNode, field: GraphQLField | None) -> tuple[int, bool]:
        """How many objects the field may return, and whether a variable decides it."""
        given = [argument for argument in node.arguments or () if argument.name.value in _PAGE_ARGUMENTS]
        lengths = [self._value(argument.value) for argument in given]
        by_variables = any(isinstance(argument.value, VariableNode) for argument in given)
        known = [length for length in lengths if length is not None]
        if known:
            return max(known), by_variables
        offered = field is not None and any(name in field.args for name in _PAGE_ARGUMENTS)
        return (self._page if offered else 1), by_variables

    def _value(self, node: ValueNode) -> int | None:
        if not isinstance(node, VariableNode):
            return _number(node)
        value = self._variables.get(node.name.value)
        return _bounded(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _number(node: ValueNode) -> int | None:
    # Longer digits than any sensible page are not even converted.
    if not isinstance(node, IntValueNode):
        return None
    return _bounded(int(node.value)) if len(node.value) < len(str(SATURATED)) else SATURATED


def _bounded(length: int) -> int:
    return min(max(length, 1), SATURATED)


def _directives(node: Node) -> Size:
    return Size(directives=len(getattr(node, "directives", None) or ()))


def _field_of(parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
    if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
        fields: dict[str, GraphQLField] = parent.fields
        return fields.get(name)
    return None


def _spreads(node: SelectionSetNode) -> Iterator[str]:
    pending = [node]
    while pending:
        for selection in pending.pop().selections:
            if isinstance(selection, FragmentSpreadNode):
                yield selection.name.value
                continue
            below = getattr(selection, "selection_set", None)
            if below is not None:
                pending.append(below)
