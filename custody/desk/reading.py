"""Reading inquiries: lists and counts for the desk, and threads, which count as read by whoever is to answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import and_, bindparam, func, select

from custody.collection.acting import Acting
from custody.contract.door import refuse_closed
from custody.custodian import Custodian, entry, record_refusal
from custody.desk.inquiry import (
    INQUIRY,
    Inquiry,
    InquiryState,
    Speaker,
    inquiry_about,
    inquiry_of,
    parse_inquiry_id,
    read_inquiry,
    save_inquiry,
)
from custody.desk.message import messages_of
from custody.desk.thread import Thread, find_collection
from custody.listing import Page, Window, list_rows, page_of
from custody.people import BY_ID, PERSON, Person, person_of
from policies.actor import Actor
from policies.authorize import may
from policies.collection import By
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Transaction

_PERSON_COLUMNS: Final = len(PERSON.columns)
_COUNTS: Final = Statement(
    select(INQUIRY.c.state, func.count(), func.sum(INQUIRY.c.unread_by_desk))
    .where(INQUIRY.c.tenant_id == bindparam("tenant"))
    .group_by(INQUIRY.c.state)
)


@dataclass(frozen=True, slots=True)
class ListedInquiry:
    """A thread and whose collection it is about."""

    inquiry: Inquiry
    person: Person


@dataclass(frozen=True, slots=True)
class ShownThread:
    """A thread with its messages and whose collection it is about."""

    thread: Thread
    person: Person


@dataclass(frozen=True, slots=True)
class DeskCounts:
    """How many threads are in each state, and how many messages nobody at the desk has read."""

    states: dict[InquiryState, int]
    unread: int


async def list_inquiries(
    custodian: Custodian, actor: Actor, state: InquiryState | None, window: Window, now: int
) -> Page[ListedInquiry] | Denied:
    """A page of threads in the order in which they began; of one state, or of all."""
    denial = await refuse_reading(custodian, actor, Action.INQUIRY_LIST, now)
    if denial is not None:
        return denial
    whose = and_(PERSON.c.tenant_id == INQUIRY.c.tenant_id, PERSON.c.person_id == INQUIRY.c.person_id)
    query = (
        select(PERSON, INQUIRY)
        .select_from(INQUIRY.join(PERSON, whose))
        .where(INQUIRY.c.tenant_id == actor.tenant)
    )
    if state is not None:
        query = query.where(INQUIRY.c.state == state.value)
    rows = await list_rows(custodian, actor.tenant, query, INQUIRY.c.inquiry_id, window)
    found = [
        ListedInquiry(inquiry_of(row[_PERSON_COLUMNS:]), person_of(row[:_PERSON_COLUMNS])) for row in rows
    ]
    return page_of(found, window)


async def count_inquiries(custodian: Custodian, actor: Actor, now: int) -> DeskCounts | Denied:
    """What waits at the desk."""
    denial = await refuse_reading(custodian, actor, Action.INQUIRY_LIST, now)
    if denial is not None:
        return denial
    rows: Sequence[Sequence[Any]] = await custodian.database.read(
        actor.tenant, lambda tx: tx.all(_COUNTS, {"tenant": actor.tenant})
    )
    found = {InquiryState(state): int(count) for state, count, _ in rows}
    return DeskCounts(
        {state: found.get(state, 0) for state in InquiryState}, sum(int(row[2]) for row in rows)
    )


async def find_inquiry(custodian: Custodian, actor: Actor, inquiry_id: str) -> ListedInquiry | None:
    """One thread without its messages, which stays unread; None if it is not there, or not for them to see."""
    if may(actor, "readDesk") is not None:
        return None

    def work(tx: Transaction) -> ListedInquiry | None:
        found = read_inquiry(tx, actor.tenant, parse_inquiry_id(inquiry_id) or 0)
        return ListedInquiry(found, _person(tx, found)) if found else None

    return await custodian.database.read(actor.tenant, work)


async def read_thread(custodian: Custodian, actor: Actor, inquiry_id: str, now: int) -> ShownThread | Denied:
    """A thread with its messages. It counts as read if whoever looks may answer it; an auditor only looks on.

    Raises:
        SealBrokenError: a row was altered.
    """
    denial = await refuse_reading(custodian, actor, Action.INQUIRY_LIST, now)
    if denial is not None:
        return denial
    answers = may(actor, "attendDesk") is None

    def work(tx: Transaction, *, mark: bool = False) -> ShownThread | Denied:
        found = read_inquiry(tx, actor.tenant, parse_inquiry_id(inquiry_id) or 0)
        if found is None:
            return denied("inquiry-unknown")
        shown = save_inquiry(tx, _read_by_desk(found)) if mark else found
        messages = messages_of(tx, custodian.authority, actor.tenant, found.id)
        return ShownThread(Thread(shown, messages), _person(tx, found))

    def read_all(tx: Transaction) -> ShownThread | Denied:
        custodian.vault.log(actor.tenant).lock(tx)
        return work(tx, mark=refuse_closed(tx, actor.tenant) is None)

    shown = await custodian.database.read(actor.tenant, work)
    if isinstance(shown, Denied) or not (answers and shown.thread.inquiry.unread_by_desk):
        return shown
    return await custodian.database.write(actor.tenant, read_all)


async def thread_of(
    custodian: Custodian, acting: Acting, person: int, collection_id: str
) -> Thread | Denied | None:
    """The thread of a person's collection, which they have read with it; None while nobody has written.

    Args:
        custodian: what the use case works with.
        acting: the person, let in by whoever calls this.
        person: id of the person whose collection it is.
        collection_id: its public id.

    Raises:
        SealBrokenError: a row was altered.
    """
    if acting.by is not By.PERSON:
        return denied("no-rule-permits")

    def work(tx: Transaction, *, mark: bool = False) -> Thread | Denied | None:
        collection = find_collection(tx, custodian, acting, person, collection_id)
        if isinstance(collection, Denied):
            return collection
        found = inquiry_about(tx, acting.tenant, collection.id)
        if found is None:
            return None
        shown = save_inquiry(tx, replace(found, unread_by_person=0)) if mark else found
        return Thread(shown, messages_of(tx, custodian.authority, acting.tenant, found.id))

    def read_all(tx: Transaction) -> Thread | Denied | None:
        custodian.vault.log(acting.tenant).lock(tx)
        return work(tx, mark=refuse_closed(tx, acting.tenant) is None)

    shown = await custodian.database.read(acting.tenant, work)
    if isinstance(shown, Thread) and shown.inquiry.unread_by_person:
        return await custodian.database.write(acting.tenant, read_all)
    return shown


async def refuse_reading(custodian: Custodian, actor: Actor, action: Action, now: int) -> Denied | None:
    """Why somebody may not look at the desk, which is recorded; None if they may."""
    denial = may(actor, "readDesk")
    if denial is None:
        return None
    refused = entry(actor, action, now, denied=denial)
    return await record_refusal(custodian, actor, refused, denial)


def _read_by_desk(thread: Inquiry) -> Inquiry:
    """A thread the desk has read to its end: if the company wrote last, it is answered."""
    answered = thread.state is InquiryState.OPEN and thread.last_by is Speaker.COMPANY
    return replace(thread, unread_by_desk=0, state=InquiryState.ANSWERED if answered else thread.state)


def _person(tx: Transaction, inquiry: Inquiry) -> Person:
    row = tx.one(BY_ID, {"tenant": inquiry.tenant, "person": inquiry.person})
    if row is None:
        raise LookupError("an inquiry about nobody")
    return person_of(row)
