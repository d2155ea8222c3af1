"""Inquiries as the person asks, and as the company answers and closes them. Asking again opens a closed one."""

from dataclasses import astuple, replace
from enum import StrEnum
from typing import Any, Final

from custody.collection.acting import Acting, company
from custody.collection.collection import Collection, collections_by_id, parse_collection_id
from custody.collection.taking import take
from custody.custodian import Custodian
from custody.desk.inquiry import (
    Inquiry,
    InquiryState,
    inquiry_about,
    inquiry_of,
    parse_inquiry_id,
    read_inquiry,
    save_inquiry,
)
from custody.desk.message import messages_of
from custody.desk.thread import MOST, Thread, find_collection, note, refuse_desk, write
from custody.desk.words import refuse_message, spoken
from custody.replay import Once, Replay
from policies.actor import Actor
from policies.collection import By
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Transaction

_WAITING: Final = 20
"""So many messages a person may write before anybody at the desk has read one."""


async def ask(
    custodian: Custodian, acting: Acting, person: int, collection_id: str, text: str, now: int
) -> Thread | Denied:
    """Write to the company, at any hour; a thread that was closed is open again.

    Args:
        custodian: what the use case works with.
        acting: the person, let in by whoever calls this.
        person: id of the person whose collection it is about.
        collection_id: its public id.
        text: what they ask; 2,000 characters at most, no number in it.
        now: milliseconds since the epoch.
    """
    denial = None if acting.by is By.PERSON else denied("no-rule-permits")

    def work(tx: Transaction) -> Thread | Denied:
        collection = find_collection(tx, custodian, acting, person, collection_id)
        if isinstance(collection, Denied):
            return collection
        refusal = _refuse_more(inquiry_about(tx, acting.tenant, collection.id), asks=True)
        if refusal is not None:
            return refusal
        thread = write(tx, custodian, acting, collection, spoken(text), now)
        _record(tx, custodian, acting, Action.INQUIRY_ASK, thread, now)
        return Thread(thread, messages_of(tx, custodian.authority, acting.tenant, thread.id))

    return await take(custodian, acting, Action.INQUIRY_ASK, denial or refuse_message(text), now, work)


async def answer(
    custodian: Custodian,
    actor: Actor,
    thread_id: str,
    text: str,
    now: int,
    replay: Replay | None = None,
) -> Inquiry | Denied:
    """Write to a person in the company's name.

    Args:
        custodian: what the use case works with.
        actor: a handler or an administrator.
        thread_id: public id of the inquiry; or of a collection, to write into its thread, which begins if need be.
        text: what they are told; 2,000 characters at most, no number in it.
        now: milliseconds since the epoch.
        replay: makes the request idempotent.
    """
    acting = company(actor)

    def work(tx: Transaction) -> Inquiry | Denied:
        collection = _meant(tx, custodian, acting, thread_id)
        if isinstance(collection, Denied):
            return collection
        refusal = _refuse_more(inquiry_about(tx, acting.tenant, collection.id), asks=False)
        if refusal is not None:
            return refusal
        thread = write(tx, custodian, acting, collection, spoken(text), now)
        _record(tx, custodian, acting, Action.INQUIRY_ANSWER, thread, now)
        return thread

    denial = refuse_desk(acting) or refuse_message(text)
    once: Once[Inquiry | Denied] | None = Once(replay, _to_answer, inquiry_of) if replay else None
    return await take(custodian, acting, Action.INQUIRY_ANSWER, denial, now, work, once)


async def close_inquiry(custodian: Custodian, actor: Actor, inquiry_id: str, now: int) -> Inquiry | Denied:
    """Close a thread that has been read to its end.

    Args:
        custodian: what the use case works with.
        actor: a handler or an administrator.
        inquiry_id: public id of the thread.
        now: milliseconds since the epoch.
    """
    acting = company(actor)

    def work(tx: Transaction) -> Inquiry | Denied:
        thread = read_inquiry(tx, actor.tenant, parse_inquiry_id(inquiry_id) or 0)
        if thread is None:
            return denied("inquiry-unknown")
        if thread.state is InquiryState.CLOSED:
            return denied("inquiry-closed")
        if thread.unread_by_desk:
            return denied("inquiry-unread")
        closed = save_inquiry(tx, replace(thread, state=InquiryState.CLOSED))
        _record(tx, custodian, acting, Action.INQUIRY_CLOSE, closed, now)
        return closed

    return await take(custodian, acting, Action.INQUIRY_CLOSE, refuse_desk(acting), now, work)


def _meant(tx: Transaction, custodian: Custodian, acting: Acting, thread_id: str) -> Collection | Denied:
    """The collection whose thread is meant."""
    identity = parse_inquiry_id(thread_id)
    if identity is None:
        asked = parse_collection_id(thread_id)
        return find_collection(tx, custodian, acting, None, thread_id) if asked else denied("inquiry-unknown")
    thread = read_inquiry(tx, acting.tenant, identity)
    if thread is None:
        return denied("inquiry-unknown")
    found = collections_by_id(tx, custodian.authority, acting.tenant, [thread.collection])
    return found.get(thread.collection) or denied("inquiry-unknown")


def _refuse_more(thread: Inquiry | None, *, asks: bool) -> Denied | None:
    if thread is None:
        return None
    if thread.messages >= MOST:
        return denied("inquiry-full")
    return denied("inquiry-waits") if asks and thread.unread_by_desk >= _WAITING else None


def _record(
    tx: Transaction, custodian: Custodian, acting: Acting, action: Action, thread: Inquiry, now: int
) -> None:
    detail = {"inquiry": thread.public_id, "collection": f"col_{thread.collection}"}
    note(tx, custodian, acting, action, thread.person, now, detail)


def _to_answer(inquiry: Inquiry | Denied) -> list[Any]:
    if isinstance(inquiry, Denied):
        return []  # refusals are not kept
    return [value.value if isinstance(value, StrEnum) else value for value in astuple(inquiry)]
