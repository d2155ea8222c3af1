"""The last step of a use: spend everything, record, commit, and only then open.

What one transaction spends (the one-time code, the quotas, the use itself) it spends together with the record of
the release, or it records a refusal instead.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from custody.code_check import check_act_code
from custody.custodian import Custodian, entry, one_leaf, record_refusal
from custody.rejections import Rejection
from custody.tenants import read_tenant
from custody.uses import Use, UseState, insert_use, read_use, save_use
from policies.actor import Actor
from policies.authorize import grant
from policies.quotas import Withdrawal, take
from policies.refusals import Denied, denied
from policies.step_up import Accepted, spend
from tokenizer.audit.action import Action
from tokenizer.audit.entry import Entry
from tokenizer.audit.log import Leaves, Receipt
from tokenizer.grant import Grant, Withheld
from tokenizer.storage.transaction import Transaction
from tokenizer.vault import Missing

_RULE: Final = "statutory-use"


@dataclass(frozen=True, slots=True)
class Released:
    """Numbers that came out, in the order in which their tokens were asked for.

    Attributes:
        use: what they were released for.
        tokens: the token of each.
        numbers: 12 ASCII digits each; kept out of `repr`.
        rejections: rows that were not part of the use.
        rows: place of each in the request; empty when the request was made earlier.
        receipt: where the log says so.
    """

    use: Use
    tokens: list[str]
    numbers: list[bytes] = field(repr=False)
    rejections: list[Rejection]
    rows: list[int]
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class UseStore:
    """How a released use gets into the table: a new row, or a row that was there.

    Attributes:
        refuse: says why the use cannot be released any more, if it cannot; comes before anything is written.
        write: writes the released use.
    """

    refuse: Callable[[Transaction], Denied | None]
    write: Callable[[Transaction, Use], None]


def new_use(custodian: Custodian, also: Leaves) -> UseStore:
    """A use that is prepared, confirmed and released in one request; `also` records its rejected rows."""

    def write(tx: Transaction, released: Use) -> None:
        insert_use(tx, custodian.authority, released)
        if also.entries:
            custodian.vault.log(released.tenant).append(tx, also)

    return UseStore(lambda tx: None, write)


def stored_use(custodian: Custodian, use: Use, wanted: UseState) -> UseStore:
    """A use that was prepared before, and must still be as far as it was when it was read."""

    def refuse(tx: Transaction) -> Denied | None:
        current = read_use(tx, custodian.authority, use.tenant, use.id, lock=True)
        return None if current is not None and current.state is wanted else denied("use-spent")

    return UseStore(refuse, lambda tx, released: _save(tx, custodian, released))


async def release_numbers(
    custodian: Custodian,
    actor: Actor,
    human: Actor,
    use: Use,
    now: int,
    code: Accepted | None,
    store: UseStore,
) -> Released | Denied:
    """Release the numbers of a use that its human has confirmed, or confirms with this.

    Args:
        custodian: what the use case works with.
        actor: who receives them.
        human: who stands behind it.
        use: the use.
        now: milliseconds since the epoch.
        code: the human's one-time code, if it is not spent yet.
        store: how the use is written.
    """
    released = use._replace(state=UseState.RELEASED, confirmed_by=human.name, released_at=now)
    withdrawal = Withdrawal(use.tenant, use.client or None, human.name, use.purpose, len(use.persons))

    def spend_all(tx: Transaction, tokens: Sequence[str | None]) -> Withheld | None:
        quotas = read_tenant(tx, custodian.authority, use.tenant).settings.quotas
        denial = store.refuse(tx)
        if denial is None and None in tokens:
            denial = denied("token-unknown")  # revoked since the use was prepared
        if denial is None and code is not None and not spend(tx, code):
            denial = denied("code-used")
        if denial is None and (rule := take(tx, quotas, withdrawal, now)):
            denial = denied(rule)
        if denial is not None:
            return Withheld(denial.rule, one_leaf(refused_use(actor, use, denial, now, human.name)))
        store.write(tx, released)
        return None

    outcome = await custodian.vault.reveal(_grant(actor, human, use, now), spend_all)
    if isinstance(outcome, Withheld):
        return denied(outcome.rule)
    if isinstance(outcome, Missing):
        return await refuse_use(custodian, actor, use, denied("number-not-held"), now, human=human.name)
    tokens = [token or "" for token in outcome.tokens]
    return Released(released, tokens, outcome.numbers, [], [], outcome.receipt)


async def check_human_code(
    custodian: Custodian, actor: Actor, human: Actor, use: Use, code: str, now: int
) -> Accepted | Denied:
    """Check the one-time code by which a human stands behind a use; a wrong one is recorded."""

    def refused(denial: Denied) -> Entry:
        return replace(refused_use(actor, use, denial, now, human.name), action=Action.CODE_REFUSE)

    return await check_act_code(custodian, actor, human, code, now, refused)


def refused_use(actor: Actor, use: Use, denial: Denied, now: int, human: str | None) -> Entry:
    """The record that a use was refused."""
    return entry(
        actor,
        Action.NUMBER_REFUSE,
        now,
        denied=denial,
        human=human,
        purpose=use.purpose,
        use=use.public_id,
        reason=use.reason,
        detail={"persons": str(len(use.persons))},
    )


async def refuse_use(
    custodian: Custodian, actor: Actor, use: Use, denial: Denied, now: int, *, human: str | None = None
) -> Denied:
    """Record that a use was refused, then say so."""
    return await record_refusal(custodian, actor, refused_use(actor, use, denial, now, human), denial)


def _save(tx: Transaction, custodian: Custodian, released: Use) -> None:
    save_use(tx, custodian.authority, released)


def _grant(actor: Actor, human: Actor, use: Use, now: int) -> Grant:
    return grant(
        human=human,
        receiver=actor,
        persons=use.persons,
        purpose=use.purpose,
        use=use.public_id,
        reason=use.reason,
        approver=use.approved_by or None,
        rule=_RULE,
        at=now,
    )
