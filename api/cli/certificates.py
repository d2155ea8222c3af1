"""`warifu certificate`: verify certificates of disposal offline, with no server and no database."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from api.cli.output import CommandError, Json, facts, run, show

if TYPE_CHECKING:
    from warifu.certificate import VerifiedCertificate

app = typer.Typer(help="Certificates of disposal. / 廃棄の証明書", no_args_is_help=True)

_JAPAN: Final = timezone(timedelta(hours=9))
_PDF: Final = b"%PDF-"
_TITLES: Final = {
    ("disposed", "due"): "個人番号廃棄証明書 / certificate of disposal",
    ("disposed", "instruction"): "個人番号廃棄証明書 / certificate of disposal",
    ("disposed", "contract_end"): "データ破棄証明書 / certificate of data destruction",
}
_EXTINCT: Final = "個人番号消滅証明書 / certificate of extinction"


@app.callback()
def certificate() -> None:
    """Certificates of disposal. / 廃棄の証明書"""


@app.command()
def verify(
    file: Annotated[
        Path, typer.Argument(help="The certificate: the machine-readable form, or the PDF with it.")
    ],
    key: Annotated[
        str, typer.Option("--key", help="Verifier key of the tenant's log, or a file with it.")
    ] = "",
    key_file: Annotated[Path | None, typer.Option("--key-file", help="File with the verifier key.")] = None,
    as_json: Json = False,
) -> None:
    """Verify a certificate offline, with one key. / 証明書を通信せずに検証します。"""

    async def work() -> tuple["VerifiedCertificate", bool]:
        return _verified(_read(file), _key(key, key_file))

    found, is_pdf = run(work, as_json)
    told = {"verified": True, "digest": found.digest, "log": _log(found), "certificate": found.facts}
    show(told, as_json, lambda: _tell(found, is_pdf=is_pdf))


def _verified(data: bytes, key: str) -> tuple["VerifiedCertificate", bool]:
    from warifu.certificate import AuditVerificationError, verify_certificate
    from warifu.certificate_pdf import attached_certificate

    is_pdf = data.startswith(_PDF)
    try:
        return verify_certificate(attached_certificate(data) if is_pdf else data, key), is_pdf
    except AuditVerificationError as error:
        raise CommandError(
            "VERIFICATION_FAILED",
            f"検証に失敗しました [{error.where}]: {error.message_ja}",
            f"Not verified [{error.where}]: {error.message_en}",
        ) from None


def _tell(found: "VerifiedCertificate", *, is_pdf: bool) -> None:
    told = found.facts
    pairs: dict[str, Any] = {
        "証明書 / certificate": _TITLES.get((found.stage, found.kind), _EXTINCT),
        "事業者 / tenant": told["tenant"],
        "実施 / run": found.run,
        "廃棄した者 / persons": f"{told['disposed']} (対象 / listed: {told['listed']})",
        "完了 / completed": _moment(told["finished_at"]),
        "鍵の世代 / epoch": told["epoch"],
        "複製の消滅期限 / extinct by": _moment(told["extinct_by"]),
    }
    if "extinct_at" in told:
        pairs["複製の消滅 / extinct since"] = _moment(told["extinct_at"])
    pairs["監査記録 / log entries"] = ", ".join(map(str, _log(found)["entries"]))
    pairs["要約値 / digest"] = found.digest
    if is_pdf:
        pairs["注意 / note"] = (
            "検証したのは PDF の添付です。紙面の記載が上の内容と同じか確かめてください。"
            " / The PDF's attachment was verified: compare what its pages say with the above."
        )
    facts("検証に成功しました / verified", pairs)


def _log(found: "VerifiedCertificate") -> Mapping[str, Any]:
    entries = [found.completion] if found.extinction is None else [found.completion, found.extinction]
    checkpoint = entries[-1].checkpoint
    return {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "entries": [entry.index for entry in entries],
    }


def _moment(at: int) -> str:
    moment = datetime.fromtimestamp(at / 1000, UTC).astimezone(_JAPAN)
    return f"{moment:%Y-%m-%d %H:%M} (日本時間 / Japan)"


def _key(key: str, key_file: Path | None) -> str:
    if bool(key) == (key_file is not None):
        raise CommandError(
            "KEY",
            "検証鍵を --key か --key-file のどちらか一方で渡してください。warifu audit head で表示できます。",
            "Give the verifier key, either by --key or by --key-file. `warifu audit head` shows it.",
        )
    path = key_file or (None if "+" in key else Path(key))
    return key if path is None else _read(path).decode(errors="replace").strip()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(
            "FILE",
            f"{path} を読めません。パスを確認してください。",
            f"{path} cannot be read. Check the path.",
        ) from error
