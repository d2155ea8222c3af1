"""A schema that keeps quiet about values, and the one error whose text may reach a client.

Left alone, strawberry logs every error with its text and the source of the document, and graphql-core writes
the offending value into the text: a number mistyped by one digit would stand in a log for years. Here:

- `QuietSchema` logs nothing; whoever executes it reports errors by class and place (see `api.graphql`).
- `PublicError` is the only error that a resolver or a scalar raises on purpose. Its text is written
  beforehand, in Japanese and English, and never holds a value. Every other error is masked.
- `QuietSchema.execute_checked` executes a document that was parsed and validated already, so that a document
  is checked once and not at every request.
"""

from collections.abc import Mapping
from typing import Any

import strawberry
from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema
from strawberry.types import ExecutionContext
from typing_extensions import override

from schema.execution import Execution
from schema.plan import Plan


class PublicError(GraphQLError):
    """An error written for the client.

    Attributes:
        code: stable name in UPPER_SNAKE that programs may match.
        message_ja: what happened and what to do, in Japanese; never holds a value.
        message_en: the same in English.
        details: further `extensions` for programs: counts, limits, names from the schema.
    """

    def __init__(
        self,
        code: str,
        message_ja: str,
        message_en: str,
        details: Mapping[str, object] | None = None,
        **place: Any,
    ) -> None:
        """Write the error down.

        Args:
            code: stable name in UPPER_SNAKE.
            message_ja: the text in Japanese.
            message_en: the text in English.
            details: further entries of `extensions`.
            **place: where in the document, as graphql-core takes it (`nodes`, `source`, `positions`).
        """
        super().__init__(f"{message_ja} / {message_en}", **place)
        self.code = code
        self.message_ja = message_ja
        self.message_en = message_en
        self.details = dict(details or {})

    def forget_frames(self) -> None:
        """Let go of the frames it passed: an instance raised again and again would keep every value it met."""
        self.__traceback__ = None


class QuietSchema(strawberry.Schema):
    """A strawberry schema without a voice of its own; use it wherever `strawberry.Schema` would stand."""

    @property
    def core(self) -> GraphQLSchema:
        """The graphql-core schema underneath, for rules that validate documents."""
        return self._schema

    @override
    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Say nothing: the error's text may hold a value, and the caller reports class and place."""

    async def execute_checked(
        self,
        document: DocumentNode,
        *,
        operation_name: str | None,
        variables: dict[str, Any] | None,
        context: object,
        plan: Plan | None = None,
    ) -> ExecutionResult:
        """Execute a document that has passed every rule already.

        It goes straight to graphql-core: what strawberry does around that (parsing, validation, extensions) was
        done before, or is not used, and takes as long as a small operation.

        Args:
            document: the parsed document; the caller vouches that it was validated against `core`.
            operation_name: which operation to run; may be None if there is but one.
            variables: values of the variables, as decoded from JSON.
            context: what resolvers see as `info.context`.
            plan: how to answer the operation, if that is known.

        Returns:
            The result; errors in it are as graphql-core wrote them and must be masked.
        """
        execution = Execution(self.core, document, operation_name, variables or {}, context)
        return await (execution.run() if plan is None else execution.follow(plan))
