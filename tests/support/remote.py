"""Commands that speak to a running vault: run in this process as a program runs them, or at a terminal of their own."""

import os
import pty
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import typer
from typer.testing import CliRunner

from api.cli.commands import app as every_command
from tests.support.command import Outcome
from tests.support.live import PASSWORD, Company, Human

ANSWERED_WITHIN: Final = 30.0
_NAMES: Final = ("ENDPOINT", "TENANT", "LOGIN", "PASSWORD", "LOGIN_CODE", "CODE", "SESSION", "CLIENT_KEY")


@dataclass(frozen=True)
class Desk:
    """Where somebody of a company runs commands."""

    company: Company

    def __call__(
        self,
        *arguments: str,
        by: Human | None = None,
        app: typer.Typer = every_command,
        as_json: bool = True,
        stdin: str | None = None,
        **secrets: str | None,
    ) -> Outcome:
        """Run a command without a terminal.

        Args:
            *arguments: the command and its arguments.
            by: who signs in, with password and code in the environment.
            app: the commands there are.
            as_json: whether a program runs it.
            stdin: what it may read.
            **secrets: further variables, such as CODE; None takes one away.
        """
        environment = dict.fromkeys((f"WARIFU_{name}" for name in _NAMES), None) | self.place
        environment |= self.signing_in(by) if by else {}
        environment |= {f"WARIFU_{name}": value for name, value in secrets.items()}
        more = ["--json"] if as_json else []
        result = CliRunner().invoke(app, [*arguments, *more], env=environment, input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.output, result.stdout)

    @property
    def place(self) -> dict[str, str | None]:
        """The variables that say where."""
        return {"WARIFU_ENDPOINT": self.company.url, "WARIFU_TENANT": self.company.tenant_id}

    @property
    def open_sessions(self) -> int:
        """How many sessions of the company's people there are."""
        with closing(sqlite3.connect(self.company.server.directory / "data" / "warifu.db")) as connection:
            query = "SELECT count(*) FROM session WHERE tenant_id = ?"
            (count,) = connection.execute(query, (self.company.tenant,)).fetchone()
        return int(count)

    def signing_in(self, human: Human) -> dict[str, str | None]:
        """The variables with which somebody signs in, once."""
        return {
            "WARIFU_LOGIN": human.login,
            "WARIFU_PASSWORD": PASSWORD,
            "WARIFU_LOGIN_CODE": self.company.code(human),
        }


def refused(outcome: Outcome) -> str:
    """The code of what stopped a command, said in both languages."""
    assert outcome.code == 1, outcome.text
    error = outcome.json["error"]
    assert error["message_ja"]
    assert error["message_en"]
    return str(error["code"])


def session_of(company: Company, human: Human) -> str:
    """A session of somebody's."""
    held = company.login(human).credential
    assert held is not None
    return held.reveal()


class Terminal:
    """A terminal in which a command runs as a process of its own, and somebody reads and types."""

    def __init__(self, master: int, process: subprocess.Popen[bytes]) -> None:
        self._master = master
        self._process = process
        self.shown = ""
        self._seen = 0

    def until(self, text: str) -> str:
        """Read until a text is shown after what was waited for before, and give all that was shown so far."""
        deadline = time.monotonic() + ANSWERED_WITHIN
        while text not in self.shown[self._seen :]:
            left = deadline - time.monotonic()
            assert left > 0, f"waited for {text!r}: {self.shown}"
            assert self._read(left), f"the command ended before {text!r}: {self.shown}"
        self._seen = self.shown.index(text, self._seen) + len(text)
        return self.shown

    def type(self, text: str) -> None:
        os.write(self._master, f"{text}\n".encode())

    def close(self) -> None:
        """Close the window."""
        self._process.send_signal(signal.SIGHUP)

    def end(self) -> int:
        """Read to the end, and give the exit code."""
        while self._read(ANSWERED_WITHIN):
            pass
        return self._process.wait(ANSWERED_WITHIN)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], seconds)
        data = b""
        with suppress(OSError):  # the other side is closed
            data = os.read(self._master, 65_536) if ready else b""
        self.shown += data.decode(errors="replace")
        return bool(data)


@contextmanager
def terminal(*arguments: str, environment: Mapping[str, str | None]) -> Iterator[Terminal]:
    """Run a command at a terminal of its own.

    Args:
        *arguments: the command and its arguments.
        environment: variables to set, or to take away with None.
    """
    given = {**os.environ, "COLUMNS": "160", "TERM": "dumb", "PYTHONWARNINGS": "error"} | environment
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        env={name: value for name, value in given.items() if value is not None},
    )
    os.close(slave)
    try:
        yield Terminal(master, process)
    finally:
        process.kill()
        process.wait()
        os.close(master)
