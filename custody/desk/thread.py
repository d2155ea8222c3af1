"""Writing into the thread of a collection, in the transaction of whatever is done at the desk."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from custody.collection.acting import Acting
from custody.collection.collection import Collection, collections_by_id, parse_collection_id
from custody.custodian import Custodian
from custody.desk.inquiry import (
    Inquiry,
    InquiryState,
    Speaker,
    inquiry_about,
    insert_inquiry,
    save_inquiry,
)
from custody.desk.message import Message, insert_message
from custody.leaves import leaves_of
from policies.authorize import may
from policies.collection import By
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Transaction

MOST: Final = 200
"""So many messages a thread takes; what the desk tells of cancelled appointments comes on top."""


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread with all that was written in it, oldest first."""

    inquiry: Inquiry
    messages: list[Message]


def refuse_desk(acting: Acting) -> Denied | None:
    """Why somebody may do nothing at the desk; None if they may. Whoever lets a person in has made sure of them."""
    return None if acting.actor is None else may(acting.actor, "attendDesk")


def find_collection(
    tx: Transaction, custodian: Custodian, acting: Acting, person: int | None, collection_id: str
) -> Collection | Denied:
    """The collection that is meant; to a person, one of somebody else is as unknown as one that is not there.

    Args:
        tx: the transaction.
        custodian: what the use case works with.
        acting: who asks.
        person: whose collection it is to be; None for whomever the company names.
        collection_id: its public id.

    Raises:
        SealBrokenError: the row was altered.
    """
    identity = parse_collection_id(collection_id) or 0
    found = collections_by_id(tx, custodian.authority, acting.tenant, [identity]).get(identity)
    if found is None or (acting.by is By.PERSON and found.person != person):
        return denied("collection-unknown")
    return found


def write(
    tx: Transaction, custodian: Custodian, acting: Acting, collection: Collection, text: str, now: int
) -> Inquiry:
    """Add a message to the thread of a collection, and begin it if there is none; the tenant's log is locked."""
    by = Speaker.PERSON if acting.by is By.PERSON else Speaker.COMPANY
    thread = inquiry_about(tx, acting.tenant, collection.id) or _begin(tx, custodian, collection, by, now)
    (identity,) = custodian.vault.new_ids(1, now)
    author = acting.actor.name if acting.actor else ""
    message = Message(acting.tenant, thread.id, identity, thread.person, by, author, text, now)
    insert_message(tx, custodian.authority, message)
    return save_inquiry(tx, _after(thread, by, now))


def note(
    tx: Transaction,
    custodian: Custodian,
    acting: Acting,
    action: Action,
    person: int,
    now: int,
    detail: Mapping[str, str],
) -> None:
    """Record what was done at the desk about one person. What was written stands in no leaf."""
    record = leaves_of([person], [0], lambda _: acting.says(action, now, dict(detail)))
    custodian.vault.log(acting.tenant).append(tx, record)


def _begin(tx: Transaction, custodian: Custodian, collection: Collection, by: Speaker, now: int) -> Inquiry:
    (identity,) = custodian.vault.new_ids(1, now)
    thread = Inquiry(
        collection.tenant, identity, collection.id, collection.person, now, InquiryState.OPEN, now, by
    )
    insert_inquiry(tx, thread)
    return thread


def _after(thread: Inquiry, by: Speaker, now: int) -> Inquiry:
    """A thread after a message. It is answered once the company wrote last and has read everything."""
    more = replace(thread, last_at=now, last_by=by, messages=thread.messages + 1)
    if by is Speaker.PERSON:
        return replace(more, state=InquiryState.OPEN, unread_by_desk=thread.unread_by_desk + 1)
    state = InquiryState.OPEN if thread.unread_by_desk else InquiryState.ANSWERED
    return replace(more, state=state, unread_by_person=thread.unread_by_person + 1)
