"""Counters move as the API is used, by labels from closed lists. Every number here is synthetic."""

from tests.support.api import Office, batch
from tests.support.numbers import synthetic_numbers
from tests.support.world import GENSEN


async def figures(office: Office) -> dict[str, float]:
    """Every series with its value."""
    text = (await office.http.get("/metrics")).text
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines if not name.split("{")[0].endswith("_created")}


async def moved(office: Office, before: dict[str, float]) -> dict[str, float]:
    """What has changed, without the time it took."""
    after = await figures(office)
    assert after.keys() == before.keys(), "no series comes or goes"
    return {
        name: value - before[name]
        for name, value in after.items()
        if value != before[name] and "_seconds" not in name
    }


def requests(kind: str, outcome: str) -> str:
    return f'warifu_requests_total{{operation_type="{kind}",outcome="{outcome}"}}'


async def test_registrations_and_releases_count_numbers_by_purpose(office: Office) -> None:
    client, tanaka = await office.client(), await office.colleague("tanaka")
    before = await figures(office)
    sent = batch(["a", "b", "c"], synthetic_numbers(3), GENSEN, "TAX_FUYO") | {"idempotencyKey": "once"}
    tokens = (await client.do("tokenize", **sent))["tokens"]
    assert await moved(office, before) == {
        f'warifu_numbers_registered_total{{purpose="{GENSEN}"}}': 3,
        'warifu_numbers_registered_total{purpose="TAX_FUYO"}': 3,
        requests("mutation", "OK"): 1,
    }
    before = await figures(office)
    await client.do("tokenize", **sent)
    assert await moved(office, before) == {requests("mutation", "OK"): 1}, (
        "an answer repeated registers nobody"
    )
    use = {"tokens": tokens[:2], "purpose": GENSEN, "reason": "年末調整", "handler": "tanaka"}
    before = await figures(office)
    await client.do("detokenize", **use, code=office.next_code(tanaka.human))
    assert await moved(office, before) == {
        f'warifu_numbers_released_total{{purpose="{GENSEN}"}}': 2,
        requests("mutation", "OK"): 1,
    }
    before = await figures(office)
    await client.do("detokenize", **use, code=office.wrong_code(tanaka.human))
    assert await moved(office, before) == {
        'warifu_refusals_total{rule="code-wrong"}': 1,
        requests("mutation", "OK"): 1,
    }


async def test_what_ends_before_a_resolver_is_counted_by_how_it_ended(office: Office) -> None:
    client = await office.client()
    before = await figures(office)
    await office.http.post(
        "/graphql", json={"query": "{viewer{name}}"}, headers={"authorization": "Bearer x"}
    )
    await client.post("{viewer{nme}}")
    await client.post("{persons(first: 99999){edges{cursor}}}")
    await office.anonymous.post("{viewer{name}}")
    await client.ask("{viewer{name}}")
    assert await moved(office, before) == {
        requests("none", "UNAUTHENTICATED"): 1,
        requests("none", "GRAPHQL_VALIDATION_FAILED"): 1,
        'warifu_refusals_total{rule="validation"}': 1,
        requests("none", "OPERATION_TOO_COMPLEX"): 1,
        'warifu_refusals_total{rule="cost"}': 1,
        requests("query", "PARTIAL"): 1,
        requests("query", "OK"): 1,
    }


async def test_no_text_of_a_client_becomes_a_series(office: Office) -> None:
    client = await office.client("a-client-of-this-name")
    before = await figures(office)
    for purpose in ("NO_SUCH_PURPOSE", "TAX_GENSEN ", "x" * 500):
        await client.do("prepareUse", tokens=["x"], purpose=purpose, reason="r")
        await client.post("query NameOfMine{viewer{name}}", {}, operationName="NameOfMine")
    assert set(await moved(office, before)) == {
        'warifu_refusals_total{rule="purpose-unknown"}',
        requests("mutation", "OK"),
        requests("query", "OK"),
    }
    text = (await office.http.get("/metrics")).text
    assert all(word not in text for word in ("NO_SUCH", "NameOfMine", "a-client-of-this-name", office.tenant))
    assert len(before) < 2_000
