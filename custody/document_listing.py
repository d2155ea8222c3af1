"""The documents of one person, and since when they have left: for whoever works with people, decides or checks."""

from dataclasses import dataclass
from datetime import date

from custody.custodian import Custodian, entry, record_refusal
from custody.departure import departures_of
from custody.document import Document, documents_of
from custody.people import Person, find_person, person_of
from policies.actor import Actor
from policies.authorize import may
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Papers:
    """What keeps a person's number, and until when.

    Attributes:
        person: the person, with the ends of their purposes and their day.
        documents: oldest first.
        departed_on: the day they left, if that is recorded of themselves; an employee's covers their family.
    """

    person: Person
    documents: list[Document]
    departed_on: date | None


async def show_papers(custodian: Custodian, actor: Actor, external_id: str, now: int) -> Papers | Denied:
    """What keeps the number of a person.

    Args:
        custodian: what the use case works with.
        actor: who may see people.
        external_id: the tenant's own id of the person.
        now: milliseconds since the epoch.
    """
    denial = may(actor, "listPersons")
    if denial is not None:
        refused = entry(actor, Action.DOCUMENT_LIST, now, denied=denial)
        return await record_refusal(custodian, actor, refused, denial)
    return await custodian.database.read(actor.tenant, lambda tx: _papers(tx, custodian, actor, external_id))


def _papers(tx: Transaction, custodian: Custodian, actor: Actor, external_id: str) -> Papers | Denied:
    row = find_person(tx, actor.tenant, external_id)
    if row is None:
        return denied("unknown-id")
    person = person_of(row)
    documents = documents_of(tx, custodian.authority, actor.tenant, [person.id])
    departures = departures_of(tx, custodian.authority, actor.tenant, [person.id])
    left = departures.get(person.id)
    return Papers(person, documents.get(person.id, []), date.fromisoformat(left.ended_on) if left else None)
