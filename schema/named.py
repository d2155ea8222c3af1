"""Persons as inputs name them: by the tenant's own external ids, or by the caller's own tokens."""

from collections.abc import Sequence
from typing import Final

from custody.named import Named
from schema.quiet import PublicError

EXTERNAL_IDS: Final = "The persons by their external ids, up to 10,000; or give tokens."
TOKENS: Final = "The persons by the caller's own tokens, up to 10,000; or give externalIds."


def named(external_ids: Sequence[str] | None, tokens: Sequence[str] | None) -> Named:
    """The persons that an input names.

    Raises:
        PublicError: it names them in both ways, or in neither.
    """
    if external_ids is not None and tokens is None:
        return Named(external_ids)
    if tokens is not None and external_ids is None:
        return Named(tokens, by_token=True)
    raise PublicError(
        "BAD_USER_INPUT",
        "externalIds か tokens の、どちらか一つを指定してください",
        "give one of externalIds and tokens",
    )
