"""Confirming, approving and releasing a use: the only way a number leaves.

A human stands behind exactly what was prepared, with a code that works once. Refusals are recorded; a release is
recorded before a number is opened; and what one transaction spends (the code, the quotas, the use) it spends
together with the record, or not at all.
"""

from dataclasses import dataclass
from typing import Final

from custody.account import account_actor, living_account
from custody.calendar import day_in_japan
from custody.custodian import Custodian, entry, one_leaf, record_refusal
from custody.prepare import Request, Sight, draft_of, look, may_ask, refusals, refuse
from custody.release import Released, check_human_code, new_use, refuse_use, release_numbers, stored_use
from custody.uses import Use, UseState, parse_use_id, read_use, save_use
from policies.actor import Actor, ActorKind
from policies.authorize import may_approve, may_confirm, may_prepare
from policies.refusals import Denied, denied
from policies.step_up import Accepted, spend
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Transaction

DIRECT_LIMIT: Final = 100
"""As many numbers `detokenize` releases with one code; more are prepared first, so that a human sees a summary."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A use that went one step further, without a number leaving yet."""

    use: Use


async def detokenize(
    custodian: Custodian, actor: Actor, request: Request, code: str, now: int
) -> Released | Denied:
    """Prepare, confirm and release at once, for up to 100 numbers.

    Args:
        custodian: what the use case works with.
        actor: a client, which names the handler; or a handler.
        request: what for, and whose numbers.
        code: the handler's one-time code.
        now: milliseconds since the epoch.
    """
    barred = may_ask(custodian, actor, request, now, DIRECT_LIMIT)

    def look_once(tx: Transaction) -> tuple[Actor | None, Sight | None]:
        human = _read_human(tx, custodian, actor, request.handler)
        return human, None if barred or human is None else look(tx, custodian, actor, request)

    human, sight = await custodian.database.read(actor.tenant, look_once)
    if human is None or sight is None:
        nobody = denied("a-use-needs-a-human")
        return await refuse(custodian, actor, request, nobody if human is None else barred or nobody, now)
    drafted = await draft_of(custodian, actor, request, sight, now)
    if isinstance(drafted, Denied):
        return drafted
    use = drafted.use
    denial = _may_confirm(custodian, use, human)
    if denial is None and use.needs_approval:
        denial = denied("use-not-approved")
    if denial is not None:
        return await refuse_use(custodian, actor, use, denial, now, human=human.name)
    checked = await check_human_code(custodian, actor, human, use, code, now)
    if isinstance(checked, Denied):
        return checked
    store = new_use(custodian, refusals(actor, drafted, now))
    outcome = await release_numbers(custodian, actor, human, use, now, checked, store)
    if isinstance(outcome, Denied):
        return outcome
    return Released(
        outcome.use,
        outcome.tokens,
        outcome.numbers,
        drafted.rejections,
        list(drafted.rows),
        outcome.receipt,
    )


async def confirm(
    custodian: Custodian, actor: Actor, use_id: str, digest: str, handler: str, code: str, now: int
) -> Released | Confirmation | Denied:
    """Let a human stand behind a prepared use with a one-time code.

    The numbers come out at once when the caller is who prepared it and no second person is needed; otherwise the
    use is confirmed, and who prepared it takes the numbers with `release`.

    Args:
        custodian: what the use case works with.
        actor: the handler; or the client that prepared the use, which names the handler.
        use_id: public id of the use.
        digest: what the human saw; "" to trust the caller's connection.
        handler: login of the handler, where the caller is a client.
        code: the handler's one-time code.
        now: milliseconds since the epoch.
    """
    use = await find_use(custodian, actor, use_id)
    if use is None:
        return await _refuse_unknown(custodian, actor, now)
    human = await _human(custodian, actor, handler)
    denial = (
        _stale(use, UseState.PREPARED, now)
        or _changed(use, digest)
        or _may_confirm(custodian, use, human)
        or _may_receive(custodian, actor, use, now)
    )
    if denial is not None or human is None:
        name = human.name if human else None
        return await refuse_use(
            custodian, actor, use, denial or denied("a-use-needs-a-human"), now, human=name
        )
    checked = await check_human_code(custodian, actor, human, use, code, now)
    if isinstance(checked, Denied):
        return checked
    if use.needs_approval or not _is_receiver(actor, use):
        confirmed = use._replace(state=UseState.CONFIRMED, confirmed_by=human.name)
        return await _move(
            custodian, actor, human, confirmed, Action.USE_CONFIRM, UseState.PREPARED, now, checked
        )
    store = stored_use(custodian, use, UseState.PREPARED)
    return await release_numbers(custodian, actor, human, use, now, checked, store)


async def approve(
    custodian: Custodian, actor: Actor, use_id: str, digest: str, approver: str, code: str, now: int
) -> Confirmation | Denied:
    """Let a second human approve a confirmed use with a one-time code; never who confirmed it."""
    use = await find_use(custodian, actor, use_id)
    if use is None:
        return await _refuse_unknown(custodian, actor, now)
    human = await _human(custodian, actor, approver)
    denial = _stale(use, UseState.CONFIRMED, now) or _changed(use, digest)
    if denial is None and human is not None:
        denial = may_approve(
            human, custodian.catalogue, use.purpose, confirmed=human.name == use.confirmed_by
        )
    if denial is not None or human is None:
        name = human.name if human else None
        return await refuse_use(
            custodian, actor, use, denial or denied("a-use-needs-a-human"), now, human=name
        )
    checked = await check_human_code(custodian, actor, human, use, code, now)
    if isinstance(checked, Denied):
        return checked
    approved = use._replace(state=UseState.APPROVED, approved_by=human.name)
    return await _move(
        custodian, actor, human, approved, Action.USE_APPROVE, UseState.CONFIRMED, now, checked
    )


async def release(custodian: Custodian, actor: Actor, use_id: str, now: int) -> Released | Denied:
    """Take the numbers of a use that humans have confirmed; once, and only by who prepared it.

    A day may lie between: who stands behind the use must still be allowed to, and so must who receives it.
    """
    use = await find_use(custodian, actor, use_id)
    if use is None or not _is_receiver(actor, use):
        return await _refuse_unknown(custodian, actor, now)
    wanted = UseState.APPROVED if use.needs_approval else UseState.CONFIRMED
    denial = _stale(use, wanted, now)
    if denial is not None:
        return await refuse_use(custodian, actor, use, denial, now)
    human = await _human_of(custodian, actor, use.confirmed_by)
    denial = (
        _may_receive(custodian, actor, use, now)
        or _may_confirm(custodian, use, human)
        or await _may_still_approve(custodian, actor, use)
    )
    if denial is not None or human is None:
        return await refuse_use(custodian, actor, use, denial or denied("a-use-needs-a-human"), now)
    store = stored_use(custodian, use, wanted)
    return await release_numbers(custodian, actor, human, use, now, None, store)


async def _move(
    custodian: Custodian,
    actor: Actor,
    human: Actor,
    use: Use,
    action: Action,
    wanted: UseState,
    now: int,
    code: Accepted,
) -> Confirmation | Denied:
    """Take a use one step further, spending the code of the human who takes it."""

    def work(tx: Transaction) -> Confirmation | Denied:
        current = read_use(tx, custodian.authority, use.tenant, use.id, lock=True)
        denial = None if spend(tx, code) else denied("code-used")
        if denial is None and (current is None or current.state is not wanted):
            denial = denied("use-spent")
        if denial is None:
            save_use(tx, custodian.authority, use)
        done = entry(
            actor,
            action,
            now,
            denied=denial,
            human=human.name,
            purpose=use.purpose,
            use=use.public_id,
            reason=use.reason,
            detail={"persons": str(len(use.persons)), "digest": use.digest},
        )
        custodian.vault.log(use.tenant).append(tx, one_leaf(done))
        return denial or Confirmation(use)

    return await custodian.database.write(use.tenant, work)


async def _human(custodian: Custodian, actor: Actor, login: str) -> Actor | None:
    return await custodian.database.read(actor.tenant, lambda tx: _read_human(tx, custodian, actor, login))


def _read_human(tx: Transaction, custodian: Custodian, actor: Actor, login: str) -> Actor | None:
    """The human who stands behind an act: the caller, or whom a client names."""
    return actor if actor.kind is ActorKind.HUMAN else _read_human_of(tx, custodian, actor, login)


def _read_human_of(tx: Transaction, custodian: Custodian, actor: Actor, login: str) -> Actor | None:
    account = living_account(tx, custodian.authority, actor.tenant, login)
    return account_actor(account, sandbox=actor.sandbox, request=actor.request) if account else None


async def _human_of(custodian: Custodian, actor: Actor, login: str) -> Actor | None:
    return await custodian.database.read(actor.tenant, lambda tx: _read_human_of(tx, custodian, actor, login))


async def find_use(custodian: Custodian, actor: Actor, use_id: str) -> Use | None:
    """A use that this caller may know of: a client its own, a human any of the tenant's; or None."""
    identity = parse_use_id(use_id)
    if identity is None:
        return None
    use = await custodian.database.read(
        actor.tenant, lambda tx: read_use(tx, custodian.authority, actor.tenant, identity)
    )
    if use is None or (actor.kind is ActorKind.CLIENT and use.audience != actor.id):
        return None
    return use


def _is_receiver(actor: Actor, use: Use) -> bool:
    return actor.audience == use.audience and (actor.human or "") == use.prepared_by


def _stale(use: Use, wanted: UseState, now: int) -> Denied | None:
    """Why a use cannot go the step for which it has to be in the state `wanted`."""
    if use.state is UseState.RELEASED:
        return denied("use-spent")
    if now > use.expires_at:
        return denied("use-expired")
    if use.state is wanted:
        return None
    if use.state is UseState.PREPARED:
        return denied("use-not-confirmed")
    return denied("use-not-approved") if wanted is UseState.APPROVED else denied("use-already-confirmed")


def _changed(use: Use, digest: str) -> Denied | None:
    return denied("use-changed") if digest and digest != use.digest else None


def _may_confirm(custodian: Custodian, use: Use, human: Actor | None) -> Denied | None:
    if human is None or (use.handler and use.handler != human.name):
        return denied("a-use-needs-a-human")
    return may_confirm(human, custodian.catalogue, use.purpose)


def _may_receive(custodian: Custodian, actor: Actor, use: Use, now: int) -> Denied | None:
    """Whether the caller may still be given these numbers, if it is they who receive them."""
    if not _is_receiver(actor, use):
        return None
    return may_prepare(actor, custodian.catalogue, use.purpose, day_in_japan(now))


async def _may_still_approve(custodian: Custodian, actor: Actor, use: Use) -> Denied | None:
    """Whether the second person is still one who may approve."""
    if not use.approved_by:
        return None
    approver = await _human_of(custodian, actor, use.approved_by)
    if approver is None:
        return denied("a-use-needs-a-human")
    return may_approve(approver, custodian.catalogue, use.purpose, confirmed=False)


async def _refuse_unknown(custodian: Custodian, actor: Actor, now: int) -> Denied:
    denial = denied("use-unknown")
    return await record_refusal(
        custodian, actor, entry(actor, Action.NUMBER_REFUSE, now, denied=denial), denial
    )
