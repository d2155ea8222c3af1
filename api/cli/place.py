"""Which installation, and which tenant of it, a command works on."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from api.bootstrap import House, open_house, open_keys
from api.cli.output import CommandError, run
from api.clock import wall_clock
from api.settings import load
from custody.custodian import Custodian
from custody.tenants import Tenant, list_tenants
from policies.actor import Actor, ActorKind
from schema.tenants import parse_tenant, tenant_public_id
from tokenizer.storage.database import NO_TENANT

T = TypeVar("T")

Data = Annotated[
    Path,
    typer.Option(envvar="WARIFU_DATA", help="Data directory. / データディレクトリ"),
]
TenantId = Annotated[
    str,
    typer.Option("--tenant", help="Public id of the tenant; needed where there are several. / 事業者 ID"),
]

INSTALLATION: Final = "installation"
"""What to name instead of a tenant where the installation's own log is meant."""

LogOf = Annotated[
    str,
    typer.Option(
        "--tenant",
        help="Public id of the tenant, or `installation` for the log of keys and backups. / 事業者 ID か installation",
    ),
]

OPERATOR = Actor(kind=ActorKind.OPERATOR, tenant=NO_TENANT, id=0, name="operator")
"""Whoever may read the key directory. What they do is in the tenant's log, like everybody's."""


@asynccontextmanager
async def opened(data: Path) -> AsyncIterator[House]:
    """The installation in a data directory."""
    settings = load(data, os.environ)
    house = await open_house(settings, open_keys(settings), wall_clock)
    try:
        yield house
    finally:
        await house.database.close()


async def tenant_of(house: House, public_id: str) -> Tenant:
    """The tenant that is meant: the one that is named, or the only one there is.

    Raises:
        CommandError: there is no such tenant, or several to choose from.
    """
    every = await house.database.read(NO_TENANT, lambda tx: list_tenants(tx, house.custodian.authority))
    chosen = [tenant for tenant in every if not public_id or tenant.id == parse_tenant(public_id)]
    if len(chosen) == 1:
        return chosen[0]
    known = ", ".join(f"{tenant_public_id(tenant.id)} ({tenant.name})" for tenant in every) or "-"
    raise CommandError(
        "TENANT",
        f"--tenant で事業者を 1 つ指定してください: {known}",
        f"Name one tenant with --tenant: {known}",
    )


def operator_of(tenant: Tenant) -> Actor:
    """The operator, acting in a tenant."""
    return OPERATOR._replace(tenant=tenant.id, sandbox=tenant.sandbox)


def in_tenant(
    data: Path, tenant: str, act: Callable[[Custodian, Actor, int], Awaitable[T]], as_json: bool
) -> T:
    """Run a command as the operator of one tenant.

    Args:
        data: the data directory.
        tenant: public id of the tenant; "" if there is but one.
        act: what to do, given the custodian, the operator and the time.
        as_json: how to say what stopped it.
    """

    async def work() -> T:
        async with opened(data) as house:
            operator = operator_of(await tenant_of(house, tenant))
            return await act(house.custodian, operator, house.clock())

    return run(work, as_json)


def in_log(data: Path, log: str, act: Callable[[Custodian, Actor, int], Awaitable[T]], as_json: bool) -> T:
    """`in_tenant`, where `log` may also name the installation."""
    if log != INSTALLATION:
        return in_tenant(data, log, act, as_json)

    async def work() -> T:
        async with opened(data) as house:
            return await act(house.custodian, OPERATOR, house.clock())

    return run(work, as_json)
