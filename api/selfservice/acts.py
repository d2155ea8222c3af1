"""What somebody inside can do, act by act: the JSON of the page to the use case, and its answer back.

Every act that changes something answers with everything the page shows, so that the page never guesses.
"""

from typing import Any, Final

from api.selfservice import wire
from api.selfservice.answers import bad_request
from api.selfservice.bodies import text_of
from api.selfservice.doorway import Act, Inside, refused
from api.selfservice.receipt_text import receipt_on_wire
from custody.desk.booking import appointment_for, book, cancel, move
from custody.desk.calendar import free_slots
from custody.desk.inquiries import ask
from custody.desk.reading import thread_of
from custody.listing import Window
from custody.selfservice.disclosure import MOST, log_key, own_uses
from custody.selfservice.giving import acknowledge, add_dependent, decline, give_number, take_back
from custody.selfservice.household import acting
from custody.selfservice.receipt import Receipt, finish, receipt
from custody.selfservice.view import look
from policies.purposes import PersonKind
from policies.refusals import Denied, denied

_LAST_INDEX: Final = 2**53


async def _look(inside: Inside, _body: dict[str, Any]) -> dict[str, Any]:
    return await inside.view()


async def _acknowledge(inside: Inside, _body: dict[str, Any]) -> dict[str, Any]:
    inside.good(await acknowledge(inside.custodian, inside.visit, inside.now))
    return await inside.view()


async def _take_back(inside: Inside, body: dict[str, Any]) -> dict[str, Any]:
    inside.good(await take_back(inside.custodian, inside.visit, text_of(body, "item"), inside.now))
    return await inside.view()


async def _number(inside: Inside, body: dict[str, Any]) -> dict[str, Any]:
    collection, number, again = (text_of(body, name) for name in ("collection", "number", "again"))
    inside.good(await give_number(inside.custodian, inside.visit, collection, number, again, inside.now))
    return await inside.view()


async def _decline(inside: Inside, body: dict[str, Any]) -> dict[str, Any]:
    inside.good(await decline(inside.custodian, inside.visit, text_of(body, "collection"), inside.now))
    return await inside.view()


async def _dependent(inside: Inside, body: dict[str, Any]) -> dict[str, Any]:
    name, kana, birth_date, kind = (text_of(body, each) for each in ("name", "kana", "birthDate", "kind"))
    if kind not in {PersonKind.DEPENDENT, PersonKind.SPOUSE}:
        raise bad_request("kind は dependent か spouse です", "kind is dependent or spouse")
    inside.good(
        await add_dependent(
            inside.custodian, inside.visit, name, kana, birth_date, PersonKind(kind), inside.now
        )
    )
    return await inside.view()


async def _finish(inside: Inside, _body: dict[str, Any]) -> dict[str, Any]:
    done = await finish(inside.custodian, inside.visit, inside.now)
    return {**_receipt_of(inside, done), **await inside.view()}


async def _receipt(inside: Inside, _body: dict[str, Any]) -> dict[str, Any]:
    return _receipt_of(inside, await receipt(inside.custodian, inside.visit, inside.now))


async def _uses(inside: Inside, body: dict[str, Any]) -> dict[str, Any]:
    before = body.get("before")
    if before is not None and not (type(before) is int and 0 <= before <= _LAST_INDEX):
        raise bad_request("before に記録の番号を指定してください", "give the index of an entry as before")
    page = Window(MOST, before=before, backward=True)
    found = await own_uses(inside.custodian, inside.visit, page, inside.now)
    if isinstance(found, Denied):
        raise refused(inside.counts, found)
    return wire.uses(found, log_key(inside.custodian, inside.visit))


async def _thread(inside: Inside, _body: dict[str, Any]) -> dict[str, Any]:
    own = await _own(inside)
    found = await thread_of(inside.custodian, acting(inside.visit), inside.visit.person, own)
    if isinstance(found, Denied):
        raise refused(inside.counts, found)
    return wire.thread(found)


async def _ask(inside: Inside, body: dict[str, Any]) -> dict[str, Any]:
    own, text = await _own(inside), text_of(body, "text")
    found = await ask(inside.custodian, acting(inside.visit), inside.visit.person, own, text, inside.now)
    if isinstance(found, Denied):
        raise refused(inside.counts, found)
    return wire.thread(found)


async def _slots(inside: Inside, _body: dict[str, Any]) -> dict[str, Any]:
    own = await _own(inside)
    booked = await appointment_for(inside.custodian, acting(inside.visit), inside.visit.person, own)
    if isinstance(booked, Denied):
        raise refused(inside.counts, booked)
    free = await free_slots(inside.custodian, inside.visit.tenant, inside.now)
    return wire.meeting(free, booked, inside.now)


async def _book(inside: Inside, body: dict[str, Any]) -> dict[str, Any]:
    own, slot = await _own(inside), text_of(body, "slot")
    person = inside.visit.person
    inside.good(await book(inside.custodian, acting(inside.visit), person, own, slot, inside.now))
    return await _slots(inside, body)


async def _move(inside: Inside, body: dict[str, Any]) -> dict[str, Any]:
    own, slot = await _own(inside), text_of(body, "slot")
    person = inside.visit.person
    inside.good(await move(inside.custodian, acting(inside.visit), person, own, slot, inside.now))
    return await _slots(inside, body)


async def _cancel(inside: Inside, body: dict[str, Any]) -> dict[str, Any]:
    own = await _own(inside)
    inside.good(await cancel(inside.custodian, acting(inside.visit), inside.visit.person, own, inside.now))
    return await _slots(inside, body)


async def _own(inside: Inside) -> str:
    """The public id of the visitor's own collection: questions and appointments belong to it."""
    seen = await look(inside.custodian, inside.visit, inside.now)
    if isinstance(seen, Denied):
        raise refused(inside.counts, seen)
    own = next((each.id for each in seen.collections if each.own), None)
    if own is None:
        raise refused(inside.counts, denied("collection-unknown"))
    return own


def _receipt_of(inside: Inside, found: Receipt | Denied) -> dict[str, Any]:
    if isinstance(found, Denied):
        raise refused(inside.counts, found)
    return {"receipt": receipt_on_wire(found)}


ACTS: Final[dict[str, Act]] = {
    "look": _look,
    "acknowledge": _acknowledge,
    "take-back": _take_back,
    "number": _number,
    "decline": _decline,
    "dependent": _dependent,
    "finish": _finish,
    "receipt": _receipt,
    "uses": _uses,
    "thread": _thread,
    "ask": _ask,
    "slots": _slots,
    "book": _book,
    "move": _move,
    "cancel": _cancel,
}
"""Every act by its name in the address."""
