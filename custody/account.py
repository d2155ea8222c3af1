"""One account: its row, and how it is read and written. `stamp` keeps everybody else from doing either."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import BigInteger, Integer, LargeBinary, Text, UniqueConstraint, bindparam, select, update
from sqlmodel import Field, SQLModel

from policies.actor import Actor, ActorKind, Role
from policies.free_text import contains_number
from tokenizer.crypto.authority import Authority
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction

_LOGIN: Final = re.compile(r"[a-z](?:[a-z0-9._@+-]{0,62}[a-z0-9])?")


class AccountRow(SQLModel, table=True):
    """An account. `stamp` is a MAC over the row: roles and password grant power."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("tenant_id", "login"),)

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    account_id: int = Field(primary_key=True, sa_type=BigInteger)
    login: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    roles: str = Field(sa_type=Text, description="in order, separated by spaces")
    password: str = Field(sa_type=Text, description="Argon2id")
    disabled_at: int = Field(sa_type=BigInteger, description="0 while the account lives")
    created_at: int = Field(sa_type=BigInteger)
    stamp: bytes = Field(sa_type=LargeBinary)


class LoginAttempt(SQLModel, table=True):
    """How often a password was got wrong in a row, and when the next attempt may come."""

    __tablename__ = "login_attempt"

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    account_id: int = Field(primary_key=True, sa_type=BigInteger)
    failures: int = Field(sa_type=Integer)
    not_before: int = Field(sa_type=BigInteger)


_ACCOUNT: Final = table_of(AccountRow)
_OF_TENANT: Final = _ACCOUNT.c.tenant_id == bindparam("tenant")
_BY_LOGIN: Final = Statement(select(_ACCOUNT).where(_OF_TENANT, _ACCOUNT.c.login == bindparam("login")))
_LOCK_BY_LOGIN: Final = Statement(
    select(_ACCOUNT).where(_OF_TENANT, _ACCOUNT.c.login == bindparam("login")).with_for_update()
)
_BY_ID: Final = Statement(select(_ACCOUNT).where(_OF_TENANT, _ACCOUNT.c.account_id == bindparam("account")))
_ALL: Final = Statement(select(_ACCOUNT).where(_OF_TENANT).order_by(_ACCOUNT.c.account_id))
_CHANGE: Final = Statement(
    update(_ACCOUNT)
    .where(_OF_TENANT, _ACCOUNT.c.account_id == bindparam("account"))
    .values(
        roles=bindparam("new_roles"),
        password=bindparam("new_password"),
        disabled_at=bindparam("new_disabled_at"),
        stamp=bindparam("new_stamp"),
    )
)


@dataclass(frozen=True, slots=True)
class Account:
    """A named human of a tenant."""

    tenant: int
    id: int
    login: str
    name: str
    roles: frozenset[Role]
    password: str
    disabled_at: int
    created_at: int

    def __repr__(self) -> str:
        return f"Account({self.login})"


def living_account(tx: Transaction, authority: Authority, tenant: int, login: str) -> Account | None:
    """The account of a login, unless it is disabled.

    Raises:
        SealBrokenError: the row was altered.
    """
    if not is_login(login):
        return None
    return _living(authority, tx.one(_BY_LOGIN, {"tenant": tenant, "login": login}))


def locked_account(tx: Transaction, authority: Authority, checked: Account) -> Account | None:
    """An account again, its row locked; None if it ended, or its password changed, since it was `checked`."""
    row = tx.one(_LOCK_BY_LOGIN, {"tenant": checked.tenant, "login": checked.login})
    account = _living(authority, row)
    return account if account and account.password == checked.password else None


def account_to_change(tx: Transaction, authority: Authority, tenant: int, login: str) -> Account | None:
    """A living account, its row locked."""
    return _living(authority, tx.one(_LOCK_BY_LOGIN, {"tenant": tenant, "login": login}))


def living_account_by_id(tx: Transaction, authority: Authority, tenant: int, account: int) -> Account | None:
    """The same by id."""
    return _living(authority, tx.one(_BY_ID, {"tenant": tenant, "account": account}))


def list_accounts(tx: Transaction, authority: Authority, tenant: int) -> list[Account]:
    """All accounts of a tenant, oldest first."""
    return [_account(authority, row) for row in tx.all(_ALL, {"tenant": tenant})]


def account_actor(
    account: Account,
    *,
    sandbox: bool,
    request: str | None,
    session: bytes | None = None,
    proven_at: int | None = None,
) -> Actor:
    """The human as a caller."""
    return Actor(
        kind=ActorKind.HUMAN,
        tenant=account.tenant,
        id=account.id,
        name=account.login,
        roles=account.roles,
        sandbox=sandbox,
        request=request,
        session=session,
        proven_at=proven_at,
    )


def save(tx: Transaction, authority: Authority, account: Account) -> Account:
    """Write an account's roles, password and state."""
    params = {
        "tenant": account.tenant,
        "account": account.id,
        "new_roles": " ".join(sorted(account.roles)),
        "new_password": account.password,
        "new_disabled_at": account.disabled_at,
        "new_stamp": authority.stamp("account", account_values(account)),
    }
    tx.run(_CHANGE, params)
    return account


def _living(authority: Authority, row: Row | None) -> Account | None:
    account = _account(authority, row) if row else None
    return account if account and not account.disabled_at else None


def account_values(account: Account) -> Row:
    """The columns of an account, but its stamp."""
    return (
        account.tenant,
        account.id,
        account.login,
        account.name,
        " ".join(sorted(account.roles)),
        account.password,
        account.disabled_at,
        account.created_at,
    )


def account_row(authority: Authority, account: Account) -> Row:
    """The stamped row of an account."""
    values = account_values(account)
    return (*values, authority.stamp("account", values))


def _account(authority: Authority, row: Row) -> Account:
    return authority.read("account", row, _made)


def _made(row: Sequence[Any]) -> Account:
    return read_account(row[:-1])


def read_account(values: Sequence[Any]) -> Account:
    """An account from its columns, but its stamp."""
    tenant, identity, login, name, roles, password, disabled_at, created_at = values
    return Account(tenant, identity, login, name, _roles(roles), password, disabled_at, created_at)


@lru_cache(maxsize=256)
def _roles(text: str) -> frozenset[Role]:
    return frozenset(map(Role, text.split()))


def is_login(text: str) -> bool:
    """Whether a text could be the login of an account."""
    return _LOGIN.fullmatch(text) is not None and not contains_number(text)
