"""The client: one credential at one vault.

with Warifu("https://vault.example", key) as vault:
    done = vault.tokenize(columns, notified=["TAX_GENSEN"], ...)
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self, TypedDict, Unpack

import httpx

from warifu.client_admin import AdminCalls
from warifu.client_appointments import AppointmentCalls
from warifu.client_audit import AuditCalls
from warifu.client_campaigns import CampaignCalls
from warifu.client_collection_links import CollectionLinkCalls
from warifu.client_collections import CollectionCalls
from warifu.client_contract import ContractCalls
from warifu.client_disposal import DisposalCalls
from warifu.client_documents import DocumentCalls
from warifu.client_exports import ExportCalls
from warifu.client_inquiries import InquiryCalls
from warifu.client_kits import KitCalls
from warifu.client_tokens import TokenCalls
from warifu.client_uses import UseCalls
from warifu.client_verification import VerificationCalls
from warifu.results_admin import Account, Enrolment
from warifu.results_secret import Secret
from warifu.transport import Transport
from warifu.transport_endpoint import read_endpoint

_TIMEOUT = 60.0
_RETRIES = 3


@dataclass(frozen=True, slots=True)
class _LoggedIn:
    account: Account
    session: Secret
    expires_at: datetime


class Options(TypedDict, total=False):
    """How a client talks to the vault.

    Attributes:
        transport: stands in for the network, in tests.
        timeout: seconds without a byte before an attempt is given up; the vault itself gives up after 30.
        retries: how often a query, or a mutation with an idempotency key, is repeated.
        sleep: waits some seconds between attempts.
        plain_http: whether `http://` to another machine is meant to be.
    """

    transport: httpx.BaseTransport | None
    timeout: float
    retries: int
    sleep: Callable[[float], None]
    plain_http: bool


class Warifu(
    TokenCalls,
    UseCalls,
    CampaignCalls,
    CollectionCalls,
    CollectionLinkCalls,
    VerificationCalls,
    KitCalls,
    InquiryCalls,
    AppointmentCalls,
    DocumentCalls,
    DisposalCalls,
    ContractCalls,
    ExportCalls,
    AuditCalls,
    AdminCalls,
):
    """A credential at a vault. Usable from several threads; close it, or use it as a context manager.

    Every method raises `WarifuError`'s classes: `Refused` where a rule said no, and others as to whose fault it is.
    """

    def __init__(self, endpoint: str, key: str | Secret | None, **options: Unpack[Options]) -> None:
        """Make a client; the first request connects.

        Args:
            endpoint: `https://vault.example`; plain HTTP to this machine alone.
            key: client key, session, or certificate key; None to ask without a credential.
            **options: see `Options`.

        Raises:
            ValueError: the endpoint or the key is malformed, or numbers would travel unencrypted.
        """
        place = read_endpoint(endpoint, plain_http=options.get("plain_http", False))
        transport = Transport(
            place,
            _credential(key),
            transport=options.get("transport"),
            timeout=options.get("timeout", _TIMEOUT),
            retries=options.get("retries", _RETRIES),
            sleep=options.get("sleep", time.sleep),
        )
        super().__init__(transport)

    @classmethod
    def login(
        cls, endpoint: str, tenant: str, login: str, password: str, code: str, **options: Unpack[Options]
    ) -> Self:
        """Open a session as a human: password, then one-time code.

        Args:
            endpoint: where the vault is.
            tenant: public id of the tenant.
            login: login.
            password: password.
            code: one-time code; good once.
            **options: see `Options`.

        Returns:
            A client with the session as its credential; it ends after 15 minutes without a request.

        Raises:
            Refused: a rule said no.
        """
        vault = cls(endpoint, None, **options)
        sent = {"tenant": tenant, "login": login, "password": password, "code": code}
        try:
            vault._transport.key = vault._change("login", sent, {"LoggedIn": _LoggedIn}).session
        except BaseException:
            vault.close()
            raise
        return vault

    @classmethod
    def recover_second_factor(
        cls,
        endpoint: str,
        tenant: str,
        login: str,
        password: str,
        recovery_code: str,
        **options: Unpack[Options],
    ) -> Enrolment:
        """Enrol one's one-time code anew with a recovery code.

        Args:
            endpoint: where the vault is.
            tenant: public id of the tenant.
            login: login.
            password: password.
            recovery_code: one of the recovery codes; good once.
            **options: see `Options`.

        Raises:
            Refused: a rule said no.
        """
        sent = {"tenant": tenant, "login": login, "password": password, "recoveryCode": recovery_code}
        with cls(endpoint, None, **options) as vault:
            return vault._change("recoverSecondFactor", sent, {"AccountEnrolled": Enrolment})

    @property
    def credential(self) -> Secret | None:
        """The key or the session that this client speaks with; None where it speaks as nobody."""
        return self._transport.key

    def logout(self) -> None:
        """End the session; what is asked afterwards is asked by nobody."""
        self._transport.execute("logout", {}, repeatable=False)
        self._transport.key = None

    def close(self) -> None:
        """Close all connections. A session lives on until it is logged out or runs out."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._transport.endpoint.url!r})"


def _credential(key: str | Secret | None) -> Secret | None:
    text = key.reveal() if isinstance(key, Secret) else key
    if text is None:
        return None
    # A header takes no other text, and httpx's error would quote it.
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError(
            "キーに空白や制御文字が含まれています。発行されたままの値を渡してください。 / "
            "The key holds blanks or control characters. Pass it just as it was issued."
        )
    return Secret(text)
