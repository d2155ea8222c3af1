"""`warifu init` and `warifu serve`: a new installation, and the server that runs it."""

import asyncio
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from api.bootstrap import House, open_keys, set_up
from api.cli.output import CommandError, Json, console, facts, granted, run, show
from api.cli.place import OPERATOR, Data, operator_of
from api.clock import wall_clock
from api.keys import make_keys
from api.ledgers import upgrade as upgrade_vault
from api.migrations import migrate
from api.server import serve as serve_until_stopped
from api.settings import FILE, Settings, dump, load
from custody.accounts import create_account
from custody.clients import NewKey, create_client
from custody.enrolment import Enrolment
from custody.tenants import Settings as TenantSettings
from custody.tenants import Tenant, create_tenant
from policies.actor import Role
from schema.tenants import tenant_public_id

_FIRST_ROLES = frozenset({Role.ADMINISTRATOR, Role.HANDLER, Role.AUDITOR})


@dataclass(frozen=True, slots=True)
class _First:
    """What a new installation starts with."""

    tenant: Tenant
    key: NewKey
    enrolment: Enrolment
    password: str


def init(
    data: Data = Path("data"),
    keys: Annotated[
        Path, typer.Option(envvar="WARIFU_KEYS", help="Key directory, never inside the data.")
    ] = Path("keys"),
    ledger: Annotated[
        Path | None,
        typer.Option(
            envvar="WARIFU_LEDGER", help="Ledger, never inside the data; beside the keys if left out."
        ),
    ] = None,
    database: Annotated[
        str, typer.Option(envvar="WARIFU_DATABASE", help="sqlite:///... or postgresql://...")
    ] = "sqlite:///warifu.db",
    tenant: Annotated[
        str, typer.Option(help="Name of the first tenant. / 最初の事業者の名称")
    ] = "サンプル株式会社",
    client: Annotated[str, typer.Option(help="Name of its first client. / 最初のクライアント")] = "payroll",
    handler: Annotated[str, typer.Option(help="Login of its first handler. / 最初の担当者")] = "handler",
    origin: Annotated[
        str, typer.Option(envvar="WARIFU_ORIGIN", help="Start of the audit logs' names; a domain of yours.")
    ] = "warifu.invalid/log",
    host: Annotated[str, typer.Option(envvar="WARIFU_HOST", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="WARIFU_PORT", help="Port to listen on.")] = 8470,
    passphrase_file: Annotated[
        Path | None,
        typer.Option(envvar="WARIFU_PASSPHRASE_FILE", help="File with a passphrase that seals the keys."),
    ] = None,
    key_store: Annotated[
        str | None,
        typer.Option(
            envvar="WARIFU_KEY_STORE",
            help="What wraps the keys: pkcs11:..., aws-kms:https://... or openbao:https://...; files if left out.",
        ),
    ] = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="A tenant for tests: takes the official samples.")
    ] = False,
    upgrade: Annotated[
        bool, typer.Option("--upgrade", help="Bring an existing database to this version.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Set up a vault: keys, database, a first tenant with a client and a handler. / 初期設定をします。"""
    if upgrade:
        run(lambda: _upgrade(data), as_json)
        show(
            {"upgraded": True},
            as_json,
            lambda: console.print("データベースを更新しました / The database is up to date"),
        )
        return
    settings = Settings(
        data=data.resolve(),
        keys=keys.resolve(),
        database=database,
        origin=origin,
        host=host,
        port=port,
        passphrase_file=passphrase_file.resolve() if passphrase_file else None,
        ledger=ledger.resolve() if ledger else None,
        key_store=key_store,
    )
    first = run(lambda: _init(settings, tenant, client, handler, sandbox=sandbox), as_json)
    told = _told(settings, first)
    show(told, as_json, lambda: _render(told))


def serve(
    data: Data = Path("data"),
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    as_json: Json = False,
) -> None:
    """Run the server until it is stopped. / サーバーを起動します。"""

    async def work() -> None:
        overrides = {"WARIFU_HOST": host, "WARIFU_PORT": None if port is None else str(port)}
        environment = {
            **os.environ,
            **{name: value for name, value in overrides.items() if value is not None},
        }
        await serve_until_stopped(load(data, environment), ready)

    def ready(endpoint: str) -> None:
        show(
            {"endpoint": endpoint},
            as_json,
            lambda: console.print(f"割符 Warifu: [bold]{endpoint}[/]  (Ctrl-C で終了 / to stop)"),
        )
        console.file.flush()

    run(work, as_json)


async def _init(settings: Settings, tenant: str, client: str, handler: str, *, sandbox: bool) -> _First:
    if (settings.data / FILE).exists():
        raise CommandError(
            "ALREADY_SET_UP",
            f"{settings.data} は設定済みです。`warifu serve --data {settings.data}` で起動できます。",
            f"{settings.data} is set up already. Start it with `warifu serve --data {settings.data}`.",
        )
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    # The database first: if it cannot be reached, no key directory is left behind.
    await asyncio.to_thread(migrate.upgrade, settings.database_url)
    provider = make_keys(settings, f"vault-{secrets.token_hex(8)}", wall_clock())
    house = await set_up(settings, provider, wall_clock)
    try:
        first = await _people(house, tenant, client, handler, sandbox=sandbox)
    finally:
        await house.database.close()
    _write(settings)
    return first


def _write(settings: Settings) -> None:
    """Write the settings file, for its owner alone: a database address may hold a password."""
    path = settings.data / FILE
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(dump(settings), encoding="utf-8")


async def _people(house: House, tenant: str, client: str, handler: str, *, sandbox: bool) -> _First:
    """The first tenant, and who works in it. The first human has every role; give them to others later."""
    custodian, clock = house.custodian, house.clock
    opened = granted(
        await create_tenant(custodian, OPERATOR, tenant, TenantSettings(), clock(), sandbox=sandbox)
    )
    operator = operator_of(opened)
    offered = frozenset(purpose.code for purpose in custodian.catalogue.offered())
    key = granted(await create_client(custodian, operator, client, offered, clock()))
    password = new_password()
    enrolment = granted(
        await create_account(custodian, operator, handler, handler, _FIRST_ROLES, password, clock())
    )
    return _First(opened, key, enrolment, password)


async def _upgrade(data: Path) -> None:
    settings = load(data, os.environ)
    await upgrade_vault(settings, open_keys(settings), wall_clock, OPERATOR)


def new_password() -> str:
    """A first password of 120 random bits, in groups one can type."""
    text = secrets.token_hex(15)
    return "-".join(text[start : start + 6] for start in range(0, len(text), 6))


def _told(settings: Settings, first: _First) -> dict[str, Any]:
    return {
        "endpoint": f"http://{settings.host}:{settings.port}/graphql",
        "data": str(settings.data),
        "keys": str(settings.keys),
        "key_store": "files" if settings.key_store is None else settings.key_store.partition(":")[0],
        "ledger": str(settings.ledger_directory),
        "tenant": tenant_public_id(first.tenant.id),
        "tenant_name": first.tenant.name,
        "client": first.key.client.name,
        "client_key": first.key.key,
        "handler": first.enrolment.account.login,
        "password": first.password,
        "one_time_code_seed": first.enrolment.seed,
        "one_time_code_uri": first.enrolment.uri,
        "recovery_codes": list(first.enrolment.recovery_codes),
    }


def _render(told: dict[str, Any]) -> None:
    facts(
        "割符を準備しました / Warifu is ready",
        {name: value for name, value in told.items() if name != "recovery_codes"},
    )
    facts(
        "リカバリーコード(各 1 回) / recovery codes, each good once",
        {str(place): code for place, code in enumerate(told["recovery_codes"], 1)},
    )
    console.print("これらは二度と表示されません。 / None of this is shown again.", style="bold yellow")
    console.print(f"次 / next:  warifu serve --data {told['data']}")
