"""A network that answers the client with whatever a test gives it, and values that it must never show."""

import json
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.support.live import GENSEN, TERMS
from tests.support.numbers import synthetic_numbers
from warifu import (
    AuthenticationError,
    Columns,
    InvalidRequestError,
    LimitError,
    Refused,
    ServerError,
    TransportError,
    UnexpectedAnswerError,
    Warifu,
    WarifuError,
)

URL = "https://vault.example"
KEY = "wfk_planted-key-never-shown"
CODE = "918273"
TOKEN = "wft_planted-token-never-shown"
PASSWORD = "planted password never shown"
NUMBERS = synthetic_numbers(3, 20_251_122)
PLANTED = (KEY, CODE, TOKEN, PASSWORD, *NUMBERS)
VIEWER: dict[str, Any] = {
    "viewer": {
        "kind": "CLIENT",
        "name": "payroll",
        "roles": [],
        "purposes": [GENSEN],
        "tenant": {
            "tenantId": "tnt_1",
            "name": "株式会社テスト",
            "sandbox": False,
            "approvalOver": 1,
            "quotaClient": 1,
            "quotaHuman": 1,
            "quotaPurpose": 1,
        },
    }
}
TOKENIZED: dict[str, Any] = {
    "tokenize": {
        "__typename": "Tokenized",
        "tokens": ["wft_1"],
        "rejections": [],
        "registered": 1,
        "logSize": 1,
    }
}

Reply = httpx.Response | Exception


def data(found: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200, json={"data": found})


def failed(
    status: int, code: str, headers: dict[str, str] | None = None, **extensions: str
) -> httpx.Response:
    told = {"code": code, "messageJa": "日本語の文", "messageEn": "English text", **extensions}
    body = {"errors": [{"message": "日本語の文 / English text", "extensions": told}]}
    return httpx.Response(status, json=body, headers=headers)


class Network:
    """Answers with what it was given, one after the other, and remembers what was asked and how long was waited."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = iter(replies)
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        reply = next(self._replies)
        if isinstance(reply, Exception):
            raise reply
        return reply

    @contextmanager
    def vault(self, endpoint: str = URL, retries: int = 3) -> Iterator[Warifu]:
        transport = httpx.MockTransport(self)
        with Warifu(endpoint, KEY, transport=transport, retries=retries, sleep=self.waits.append) as vault:
            yield vault

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request.content) for request in self.requests]


def answered(typename: str) -> httpx.Response:
    return data({"detokenize": {"__typename": typename}})


def released(prepared_at: str = "2026-11-22T03:00:00.000+00:00") -> dict[str, Any]:
    return {
        "__typename": "NumbersReleased",
        "use": {
            "useId": "use_1",
            "purpose": None,
            "reason": "年末調整",
            "persons": 1,
            "client": "payroll",
            "preparedBy": None,
            "handler": None,
            "digest": "0",
            "needsApproval": False,
            "state": "RELEASED",
            "confirmedBy": "tanaka",
            "approvedBy": None,
            "preparedAt": prepared_at,
            "expiresAt": "2026-11-22T03:10:00.000+00:00",
            "releasedAt": None,
        },
        "tokens": [TOKEN],
        "numbers": [NUMBERS[0]],
        "rejections": [],
        "firstLeaf": 1,
        "checkpoint": "",
    }


def tokenize(vault: Warifu) -> object:
    return vault.tokenize(Columns(["E1"], NUMBERS[:1]), **TERMS)


def detokenize(vault: Warifu) -> object:
    return vault.detokenize([TOKEN], GENSEN, "年末調整", CODE, "tanaka")


PASSING: dict[str, Callable[[], Reply]] = {
    "no connection": lambda: httpx.ConnectError("refused"),
    "a connection that breaks": lambda: httpx.ReadError("reset"),
    "no answer in time": lambda: httpx.ReadTimeout("slow"),
    "a proxy without a server": lambda: httpx.Response(503, text="<html>"),
    "a vault out of time": lambda: failed(503, "TIMEOUT"),
    "too many requests": lambda: failed(429, "THROTTLED"),
}


FAILURES: dict[str, tuple[Callable[[], Reply], type[WarifuError], str]] = {
    "no valid key": (lambda: failed(401, "UNAUTHENTICATED"), AuthenticationError, "UNAUTHENTICATED"),
    "no credential in a query": (
        lambda: failed(200, "UNAUTHENTICATED"),
        AuthenticationError,
        "UNAUTHENTICATED",
    ),
    "a refused query": (lambda: failed(200, "FORBIDDEN", rule="record-needs-person"), Refused, "REFUSED"),
    "a wrong value": (lambda: failed(400, "BAD_USER_INPUT"), InvalidRequestError, "BAD_USER_INPUT"),
    "an unknown document": (
        lambda: failed(400, "DOCUMENT_NOT_FOUND"),
        InvalidRequestError,
        "DOCUMENT_NOT_FOUND",
    ),
    "a body too long": (lambda: failed(413, "PAYLOAD_TOO_LARGE"), LimitError, "PAYLOAD_TOO_LARGE"),
    "too costly": (lambda: failed(400, "OPERATION_TOO_COMPLEX"), LimitError, "OPERATION_TOO_COMPLEX"),
    "something unexpected": (lambda: failed(500, "INTERNAL"), ServerError, "INTERNAL"),
    "a full disk": (lambda: failed(200, "STORAGE_UNAVAILABLE"), ServerError, "STORAGE_UNAVAILABLE"),
    "an error of a later version": (lambda: failed(502, "NEW_CODE"), ServerError, "NEW_CODE"),
    "a proxy that throttles": (lambda: httpx.Response(429, text="slow down"), LimitError, "THROTTLED"),
    "a proxy's page": (lambda: httpx.Response(502, text="<html>"), TransportError, "NO_ANSWER"),
    "another server": (lambda: httpx.Response(200, json={"hello": "world"}), TransportError, "NO_ANSWER"),
    "a redirect": (
        lambda: httpx.Response(307, headers={"location": "https://x"}),
        TransportError,
        "NO_ANSWER",
    ),
    "a list": (lambda: httpx.Response(200, json=[1]), TransportError, "NO_ANSWER"),
    "bytes": (lambda: httpx.Response(200, content=b"\xff\xfe"), TransportError, "NO_ANSWER"),
    "nested beyond reason": (
        lambda: httpx.Response(200, content=b"[" * 100_000),
        TransportError,
        "NO_ANSWER",
    ),
    "an error without words": (
        lambda: httpx.Response(200, json={"errors": [1]}),
        UnexpectedAnswerError,
        "UNEXPECTED_ANSWER",
    ),
}


def assert_nothing_is_shown(error: BaseException) -> None:
    """Assert that no planted value is in an error, nor in anything it carries along."""
    seen: list[BaseException] = []
    current: BaseException | None = error
    while current is not None:
        seen.append(current)
        current = current.__cause__ or current.__context__
    for item in seen:
        shown = f"{item} {item!r} {item.args} {vars(item)} {''.join(traceback.format_exception(item))}"
        for value in PLANTED:
            assert value not in shown
    assert not any(isinstance(item, httpx.HTTPError | UnicodeError | json.JSONDecodeError) for item in seen)
