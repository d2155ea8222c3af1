"""How commands reach a running server: as a human who signs in, or with the credential that the environment holds.

Passwords, codes, sessions and keys come from the environment or are asked for without echo, never from arguments,
which everybody on a machine can read.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from getpass import getpass
from typing import TYPE_CHECKING, Annotated, Final, TextIO, TypeVar
from unicodedata import normalize

import typer

from api.cli.output import CommandError, errors, fail

if TYPE_CHECKING:
    from warifu import Warifu, WarifuError

T = TypeVar("T")

LOCAL: Final = "http://127.0.0.1:8470"
"""Where `warifu serve` listens if nothing else is said."""

PASSWORD: Final = "WARIFU_PASSWORD"  # noqa: S105 - the name of a variable
LOGIN_CODE: Final = "WARIFU_LOGIN_CODE"
CODE: Final = "WARIFU_CODE"
SESSION: Final = "WARIFU_SESSION"
CLIENT_KEY: Final = "WARIFU_CLIENT_KEY"

_PROOF_NEEDED: Final = "recent-proof-needed"
_ASKED_AGAIN: Final = frozenset({"code-used", "code-wrong"})
_TRIES: Final = 3
_CODE_ASKED: Final = "ワンタイムコード / one-time code"

Endpoint = Annotated[
    str, typer.Option("--endpoint", envvar="WARIFU_ENDPOINT", help="The server. / サーバーのアドレス")
]
Login = Annotated[
    str, typer.Option("--login", envvar="WARIFU_LOGIN", help="Who signs in. / サインインする人のログイン名")
]
RemoteTenant = Annotated[
    str, typer.Option("--tenant", envvar="WARIFU_TENANT", help="Public id of the tenant. / 事業者 ID")
]


@dataclass(frozen=True, slots=True)
class Remote:
    """A server, and who is to be known there.

    Attributes:
        endpoint: address of the server.
        login: who signs in; with a session in the environment, "" for whoever it is of.
        tenant: public id of the tenant, likewise.
    """

    endpoint: str
    login: str
    tenant: str


def signed_in(
    remote: Remote, act: Callable[["Warifu"], T], as_json: bool, check: Callable[[], None] = lambda: None
) -> T:
    """Run a command at a server, and say by name what stopped it.

    Args:
        remote: where, and as whom.
        act: what to do, given a client that is signed in; the session ends with it.
        as_json: how to say what stopped it.
        check: what is looked at before anybody signs in, since a code is good once; raises `CommandError`.
    """
    from warifu import WarifuError

    try:
        check()
        with connected(remote) as vault:
            return act(vault)
    except CommandError as error:
        fail(error.code, error.message_ja, error.message_en, as_json)
    except WarifuError as error:
        fail(*_told(error), as_json)


@contextmanager
def connected(remote: Remote) -> Iterator["Warifu"]:
    """A client with the session or key of the environment, or else with a session of its own, ended afterwards.

    Raises:
        CommandError: something is not given, or the session is somebody else's.
        WarifuError: the server refused, or did not answer.
    """
    from warifu import WarifuError

    held = os.environ.get(SESSION) or os.environ.get(CLIENT_KEY)
    vault = _held(remote, held) if held else _login(remote)
    with vault:
        try:
            yield vault
        finally:
            if not held:
                with suppress(WarifuError):  # what stopped the command is what is told
                    vault.logout()


def proven(vault: "Warifu", act: Callable[[], T]) -> T:
    """Do what needs a one-time code of the last minutes; if the session's is older, ask for another.

    Args:
        vault: a client with a human's session.
        act: one call; run again after the code if the first was refused for want of it.
    """
    from warifu import Refused

    try:
        return act()
    except Refused as refused:
        if refused.rule != _PROOF_NEEDED:
            raise
    with_code(vault.reauthenticate)
    return act()


def with_code(act: Callable[[str], T]) -> T:
    """Do what needs a one-time code. Whoever mistypes it, or types that of the sign-in, is told and asked again.

    Args:
        act: one call, given the code; a call that the vault refuses for its code has done nothing.
    """
    from warifu import Refused

    for _ in range(_TRIES - 1):
        try:
            return act(ask_code())
        except Refused as refused:
            if refused.rule not in _ASKED_AGAIN or os.environ.get(CODE):
                raise
            errors.print(f"{refused.message_ja}\n{refused.message_en}", highlight=False, markup=False)
    return act(ask_code())


def ask_code(question: str = _CODE_ASKED, variable: str = CODE) -> str:
    """A one-time code, from the environment or asked for without echo.

    Raises:
        CommandError: there is no terminal to ask on.
    """
    return normalize("NFKC", ask_secret(question, variable)).strip()


def ask_secret(question: str, variable: str) -> str:
    """A secret, from the environment or asked for without echo.

    Args:
        question: what is wanted, in both languages.
        variable: the environment variable that may hold it.

    Raises:
        CommandError: there is no terminal to ask on; names the variable.
    """
    held = os.environ.get(variable)
    if held:
        return held
    if not can_ask():
        raise CommandError(
            "TERMINAL",
            f"入力を求める端末がありません。環境変数 {variable} を設定してください({question})。",
            f"There is no terminal to ask on. Set the environment variable {variable} ({question}).",
        )
    answer = ""
    while not answer:
        answer = getpass(f"{question}: ", stream=sys.stderr)
    return answer


def can_ask() -> bool:
    """Whether somebody sits there who can answer."""
    stdin: TextIO | None = sys.stdin  # a process can be started without one
    return stdin is not None and stdin.isatty()


def _held(remote: Remote, credential: str) -> "Warifu":
    from warifu import Warifu

    vault = _opened(lambda: Warifu(remote.endpoint, credential))
    try:
        _check_whose(vault, remote)
    except BaseException:
        vault.close()
        raise
    return vault


def _login(remote: Remote) -> "Warifu":
    from warifu import Warifu

    _need(remote.login, "--login", "WARIFU_LOGIN")
    _need(remote.tenant, "--tenant", "WARIFU_TENANT")
    _opened(lambda: Warifu(remote.endpoint, None)).close()  # a wrong address is told before anything is asked
    password = ask_secret(f"{remote.login} のパスワード / password of {remote.login}", PASSWORD)
    code = ask_code(f"{_CODE_ASKED} ({remote.login})", LOGIN_CODE)
    return Warifu.login(remote.endpoint, remote.tenant, remote.login, password, code)


def _opened(open_: Callable[[], "Warifu"]) -> "Warifu":
    try:
        return open_()
    except ValueError as error:
        ja, _, en = str(error).partition(" / ")
        raise CommandError("REMOTE", ja, en) from None


def _check_whose(vault: "Warifu", remote: Remote) -> None:
    """What is meant to be done as somebody is not done as somebody else whose session lies about."""
    if not (remote.login or remote.tenant):
        return
    viewer = vault.viewer()
    named = (remote.login or viewer.name, remote.tenant or viewer.tenant.tenant_id)
    if named != (viewer.name, viewer.tenant.tenant_id):
        raise CommandError(
            "SESSION",
            f"環境変数にあるのは {viewer.name}({viewer.tenant.tenant_id})の認証情報です。"
            f"{SESSION} と {CLIENT_KEY} を消すか、--login と --tenant を合わせてください。",
            f"The environment holds a credential of {viewer.name} ({viewer.tenant.tenant_id}). "
            f"Unset {SESSION} and {CLIENT_KEY}, or let --login and --tenant agree with it.",
        )


def _need(value: str, option: str, variable: str) -> None:
    if not value:
        raise CommandError(
            "SIGN_IN",
            f"{option} か環境変数 {variable} を指定してください。",
            f"Give {option}, or set the environment variable {variable}.",
        )


def _told(error: "WarifuError") -> tuple[str, str, str]:
    from warifu import InvalidRequestError, Refused

    if isinstance(error, Refused):
        return error.rule, error.message_ja, error.message_en
    if error.request_id is None or isinstance(error, InvalidRequestError):
        return error.code, error.message_ja, error.message_en
    # The operator finds the request in the server's log by this.
    return error.code, f"{error.message_ja} [{error.request_id}]", f"{error.message_en} [{error.request_id}]"
