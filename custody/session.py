"""One session: its row, and how it is opened, read, proven anew and ended.

It ends after 15 minutes without a request, after 12 hours in any case, with its account, and with what its account
was opened by: password, one-time-code seed, roles that were taken.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import BigInteger, LargeBinary, bindparam, delete, select, update
from sqlmodel import Field, SQLModel

from tokenizer.crypto.authority import Authority
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction

IDLE_MS: Final = 15 * 60_000
ABSOLUTE_MS: Final = 12 * 3_600_000


class SessionRow(SQLModel, table=True):
    """A session, as the SHA-256 of its secret. `stamp` is a MAC over the row, but for when it was last seen."""

    __tablename__ = "session"

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    account_id: int = Field(sa_type=BigInteger)
    created_at: int = Field(sa_type=BigInteger)
    seen_at: int = Field(sa_type=BigInteger)
    proven_at: int = Field(sa_type=BigInteger, description="when a one-time code was last given for it")
    stamp: bytes = Field(sa_type=LargeBinary)


_SESSION: Final = table_of(SessionRow)
_THIS: Final = (_SESSION.c.tenant_id == bindparam("tenant"), _SESSION.c.digest == bindparam("digest"))
_READ: Final = Statement(select(_SESSION).where(*_THIS))
_TOUCH: Final = Statement(
    update(_SESSION).where(*_THIS, _SESSION.c.seen_at < bindparam("seen")).values(seen_at=bindparam("seen"))
)
_PROVE: Final = Statement(
    update(_SESSION).where(*_THIS).values(proven_at=bindparam("proven"), stamp=bindparam("new_stamp"))
)
_END: Final = Statement(delete(_SESSION).where(*_THIS))
_END_ALL: Final = Statement(
    delete(_SESSION).where(
        _SESSION.c.tenant_id == bindparam("tenant"), _SESSION.c.account_id == bindparam("account")
    )
)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """What the row of a living session says. Times are milliseconds since the epoch.

    Attributes:
        tenant: whose account it is.
        digest: SHA-256 of its secret.
        account: who logged in.
        created_at: when.
        seen_at: when its last request came, to a second.
        proven_at: when a one-time code was last given for it.
    """

    tenant: int
    digest: bytes
    account: int
    created_at: int
    seen_at: int
    proven_at: int


def open_session(
    tx: Transaction, authority: Authority, tenant: int, account: int, digest: bytes, now: int
) -> None:
    """Write a new session of an account that has just given a one-time code."""
    session = OpenSession(tenant, digest, account, now, now, now)
    tx.insert(SessionRow, [(tenant, digest, account, now, now, now, _stamp(authority, session))])


def living_session(
    tx: Transaction, authority: Authority, tenant: int, digest: bytes, now: int
) -> OpenSession | None:
    """The session of a digest, unless its time is over.

    Raises:
        SealBrokenError: the row was altered.
    """
    row = tx.one(_READ, {"tenant": tenant, "digest": digest})
    if row is None:
        return None
    session = OpenSession(*row[:-1])
    if now - session.seen_at > IDLE_MS or now - session.created_at > ABSOLUTE_MS:
        return None
    authority.check("session", _stamped(session), row[-1])
    return session


def touch_session(tx: Transaction, tenant: int, digest: bytes, now: int) -> None:
    """Note that a session was used."""
    tx.run(_TOUCH, {"tenant": tenant, "digest": digest, "seen": now})


def prove_session(tx: Transaction, authority: Authority, tenant: int, digest: bytes, now: int) -> bool:
    """Note that a one-time code was given for a session; False if it has ended.

    Raises:
        SealBrokenError: the row was altered.
    """
    session = living_session(tx, authority, tenant, digest, now)
    if session is None:
        return False
    proven = OpenSession(tenant, digest, session.account, session.created_at, session.seen_at, now)
    params = {
        "tenant": tenant,
        "digest": digest,
        "proven": now,
        "new_stamp": _stamp(authority, proven),
    }
    return tx.run(_PROVE, params) == 1


def end_session(tx: Transaction, tenant: int, digest: bytes) -> None:
    """End one session."""
    tx.run(_END, {"tenant": tenant, "digest": digest})


def end_sessions(tx: Transaction, tenant: int, account: int) -> None:
    """End every session of an account."""
    tx.run(_END_ALL, {"tenant": tenant, "account": account})


def _stamped(session: OpenSession) -> Row:
    return session.tenant, session.digest, session.account, session.created_at, session.proven_at


def _stamp(authority: Authority, session: OpenSession) -> bytes:
    return authority.stamp("session", _stamped(session))
