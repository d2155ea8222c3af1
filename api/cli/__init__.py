"""The command line. It calls the same use cases as the schema, so what an operator does is recorded as well."""

import gc


def main() -> None:
    """Run the command line."""
    # What is loaded stays for good: the collector would look through all of it again and again, and find nothing.
    gc.disable()
    from api.cli.commands import app

    gc.freeze()
    gc.enable()
    app()
