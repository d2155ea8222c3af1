"""`warifu handler`: the named humans of a tenant."""

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.installation import new_password
from api.cli.output import Json, facts, granted, show, table
from api.cli.place import Data, TenantId, in_tenant
from custody.account import Account, list_accounts
from custody.accounts import change_roles, create_account, disable_account, reset_second_factor
from custody.custodian import Custodian
from custody.enrolment import Enrolment
from policies.actor import Actor, Role

app = typer.Typer(help="Handlers and other humans. / 事務取扱担当者など", no_args_is_help=True)
Login = Annotated[str, typer.Argument(help="Login. / ログイン名")]
OptionalRoles = Annotated[
    list[Role] | None,
    typer.Option("--role", help="What they may be; repeat it. A handler if left out. / 役割"),
]
Roles = Annotated[list[Role], typer.Option("--role", help="What they may be; repeat it. / 役割")]


@app.command()
def create(
    login: Login,
    name: Annotated[str, typer.Option(help="The person's name. / 氏名")] = "",
    role: OptionalRoles = None,
    data: Data = Path("data"),
    tenant: TenantId = "",
    as_json: Json = False,
) -> None:
    """Open an account; password and seed are shown this once. / 登録します。"""
    password = new_password()

    async def act(custodian: Custodian, operator: Actor, now: int) -> Enrolment:
        return granted(
            await create_account(
                custodian, operator, login, name or login, frozenset(role or {Role.HANDLER}), password, now
            )
        )

    _show_enrolment(in_tenant(data, tenant, act, as_json), {"password": password}, as_json)


@app.command("list")
def list_(data: Data = Path("data"), tenant: TenantId = "", as_json: Json = False) -> None:
    """List the accounts. / 一覧します。"""

    async def act(custodian: Custodian, operator: Actor, _now: int) -> list[Account]:
        return await custodian.database.read(
            operator.tenant, lambda tx: list_accounts(tx, custodian.authority, operator.tenant)
        )

    accounts = [_told(account) for account in in_tenant(data, tenant, act, as_json)]
    rows = [
        [account["handler"], account["name"], " ".join(account["roles"]), str(account["disabled"])]
        for account in accounts
    ]
    columns = ["login", "name", "roles", "disabled"]
    show({"handlers": accounts}, as_json, lambda: table("利用者 / accounts", columns, rows))


@app.command()
def roles(
    login: Login, role: Roles, data: Data = Path("data"), tenant: TenantId = "", as_json: Json = False
) -> None:
    """Give an account other roles. / 役割を変更します。"""

    async def act(custodian: Custodian, operator: Actor, now: int) -> Account:
        return granted(await change_roles(custodian, operator, login, frozenset(role), now))

    _show_account(in_tenant(data, tenant, act, as_json), as_json)


@app.command()
def disable(login: Login, data: Data = Path("data"), tenant: TenantId = "", as_json: Json = False) -> None:
    """End an account. / 無効にします。"""

    async def act(custodian: Custodian, operator: Actor, now: int) -> Account:
        return granted(await disable_account(custodian, operator, login, now))

    _show_account(in_tenant(data, tenant, act, as_json), as_json)


@app.command()
def reset(login: Login, data: Data = Path("data"), tenant: TenantId = "", as_json: Json = False) -> None:
    """Enrol somebody's one-time code anew. / ワンタイムコードを再登録します。"""

    async def act(custodian: Custodian, operator: Actor, now: int) -> Enrolment:
        return granted(await reset_second_factor(custodian, operator, login, now))

    _show_enrolment(in_tenant(data, tenant, act, as_json), {}, as_json)


def _told(account: Account) -> dict[str, Any]:
    return {
        "handler": account.login,
        "name": account.name,
        "roles": sorted(role.value for role in account.roles),
        "disabled": account.disabled_at > 0,
    }


def _show_account(account: Account, as_json: bool) -> None:
    told = _told(account)
    show(told, as_json, lambda: facts("利用者 / account", told))


def _show_enrolment(enrolment: Enrolment, more: dict[str, str], as_json: bool) -> None:
    told = (
        _told(enrolment.account)
        | more
        | {
            "one_time_code_seed": enrolment.seed,
            "one_time_code_uri": enrolment.uri,
            "recovery_codes": list(enrolment.recovery_codes),
        }
    )
    show(told, as_json, lambda: facts("二度と表示されません / none of this is shown again", told))
