"""`warifu audit`: take a copy of a tenant's log, and verify copies offline, with no server and no database."""

from base64 import b64decode
from pathlib import Path
from typing import Annotated

import typer

from api.cli.output import CommandError, Json, facts, granted, run, show
from api.cli.place import Data, LogOf, in_log
from custody.custodian import Custodian
from custody.record import EXPORT_LIMIT, Head, export, read_head
from policies.actor import Actor
from tokenizer.audit.export import export_line

app = typer.Typer(help="The audit log. / 監査ログ", no_args_is_help=True)
Key = Annotated[
    str, typer.Option("--key", help="Verifier key of the log: the text itself, or a file with it.")
]


@app.command()
def head(data: Data = Path("data"), tenant: LogOf = "", as_json: Json = False) -> None:
    """Show a log's checkpoint and verifier key. / チェックポイントと検証鍵を表示します。"""

    async def act(custodian: Custodian, operator: Actor, now: int) -> Head:
        return granted(await read_head(custodian, operator, now))

    found = in_log(data, tenant, act, as_json)
    told = {"size": found.size, "verifier_key": found.verifier_key, "checkpoint": found.checkpoint}
    show(told, as_json, lambda: facts("監査ログ / audit log", told))


@app.command("export")
def export_(
    out: Annotated[Path, typer.Argument(help="File to write; its checkpoint and key go beside it.")],
    data: Data = Path("data"),
    tenant: LogOf = "",
    as_json: Json = False,
) -> None:
    """Write the whole log to a file, with its checkpoint and key. / 監査ログ全体を書き出します。"""

    async def act(custodian: Custodian, operator: Actor, now: int) -> Head:
        return await write_log(custodian, operator, out, now)

    found = in_log(data, tenant, act, as_json)
    checkpoint, key = out.with_suffix(".checkpoint"), out.with_suffix(".key")
    checkpoint.write_text(found.checkpoint, encoding="utf-8", newline="")
    key.write_text(found.verifier_key + "\n", encoding="utf-8")
    told = {"entries": found.size, "log": str(out), "checkpoint": str(checkpoint), "key": str(key)}
    show(told, as_json, lambda: facts("書き出しました / written", told))


@app.command()
def verify(
    log: Annotated[Path, typer.Argument(help="The exported log.")],
    checkpoint: Annotated[Path, typer.Option(help="Its checkpoint.")],
    key: Key,
    as_json: Json = False,
) -> None:
    """Verify a whole log offline; if it fails, say where. / 監査ログ全体を検証します。"""
    from warifu.audit import AuditVerificationError, read_export, verify_log

    async def work() -> int:
        try:
            return verify_log(read_export(log), _read(checkpoint), _key(key)).size
        except AuditVerificationError as error:
            raise _failed(error.where, error.message_ja, error.message_en) from None

    size = run(work, as_json)
    told = {"verified": True, "entries": size}
    show(told, as_json, lambda: facts("検証に成功しました / verified", told))


@app.command("verify-proof")
def verify_proof_(
    proof: Annotated[Path, typer.Argument(help="The .tlog-proof file.")],
    entry: Annotated[Path, typer.Argument(help="File with the entry's canonical bytes, or their base64.")],
    key: Key,
    as_json: Json = False,
) -> None:
    """Verify one entry's proof offline. / 1 件の記録の証明を検証します。"""
    from warifu.audit import AuditVerificationError, verify_proof

    async def work() -> int:
        try:
            return verify_proof(_read(proof), _entry(entry), _key(key)).index
        except AuditVerificationError as error:
            raise _failed(error.where, error.message_ja, error.message_en) from None

    index = run(work, as_json)
    told = {"verified": True, "index": index, "entry": _entry(entry).decode()}
    show(told, as_json, lambda: facts("検証に成功しました / verified", told))


async def write_log(custodian: Custodian, actor: Actor, out: Path, now: int) -> Head:
    """Write a tenant's log to a file, page by page, and return the head that covers it."""
    head = granted(await read_head(custodian, actor, now))
    with out.open("wb") as file:
        for start in range(0, head.size, EXPORT_LIMIT):
            part = granted(await export(custodian, actor, start, min(EXPORT_LIMIT, head.size - start), now))
            for place, (entry, leaf) in enumerate(zip(part.entries, part.hashes, strict=True), start):
                file.write(export_line(place, entry, leaf))
    return head


def _failed(where: str, message_ja: str, message_en: str) -> CommandError:
    place = f" [{where}]" if where else ""
    return CommandError(
        "VERIFICATION_FAILED",
        f"検証に失敗しました{place}: {message_ja}",
        f"Not verified{place}: {message_en}",
    )


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except OSError as error:
        raise _unreadable(path) from error


def _key(text: str) -> str:
    path = Path(text)
    return _read(path).strip() if "+" not in text or path.exists() else text


def _entry(path: Path) -> bytes:
    text = _read(path).strip()
    return text.encode() if text.startswith("{") else b64decode(text)


def _unreadable(path: Path) -> CommandError:
    return CommandError(
        "FILE", f"{path} を読めません。パスを確認してください。", f"{path} cannot be read. Check the path."
    )
