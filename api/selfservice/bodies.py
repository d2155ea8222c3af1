"""What the page sends: small JSON objects of texts, and images, both read no further than they may be long.

Only our own page may send anything that changes something: the browser says where a request comes from
(`Sec-Fetch-Site`, or `Origin` where it is too old for that), and a form of another site can send neither of these
content types. The cookie is not sent from elsewhere either (SameSite=Strict); each of the three alone would do.
"""

from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from starlette.requests import ClientDisconnect, Request

from api.errors import HttpRefusal
from api.middleware import body_too_large, check_announced_length
from api.selfservice.answers import bad_request
from custody.collection.image import LARGEST_BYTES

JSON_BYTES: Final = 32 * 1024
_JSON: Final = "application/json"
_IMAGES: Final = frozenset(
    {"image/jpeg", "image/png", "image/webp", "application/pdf", "application/octet-stream"}
)
_LONGEST: Final = 10_000


def refuse_elsewhere(request: Request) -> None:
    """Let only requests of our own page pass.

    Raises:
        HttpRefusal: 403, it comes from another site, or does not say from where.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        own = site == "same-origin"
    else:
        origin = urlsplit(request.headers.get("origin", ""))
        own = bool(origin.netloc) and origin.netloc == request.headers.get("host")
    if not own:
        raise HttpRefusal(
            403,
            "CROSS_SITE",
            "別のサイトからの要求は受け付けません。届いたリンクからページを開いてください",
            "requests from other sites are refused; open the page through your link",
        )


async def read_object(request: Request) -> dict[str, Any]:
    """The JSON object that a request carries.

    Raises:
        HttpRefusal: 415, it is of another type; 413, it is too long; 400, it is no object.
    """
    _check_type(request, frozenset({_JSON}))
    body = await _read(request, JSON_BYTES)
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise bad_request("JSON のオブジェクトを送ってください", "send a JSON object")
    return found


async def read_image(request: Request) -> bytes:
    """The image or PDF that a request carries; whether it is one is found out by decoding it.

    Raises:
        HttpRefusal: 415, it is of another type; 413, it has more than 10 MiB.
    """
    _check_type(request, _IMAGES)
    return await _read(request, LARGEST_BYTES)


def text_of(body: dict[str, Any], name: str) -> str:
    """A field that holds text.

    Raises:
        HttpRefusal: 400, it is missing, or no text that can be kept.
    """
    found = body.get(name)
    if not isinstance(found, str) or len(found) > _LONGEST or not _storable(found):
        raise bad_request(f"{name} に文字列を指定してください", f"give {name} as text")
    return found


def _storable(text: str) -> bool:
    """Whether both databases can keep it: no U+0000, no half of a surrogate pair."""
    return not any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in text)


def _check_type(request: Request, wanted: frozenset[str]) -> None:
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent not in wanted:
        names = ", ".join(sorted(wanted))
        raise HttpRefusal(
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            f"Content-Type は {names} のどれかにしてください",
            f"send one of {names} as Content-Type",
        )


async def _read(request: Request, most: int) -> bytes:
    announced = request.headers.get("content-length")
    check_announced_length(announced.encode("latin-1") if announced else None, most)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise body_too_large(most)
    except ClientDisconnect:
        raise bad_request("途中で切れました", "it broke off") from None
    return bytes(body)
