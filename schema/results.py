"""What results have in common: refusals and rejected rows."""

from collections.abc import Sequence
from typing import Final

import strawberry

from custody.rejections import Rejection
from policies.refusals import Denied
from schema.context import Context
from schema.quiet import PublicError

INPUT: Final = strawberry.argument(description="Everything the mutation takes.")
"""What every mutation says of its one argument."""


@strawberry.type(description="The request as a whole was refused; the refusal is in the audit log.")
class Refusal:
    """A refusal with its rule."""

    rule: str = strawberry.field(description="Id of the rule that refused; stable.")
    message_ja: str = strawberry.field(description="Why, and what to do, in Japanese.")
    message_en: str = strawberry.field(description="Why, and what to do, in English.")


@strawberry.type(description="One row of a batch that was not taken; the others were.")
class RowRejection:
    """A row that was not taken."""

    row: int = strawberry.field(description="Its place in the columns that were sent, from 0.")
    code: str = strawberry.field(description="Why: a code in UPPER_SNAKE, or the id of a rule.")
    message_ja: str = strawberry.field(description="Why, and what to do, in Japanese.")
    message_en: str = strawberry.field(description="Why, and what to do, in English.")


def refusal(context: Context, denied: Denied) -> Refusal:
    """A refusal as the schema tells it."""
    context.counts.refusal(denied.rule)
    return Refusal(rule=denied.rule, message_ja=denied.message_ja, message_en=denied.message_en)


def row_rejections(items: Sequence[Rejection]) -> list[RowRejection]:
    """Rejected rows as the schema tells them."""
    return [
        RowRejection(row=item.row, code=item.code, message_ja=item.message_ja, message_en=item.message_en)
        for item in items
    ]


def refused_query(context: Context, denied: Denied) -> PublicError:
    """A refused query has no result type of its own: it is an error with the rule as detail."""
    context.counts.refusal(denied.rule)
    return PublicError("FORBIDDEN", denied.message_ja, denied.message_en, {"rule": denied.rule})
