"""The rules, evaluated by Cedar: deny by default, forbid beats permit, every decision names its rule.

A rule is a pure function of plain values, so equal questions have equal answers, and a bounded memory of answers
stands in front of the engine: a batch of ten thousand persons asks a handful of different questions.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

from cedarpy import PolicySet, Schema, ValidationResult, is_authorized, validate_policies

from policies.actor import Actor, ActorKind

Value = str | bool | AbstractSet[str]
Attributes = tuple[tuple[str, Value], ...]

_TYPES: Final = {ActorKind.HUMAN: "Human", ActorKind.CLIENT: "Client", ActorKind.OPERATOR: "Operator"}
DEFAULT_DENY: Final = "no-rule-permits"


class Question(NamedTuple):
    """One request for a decision, as plain values: a tuple, whose answer is found without a line of Python.

    Attributes:
        principal: entity type and attributes of who asks.
        action: the Cedar action.
        resource: entity type and attributes of what it is about.
        context: further facts.
    """

    principal: tuple[str, Attributes]
    action: str
    resource: tuple[str, Attributes]
    context: Attributes = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision and the rules that made it, in the order in which the rule file lists them."""

    allowed: bool
    rules: tuple[str, ...]

    @property
    def rule(self) -> str:
        """The first rule that decided; `no-rule-permits` when none did."""
        return self.rules[0] if self.rules else DEFAULT_DENY


def principal(actor: Actor) -> tuple[str, Attributes]:
    """An actor as a Cedar entity."""
    if actor.kind is ActorKind.HUMAN:
        return "Human", (("roles", actor.roles),)
    if actor.kind is ActorKind.CLIENT:
        return "Client", (("purposes", actor.purposes),)
    return "Operator", ()


TENANT: Final[tuple[str, Attributes]] = ("Tenant", ())


@lru_cache(maxsize=4096)
def decide(question: Question) -> Answer:
    """Ask the rules.

    Raises:
        RuntimeError: the engine could not evaluate a rule; nothing is then allowed.
    """
    result = is_authorized(
        {
            "principal": f'{question.principal[0]}::"it"',
            "action": f'Action::"{question.action}"',
            "resource": f'{question.resource[0]}::"it"',
            "context": _plain(question.context),
        },
        _rules(),
        [_entity(question.principal), _entity(question.resource)],
        _schema(),
    )
    if result.diagnostics.errors:
        raise RuntimeError(f"the rules failed on action {question.action}")
    names = set(result.diagnostics.id_annotations_by_reason.values())
    return Answer(result.allowed, tuple(rule for rule in rule_ids() if rule in names))


@lru_cache(maxsize=1)
def rule_ids() -> tuple[str, ...]:
    """The ids of all rules, in the order of the file."""
    text = _text("vault.cedar")
    return tuple(line.split('"')[1] for line in text.splitlines() if line.startswith('@id("'))


def validate() -> ValidationResult:
    """Check the rules against the schema of what they may speak of."""
    return validate_policies(_text("vault.cedar"), _text("vault.cedarschema"))


@lru_cache(maxsize=1)
def _rules() -> PolicySet:
    return PolicySet.from_str(_text("vault.cedar"))


@lru_cache(maxsize=1)
def _schema() -> Schema:
    return Schema.from_str(_text("vault.cedarschema"))


def _text(name: str) -> str:
    return (files("policies") / name).read_text(encoding="utf-8")


def _entity(entity: tuple[str, Attributes]) -> dict[str, object]:
    return {"uid": {"type": entity[0], "id": "it"}, "attrs": _plain(entity[1]), "parents": []}


def _plain(attributes: Attributes) -> Mapping[str, object]:
    return {
        name: sorted(map(str, value)) if isinstance(value, AbstractSet) else value
        for name, value in attributes
    }
