"""Typed Python client of the Warifu vault (割符)."""

from warifu.client import Options, Warifu
from warifu.client_columns import Columns
from warifu.client_tokens import Terms
from warifu.errors import (
    AuthenticationError,
    InvalidRequestError,
    LimitError,
    Refused,
    ServerError,
    TransportError,
    UnexpectedAnswerError,
    WarifuError,
)
from warifu.results import (
    Bilingual,
    IssuedToken,
    LegalBasis,
    NoticeGiven,
    NumberChanged,
    NumbersReleased,
    Person,
    PreparedUse,
    Purpose,
    PurposeName,
    PurposeNotice,
    RowRejection,
    Tokenized,
    TokensIssued,
    Use,
    UseConfirmed,
)
from warifu.results_admin import Account, Client, ClientKey, Enrolment, Tenant, Viewer
from warifu.results_audit import AuditDetail, AuditEntry, AuditLog
from warifu.results_enums import (
    ActorKind,
    NumberState,
    Outcome,
    PersonKind,
    PurposeStatus,
    Role,
    UseState,
    Verification,
)
from warifu.results_secret import Number, Secret

__version__ = "0.1.0"

login = Warifu.login

__all__ = [
    "Account",
    "ActorKind",
    "AuditDetail",
    "AuditEntry",
    "AuditLog",
    "AuthenticationError",
    "Bilingual",
    "Client",
    "ClientKey",
    "Columns",
    "Enrolment",
    "InvalidRequestError",
    "IssuedToken",
    "LegalBasis",
    "LimitError",
    "NoticeGiven",
    "Number",
    "NumberChanged",
    "NumberState",
    "NumbersReleased",
    "Options",
    "Outcome",
    "Person",
    "PersonKind",
    "PreparedUse",
    "Purpose",
    "PurposeName",
    "PurposeNotice",
    "PurposeStatus",
    "Refused",
    "Role",
    "RowRejection",
    "Secret",
    "ServerError",
    "Tenant",
    "Terms",
    "Tokenized",
    "TokensIssued",
    "TransportError",
    "UnexpectedAnswerError",
    "Use",
    "UseConfirmed",
    "UseState",
    "Verification",
    "Viewer",
    "Warifu",
    "WarifuError",
    "login",
]
