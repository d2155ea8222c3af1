"""What came back over HTTP, or did not: the vault's data, or whose fault it is that there is none."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from warifu.errors import (
    AuthenticationError,
    InvalidRequestError,
    LimitError,
    Refused,
    ServerError,
    TransportError,
    UnexpectedAnswerError,
    WarifuError,
)
from warifu.transport_endpoint import Endpoint

_TOO_MANY: Final = 429
_UNAVAILABLE: Final = 503
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_LIMITS: Final = frozenset({"THROTTLED", "PAYLOAD_TOO_LARGE", "OPERATION_TOO_COMPLEX"})
_SERVER: Final = frozenset(
    {"INTERNAL", "TIMEOUT", "STORAGE_UNAVAILABLE", "SEAL_BROKEN", "KEY_GONE", "KEY_DIRECTORY"}
    | {"WRONG_VAULT", "DATABASE_VERSION", "DATABASE_SETTINGS"}
)


@dataclass(frozen=True, slots=True)
class Answer:
    """The data of an answer, and the id of its request. The data may hold numbers, so repr shows the id alone."""

    data: Mapping[str, Any]
    request_id: str

    def __repr__(self) -> str:
        return f"Answer({self.request_id})"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed, whether another might not, and after how many seconds, if the answer said so."""

    error: WarifuError
    passing: bool = False
    wait: float | None = None


def refused(response: httpx.Response, request_id: str) -> Failure:
    """Why a request that got no success got none."""
    failed = read_answer(response, request_id)
    return failed if isinstance(failed, Failure) else Failure(_stranger(response, request_id))


def is_of(response: httpx.Response, media_type: str) -> bool:
    """Whether a response is of a media type."""
    sent: str = response.headers.get("content-type", "")
    return sent.partition(";")[0].strip() == media_type


def cut_off(error: httpx.HTTPError, request_id: str) -> Failure:
    """The connection was lost after the first bytes of a file."""
    kind = type(error).__name__
    return Failure(
        TransportError(
            f"ファイルの受信が途中で切れました({kind})。もう一度やり直してください。",
            f"The file was cut off on its way ({kind}). Get it again.",
            request_id=request_id,
            may_have_happened=True,
        )
    )


def unanswered(error: httpx.HTTPError, endpoint: Endpoint, request_id: str) -> Failure:
    """Nothing came back; another attempt may fare better."""
    kind = type(error).__name__
    return Failure(
        TransportError(
            f"{endpoint.host} から応答がありません({kind})。アドレスとネットワークを確認してください。",
            f"No answer came from {endpoint.host} ({kind}). Check the address and the network.",
            request_id=request_id,
            may_have_happened=not isinstance(error, _NOT_SENT),
        ),
        passing=isinstance(error, httpx.TransportError),
    )


def read_answer(response: httpx.Response, request_id: str) -> Answer | Failure:
    """The data of a response, or what the vault, or something before it, said instead."""
    request_id = response.headers.get("x-request-id", request_id)[:64]
    passing = response.status_code in {_TOO_MANY, _UNAVAILABLE}
    body = decode(response)
    errors = body.get("errors") if body else None
    if isinstance(errors, list) and errors:
        return Failure(_told(errors[0], response, request_id), passing, _retry_after(response))
    data = body.get("data") if body else None
    if response.is_success and isinstance(data, dict):
        return Answer(data, request_id)
    return Failure(_stranger(response, request_id), passing, _retry_after(response))


def decode(response: httpx.Response) -> dict[str, Any] | None:
    """The JSON object of a response; None if there is none."""
    # The decoder's error carries the whole text; it ends here.
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _told(error: object, response: httpx.Response, request_id: str) -> WarifuError:
    """What the vault said, as the class of whose fault it is."""
    extensions = error.get("extensions") if isinstance(error, dict) else None
    told = extensions if isinstance(extensions, dict) else {}
    code, ja, en, rule = (told.get(name) for name in ("code", "messageJa", "messageEn", "rule"))
    if not (isinstance(code, str) and isinstance(ja, str) and isinstance(en, str)):
        return UnexpectedAnswerError("errors", request_id=request_id)
    if isinstance(rule, str):
        return Refused(rule, ja, en, request_id=request_id)
    if code == AuthenticationError.code:
        return AuthenticationError(ja, en, request_id=request_id)
    if code in _LIMITS or response.status_code == _TOO_MANY:
        return LimitError(ja, en, code=code, request_id=request_id, retry_after=_retry_after(response))
    ours = code in _SERVER or response.is_server_error
    return (ServerError if ours else InvalidRequestError)(ja, en, code=code, request_id=request_id)


def _stranger(response: httpx.Response, request_id: str) -> WarifuError:
    """An answer without a word of the vault's: a proxy's, or another server's."""
    status = response.status_code
    if status == _TOO_MANY:
        return LimitError(
            "要求が多すぎます。しばらく待ってください。",
            "Too many requests. Wait a while.",
            request_id=request_id,
            retry_after=_retry_after(response),
        )
    return TransportError(
        f"保管庫のものではない応答が返りました(HTTP {status})。アドレスと途中のプロキシを確認してください。",
        f"Something other than the vault answered (HTTP {status}). Check the address and the proxies on the way.",
        request_id=request_id,
        may_have_happened=True,
    )


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    return float(text) if text.isdecimal() and len(text) < len("1000000") else None
