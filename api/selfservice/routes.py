"""Where the page and its endpoints are.

GET  /my                    the page; the link's secret stands behind a #, which no request carries
GET  /my/assets/{name}      what it is made of
POST /my/api/open           link and second factor for a cookie
POST /my/api/{act}          an act of somebody inside, see `acts`
POST /my/api/image          an image as it is; what it shows stands in headers, since addresses end up in logs
POST /my/api/leave          the end of a visit
"""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.bootstrap import House
from api.errors import HttpRefusal
from api.selfservice.acts import ACTS
from api.selfservice.answers import bad_request, telling
from api.selfservice.bodies import read_image, refuse_elsewhere
from api.selfservice.brake import Brake
from api.selfservice.doorway import Doorway
from api.selfservice.pages import PAGE_HEADERS, assets, page
from api.selfservice.words import chosen_language
from custody.collection.submission import Picture
from custody.selfservice.giving import give_image
from schema.context import Counts

_IMAGES_AT_ONCE: Final = 2
"""Each is decoded in memory, up to 50 megapixels."""
_LONGEST_HEADER: Final = 64
_NOT_MODIFIED: Final = 304


class SelfService:
    """Serves the page and its endpoints.

    Args:
        house: everything, wired together.
        counts: counters.
        brake: what guessing and flooding cost; a new one if None.
    """

    def __init__(self, house: House, counts: Counts, brake: Brake | None = None) -> None:
        self._doorway = Doorway(house, counts, brake or Brake())
        self._decoding = asyncio.Semaphore(_IMAGES_AT_ONCE)

    def routes(self) -> list[Route]:
        """Where everything is."""
        doorway = self._doorway
        return [
            Route("/my", self._page, methods=["GET"]),
            Route("/my/assets/{name}", telling(self._asset), methods=["GET"]),
            Route("/my/api/open", doorway.opening(), methods=["POST"]),
            Route("/my/api/leave", doorway.leaving(), methods=["POST"]),
            Route("/my/api/image", telling(self._image), methods=["POST"]),
            *(Route(f"/my/api/{name}", doorway.behind(act), methods=["POST"]) for name, act in ACTS.items()),
        ]

    async def _page(self, request: Request) -> Response:
        language = chosen_language(request.headers.get("accept-language", ""))
        headers = {**PAGE_HEADERS, "content-language": language.value}
        return Response(page(language), media_type="text/html; charset=utf-8", headers=headers)

    async def _asset(self, request: Request) -> Response:
        found = assets().get(request.path_params["name"])
        if found is None:
            raise HttpRefusal(404, "NOT_FOUND", "このファイルはありません", "there is no such file")
        headers = {"etag": found.tag, "cache-control": "no-cache"}
        if request.headers.get("if-none-match") == found.tag:
            return Response(status_code=_NOT_MODIFIED, headers=headers)
        return Response(found.content, media_type=found.media_type, headers=headers)

    async def _image(self, request: Request) -> Response:
        refuse_elsewhere(request)
        collection, document, side = (_header(request, name) for name in ("collection", "document", "side"))
        inside = await self._doorway.inside(request, image=True)
        picture = Picture(document, side, await read_image(request))
        async with self._decoding:
            inside.good(await give_image(inside.custodian, inside.visit, collection, picture, inside.now))
        return JSONResponse(await inside.view())


def _header(request: Request, name: str) -> str:
    """What a header says of the image.

    Raises:
        HttpRefusal: 400, it is missing or too long.
    """
    found = request.headers.get(f"warifu-{name}")
    if found is None or len(found) > _LONGEST_HEADER or not found.isascii():
        raise bad_request(f"ヘッダー warifu-{name} が必要です", f"the header warifu-{name} is needed")
    return found
