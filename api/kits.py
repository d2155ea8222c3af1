"""Paper kits as files, for the same credential as the API: what was printed goes out, what was scanned comes in.

    GET  /kits/prints/{order}/{file}
    POST /kits/scans                   the body is a PDF, or a photo as JPEG, PNG or WebP

A scan is answered page by page: what was kept for whom, and what to do about the others. It is read in a process of its
own, one at a time.
"""

import asyncio
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.auth import Gate
from api.budget import Budget
from api.errors import HttpRefusal
from api.files import file_headers, refused, serving
from api.middleware import body_too_large, check_announced_length
from custody.kits.errors import KitError, KitFault
from custody.kits.fetching import fetch_print
from custody.kits.files import PrintPlace
from custody.kits.marker import Marker
from custody.kits.reader import PageReader
from custody.kits.scanned_page import ScannedPage
from custody.kits.scanning import ScanReport, scan_kits
from policies.refusals import Denied
from schema.context import Context

PRICE_FILE: Final = 500
PRICE_SCAN: Final = 5_000
"""Points of a credential's budget; reading a page takes the machine an eighth of a second."""

MAX_SCAN_BYTES: Final = 32 * 1024 * 1024
_TYPES: Final = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8; header=present"}
_WAITING: Final = 4
"""So many scans may be in memory at once; whoever comes then is told to come again."""


class Kits:
    """Hands out what was printed, and takes in what was scanned.

    Args:
        gate: finds out who is asking.
        budget: what every credential may ask for in a time.
        place: where printed files are.
        reader: reads scans; its own if None.
    """

    def __init__(
        self, gate: Gate, budget: Budget, place: PrintPlace, reader: PageReader | None = None
    ) -> None:
        self._gate = gate
        self._budget = budget
        self._place = place
        self._reader = reader or PageReader()
        self._room = asyncio.Semaphore(_WAITING)

    def routes(self) -> list[Route]:
        """Where files go out and come in."""
        return [
            Route("/kits/prints/{order}/{file}", serving(self._gate, self._print), methods=["GET"]),
            Route("/kits/scans", serving(self._gate, self._scan), methods=["POST"]),
        ]

    async def _print(self, request: Request, context: Context) -> Response:
        order, name = (request.path_params[each] for each in ("order", "file"))
        self._budget.charge(context.somebody, PRICE_FILE)
        data = await fetch_print(
            context.custodian, context.somebody, order, name, self._place, context.clock()
        )
        if isinstance(data, Denied):
            raise refused(context, data)
        # The name is one of ours by now, and so is the order's.
        headers = file_headers(f"{order}-{name}")
        return Response(data, media_type=_TYPES[name.rpartition(".")[2]], headers=headers)

    async def _scan(self, request: Request, context: Context) -> Response:
        if request.headers.get("content-encoding", "identity") != "identity":
            raise _encoded()
        self._budget.charge(context.somebody, PRICE_SCAN)
        if self._room.locked():
            raise _busy()
        async with self._room:
            data = await _body(request)
            try:
                report = await scan_kits(
                    context.custodian, context.somebody, data, self._reader, context.clock()
                )
            except KitError as error:
                raise _unreadable(error) from None
        if isinstance(report, Denied):
            raise refused(context, report)
        return JSONResponse(_told(report), headers={"cache-control": "no-store"})


async def _body(request: Request) -> bytes:
    announced = request.headers.get("content-length")
    check_announced_length(announced.encode() if announced else None, MAX_SCAN_BYTES)
    parts, size = list[bytes](), 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > MAX_SCAN_BYTES:
                raise body_too_large(MAX_SCAN_BYTES)
            parts.append(part)
    except ClientDisconnect:
        raise _cut() from None
    return b"".join(parts)


def _told(report: ScanReport) -> dict[str, Any]:
    return {
        "pages": [_page(each) for each in report.pages],
        "arrived": [each.public_id for each in report.arrived],
        "missing": [{"kit": each.code, **_sheet(each)} for each in report.missing],
    }


def _page(page: ScannedPage) -> dict[str, Any]:
    advice = page.outcome.advice
    return {
        "page": page.number,
        "outcome": page.outcome.name,
        "kit": page.code or None,
        **(_sheet(page.marker) if page.marker is not None else {"part": None, "sheet": None, "sheets": None}),
        "collections": [f"col_{each}" for each in page.collections],
        "messageJa": advice.ja,
        "messageEn": advice.en,
    }


def _sheet(marker: Marker) -> dict[str, Any]:
    return {"part": marker.part.name, "sheet": marker.sheet, "sheets": marker.sheets}


def _unreadable(error: KitError) -> HttpRefusal:
    status = 413 if error.fault in {KitFault.TOO_LARGE, KitFault.TOO_MANY_PAGES, KitFault.PIXELS} else 400
    return HttpRefusal(status, "SCAN_UNREADABLE", error.message_ja, error.message_en)


def _encoded() -> HttpRefusal:
    return HttpRefusal(
        415,
        "CONTENT_ENCODING",
        "本文は圧縮せずに送ってください",
        "send the body without a content coding",
    )


def _busy() -> HttpRefusal:
    return HttpRefusal(
        503,
        "BUSY",
        "ほかのスキャンを読み取っています。少し待ってやり直してください",
        "other scans are being read; wait a little and try again",
        retry_after=10,
    )


def _cut() -> HttpRefusal:
    return HttpRefusal(
        400,
        "BODY_CUT",
        "本文が途中で切れました。もう一度送ってください",
        "the body was cut off; send it again",
    )
