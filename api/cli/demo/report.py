"""What the demo shows: chapters with their lines, progress where one waits, and a summary at the end."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from api.cli.output import console

_NEXT: Final = (
    ("サーバーを起動する / start the server", "{warifu} serve --data {data}"),
    (
        "監査ログを検証する / verify the log",
        "{warifu} audit verify {dir}/audit.jsonl --checkpoint {dir}/audit.checkpoint --key {dir}/audit.key",
    ),
    ("点検する / look it over", "{warifu} doctor --data {data}"),
    ("API を読む / read the API", "schema/schema.graphql, README.md"),
)


class Report:
    """Collects what happened and shows it as it happens.

    Args:
        quiet: show nothing; a program reads the summary.
        clock: seconds that only grow.
    """

    def __init__(self, *, quiet: bool, clock: Callable[[], float]) -> None:
        self._quiet = quiet
        self._clock = clock
        self._began = clock()
        self._chapters: list[dict[str, object]] = []
        self._facts: dict[str, object] = {}
        self._directory = Path()

    def chapter(self, title: str) -> None:
        """Begin a chapter."""
        self._chapters.append({"title": title, "lines": []})
        if not self._quiet:
            console.print(f"\n[bold cyan]{len(self._chapters)}. {title}[/]")

    def line(self, text: str, *, good: bool = True) -> None:
        """Say that something happened as it should; `good=False` marks a refusal, which is also as it should be."""
        lines = self._chapters[-1]["lines"]
        if isinstance(lines, list):
            lines.append(text)
        if not self._quiet:
            row = Table.grid(padding=(0, 1))
            row.add_column()
            row.add_column()
            row.add_column(overflow="fold")
            row.add_row("  ", "[green]✓[/]" if good else "[yellow]✗[/]", Text(text))
            console.print(row)

    def fact(self, name: str, value: object) -> None:
        """Keep a fact for programs."""
        self._facts[name] = value

    @contextmanager
    def progress(self, text: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show a bar; call what is given with how many more are done."""
        columns = (
            TextColumn("   {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console, transient=True, disable=self._quiet) as bar:
            task = bar.add_task(text, total=total)
            yield lambda done: bar.advance(task, done)

    def summary(self, directory: Path) -> dict[str, object]:
        """Everything for a program."""
        self._directory = directory
        return {
            "seconds": round(self._clock() - self._began, 1),
            "directory": str(directory),
            "files": sorted(str(path) for path in directory.iterdir() if path.is_file() and path.suffix),
            "chapters": self._chapters,
            **self._facts,
        }

    def close(self) -> None:
        """Say what lies where, and what to try next."""
        data, place = self._directory / "data", self._directory
        console.print(f"\n[bold]{self._clock() - self._began:.1f} 秒で完了しました / done in seconds[/]")
        for path in sorted(path for path in place.iterdir() if not path.name.startswith(".")):
            console.print(f"   {path}{'/' if path.is_dir() else ''}", highlight=False)
        console.print("\n[bold]次に試すこと / what to try next[/]")
        for what, command in _NEXT:
            console.print(
                f"   {what}\n      [bold]{command.format(warifu=sys.argv[0], data=data, dir=place)}[/]",
                highlight=False,
            )
