"""Global ids: opaque, stable, one for each object that can be fetched again. A token is never one."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import strawberry


@strawberry.interface(description="An object with a global id.")
class Node:
    """Relay's Node."""

    id: strawberry.ID = strawberry.field(description="Global id; opaque.")


def to_id(kind: str, key: str | int) -> strawberry.ID:
    """The global id of an object."""
    return strawberry.ID(urlsafe_b64encode(f"{kind}:{key}".encode()).decode().rstrip("="))


def from_id(text: str) -> tuple[str, str] | None:
    """Kind and key behind a global id; None if it is none of ours."""
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)).decode()
    except ValueError:
        return None
    kind, colon, key = raw.partition(":")
    # Only the one spelling that `to_id` gives: base64 and white space would allow others.
    return (kind, key) if colon and to_id(kind, key) == text else None
