"""Verifying whose a number is: the desk says what it saw, the rules whether that suffices, and on which article.

What the rules refuse cannot be accepted: no argument of any call does it. A refused verdict is kept as an accepted one
is; the desk then records the deficiencies it suggests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from custody.calendar import day_in_japan
from custody.collection.acting import Acting, desk
from custody.collection.campaign import read_campaign
from custody.collection.collection import Collection, Route
from custody.collection.item import bury, items_of_collection
from custody.collection.steps import stepped, write_steps
from custody.collection.submission import find_one
from custody.collection.taking import take
from custody.collection.verification import VerificationRecord, insert_verification, plain_case
from custody.custodian import Custodian
from custody.leaves import leaves_of
from custody.people import BY_ID
from policies.actor import Actor
from policies.collection import By, Step
from policies.collection_codes import Deficiency, deficiency_of
from policies.free_text import contains_number
from policies.identity import Verdict, decide
from policies.identity_case import Case, Shown, Subject
from policies.identity_catalogue import Channel, load_identity_catalogue
from policies.purposes import PersonKind
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Transaction

_THIRD_CATEGORY: Final = "NP_3GO"
_LONGEST_LOGIN: Final = 64
_UNKNOWN: Final = "UNKNOWN"
_CHANNELS: Final = {
    Route.LINK_MAIL: frozenset({Channel.ONLINE, Channel.FACE_TO_FACE}),
    Route.LINK_QR: frozenset({Channel.ONLINE, Channel.FACE_TO_FACE}),
    Route.KIT: frozenset({Channel.POST, Channel.FACE_TO_FACE}),
    Route.DIRECT: frozenset({Channel.FACE_TO_FACE, Channel.PHONE}),
}


@dataclass(frozen=True, slots=True)
class Verified:
    """A verdict, the collection as it is now, and what to tell the person where it was refused."""

    record: VerificationRecord
    collection: Collection
    deficiencies: tuple[Deficiency, ...] = ()


async def verify(
    custodian: Custodian, actor: Actor, collection_id: str, case: Case, revision: int, now: int
) -> Verified | Denied:
    """Decide whether what was shown proves the number and whose it is.

    Args:
        custodian: what the use case works with.
        actor: a handler.
        collection_id: public id of the collection.
        case: what the handler saw; its day is today.
        revision: the revision of the collection that the handler looked at.
        now: milliseconds since the epoch.
    """
    acting = desk(actor)
    plain = known_documents(replace(case, day=day_in_japan(now)))

    def work(tx: Transaction) -> Verified | Denied:
        found = find_one(tx, custodian, acting, collection_id, revision, Step.ACCEPT)
        if isinstance(found, Denied):
            return found
        refusal = refuse_case(tx, custodian, found, plain)
        if refusal is None and not found.number_item:
            refusal = denied("number-not-submitted")
        return refusal or record_verdict(tx, custodian, acting, found, plain, now)

    return await take(custodian, acting, Action.COLLECTION_VERIFY, None, now, work)


def known_documents(case: Case) -> Case:
    """The same case; a document that is in no catalogue goes by no name of its own, so that none is written down."""
    there = load_identity_catalogue().documents

    def named(papers: tuple[Shown, ...]) -> tuple[Shown, ...]:
        return tuple(each if each.document in there else replace(each, document=_UNKNOWN) for each in papers)

    agent = case.agent
    if agent is not None:
        agent = replace(agent, authority=named(agent.authority), identity=named(agent.identity))
    return replace(case, number=named(case.number), identity=named(case.identity), agent=agent)


def refuse_case(tx: Transaction, custodian: Custodian, collection: Collection, case: Case) -> Denied | None:
    """Why a case cannot be one of this collection: another subject, another channel, a name that is none."""
    person = tx.one(BY_ID, {"tenant": collection.tenant, "person": collection.person})
    campaign = read_campaign(tx, custodian.authority, collection.tenant, collection.campaign)
    if person is None or campaign is None:
        return denied("collection-unknown")
    expected = subject_of(PersonKind(person[3]), campaign.purposes)
    attested = case.exempted.attested_by if case.exempted else ""
    named = len(attested) <= _LONGEST_LOGIN and attested.isprintable() and not contains_number(attested)
    fits = case.subject is expected and case.channel in _channels(tx, collection) and named
    return None if fits else denied("verification-not-theirs")


def _channels(tx: Transaction, collection: Collection) -> frozenset[Channel]:
    """How papers may have come: in the way that was asked for, or through a link if something did."""
    usual = _CHANNELS[collection.channel]
    there = items_of_collection(tx, collection.tenant, collection.id)
    came = any(each.given_by == By.PERSON.value for each in there)
    return usual | {Channel.ONLINE} if came else usual


def subject_of(kind: PersonKind, purposes: tuple[str, ...]) -> Subject:
    """Whose number it is to the rules: a spouse is verified by the company where 第3号 is among the purposes."""
    if kind is PersonKind.SPOUSE:
        return Subject.SPOUSE_3GO if _THIRD_CATEGORY in purposes else Subject.DEPENDENT
    return Subject(kind.value)


def record_verdict(
    tx: Transaction, custodian: Custodian, acting: Acting, collection: Collection, case: Case, now: int
) -> Verified:
    """Decide, keep the verdict, and take the step if it was accepted; what must not be kept is destroyed."""
    catalogue = load_identity_catalogue()
    verdict = decide(case, catalogue)
    record = _record_of(custodian, acting, collection, case, verdict, now)
    insert_verification(tx, custodian.authority, record)
    _discard(tx, custodian, collection, verdict)
    documents = sorted({each.document for each in (*case.number, *case.identity)})
    detail = {"verification": record.public_id, "subject": case.subject.value, "channel": case.channel.value}
    detail |= {"documents": " ".join(documents)} if documents else {}
    if verdict.is_accepted:
        moved = stepped(collection, Step.ACCEPT, acting, now)
        write_steps(tx, custodian, acting, Step.ACCEPT, [moved], now, detail)
        return Verified(record, moved)
    tell_refused(tx, custodian, acting, collection, verdict, detail, now)
    codes = dict.fromkeys(deficiency_of(each.finding, each.document) for each in verdict.faults)
    return Verified(record, collection, tuple(codes))


def tell_refused(
    tx: Transaction,
    custodian: Custodian,
    acting: Acting,
    collection: Collection,
    verdict: Verdict,
    detail: Mapping[str, str],
    now: int,
) -> None:
    """Write the leaf of a verdict that refuses."""
    findings = dict.fromkeys(each.finding.value for each in verdict.faults)
    said = {**detail, "verdict": "refused", "findings": " ".join(findings)}
    told = leaves_of([collection.person], [0], lambda _: acting.says(Action.COLLECTION_VERIFY, now, said))
    custodian.vault.log(acting.tenant).append(tx, told)


def _record_of(
    custodian: Custodian, acting: Acting, collection: Collection, case: Case, verdict: Verdict, now: int
) -> VerificationRecord:
    catalogue = load_identity_catalogue()
    (identity,) = custodian.vault.new_ids(1, now)
    if verdict.is_accepted:
        shown = (*case.number, *case.identity)
        known = (each for each in shown if each.document in catalogue.documents)
        basis = dict.fromkeys(catalogue.documents[each.document].basis for each in known)
    else:
        basis = dict.fromkeys(catalogue.findings[each.finding].basis for each in verdict.faults)
    return VerificationRecord(
        collection.tenant,
        identity,
        collection.id,
        collection.person,
        plain_case(case),
        verdict,
        tuple(basis),
        catalogue.version,
        acting.actor.name if acting.actor else "",
        now,
    )


def _discard(tx: Transaction, custodian: Custodian, collection: Collection, verdict: Verdict) -> None:
    if not verdict.discard:
        return
    there = items_of_collection(tx, collection.tenant, collection.id)
    bury(tx, custodian, collection, [each.id for each in there if each.document in verdict.discard])
