"""The cookie of a visit: set when somebody comes in, taken away when they leave, or come with one that has ended."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

COOKIE: Final = "__Host-warifu-visit"
_ATTRIBUTES: Final[Mapping[str, Any]] = {
    "secure": True,
    "httponly": True,
    "samesite": "strict",
    "path": "/",
}


def cookie_of(request: Request) -> str | None:
    """The secret of the visit a request belongs to."""
    return request.cookies.get(COOKIE)


def give_cookie(response: Response, secret: str) -> None:
    """Let the browser hold the secret of a visit until it is closed."""
    response.set_cookie(COOKIE, secret, **_ATTRIBUTES)


def take_cookie_away(response: Response) -> None:
    """Let the browser forget it."""
    response.delete_cookie(COOKIE, **_ATTRIBUTES)
