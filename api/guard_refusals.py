"""What the guard says when it refuses: a rule for the operator's counters, errors for the client."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from graphql import GraphQLError, Node

from api.errors import mask_numbers
from schema.quiet import PublicError

SIZE_LIMITS: Final = ("depth", "aliases", "repeats", "fields")
RULES: Final = frozenset(
    {
        *("characters", "tokens", "syntax", "operations", "mutation", "cycle", "directives", *SIZE_LIMITS),
        *("literal", "validation", "operation_name", "operation_type", "introspection", "cost"),
    }
)
_WORDS: Final = {
    "characters": ("文書が長すぎます", "the document is too long"),
    "tokens": ("文書の字句が多すぎます", "the document has too many tokens"),
    "operations": ("一つの文書に操作が多すぎます", "the document holds too many operations"),
    "depth": ("項目の入れ子が深すぎます", "fields are nested too deeply"),
    "aliases": ("別名が多すぎます", "there are too many aliases"),
    "repeats": ("同じ項目の繰り返しが多すぎます", "fields are repeated too often"),
    "fields": ("項目が多すぎます", "there are too many fields"),
    "directives": ("一か所のディレクティブが多すぎます", "there are too many directives in one place"),
    "cost": (
        "返りうる件数が多すぎます。first を小さくしてください",
        "too many objects could return; ask for fewer",
    ),
}


@dataclass(frozen=True, slots=True)
class Refused:
    """An operation that may not run.

    Attributes:
        rule: which rule refused it, one of `RULES`.
        errors: what to tell the client; at least one.
        cost: what it would have cost, where that is known.
    """

    rule: str
    errors: tuple[PublicError, ...]
    cost: int | None = None


def refusal(rule: str, code: str, message_ja: str, message_en: str, node: Node | None = None) -> Refused:
    """Refuse with one error, placed at `node` of the document."""
    nodes = [node] if node is not None else None
    return Refused(rule, (PublicError(code, message_ja, message_en, nodes=nodes),))


def too_much(rule: str, maximum: int, requested: int) -> Refused:
    """Refuse what exceeds a limit, naming the limit and what was asked for."""
    ja, en = _WORDS[rule]
    error = PublicError(
        "OPERATION_TOO_COMPLEX",
        f"{ja}（上限 {maximum}）",
        f"{en} (limit {maximum})",
        {"limit": rule, "maximum": maximum, "requested": requested},
    )
    return Refused(rule, (error,), requested if rule == "cost" else None)


def unreadable(error: GraphQLError, tokens: int) -> Refused:
    """Refuse what the parser refused, telling the place only: its text quotes the token it stumbled over."""
    if error.message.endswith("Parsing aborted."):
        return too_much("tokens", tokens, tokens + 1)
    told_error = PublicError(
        "GRAPHQL_PARSE_FAILED",
        "文書を読み取れません。示した位置の前後の構文を確かめてください",
        "the document cannot be read; check the syntax around the location given",
        source=error.source,
        positions=error.positions,
    )
    return Refused("syntax", (told_error,))


def told(errors: Collection[GraphQLError]) -> tuple[PublicError, ...]:
    """Turn what the rules of the specification reported into errors for the client."""
    return tuple(error if isinstance(error, PublicError) else _invalid(error) for error in errors)


def _invalid(error: GraphQLError) -> PublicError:
    # The one rule that quotes values is replaced (`guard_rules.ValueTypes`); what the others quote are names.
    reason = mask_numbers(error.message.partition(" Did you mean")[0]).rstrip(".")
    return PublicError(
        "GRAPHQL_VALIDATION_FAILED",
        f"文書がスキーマに合いません: {reason}",
        f"the document does not fit the schema: {reason}",
        nodes=error.nodes,
    )
