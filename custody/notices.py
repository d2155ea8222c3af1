"""Purpose notices (利用目的の通知): the record that persons were told what their number is used for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import orjson

from custody.calendar import day_in_japan
from custody.custodian import Custodian, entry, record_refusal
from custody.people import SET_NOTIFIED, known, notified_text
from custody.rejections import Rejection, rejection
from custody.roster import MAX_ROWS
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
) -> Noticed | Denied:
    """Record that persons were told of purposes on a day. A purpose told of before keeps its first day."""
    denial = may(actor, "giveNotice") or _refuse(custodian.catalogue, external_ids, purposes, told_on, now)
    if denial is not None:
        refused = entry(actor, Action.NOTICE_GIVE, now, denied=denial)
        return await record_refusal(custodian, actor, refused, denial)
    new = {code: told_on.isoformat() for code in purposes}
    detail = {"purposes": " ".join(sorted(purposes)), "told_on": told_on.isoformat()}

    def work(tx: Transaction) -> Noticed:
        persons = known(tx, actor.tenant, external_ids)
        for person in persons.values():
            told = notified_text(new | orjson.loads(person.notified))
            tx.run(SET_NOTIFIED, {"tenant": actor.tenant, "person": person.id, "new_notified": told})
        ids = sorted(person.id for person in persons.values())
        if ids:
            record = leaves(entry_batch(entry(actor, Action.NOTICE_GIVE, now, detail=detail), ids), ids)
            custodian.vault.log(actor.tenant).append(tx, record)
        unknown = [
            rejection(row, "PERSON_UNKNOWN") for row, text in enumerate(external_ids) if text not in persons
        ]
        return Noticed(len(ids), unknown)

    return await custodian.database.write(actor.tenant, work)


def _refuse(
    catalogue: Catalogue, external_ids: Sequence[str], purposes: frozenset[str], told_on: date, now: int
) -> Denied | None:
    if len(external_ids) > MAX_ROWS:
        return denied("too-many-rows")
    if told_on > day_in_japan(now):
        return denied("date-in-future")
    for code in sorted(purposes):
        purpose = catalogue.get(code)
        if purpose is None:
            return denied("purpose-unknown")
        if purpose.status is PurposeStatus.REFUSED:
            return denied("purpose-refused-by-law")
    return None
