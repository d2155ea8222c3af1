"""Administration: the tenant's settings, its accounts, and its clients."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from warifu.client_base import Caller
from warifu.results_admin import Account, Client, ClientKey, Enrolment, Tenant, Viewer
from warifu.transport import random_name


@dataclass(frozen=True, slots=True)
class _AccountChanged:
    account: Account


@dataclass(frozen=True, slots=True)
class _ClientChanged:
    client: Client


@dataclass(frozen=True, slots=True)
class _TenantChanged:
    tenant: Tenant


@dataclass(frozen=True, slots=True)
class _Reauthenticated:
    proven_until: datetime


class AdminCalls(Caller):
    """What administrators do, and what everybody may do about their own account.

    Giving rights, and changing settings, needs a one-time code of the last ten minutes: that of the login, or one
    given to `reauthenticate`. Without one they raise `Refused` with the rule `recent-proof-needed`.
    """

    def viewer(self) -> Viewer:
        """Who is asking, and for which tenant."""
        return self._query("viewer", Viewer)

    def reauthenticate(self, code: str) -> datetime:
        """Give another one-time code for this session, before rights or settings are changed.

        Args:
            code: one's own one-time code, one that was not used yet.

        Returns:
            Until when they can be changed without another one.

        Raises:
            Refused: the code is wrong or was used; ten wrong ones in a row end the authenticator.
        """
        members = {"Reauthenticated": _Reauthenticated}
        return self._change("reauthenticate", {"code": code}, members).proven_until

    def change_tenant_settings(
        self, *, approval_over: int, quota_client: int, quota_human: int, quota_purpose: int
    ) -> Tenant:
        """Change thresholds and quotas.

        Args:
            approval_over: a use of more numbers than this needs a second person.
            quota_client: numbers a client may bring out in a day.
            quota_human: numbers a human may bring out in a day.
            quota_purpose: numbers that may come out for a purpose in a day.

        Raises:
            Refused: a rule said no.
        """
        sent = {
            "approvalOver": approval_over,
            "quotaClient": quota_client,
            "quotaHuman": quota_human,
            "quotaPurpose": quota_purpose,
        }
        return self._change("changeTenantSettings", sent, {"TenantChanged": _TenantChanged}).tenant

    def accounts(self) -> Iterator[Account]:
        """The tenant's accounts."""
        return self._pages("accounts", Account)

    def create_account(
        self,
        login: str,
        name: str,
        roles: Sequence[str],
        password: str,
        *,
        idempotency_key: str | None = None,
    ) -> Enrolment:
        """Open an account.

        Args:
            login: lower-case letters, digits and . _ @ + -
            name: the person's name.
            roles: at least one `Role`.
            password: the first password, of at least 12 characters.
            idempotency_key: the same key with the same content is done once, for 24 hours; random if left out.

        Returns:
            What the person needs for their one-time codes; shown this once.

        Raises:
            Refused: a rule said no.
        """
        sent = {
            "login": login,
            "name": name,
            "roles": list(roles),
            "password": password,
            "idempotencyKey": idempotency_key or random_name(),
        }
        return self._change("createAccount", sent, {"AccountEnrolled": Enrolment}, repeatable=True)

    def change_roles(self, login: str, roles: Sequence[str]) -> Account:
        """Give an account other roles; losing one ends its sessions. A tenant always keeps an administrator."""
        return self._account("changeRoles", {"login": login, "roles": list(roles)})

    def disable_account(self, login: str) -> Account:
        """End an account with all its sessions."""
        return self._account("disableAccount", {"login": login})

    def reset_second_factor(self, login: str) -> Enrolment:
        """Enrol somebody's one-time code anew; all their sessions end."""
        return self._change("resetSecondFactor", {"login": login}, {"AccountEnrolled": Enrolment})

    def change_password(self, old: str, new: str) -> Account:
        """Change one's own password; all sessions end, this one included."""
        return self._account("changePassword", {"old": old, "new": new})

    def clients(self) -> Iterator[Client]:
        """The tenant's clients."""
        return self._pages("clients", Client)

    def create_client(
        self, name: str, purposes: Sequence[str], *, idempotency_key: str | None = None
    ) -> ClientKey:
        """Register a client and mint its first key.

        Args:
            name: lower-case letters, digits and . _ -
            purposes: codes it may ask numbers for.
            idempotency_key: the same key with the same content is done once, for 24 hours; random if left out.

        Raises:
            Refused: a rule said no.
        """
        key = idempotency_key or random_name()
        sent = {"name": name, "purposes": list(purposes), "idempotencyKey": key}
        return self._change("createClient", sent, {"ClientKeyMade": ClientKey}, repeatable=True)

    def rotate_client_key(self, name: str) -> ClientKey:
        """Mint another key; the one before lives until the next rotation."""
        return self._change("rotateClientKey", {"name": name}, {"ClientKeyMade": ClientKey})

    def change_client(self, name: str, purposes: Sequence[str]) -> Client:
        """Change which purposes a client may ask numbers for."""
        return self._client("changeClient", {"name": name, "purposes": list(purposes)})

    def revoke_client(self, name: str) -> Client:
        """End a client with all its keys and tokens, at once."""
        return self._client("revokeClient", {"name": name})

    def _account(self, field: str, sent: dict[str, object]) -> Account:
        return self._change(field, sent, {"AccountChanged": _AccountChanged}).account

    def _client(self, field: str, sent: dict[str, object]) -> Client:
        return self._change(field, sent, {"ClientChanged": _ClientChanged}).client
