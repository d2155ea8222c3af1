"""The command line. It calls the same use cases as the schema, so what an operator does is recorded as well."""

from api.cli.loading import loading


def main() -> None:
    """Run the command line."""
    with loading():
        from api.cli.commands import app

    app()
