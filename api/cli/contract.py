"""`warifu contract`: contracts that end, as the operator of the installation sees them."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from api.bootstrap import House
from api.cli.backup import moment
from api.cli.disposal_papers import check_free
from api.cli.output import CommandError, Json, facts, run, show, table
from api.cli.place import Data, TenantId, opened, tenant_of
from api.contract_papers import draw
from api.errors import HttpRefusal
from api.settings import load
from custody.certificates.facts import Stage
from custody.certificates.press import Press
from custody.contract.end import ContractEnd, EndState
from custody.contract.facts import end_of
from custody.contract.waits import Wait, stake_of
from custody.tenants import Tenant, list_tenants
from schema.tenants import tenant_public_id
from tokenizer.audit.note import VerifierKey
from tokenizer.storage.database import NO_TENANT

app = typer.Typer(help="Contracts that end. / 解約", no_args_is_help=True)

_STATES = {
    EndState.REQUESTED: "申請中 / requested",
    EndState.APPROVED: "承認済み / approved",
    EndState.ENDING: "消去中 / ending",
    EndState.ENDED: "終了 / ended",
}


@app.command("list")
def list_(data: Data = Path("data"), as_json: Json = False) -> None:
    """List the contracts whose end was asked for. / 解約の申請を一覧します。"""

    async def work() -> list[dict[str, Any]]:
        async with opened(data) as house:
            tenants = await house.database.read(
                NO_TENANT, lambda tx: list_tenants(tx, house.custodian.authority)
            )
            found = [(tenant, await end_of(house.custodian, tenant.id)) for tenant in tenants]
            return [await _told(house, tenant, end) for tenant, end in found if end is not None]

    ends = run(work, as_json)
    columns = ["事業者 / tenant", "名称 / name", "状態 / state", "最終日 / last day", "待ち / waits for"]
    rows = [[each["tenant"], each["name"], _state(each), each["ends_on"], _waits(each)] for each in ends]
    show({"contract_ends": ends}, as_json, lambda: table("解約 / contract ends", columns, rows, whole=(0, 3)))


@app.command("show")
def show_(tenant: TenantId = "", data: Data = Path("data"), as_json: Json = False) -> None:
    """Show how far a contract's end has come. / 解約の状況を表示します。"""

    async def work() -> dict[str, Any]:
        async with opened(data) as house:
            chosen = await tenant_of(house, tenant)
            return await _told(house, chosen, await _end(house, chosen))

    told = run(work, as_json)
    show(told, as_json, lambda: facts("解約 / contract end", {**told, "state": _state(told)}))


@app.command()
def certificate(
    out: Annotated[Path, typer.Argument(help="File to write; a PDF if its name ends so. / 保存先")],
    tenant: TenantId = "",
    stage: Annotated[
        Stage, typer.Option("--stage", help="`extinct` once every copy is unreadable.")
    ] = Stage.DISPOSED,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    data: Data = Path("data"),
    as_json: Json = False,
) -> None:
    """Draw a certificate of a contract's end. / データ破棄証明書を作成します。"""

    async def work() -> dict[str, Any]:
        check_free(out, force=force)
        async with opened(data) as house:
            end = await _end(house, await tenant_of(house, tenant))
            text, key = await _drawn(house, end, stage, load(data, os.environ).issuer)
            is_pdf = out.suffix.lower() == ".pdf"
            _write(out, await Press().certificate(text, key) if is_pdf else text.encode())
            return {"file": str(out), "stage": stage.value, "run": f"run_{end.run}", "key": str(key)}

    told = run(work, as_json)
    show(told, as_json, lambda: facts("証明書 / certificate", told))


async def _end(house: House, tenant: Tenant) -> ContractEnd:
    end = await end_of(house.custodian, tenant.id)
    if end is None:
        raise CommandError(
            "NO_CONTRACT_END",
            "この事業者の解約は申請されていません。",
            "Nobody has asked for the end of this tenant's contract.",
        )
    return end


async def _drawn(house: House, end: ContractEnd, stage: Stage, issuer: str) -> tuple[str, VerifierKey]:
    try:
        return await draw(house.custodian, end, stage, issuer)
    except HttpRefusal as refused:
        raise CommandError(refused.code, refused.message_ja, refused.message_en) from None


async def _told(house: House, tenant: Tenant, end: ContractEnd) -> dict[str, Any]:
    stake = await house.database.read(tenant.id, lambda tx: stake_of(tx, house.custodian, tenant.id))
    return {
        "tenant": tenant_public_id(tenant.id),
        "name": tenant.name,
        "state": end.state.value,
        "ends_on": end.ends_on,
        "reason": end.reason,
        "requested_by": end.requested_by,
        "requested_at": moment(end.requested_at) if end.requested_at else None,
        "approved_by": end.approved_by or None,
        "approved_at": moment(end.approved_at) if end.approved_at else None,
        "began_at": moment(end.began_at) if end.began_at else None,
        "ended_at": moment(end.ended_at) if end.ended_at else None,
        "persons": stake.persons,
        "holds": stake.holds,
        "waits_for": [] if end.is_closed else [wait.value for wait in stake.waits_for],
        "run": f"run_{end.run}" if end.run else None,
        "erased": end.counts,
    }


def _state(told: dict[str, Any]) -> str:
    return _STATES[EndState(told["state"])]


def _waits(told: dict[str, Any]) -> str:
    words = {
        Wait.LEGAL_HOLD: "法的保全 / legal hold",
        Wait.RUN_UNDER_WAY: "実行中の廃棄 / disposal under way",
    }
    return ", ".join(words[Wait(wait)] for wait in told["waits_for"])


def _write(out: Path, data: bytes) -> None:
    """Write a file that takes its name only when it is complete."""
    partial = out.with_name(f"{out.name}.part")
    try:
        partial.write_bytes(data)
        partial.replace(out)
    except OSError as error:
        raise CommandError(
            "FILE",
            f"{out} に書き込めません({error.strerror})。",
            f"{out} cannot be written ({error.strerror}).",
        ) from None
    finally:
        partial.unlink(missing_ok=True)
