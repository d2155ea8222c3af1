"""The walk over routes: it takes them from the application itself, and what it reads of a file is all there is."""

from collections.abc import Mapping, Sequence

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from policies.actor import Role
from tests.support.api import Office
from tests.support.canary import Canaries
from tests.support.numbers import synthetic_numbers
from tests.support.routes import (
    FILES,
    WALKED_OTHERWISE,
    address,
    addresses,
    contents,
    disposed,
    fetch,
    places,
    routes_of,
    unlisted,
    usual,
)

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def nothing(_request: Request) -> Response:
    return Response()


async def test_every_route_of_the_application_is_walked_or_left_out_for_a_reason(office: Office) -> None:
    routes = routes_of(office.http)
    assert len(routes) > 6
    assert unlisted(routes) == set()
    assert all(WALKED_OTHERWISE.values())


@pytest.mark.parametrize(
    ("further", "files", "told"),
    [
        ("/exports/everything.zip", {}, {"/exports/everything.zip"}),
        ("/slips/{person}.pdf", {"/slips/{person}.pdf": {}}, {"/slips/{person}.pdf person"}),
        ("/graphql", {"/gone/{one}.pdf": {"one": ["1"]}}, {"/gone/{one}.pdf"}),
    ],
    ids=["a route nobody listed", "a place nobody fills", "a route that is gone"],
)
async def test_what_the_walk_would_miss_is_told(
    office: Office, further: str, files: Mapping[str, Mapping[str, Sequence[str]]], told: set[str]
) -> None:
    routes = [*routes_of(office.http), Route(further, nothing)]
    assert unlisted(routes, {**FILES, **files}) == told


def test_an_address_keeps_what_stands_in_its_places_apart(database_url: str) -> None:
    assert address("/a/{one}.pdf", {"one": "x/y?z #1"}) == "/a/x%2Fy%3Fz%20%231.pdf"
    assert address("/a.pdf", {"from": "x&to=y"}) == "/a.pdf?from=x%26to%3Dy"
    assert len(list(places())) == sum(map(len, FILES.values()))
    for path in FILES:
        assert address(path, usual(path)) in {*addresses(), *addresses(keyed=True)}
    assert set(addresses()).isdisjoint(addresses(keyed=True))


async def test_what_a_paper_shows_is_read_though_it_stands_there_as_glyphs(office: Office) -> None:
    """The negative control: an external id, as it is sent, is in no byte of the PDF."""
    boss = await office.colleague("sato", Role.ADMINISTRATOR)
    people = await office.register(await office.client(), 1, prefix="MARK")
    run = await disposed(office, boss, people.external_ids, "suzuki")
    for stage in ("disposed", "extinct"):
        got = await fetch(office.http, boss.caller, f"/certificates/{run}/{stage}.pdf")
        assert got.status_code == 200
        sent, *further = contents(got.content)
        assert people.external_ids[0].encode() not in sent
        assert any(people.external_ids[0].encode() in part for part in further)


async def test_a_number_in_a_file_would_be_found(office: Office) -> None:
    canaries = Canaries()
    planted = canaries.plant("in a cell")
    assert canaries.hits(b"\n".join(contents(f"a,b\r\n1,{planted}\r\n".encode())))
    assert not canaries.hits(synthetic_numbers(1, seed=5)[0].encode())
