"""The command line in tests: run in this process, as a person or a program would call it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from api.cli.commands import app


@dataclass(frozen=True)
class Outcome:
    """How a command ended: its code, all it said, and what of that a program reads."""

    code: int
    text: str
    out: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


@dataclass(frozen=True)
class Command:
    """The command, bound to one installation."""

    place: Path

    @property
    def data(self) -> Path:
        return self.place / "data"

    @property
    def keys(self) -> Path:
        return self.place / "keys"

    def __call__(self, *arguments: str, as_json: bool = True) -> Outcome:
        more = ["--json"] if as_json else []
        result = CliRunner().invoke(app, [*arguments, *more])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.output, result.stdout)

    def init(self, *more: str) -> dict[str, Any]:
        """Set the installation up."""
        done = self("init", "--data", str(self.data), "--keys", str(self.keys), *more)
        assert done.code == 0, done.text
        return done.json

    def on(self, *arguments: str, as_json: bool = True) -> Outcome:
        """Run a command on the installation."""
        return self(*arguments, "--data", str(self.data), as_json=as_json)
