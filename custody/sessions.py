"""Logging in: password, then one-time code, then a session the server keeps.

- A login costs an attempt before anything is compared; after five wrong ones the next must wait, at first half a
  minute, later a quarter of an hour. Who does not exist costs the same time and answers the same.
- A session remembers when its human last gave a one-time code: what gives rights needs one of the last ten minutes.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import bindparam, case, update

from custody.account import (
    Account,
    LoginAttempt,
    account_actor,
    living_account,
    living_account_by_id,
    locked_account,
    save,
)
from custody.accounts import hash_password, refuse_password
from custody.code_check import check_act_code
from custody.contract.end import is_closed
from custody.custodian import Custodian, entry, one_leaf, record_refusal
from custody.enrolment import Enrolment, re_enrol
from custody.session import (
    ABSOLUTE_MS,
    end_session,
    end_sessions,
    living_session,
    open_session,
    prove_session,
    touch_session,
)
from custody.tenants import has_tenant, read_tenant
from policies.actor import PROOF_MS, Actor, ActorKind
from policies.refusals import Denied, denied
from policies.step_up import spend
from tokenizer.audit.action import Action
from tokenizer.audit.entry import Entry
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Transaction
from tokenizer.token import Kind, digest, mint_secret

_TOUCH_MS: Final = 1_000
_FREE_FAILURES: Final = 5
_SOME_FAILURES: Final = 10
_SHORT_WAIT_MS: Final = 30_000
_LONG_WAIT_MS: Final = 15 * 60_000


_ATTEMPT: Final = table_of(LoginAttempt)
_OF_ACCOUNT: Final = (
    _ATTEMPT.c.tenant_id == bindparam("tenant"),
    _ATTEMPT.c.account_id == bindparam("account"),
)
_COUNT: Final = Statement(
    update(_ATTEMPT)
    .where(*_OF_ACCOUNT, _ATTEMPT.c.not_before <= bindparam("now"))
    .values(
        failures=_ATTEMPT.c.failures + 1,
        not_before=bindparam("now")
        + case(
            (_ATTEMPT.c.failures < _FREE_FAILURES - 1, 0),
            (_ATTEMPT.c.failures < _SOME_FAILURES - 1, _SHORT_WAIT_MS),
            else_=_LONG_WAIT_MS,
        ),
    )
)
_FORGIVE: Final = Statement(update(_ATTEMPT).where(*_OF_ACCOUNT).values(failures=0, not_before=0))


@dataclass(frozen=True, slots=True)
class Session:
    """A fresh session; its secret is shown this once and kept out of `repr`."""

    account: Account
    secret: str
    expires_at: int

    def __repr__(self) -> str:
        return f"Session({self.account.login})"


@dataclass(frozen=True, slots=True)
class Proven:
    """A session whose human has just given a one-time code.

    Attributes:
        until: until when that proves that they are there; milliseconds since the epoch.
    """

    until: int


async def log_in(
    custodian: Custodian, tenant: int, login: str, password: str, code: str, now: int, request: str | None
) -> Session | Denied:
    """Check a password and a one-time code, and open a session."""
    account = await _check_password(custodian, tenant, login, password, now)
    if isinstance(account, Denied):
        return await _refuse(custodian, tenant, login, account, now, request)
    actor = account_actor(account, sandbox=False, request=request)

    def refused(denial: Denied) -> Entry:
        return entry(actor, Action.ACCOUNT_LOGIN_REFUSED, now, denied=denial)

    checked = await check_act_code(custodian, actor, actor, code, now, refused)
    if isinstance(checked, Denied):
        return checked
    secret = mint_secret(Kind.SESSION, tenant, custodian.random_bytes)

    def work(tx: Transaction) -> Session | Denied:
        refusal = None if spend(tx, checked) else denied("code-used")
        if refusal is None and locked_account(tx, custodian.authority, account) is None:
            refusal = denied("account-unknown")
        if refusal is None:
            _open(tx, custodian, account, secret, now)
        action = Action.ACCOUNT_LOGIN_REFUSED if refusal else Action.ACCOUNT_LOGIN
        custodian.vault.log(tenant).append(tx, one_leaf(entry(actor, action, now, denied=refusal)))
        return refusal or Session(account, secret, now + ABSOLUTE_MS)

    return await custodian.database.write(tenant, work)


async def reauthenticate(custodian: Custodian, actor: Actor, code: str, now: int) -> Proven | Denied:
    """Take another one-time code from the human behind a session, before they change who has rights.

    Args:
        custodian: what the use case works with.
        actor: a human with a session.
        code: their one-time code; it counts, and works once, as everywhere.
        now: milliseconds since the epoch.
    """
    session, action = actor.session, Action.ACCOUNT_REAUTHENTICATE
    if actor.kind is not ActorKind.HUMAN or session is None:
        nobody = denied("no-rule-permits")
        return await record_refusal(custodian, actor, entry(actor, action, now, denied=nobody), nobody)

    def refused(denial: Denied) -> Entry:
        return entry(actor, action, now, denied=denial)

    checked = await check_act_code(custodian, actor, actor, code, now, refused)
    if isinstance(checked, Denied):
        return checked

    def work(tx: Transaction) -> Proven | Denied:
        refusal = None if spend(tx, checked) else denied("code-used")
        if refusal is None and not prove_session(tx, custodian.authority, actor.tenant, session, now):
            refusal = denied("session-ended")
        custodian.vault.log(actor.tenant).append(tx, one_leaf(entry(actor, action, now, denied=refusal)))
        return refusal or Proven(now + PROOF_MS)

    return await custodian.database.write(actor.tenant, work)


async def log_out(custodian: Custodian, actor: Actor) -> None:
    """End the caller's session."""
    session = actor.session
    if session is not None:
        await custodian.database.write(actor.tenant, lambda tx: end_session(tx, actor.tenant, session))


async def session_actor(
    custodian: Custodian, tenant: int, secret: str, now: int, request: str | None
) -> Actor | None:
    """The human behind a session secret, if the session lives; the request keeps it alive."""
    hashed = digest(secret)

    def look(tx: Transaction) -> tuple[Actor, int] | None:
        session = living_session(tx, custodian.authority, tenant, hashed, now)
        account = living_account_by_id(tx, custodian.authority, tenant, session.account) if session else None
        if session is None or account is None:
            return None
        sandbox = read_tenant(tx, custodian.authority, tenant).sandbox
        actor = account_actor(
            account, sandbox=sandbox, request=request, session=hashed, proven_at=session.proven_at
        )
        return actor, session.seen_at

    found = await custodian.database.read(tenant, look)
    if found is None:
        return None
    if now - found[1] >= _TOUCH_MS:
        await custodian.database.write(tenant, lambda tx: touch_session(tx, tenant, hashed, now))
    return found[0]


async def change_password(
    custodian: Custodian, actor: Actor, old: str, new: str, now: int
) -> Account | Denied:
    """Change one's own password; every session of the account ends."""
    invalid = refuse_password(new, actor.name) if actor.kind is ActorKind.HUMAN else denied("no-rule-permits")
    if invalid is not None:
        refused = entry(actor, Action.ACCOUNT_PASSWORD_CHANGE, now, denied=invalid)
        return await record_refusal(custodian, actor, refused, invalid)
    account = await _check_password(custodian, actor.tenant, actor.name, old, now)
    if isinstance(account, Denied):
        return await _refuse(custodian, actor.tenant, actor.name, account, now, actor.request)
    hashed = await hash_password(custodian, new)

    def work(tx: Transaction) -> Account | Denied:
        current = locked_account(tx, custodian.authority, account)
        refusal = None if current else denied("account-unknown")
        if current is not None:
            save(tx, custodian.authority, replace(current, password=hashed))
            end_sessions(tx, account.tenant, account.id)
            tx.run(_FORGIVE, {"tenant": account.tenant, "account": account.id})
        record = entry(actor, Action.ACCOUNT_PASSWORD_CHANGE, now, denied=refusal)
        custodian.vault.log(actor.tenant).append(tx, one_leaf(record))
        return replace(current, password=hashed) if current else denied("account-unknown")

    return await custodian.database.write(actor.tenant, work)


async def recover(
    custodian: Custodian, tenant: int, login: str, password: str, code: str, now: int, request: str | None
) -> Enrolment | Denied:
    """Trade the password and a recovery code for a new one-time-code seed; every session ends."""
    account = await _check_password(custodian, tenant, login, password, now)
    if isinstance(account, Denied):
        return await _refuse(custodian, tenant, login, account, now, request)
    actor = account_actor(account, sandbox=False, request=request)
    params = {"tenant": tenant, "account": account.id}

    def work(tx: Transaction) -> Enrolment | Denied:
        living = locked_account(tx, custodian.authority, account)
        enrolment = re_enrol(tx, custodian, living, code) if living else None
        refusal = denied("recovery-code-wrong") if enrolment is None else None
        if refusal is None:
            end_sessions(tx, tenant, account.id)
            tx.run(_FORGIVE, params)
        leaf = one_leaf(entry(actor, Action.ACCOUNT_RECOVERY_USED, now, denied=refusal))
        custodian.vault.log(tenant).append(tx, leaf)
        return enrolment or refusal or denied("recovery-code-wrong")

    return await custodian.database.write(tenant, work)


async def _check_password(
    custodian: Custodian, tenant: int, login: str, password: str, now: int
) -> Account | Denied:
    """Count the attempt, then compare; an unknown login takes as long and answers the same."""
    account = await custodian.database.read(
        tenant, lambda tx: living_account(tx, custodian.authority, tenant, login)
    )
    throttled = False
    if account is not None:
        params = {"tenant": tenant, "account": account.id, "now": now}
        throttled = await custodian.database.write(tenant, lambda tx: tx.run(_COUNT, params)) == 0
    async with custodian.hashing:
        if account is None or throttled:
            await asyncio.to_thread(custodian.passwords.verify_nobody, password)
            return denied("login-throttled" if throttled else "account-unknown")
        right = await asyncio.to_thread(custodian.passwords.verify, account.password, password)
    return account if right else denied("account-unknown")


def _open(tx: Transaction, custodian: Custodian, account: Account, secret: str, now: int) -> None:
    tx.run(_FORGIVE, {"tenant": account.tenant, "account": account.id})
    open_session(tx, custodian.authority, account.tenant, account.id, digest(secret), now)


async def _refuse(
    custodian: Custodian, tenant: int, login: str, denial: Denied, now: int, request: str | None
) -> Denied:
    """Record a refused login under the name of the account, if there is one of that name.

    The record says that an account is throttled; the answer does not, since it would tell which logins exist. The log
    of a tenant whose contract is over gets no more of them.
    """

    def look(tx: Transaction) -> tuple[bool, bool]:
        known = living_account(tx, custodian.authority, tenant, login) is not None
        return known, known or (has_tenant(tx, tenant) and not is_closed(tx, tenant))

    known, has_log = await custodian.database.read(tenant, look)
    if has_log:
        somebody = Actor(
            kind=ActorKind.HUMAN, tenant=tenant, id=0, name=login if known else "unknown", request=request
        )
        refused = entry(somebody, Action.ACCOUNT_LOGIN_REFUSED, now, denied=denial)
        await record_refusal(custodian, somebody, refused, denial)
    return denied("account-unknown") if denial.rule == "login-throttled" else denial
