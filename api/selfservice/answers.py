"""How the endpoints of the page say no: the API's errors, with the field beside which the page shows them."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.errors import HttpRefusal, entry
from api.selfservice.cookie import cookie_of, take_cookie_away
from policies.refusals import Denied
from tokenizer.errors import VaultError

_FORBIDDEN: Final = 403
_ENDED: Final = "visit-ended"
_STATUS: Final = {
    _ENDED: 401,
    "collection-unknown": 404,
    "collection-item-unknown": 404,
    "slot-unknown": 404,
    "appointment-unknown": 404,
    "receipt-not-there": 404,
}
_FIELDS: Final = {
    "door-not-opened": "door",
    "number-invalid": "number",
    "number-differs-from-repeat": "again",
    "collection-item-invalid": "image",
    "paper-not-wanted": "image",
    "papers-locked": "image",
    "papers-broken": "image",
    "papers-too-many-pages": "image",
    "papers-pixels": "image",
    "papers-exhausting": "image",
    "dependent-invalid": "name",
    "dependent-known": "name",
    "message-invalid": "message",
    "message-holds-number": "message",
}
_UNFIT: Final = 422


class Refused(HttpRefusal):
    """A rule's no, with its id and the field it concerns; empty for none."""

    def __init__(self, denied: Denied) -> None:
        self.rule = denied.rule
        self.field = _FIELDS.get(denied.rule, "")
        unfit = self.field and denied.rule != "door-not-opened"
        status = _STATUS.get(denied.rule, _UNFIT if unfit else _FORBIDDEN)
        challenge = 'Cookie realm="warifu-visit"' if denied.rule == _ENDED else None
        super().__init__(status, "FORBIDDEN", denied.message_ja, denied.message_en, challenge=challenge)


def telling(answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint of the page; what stops it is told as one JSON object."""

    async def serve(request: Request) -> Response:
        try:
            return await answer(request)
        except VaultError as error:
            stopped = HttpRefusal(409, error.code, error.message_ja, error.message_en)
        except HttpRefusal as error:
            stopped = error
        response = JSONResponse({"errors": [_told(stopped)]}, stopped.status, headers=stopped.headers)
        if isinstance(stopped, Refused) and stopped.rule == _ENDED and cookie_of(request):
            take_cookie_away(response)
        return response

    return serve


def _told(stopped: HttpRefusal) -> dict[str, object]:
    further = {"rule": stopped.rule, "field": stopped.field} if isinstance(stopped, Refused) else {}
    return entry(stopped.code, stopped.message_ja, stopped.message_en, **further)


def bad_request(message_ja: str, message_en: str) -> HttpRefusal:
    """A request that the page would not send."""
    return HttpRefusal(400, "BAD_REQUEST", message_ja, message_en)
