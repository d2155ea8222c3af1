"""How the gateway says no: refusals that end a request over HTTP, and the shape every error has on the wire.

An error is `{"message": "日本語 / English", "extensions": {"code", "messageJa", "messageEn", ...}}`. Texts
are written beforehand; none is built from what a client sent, save names in its document.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

# Twelve digits or more, of any script, with the separators people write between them.
NUMBER_RUN: Final = re.compile(r"\d(?:[\s_\-\u2010-\u2015\u2212\u30fc\uff0d\uff70]{0,2}\d){11,}")
MASK: Final = "****"
_SHORTEST: Final = 12


def mask_numbers(text: str) -> str:
    """Blank every run of twelve digits or more: the last line of defence, behind texts that hold no value."""
    return NUMBER_RUN.sub(MASK, text) if len(text) >= _SHORTEST else text


class HttpRefusal(Exception):  # noqa: N818 - a refusal is not an error of ours
    """A request that ends with an HTTP status instead of a GraphQL response.

    Raise it from a context factory for want of a credential (401), of a right (403), or of patience (429).

    Attributes:
        status: the HTTP status, 400 or above.
        code: stable name in UPPER_SNAKE that programs may match.
        message_ja: what to do, in Japanese; never holds a value.
        message_en: the same in English.
        headers: further response headers, in lower case.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message_ja: str,
        message_en: str,
        *,
        challenge: str | None = None,
        retry_after: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Refuse.

        Args:
            status: the HTTP status.
            code: stable name in UPPER_SNAKE.
            message_ja: the text in Japanese.
            message_en: the text in English.
            challenge: the `WWW-Authenticate` header (RFC 9110, 11.6.1); a 401 without one says `Bearer`.
            retry_after: the `Retry-After` header, in seconds (RFC 9110, 10.2.3).
            headers: further response headers, in lower case.
        """
        super().__init__(f"{message_ja} / {message_en}")
        self.status = status
        self.code = code
        self.message_ja = message_ja
        self.message_en = message_en
        self.headers = dict(headers or {})
        if challenge is not None or status == HTTPStatus.UNAUTHORIZED:
            self.headers["www-authenticate"] = challenge or "Bearer"
        if retry_after is not None:
            self.headers["retry-after"] = str(retry_after)


def entry(code: str, message_ja: str, message_en: str, **extensions: Any) -> dict[str, Any]:
    """One error as it goes over the wire.

    Args:
        code: stable name in UPPER_SNAKE.
        message_ja: the text in Japanese.
        message_en: the text in English.
        **extensions: further entries of `extensions`.
    """
    message_ja, message_en = mask_numbers(message_ja), mask_numbers(message_en)
    return {
        "message": f"{message_ja} / {message_en}",
        "extensions": {"code": code, "messageJa": message_ja, "messageEn": message_en, **extensions},
    }


def refusal_entry(refusal: HttpRefusal) -> dict[str, Any]:
    """A refusal as it goes over the wire."""
    return entry(refusal.code, refusal.message_ja, refusal.message_en)


def internal_entry(request_id: str) -> dict[str, Any]:
    """The one text for everything unexpected; the request id leads the operator to the log line."""
    return entry(
        "INTERNAL",
        "予期しない誤りで処理を終えられませんでした。お問い合わせには requestId を添えてください",
        "something unexpected stopped this request; quote requestId when you ask about it",
        requestId=request_id,
    )
