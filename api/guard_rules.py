"""The rules of our own that a document must pass, and one of the specification's in quieter words."""

from collections.abc import Collection
from typing import Any, Final

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    GraphQLArgument,
    GraphQLError,
    GraphQLInputType,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    ValidationContext,
    ValidationRule,
    ValueNode,
    ValuesOfCorrectTypeRule,
    get_named_type,
    get_nullable_type,
    is_list_type,
    specified_rules,
)
from graphql.language import SKIP, VisitorAction
from graphql.utilities import validate_input_literal
from typing_extensions import override

from api.graphql_values import spell, type_at
from schema.quiet import PublicError

SENSITIVE_SCALARS: Final = frozenset(
    {
        "MyNumber",
        "MyNumberInput",
        "MyNumberListInput",
        "OneTimeCode",
        "Password",
        "RecoveryCode",
        "Secret",
        "Token",
        "TokenList",
    }
)


def sensitive_literals(names: Collection[str]) -> type[ValidationRule]:
    """Make the rule that values of these scalars come as variables.

    A literal becomes part of the document, and documents are cached, logged by proxies and collected by
    monitoring. Variables are not.

    Args:
        names: names of the scalars.
    """
    guarded = frozenset(names)

    class SensitiveLiterals(ValidationRule):
        def _check(self, node: ValueNode, expected: GraphQLInputType | None) -> None:
            named = get_named_type(expected)
            if named is not None and named.name in guarded:
                self.report_error(_literal_refused(node, named.name))

        def _enter(self, node: ValueNode, *_args: Any) -> None:
            self._check(node, self.context.get_input_type())

        enter_string_value = enter_int_value = enter_float_value = _enter
        enter_boolean_value = enter_enum_value = enter_object_value = _enter

        def enter_list_value(self, node: ListValueNode, *_args: Any) -> None:
            # In a list type every element is looked at by itself; a scalar that takes a whole list is not.
            expected = self.context.get_parent_input_type()
            if expected is not None and not is_list_type(get_nullable_type(expected)):
                self._check(node, expected)

    return SensitiveLiterals


def _literal_refused(node: ValueNode, scalar: str) -> PublicError:
    return PublicError(
        "LITERAL_REFUSED",
        f"{scalar} の値は文書に直接書けません。変数で渡してください",
        f"a value of {scalar} may not be written into the document; pass it as a variable",
        {"type": scalar},
        nodes=[node],
    )


class ValueTypes(ValuesOfCorrectTypeRule):
    """Values of the correct type (GraphQL, 5.6.1), saying what was expected and never what was found."""

    @override
    def is_valid_value_node(self, node: ValueNode, input_type: GraphQLInputType | None) -> VisitorAction:
        if input_type is not None:

            def report(error: GraphQLError, path: list[str | int]) -> None:
                self.report_error(_wrong_literal(self.context, node, input_type, error, path))

            validate_input_literal(node, input_type, report)
        return SKIP


def _wrong_literal(
    context: ValidationContext,
    node: ValueNode,
    expected: GraphQLInputType,
    error: GraphQLError,
    path: list[str | int],
) -> PublicError:
    if isinstance(error, PublicError):
        return PublicError(error.code, error.message_ja, error.message_en, error.details, nodes=[node])
    place = _argument_name(context.get_argument(), context) + spell(path)
    wanted = str(type_at(expected, path))
    return PublicError(
        "GRAPHQL_VALIDATION_FAILED",
        f"{place} の値が型 {wanted} に合いません",
        f"the value of {place} does not fit the type {wanted}",
        {"expected": wanted},
        nodes=error.nodes or [node],
    )


def _argument_name(argument: GraphQLArgument | None, context: ValidationContext) -> str:
    owner = context.get_directive() or context.get_field_def()
    known = owner.args if owner is not None else {}
    return next((name for name, definition in known.items() if definition is argument), "default value")


SPECIFIED_RULES: Final[tuple[type[ASTValidationRule], ...]] = tuple(
    ValueTypes if rule is ValuesOfCorrectTypeRule else rule for rule in specified_rules
)


def mutation_fault(document: DocumentNode, root_fields: int) -> OperationDefinitionNode | None:
    """Find a mutation that would act more often than one request may.

    A mutation stands alone in its document and names its root fields plainly: through fragments, aliases or a
    second operation one request could otherwise try a thousand one-time codes.

    Args:
        document: the parsed document; it need not be valid.
        root_fields: how many root fields a mutation may have.

    Returns:
        The offending mutation, or None.
    """
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    mutations = [node for node in operations if node.operation is OperationType.MUTATION]
    for mutation in mutations:
        selections = mutation.selection_set.selections
        plain = all(isinstance(selection, FieldNode) for selection in selections)
        if len(operations) > 1 or not plain or len(selections) > root_fields:
            return mutation
    return None
