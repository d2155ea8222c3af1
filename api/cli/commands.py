"""Every command, under its name; its module is loaded once it is called, since most need little of the house."""

from typing import Any, Final

import typer
from typer.main import get_command, get_group

from api.cli.loading import load
from api.cli.usage import MaskingGroup

_COMMANDS: Final = {
    "init": "installation",
    "serve": "installation",
    "worker": "worker",
    "demo": "demo",
    "doctor": "doctor",
    "session": "session",
    "export": "export",
}
"""Commands by themselves, and the modules whose function of that name they are."""

_GROUPS: Final = {
    "tenant": "tenants",
    "client": "clients",
    "handler": "handlers",
    "audit": "audit",
    "keys": "keys",
    "certificate": "certificates",
    "backup": "backup",
    "restore": "restore",
    "ledger": "ledger",
    "document": "document",
    "departure": "departure",
    "hold": "hold",
    "link": "link",
    "disposal": "disposal",
    "contract": "contract",
    "campaign": "campaign",
    "collection": "collection",
    "notice": "notice",
    "deficiency": "deficiency",
    "identity-document": "identity_document",
    "kit": "kit",
    "inquiry": "inquiry",
    "appointment": "appointment",
}
"""Groups of commands, and the modules whose `app` they are."""


class Commands(MaskingGroup):
    """The commands by name."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order in which help shows them."""
        return [*_COMMANDS, *_GROUPS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load a command; None if there is none of this name."""
        if cmd_name in _GROUPS:
            loaded: Any = get_group(_module(_GROUPS[cmd_name]).app)
        elif cmd_name in _COMMANDS:
            alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            alone.command()(getattr(_module(_COMMANDS[cmd_name]), cmd_name))
            loaded = get_command(alone)
        else:
            return None
        loaded.name = cmd_name
        return loaded


def _module(name: str) -> Any:
    return load(f"api.cli.{name}")


app = typer.Typer(
    name="warifu",
    cls=Commands,
    help="割符 Warifu: a vault for Individual Numbers. / 個人番号の保管庫",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def _warifu() -> None:
    pass
