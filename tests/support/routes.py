"""Walks the routes of the application as it is served: every file there is, and every place in its address.

The routes come from the application itself. One that is in none of the two lists below is walked by nobody, which a
test does not let pass.
"""

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from itertools import product
from typing import Any, Final
from urllib.parse import quote, urlencode

import httpx
from pypdf import PdfReader
from starlette.routing import Route

from api.exports import File
from custody.certificates.facts import Stage
from custody.contract.carry_out import end_contract
from custody.disposal.execute import Means
from custody.disposal.jobs import execute_runs, mark_extinct_runs
from policies.actor import Role
from tests.support.api import TODAY, Caller, Colleague, Office
from tests.support.pages import ENDPOINTS

Values = Mapping[str, Sequence[str]]

WALKED_OTHERWISE: Final = {
    "/graphql": "the schema is walked field by field",
    "/kits/scans": "takes pages in and hands out no file; its own tests send it numbers, garbage, and others' kits",
    "/live": "takes nothing and tells of no tenant",
    "/ready": "takes nothing and tells of no tenant",
    "/metrics": "takes nothing and tells of no tenant; the search for numbers reads it as a channel of its own",
    **dict.fromkeys(ENDPOINTS, "the page for the person, walked in tests/api/selfservice"),
}
"""Routes that hand out no file, each with the reason why it is not walked here."""

FILES: Final[Mapping[str, Values]] = {
    "/certificates/{run}/{stage}.{form}": {"run": ["run_1"], "stage": [*Stage], "form": ["json", "pdf"]},
    "/reports/management.pdf": {"from": ["2026-01-01"], "to": [TODAY]},
    "/exports/{file}.csv": {"file": [*File]},
    "/kits/prints/{order}/{file}": {"order": ["ord_1"], "file": ["kits-0001.pdf", "manifest.csv"]},
    "/contract/certificates/{stage}.{form}": {"stage": [*Stage], "form": ["json", "pdf"]},
}
"""Routes of files: every place in the path and in the query, with what may stand there."""

KEYED: Final = frozenset({"/contract/certificates/{stage}.{form}"})
"""Those that take the certificate key of a contract's end, and no account's or client's credential."""

_PLACE: Final = re.compile(r"\{(\w+)\}")
_STREAM: Final = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)


def routes_of(http: httpx.AsyncClient) -> list[Route]:
    """The routes of the application that a client of this process speaks to."""
    transport = http._transport
    assert isinstance(transport, httpx.ASGITransport)
    inside: Any = transport.app
    while not hasattr(inside, "routes"):
        inside = inside._app
    return list(inside.routes)


def unlisted(routes: Sequence[Route], files: Mapping[str, Values] = FILES) -> set[str]:
    """The routes that nobody walks, the places in their paths that nobody fills, and what is listed and not there."""
    paths = {route.path for route in routes}
    unfilled = {
        f"{path} {place}"
        for path, values in files.items()
        for place in _PLACE.findall(path)
        if place not in values
    }
    return paths ^ {*files, *WALKED_OTHERWISE} | unfilled


def address(path: str, values: Mapping[str, str]) -> str:
    """The address of a file, whatever stands in its places."""
    known = set(_PLACE.findall(path))
    filled = _PLACE.sub(lambda found: quote(values[found[1]], safe=""), path)
    query = urlencode({name: value for name, value in values.items() if name not in known})
    return f"{filled}?{query}" if query else filled


def places() -> Iterator[tuple[str, str]]:
    """Every place of every file's address: the route, and the place's name."""
    for path, values in FILES.items():
        for place in values:
            yield path, place


def usual(path: str, **own: str) -> dict[str, str]:
    """The first thing that may stand in each place; `own` stands there instead."""
    return {place: own.get(place, values[0]) for place, values in FILES[path].items()}


def addresses(*, keyed: bool = False, **own: str) -> Iterator[str]:
    """The addresses of all files that there are for an account, or for a certificate key.

    Args:
        keyed: those for a certificate key.
        own: what stands in a place instead.
    """
    for path, values in FILES.items():
        if (path in KEYED) is not keyed:
            continue
        choices = [[own[place]] if place in own else found for place, found in values.items()]
        for chosen in product(*choices):
            yield address(path, dict(zip(values, chosen, strict=True)))


async def fetch(http: httpx.AsyncClient, caller: Caller, where: str, **headers: str) -> httpx.Response:
    """Ask for a file."""
    if caller.credential is not None:
        headers = {"authorization": f"Bearer {caller.credential}", **headers}
    return await http.get(where, headers=headers)


def readable(response: httpx.Response) -> bytes:
    """All of an answer: its head, its body, and of a PDF what it shows and what stands compressed inside."""
    head = b"".join(name + b": " + value + b"\n" for name, value in response.headers.raw)
    return b"\n".join((head, *contents(response.content)))


def contents(data: bytes) -> Iterator[bytes]:
    """A file, and of a PDF its text, which stands in it as glyphs, and everything that it compresses."""
    yield data
    if not data.startswith(b"%PDF-"):
        return
    for page in PdfReader(BytesIO(data)).pages:
        yield page.extract_text().encode()
    for found in _STREAM.findall(data):
        try:
            yield zlib.decompressobj().decompress(found)
        except zlib.error:
            continue


async def leaving(boss: Colleague) -> Caller:
    """Ask that the contract ends, with a code of late, and be who has its certificate key."""
    asked = await boss.caller.do("requestContractEnd", reason="事業の終了")
    assert asked["__typename"] == "ContractEndRequested", asked
    return Caller(boss.caller._http, asked["certificateKey"])


async def gone(office: Office, boss: Colleague, approver: Colleague) -> None:
    """Let the contract that somebody asked to end be over, and all copies of it extinct."""
    digest = (await boss.caller.get("contractEnd"))["end"]["digest"]
    code = office.next_code(approver.human)
    done = await approver.caller.do("approveContractEnd", digest=digest, code=code)
    assert done["__typename"] == "ContractEndApproved", done
    house, clock = office.world.house, office.world.clock
    clock.advance(days=31)
    await end_contract(house.custodian, _means(office), office.world.tenant.id)
    await mark_extinct_runs(house.custodian, [9], clock())


async def disposed(office: Office, boss: Colleague, external_ids: Sequence[str], second: str) -> str:
    """Dispose of people and let it be extinct, so that every paper about it can be drawn; the run's public id."""
    approver = await office.colleague(second, Role.APPROVER)
    proposed = await boss.caller.do("proposeDisposal", externalIds=external_ids, reason="本人の求めによる")
    run = str(proposed["run"]["runId"])
    for step, human in (("confirmDisposal", boss), ("approveDisposal", approver)):
        digest = (await human.caller.get("disposalRun", runId=run))["digest"]
        done = await human.caller.do(step, runId=run, digest=digest, code=office.next_code(human.human))
        assert done["__typename"] == "DisposalChanged", done
    custodian = office.world.house.custodian
    await execute_runs(custodian, _means(office))
    await mark_extinct_runs(custodian, [9], office.world.clock())
    return run


def _means(office: Office) -> Means:
    house = office.world.house

    async def nothing() -> None: ...

    return Means(office.world.clock, lambda: house.provider.epochs()[-1], nothing)
