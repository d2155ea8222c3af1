"""`warifu tenant`: the companies of this installation."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.output import Json, facts, granted, run, show, table
from api.cli.place import OPERATOR, Data, opened
from custody.tenants import Settings, Tenant, create_tenant, list_tenants
from schema.tenants import tenant_public_id
from tokenizer.storage.database import NO_TENANT

app = typer.Typer(help="Tenants. / 事業者", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Name of the company. / 名称")],
    data: Data = Path("data"),
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="For tests: takes the official samples.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Open a tenant. / 事業者を開設します。"""

    async def work() -> Tenant:
        async with opened(data) as house:
            return granted(
                await create_tenant(
                    house.custodian, OPERATOR, name, Settings(), house.clock(), sandbox=sandbox
                )
            )

    told = _told(run(work, as_json))
    show(told, as_json, lambda: facts("事業者 / tenant", told))


@app.command("list")
def list_(data: Data = Path("data"), as_json: Json = False) -> None:
    """List the tenants. / 事業者を一覧します。"""

    async def work() -> list[Tenant]:
        async with opened(data) as house:
            return await house.database.read(
                NO_TENANT, lambda tx: list_tenants(tx, house.custodian.authority)
            )

    tenants = [_told(tenant) for tenant in run(work, as_json)]
    rows = [[str(value) for value in tenant.values()] for tenant in tenants]
    show({"tenants": tenants}, as_json, lambda: table("事業者 / tenants", ["id", "name", "sandbox"], rows))


def _told(tenant: Tenant) -> dict[str, str | bool]:
    return {"tenant": tenant_public_id(tenant.id), "name": tenant.name, "sandbox": tenant.sandbox}
