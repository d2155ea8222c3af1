"""What the vault answers about the tenant, its accounts and its clients."""

from dataclasses import dataclass
from datetime import datetime

from warifu.results_enums import ActorKind, Role
from warifu.results_secret import Secret


@dataclass(frozen=True, slots=True)
class Tenant:
    """A company whose numbers are kept (事業者).

    Attributes:
        tenant_id: public id.
        name: name.
        sandbox: whether it takes the officially published sample numbers.
        approval_over: a use of more numbers than this needs a second person.
        quota_client: numbers a client may bring out in a day.
        quota_human: numbers a human may bring out in a day.
        quota_purpose: numbers that may come out for a purpose in a day.
    """

    tenant_id: str
    name: str
    sandbox: bool
    approval_over: int
    quota_client: int
    quota_human: int
    quota_purpose: int


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is asking.

    Attributes:
        kind: a human or a client.
        name: public id, as the audit log names it.
        roles: a human's roles.
        purposes: codes a client may ask numbers for.
        tenant: their tenant.
    """

    kind: ActorKind
    name: str
    roles: tuple[Role, ...]
    purposes: tuple[str, ...]
    tenant: Tenant


@dataclass(frozen=True, slots=True)
class Account:
    """A named human of the tenant.

    Attributes:
        login: public id, as the audit log names it.
        name: the person's name.
        roles: what they may be.
        disabled: whether the account has ended.
        created_at: when it was opened.
    """

    login: str
    name: str
    roles: tuple[Role, ...]
    disabled: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A second factor; shown this once.

    Attributes:
        account: whose.
        seed: seed for an authenticator, base32.
        uri: the same as an `otpauth://` address, for a QR code.
        recovery_codes: ten codes, each good once.
    """

    account: Account
    seed: Secret
    uri: Secret
    recovery_codes: tuple[Secret, ...]


@dataclass(frozen=True, slots=True)
class Client:
    """A machine credential of an integrator.

    Attributes:
        name: public id, as the audit log names it.
        purposes: codes it may ask numbers for.
        revoked: whether it has ended, with all its keys and tokens.
        created_at: when it was registered.
    """

    name: str
    purposes: tuple[str, ...]
    revoked: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ClientKey:
    """A client with a key that is shown this once."""

    client: Client
    key: Secret
