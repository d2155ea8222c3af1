"""Who is asking: a named human with a session, a machine client with a key, or the operator at the console."""

from enum import StrEnum
from typing import Final, NamedTuple


class Role(StrEnum):
    """What a human of a tenant may be."""

    ADMINISTRATOR = "administrator"
    HANDLER = "handler"
    APPROVER = "approver"
    AUDITOR = "auditor"


class ActorKind(StrEnum):
    """The three ways to be somebody."""

    HUMAN = "human"
    CLIENT = "client"
    OPERATOR = "operator"


TENANT_AUDIENCE = 0
"""The audience of tokens made for the tenant's own staff."""

PROOF_MS: Final = 10 * 60_000
"""How long a one-time code proves that the human behind a session is there."""


class Actor(NamedTuple):
    """An authenticated caller.

    Attributes:
        kind: human, client or operator.
        tenant: the tenant they belong to.
        id: the account's or the client's id; 0 for the operator.
        name: the public id the audit log names them by: a login, or a client's name.
        roles: a human's roles; empty for others.
        purposes: codes a client may ask numbers for; empty for others.
        sandbox: whether the tenant is a sandbox.
        request: id of the HTTP request, where there is one.
        session: digest of the human's session, where there is one.
        proven_at: when the human last gave a one-time code for that session; milliseconds since the epoch.
    """

    kind: ActorKind
    tenant: int
    id: int
    name: str
    roles: frozenset[Role] = frozenset()
    purposes: frozenset[str] = frozenset()
    sandbox: bool = False
    request: str | None = None
    session: bytes | None = None
    proven_at: int | None = None

    def is_proven(self, now: int) -> bool:
        """Whether a one-time code of late says that the human is there, and not somebody with their session.

        Args:
            now: milliseconds since the epoch. A clock that was set back makes no proof last longer.
        """
        return self.proven_at is not None and abs(now - self.proven_at) <= PROOF_MS

    @property
    def audience(self) -> int:
        """Whom this actor's tokens are made for."""
        return self.id if self.kind is ActorKind.CLIENT else TENANT_AUDIENCE

    @property
    def human(self) -> str | None:
        """Name for the audit log, if this is a human or the operator."""
        return None if self.kind is ActorKind.CLIENT else self.name

    @property
    def client(self) -> str | None:
        """Name for the audit log, if this is a machine client."""
        return self.name if self.kind is ActorKind.CLIENT else None
