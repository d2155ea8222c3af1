"""What is filed after a departure (資格喪失届, 源泉徴収票): opened with it, so that the number serves it."""

from collections.abc import Sequence
from typing import Final

from custody.custodian import Custodian
from custody.document import Document, documents_of
from custody.documents import write_documents
from custody.people import NumberState, notified_codes
from policies.actor import Actor
from policies.purposes import PersonKind, RetentionRule
from tokenizer.storage.transaction import Lookup, Transaction

_PERSONS: Final = Lookup(
    "p.person_id, p.kind, p.number_state, p.notified",
    "{keys} CROSS JOIN person p WHERE p.tenant_id = :tenant AND p.person_id = keys.key",
    "bigint",
)


def open_papers(tx: Transaction, custodian: Custodian, actor: Actor, persons: Sequence[int], now: int) -> int:
    """Record as open, of the purposes persons were told of, those documents that are filed after they have left.

    Whoever has an open document of a purpose gets no other. Rule A counts from a deadline that nobody knows here: its
    documents are left to whoever does.

    Args:
        tx: a transaction that has locked the tenant's log.
        custodian: the catalogue, and the log.
        actor: who recorded the departure.
        persons: who left, and their families.
        now: milliseconds since the epoch.

    Returns:
        How many documents were opened.
    """
    if not persons:
        return 0
    later = {
        purpose.code: purpose
        for purpose in custodian.catalogue.offered()
        if purpose.after_departure and purpose.retention.rule is not RetentionRule.A
    }
    papers = documents_of(tx, custodian.authority, actor.tenant, persons)
    missing = [
        (person, code)
        for _, person, kind, state, notified in tx.match(_PERSONS, {"tenant": actor.tenant}, persons)
        if state == NumberState.HELD.value
        for code in sorted(later.keys() & notified_codes(notified))
        if later[code].concerns(PersonKind(kind))
        and not any(one.purpose == code and not one.completed_on for one in papers.get(person, ()))
    ]
    ids = custodian.vault.new_ids(len(missing), now)
    opened = [
        Document(actor.tenant, identity, person, code, "", "", 1, now)
        for identity, (person, code) in zip(ids, missing, strict=True)
    ]
    write_documents(tx, custodian, actor, opened, now)
    return len(opened)
