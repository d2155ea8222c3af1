"""Mail that the company ordered: its link is made, it is sent by whoever calls this, and what became of it is recorded.

In this order, so that nothing is lost: a mail counts as sent only once a server has taken it. A process that dies
between the two sends it again, with another link; the first then gives no more.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from custody.calendar import day_in_japan
from custody.collection.acting import Acting, program
from custody.collection.collection import Collection, Route
from custody.collection.dispatch import (
    Dispatch,
    DispatchState,
    Sending,
    order_public_id,
    save_dispatches,
    step_of,
)
from custody.collection.errand import Errand, Waiting, still_waiting
from custody.collection.letter import Letter, letter_for
from custody.collection.notice_text import purposes_of
from custody.collection.steps import stepped, write_steps
from custody.collection.telling import Telling, tell
from custody.contract.door import refuse_closed
from custody.custodian import Custodian
from custody.kits.household import Household, households
from custody.leaves import leaves_of
from custody.selfservice.link import Factor
from custody.selfservice.links import mint_link
from policies.collection import Step, allowed
from policies.mail_faults import MailFault
from policies.refusals import Denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Conflict, Transaction

T = TypeVar("T")

GAPS_MINUTES: Final = (2, 5, 15, 30, 60, 120, 240, 480, 480, 480, 480, 480)
"""From one try in vain to the next: two days in all."""

_MINUTE_MS: Final = 60_000
_ATTEMPTS: Final = 6
_LINKED: Final = frozenset({Route.LINK_MAIL, Route.LINK_QR})


@dataclass(frozen=True, slots=True)
class Unsent:
    """An errand that needs no mail any more: everybody has moved on, or none can be written, which is recorded."""

    failed: int
    void: int


async def write_letter(custodian: Custodian, errand: Errand, now: int) -> Letter | Unsent:
    """Write the mail of an errand, with a new link where it has one. Earlier links of the person give no more.

    Args:
        custodian: what the use case works with.
        errand: what is due.
        now: milliseconds since the epoch.

    Raises:
        SealBrokenError: a row was altered.
    """
    acting = program(errand.tenant)

    def work(tx: Transaction) -> Letter | Unsent:
        custodian.vault.log(errand.tenant).lock(tx)
        if refuse_closed(tx, errand.tenant):
            return Unsent(0, 0)
        waiting, void = _able(still_waiting(tx, custodian, errand), acting)
        save_dispatches(tx, custodian.authority, errand.order, void)
        if not waiting.collections:
            return Unsent(0, len(void))
        outcome = _write(tx, custodian, acting, errand, waiting, now)
        if isinstance(outcome, MailFault):
            _fail(tx, custodian, acting, errand, waiting, outcome, now)
            return Unsent(len(waiting.dispatches), len(void))
        return outcome

    return await _written(custodian, errand.tenant, work)


async def record_mailed(custodian: Custodian, errand: Errand, letter: Letter, now: int) -> int:
    """Record that a mail has gone out: its dispatches are sent, its people have the notice that lay in it.

    Whoever has moved on meanwhile got the mail all the same: it is paid for, and takes no step.

    Args:
        custodian: what the use case works with.
        errand: what was due.
        letter: what it said.
        now: milliseconds since the epoch.

    Returns:
        How many dispatches are sent now; 0 if somebody had recorded it before.

    Raises:
        SealBrokenError: a row was altered.
    """
    acting = program(errand.tenant)

    def work(tx: Transaction) -> int:
        custodian.vault.log(errand.tenant).lock(tx)
        if refuse_closed(tx, errand.tenant):
            return 0
        waiting = still_waiting(tx, custodian, errand)
        sent = [replace(each, state=DispatchState.SENT, sent_at=now, code="") for each in waiting.dispatches]
        save_dispatches(tx, custodian.authority, errand.order, sent)
        _step(tx, custodian, acting, errand, waiting, now)
        _tell(tx, custodian, acting, waiting, letter, now)
        return len(sent)

    return await _written(custodian, errand.tenant, work)


async def record_unsent(
    custodian: Custodian, errand: Errand, fault: MailFault, now: int, *, for_good: bool
) -> bool:
    """Record that a mail did not go out, and when it is tried again.

    Args:
        custodian: what the use case works with.
        errand: what was due.
        fault: why it did not.
        now: milliseconds since the epoch.
        for_good: whether trying again is of no use.

    Returns:
        Whether it is given up, now or because two days are over.

    Raises:
        SealBrokenError: a row was altered.
    """
    acting = program(errand.tenant)

    def work(tx: Transaction) -> bool:
        custodian.vault.log(errand.tenant).lock(tx)
        if refuse_closed(tx, errand.tenant):
            return True
        waiting = still_waiting(tx, custodian, errand)
        tries = max((each.tries for each in waiting.dispatches), default=0) + 1
        if for_good or tries > len(GAPS_MINUTES):
            told = fault if for_good else MailFault.UNREACHABLE
            _fail(tx, custodian, acting, errand, waiting, told, now)
            return True
        next_at = now + GAPS_MINUTES[tries - 1] * _MINUTE_MS
        again = [replace(each, tries=tries, next_at=next_at, code=fault.value) for each in waiting.dispatches]
        save_dispatches(tx, custodian.authority, errand.order, again)
        return False

    return await _written(custodian, errand.tenant, work)


async def _written(custodian: Custodian, tenant: int, work: Callable[[Transaction], T]) -> T:
    for _ in range(_ATTEMPTS):
        try:
            return await custodian.database.write(tenant, work)
        except Conflict:
            continue  # an id that another node drew
    raise Conflict


def _able(waiting: Waiting, acting: Acting) -> tuple[Waiting, list[Dispatch]]:
    """What can still go out; what is void, because its collection has moved on."""
    able = [each for each in waiting.collections if _step_for(waiting, each, acting)]
    ids = {each.id for each in able}
    void = [
        replace(each, state=DispatchState.VOID) for each in waiting.dispatches if each.collection not in ids
    ]
    return Waiting([each for each in waiting.dispatches if each.collection in ids], able), void


def _step_for(waiting: Waiting, collection: Collection, acting: Acting) -> Step | None:
    """The step that the mail is for a collection; None if it cannot take it."""
    kind = next(each.kind for each in waiting.dispatches if each.collection == collection.id)
    step = step_of(kind, collection.state)
    return step if allowed(collection.state, step, acting.by) else None


def _write(
    tx: Transaction, custodian: Custodian, acting: Acting, errand: Errand, waiting: Waiting, now: int
) -> Letter | MailFault:
    made, _ = households(tx, errand.tenant, waiting.collections)
    letter = letter_for(tx, custodian, errand.kind, waiting, made[0], now) if made else None
    if letter is None:
        return MailFault.LINK_REFUSED
    if not _is_linked(errand.kind, waiting, made[0]):
        return letter
    if made[0].recipient.born_on is None:
        return MailFault.BIRTH_DATE_MISSING
    issued = mint_link(tx, custodian, acting, waiting.collections[0], Factor.BIRTH_DATE, now)
    return MailFault.LINK_REFUSED if isinstance(issued, Denied) else replace(letter, secret=issued.secret)


def _is_linked(kind: Sending, waiting: Waiting, household: Household) -> bool:
    """Whether a mail has a link: a reminder of a paper kit has none, nor one to somebody who could not open it."""
    if kind is Sending.LINK_MAIL:
        return True
    return household.recipient.born_on is not None and any(
        each.channel in _LINKED for each in waiting.collections
    )


def _step(
    tx: Transaction, custodian: Custodian, acting: Acting, errand: Errand, waiting: Waiting, now: int
) -> None:
    going: dict[Step, list[Collection]] = {}
    for each in waiting.collections:
        step = _step_for(waiting, each, acting)
        if step is not None:
            going.setdefault(step, []).append(stepped(each, step, acting, now))
    details = {"order": order_public_id(errand.order), "kind": errand.kind.value}
    for step, collections in going.items():
        write_steps(tx, custodian, acting, step, collections, now, details)


def _tell(
    tx: Transaction, custodian: Custodian, acting: Acting, waiting: Waiting, letter: Letter, now: int
) -> None:
    if letter.notice is None:
        return
    codes = letter.notice.purposes
    # Whoever created the campaign said that the persons consent, or it would not have such a purpose.
    consented = any(each.needs_consent for each in purposes_of(custodian.catalogue, codes))
    telling = Telling(
        letter.notice.form, frozenset(codes), letter.notice.text, day_in_japan(now), consented=consented
    )
    tell(tx, custodian, acting, sorted({each.person for each in waiting.collections}), telling, now)


def _fail(
    tx: Transaction,
    custodian: Custodian,
    acting: Acting,
    errand: Errand,
    waiting: Waiting,
    fault: MailFault,
    now: int,
) -> None:
    failed = [
        replace(each, state=DispatchState.FAILED, tries=each.tries + 1, next_at=0, code=fault.value)
        for each in waiting.dispatches
    ]
    save_dispatches(tx, custodian.authority, errand.order, failed)
    detail = {"order": order_public_id(errand.order), "kind": errand.kind.value, "code": fault.value}
    persons = [each.person for each in waiting.collections]
    if persons:
        record = leaves_of(
            persons, [0] * len(persons), lambda _: acting.says(Action.COLLECTION_MAIL_FAIL, now, detail)
        )
        custodian.vault.log(acting.tenant).append(tx, record)
