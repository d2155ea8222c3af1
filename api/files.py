"""Files beside the API, for the same credential: how they are asked for, handed out and refused."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.auth import Gate
from api.errors import HttpRefusal, entry
from policies.refusals import Denied
from schema.context import Context
from tokenizer.errors import VaultError

Answer = Callable[[Request, Context], Awaitable[Response]]
"""What becomes of a request by somebody whose credential is good."""

_STATUS: Final = {
    **dict.fromkeys(("run-unknown", "print-unknown", "print-file-unknown"), 404),
    "run-not-done": 409,
    "period-invalid": 400,
}
_FORBIDDEN: Final = 403


class RuleRefusal(HttpRefusal):
    """A rule's no, with its id for programs."""

    def __init__(self, denied: Denied) -> None:
        status = _STATUS.get(denied.rule, _FORBIDDEN)
        super().__init__(status, "FORBIDDEN", denied.message_ja, denied.message_en)
        self.rule = denied.rule


def serving(gate: Gate, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint for somebody, and nobody else; what stops it is told as one JSON object."""

    async def admit(request: Request) -> Response:
        context = await gate(request)
        if context.actor is None:
            raise _nobody()
        return await answer(request, context)

    return telling(admit)


def telling(answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that finds out itself who is asking; what stops it is told as one JSON object."""

    async def serve(request: Request) -> Response:
        try:
            return await answer(request)
        except VaultError as error:
            stopped = HttpRefusal(409, error.code, error.message_ja, error.message_en)
        except HttpRefusal as error:
            stopped = error
        return JSONResponse({"errors": [_told(stopped)]}, stopped.status, headers=stopped.headers)

    return serve


def file_headers(name: str) -> Mapping[str, str]:
    """What makes an answer a file to be saved, and kept nowhere else."""
    return {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}


def refused(context: Context, denied: Denied) -> HttpRefusal:
    """A rule's no as it goes over the wire, counted."""
    context.counts.refusal(denied.rule)
    return RuleRefusal(denied)


def _told(refused: HttpRefusal) -> dict[str, Any]:
    further = {"rule": refused.rule} if isinstance(refused, RuleRefusal) else {}
    return entry(refused.code, refused.message_ja, refused.message_en, **further)


def _nobody() -> HttpRefusal:
    return HttpRefusal(
        401,
        "UNAUTHENTICATED",
        "Authorization: Bearer にクライアントキーかセッションを指定してください",
        "send a client key or a session as Authorization: Bearer",
        challenge='Bearer realm="warifu"',
    )
