"""Accounts: the named humans of a tenant. Each has a password and a one-time code, always both."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    select,
    update,
)
from sqlmodel import Field, SQLModel

from custody.administration import administer, refuse_change
from custody.custodian import Custodian
from custody.passwords import check_password
from custody.replay import Once, Replay
from policies.actor import Actor, ActorKind, Role
from policies.free_text import contains_number
from policies.refusals import Denied, denied
from policies.step_up import enrol
from policies.totp import new_seed, provisioning_uri
from tokenizer.audit.action import Action
from tokenizer.crypto.authority import Authority
from tokenizer.errors import InvalidTokenError
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction
from tokenizer.token import digest, mint_recovery_codes, parse_recovery_code

RECOVERY_CODES: Final = 10
_PERMISSION: Final = "manageAccounts"
_LOGIN: Final = re.compile(r"[a-z](?:[a-z0-9._@+-]{0,62}[a-z0-9])?")
_NAME_LIMIT: Final = 100
_ISSUER: Final = "Warifu"


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


class RecoveryCodeRow(SQLModel, table=True):
    """A recovery code as its SHA-256, bound to its account; deleted when used."""

    __tablename__ = "recovery_code"

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    account_id: int = Field(primary_key=True, sa_type=BigInteger)
    digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    stamp: bytes = Field(sa_type=LargeBinary)


class LoginAttempt(SQLModel, table=True):
    """How often a password was got wrong in a row, and when the next attempt may come."""

    __tablename__ = "login_attempt"

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    account_id: int = Field(primary_key=True, sa_type=BigInteger)
    failures: int = Field(sa_type=Integer)
    not_before: int = Field(sa_type=BigInteger)


_ACCOUNT: Final = table_of(AccountRow)
_CODE: Final = table_of(RecoveryCodeRow)
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
_DROP_CODES: Final = Statement(
    delete(_CODE).where(_CODE.c.tenant_id == bindparam("tenant"), _CODE.c.account_id == bindparam("account"))
)
_TAKE_CODE: Final = Statement(
    delete(_CODE)
    .where(
        _CODE.c.tenant_id == bindparam("tenant"),
        _CODE.c.account_id == bindparam("account"),
        _CODE.c.digest == bindparam("digest"),
    )
    .returning(_CODE.c.stamp)
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


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a person needs for their second factor; shown this once. `repr` shows none of it.

    Attributes:
        account: whose.
        seed: base32, for an authenticator.
        uri: the same as an otpauth:// address, for a QR code.
        recovery_codes: ten codes, each good once.
    """

    account: Account
    seed: str
    uri: str
    recovery_codes: Sequence[str]

    def __repr__(self) -> str:
        return f"Enrolment({self.account.login})"


async def create_account(
    custodian: Custodian,
    actor: Actor,
    login: str,
    name: str,
    roles: frozenset[Role],
    password: str,
    now: int,
    replay: Replay | None = None,
) -> Enrolment | Denied:
    """Open an account with a password, a one-time-code seed and ten recovery codes.

    Args:
        custodian: what the use case works with.
        actor: an administrator, or the operator.
        login: its public id: lower-case letters, digits and `. _ @ + -`.
        name: the person's name.
        roles: at least one.
        password: the first password; see `custody.passwords`.
        now: milliseconds since the epoch.
        replay: makes the request idempotent.
    """
    invalid = _refuse_login(login) or _refuse_name(name, roles) or refuse_password(password, login)
    if invalid is not None:
        return await refuse_change(custodian, actor, _PERMISSION, Action.ACCOUNT_CREATE, invalid, now)
    hashed = await hash_password(custodian, password)
    identity = custodian.vault.new_ids(1, now)[0]
    account = Account(actor.tenant, identity, login, name, roles, hashed, 0, now)

    def work(tx: Transaction) -> Enrolment:
        tx.insert(AccountRow, [_row(custodian.authority, account)])
        tx.insert(LoginAttempt, [(account.tenant, account.id, 0, 0)])
        return _enrol(tx, custodian, account)

    detail = {"account": login, "roles": " ".join(sorted(roles))}
    once = Once(replay, _to_answer, _from_answer) if replay else None
    return await administer(custodian, actor, _PERMISSION, Action.ACCOUNT_CREATE, detail, now, work, once)


async def change_roles(
    custodian: Custodian, actor: Actor, login: str, roles: frozenset[Role], now: int
) -> Account | Denied:
    """Give an account other roles. A tenant always keeps an administrator."""
    invalid = _refuse_login(login) or (None if roles else denied("account-invalid"))
    if invalid is not None:
        return await refuse_change(custodian, actor, _PERMISSION, Action.ACCOUNT_ROLE_CHANGE, invalid, now)

    def work(tx: Transaction) -> Account | Denied:
        account = _account_to_change(tx, custodian, actor.tenant, login)
        if account is None:
            return denied("unknown-id")
        if Role.ADMINISTRATOR not in roles and _is_last_administrator(tx, custodian.authority, account):
            return denied("last-administrator")
        return save(tx, custodian.authority, replace(account, roles=roles))

    detail = {"account": login, "roles": " ".join(sorted(roles))}
    return await administer(custodian, actor, _PERMISSION, Action.ACCOUNT_ROLE_CHANGE, detail, now, work)


async def disable_account(custodian: Custodian, actor: Actor, login: str, now: int) -> Account | Denied:
    """End an account: its sessions and codes are dead at once."""
    invalid = _refuse_login(login)
    if invalid is not None:
        return await refuse_change(custodian, actor, _PERMISSION, Action.ACCOUNT_DISABLE, invalid, now)

    def work(tx: Transaction) -> Account | Denied:
        account = _account_to_change(tx, custodian, actor.tenant, login)
        if account is None:
            return denied("unknown-id")
        if _is_last_administrator(tx, custodian.authority, account):
            return denied("last-administrator")
        tx.run(_DROP_CODES, {"tenant": account.tenant, "account": account.id})
        return save(tx, custodian.authority, replace(account, disabled_at=now))

    return await administer(
        custodian, actor, _PERMISSION, Action.ACCOUNT_DISABLE, {"account": login}, now, work
    )


async def reset_second_factor(custodian: Custodian, actor: Actor, login: str, now: int) -> Enrolment | Denied:
    """Enrol a person's one-time code anew, with new recovery codes; the old ones end now."""
    invalid = _refuse_login(login)
    if invalid is not None:
        return await refuse_change(custodian, actor, _PERMISSION, Action.ACCOUNT_FACTOR_RESET, invalid, now)

    def work(tx: Transaction) -> Enrolment | Denied:
        account = living_account(tx, custodian.authority, actor.tenant, login)
        return _enrol(tx, custodian, account) if account else denied("unknown-id")

    detail = {"account": login}
    return await administer(custodian, actor, _PERMISSION, Action.ACCOUNT_FACTOR_RESET, detail, now, work)


def re_enrol(tx: Transaction, custodian: Custodian, account: Account, code: str) -> Enrolment | None:
    """Spend a recovery code on a new second factor; None if the code is not one of the account's."""
    try:
        hashed = digest(parse_recovery_code(code))
    except InvalidTokenError:
        return None
    row = tx.one(_TAKE_CODE, {"tenant": account.tenant, "account": account.id, "digest": hashed})
    if row is None:
        return None
    custodian.authority.check("recovery_code", (account.tenant, account.id, hashed), row[0])
    return _enrol(tx, custodian, account)


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


def living_account_by_id(tx: Transaction, authority: Authority, tenant: int, account: int) -> Account | None:
    """The same by id."""
    return _living(authority, tx.one(_BY_ID, {"tenant": tenant, "account": account}))


def list_accounts(tx: Transaction, authority: Authority, tenant: int) -> list[Account]:
    """All accounts of a tenant, oldest first."""
    return [_account(authority, row) for row in tx.all(_ALL, {"tenant": tenant})]


def account_actor(
    account: Account, *, sandbox: bool, request: str | None, session: bytes | None = None
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
    )


def save(tx: Transaction, authority: Authority, account: Account) -> Account:
    """Write an account's roles, password and state."""
    params = {
        "tenant": account.tenant,
        "account": account.id,
        "new_roles": " ".join(sorted(account.roles)),
        "new_password": account.password,
        "new_disabled_at": account.disabled_at,
        "new_stamp": authority.stamp("account", _values(account)),
    }
    tx.run(_CHANGE, params)
    return account


async def hash_password(custodian: Custodian, password: str) -> str:
    """Hash a password on a thread, not too many at once."""
    async with custodian.hashing:
        return await asyncio.to_thread(custodian.passwords.hash, password)


def refuse_password(password: str, login: str) -> Denied | None:
    """Why a password cannot be used, if it cannot."""
    problem = check_password(password, login)
    return Denied("password-invalid", problem.message_ja, problem.message_en) if problem else None


def _to_answer(made: Enrolment) -> list[Any]:
    account = replace(made.account, password="")
    return [list(_values(account)), made.seed, made.uri, list(made.recovery_codes)]


def _from_answer(answer: list[Any]) -> Enrolment:
    values, seed, uri, codes = answer
    return Enrolment(_read(values), seed, uri, codes)


def _enrol(tx: Transaction, custodian: Custodian, account: Account) -> Enrolment:
    seed = new_seed(custodian.random_bytes)
    enrol(tx, custodian.authority, account.tenant, account.id, seed, custodian.random_bytes)
    codes = mint_recovery_codes(RECOVERY_CODES, custodian.random_bytes)
    tx.run(_DROP_CODES, {"tenant": account.tenant, "account": account.id})
    tx.insert(RecoveryCodeRow, [_code_row(custodian.authority, account, code) for code in codes])
    return Enrolment(account, seed, provisioning_uri(seed, account.login, _ISSUER), codes)


def _account_to_change(tx: Transaction, custodian: Custodian, tenant: int, login: str) -> Account | None:
    """A living account, while nobody else changes the tenant's accounts: the last administrator is counted."""
    custodian.vault.log(tenant).lock(tx)
    return _living(custodian.authority, tx.one(_LOCK_BY_LOGIN, {"tenant": tenant, "login": login}))


def _is_last_administrator(tx: Transaction, authority: Authority, account: Account) -> bool:
    others = [
        other
        for other in list_accounts(tx, authority, account.tenant)
        if Role.ADMINISTRATOR in other.roles and not other.disabled_at and other.id != account.id
    ]
    return Role.ADMINISTRATOR in account.roles and not others


def _living(authority: Authority, row: Row | None) -> Account | None:
    account = _account(authority, row) if row else None
    return account if account and not account.disabled_at else None


def _values(account: Account) -> Row:
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


def _row(authority: Authority, account: Account) -> Row:
    values = _values(account)
    return (*values, authority.stamp("account", values))


def _account(authority: Authority, row: Row) -> Account:
    authority.check("account", row[:-1], row[-1])
    return _read(row[:-1])


def _read(values: Sequence[Any]) -> Account:
    tenant, identity, login, name, roles, password, disabled_at, created_at = values
    held = frozenset(Role(role) for role in roles.split())
    return Account(tenant, identity, login, name, held, password, disabled_at, created_at)


def _code_row(authority: Authority, account: Account, code: str) -> Row:
    values = (account.tenant, account.id, digest(code))
    return (*values, authority.stamp("recovery_code", values))


def is_login(text: str) -> bool:
    """Whether a text could be the login of an account."""
    return _LOGIN.fullmatch(text) is not None and not contains_number(text)


def _refuse_login(login: str) -> Denied | None:
    return None if is_login(login) else denied("name-invalid")


def _refuse_name(name: str, roles: frozenset[Role]) -> Denied | None:
    if not name.strip() or len(name) > _NAME_LIMIT or contains_number(name) or not roles:
        return denied("account-invalid")
    return None
