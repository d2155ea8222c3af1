"""The budget of a credential: plenty for work, an end for a loop that has run away."""

from dataclasses import dataclass
from itertools import pairwise

import pytest
from graphql import OperationDefinitionNode, parse
from hypothesis import given
from hypothesis import strategies as st

from api.app import create_app
from api.budget import Allowance, Budget
from api.errors import HttpRefusal
from api.guard import Admitted, Limits, OperationGuard
from policies.actor import Actor, ActorKind
from tests.support.api import ACCEPT, Caller, Office, http_to
from tests.support.walk import SCHEMA, operation

DOCUMENT = parse("{viewer{name}}")
(OPERATION,) = [node for node in DOCUMENT.definitions if isinstance(node, OperationDefinitionNode)]
SMALL = Allowance(points=100, per_second=10)


class Seconds:
    """A clock that only a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Call:
    """A request by somebody, or by nobody."""

    actor: Actor | None


def of_cost(cost: int) -> Admitted:
    return Admitted(DOCUMENT, None, OPERATION, cost)


def client(identity: int = 7, tenant: int = 1, kind: ActorKind = ActorKind.CLIENT) -> Call:
    return Call(Actor(kind=kind, tenant=tenant, id=identity, name="somebody"))


async def test_an_operation_takes_its_cost_and_is_told_what_is_left() -> None:
    budget = Budget(SMALL, Seconds())
    assert await budget(client(), of_cost(30)) == {"max": 100, "available": 70, "restoreRate": 10}
    assert await budget(client(), of_cost(70)) == {"max": 100, "available": 0, "restoreRate": 10}


async def test_who_has_spent_everything_is_told_when_to_come_back_and_pays_nothing_for_asking() -> None:
    clock = Seconds()
    budget = Budget(SMALL, clock)
    await budget(client(), of_cost(95))
    for _ in range(3):
        with pytest.raises(HttpRefusal) as refused:
            await budget(client(), of_cost(20))
        assert (refused.value.status, refused.value.code) == (429, "THROTTLED")
        assert refused.value.headers["retry-after"] == "2"
    clock.now = 2
    assert await budget(client(), of_cost(20)) == {"max": 100, "available": 5, "restoreRate": 10}


async def test_time_fills_a_bucket_up_to_its_brim_and_not_beyond() -> None:
    clock = Seconds()
    budget = Budget(SMALL, clock)
    await budget(client(), of_cost(100))
    clock.now = 1_000_000
    assert await budget(client(), of_cost(1)) == {"max": 100, "available": 99, "restoreRate": 10}


async def test_each_credential_has_a_bucket_of_its_own() -> None:
    budget = Budget(SMALL, Seconds())
    callers = [client(7), client(8), client(7, tenant=2), client(7, kind=ActorKind.HUMAN)]
    for caller in callers:
        assert await budget(caller, of_cost(100)) == {"max": 100, "available": 0, "restoreRate": 10}


async def test_nobody_has_no_bucket() -> None:
    budget = Budget(SMALL, Seconds())
    assert [await budget(Call(None), of_cost(100)) for _ in range(3)] == [None] * 3
    assert len(budget) == 0


async def test_an_operation_dearer_than_the_bucket_runs_when_it_is_full() -> None:
    budget = Budget(SMALL, Seconds())
    assert await budget(client(), of_cost(1_000)) == {"max": 100, "available": 0, "restoreRate": 10}


async def test_buckets_are_forgotten_before_they_fill_the_memory_the_busiest_last() -> None:
    budget = Budget(SMALL, Seconds(), most=10)
    await budget(client(0), of_cost(100))
    for identity in range(1, 1_000):
        await budget(client(identity), of_cost(1))
        with pytest.raises(HttpRefusal):
            await budget(client(0), of_cost(1))
    assert len(budget) == 10


@given(
    st.lists(st.tuples(st.floats(0, 20), st.integers(1, 100)), max_size=40).map(
        lambda steps: sorted((at, cost) for at, cost in steps)
    )
)
async def test_whatever_the_pace_no_more_is_spent_than_was_there_and_flowed_in(
    requests: list[tuple[float, int]],
) -> None:
    clock, spent = Seconds(), [(0.0, 0)]
    budget = Budget(SMALL, clock)
    for at, cost in requests:
        clock.now = at
        try:
            await budget(client(), of_cost(cost))
        except HttpRefusal:
            continue
        spent.append((at, spent[-1][1] + cost))
        assert spent[-1][1] <= SMALL.points + SMALL.per_second * at + 1e-6
    assert all(earlier[1] < later[1] for earlier, later in pairwise(spent))


@pytest.mark.parametrize(("points", "per_second"), [(0, 1), (1, 0), (-1, 5)])
def test_a_budget_of_nothing_is_a_mistake(points: int, per_second: int) -> None:
    with pytest.raises(ValueError, match="at least one point"):
        Allowance(points, per_second)


def test_the_default_leaves_room_for_1500_single_releases_a_second() -> None:
    admitted = OperationGuard(SCHEMA).admit(operation("detokenize").document)
    assert isinstance(admitted, Admitted)
    assert admitted.cost * 1_500 <= Allowance().per_second
    assert Limits().cost <= Allowance().points


async def test_over_http_the_budget_is_told_and_its_end_is_a_429(office: Office) -> None:
    caller = await office.client()
    app = create_app(office.world.house, introspection=False, allowance=Allowance(points=60, per_second=1))
    async with http_to(app) as http:
        small = Caller(http, caller.credential)
        document = "{purposes(first: 50){nodes{code}}}"
        served = (await small.post(document)).json()
        cost = {"requested": 52, "throttle": {"max": 60, "available": 8, "restoreRate": 1}}
        assert served["extensions"]["cost"] == cost
        refused = await small.post(document)
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 44
        assert refused.headers["content-type"].startswith(ACCEPT)
        body = refused.json()
        assert "data" not in body
        assert body["errors"][0]["extensions"]["code"] == "THROTTLED"
        assert "秒後" in body["errors"][0]["extensions"]["messageJa"]
        # Nobody is kept from logging in.
        assert (await Caller(http).post("{__typename}")).status_code == 200
