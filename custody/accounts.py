"""Accounts: the named humans of a tenant. Each has a password and a one-time code, always both."""

import asyncio
from dataclasses import replace
from typing import Final

from custody.account import (
    Account,
    AccountRow,
    LoginAttempt,
    account_row,
    account_to_change,
    is_login,
    list_accounts,
    living_account,
    save,
)
from custody.administration import administer, refuse_change
from custody.custodian import Custodian
from custody.enrolment import (
    Enrolment,
    drop_recovery_codes,
    enrol_account,
    enrolment_from_answer,
    enrolment_to_answer,
)
from custody.passwords import check_password
from custody.replay import Once, Replay
from custody.session import end_sessions
from policies.actor import Actor, Role
from policies.free_text import contains_number
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.crypto.authority import Authority
from tokenizer.storage.transaction import Transaction

_MANAGE: Final = "manageAccounts"
_END: Final = "endRights"
_NAME_LIMIT: Final = 100


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
        return await refuse_change(custodian, actor, _MANAGE, Action.ACCOUNT_CREATE, invalid, now)
    hashed = await hash_password(custodian, password)
    identity = custodian.vault.new_ids(1, now)[0]
    account = Account(actor.tenant, identity, login, name, roles, hashed, 0, now)

    def work(tx: Transaction) -> Enrolment:
        tx.insert(AccountRow, [account_row(custodian.authority, account)])
        tx.insert(LoginAttempt, [(account.tenant, account.id, 0, 0)])
        return enrol_account(tx, custodian, account)

    detail = {"account": login, "roles": " ".join(sorted(roles))}
    once = Once(replay, enrolment_to_answer, enrolment_from_answer) if replay else None
    return await administer(custodian, actor, _MANAGE, Action.ACCOUNT_CREATE, detail, now, work, once)


async def change_roles(
    custodian: Custodian, actor: Actor, login: str, roles: frozenset[Role], now: int
) -> Account | Denied:
    """Give an account other roles; its sessions end if it loses one. A tenant always keeps an administrator."""
    invalid = _refuse_login(login) or (None if roles else denied("account-invalid"))
    if invalid is not None:
        return await refuse_change(custodian, actor, _MANAGE, Action.ACCOUNT_ROLE_CHANGE, invalid, now)

    def work(tx: Transaction) -> Account | Denied:
        account = _account_to_change(tx, custodian, actor.tenant, login)
        if account is None:
            return denied("unknown-id")
        if Role.ADMINISTRATOR not in roles and _is_last_administrator(tx, custodian.authority, account):
            return denied("last-administrator")
        if not account.roles <= roles:
            end_sessions(tx, account.tenant, account.id)
        return save(tx, custodian.authority, replace(account, roles=roles))

    detail = {"account": login, "roles": " ".join(sorted(roles))}
    return await administer(custodian, actor, _MANAGE, Action.ACCOUNT_ROLE_CHANGE, detail, now, work)


async def disable_account(custodian: Custodian, actor: Actor, login: str, now: int) -> Account | Denied:
    """End an account: its sessions and codes are dead at once."""
    invalid = _refuse_login(login)
    if invalid is not None:
        return await refuse_change(custodian, actor, _END, Action.ACCOUNT_DISABLE, invalid, now)

    def work(tx: Transaction) -> Account | Denied:
        account = _account_to_change(tx, custodian, actor.tenant, login)
        if account is None:
            return denied("unknown-id")
        if _is_last_administrator(tx, custodian.authority, account):
            return denied("last-administrator")
        drop_recovery_codes(tx, account)
        end_sessions(tx, account.tenant, account.id)
        return save(tx, custodian.authority, replace(account, disabled_at=now))

    return await administer(custodian, actor, _END, Action.ACCOUNT_DISABLE, {"account": login}, now, work)


async def reset_second_factor(custodian: Custodian, actor: Actor, login: str, now: int) -> Enrolment | Denied:
    """Enrol a person's one-time code anew, with new recovery codes; the old ones end now, and every session."""
    invalid = _refuse_login(login)
    if invalid is not None:
        return await refuse_change(custodian, actor, _MANAGE, Action.ACCOUNT_FACTOR_RESET, invalid, now)

    def work(tx: Transaction) -> Enrolment | Denied:
        account = living_account(tx, custodian.authority, actor.tenant, login)
        if account is None:
            return denied("unknown-id")
        # The seed first: a login by the old one that is under way finds no seed to spend, or is seen and ended here.
        enrolment = enrol_account(tx, custodian, account)
        end_sessions(tx, account.tenant, account.id)
        return enrolment

    detail = {"account": login}
    return await administer(custodian, actor, _MANAGE, Action.ACCOUNT_FACTOR_RESET, detail, now, work)


async def hash_password(custodian: Custodian, password: str) -> str:
    """Hash a password on a thread, not too many at once."""
    async with custodian.hashing:
        return await asyncio.to_thread(custodian.passwords.hash, password)


def refuse_password(password: str, login: str) -> Denied | None:
    """Why a password cannot be used, if it cannot."""
    problem = check_password(password, login)
    return Denied("password-invalid", problem.message_ja, problem.message_en) if problem else None


def _account_to_change(tx: Transaction, custodian: Custodian, tenant: int, login: str) -> Account | None:
    """A living account, while nobody else changes the tenant's accounts: the last administrator is counted."""
    custodian.vault.log(tenant).lock(tx)
    return account_to_change(tx, custodian.authority, tenant, login)


def _is_last_administrator(tx: Transaction, authority: Authority, account: Account) -> bool:
    others = [
        other
        for other in list_accounts(tx, authority, account.tenant)
        if Role.ADMINISTRATOR in other.roles and not other.disabled_at and other.id != account.id
    ]
    return Role.ADMINISTRATOR in account.roles and not others


def _refuse_login(login: str) -> Denied | None:
    return None if is_login(login) else denied("name-invalid")


def _refuse_name(name: str, roles: frozenset[Role]) -> Denied | None:
    if not name.strip() or len(name) > _NAME_LIMIT or contains_number(name) or not roles:
        return denied("account-invalid")
    return None
