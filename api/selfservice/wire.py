"""What the page is told, as JSON: the values of the use cases with the names that its modules know."""

from collections.abc import Iterable
from typing import Any, Final

from custody.desk.booking import Booked
from custody.desk.calendar import ListedSlot
from custody.desk.inquiry import Speaker
from custody.desk.slot import Slot
from custody.desk.thread import Thread
from custody.listing import Page
from custody.selfservice.disclosure import OwnUse
from custody.selfservice.papers import Paper, Papers
from custody.selfservice.view import CollectionView, DoorView, GivenItem
from policies.catalogue_table import Bilingual
from policies.identity_catalogue import load_identity_catalogue
from tokenizer.audit.action import Outcome

_CARD: Final = "MY_NUMBER_CARD"
_BACK_SOMETIMES: Final = frozenset(
    {"NOTIFICATION_CARD", "DRIVING_LICENCE", "DRIVING_HISTORY", "RESIDENCE_CARD", "SPECIAL_RESIDENT_CARD"}
)
"""Cards whose back says something only if a name or an address has changed."""


def door(view: DoorView) -> dict[str, Any]:
    """Everything on the page."""
    return {
        "company": view.company,
        "campaign": view.campaign,
        "name": view.name,
        "deadline": view.deadline.isoformat(),
        "givesUntil": view.gives_until,
        "readsUntil": view.reads_until,
        "purposes": [
            {"name": said(each.name), "where": said(each.destination), "consent": each.needs_consent}
            for each in view.purposes
        ],
        "notice": view.notice,
        "acknowledged": view.acknowledged,
        "gives": view.gives,
        "mayAdd": view.may_add_dependents,
        "finishedAt": view.finished_at,
        "people": [_collection(each) for each in view.collections],
    }


def said(text: Bilingual) -> dict[str, str]:
    """A text in both languages."""
    return {"ja": text.ja, "en": text.en}


def uses(page: Page[OwnUse], key: str) -> dict[str, Any]:
    """A page of one's own record, newest first.

    Args:
        page: the page, oldest first.
        key: the public key of the log, by which proofs are checked.
    """
    return {
        "entries": [_use(each) for each in reversed(page.items)],
        "more": page.has_previous,
        "key": key,
    }


def thread(found: Thread | None) -> dict[str, Any]:
    """What was asked and answered, oldest first."""
    messages = found.messages if found else []
    return {
        "messages": [
            {"mine": each.speaker is Speaker.PERSON, "text": each.text, "at": each.at} for each in messages
        ]
    }


def meeting(slots: Iterable[ListedSlot], booked: Booked | None, now: int) -> dict[str, Any]:
    """The times that are free, and the appointment that stands.

    Args:
        slots: those with a free seat.
        booked: the appointment; None for none.
        now: milliseconds since the epoch.
    """
    mine = None
    if booked is not None:
        mine = {**_time(booked.slot), "begun": booked.slot.starts_at <= now}
    return {"mine": mine, "slots": [{**_time(each.slot), "free": each.free} for each in slots]}


def _time(slot: Slot) -> dict[str, Any]:
    return {"id": slot.public_id, "place": slot.place, "startsAt": slot.starts_at, "minutes": slot.minutes}


def _collection(view: CollectionView) -> dict[str, Any]:
    return {
        "id": view.id,
        "name": view.name,
        "externalId": view.external_id,
        "kind": view.kind.value,
        "own": view.own,
        "state": view.state.value,
        "deficiencies": [said(each) for each in view.deficiencies],
        "papers": _groups(view.papers),
        "missing": [said(each) for each in view.missing],
        "needsAuthority": view.needs_authority,
        "items": [_item(each) for each in view.items],
        "numberGiven": view.number_given,
        "canGive": view.can_give,
    }


def _item(item: GivenItem) -> dict[str, Any]:
    document = load_identity_catalogue().documents.get(item.document)
    name = said(document.name) if document else {"ja": "", "en": ""}
    return {"id": item.id, "kind": item.kind, "document": item.document, "side": item.side, "name": name}


def _groups(papers: Papers) -> list[dict[str, Any]]:
    """What is to be proven, each with the papers of which one is chosen; those that ask for nothing are left out."""
    identity = {each.code for each in papers.identity}
    groups = (
        ("number", papers.number, True),
        ("identity", papers.identity, False),
        ("authority", papers.authority, False),
    )
    return [
        {
            "proves": proves,
            "papers": [_paper(each, proves, both=is_number and each.code in identity) for each in group],
        }
        for proves, group, is_number in groups
        if group
    ]


def _paper(paper: Paper, proves: str, *, both: bool) -> dict[str, Any]:
    return {
        "code": paper.code,
        "name": said(paper.name),
        "redact": said(paper.redact) if paper.redact else None,
        "both": both,
        "sides": _sides(paper.code, proves, both=both),
    }


def _sides(code: str, proves: str, *, both: bool) -> list[dict[str, Any]]:
    """Which photos show a paper: of the card the back has the number, and the front whose it is."""
    if code == _CARD:
        wanted = ("front", "back") if both else ("back",) if proves == "number" else ("front",)
        return [{"side": side, "needed": True} for side in wanted]
    if code in _BACK_SOMETIMES:
        return [{"side": "front", "needed": True}, {"side": "back", "needed": False}]
    return [{"side": "", "needed": True}]


def _use(use: OwnUse) -> dict[str, Any]:
    return {
        "index": use.index,
        "at": use.at,
        "what": said(use.words),
        "role": said(use.role),
        "by": use.human,
        "client": use.client,
        "purpose": said(use.purpose_name) if use.purpose_name else None,
        "reason": use.reason,
        "refused": use.outcome is Outcome.DENIED,
        "entry": use.entry,
        "proof": use.proof,
    }
