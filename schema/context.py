"""What resolvers get: who is asking, the use cases' dependencies, and the time."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import strawberry

from custody.custodian import Custodian
from policies.actor import Actor
from schema.quiet import PublicError


class Counts(Protocol):
    """Counters a resolver may move."""

    def released(self, purpose: str, numbers: int) -> None:
        """Numbers that came out for a purpose."""
        ...

    def registered(self, purpose: str, numbers: int) -> None:
        """Numbers that went in."""
        ...

    def refusal(self, rule: str) -> None:
        """A refusal by a rule."""
        ...


class Context(NamedTuple):
    """One request.

    Attributes:
        custodian: what use cases work with.
        actor: who is asking; None for nobody in particular, who may only log in.
        clock: milliseconds since the epoch.
        counts: counters.
        request: id of the HTTP request.
        public_url: where people reach the pages of this installation, without a last slash; None if nowhere.
    """

    custodian: Custodian
    actor: Actor | None
    clock: Callable[[], int]
    counts: Counts
    request: str
    public_url: str | None = None

    @property
    def somebody(self) -> Actor:
        """The caller.

        Raises:
            PublicError: nobody is logged in.
        """
        if self.actor is None:
            raise _nobody()
        return self.actor

    def require_somebody(self) -> None:
        """Make sure that there is a caller, where it does not matter who.

        Raises:
            PublicError: nobody is logged in.
        """
        if self.actor is None:
            raise _nobody()


def _nobody() -> PublicError:
    return PublicError(
        "UNAUTHENTICATED",
        "Authorization: Bearer にクライアントキーかセッションを指定してください。",
        "Send a client key or a session as Authorization: Bearer.",
    )


Info = strawberry.Info[Context, None]
