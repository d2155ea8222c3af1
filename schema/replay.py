"""Idempotency keys, on every mutation that creates something. A release has none: it is never repeated."""

from typing import Final

import orjson

from custody.replay import Replay, is_key
from schema.context import Context
from schema.quiet import PublicError

IDEMPOTENCY: Final = "The same key with the same content is done once and answered alike, for 24 hours."


def replay_of(context: Context, key: str | None, operation: str, sent: object) -> Replay | None:
    """The idempotent request that an input makes; None if it carries no key.

    Args:
        context: the request's context.
        key: the idempotency key, if one was sent.
        operation: the mutation.
        sent: its input; everything but the key is its content.

    Raises:
        PublicError: the key is not one.
    """
    if key is None:
        return None
    if not is_key(key):
        raise PublicError(
            "BAD_USER_INPUT",
            "idempotencyKey は 1〜128 文字の ASCII 文字列(UUID など)にしてください。個人番号は使えません",
            "give an idempotencyKey of 1 to 128 ASCII characters, such as a UUID, with no number in it",
        )
    content = {name: value for name, value in vars(sent).items() if name != "idempotency_key"}
    return Replay(context.somebody, key, operation, orjson.dumps(content, option=orjson.OPT_SORT_KEYS))
