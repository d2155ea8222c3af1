"""Accounts (利用者) and sessions: named humans, each with a password and a one-time code."""

from typing import Annotated

import strawberry

from custody.account import Account as CustodyAccount
from custody.accounts import change_roles, create_account, disable_account, reset_second_factor
from custody.enrolment import Enrolment
from custody.rights import accounts_of
from custody.sessions import change_password, log_in, log_out, reauthenticate, recover
from policies.refusals import Denied
from schema.context import Context, Info
from schema.enums import Role
from schema.nodes import Node, to_id
from schema.pages import After, Before, Connection, First, Last, connection, slice_of, window
from schema.replay import IDEMPOTENCY, replay_of
from schema.results import INPUT, Refusal, refusal, refused_query
from schema.scalars import Moment, OneTimeCode, Password, RecoveryCode, Secret
from schema.tenants import parse_tenant


@strawberry.type(description="A named human of the tenant.")
class Account(Node):
    """An account."""

    login: str = strawberry.field(description="Public id, as the audit log names it.")
    name: str = strawberry.field(description="The person's name.")
    roles: list[Role] = strawberry.field(description="What they may be.")
    disabled: bool = strawberry.field(description="Whether the account has ended.")
    created_at: Moment = strawberry.field(description="When it was opened.")


@strawberry.input(description="Password and one-time code.")
class LoginInput:
    """A login."""

    tenant: str = strawberry.field(description="Public id of the tenant.")
    login: str = strawberry.field(description="Login.")
    password: Password = strawberry.field(description="Password.")
    code: OneTimeCode = strawberry.field(description="One-time code.")


@strawberry.type(description="A session; send its secret as Authorization: Bearer.")
class LoggedIn:
    """A fresh session."""

    account: Account = strawberry.field(description="Who logged in.")
    session: Secret = strawberry.field(
        description="The session's secret. Ends after 15 minutes without a request."
    )
    expires_at: Moment = strawberry.field(description="When it ends in any case.")


@strawberry.type(description="The session has ended.")
class LoggedOut:
    """An ended session."""

    done: bool = strawberry.field(description="Always true.")


@strawberry.input(description="Another one-time code for the session.")
class ReauthenticateInput:
    """A code given again."""

    code: OneTimeCode = strawberry.field(description="One's own one-time code, one that was not used yet.")


@strawberry.type(description="The human behind the session has just given a one-time code.")
class Reauthenticated:
    """A session with a fresh proof."""

    proven_until: Moment = strawberry.field(
        description="Until when rights and settings can be changed without another code."
    )


@strawberry.input(description="A password and a recovery code for a new one-time-code seed.")
class RecoverSecondFactorInput:
    """A recovery."""

    tenant: str = strawberry.field(description="Public id of the tenant.")
    login: str = strawberry.field(description="Login.")
    password: Password = strawberry.field(description="Password.")
    recovery_code: RecoveryCode = strawberry.field(description="One of the recovery codes; good once.")


@strawberry.input(description="A new password for oneself.")
class ChangePasswordInput:
    """A change of password."""

    old: Password = strawberry.field(description="The password so far.")
    new: Password = strawberry.field(description="At least 12 characters; no other rules of composition.")


@strawberry.input(description="A new account.")
class CreateAccountInput:
    """An account to open."""

    login: str = strawberry.field(description="Lower-case letters, digits and . _ @ + -")
    name: str = strawberry.field(description="The person's name.")
    roles: list[Role] = strawberry.field(description="At least one.")
    password: Password = strawberry.field(description="The first password.")
    idempotency_key: str | None = strawberry.field(default=None, description=IDEMPOTENCY)


@strawberry.input(description="Other roles for an account.")
class ChangeRolesInput:
    """A change of roles."""

    login: str = strawberry.field(description="Whose.")
    roles: list[Role] = strawberry.field(description="At least one.")


@strawberry.input(description="An account.")
class AccountInput:
    """An account by its login."""

    login: str = strawberry.field(description="Whose.")


@strawberry.type(description="A second factor; shown this once.")
class AccountEnrolled:
    """What a person needs for their one-time codes."""

    account: Account = strawberry.field(description="Whose.")
    seed: Secret = strawberry.field(description="Seed for an authenticator, base32.")
    uri: Secret = strawberry.field(description="The same as an otpauth:// address, for a QR code.")
    recovery_codes: list[Secret] = strawberry.field(description="Ten codes, each good once.")


@strawberry.type(description="The account as it is now.")
class AccountChanged:
    """A changed account."""

    account: Account = strawberry.field(description="The account.")


LoginResult = Annotated[
    LoggedIn | Refusal, strawberry.union("LoginResult", description="What `login` answers.")
]
ReauthenticateResult = Annotated[
    Reauthenticated | Refusal,
    strawberry.union("ReauthenticateResult", description="What `reauthenticate` answers."),
]
EnrolmentResult = Annotated[
    AccountEnrolled | Refusal,
    strawberry.union("EnrolmentResult", description="What a mutation answers that enrols a second factor."),
]
AccountResult = Annotated[
    AccountChanged | Refusal,
    strawberry.union("AccountResult", description="What a mutation answers that changes an account."),
]


async def _accounts(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Connection[Account]:
    context = info.context
    every = await accounts_of(context.custodian, context.somebody, context.clock())
    if isinstance(every, Denied):
        raise refused_query(context, every)
    page = slice_of(every, window(first, after, last, before, "account", context))
    return connection(context, "account", page, lambda item: item[0], lambda item: account_node(item[1]))


async def _login(info: Info, input: Annotated[LoginInput, INPUT]) -> LoginResult:
    context = info.context
    done = await log_in(
        context.custodian,
        parse_tenant(input.tenant),
        input.login,
        input.password,
        input.code,
        context.clock(),
        context.request,
    )
    if isinstance(done, Denied):
        return refusal(context, done)
    return LoggedIn(
        account=account_node(done.account), session=Secret(done.secret), expires_at=Moment(done.expires_at)
    )


async def _reauthenticate(info: Info, input: Annotated[ReauthenticateInput, INPUT]) -> ReauthenticateResult:
    context = info.context
    done = await reauthenticate(context.custodian, context.somebody, input.code, context.clock())
    if isinstance(done, Denied):
        return refusal(context, done)
    return Reauthenticated(proven_until=Moment(done.until))


async def _logout(info: Info) -> LoggedOut:
    await log_out(info.context.custodian, info.context.somebody)
    return LoggedOut(done=True)


async def _recover_second_factor(
    info: Info, input: Annotated[RecoverSecondFactorInput, INPUT]
) -> EnrolmentResult:
    context = info.context
    done = await recover(
        context.custodian,
        parse_tenant(input.tenant),
        input.login,
        input.password,
        input.recovery_code,
        context.clock(),
        context.request,
    )
    return _enrolled(context, done)


async def _change_password(info: Info, input: Annotated[ChangePasswordInput, INPUT]) -> AccountResult:
    context = info.context
    done = await change_password(context.custodian, context.somebody, input.old, input.new, context.clock())
    return _changed(context, done)


async def _create_account(info: Info, input: Annotated[CreateAccountInput, INPUT]) -> EnrolmentResult:
    context = info.context
    done = await create_account(
        context.custodian,
        context.somebody,
        input.login,
        input.name,
        frozenset(input.roles),
        input.password,
        context.clock(),
        replay_of(context, input.idempotency_key, "createAccount", input),
    )
    return _enrolled(context, done)


async def _change_roles(info: Info, input: Annotated[ChangeRolesInput, INPUT]) -> AccountResult:
    context = info.context
    done = await change_roles(
        context.custodian, context.somebody, input.login, frozenset(input.roles), context.clock()
    )
    return _changed(context, done)


async def _disable_account(info: Info, input: Annotated[AccountInput, INPUT]) -> AccountResult:
    context = info.context
    done = await disable_account(context.custodian, context.somebody, input.login, context.clock())
    return _changed(context, done)


async def _reset_second_factor(info: Info, input: Annotated[AccountInput, INPUT]) -> EnrolmentResult:
    context = info.context
    done = await reset_second_factor(context.custodian, context.somebody, input.login, context.clock())
    return _enrolled(context, done)


@strawberry.type
class AccountQuery:
    """Queries about accounts."""

    accounts: Connection[Account] = strawberry.field(
        resolver=_accounts, description="The tenant's accounts; for administrators."
    )


@strawberry.type
class AccountMutation:
    """Changes to accounts and sessions."""

    login: LoginResult = strawberry.mutation(resolver=_login, description="Open a session.")
    reauthenticate: ReauthenticateResult = strawberry.mutation(
        resolver=_reauthenticate,
        description="Give another one-time code for the session: changes of rights need one of the last 10 minutes.",
    )
    logout: LoggedOut = strawberry.mutation(resolver=_logout, description="End the session.")
    recover_second_factor: EnrolmentResult = strawberry.mutation(
        resolver=_recover_second_factor, description="Enrol the one-time code anew with a recovery code."
    )
    change_password: AccountResult = strawberry.mutation(
        resolver=_change_password, description="Change one's own password; all sessions end."
    )
    create_account: EnrolmentResult = strawberry.mutation(
        resolver=_create_account,
        description="Open an account; for administrators with a recent one-time code.",
    )
    change_roles: AccountResult = strawberry.mutation(
        resolver=_change_roles,
        description="Give an account other roles, with a recent one-time code; losing one ends its sessions. "
        "A tenant always keeps an administrator.",
    )
    disable_account: AccountResult = strawberry.mutation(
        resolver=_disable_account, description="End an account with all its sessions; for administrators."
    )
    reset_second_factor: EnrolmentResult = strawberry.mutation(
        resolver=_reset_second_factor,
        description="Enrol somebody's one-time code anew and end all their sessions; "
        "for administrators with a recent one-time code.",
    )


def account_node(account: CustodyAccount) -> Account:
    """An account as the schema tells it."""
    return Account(
        id=to_id("Account", account.login),
        login=account.login,
        name=account.name,
        roles=sorted(account.roles),
        disabled=account.disabled_at > 0,
        created_at=Moment(account.created_at),
    )


def _enrolled(context: Context, done: Enrolment | Denied) -> AccountEnrolled | Refusal:
    if isinstance(done, Denied):
        return refusal(context, done)
    return AccountEnrolled(
        account=account_node(done.account),
        seed=Secret(done.seed),
        uri=Secret(done.uri),
        recovery_codes=[Secret(code) for code in done.recovery_codes],
    )


def _changed(context: Context, done: CustodyAccount | Denied) -> AccountChanged | Refusal:
    return refusal(context, done) if isinstance(done, Denied) else AccountChanged(account=account_node(done))
