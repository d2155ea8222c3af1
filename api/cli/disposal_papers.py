"""`warifu disposal certificate` and `report`: papers as files, never in the place of another unless that is meant."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from api.cli.disposal_decide import RunId
from api.cli.output import CommandError, Json, facts, show
from api.cli.remote import LOCAL, Endpoint, Login, Remote, RemoteTenant, signed_in
from custody.certificates.facts import Stage

if TYPE_CHECKING:
    from warifu import Warifu
    from warifu.certificate import VerifiedCertificate

T = TypeVar("T")
Force = Annotated[bool, typer.Option("--force", help="Replace a file that is there. / 上書きします。")]


def certificate(
    run: RunId,
    out: Annotated[Path, typer.Argument(help="File to write; a PDF if its name ends so. / 保存先")],
    stage: Annotated[
        Stage, typer.Option("--stage", help="`extinct` once every copy is unreadable.")
    ] = Stage.DISPOSED,
    key_file: Annotated[
        Path | None, typer.Option("--key-file", help="Verifier key of the log, kept from an earlier day.")
    ] = None,
    force: Force = False,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Save a certificate of a disposal, once it verifies. / 証明書を検証して保存します。"""

    def act(vault: "Warifu") -> "VerifiedCertificate":
        key = vault.audit_log().verifier_key if key_file is None else _read_key(key_file)
        return _saved(out, lambda: vault.certificate(run, out, key, stage=stage.value))

    found = signed_in(Remote(endpoint, login, tenant), act, as_json, lambda: check_free(out, force=force))
    told = {
        "file": str(out),
        "stage": found.stage,
        "run": found.run,
        "persons": len(found.persons),
        "digest": found.digest,
        "key": "server" if key_file is None else str(key_file),
    }
    show(told, as_json, lambda: facts("検証して保存しました / verified and saved", told))


def report(
    out: Annotated[Path, typer.Argument(help="File to write, a PDF. / 保存先")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day. / 初日")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day. / 末日")],
    force: Force = False,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Save the report to management of a period. / 期間の経営報告書を保存します。"""
    days: tuple[date, date] = (first.date(), last.date())

    def act(vault: "Warifu") -> None:
        _saved(out, lambda: vault.management_report(*days, out))

    signed_in(Remote(endpoint, login, tenant), act, as_json, lambda: check_free(out, force=force))
    told = {"file": str(out), "from": days[0].isoformat(), "to": days[1].isoformat()}
    show(told, as_json, lambda: facts("保存しました / saved", told))


def check_free(out: Path, *, force: bool) -> None:
    """Told before anybody signs in, since a code is good once."""
    if not out.parent.is_dir():
        raise CommandError(
            "FILE",
            f"ディレクトリ {out.parent} がありません。先に作成してください。",
            f"There is no directory {out.parent}. Make it first.",
        )
    if out.exists() and not force:
        raise CommandError(
            "FILE_EXISTS",
            f"{out} は既にあります。別の名前にするか、--force で上書きしてください。",
            f"{out} exists. Choose another name, or replace it with --force.",
        )


def _saved(out: Path, save: Callable[[], T]) -> T:
    from warifu.audit import AuditVerificationError

    try:
        return save()
    except AuditVerificationError as error:
        raise CommandError(
            "VERIFICATION_FAILED",
            f"検証に失敗したため保存していません [{error.where}]: {error.message_ja}",
            f"Not verified, and not saved [{error.where}]: {error.message_en}",
        ) from None
    except OSError as error:
        raise CommandError(
            "FILE",
            f"{out} に書き込めません({error.strerror})。",
            f"{out} cannot be written ({error.strerror}).",
        ) from None


def _read_key(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise CommandError(
            "FILE",
            f"{path} を読めません。パスを確認してください。",
            f"{path} cannot be read. Check the path.",
        ) from None
