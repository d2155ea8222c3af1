"""What happens to documents after they were recorded: the matter is closed, a mistake is corrected or taken back."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from custody.batch import take_batch
from custody.calendar import day_in_japan
from custody.custodian import Custodian, entry
from custody.document import (
    DROP_DOCUMENTS,
    Document,
    documents_by_id,
    insert_documents,
    parse_document_id,
)
from custody.documents import Documented, document_detail, paper_problems, refuse_rows
from custody.leaves import leaves_of
from custody.rejections import Rejection, rejection
from custody.settle import settle
from custody.words import refuse_words
from policies.actor import Actor
from policies.authorize import may
from policies.refusals import Denied
from tokenizer.audit.action import Action
from tokenizer.audit.entry import Entry
from tokenizer.storage.transaction import Transaction

_Alter = Callable[[int, Document], Document | Rejection]


async def close_documents(
    custodian: Custodian, actor: Actor, documents: Sequence[str], days: Sequence[str], now: int
) -> Documented | Denied:
    """Record on which day the matter of each open document was closed.

    Args:
        custodian: what the use case works with.
        actor: a client or a handler.
        documents: public ids, at most 10,000.
        days: ISO 8601, one for each.
        now: milliseconds since the epoch.
    """

    def close(row: int, found: Document) -> Document | Rejection:
        if found.completed_on:
            return rejection(row, "DOCUMENT_CLOSED")
        return replace(found, completed_on=days[row]) if days[row] else rejection(row, "DATE_INVALID")

    denial = may(actor, "recordDocuments") or refuse_rows(len(documents), agree=len(days) == len(documents))
    return await _change(custodian, actor, Action.DOCUMENT_CLOSE, denial, documents, close, "", now)


async def correct_documents(
    custodian: Custodian,
    actor: Actor,
    documents: Sequence[str],
    deadlines: Sequence[str],
    completions: Sequence[str],
    copies: Sequence[int],
    reason: str,
    now: int,
) -> Documented | Denied:
    """Put right what was recorded wrongly: each row as it should have been. A wrong purpose or person is withdrawn.

    Args:
        custodian: what the use case works with.
        actor: a client or a handler.
        documents: public ids, at most 10,000.
        deadlines: last day for filing each, ISO 8601 or "".
        completions: the day each matter was closed, ISO 8601; "" while it is open.
        copies: copies of each that bear the number.
        reason: why, in the human's words.
        now: milliseconds since the epoch.
    """

    def correct(row: int, found: Document) -> Document | Rejection:
        return replace(found, deadline_on=deadlines[row], completed_on=completions[row], copies=copies[row])

    agree = len(documents) == len(deadlines) == len(completions) == len(copies)
    denial = may(actor, "recordDocuments") or refuse_rows(len(documents), agree=agree) or refuse_words(reason)
    return await _change(
        custodian, actor, Action.DOCUMENT_CORRECT, denial, documents, correct, reason.strip(), now
    )


async def withdraw_documents(
    custodian: Custodian, actor: Actor, documents: Sequence[str], reason: str, now: int
) -> Documented | Denied:
    """Take back documents that were recorded by mistake; the log keeps what they said.

    Args:
        custodian: what the use case works with.
        actor: a client or a handler.
        documents: public ids, at most 10,000.
        reason: why, in the human's words.
        now: milliseconds since the epoch.
    """
    denial = may(actor, "recordDocuments") or refuse_rows(len(documents), agree=True) or refuse_words(reason)
    return await _change(
        custodian, actor, Action.DOCUMENT_WITHDRAW, denial, documents, None, reason.strip(), now
    )


async def _change(
    custodian: Custodian,
    actor: Actor,
    action: Action,
    denial: Denied | None,
    documents: Sequence[str],
    alter: _Alter | None,
    reason: str,
    now: int,
) -> Documented | Denied:
    """Alter the documents that are there; drop them where there is nothing to alter them into."""
    wanted = [parse_document_id(text) or 0 for text in documents]

    def work(tx: Transaction) -> Documented:
        found = documents_by_id(tx, custodian.authority, actor.tenant, list(dict.fromkeys(wanted)))
        after, rejected = _altered(custodian, wanted, found, alter, now)
        DROP_DOCUMENTS(tx, actor.tenant, [document.id for document in after.values()])
        if alter is not None:
            insert_documents(tx, custodian.authority, after.values())
        _record(tx, custodian, actor, action, list(after.values()), reason, now)
        answer = [text if row in after else None for row, text in enumerate(documents)]
        return Documented(answer, [rejected[row] for row in sorted(rejected)])

    return await take_batch(custodian, actor, action, denial, now, work)


def _altered(
    custodian: Custodian,
    wanted: Sequence[int],
    found: dict[int, Document],
    alter: _Alter | None,
    now: int,
) -> tuple[dict[int, Document], dict[int, Rejection]]:
    """Each row's document as it is to be, and the rows that are rejected."""
    after: dict[int, Document] = {}
    rejected: dict[int, Rejection] = {}
    seen: set[int] = set()
    for row, identity in enumerate(wanted):
        document = found.get(identity)
        if document is None or identity in seen:
            rejected[row] = rejection(row, "DOCUMENT_UNKNOWN" if document is None else "DOCUMENT_REPEATED")
            continue
        seen.add(identity)
        altered = alter(row, document) if alter else document
        if isinstance(altered, Rejection):
            rejected[row] = altered
        else:
            after[row] = altered
    if alter is not None:
        papers = [document.paper for document in after.values()]
        wrong = paper_problems(custodian.catalogue, papers, day_in_japan(now))
        for place, row in enumerate(list(after)):
            if place in wrong:
                rejected[row] = replace(wrong[place], row=row)
                del after[row]
    return after, rejected


def _record(
    tx: Transaction,
    custodian: Custodian,
    actor: Actor,
    action: Action,
    changed: Sequence[Document],
    reason: str,
    now: int,
) -> None:
    if not changed:
        return
    persons = [document.person for document in changed]
    settle(tx, custodian, actor.tenant, list(dict.fromkeys(persons)), now)

    def say(document: Document) -> Entry:
        detail = {"document": document.public_id} | document_detail(*document.paper[1:])
        return entry(actor, action, now, purpose=document.purpose, reason=reason or None, detail=detail)

    custodian.vault.log(actor.tenant).append(tx, leaves_of(persons, changed, say))
