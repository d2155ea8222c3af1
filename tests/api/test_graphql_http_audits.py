"""The audits of npm `graphql-http`, the reference suite of GraphQL over HTTP, against a live server."""

import json
from pathlib import Path

import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from api.graphql import GraphQLEndpoint, Settings
from schema.quiet import QuietSchema
from tests.support import node
from tests.support.serve import serving

AUDITS = 61
WITHIN = 120.0
# All three ask for GET, which is optional and which we do not serve.
NOTICES = {
    "5A70": "MAY accept application/x-www-form-urlencoded formatted GET requests",
    "D6D5": "MAY allow URL-encoded JSON string {variables} parameter in GETs"
    " when accepting application/graphql-response+json",
    "6A70": "MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/json",
}


@strawberry.type
class Query:
    @strawberry.field
    def ping(self) -> str:
        return "pong"


async def anyone(_request: Request) -> None:
    return None


def test_every_must_and_every_should_of_graphql_over_http_is_met() -> None:
    endpoint = GraphQLEndpoint(QuietSchema(Query), anyone, settings=Settings(introspection=True))
    project = node.install(Path(__file__).parent / "audits")
    with serving(Starlette(routes=[Route("/graphql", endpoint)])) as url:
        results = json.loads(node.run("node", "run.mjs", f"{url}/graphql", directory=project, seconds=WITHIN))
    assert len(results) == AUDITS
    unmet = {audit["id"]: audit["name"] for audit in results if audit["status"] != "ok"}
    assert unmet == NOTICES, [audit for audit in results if audit["status"] in {"warn", "error"}]
