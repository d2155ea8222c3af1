"""Everything a tenant may take along, as CSV files, for an administrator who gave a one-time code of late.

    GET /exports/{people|documents|departures|holds|uses|disposals}.csv

No file has room for a number. A file is sent as it is read, a page at a time: a reader who is slow waits for nobody
but themselves, and one who is gone stops the reading. What was handed over is in the log either way.
"""

import asyncio
from collections.abc import Callable
from typing import Final, Self

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from api.auth import Gate
from api.budget import Budget
from api.errors import HttpRefusal
from api.files import file_headers, refused, serving
from custody.calendar import day_in_japan
from custody.export.export import Export, File, Stage, begin_export
from policies.refusals import Denied
from schema.context import Context

PRICE: Final = 20_000
"""Points of a credential's budget: ten files at once, and then some patience."""

_CSV: Final = "text/csv; charset=utf-8; header=present"


class Exports:
    """Hands out files.

    Args:
        gate: finds out who is asking.
        budget: what every credential may ask for in a time.
    """

    def __init__(self, gate: Gate, budget: Budget) -> None:
        self._gate = gate
        self._budget = budget

    def routes(self) -> list[Route]:
        """Where the files are."""
        return [Route("/exports/{file}.csv", serving(self._gate, self._export), methods=["GET"])]

    async def _export(self, request: Request, context: Context) -> Response:
        name = request.path_params["file"]
        if name not in set(File):
            raise _unknown()
        if request.method != "GET":  # to ask for the head alone would read all of it, and record that it left
            raise _only_whole()
        if request.scope["http_version"] == "1.0":  # which ends a file and cuts it off in the same way
            raise _too_old()
        self._budget.charge(context.somebody, PRICE)
        now = context.clock()
        export = await begin_export(context.custodian, context.somebody, File(name), now)
        if isinstance(export, Denied):
            raise refused(context, export)
        return await _Stream(export, context.clock, f"{name}-{day_in_japan(now):%Y%m%d}.csv").begun()


class _Stream(Response):
    """An export as an answer: page after page, as fast as its reader takes them."""

    media_type = _CSV

    def __init__(self, export: Export, clock: Callable[[], int], name: str) -> None:
        super().__init__(headers=dict(file_headers(name)))
        del self.headers["content-length"]
        self._export = export
        self._clock = clock
        self._pages = export.pages()
        self._first = b""

    async def begun(self) -> Self:
        """Read the first page, while there is still another answer to give.

        Raises:
            VaultError: it cannot be read.
        """
        try:
            self._first = await anext(self._pages)
        except BaseException:
            await self._end()
            raise
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file; the last bytes follow the leaf that says that they do.

        Raises:
            VaultError: the file cannot be read to its end, or its end cannot be recorded; the connection is cut.
        """
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            await self._send(gone, send)
        finally:
            gone.cancel()
            await self._pages.aclose()
            stage = await self._end()
        if stage is Stage.COMPLETE:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, gone: asyncio.Future[None], send: Send) -> None:
        headers = self.raw_headers
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": self._first, "more_body": True})
        async for page in self._pages:
            if gone.done():
                return
            await send({"type": "http.response.body", "body": page, "more_body": True})

    async def _end(self) -> Stage:
        """Record how it ended, even while this task is being cancelled."""
        return await asyncio.shield(self._export.end(self._clock()))


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _unknown() -> HttpRefusal:
    names = ", ".join(f"{file.value}.csv" for file in File)
    return HttpRefusal(
        404,
        "NOT_FOUND",
        f"/exports/ の後に {names} のどれかを指定してください",
        f"after /exports/ comes one of {names}",
    )


def _only_whole() -> HttpRefusal:
    return HttpRefusal(
        405,
        "METHOD_NOT_ALLOWED",
        "ファイルは GET で取得してください",
        "get the file with GET",
        headers={"allow": "GET"},
    )


def _too_old() -> HttpRefusal:
    return HttpRefusal(
        505,
        "HTTP_VERSION",
        "ファイルの取得には HTTP/1.1 以降が必要です。途中のプロキシ(nginx は proxy_http_version 1.1)を確認してください",
        "a file needs HTTP/1.1 or later; check the proxies on the way (with nginx, proxy_http_version 1.1)",
    )
