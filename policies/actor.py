"""Who is asking: a named human with a session, a machine client with a key, or the operator at the console."""

from dataclasses import dataclass
from enum import StrEnum


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
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
