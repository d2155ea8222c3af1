"""The application as it is wired: routes, readiness, introspection, and what never gets as far as a resolver."""

import pytest

from api.app import clock_check, create_app
from tests.support.api import Caller, Office, http_to
from tests.support.walk import operation

EVERYONE = "{purposes(first: 1){nodes{code}}}"


async def test_the_routes_are_graphql_health_and_metrics_and_nothing_else(office: Office) -> None:
    assert (await office.http.get("/live")).json() == {"status": "live"}
    ready = await office.http.get("/ready")
    assert (ready.status_code, ready.json()) == (
        200,
        {"status": "ready", "checked": ["clock", "database", "keys"], "alarms": []},
    )
    assert (await office.http.get("/metrics")).text.startswith("# HELP")
    assert (await office.http.get("/graphql")).status_code == 405
    for path in ("/", "/docs", "/graphql/", "/graphiql", "/schema.graphql", "/metrics/x"):
        response = await office.http.get(path, follow_redirects=False)
        assert response.status_code in {404, 307}, path
        assert response.headers["x-content-type-options"] == "nosniff"


async def test_a_database_that_is_gone_makes_it_unready_by_name(office: Office) -> None:
    await office.world.house.database.close()
    ready = await office.http.get("/ready")
    assert ready.status_code == 503
    assert ready.json()["failed"] == ["database"]
    office.log.forget()


def test_a_wall_clock_that_jumps_is_noticed() -> None:
    wall, steady = 1_000_000, 0
    check = clock_check(lambda: wall, lambda: steady)
    wall, steady = wall + 60_000, steady + 60_000
    assert check()
    wall += 5_000
    assert check()
    wall += 1
    assert not check()
    wall -= 2 * 5_000 + 2
    assert not check()


async def test_the_schema_can_be_asked_for_only_where_that_is_switched_on(office: Office) -> None:
    document = "{__schema{queryType{name}}}"
    assert (await office.anonymous.ask(document))["__schema"]["queryType"]["name"] == "Query"
    async with http_to(create_app(office.world.house, introspection=False)) as http:
        assert await Caller(http).code_of(document) == "INTROSPECTION_DISABLED"


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ("query($c: String!){purpose(code: $c){code}}", '{"c": "TAX\\u0000"}'),
        ("query($c: String!){purpose(code: $c){code}}", '{"c\\u0000": "TAX"}'),
        (r"{purpose(code: \"TAX\\u0000\"){code}}", "{}"),
        (r"{purpose(code: \"TAX\\u{0}\"){code}}", "{}"),
        (r"{purpose(code: \"TAX\\u{0000}\"){code}}", "{}"),
    ],
    ids=["in a value", "in a name", "in a literal", "braced in a literal", "braced with zeros"],
)
async def test_the_one_character_that_postgresql_cannot_keep_is_refused_in_words(
    office: Office, document: str, variables: str
) -> None:
    client = await office.client()
    response = await office.http.post(
        "/graphql",
        content=f'{{"query": "{document}", "variables": {variables}}}',
        headers={"content-type": "application/json", "authorization": f"Bearer {client.credential}"},
    )
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert "U+0000" in error["extensions"]["messageJa"]


async def test_a_request_id_of_the_client_is_in_the_record_unless_it_looks_like_a_number(
    office: Office,
) -> None:
    client = await office.client()
    people = await office.register(client, 1)
    record = operation("auditEntries").document
    await client.post(operation("issueTokens").document, {"input": {"externalIds": ["nobody"]}})
    for given, kept in (("trace-4711-0815", True), ("1234.5678.9018", False), ("123456789018", False)):
        await client.post(
            operation("revokeTokens").document,
            {"input": {"tokens": people.tokens}},
            headers={"x-request-id": given},
        )
        people.tokens[:] = (await client.do("issueTokens", externalIds=people.external_ids))["tokens"]
        entries = (await client.ask(record, externalId=people.external_ids[0], last=2))["auditEntries"]
        revoked = entries["nodes"][0]
        assert revoked["action"] == "vault:token:revoke"
        assert (revoked["request"] == given) is kept
