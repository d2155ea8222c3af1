"""`warifu collection view` and `submit`: papers out of the vault to be looked at, and into it."""

import os
import re
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.text import Text

from api.cli.collection_chosen import CollectionId, reviewed
from api.cli.collection_told import tell_person
from api.cli.number_asked import ask_number
from api.cli.output import CommandError, Json, console, facts, show
from api.cli.remote import LOCAL, Endpoint, Login, Remote, RemoteTenant, proven, signed_in
from api.cli.rows import named
from api.cli.verification_options import code_of

if TYPE_CHECKING:
    from warifu import (
        CollectionReview,
        Number,
        NumberSubmitted,
        OpenedImage,
        RowRejection,
        SubmittedItem,
        Warifu,
    )

_AT_ONCE: Final = 8
_LARGEST: Final = 5 * 1024 * 1024
_OWNER_ONLY: Final = 0o700
_OWNER_FILE: Final = 0o600
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_]")
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL


def view(
    collection: CollectionId,
    out: Annotated[
        Path | None, typer.Option("--out", help="Directory for the images, for you alone. / 画像の保存先")
    ] = None,
    show_number: Annotated[
        bool,
        typer.Option("--show-number", help="Show the number as well, at a terminal. / 番号も表示します。"),
    ] = False,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Look at what was submitted, beside what is on record; each look is recorded. / 提出物を確認します。"""

    def check() -> None:
        _check_view(out, shows=show_number, as_json=as_json)

    def act(vault: "Warifu") -> tuple["CollectionReview", list[dict[str, str]], "Number | None"]:
        found = reviewed(vault, collection)
        files = _files(found, out) if out else {}
        wanted = [*files, *(each.item_id for each in found.items if each.is_number and show_number)]
        number, images = _opened(vault, collection, wanted)
        return found, [_saved(files[image.item_id], image) for image in images], number

    found, saved, number = signed_in(Remote(endpoint, login, tenant), act, as_json, check)
    told = {"collection": found.collection, "items": found.items, "images": saved}
    show(told, as_json, lambda: _tell(found, saved, number))


def submit(
    collection: CollectionId,
    images: Annotated[
        list[Path] | None,
        typer.Argument(help="Images or PDFs of papers; the number is asked for if left out. / 画像・PDF"),
    ] = None,
    document: Annotated[
        str,
        typer.Option("--document", help="Code of what they show (`warifu identity-document list`). / 書類"),
    ] = "",
    side: Annotated[str, typer.Option("--side", help="`front` or `back`, where it has two. / 面")] = "",
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Seal what came in: images of papers, or the number, asked for or read from standard input.

    画像を封印して登録します。画像を指定しないときは番号を入力します(標準入力も可)。
    """
    remote = Remote(endpoint, login, tenant)
    if images:
        _submit_images(remote, collection, images, document, side, as_json)
    else:
        _submit_number(remote, collection, as_json, alone=not (document or side))


def _submit_images(
    remote: Remote, collection: str, images: Sequence[Path], document: str, side: str, as_json: bool
) -> None:
    contents: list[bytes] = []

    def check() -> None:
        if not document:
            raise _undocumented()
        contents.extend(_read(path) for path in images)

    def act(vault: "Warifu") -> list["SubmittedItem"]:
        code = code_of(document, list(vault.identity_documents()))
        return [
            item for content in contents for item in vault.submit_image(collection, code, content, side=side)
        ]

    items = signed_in(remote, act, as_json, check)
    pairs = {"件数 / items": len(items), "書類 / document": items[0].document if items else "-"}
    show({"items": items}, as_json, lambda: facts("封印しました / sealed", pairs))


def _submit_number(remote: Remote, collection: str, as_json: bool, *, alone: bool) -> None:
    def check() -> None:
        if not alone:
            raise _undocumented()

    def act(vault: "Warifu") -> "NumberSubmitted":
        from warifu import RowRejection

        reviewed(vault, collection)  # before anybody types a number for nothing
        done = vault.submit_number(collection, ask_number())
        if isinstance(done, RowRejection):
            raise rejected_number(done)
        return done

    done = signed_in(remote, act, as_json, check)
    told = {"collection_id": done.collection_id, "state": done.state, "revision": done.revision}
    show(told, as_json, lambda: facts("番号を封印しました / number sealed", told))


def rejected_number(done: "RowRejection") -> CommandError:
    """Why what was typed cannot be this person's number."""
    return CommandError(done.code, done.message_ja, done.message_en)


def unwritable(path: Path, error: OSError) -> CommandError:
    """A file cannot be written."""
    return CommandError(
        "FILE",
        f"{named(path)} に書き込めません({error.strerror})。空き容量と権限を確認してください。",
        f"{named(path)} cannot be written ({error.strerror}). Check space and rights.",
    )


def exists(path: Path) -> CommandError:
    """There is a file of this name, which stays."""
    return CommandError(
        "FILE_EXISTS",
        f"{named(path)} は既にあります。別の場所を指定するか、先に消してください。",
        f"{named(path)} exists. Name another place, or remove it first.",
    )


def create(path: Path) -> int:
    """A new file for its owner alone, as a descriptor to write to.

    Raises:
        CommandError: there is one already, or none can be made.
    """
    try:
        return os.open(path, _CREATE, _OWNER_FILE)
    except FileExistsError:
        raise exists(path) from None
    except OSError as error:
        raise unwritable(path, error) from None


def _check_view(out: Path | None, *, shows: bool, as_json: bool) -> None:
    """Told before anybody signs in, and before a look is recorded that nobody has."""
    if out is None and not shows:
        raise CommandError(
            "NOTHING_TO_VIEW",
            "--out で画像の保存先を、番号を見るときは --show-number を指定してください。",
            "Give --out, a directory for the images, or --show-number to see the number.",
        )
    if shows and (as_json or not sys.stdout.isatty()):
        raise CommandError(
            "TERMINAL",
            "番号は端末にだけ表示します。--json やリダイレクトを外して実行してください。",
            "A number is shown at a terminal alone: run it without --json and without redirecting its output.",
        )
    if out is not None:
        try:
            out.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(out, error) from None


def _files(found: "CollectionReview", out: Path) -> dict[str, Path]:
    """Where each image goes; nothing that is there is replaced."""
    images = [each for each in found.items if not each.is_number]
    files = {each.item_id: out / _name(place, found, each) for place, each in enumerate(images, 1)}
    for path in files.values():
        if path.exists():
            raise exists(path)
    return files


def _name(place: int, found: "CollectionReview", item: "SubmittedItem") -> str:
    parts = (found.collection.collection_id, str(place), item.document or "", item.side or "")
    return "-".join(_UNSAFE.sub("_", part) for part in parts if part) + ".jpg"


def _opened(
    vault: "Warifu", collection: str, items: Sequence[str]
) -> tuple["Number | None", list["OpenedImage"]]:
    number: Number | None = None
    images: list[OpenedImage] = []
    for start in range(0, len(items), _AT_ONCE):
        look = partial(vault.open_submitted, collection, items[start : start + _AT_ONCE])
        opened = proven(vault, look)
        number = opened.number or number
        images += opened.images
    return number, images


def _saved(path: Path, image: "OpenedImage") -> dict[str, str]:
    with os.fdopen(create(path), "wb") as file:
        try:
            file.write(image.image)
            file.flush()
        except OSError as error:
            path.unlink(missing_ok=True)
            raise unwritable(path, error) from None
    return {"item_id": image.item_id, "document": image.document, "side": image.side or "", "file": str(path)}


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            raise CommandError(
                "FILE_TOO_LARGE",
                f"{named(path)} は 5 MiB を超えています。解像度を下げるか、ページを分けてください。",
                f"{named(path)} is larger than 5 MiB. Lower its resolution, or split its pages.",
            )
        return path.read_bytes()
    except OSError:
        raise CommandError(
            "FILE",
            f"{named(path)} を読めません。パスを確認してください。",
            f"{named(path)} cannot be read. Check the path.",
        ) from None


def _undocumented() -> CommandError:
    return CommandError(
        "DOCUMENT",
        "画像には --document でコードを指定してください。番号の提出では --document と --side を外してください。",
        "Say with --document what the images show. To submit the number, leave --document and --side out.",
    )


def _tell(found: "CollectionReview", saved: Sequence[dict[str, str]], number: "Number | None") -> None:
    tell_person(found.collection)
    if number is not None:
        console.print(Text(f" 個人番号 / number: {number.reveal()}"), soft_wrap=True, highlight=False)
    for image in saved:
        line = f" {image['document']} {image['side']}: {image['file']}"
        console.print(line, soft_wrap=True, highlight=False, markup=False)
    if saved:
        console.print(
            " 確認が終わったら画像を消してください。 / Erase the images when you are done.", highlight=False
        )
