"""`warifu export`: everything a tenant may take along, as CSV files from a running server."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from api.cli.export_numbers import Numbers, tell_numbers, told_numbers
from api.cli.output import CommandError, Json, facts, show
from api.cli.remote import LOCAL, Endpoint, Login, Remote, RemoteTenant, proven, signed_in
from custody.export.export import File

if TYPE_CHECKING:
    from warifu import Warifu
    from warifu.export import NumberedExport

T = TypeVar("T")
_OWNER_ONLY: Final = 0o700


def export(
    files: Annotated[
        list[File] | None,
        typer.Argument(help="Which files; all of them if left out, but none with --with-numbers. / ファイル"),
    ] = None,
    to: Annotated[Path, typer.Option("--to", help="Directory for the files. / 保存先のディレクトリ")] = Path(
        "export"
    ),
    force: Annotated[
        bool, typer.Option("--force", help="Replace files that are there. / 上書きします。")
    ] = False,
    with_numbers: Annotated[
        bool,
        typer.Option(
            "--with-numbers", help="People with their numbers: a use for one purpose. / 個人番号を付けます。"
        ),
    ] = False,
    purpose: Annotated[str, typer.Option("--purpose", help="Code of that purpose. / 利用目的コード")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why; it goes into the record. / 理由")] = "",
    handler: Annotated[
        str, typer.Option("--handler", help="Who stands behind it, if not --login. / 事務取扱担当者")
    ] = "",
    approver: Annotated[
        str, typer.Option("--approver", help="Second person, over the tenant's threshold. / 2 人目の承認者")
    ] = "",
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Save everything as CSV, without numbers unless a use brings them. / すべてを CSV に書き出します。"""
    remote = Remote(endpoint, login, tenant)
    chosen = list(dict.fromkeys(files or ([] if with_numbers else File)))
    numbers = Numbers(remote, to, purpose, reason, handler, approver) if with_numbers else None
    paths = {file: to / f"{file.value}.csv" for file in chosen}

    def check() -> None:
        if numbers is not None:
            numbers.check()
        _prepare(to, [*paths.values(), *([numbers.path] if numbers else [])], force=force)

    def act(vault: "Warifu") -> "NumberedExport | None":
        # First, so that the file of uses has this one.
        found = (
            None if numbers is None else _written(numbers.path, lambda: numbers.save(vault, replace=force))
        )
        for file, path in paths.items():
            save = partial(vault.export, file.value, path, replace=force)
            _written(path, partial(proven, vault, save))
        return found

    found = signed_in(remote, act, as_json, check)
    saved = [
        {"file": file.value, "path": str(path), "bytes": path.stat().st_size} for file, path in paths.items()
    ]
    told = {"files": saved, "with_numbers": None if found is None else told_numbers(found)}
    show(told, as_json, lambda: _tell(saved, found))
    if found is not None and found.people and not found.numbers:
        raise typer.Exit(1)


def _prepare(to: Path, paths: Sequence[Path], *, force: bool) -> None:
    """Told before anybody signs in, since a code is good once."""
    try:
        to.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(to, error) from None
    for path in paths:
        if path.exists() and not force:
            raise _exists(path)


def _written(path: Path, save: Callable[[], T]) -> T:
    try:
        return save()
    except FileExistsError as error:
        raise _exists(Path(str(error.filename or path))) from None
    except OSError as error:
        raise _unwritable(path, error) from None


def _exists(path: Path) -> CommandError:
    return CommandError(
        "FILE_EXISTS",
        f"{path} は既にあります。別のディレクトリにするか、--force で上書きしてください。",
        f"{path} exists. Choose another directory, or replace it with --force.",
    )


def _unwritable(path: Path, error: OSError) -> CommandError:
    return CommandError(
        "FILE",
        f"{path} に書き込めません({error.strerror})。書きかけは残っていません。空き容量と権限を確認してください。",
        f"{path} cannot be written ({error.strerror}). Nothing half is left. Check space and rights, then begin anew.",
    )


def _tell(saved: list[dict[str, Any]], found: "NumberedExport | None") -> None:
    if saved:
        pairs = {one["file"]: f"{one['path']} ({one['bytes']:,} bytes)" for one in saved}
        facts("書き出しました(個人番号なし) / saved, without numbers", pairs)
    if found is not None:
        tell_numbers(found)
