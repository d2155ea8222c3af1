"""`docs/commands.md` and the commands say the same; none takes a secret as an argument."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from api.cli import (
    appointment,
    campaign,
    collection,
    deficiency,
    departure,
    disposal,
    document,
    hold,
    identity_document,
    inquiry,
    kit,
    link,
    notice,
)
from api.cli.commands import app

PAGE = Path(__file__).parents[3] / "docs" / "commands.md"
REMOTE = (
    appointment,
    campaign,
    collection,
    deficiency,
    departure,
    disposal,
    document,
    hold,
    identity_document,
    inquiry,
    kit,
    link,
    notice,
)


def lines() -> list[str]:
    """Every call of the command on the page."""
    return [
        line.removeprefix("$ ")
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("$ warifu")
    ]


def command_of(words: list[str]) -> Any:
    found: Any = get_command(app)
    while hasattr(found, "get_command"):
        found = found.get_command(None, words.pop(0))
    return found


@pytest.mark.parametrize("line", lines())
def test_what_the_page_calls_exists_with_its_options(line: str) -> None:
    _, *words = shlex.split(line, comments=True)
    command = command_of(words)
    known = {option for parameter in command.params for option in parameter.opts}
    given = [word for word in words[: words.index("--") if "--" in words else None] if word.startswith("--")]
    assert set(given) <= known


def remote_commands() -> Iterator[tuple[str, Any]]:
    for module in REMOTE:
        found = get_command(module.app)  # a group, unless it has one command alone
        for name, command in getattr(found, "commands", {found.name: found}).items():
            yield f"{module.__name__.rpartition('.')[2]} {name}", command


def test_every_remote_command_stands_on_the_page_and_speaks_json_and_takes_no_secret() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, command in remote_commands():
        options = {option for parameter in command.params for option in parameter.opts}
        assert options >= {"--json", "--endpoint", "--login", "--tenant"}, name
        assert not options & {"--password", "--code", "--session", "--key", "--credential"}, name
        assert name.split()[1] in page, name
