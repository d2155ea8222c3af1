"""A row of a batch that was not taken: which one, why, and what to do. The rest of the batch goes on."""

from dataclasses import dataclass

from policies.messages import load_messages


@dataclass(frozen=True, slots=True)
class Rejection:
    """One row that was not taken.

    Attributes:
        row: its place in the columns, from 0.
        code: stable name in UPPER_SNAKE, or the id of the rule that refused.
        message_ja: why, and what to do.
        message_en: the same in English.
    """

    row: int
    code: str
    message_ja: str
    message_en: str


def rejection(row: int, code: str) -> Rejection:
    """A rejected row with the message of its code.

    Raises:
        KeyError: no message is written for the code, which a test makes sure of.
    """
    message = load_messages("custody", "rejections.toml")[code]
    return Rejection(row, code, message.ja, message.en)
