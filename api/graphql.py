"""The GraphQL endpoint: one POST, one operation, one answer.

A request passes in this order, and whatever stops it is said in JSON:

1. method (405), media type of the answer (406), media type and coding of the body (415);
2. the context factory: who is asking (401, 403, 429);
3. the body: length (413), JSON and parameters (400);
4. the guard: may this operation run (`api.guard`);
5. the budget, if there is one: may this client afford it (429);
6. execution under a deadline, then the errors' interpretation (`api.graphql_errors`).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, NamedTuple, TypeVar

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from api.errors import HttpRefusal, entry, refusal_entry
from api.graphql_errors import Interpreter, public_entry
from api.graphql_http import GRAPHQL_JSON, JSON, Parameters, is_json, negotiate, read_parameters, status_of
from api.guard import Admitted, Limits, OperationGuard
from api.guard_refusals import Refused
from api.guard_rules import SENSITIVE_SCALARS
from api.metrics import Metrics
from api.middleware import REQUEST_ID, body_too_large, check_announced_length
from schema.quiet import QuietSchema

ContextT = TypeVar("ContextT")
ContextFactory = Callable[[Request], Awaitable[ContextT]]
Charge = Callable[[ContextT, Admitted], Awaitable[Mapping[str, object] | None]]
_HEADERS: Final = {
    media_type: [(b"content-type", f"{media_type}; charset=utf-8".encode()), (b"cache-control", b"no-store")]
    for media_type in (GRAPHQL_JSON, JSON)
}


@dataclass(frozen=True, slots=True)
class Settings:
    """How the endpoint behaves.

    Attributes:
        max_body_bytes: the longest request body.
        seconds: wall-clock time an operation may take; a resolver that never awaits is not interrupted.
        introspection: whether the schema may be asked for.
        documents: trusted documents by id (`sha256:...`); a request names one as `documentId`.
        documents_only: whether nothing but trusted documents is run.
        public_errors: exception classes of lower layers whose `code`, `message_ja` and `message_en` are
            written for clients.
    """

    max_body_bytes: int = 4_194_304
    seconds: float = 30.0
    introspection: bool = False
    documents: Mapping[str, str] | None = None
    documents_only: bool = False
    public_errors: tuple[type[Exception], ...] = ()


class _Answer(NamedTuple):
    """What goes back: status, body, further headers, and how the request counts."""

    status: int
    body: dict[str, Any]
    outcome: str
    operation_type: str = "none"
    headers: Mapping[str, str] | None = None


class GraphQLEndpoint(Generic[ContextT]):
    """An ASGI application that serves a schema; mount it with `starlette.routing.Route`.

    Args:
        schema: the schema.
        context_factory: finds out who is asking, from the request's head alone; raises `HttpRefusal`.
        settings: how the endpoint behaves.
        limits: what an operation may ask for.
        sensitive: names of scalars whose values come as variables only.
        budget: charges the client for an admitted operation before it runs, and says what is left of their
            budget, if they have one; raises `HttpRefusal` (429).
        metrics: counters; its own if None.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        schema: QuietSchema,
        context_factory: ContextFactory[ContextT],
        *,
        settings: Settings | None = None,
        limits: Limits | None = None,
        sensitive: frozenset[str] = SENSITIVE_SCALARS,
        budget: Charge[ContextT] | None = None,
        metrics: Metrics | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.settings = settings or Settings()
        self.guard = OperationGuard(schema.core, limits, sensitive)
        self.metrics = metrics or Metrics()
        self._schema = schema
        self._context_factory = context_factory
        self._budget = budget
        self._clock = clock
        self._interpreter = Interpreter(schema.core, self.settings.public_errors, self.guard.limits.errors)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        started = self._clock()
        head = dict(scope["headers"])
        media_type = negotiate(_text(head.get(b"accept")))
        try:
            answer = await self._answer(Request(scope), head, receive, media_type)
        except HttpRefusal as refusal:
            body = {"errors": [refusal_entry(refusal)]}
            answer = _Answer(refusal.status, body, refusal.code, headers=refusal.headers)
        except ClientDisconnect:
            return
        except Exception:
            self.metrics.request("none", "INTERNAL", self._clock() - started)
            raise
        # The access line tells these two; both are names of ours.
        scope.setdefault("state", {}).update(operation_type=answer.operation_type, code=answer.outcome)
        await _send(send, answer, media_type or JSON)
        self.metrics.request(answer.operation_type, answer.outcome, self._clock() - started)

    async def _answer(
        self, request: Request, head: Mapping[bytes, bytes], receive: Receive, media_type: str | None
    ) -> _Answer:
        chosen = _check_head(request.method, head, media_type)
        check_announced_length(head.get(b"content-length"), self.settings.max_body_bytes)
        context = await self._context_factory(request)
        parameters = read_parameters(await self._read(receive))
        decision = self.guard.admit(
            self._document(parameters),
            parameters.operation_name,
            parameters.variables,
            introspection=self.settings.introspection,
        )
        if isinstance(decision, Refused):
            return self._refused(decision, chosen)
        cost: dict[str, Any] = {"requested": decision.cost}
        throttle = await self._budget(context, decision) if self._budget is not None else None
        if throttle is not None:
            cost["throttle"] = throttle
        return await self._execute(request, decision, parameters.variables, context, chosen, {"cost": cost})

    async def _read(self, receive: Receive) -> bytes:
        chunks: list[bytes] = []
        left = self.settings.max_body_bytes
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunks.append(message.get("body", b""))
            left -= len(chunks[-1])
            if left < 0:
                raise body_too_large(self.settings.max_body_bytes)
            more = message.get("more_body", False)
        return b"".join(chunks)

    def _document(self, parameters: Parameters) -> str:
        if parameters.query is not None and not self.settings.documents_only:
            return parameters.query
        known = self.settings.documents or {}
        text = known.get(parameters.document_id or "")
        if text is None:
            raise HttpRefusal(
                400,
                "DOCUMENT_NOT_FOUND",
                "登録された文書がありません。documentId を確かめてください",
                "no such trusted document; check documentId",
            )
        return text

    def _refused(self, refused: Refused, media_type: str) -> _Answer:
        self.metrics.refusal(refused.rule)
        body: dict[str, Any] = {"errors": [public_entry(error) for error in refused.errors]}
        if refused.cost is not None:
            body["extensions"] = {"cost": {"requested": refused.cost}}
        code = refused.errors[0].code
        return _Answer(status_of(code, media_type), body, code)

    async def _execute(
        self,
        request: Request,
        admitted: Admitted,
        variables: dict[str, Any] | None,
        context: ContextT,
        media_type: str,
        extensions: dict[str, Any],
    ) -> _Answer:
        kind = admitted.operation.operation.value
        try:
            async with asyncio.timeout(self.settings.seconds):
                result = await self._schema.execute_checked(
                    admitted.document,
                    operation_name=admitted.operation_name,
                    variables=variables,
                    context=context,
                    plan=admitted.plan,
                )
        except TimeoutError:
            return _failed([_timed_out()], extensions, kind, media_type)
        if result.extensions:
            extensions = {**result.extensions, **extensions}
        if not result.errors:
            return _Answer(200, {"data": result.data, "extensions": extensions}, "OK", kind)
        request_id = getattr(request.state, REQUEST_ID, "none")
        errors = self._interpreter.entries(result.errors, admitted.operation, variables or {}, request_id)
        if result.data is None and all(error.path is None for error in result.errors):
            return _failed(errors, extensions, kind, media_type)
        return _Answer(
            200, {"errors": errors, "data": result.data, "extensions": extensions}, "PARTIAL", kind
        )


def _text(header: bytes | None) -> str | None:
    return None if header is None else header.decode("latin-1")


def _check_head(method: str, head: Mapping[bytes, bytes], media_type: str | None) -> str:
    """Check what the request's head says of itself, and return the media type of the answer."""
    if method != "POST":
        raise HttpRefusal(
            405,
            "METHOD_NOT_ALLOWED",
            "POST で送ってください",
            "send a POST request",
            headers={"allow": "POST"},
        )
    if media_type is None:
        raise HttpRefusal(
            406,
            "NOT_ACCEPTABLE",
            f"Accept に {GRAPHQL_JSON} か {JSON} を含めてください",
            f"accept {GRAPHQL_JSON} or {JSON}",
        )
    if not is_json(_text(head.get(b"content-type"))):
        raise HttpRefusal(
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            f"Content-Type は {JSON} (UTF-8) にしてください",
            f"send the body as {JSON} in UTF-8",
            headers={"accept": JSON},
        )
    if head.get(b"content-encoding", b"identity").lower() != b"identity":
        raise HttpRefusal(
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            "本文は圧縮せずに送ってください",
            "send the body uncompressed",
            headers={"accept-encoding": "identity"},
        )
    return media_type


def _timed_out() -> dict[str, Any]:
    return entry(
        "TIMEOUT",
        "時間内に処理が終わりませんでした。更新は行われた可能性があるので、結果を確かめてから再試行してください",
        "the operation took too long; a mutation may have taken effect, so check before trying again",
    )


def _failed(errors: list[dict[str, Any]], extensions: dict[str, Any], kind: str, media_type: str) -> _Answer:
    """The answer to an operation of which nothing was executed, or nothing is known."""
    code = errors[0]["extensions"]["code"]
    return _Answer(status_of(code, media_type), {"errors": errors, "extensions": extensions}, code, kind)


async def _send(send: Send, answer: _Answer, media_type: str) -> None:
    content = orjson.dumps(answer.body)
    headers = [*_HEADERS[media_type], (b"content-length", str(len(content)).encode())]
    if answer.headers:
        headers.extend((name.encode(), value.encode()) for name, value in answer.headers.items())
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
