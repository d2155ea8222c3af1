"""Purpose notices (利用目的の通知): the record that persons were told what their number is used for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from custody.calendar import day_in_japan
from custody.custodian import Custodian, entry, record_refusal
from custody.notified import add_notified
from custody.people import known
from custody.rejections import Rejection, rejection
from custody.roster import MAX_ROWS, normalise_id
from custody.settle import settle
from policies.actor import Actor
from policies.authorize import may
from policies.purposes import Catalogue, PurposeStatus
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.audit.entry import entry_batch
from tokenizer.audit.log import leaves
from tokenizer.storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Noticed:
    """How many persons the record now covers, and the rows that named nobody."""

    persons: int
    rejections: list[Rejection]


async def give_notice(
    custodian: Custodian,
    actor: Actor,
    external_ids: Sequence[str],
    purposes: frozenset[str],
    told_on: date,
    now: int,
    *,
    consented: bool = False,
) -> Noticed | Denied:
    """Record that persons were told of purposes on a day. A purpose told of before keeps its first day.

    Args:
        custodian: what the use case works with.
        actor: a client or a handler.
        external_ids: whom; at most 10,000.
        purposes: codes of what they were told of; at least one.
        told_on: the day they were told.
        now: milliseconds since the epoch.
        consented: whether they consented to the purposes that need it.
    """
    denial = may(actor, "giveNotice") or _refuse(external_ids, purposes, told_on, now)
    denial = denial or refuse_purposes(custodian.catalogue, purposes, consented=consented)
    if denial is not None:
        refused = entry(actor, Action.NOTICE_GIVE, now, denied=denial)
        return await record_refusal(custodian, actor, refused, denial)
    wanted = [normalise_id(text) for text in external_ids]
    new = {code: told_on.isoformat() for code in purposes}
    detail = notice_detail(purposes, told_on, consented=consented)
    log = custodian.vault.log(actor.tenant)

    def work(tx: Transaction) -> Noticed:
        log.lock(tx)  # what one notice adds, another that came at the same time must not drop
        persons = known(tx, actor.tenant, wanted)
        before = {person.id: person.notified for person in persons.values()}
        add_notified(tx, actor.tenant, before, new)
        ids = sorted(before)
        settle(tx, custodian, actor.tenant, ids, now)  # a purpose told of after a departure ends at once
        if ids:
            record = leaves(entry_batch(entry(actor, Action.NOTICE_GIVE, now, detail=detail), ids), ids)
            log.append(tx, record)
        unknown = [rejection(row, "PERSON_UNKNOWN") for row, text in enumerate(wanted) if text not in persons]
        return Noticed(len(ids), unknown)

    return await custodian.database.write(actor.tenant, work)


def notice_detail(purposes: frozenset[str], told_on: date, *, consented: bool) -> dict[str, str]:
    """What the log says of a notice, beside the person it was given to."""
    detail = {"purposes": " ".join(sorted(purposes)), "told_on": told_on.isoformat()}
    return detail | {"consented": "true"} if consented else detail


def refuse_purposes(catalogue: Catalogue, codes: frozenset[str], *, consented: bool) -> Denied | None:
    """Why persons cannot be said to have been told of purposes: one is unknown, unlawful or lacks consent."""
    for code in sorted(codes):
        purpose = catalogue.get(code)
        if purpose is None:
            return denied("purpose-unknown")
        if purpose.status is PurposeStatus.REFUSED:
            return denied("purpose-refused-by-law")
        if purpose.needs_consent and not consented:
            return denied("consent-missing")
    return None


def _refuse(external_ids: Sequence[str], purposes: frozenset[str], told_on: date, now: int) -> Denied | None:
    if len(external_ids) > MAX_ROWS:
        return denied("too-many-rows")
    if told_on > day_in_japan(now):
        return denied("date-in-future")
    return None if purposes else denied("purpose-unknown")
