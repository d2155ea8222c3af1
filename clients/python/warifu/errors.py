"""What can go wrong when a program talks to the vault, grouped by whose fault it is.

No text here holds a number, a token, a code or a key, and no error carries the request that caused it.
"""

import re
from typing import Final

_NUMBER_RUN: Final = re.compile(r"\d{12,}")


class WarifuError(Exception):
    """Base of all errors of the client; never raised itself.

    Attributes:
        code: stable name in UPPER_SNAKE that programs may match.
        message_ja: what happened and what to do, in Japanese.
        message_en: the same in English.
        request_id: the request's id, which the vault's log and record know it by; None if nothing was sent.
    """

    code = "WARIFU_ERROR"

    def __init__(
        self, message_ja: str, message_en: str, *, code: str | None = None, request_id: str | None = None
    ) -> None:
        """Write the error down.

        Args:
            message_ja: the text in Japanese.
            message_en: the text in English.
            code: stable name in UPPER_SNAKE; the class's own if left out.
            request_id: id of the request.
        """
        # The vault's texts hold no number; whatever else may answer in its place is not trusted with that.
        self.message_ja = _masked(message_ja)
        self.message_en = _masked(message_en)
        self.code = _masked(code or self.code)
        self.request_id = _masked(request_id) if request_id else None
        place = f" [{self.request_id}]" if self.request_id else ""
        super().__init__(f"{self.message_ja} / {self.message_en}{place}")


def _masked(text: str) -> str:
    return _NUMBER_RUN.sub("****", text)


# --- the caller's side: a rule said no, or the request was wrong


class Refused(WarifuError):  # noqa: N818 - a refusal is an answer, not an error
    """A rule of the vault refused the request; the refusal is in the audit log.

    Attributes:
        rule: id of the rule; stable.
    """

    code = "REFUSED"

    def __init__(self, rule: str, message_ja: str, message_en: str, *, request_id: str | None = None) -> None:
        """Refuse.

        Args:
            rule: id of the rule.
            message_ja: why, and what to do, in Japanese.
            message_en: the same in English.
            request_id: id of the request.
        """
        super().__init__(message_ja, message_en, request_id=request_id)
        self.rule = _masked(rule)


class InvalidRequestError(WarifuError):
    """The request was malformed: a value of the wrong form, or a document the vault does not know."""

    code = "BAD_USER_INPUT"


class AuthenticationError(WarifuError):
    """The key or the session is not valid, or none was given."""

    code = "UNAUTHENTICATED"


class LimitError(WarifuError):
    """The request was too large, too costly, or came too soon.

    Attributes:
        retry_after: seconds to wait, if the vault said so.
    """

    code = "THROTTLED"

    def __init__(
        self,
        message_ja: str,
        message_en: str,
        *,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Write the error down.

        Args:
            message_ja: the text in Japanese.
            message_en: the text in English.
            code: stable name in UPPER_SNAKE.
            request_id: id of the request.
            retry_after: seconds to wait.
        """
        super().__init__(message_ja, message_en, code=code, request_id=request_id)
        self.retry_after = retry_after


# --- the way between: network, proxies


class TransportError(WarifuError):
    """No answer came, or none that is the vault's.

    Attributes:
        may_have_happened: whether the request may have reached the vault. If so, look for its `request_id` in
            the record before trying a use of numbers again.
    """

    code = "NO_ANSWER"

    def __init__(
        self, message_ja: str, message_en: str, *, request_id: str | None = None, may_have_happened: bool
    ) -> None:
        """Write the error down.

        Args:
            message_ja: the text in Japanese.
            message_en: the text in English.
            request_id: id of the request.
            may_have_happened: whether the request may have reached the vault.
        """
        super().__init__(message_ja, message_en, request_id=request_id)
        self.may_have_happened = may_have_happened


# --- the vault's side


class ServerError(WarifuError):
    """The vault failed: unavailable, out of time, or something unexpected. Quote `request_id` to its operator."""

    code = "INTERNAL"


class UnexpectedAnswerError(WarifuError):
    """The answer has a form this version does not know: client and vault are too far apart.

    Attributes:
        place: which part of the answer, in the names of the schema; never its content.
    """

    code = "UNEXPECTED_ANSWER"

    def __init__(self, place: str, *, request_id: str | None = None) -> None:
        """Write the error down.

        Args:
            place: which part of the answer.
            request_id: id of the request.
        """
        super().__init__(
            f"応答の {place} を解釈できません。warifu パッケージを保管庫と同じ版に更新してください。",
            f"The answer's {place} is not understood. Update the package warifu to the vault's version.",
            request_id=request_id,
        )
        self.place = place
