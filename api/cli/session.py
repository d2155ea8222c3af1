"""`warifu session`: sign in once for several commands; the session is in memory alone, and ends with the shell."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.cli.output import errors, fail
from api.cli.remote import (
    CODE,
    LOCAL,
    LOGIN_CODE,
    PASSWORD,
    SESSION,
    Endpoint,
    Login,
    Remote,
    RemoteTenant,
    can_ask,
    signed_in,
)

if TYPE_CHECKING:
    from warifu import Warifu

_ENDING: Final = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
_BY_SIGNAL: Final = 128
"""What shells add to the number of the signal that ended a command."""


def session(
    command: Annotated[
        list[str] | None, typer.Argument(help="What to run, after `--`; your shell if left out. / コマンド")
    ] = None,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
) -> None:
    """Sign in once, for all commands of a shell; sign out when it ends. / 1 回のサインインで続けて実行します。"""
    words = command or [os.environ.get("SHELL") or "/bin/sh"]

    def act(vault: "Warifu") -> int:
        if not command and can_ask():
            errors.print(
                "サインインしました。exit で終了します(15 分操作がないと終了します)。\n"
                "Signed in. `exit` signs out; so do 15 minutes without a command.",
                highlight=False,
            )
        return _run(words, _environment(vault, endpoint))

    raise typer.Exit(signed_in(Remote(endpoint, login, tenant), act, as_json=False))


def _environment(vault: "Warifu", endpoint: str) -> dict[str, str]:
    """The session instead of what it was opened with."""
    viewer = vault.viewer()
    held = vault.credential
    spent = {PASSWORD, LOGIN_CODE, CODE}
    kept = {name: value for name, value in os.environ.items() if name not in spent}
    place = {"WARIFU_ENDPOINT": endpoint, "WARIFU_LOGIN": viewer.name}
    place |= {"WARIFU_TENANT": viewer.tenant.tenant_id}
    return kept | place | {SESSION: held.reveal() if held else ""}


def _run(words: list[str], environment: dict[str, str]) -> int:
    ending = Ending()
    try:
        with ending.heard(), subprocess.Popen(words, env=environment) as process:  # noqa: S603 - what the user typed
            try:
                ending.begin()
                code = process.wait()
            except BaseException:
                process.kill()
                raise
    except OSError:
        fail(
            "COMMAND",
            f"{words[0]} を実行できません。-- の後のコマンドを確認してください。",
            f"{words[0]} cannot be run. Check the command after `--`.",
            as_json=False,
        )
    return code if code >= 0 else _BY_SIGNAL - code


class Ending:
    """A closed window ends the command and signs out, instead of leaving the session until it runs out."""

    def __init__(self) -> None:
        self._heard = 0
        self._begun = False

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Listen to the signals that end a command."""
        before = {number: signal.signal(number, self._hear) for number in _ENDING}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def begin(self) -> None:
        """From here on a signal ends it at once; one that came while the command was being started does so now."""
        self._begun = True
        if self._heard:
            raise SystemExit(_BY_SIGNAL + self._heard)

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        self._heard = number
        if self._begun:
            raise SystemExit(_BY_SIGNAL + number)
