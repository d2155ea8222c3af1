"""Progress bars for people who wait; nothing for programs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from api.cli.output import errors

_STEPS: Final = {
    "copy": "複製 / copying",
    "seal": "封印 / sealing",
    "check": "照合 / checking",
    "write": "書き戻し / writing",
    "logs": "監査ログ / logs",
    "add": "追加 / adding",
    "send": "発送の指示 / ordering",
    "look": "確認 / looking",
}


@contextmanager
def progress(as_json: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Show how far a command is, on standard error, if somebody is looking there.

    Args:
        as_json: whether a program is asking.
    """
    if as_json or not errors.is_terminal:
        yield lambda _step, _done, _whole: None
        return
    # Slow to load, and needed by the commands that wait.
    from rich.progress import Progress, TaskID

    with Progress(console=errors, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(step: str, done: int, whole: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(_STEPS[step])
            bars.update(tasks[step], completed=done, total=whole or None)

        yield tell
