"""The ASGI application: routes and the perimeter around them."""

import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import literal_column, select
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from api.auth import Gate
from api.bootstrap import House
from api.budget import Allowance, Budget
from api.contract_papers import ContractPapers
from api.epoch_watch import EpochWatch
from api.exports import Exports
from api.graphql import GraphQLEndpoint
from api.graphql import Settings as GraphQLSettings
from api.guard import Limits
from api.health import Check, health_routes
from api.jobs import JOBS
from api.kits import Kits
from api.metrics import Metrics, metrics_route
from api.middleware import Perimeter
from api.papers import Papers
from api.selfservice.routes import SelfService
from api.worker import LEASE
from custody.kits.files import PrintPlace
from policies.purposes import load_catalogue
from policies.refusals import described
from schema.root import build_schema
from schema.scalars import SENSITIVE
from tokenizer.epochs.state import Alarm
from tokenizer.errors import VaultError
from tokenizer.storage.database import NO_TENANT
from tokenizer.storage.statement import Statement

MAX_BODY_BYTES: Final = 8 * 1024 * 1024
"""Room for 10,000 rows with names and addresses."""

LIMITS: Final = Limits(cost=2_500)
"""Room for a page of a hundred uses with everything there is to say about them."""

_CLOCK_TOLERANCE_MS: Final = 5_000
_PING: Final = Statement(select(literal_column("1")))


def new_metrics() -> Metrics:
    """Counters whose labels are the names this installation knows."""
    return Metrics(
        purposes=load_catalogue().purposes.keys(),
        rules=described(),
        outcomes=[error.code for error in _public_errors()],
        jobs=[LEASE, *(job.name for job in JOBS)],
        alarms=[*Alarm],
    )


def create_app(
    house: House,
    *,
    introspection: bool,
    allowance: Allowance | None = None,
    metrics: Metrics | None = None,
    issuer: str = "",
) -> ASGIApp:
    """Mount the schema, health and metrics behind the perimeter.

    Args:
        house: everything, wired together.
        introspection: whether the schema can be asked for.
        allowance: what every credential may ask for in a time; plenty if None.
        metrics: counters; new ones if None.
        issuer: who keeps the vault, as certificates name it.
    """
    metrics = metrics or new_metrics()
    gate, budget = Gate(house, metrics), Budget(allowance or Allowance())
    endpoint = GraphQLEndpoint(
        build_schema(),
        gate,
        settings=GraphQLSettings(
            max_body_bytes=MAX_BODY_BYTES, introspection=introspection, public_errors=(VaultError,)
        ),
        limits=LIMITS,
        sensitive=SENSITIVE,
        budget=budget,
        metrics=metrics,
    )
    epochs = EpochWatch(house)
    routes = [
        Route("/graphql", endpoint),
        *Papers(gate, budget, issuer).routes(),
        *ContractPapers(house.custodian, budget, issuer).routes(),
        *Exports(gate, budget).routes(),
        *Kits(gate, budget, PrintPlace(house.settings.data)).routes(),
        *SelfService(house, metrics).routes(),
        *health_routes(_checks(house, epochs), alarms=epochs.alarms),
        metrics_route(metrics, look=lambda: epochs.show(metrics)),
    ]
    return Perimeter(Router(routes=routes))


def _checks(house: House, epochs: EpochWatch) -> dict[str, Check]:
    steady = clock_check(house.clock, lambda: time.monotonic_ns() // 1_000_000)

    async def database() -> bool:
        return await house.database.read(NO_TENANT, lambda tx: tx.one(_PING, {})) is not None

    async def clock() -> bool:
        return steady()

    return {"database": database, "keys": epochs.has_newest, "clock": clock}


def clock_check(wall: Callable[[], int], monotonic: Callable[[], int]) -> Callable[[], bool]:
    """A check that fails once the wall clock has jumped: one-time codes and expiries would be judged wrongly.

    Args:
        wall: milliseconds since the epoch.
        monotonic: milliseconds that only grow, steadily.
    """
    offset = wall() - monotonic()
    return lambda: abs(wall() - monotonic() - offset) <= _CLOCK_TOLERANCE_MS


def _public_errors() -> list[type[VaultError]]:
    direct = VaultError.__subclasses__()
    return [*direct, *(below for error in direct for below in error.__subclasses__())]
