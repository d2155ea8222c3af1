"""Who is at the door: the cookie of a visit, read, set and taken away; what every endpoint behind it is given."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.bootstrap import House
from api.middleware import REQUEST_ID
from api.selfservice.answers import Refused, telling
from api.selfservice.bodies import read_object, refuse_elsewhere, text_of
from api.selfservice.brake import IMAGE, REQUEST, Brake
from api.selfservice.cookie import cookie_of, give_cookie, take_cookie_away
from api.selfservice.wire import door
from custody.custodian import Custodian
from custody.selfservice.view import look
from custody.selfservice.visits import Visit, leave, open_door, resume
from policies.refusals import Denied, denied
from schema.context import Counts


@dataclass(frozen=True, slots=True)
class Inside:
    """One request of somebody who came in.

    Attributes:
        custodian: what use cases work with.
        visit: who it is.
        now: milliseconds since the epoch.
        counts: counters.
    """

    custodian: Custodian
    visit: Visit
    now: int
    counts: Counts

    def good(self, answer: object) -> None:
        """Go on unless the answer of a use case is a no.

        Raises:
            Refused: it is.
        """
        if isinstance(answer, Denied):
            raise refused(self.counts, answer)

    async def view(self) -> dict[str, Any]:
        """What the page shows now, as an answer."""
        seen = await look(self.custodian, self.visit, self.now)
        if isinstance(seen, Denied):
            raise refused(self.counts, seen)
        return {"view": door(seen)}


Act = Callable[[Inside, dict[str, Any]], Awaitable[dict[str, Any]]]
"""An act of somebody inside, from the JSON they sent to the JSON they are told."""


class Doorway:
    """Lets people in, and tells who is inside.

    Args:
        house: everything, wired together.
        counts: counters.
        brake: what guessing and flooding cost.
    """

    def __init__(self, house: House, counts: Counts, brake: Brake) -> None:
        self._house = house
        self._counts = counts
        self._brake = brake

    def behind(self, act: Act) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint for who is inside."""

        async def answer(request: Request) -> Response:
            refuse_elsewhere(request)
            body = await read_object(request)
            return JSONResponse(await act(await self.inside(request), body))

        return telling(answer)

    def opening(self) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint that lets somebody in: the link's secret and what they know besides, for a cookie."""
        return telling(self._open)

    def leaving(self) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint that ends a visit, and lets the browser forget everything of it."""
        return telling(self._leave)

    async def inside(self, request: Request, *, image: bool = False) -> Inside:
        """Who sent a request.

        Raises:
            Refused: 401, nobody who is inside.
            HttpRefusal: 429, they sent too much, or their address guesses.
        """
        now = self._house.clock()
        cookie = cookie_of(request)
        if cookie is None:
            raise refused(self._counts, denied("visit-ended"))
        with self._brake.trying(_host(request)) as right:
            found = await resume(self._house.custodian, cookie, now, _request_id(request))
            if isinstance(found, Denied):
                raise refused(self._counts, found)
            right()
        self._brake.charge(found.digest, IMAGE if image else REQUEST)
        return Inside(self._house.custodian, found, now, self._counts)

    async def _open(self, request: Request) -> Response:
        refuse_elsewhere(request)
        body = await read_object(request)
        link, factor = text_of(body, "link"), text_of(body, "factor")
        with self._brake.trying(_host(request)) as right:
            now = self._house.clock()
            found = await open_door(self._house.custodian, link, factor, now, _request_id(request))
            if isinstance(found, Denied):
                raise refused(self._counts, found)
            right()
        response = JSONResponse({})
        give_cookie(response, found.secret)
        return response

    async def _leave(self, request: Request) -> Response:
        refuse_elsewhere(request)
        await read_object(request)
        inside = await self.inside(request)
        await leave(inside.custodian, inside.visit, inside.now)
        response = JSONResponse({}, headers={"clear-site-data": '"cache", "storage"'})
        take_cookie_away(response)
        return response


def refused(counts: Counts, no: Denied) -> Refused:
    """A rule's no as it goes over the wire, counted."""
    counts.refusal(no.rule)
    return Refused(no)


def _host(request: Request) -> str | None:
    return request.client.host if request.client else None


def _request_id(request: Request) -> str | None:
    return getattr(request.state, REQUEST_ID, None)
