"""One GraphQL request over HTTP: sent, sent again where that is safe, and its errors told apart.

- A request is repeated only if its sender says that repeating it is harmless: queries, and mutations with an
  idempotency key. A use of numbers never is.
- Every request has an id, the same for all its attempts, so that the vault's record tells what became of it.
- httpx's errors carry the request with its numbers and its key. They end here: an error of ours is raised outside
  their handlers, without cause or context.
"""

import json
from base64 import b32encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from secrets import token_bytes
from typing import Any, Final

import httpx

from warifu._operations import document
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
from warifu.results_secret import Secret
from warifu.transport_endpoint import Endpoint

_ACCEPT: Final = "application/graphql-response+json, application/json"
_KEEP_ALIVE_SECONDS: Final = 4.0  # the server closes after 5; who closes first loses no request
_LONGEST_WAIT: Final = 60.0
_LONGEST_READING: Final = 600.0  # the vault reads a scan page by page before it answers
_FIRST_PAUSE: Final = 0.25
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
class _Failure:
    """Why an attempt failed, whether another might not, and after how many seconds, if the answer said so."""

    error: WarifuError
    passing: bool = False
    wait: float | None = None


class Transport:
    """Sends requests to one endpoint with one credential, over connections that are kept alive."""

    def __init__(
        self,
        endpoint: Endpoint,
        key: Secret | None,
        *,
        transport: httpx.BaseTransport | None,
        timeout: float,
        retries: int,
        sleep: Callable[[float], None],
    ) -> None:
        """Open nothing yet; the first request connects.

        Args:
            endpoint: where the vault is.
            key: client key or session.
            transport: stands in for the network.
            timeout: seconds without a byte before an attempt is given up.
            retries: how often a harmless request is repeated.
            sleep: waits some seconds.
        """
        self.endpoint = endpoint
        self.key = key
        self._retries = retries
        self._sleep = sleep
        self._http = httpx.Client(
            transport=transport,
            timeout=timeout,
            limits=httpx.Limits(keepalive_expiry=_KEEP_ALIVE_SECONDS),
            # A proxy of the environment would read whatever travels unencrypted.
            trust_env=endpoint.encrypted,
        )

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def execute(self, operation: str, variables: Mapping[str, object], *, repeatable: bool) -> Answer:
        """Run an operation.

        Args:
            operation: its root field.
            variables: values of its variables.
            repeatable: whether sending it twice does no more than sending it once.

        Raises:
            WarifuError: one of its classes, as to whose fault it is.
        """
        request_id = random_name()
        body = _encode({"query": document(operation), "variables": variables}, request_id)
        left = self._retries if repeatable else 0
        attempt = 0
        while True:
            outcome = self._attempt(body, request_id)
            if isinstance(outcome, Answer):
                return outcome
            wait = _FIRST_PAUSE * 2**attempt if outcome.wait is None else outcome.wait
            if attempt >= left or not outcome.passing or wait > _LONGEST_WAIT:
                raise outcome.error
            attempt += 1
            self._sleep(wait)

    def download(self, path: str) -> bytes:
        """Get a file, over the same connections and with the same credential.

        Args:
            path: from the server's address on.

        Raises:
            WarifuError: one of its classes, as to whose fault it is.
        """
        request_id = random_name()
        url = self.endpoint.url.removesuffix("/graphql") + path
        outcome = self._get(url, request_id)
        if isinstance(outcome, _Failure):
            raise outcome.error
        return outcome

    def _get(self, url: str, request_id: str) -> bytes | _Failure:
        try:
            response = self._http.get(url, headers=self._headers(request_id))
        except httpx.HTTPError as error:
            return _unanswered(error, self.endpoint, request_id)
        if response.is_success:
            return response.content
        return _refused(response, request_id)

    def save(self, path: str, media_type: str, write: Callable[[bytes], object]) -> None:
        """Get a file of any size, piece by piece.

        Args:
            path: from the server's address on.
            media_type: what it must be.
            write: takes the pieces, in order; what it raises ends the transfer.

        Raises:
            WarifuError: one of its classes, as to whose fault it is; some pieces may have been written.
        """
        request_id = random_name()
        url = self.endpoint.url.removesuffix("/graphql") + path
        failed = self._stream(url, request_id, media_type, write)
        if failed is not None:
            raise failed.error

    def upload(self, path: str, data: bytes) -> Mapping[str, Any]:
        """Send a file, and give the JSON object that it is answered with.

        Args:
            path: from the server's address on.
            data: the file.

        Raises:
            WarifuError: one of its classes, as to whose fault it is.
        """
        request_id = random_name()
        url = self.endpoint.url.removesuffix("/graphql") + path
        outcome = self._send(url, data, request_id)
        if isinstance(outcome, _Failure):
            raise outcome.error
        return outcome

    def _send(self, url: str, data: bytes, request_id: str) -> Mapping[str, Any] | _Failure:
        headers = {"content-type": "application/octet-stream", **self._headers(request_id)}
        try:
            response = self._http.post(url, content=data, headers=headers, timeout=_LONGEST_READING)
        except httpx.HTTPError as error:
            return _unanswered(error, self.endpoint, request_id)
        body = _decode(response)
        return body if response.is_success and body is not None else _refused(response, request_id)

    def _stream(
        self, url: str, request_id: str, media_type: str, write: Callable[[bytes], object]
    ) -> _Failure | None:
        begun = False
        try:
            with self._http.stream("GET", url, headers=self._headers(request_id)) as response:
                if response.is_success and _is(response, media_type):
                    begun = True
                    for piece in response.iter_bytes():
                        write(piece)
                    return None
                response.read()
        except httpx.HTTPError as error:
            return _cut(error, request_id) if begun else _unanswered(error, self.endpoint, request_id)
        return _refused(response, request_id)

    def _headers(self, request_id: str) -> dict[str, str]:
        headers = {"x-request-id": request_id}
        if self.key is not None:
            headers["authorization"] = f"Bearer {self.key.reveal()}"
        return headers

    def _attempt(self, body: bytes, request_id: str) -> Answer | _Failure:
        headers = {"accept": _ACCEPT, "content-type": "application/json", **self._headers(request_id)}
        try:
            response = self._http.post(self.endpoint.url, content=body, headers=headers)
        except httpx.HTTPError as error:
            return _unanswered(error, self.endpoint, request_id)
        return _read(response, request_id)


def random_name() -> str:
    """128 random bits in base32, in which no twelve digits follow one another, as they may in a UUID."""
    return b32encode(token_bytes(16)).decode().rstrip("=").lower()


def _encode(body: Mapping[str, object], request_id: str) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=_plain).encode()
    except UnicodeEncodeError:
        fault = InvalidRequestError(
            "UTF-8 にできない文字が含まれています。",
            "A text holds characters that UTF-8 cannot express.",
            request_id=request_id,
        )
    raise fault


def _plain(value: object) -> object:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} は送れません / cannot be sent")


def _refused(response: httpx.Response, request_id: str) -> _Failure:
    failed = _read(response, request_id)
    return failed if isinstance(failed, _Failure) else _Failure(_stranger(response, request_id))


def _is(response: httpx.Response, media_type: str) -> bool:
    sent: str = response.headers.get("content-type", "")
    return sent.partition(";")[0].strip() == media_type


def _cut(error: httpx.HTTPError, request_id: str) -> _Failure:
    kind = type(error).__name__
    return _Failure(
        TransportError(
            f"ファイルの受信が途中で切れました({kind})。もう一度やり直してください。",
            f"The file was cut off on its way ({kind}). Get it again.",
            request_id=request_id,
            may_have_happened=True,
        )
    )


def _unanswered(error: httpx.HTTPError, endpoint: Endpoint, request_id: str) -> _Failure:
    kind = type(error).__name__
    return _Failure(
        TransportError(
            f"{endpoint.host} から応答がありません({kind})。アドレスとネットワークを確認してください。",
            f"No answer came from {endpoint.host} ({kind}). Check the address and the network.",
            request_id=request_id,
            may_have_happened=not isinstance(error, _NOT_SENT),
        ),
        passing=isinstance(error, httpx.TransportError),
    )


def _read(response: httpx.Response, request_id: str) -> Answer | _Failure:
    request_id = response.headers.get("x-request-id", request_id)[:64]
    passing = response.status_code in {_TOO_MANY, _UNAVAILABLE}
    body = _decode(response)
    errors = body.get("errors") if body else None
    if isinstance(errors, list) and errors:
        return _Failure(_told(errors[0], response, request_id), passing, _retry_after(response))
    data = body.get("data") if body else None
    if response.is_success and isinstance(data, dict):
        return Answer(data, request_id)
    return _Failure(_stranger(response, request_id), passing, _retry_after(response))


def _decode(response: httpx.Response) -> dict[str, Any] | None:
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
