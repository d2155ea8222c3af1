"""How commands speak: to people with rich, to programs with one JSON object on standard output."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Annotated, Any, NoReturn, TypeVar

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.event_loop import new_event_loop
from api.settings import SettingsError
from policies.refusals import Denied
from tokenizer.errors import VaultError

T = TypeVar("T")

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON object, for programs. / JSON で出力します。")
]

console = Console()
errors = Console(stderr=True)


class CommandError(Exception):
    """A command cannot go on; the message names what to do, in both languages."""

    def __init__(self, code: str, message_ja: str, message_en: str) -> None:
        super().__init__(f"{message_ja} / {message_en}")
        self.code = code
        self.message_ja = message_ja
        self.message_en = message_en


def show(result: Mapping[str, Any], as_json: bool, render: Callable[[], None]) -> None:
    """Print a command's result for a program or for a person."""
    if as_json:
        sys.stdout.write(orjson.dumps(result, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        render()


def table(
    title: str,
    columns: list[str],
    rows: Sequence[Sequence[str | Text]],
    *,
    to: Console = console,
    whole: Collection[int] = (),
) -> None:
    """Print a table. What somebody else wrote comes as `Text`: a string that begins with a bracket is markup.

    Args:
        title: its title.
        columns: their names.
        rows: cells, row by row.
        to: where it is printed.
        whole: columns that are never wrapped, from 0: ids that people copy, and days.
    """
    grid = Table(title=title, title_justify="left", header_style="bold")
    for place, name in enumerate(columns):
        grid.add_column(name, overflow="fold", no_wrap=place in whole)
    for row in rows:
        grid.add_row(*(cell if isinstance(cell, Text) else _cell(cell) for cell in row))
    to.print(grid)


def facts(title: str, pairs: Mapping[str, Any], to: Console = console) -> None:
    """Print names with their values."""
    to.print(title, style="bold cyan")
    grid = Table(show_header=False, box=None, padding=(0, 2, 0, 1))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in pairs.items():
        grid.add_row(name, Text("\n".join(map(str, value)) if isinstance(value, list) else str(value)))
    to.print(grid)


def _cell(text: str) -> Text:
    return Text.from_markup(text) if text.startswith("[") else Text(text)


def run(work: Callable[[], Awaitable[T]], as_json: bool) -> T:
    """Run a command, and say by name what stopped it."""
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            return runner.run(_await(work))
    except CommandError as error:
        fail(error.code, error.message_ja, error.message_en, as_json)
    except VaultError as error:
        fail(error.code, error.message_ja, error.message_en, as_json)
    except SettingsError as error:
        ja, _, en = str(error).partition(" / ")
        fail("SETTINGS", ja, en, as_json)


def granted(outcome: T | Denied) -> T:
    """What a use case gave, unless it refused.

    Raises:
        CommandError: it refused; the message is the refusal's.
    """
    if isinstance(outcome, Denied):
        raise CommandError(outcome.rule, outcome.message_ja, outcome.message_en)
    return outcome


async def _await(work: Callable[[], Awaitable[T]]) -> T:
    return await work()


def fail(code: str, message_ja: str, message_en: str, as_json: bool) -> NoReturn:
    """Say what stopped a command, and end it."""
    if as_json:
        told = {"error": {"code": code, "message_ja": message_ja, "message_en": message_en}}
        sys.stdout.write(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        errors.print(f"[bold red]{code}[/]", highlight=False)
        errors.print(message_ja, highlight=False, markup=False)
        errors.print(message_en, highlight=False, markup=False)
    raise SystemExit(1)
