"""Admits an operation to execution, or refuses it, at a cost that no document can drive up.

In this order: length, syntax, number of operations, one act per mutation, size (see `guard_size`), no
sensitive literal, the rules of the specification. What passed is kept, so that the next request with the
same document pays a dictionary look-up; what was refused is not, and neither is a document in which something
looks like a number.
"""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError
from typing import NamedTuple

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)
from strawberry.schema.schema import validate_document

from api.errors import NUMBER_RUN
from api.guard_refusals import SIZE_LIMITS, Refused, refusal, told, too_much, unreadable
from api.guard_rules import SENSITIVE_SCALARS, SPECIFIED_RULES, mutation_fault, sensitive_literals
from api.guard_size import Measure, Size
from schema.plan import Plan, plan_of


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may ask for.

    Attributes:
        characters: length of the document's text.
        tokens: lexical tokens in it.
        operations: operations in it.
        depth: levels of fields.
        aliases: fields with an alias in one operation, fragments counted at every spread, as below.
        repeats: fields that repeat a response name of their selection set.
        fields: fields.
        cost: objects that may be returned at most (see `guard_size.Size`).
        directives_per_node: directives on one node.
        root_fields_per_mutation: root fields of a mutation.
        errors: errors told in one answer.
        page: how long a list counts that takes `first` and was not given it.
        documents: documents kept after they passed.
    """

    characters: int = 32_768
    tokens: int = 1000
    operations: int = 10
    depth: int = 12
    aliases: int = 15
    repeats: int = 60
    fields: int = 500
    cost: int = 1000
    directives_per_node: int = 4
    root_fields_per_mutation: int = 1
    errors: int = 5
    page: int = 100
    documents: int = 256


class Admitted(NamedTuple):
    """An operation that may run.

    Attributes:
        document: its parsed and validated document.
        operation_name: the name to run it by; None if it is the only one.
        operation: the operation.
        cost: objects it may return at most, with the variables it came with.
        plan: how to answer it, if it is one of those kept and of the usual shape.
    """

    document: DocumentNode
    operation_name: str | None
    operation: OperationDefinitionNode
    cost: int
    plan: Plan | None = None


@dataclass(frozen=True, slots=True)
class _Checked:
    """A document that passed, with the size of each of its operations, and their plans once it is kept."""

    document: DocumentNode
    text: str
    measure: Measure
    operations: Mapping[str | None, tuple[OperationDefinitionNode, Size]]
    plans: dict[str | None, Plan | None] = field(default_factory=dict)


class OperationGuard:
    """Checks documents against one schema and remembers those that passed.

    Args:
        schema: the graphql-core schema.
        limits: what a document may ask for.
        sensitive: names of scalars whose values come as variables only.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits | None = None,
        sensitive: Collection[str] = SENSITIVE_SCALARS,
    ) -> None:
        self.limits = limits or Limits()
        self._schema = schema
        self._literal_rule = sensitive_literals(sensitive)
        self._kept: OrderedDict[str, _Checked] = OrderedDict()

    @property
    def kept(self) -> tuple[str, ...]:
        """The texts of the documents kept, the one longest unused first."""
        return tuple(self._kept)

    def admit(
        self,
        text: str,
        operation_name: str | None = None,
        variables: Mapping[str, object] | None = None,
        *,
        introspection: bool = False,
    ) -> Admitted | Refused:
        """Decide whether an operation may run.

        Args:
            text: the document's source.
            operation_name: which of its operations is meant; None if it has only one.
            variables: the values it will run with, as decoded from JSON.
            introspection: whether the schema may be asked for.
        """
        checked = self._kept.get(text)
        if checked is None:
            outcome = self._check(text)
            if isinstance(outcome, Refused):
                return outcome
            checked = outcome
            self._keep(checked)
        else:
            self._kept.move_to_end(text)
        return self._select(checked, operation_name, variables or {}, introspection=introspection)

    def _keep(self, checked: _Checked) -> None:
        # An escape can spell a digit, so a text with escapes is not searched but simply not kept.
        if NUMBER_RUN.search(checked.text) or "\\u" in checked.text:
            return
        for name, (node, _) in checked.operations.items():
            checked.plans[name] = plan_of(self._schema, checked.document, node)
        self._kept[checked.text] = checked
        while len(self._kept) > self.limits.documents:
            self._kept.popitem(last=False)

    def _check(self, text: str) -> _Checked | Refused:
        if len(text) > self.limits.characters:
            return too_much("characters", self.limits.characters, len(text))
        try:
            document = parse(text, max_lexical_tokens=self.limits.tokens)
        except GraphQLError as error:
            return unreadable(error, self.limits.tokens)
        return self._check_shape(document) or self._check_size(document, text)

    def _check_shape(self, document: DocumentNode) -> Refused | None:
        operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        if len(operations) > self.limits.operations:
            return too_much("operations", self.limits.operations, len(operations))
        fault = mutation_fault(document, self.limits.root_fields_per_mutation)
        if fault is None:
            return None
        return refusal(
            "mutation",
            "ONE_MUTATION_PER_REQUEST",
            "更新は、一つの文書に一つの操作、その直下に一つの項目だけを、フラグメントを使わずに書いてください",
            "a document may hold one mutation, with one root field, written without a fragment",
            fault,
        )

    def _check_size(self, document: DocumentNode, text: str) -> _Checked | Refused:
        try:
            measure = Measure(self._schema, document, self.limits.page)
        except CycleError:
            return refusal(
                "cycle",
                "GRAPHQL_VALIDATION_FAILED",
                "フラグメントが互いを含んでいます。循環をなくしてください",
                "fragments spread one another in a circle; break it",
            )
        operations: dict[str | None, tuple[OperationDefinitionNode, Size]] = {}
        for node in document.definitions:
            if not isinstance(node, OperationDefinitionNode):
                continue
            size = measure(node, {})
            refused = self._within(size)
            if refused is not None:
                return refused
            operations[node.name.value if node.name else None] = (node, size)
        return self._validate(document) or _Checked(document, text, measure, operations)

    def _within(self, size: Size) -> Refused | None:
        if size.directives > self.limits.directives_per_node:
            return too_much("directives", self.limits.directives_per_node, size.directives)
        for name in SIZE_LIMITS:
            maximum, requested = getattr(self.limits, name), getattr(size, name)
            if requested > maximum:
                return too_much(name, maximum, requested)
        return None

    def _validate(self, document: DocumentNode) -> Refused | None:
        most = self.limits.errors
        literals = validate(self._schema, document, [self._literal_rule], most)
        if literals:
            return Refused("literal", told(literals[:most]))
        # strawberry's own rules come last: they rely on what the specification's rules make sure of.
        faults = validate(
            self._schema, document, SPECIFIED_RULES, most, hide_suggestions=True
        ) or validate_document(self._schema, document, ())
        return Refused("validation", told(faults[:most])) if faults else None

    def _select(
        self,
        checked: _Checked,
        operation_name: str | None,
        variables: Mapping[str, object],
        *,
        introspection: bool,
    ) -> Admitted | Refused:
        if operation_name is None and len(checked.operations) == 1:
            name, (node, size) = next(iter(checked.operations.items()))
        elif operation_name is not None and operation_name in checked.operations:
            name, (node, size) = operation_name, checked.operations[operation_name]
        else:
            return refusal(
                "operation_name",
                "OPERATION_NOT_FOUND",
                "operationName に、文書にある操作の名前を指定してください",
                "set operationName to the name of an operation in the document",
            )
        if node.operation is OperationType.SUBSCRIPTION:
            return refusal(
                "operation_type",
                "OPERATION_NOT_SUPPORTED",
                "購読 (subscription) は受け付けていません",
                "subscriptions are not served",
                node,
            )
        if size.introspection and not introspection:
            return refusal(
                "introspection",
                "INTROSPECTION_DISABLED",
                "スキーマの問い合わせは閉じています。配布されたスキーマをお使いください",
                "introspection is switched off; use the published schema",
            )
        cost = checked.measure(node, variables).cost if size.by_variables else size.cost
        if cost > self.limits.cost:
            return too_much("cost", self.limits.cost, cost)
        return Admitted(checked.document, operation_name, node, cost, checked.plans.get(name))
