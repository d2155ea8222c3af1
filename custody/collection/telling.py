"""Telling persons of purposes with a notice, and keeping the record of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from custody.batch import take_batch
from custody.calendar import day_in_japan
from custody.collection.acting import Acting, company
from custody.collection.notice import NoticeForm, PurposeNotice, insert_notice, notices_of
from custody.custodian import Custodian, entry, record_refusal
from custody.leaves import leaves_of
from custody.notices import notice_detail, refuse_purposes
from custody.notified import add_notified, notified_of
from custody.people import find_person, known
from custody.rejections import Rejection, rejection
from custody.roster import MAX_ROWS, normalise_id
from custody.settle import settle
from policies.actor import Actor
from policies.authorize import may
from policies.free_text import contains_number, is_plain
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Transaction

_LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as it was recorded, how many persons it was given to, and the rows that named nobody."""

    notice: PurposeNotice
    persons: int
    rejections: list[Rejection] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Telling:
    """What persons are told.

    Attributes:
        form: in which form.
        purposes: codes of the purposes; at least one.
        text: the words they were given.
        told_on: the day.
        consented: whether they consented to the purposes that need it.
    """

    form: NoticeForm
    purposes: frozenset[str]
    text: str
    told_on: date
    consented: bool = False


async def give_purpose_notice(
    custodian: Custodian, actor: Actor, external_ids: Sequence[str], telling: Telling, now: int
) -> Told | Denied:
    """Record that persons were given a notice.

    Args:
        custodian: what the use case works with.
        actor: a client or a handler.
        external_ids: whom; at most 10,000.
        telling: what they were told.
        now: milliseconds since the epoch.
    """
    denial = may(actor, "giveNotice") or _refuse(custodian, external_ids, telling, now)
    wanted = [normalise_id(text) for text in external_ids]

    def work(tx: Transaction) -> Told:
        persons = known(tx, actor.tenant, wanted)
        there = sorted({person.id for person in persons.values()})
        notice = tell(tx, custodian, company(actor), there, telling, now)
        unknown = [rejection(row, "PERSON_UNKNOWN") for row, text in enumerate(wanted) if text not in persons]
        return Told(notice, len(there), unknown)

    return await take_batch(custodian, actor, Action.NOTICE_GIVE, denial, now, work)


def tell(
    tx: Transaction, custodian: Custodian, acting: Acting, persons: Sequence[int], telling: Telling, now: int
) -> PurposeNotice:
    """Record a notice, in a transaction that has locked the tenant's log; a purpose told of before keeps its day."""
    (identity,) = custodian.vault.new_ids(1, now)
    purposes = tuple(sorted(telling.purposes))
    by = acting.actor.name if acting.actor else ""
    day = telling.told_on.isoformat()
    notice = PurposeNotice(acting.tenant, identity, telling.form, purposes, telling.text, day, by, now)
    if not persons:
        return notice
    insert_notice(tx, notice, persons)
    add_notified(tx, acting.tenant, notified_of(tx, acting.tenant, persons), dict.fromkeys(purposes, day))
    settle(tx, custodian, acting.tenant, persons, now)  # a purpose told of after a departure ends at once
    detail = notice_detail(telling.purposes, telling.told_on, consented=telling.consented)
    detail |= {"notice": notice.public_id, "form": telling.form.value}
    record = leaves_of(persons, [0] * len(persons), lambda _: acting.says(Action.NOTICE_GIVE, now, detail))
    custodian.vault.log(acting.tenant).append(tx, record)
    return notice


async def show_notices(
    custodian: Custodian, actor: Actor, external_id: str, now: int
) -> list[PurposeNotice] | Denied:
    """The notices a person was given, oldest first."""
    denial = may(actor, "readCollections")
    if denial is not None:
        refused = entry(actor, Action.COLLECTION_LIST, now, denied=denial)
        return await record_refusal(custodian, actor, refused, denial)

    def work(tx: Transaction) -> list[PurposeNotice] | Denied:
        row = find_person(tx, actor.tenant, external_id)
        return denied("unknown-id") if row is None else notices_of(tx, actor.tenant, row[1])

    return await custodian.database.read(actor.tenant, work)


def _refuse(custodian: Custodian, external_ids: Sequence[str], telling: Telling, now: int) -> Denied | None:
    if len(external_ids) > MAX_ROWS:
        return denied("too-many-rows")
    return refuse_telling(custodian, telling, now)


def refuse_telling(custodian: Custodian, telling: Telling, now: int) -> Denied | None:
    """Why persons cannot be told this; None if they can."""
    if telling.told_on > day_in_japan(now):
        return denied("date-in-future")
    if not telling.purposes:
        return denied("purpose-unknown")
    refused = refuse_purposes(custodian.catalogue, telling.purposes, consented=telling.consented)
    return refused or _refuse_text(telling.text)


def _refuse_text(text: str) -> Denied | None:
    plain = text.replace("\n", "")
    fits = 0 < len(text.strip()) <= _LONGEST and is_plain(plain) and not contains_number(text)
    return None if fits else denied("notice-invalid")
