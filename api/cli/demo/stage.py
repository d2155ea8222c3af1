"""The demo's stage: a fresh installation and a server of its own, both started by the commands a person would type."""

import contextlib
import shutil
import subprocess
import sys
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import IO, Any, Final, Self

import orjson

from api.cli.demo.report import Report
from api.cli.output import CommandError

_MARK: Final = ".warifu-demo"
_STOP_SECONDS: Final = 20


class Stage:
    """A directory with data, keys and a running server.

    Args:
        directory: where everything goes; replaced if an earlier demo made it.
        report: what happens is told here.
    """

    def __init__(self, directory: Path, report: Report) -> None:
        self.directory = directory
        self.data = directory / "data"
        self.first: dict[str, Any] = {}
        self.stranger: dict[str, Any] = {}
        self.endpoint = ""
        self._report = report
        self._server: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    def __enter__(self) -> Self:
        _make_room(self.directory)
        keys = self.directory / "keys"
        names = ["--tenant", "サンプル給与株式会社", "--client", "payroll", "--handler", "tanaka"]
        self.first = self._command("init", "--data", str(self.data), "--keys", str(keys), *names)
        other = self._command("tenant", "create", "よその会社株式会社", "--data", str(self.data))
        there = ["--data", str(self.data), "--tenant", other["tenant"]]
        self.stranger = (
            other
            | self._command("client", "create", "stranger", *there)
            | self._command("handler", "create", "kansa", "--role", "auditor", *there)
        )
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def file(self, name: str) -> Path:
        """A file of the demo."""
        return self.directory / name

    def _command(self, *arguments: str) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "api.cli", *arguments, "--json"],
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            raise _failed(arguments[0], done.stdout + done.stderr)
        answer: dict[str, Any] = orjson.loads(done.stdout)
        return answer

    def _start(self) -> None:
        began = monotonic()
        self._log = self.file("server.log").open("wb")
        self._server = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "serve", "--data", str(self.data), "--port", "0", "--json"],
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        said = _first_object(self._server.stdout)
        if not said:
            raise _failed("serve", self.file("server.log").read_bytes())
        self.endpoint = orjson.loads(said)["endpoint"]
        self._report.fact("server_start_seconds", round(monotonic() - began, 2))

    def _stop(self) -> None:
        if self._server is not None:
            self._server.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._server.wait(_STOP_SECONDS)
            if self._server.poll() is None:
                self._server.kill()
                self._server.wait()
            if self._server.stdout is not None:
                self._server.stdout.close()
        if self._log is not None:
            self._log.close()


def _make_room(directory: Path) -> None:
    if directory.exists() and any(directory.iterdir()):
        if not (directory / _MARK).exists():
            raise CommandError(
                "DIRECTORY",
                f"{directory} はデモが作成したものではありません。--directory で別の場所を指定してください。",
                f"{directory} is not empty and no demo made it. Choose another place with --directory.",
            )
        shutil.rmtree(directory)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / _MARK).touch()


def _first_object(stream: IO[bytes] | None) -> bytes:
    """Read until the JSON object that says the server is ready ends."""
    said = b""
    for line in stream or ():
        said += line
        if line.rstrip() == b"}":
            break
    return said


def _failed(command: str, output: bytes) -> CommandError:
    tail = output.decode(errors="replace").strip()[-2000:]
    return CommandError(
        "DEMO", f"warifu {command} に失敗しました: {tail}", f"warifu {command} failed: {tail}"
    )
