"""What a refusal tells the caller: the rule that refused, and what to do, in Japanese and English."""

from dataclasses import dataclass

from policies.messages import load_messages


@dataclass(frozen=True, slots=True)
class Denied:
    """A refusal as a value.

    Attributes:
        rule: id of the rule; stable, for programs and the audit log.
        message_ja: why, and what to do.
        message_en: the same in English.
    """

    rule: str
    message_ja: str
    message_en: str


def denied(rule: str, ja: str = "", en: str = "") -> Denied:
    """The refusal of a rule; `ja` and `en` add what is particular to this case.

    Raises:
        KeyError: no message is written for the rule, which a test makes sure of.
    """
    message = load_messages("policies", "refusals.toml")[rule]
    return Denied(rule, message.ja + ja, f"{message.en} {en}" if en else message.en)


def described() -> frozenset[str]:
    """The rules that have a message."""
    return frozenset(load_messages("policies", "refusals.toml"))
