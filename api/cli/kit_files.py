"""Files that `warifu kit` reads and writes: codes, scans, and what was printed."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.cli.output import CommandError

if TYPE_CHECKING:
    from warifu import Warifu

_OWNER_ONLY: Final = 0o700
_MOST_BYTES: Final = 32 * 1024 * 1024


def check_directory(to: Path) -> None:
    """Make the directory, before anybody signs in, since a code is good once.

    Raises:
        CommandError: it cannot be made.
    """
    try:
        to.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(to, error) from None


def save_file(vault: "Warifu", file: str, to: Path, *, force: bool) -> Path:
    """Save a printed file under its own name.

    Raises:
        CommandError: there is one, or it cannot be written.
    """
    path = to / Path(file).name
    try:
        vault.download_print(file, path, replace=force)
    except FileExistsError:
        raise CommandError(
            "FILE_EXISTS",
            f"{path} は既にあります。別のディレクトリにするか、--force で上書きしてください。",
            f"{path} exists. Choose another directory, or replace it with --force.",
        ) from None
    except OSError as error:
        raise _unwritable(path, error) from None
    return path


def read_codes(codes: Sequence[str], file: Path | None) -> list[str]:
    """Codes that were typed, and those of a file.

    Raises:
        CommandError: there are none, or the file cannot be read.
    """
    found = [*codes, *(_lines(file) if file else [])]
    if not found:
        raise CommandError(
            "CODES",
            "キット番号か --file を指定してください。",
            "Give codes of kits, or --file.",
        )
    return found


def read_scan(path: Path) -> bytes:
    """A scan, as far as it is not too large to be sent.

    Raises:
        CommandError: it cannot be read, or is too large.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise CommandError(
                "FILE_TOO_LARGE",
                f"{path} は 32 MiB を超えています。ページを分けてください。",
                f"{path} has more than 32 MiB. Split it.",
            )
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from None


def _lines(file: Path) -> list[str]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _unreadable(file, error) from None
    except UnicodeDecodeError:
        raise CommandError("FILE", f"{file} は UTF-8 ではありません。", f"{file} is no UTF-8 text.") from None
    return [line.strip() for line in text.splitlines() if line.strip()]


def _unreadable(path: Path, error: OSError) -> CommandError:
    return CommandError(
        "FILE",
        f"{path} を読めません({error.strerror})。パスを確認してください。",
        f"{path} cannot be read ({error.strerror}). Check the path.",
    )


def _unwritable(path: Path, error: OSError) -> CommandError:
    return CommandError(
        "FILE",
        f"{path} に書き込めません({error.strerror})。空き容量と権限を確認してください。",
        f"{path} cannot be written ({error.strerror}). Check space and rights.",
    )
