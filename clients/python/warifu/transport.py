"""One GraphQL request over HTTP: sent, sent again where that is safe, and its errors told apart.

- A request is repeated only if its sender says that repeating it is harmless: queries, and mutations with an
  idempotency key. A use of numbers never is.
- Every request has an id, the same for all its attempts, so that the vault's record tells what became of it.
- httpx's errors carry the request with its numbers and its key. They end here: an error of ours is raised outside
  their handlers, without cause or context.
"""

import json
import ssl
from base64 import b32encode
from collections.abc import Callable, Mapping
from datetime import date
from secrets import token_bytes
from typing import Any, Final

import httpx

from warifu._operations import document
from warifu.errors import InvalidRequestError
from warifu.results_secret import Secret
from warifu.transport_answer import Answer, Failure, cut_off, decode, is_of, read_answer, refused, unanswered
from warifu.transport_endpoint import Endpoint

_ACCEPT: Final = "application/graphql-response+json, application/json"
_KEEP_ALIVE_SECONDS: Final = 4.0  # the server closes after 5; who closes first loses no request
_LONGEST_WAIT: Final = 60.0
_LONGEST_READING: Final = 600.0  # the vault reads a scan page by page before it answers
_FIRST_PAUSE: Final = 0.25


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
            # Without encryption nobody is to be trusted, and reading whom to trust takes longer than a request.
            verify=True if endpoint.encrypted else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
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
        if isinstance(outcome, Failure):
            raise outcome.error
        return outcome

    def _get(self, url: str, request_id: str) -> bytes | Failure:
        try:
            response = self._http.get(url, headers=self._headers(request_id))
        except httpx.HTTPError as error:
            return unanswered(error, self.endpoint, request_id)
        if response.is_success:
            return response.content
        return refused(response, request_id)

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
        if isinstance(outcome, Failure):
            raise outcome.error
        return outcome

    def _send(self, url: str, data: bytes, request_id: str) -> Mapping[str, Any] | Failure:
        headers = {"content-type": "application/octet-stream", **self._headers(request_id)}
        try:
            response = self._http.post(url, content=data, headers=headers, timeout=_LONGEST_READING)
        except httpx.HTTPError as error:
            return unanswered(error, self.endpoint, request_id)
        body = decode(response)
        return body if response.is_success and body is not None else refused(response, request_id)

    def _stream(
        self, url: str, request_id: str, media_type: str, write: Callable[[bytes], object]
    ) -> Failure | None:
        begun = False
        try:
            with self._http.stream("GET", url, headers=self._headers(request_id)) as response:
                if response.is_success and is_of(response, media_type):
                    begun = True
                    for piece in response.iter_bytes():
                        write(piece)
                    return None
                response.read()
        except httpx.HTTPError as error:
            return cut_off(error, request_id) if begun else unanswered(error, self.endpoint, request_id)
        return refused(response, request_id)

    def _headers(self, request_id: str) -> dict[str, str]:
        headers = {"x-request-id": request_id}
        if self.key is not None:
            headers["authorization"] = f"Bearer {self.key.reveal()}"
        return headers

    def _attempt(self, body: bytes, request_id: str) -> Answer | Failure:
        headers = {"accept": _ACCEPT, "content-type": "application/json", **self._headers(request_id)}
        try:
            response = self._http.post(self.endpoint.url, content=body, headers=headers)
        except httpx.HTTPError as error:
            return unanswered(error, self.endpoint, request_id)
        return read_answer(response, request_id)


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
