"""Asking for the end of a contract, and taking that back: an administrator's acts."""

from calendar import monthrange
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from custody.account import living_account_by_id
from custody.administration import administer, refuse_change
from custody.calendar import day_in_japan
from custody.contract.end import ContractEnd, EndState, drop_end, insert_end, read_end
from custody.custodian import Custodian
from custody.replay import Once, Replay
from custody.words import refuse_words
from policies.actor import Actor
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Transaction
from tokenizer.token import Kind, digest, mint_secret

_REQUEST = "requestContractEnd"
_WITHDRAW = "withdrawContractEnd"


@dataclass(frozen=True, slots=True)
class Requested:
    """A contract's end that waits for another human.

    Attributes:
        end: what was asked for.
        key: the certificate key, shown this once. It fetches the certificates when no account is there any more.
    """

    end: ContractEnd
    key: str = field(repr=False)


async def request_end(
    custodian: Custodian, actor: Actor, reason: str, now: int, replay: Replay | None = None
) -> Requested | Denied:
    """Ask that the contract ends with the last day of this month in Japan.

    Args:
        custodian: what the use case works with.
        actor: an administrator, with a one-time code of late.
        reason: why, in the human's words.
        now: milliseconds since the epoch.
        replay: makes the request idempotent.
    """
    invalid = refuse_words(reason)
    if invalid is not None:
        return await refuse_change(custodian, actor, _REQUEST, Action.CONTRACT_END_REQUEST, invalid, now)
    today = day_in_japan(now)
    key = mint_secret(Kind.CERTIFICATE_KEY, actor.tenant, custodian.random_bytes)
    asked = ContractEnd(
        actor.tenant,
        EndState.REQUESTED,
        reason.strip(),
        last_day(today).isoformat(),
        actor.name,
        "",
        now,
        key_digest=digest(key),
    )

    def work(tx: Transaction) -> Requested | Denied:
        custodian.vault.log(actor.tenant).lock(tx)
        before = read_end(tx, custodian.authority, actor.tenant, lock=True)
        account = living_account_by_id(tx, custodian.authority, actor.tenant, actor.id)
        refusal = _refuse_again(before, today) if before else None
        if refusal is not None or account is None:
            return refusal or denied("session-ended")
        if before is not None:
            drop_end(tx, before)
        end = replace(asked, requested_name=account.name)
        insert_end(tx, custodian.authority, end)
        return Requested(end, key)

    detail = {"ends_on": asked.ends_on, "digest": asked.digest}
    once = Once(replay, _to_answer, _from_answer) if replay else None
    return await administer(
        custodian,
        actor,
        _REQUEST,
        Action.CONTRACT_END_REQUEST,
        detail,
        now,
        work,
        once,
        asked.reason,
    )


async def withdraw_end(custodian: Custodian, actor: Actor, reason: str, now: int) -> ContractEnd | Denied:
    """Take back, approved or not, that the contract ends; the certificate key is void. Gives what was asked for.

    Args:
        custodian: what the use case works with.
        actor: an administrator.
        reason: why, in the human's words.
        now: milliseconds since the epoch.
    """
    invalid = refuse_words(reason)
    if invalid is not None:
        return await refuse_change(custodian, actor, _WITHDRAW, Action.CONTRACT_END_WITHDRAW, invalid, now)

    def work(tx: Transaction) -> ContractEnd | Denied:
        custodian.vault.log(actor.tenant).lock(tx)
        end = read_end(tx, custodian.authority, actor.tenant, lock=True)
        if end is None:
            return denied("contract-end-unknown")
        if end.is_closed or is_told(custodian, actor.tenant):
            return denied("contract-ended")
        drop_end(tx, end)
        return end

    action = Action.CONTRACT_END_WITHDRAW
    return await administer(custodian, actor, _WITHDRAW, action, {}, now, work, reason=reason.strip())


def is_told(custodian: Custodian, tenant: int) -> bool:
    """Whether the ledger knows that a contract ended: then it does, though a crash may have undone the first step."""
    return any(end.tenant == tenant for end in custodian.ledger.contract_ends())


def last_day(today: date) -> date:
    """The last day of a day's month."""
    return today.replace(day=monthrange(today.year, today.month)[1])


def is_past(end: ContractEnd, today: date) -> bool:
    """Whether the contract's last day is over."""
    return end.ends_on < today.isoformat()


def _refuse_again(before: ContractEnd, today: date) -> Denied | None:
    """Why nobody can ask while somebody has; one that nobody approved in time is void."""
    if before.is_closed:
        return denied("contract-ended")
    if before.state is EndState.APPROVED:
        return denied("contract-end-approved")
    return None if is_past(before, today) else denied("contract-end-requested")


def _to_answer(done: Requested) -> list[Any]:
    end = done.end
    digits = end.key_digest.hex()
    said = [end.tenant, end.reason, end.ends_on, end.requested_by, end.requested_name, end.requested_at]
    return [*said, digits, done.key]


def _from_answer(answer: list[Any]) -> Requested:
    tenant, reason, ends_on, by, name, at, digits, key = answer
    end = ContractEnd(
        tenant, EndState.REQUESTED, reason, ends_on, by, name, at, key_digest=bytes.fromhex(digits)
    )
    return Requested(end, key)
