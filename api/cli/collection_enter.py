"""`warifu collection register` and `enter`: verified numbers become tokens, many at once or one at the counter."""

import csv
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from api.cli.collection_chosen import Choice, CollectionId, CollectionIds, InCampaign, in_campaign, reviewed
from api.cli.collection_papers import create, exists, rejected_number, unwritable
from api.cli.collection_told import tell_faults
from api.cli.collection_verify import tell_deficiencies
from api.cli.number_asked import ask_number
from api.cli.output import Json, errors, facts, show
from api.cli.remote import LOCAL, Endpoint, Login, Remote, RemoteTenant, signed_in
from api.cli.rows import FileOfRows, Persons, Rejected, Row, finish, in_batches
from api.cli.verification_options import (
    AgreesOption,
    CaseFile,
    ChannelOption,
    IdentityDocuments,
    IssuedOn,
    NumberCard,
    NumberDocument,
    Original,
    SubjectOption,
    Told,
    Unaltered,
    ValidUntil,
)
from policies.identity_catalogue import Channel

if TYPE_CHECKING:
    from warifu import NumberEntered, RowRejection, VerificationRefused, Warifu

_AT_ONCE: Final = 1_000
_HEADER: Final = ("external_id", "collection_id", "token")


def register(
    collections: CollectionIds = None,
    campaign: InCampaign = "",
    persons: Persons = None,
    file: FileOfRows = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="CSV file for the tokens; printed if left out. / トークンの保存先"),
    ] = None,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Register verified numbers, and write their tokens as CSV; --campaign alone takes all that are verified.

    本人確認済みの番号を登録し、トークンを CSV で出力します。
    """
    choice = Choice(collections, campaign, persons, file, whole=True)
    rows: list[Row] = []
    made: list[dict[str, str]] = []

    def check() -> None:
        rows.extend(choice.rows())
        if out is not None and out.exists():
            raise exists(out)

    def act(vault: "Warifu") -> list[Rejected]:
        chosen, absent = _chosen(vault, choice, rows)
        with _writer(out) as write:

            def send(batch: Sequence[Row]) -> "Sequence[RowRejection]":
                done = vault.register_collections([row.cells["collection_id"] for row in batch])
                known = {row.cells["collection_id"]: row.cells["external_id"] for row in batch}
                for collection, token in zip(done.collection_ids, done.tokens, strict=True):
                    made.append(dict(zip(_HEADER, (known[collection], collection, token), strict=True)))
                    write(made[-1])
                return done.rejections

            rejected = in_batches(chosen, send, choice.key, _AT_ONCE)
        return sorted([*absent, *rejected], key=lambda row: row.line)

    rejected = signed_in(Remote(endpoint, login, tenant), act, as_json, check)
    told = {"registered": made if out is None else len(made), "file": out and str(out)}
    finish(told, rejected, as_json, lambda: _tell_tokens(made, out))


def enter(
    collection: CollectionId,
    case: CaseFile = None,
    number_card: NumberCard = False,
    number_document: NumberDocument = "",
    documents: IdentityDocuments = None,
    valid_until: ValidUntil = "",
    issued_on: IssuedOn = "",
    agrees: AgreesOption = None,
    original: Original = False,
    unaltered: Unaltered = False,
    subject: SubjectOption = None,
    channel: ChannelOption = None,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Take a number at the counter: asked for, or read from standard input; verified and registered, or nothing kept.

    窓口で番号を受け取り、本人確認と登録をまとめて行います(番号は入力を求めるか、標準入力から読みます)。
    """
    told = Told(
        case,
        number_card,
        number_document,
        documents or [],
        valid_until,
        issued_on,
        frozenset(agrees or ()),
        original,
        unaltered,
        subject,
        channel,
        Channel.FACE_TO_FACE,
    )

    def act(vault: "Warifu") -> "NumberEntered | VerificationRefused":
        from warifu import RowRejection

        seen = told.read(vault, reviewed(vault, collection).collection)
        done = vault.enter_number(collection, ask_number(), seen)
        if isinstance(done, RowRejection):
            raise rejected_number(done)
        return done

    done = signed_in(Remote(endpoint, login, tenant), act, as_json, told.check)
    _tell_entered(collection, done, as_json)


def _tell_entered(collection: str, done: "NumberEntered | VerificationRefused", as_json: bool) -> None:
    from warifu import NumberEntered

    if isinstance(done, NumberEntered):
        pairs = {"collection_id": done.collection_id, "token": done.token}
        show(pairs, as_json, lambda: facts("登録しました / registered", pairs))
        return

    def render() -> None:
        tell_faults(done.faults)
        tell_deficiencies(collection, done.deficiencies)
        errors.print("何も保存していません。 / Nothing was kept.", highlight=False)

    show({"faults": done.faults, "deficiencies": done.deficiencies}, as_json, render)
    raise typer.Exit(1)


def _chosen(vault: "Warifu", choice: Choice, rows: Sequence[Row]) -> tuple[list[Row], list[Rejected]]:
    """What is to be registered, with the ids of the persons: whoever reads the tokens knows them by those."""
    if choice.campaign and not rows:
        verified = in_campaign(vault, choice.campaign, "VERIFIED")
        return [
            Row(line, {"external_id": each.person.external_id, "collection_id": each.collection_id})
            for line, each in enumerate(verified, 1)
        ], []
    found, absent = choice.found(vault, rows)
    return [row if choice.campaign else _known(vault, row) for row in found], absent


def _known(vault: "Warifu", row: Row) -> Row:
    found = vault.collection(row.cells["collection_id"])
    return Row(row.line, {**row.cells, "external_id": found.collection.person.external_id if found else ""})


@contextmanager
def _writer(out: Path | None) -> Iterator[Any]:
    """Writes each token into the file as it comes: what is registered is in it, whatever stops the rest."""
    if out is None:
        yield lambda _row: None
        return
    written: list[str] = []
    with os.fdopen(create(out), "w", encoding="utf-8", newline="") as file:
        lines = csv.DictWriter(file, _HEADER)
        lines.writeheader()

        def write(row: dict[str, str]) -> None:
            try:
                lines.writerow(row)
                file.flush()
            except OSError as error:
                raise unwritable(out, error) from None
            written.append(row["collection_id"])

        try:
            yield write
        finally:
            if not written:
                out.unlink(missing_ok=True)


def _tell_tokens(made: Sequence[dict[str, str]], out: Path | None) -> None:
    if out is None:
        lines = csv.DictWriter(sys.stdout, _HEADER, lineterminator="\n")
        lines.writeheader()
        lines.writerows(made)
    else:
        facts("登録しました / registered", {"件数 / numbers": len(made), "ファイル / file": out})
