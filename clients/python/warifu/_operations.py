"""The GraphQL documents of the client: copies of `clients/operations`, one for each field of the API it uses."""

from functools import cache
from importlib.resources import files


@cache
def document(name: str) -> str:
    """The document that asks for a root field.

    Args:
        name: the root field's name, such as `confirmUse`.
    """
    return (files("warifu") / "operations" / f"{name}.graphql").read_text(encoding="utf-8")
