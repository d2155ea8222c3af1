"""`warifu disposal confirm` and `approve`: a human sees a list, and stands behind exactly that one with a code."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.cli.disposal_told import tell_review, tell_runs
from api.cli.output import CommandError, Json, errors, show
from api.cli.remote import LOCAL, Endpoint, Login, Remote, RemoteTenant, can_ask, signed_in, with_code

if TYPE_CHECKING:
    from warifu import DisposalItem, DisposalReview, DisposalRun, Warifu

RunId = Annotated[str, typer.Argument(help="Public id of the disposal. / 廃棄の ID")]
Digest = Annotated[
    str,
    typer.Option(
        "--digest", help="Digest of the list you saw in `show`; nothing is asked then. / 見た一覧の要約値"
    ),
]

_TRIES: Final = 3
_CONFIRM: Final = "この一覧を確認し、責任を持ちますか / Do you stand behind this list"
_APPROVE: Final = (
    "この一覧の廃棄を承認しますか。元に戻せません / Do you approve it? Nothing brings a number back"
)


def confirm(
    run: RunId,
    digest: Digest = "",
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Stand behind the list of a disposal, with a one-time code. / 一覧を確認します。"""
    _decide(_CONFIRM, run, digest, Remote(endpoint, login, tenant), as_json, lambda v: v.confirm_disposal)


def approve(
    run: RunId,
    digest: Digest = "",
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Approve a disposal as the second person, with a one-time code. / 別の担当者が承認します。"""
    _decide(_APPROVE, run, digest, Remote(endpoint, login, tenant), as_json, lambda v: v.approve_disposal)


def found(vault: "Warifu", run: str) -> "DisposalReview":
    """A disposal.

    Raises:
        CommandError: there is none of this id.
    """
    review = vault.disposal_run(run)
    if review is None:
        raise CommandError(
            "run-unknown",
            "この ID の廃棄はありません。warifu disposal list で確認してください。",
            "There is no disposal of this id. See `warifu disposal list`.",
        )
    return review


def reviewed(vault: "Warifu", run: str) -> tuple["DisposalReview", list["DisposalItem"]]:
    """A disposal with its whole list: the one that its digest is of, though the list may be changing.

    Raises:
        CommandError: there is none of this id, or its list does not stay the same while it is read.
    """
    review = found(vault, run)
    for _ in range(_TRIES):
        items = list(vault.disposal_items(run))
        after = found(vault, run)
        if after.digest == review.digest:
            return after, items
        review = after
    raise CommandError(
        "run-changed",
        "一覧が読み取り中に変わり続けています。少し待ってからやり直してください。",
        "The list keeps changing while it is read. Wait a little, then try again.",
    )


_Step = Callable[["Warifu"], Callable[["DisposalReview", str], "DisposalRun"]]


def _decide(question: str, run: str, digest: str, remote: Remote, as_json: bool, step: _Step) -> None:
    def act(vault: "Warifu") -> "DisposalRun":
        seen = replace(found(vault, run), digest=digest) if digest else _agreed(vault, run, question)
        return with_code(lambda code: step(vault)(seen, code))

    done = signed_in(remote, act, as_json, lambda: _check_can_see(digest))
    show({"run": asdict(done)}, as_json, lambda: tell_runs([done], []))


def _check_can_see(digest: str) -> None:
    """Told before anybody signs in, since a code is good once."""
    if not digest and not can_ask():
        raise CommandError(
            "TERMINAL",
            "一覧を確認する端末がありません。warifu disposal show で見た要約値を --digest で渡してください。",
            "There is no terminal to ask on. Give the digest that `warifu disposal show` tells with --digest.",
        )


def _agreed(vault: "Warifu", run: str, question: str) -> "DisposalReview":
    review, items = reviewed(vault, run)
    tell_review(review, items, errors)
    errors.print(
        f"名前の一覧 / names: warifu disposal show {review.run.run_id}", highlight=False, markup=False
    )
    if not typer.confirm(question, err=True):
        raise CommandError(
            "NOT_AGREED",
            "何も変更していません。対象者を外すには warifu disposal exclude を使ってください。",
            "Nothing was changed. To leave persons out, use `warifu disposal exclude`.",
        )
    return review
