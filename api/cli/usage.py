"""Wrong arguments are told without what may be a number: who types one where none belongs does not find it again."""

import re
from typing import Any, Final

import typer
from typer.core import TyperGroup

from policies.free_text import contains_number

_UsageError: Final[type[Exception]] = typer.BadParameter.mro()[1]
"""What is wrong with arguments; the library names it only in a module of its own."""


class MaskingGroup(TyperGroup):
    """The commands, whose complaints about arguments show no number."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the options before the command's name."""
        try:
            return super().parse_args(ctx, args)
        except _UsageError as error:
            _mask(error)
            raise

    def invoke(self, ctx: Any) -> Any:
        """Find and run a command."""
        try:
            return super().invoke(ctx)
        except _UsageError as error:
            _mask(error)
            raise


def _mask(error: Exception) -> None:
    told = vars(error)
    if contains_number(str(told.get("message", ""))):
        told["message"] = re.sub(r"\d", "*", str(told["message"]))
