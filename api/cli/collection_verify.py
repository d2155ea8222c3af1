"""`warifu collection verify`: a handler says what they saw, the rules decide, findings come with their articles."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.cli.collection_chosen import CollectionId, reviewed
from api.cli.collection_told import both, tell_person, tell_verdict
from api.cli.output import CommandError, Json, console, errors, show, table
from api.cli.remote import LOCAL, Endpoint, Login, Remote, RemoteTenant, can_ask, signed_in
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

if TYPE_CHECKING:
    from warifu import CodeInWords, CollectionVerified, VerificationCase, Warifu

_QUESTION: Final = (
    "この収集に、この内容で判定を求めますか / Have the rules decide on this collection with this case"
)


def verify(
    collection: CollectionId,
    revision: Annotated[
        int | None,
        typer.Option("--revision", help="The one you looked at; nothing is asked then. / 確認した版"),
    ] = None,
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
    """Have the rules decide whether what was shown suffices (番号法16条). / 本人確認の判定を求めます。"""
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
    )

    def check() -> None:
        told.check()
        if revision is None and not can_ask():
            raise _unseen()

    def act(vault: "Warifu") -> "CollectionVerified":
        found = reviewed(vault, collection).collection
        seen = told.read(vault, found)
        if revision is None:
            tell_person(found)
            _agree(seen)
        return vault.verify_collection(collection, seen, found.revision if revision is None else revision)

    done = signed_in(Remote(endpoint, login, tenant), act, as_json, check)
    show(asdict(done), as_json, lambda: _tell(collection, done))
    if not done.verification.accepted:
        raise typer.Exit(1)


def tell_deficiencies(collection: str, deficiencies: Sequence["CodeInWords"]) -> None:
    """Print what to tell the person, and the command that records it."""
    if not deficiencies:
        return
    rows = [[each.code, both(each.words)] for each in deficiencies]
    table("本人に伝えること / what to tell the person", ["code", "内容 / words"], rows)
    codes = " ".join(f"--why {each.code}" for each in deficiencies)
    line = f"次の手順 / next: warifu collection deficient {collection} {codes}"
    console.print(line, highlight=False, markup=False, soft_wrap=True)


def _agree(seen: "VerificationCase") -> None:
    number, identity = (
        ", ".join(each.document for each in shown) or "-" for shown in (seen.number, seen.identity)
    )
    line = f"{seen.subject} · {seen.channel} · 番号 / number: {number} · 身元 / identity: {identity}"
    errors.print(line, highlight=False, markup=False, soft_wrap=True)
    if not typer.confirm(_QUESTION, err=True):
        raise CommandError(
            "NOT_AGREED",
            "何も判定していません。内容を確かめてから、もう一度実行してください。",
            "Nothing was decided. Check what you saw, then run it again.",
        )


def _unseen() -> CommandError:
    return CommandError(
        "TERMINAL",
        "確認を求める端末がありません。warifu collection show で見た版(revision)を --revision で渡してください。",
        "There is no terminal to ask on. Give the revision that `warifu collection show` told with --revision.",
    )


def _tell(collection: str, done: "CollectionVerified") -> None:
    tell_verdict(done.verification)
    tell_deficiencies(collection, done.deficiencies)
    if done.verification.accepted:
        line = f"次の手順 / next: warifu collection register {collection}"
        console.print(line, highlight=False, markup=False, soft_wrap=True)
