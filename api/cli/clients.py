"""`warifu client`: machine credentials of a tenant's integrators."""

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.output import Json, facts, granted, show, table
from api.cli.place import Data, TenantId, in_tenant
from custody.clients import (
    Client,
    NewKey,
    change_client,
    create_client,
    list_clients,
    revoke_client,
    rotate_key,
)
from custody.custodian import Custodian
from policies.actor import Actor

app = typer.Typer(help="Clients. / 連携クライアント", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Name of the client. / クライアント名")]
Purposes = Annotated[
    list[str] | None,
    typer.Option("--purpose", help="Code it may ask numbers for; repeat it. All offered ones if left out."),
]


@app.command()
def create(
    name: Name,
    purpose: Purposes = None,
    data: Data = Path("data"),
    tenant: TenantId = "",
    as_json: Json = False,
) -> None:
    """Register a client and show its key, this once. / 登録し、キーを 1 回だけ表示します。"""

    async def act(custodian: Custodian, operator: Actor, now: int) -> NewKey:
        return granted(await create_client(custodian, operator, name, _codes(custodian, purpose), now))

    _show_key(in_tenant(data, tenant, act, as_json), as_json)


@app.command("list")
def list_(data: Data = Path("data"), tenant: TenantId = "", as_json: Json = False) -> None:
    """List the clients. / 一覧します。"""

    async def act(custodian: Custodian, operator: Actor, _now: int) -> list[Client]:
        return await custodian.database.read(
            operator.tenant, lambda tx: list_clients(tx, custodian.authority, operator.tenant)
        )

    clients = [_told(client) for client in in_tenant(data, tenant, act, as_json)]
    rows = [[client["client"], str(client["revoked"]), " ".join(client["purposes"])] for client in clients]
    show(
        {"clients": clients},
        as_json,
        lambda: table("クライアント / clients", ["name", "revoked", "purposes"], rows),
    )


@app.command()
def rotate(name: Name, data: Data = Path("data"), tenant: TenantId = "", as_json: Json = False) -> None:
    """Mint another key; the one before lives until the next rotation. / キーを更新します。"""

    async def act(custodian: Custodian, operator: Actor, now: int) -> NewKey:
        return granted(await rotate_key(custodian, operator, name, now))

    _show_key(in_tenant(data, tenant, act, as_json), as_json)


@app.command()
def purposes(
    name: Name,
    purpose: Purposes = None,
    data: Data = Path("data"),
    tenant: TenantId = "",
    as_json: Json = False,
) -> None:
    """Change which purposes a client may ask for. / 利用目的を変更します。"""

    async def act(custodian: Custodian, operator: Actor, now: int) -> Client:
        return granted(await change_client(custodian, operator, name, _codes(custodian, purpose), now))

    _show_client(in_tenant(data, tenant, act, as_json), as_json)


@app.command()
def revoke(name: Name, data: Data = Path("data"), tenant: TenantId = "", as_json: Json = False) -> None:
    """End a client with all its keys and tokens. / 失効させます。"""

    async def act(custodian: Custodian, operator: Actor, now: int) -> Client:
        return granted(await revoke_client(custodian, operator, name, now))

    _show_client(in_tenant(data, tenant, act, as_json), as_json)


def _codes(custodian: Custodian, named: list[str] | None) -> frozenset[str]:
    return frozenset(named or ()) or frozenset(purpose.code for purpose in custodian.catalogue.offered())


def _told(client: Client) -> dict[str, Any]:
    return {
        "client": client.name,
        "purposes": sorted(client.purposes),
        "revoked": client.revoked_at > 0,
    }


def _show_client(client: Client, as_json: bool) -> None:
    told = _told(client)
    show(told, as_json, lambda: facts("クライアント / client", told))


def _show_key(made: NewKey, as_json: bool) -> None:
    told = _told(made.client) | {"client_key": made.key}
    show(told, as_json, lambda: facts("キーは二度と表示されません / the key is not shown again", told))
