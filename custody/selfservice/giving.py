"""Giving: images of papers, then the number, for each person the visitor brings; or saying that none is given.

Every act looks anew, in the transaction that writes, whether visit, link and collection belong together and still let
something be given. The purpose notice comes before anything else.
"""

from dataclasses import replace

from custody.calendar import day_in_japan
from custody.collection.collection import Collection
from custody.collection.item import SubmittedItem, bury, bury_all, items_of_collection
from custody.collection.papers import pictures_in, put_images
from custody.collection.steps import stepped, write_steps
from custody.collection.submission import IMAGE, Picture, put_number
from custody.collection.telling import tell
from custody.custodian import Custodian
from custody.leaves import leaves_of
from custody.selfservice.household import Brought, Household, act, acting
from custody.selfservice.link import save_link
from custody.selfservice.newcomer import add_newcomer, check_newcomer, refuse_newcomer
from custody.selfservice.papers import missing, papers_for
from custody.selfservice.visits import Visit
from custody.selfservice.wording import telling_of
from policies.collection import By, State, Step, allowed
from policies.collection_codes import RefusalOutcome
from policies.purposes import PersonKind
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.my_number import check_numbers
from tokenizer.storage.transaction import Transaction


async def acknowledge(custodian: Custodian, visit: Visit, now: int) -> Denied | None:
    """Record that the visitor was told of the purposes, for everybody they bring; a second time changes nothing.

    Where a purpose needs consent, the notice says so, and acknowledging it consents.

    Args:
        custodian: what the use case works with.
        visit: who was told.
        now: milliseconds since the epoch.
    """

    def work(tx: Transaction, household: Household) -> Denied | None:
        untold = household.untold
        if untold or not household.link.told_at:
            told = untold or [household.visitor.id]
            tell(tx, custodian, acting(visit), told, telling_of(tx, custodian, household, now), now)
            save_link(tx, custodian.authority, replace(household.link, told_at=now))
        return None

    return await act(custodian, visit, Action.NOTICE_GIVE, now, work)


async def give_image(
    custodian: Custodian, visit: Visit, collection_id: str, picture: Picture, now: int
) -> list[SubmittedItem] | Denied:
    """Give a picture of a paper that is wanted for a person, or a PDF, of which each page becomes an image.

    Args:
        custodian: what the use case works with.
        visit: who gives it.
        collection_id: public id of one of the visit's collections.
        picture: the file.
        now: milliseconds since the epoch.
    """
    contents = await pictures_in(custodian, picture)
    denial = contents if isinstance(contents, Denied) else None

    def work(tx: Transaction, household: Household) -> list[SubmittedItem] | Denied:
        found = _giveable(household, collection_id)
        if isinstance(found, Denied) or isinstance(contents, Denied):
            return found if isinstance(found, Denied) else denied("collection-item-invalid")
        wanted = papers_for(household.subject(found.person), household.campaign.documents, day_in_japan(now))
        if picture.document not in wanted.codes:
            return denied("paper-not-wanted")
        return put_images(tx, custodian, acting(visit), found.collection, picture, contents, now)

    return await act(custodian, visit, Action.COLLECTION_ADD_ITEM, now, work, denial)


async def take_back(custodian: Custodian, visit: Visit, item_id: str, now: int) -> Denied | None:
    """Destroy an image that was given, before the number is.

    Args:
        custodian: what the use case works with.
        visit: who gave it.
        item_id: public id of the image.
        now: milliseconds since the epoch.
    """

    def work(tx: Transaction, household: Household) -> Denied | None:
        found = _given(tx, household, item_id)
        if found is None:
            return denied("collection-item-unknown")
        brought, item = found
        refusal = _refuse(household, brought)
        if refusal is None and brought.collection.state is State.ARRIVED and brought.collection.number_item:
            refusal = denied("number-already-given")
        if refusal is not None:
            return refusal
        bury(tx, custodian, brought.collection, [item.id])
        detail = {"item": item.public_id, "document": item.document}
        said = acting(visit).says(Action.COLLECTION_TAKE_BACK, now, detail)
        record = leaves_of([brought.person.id], [0], lambda _: said)
        custodian.vault.log(visit.tenant).append(tx, record)
        return None

    return await act(custodian, visit, Action.COLLECTION_TAKE_BACK, now, work)


async def give_number(
    custodian: Custodian, visit: Visit, collection_id: str, number: str, again: str, now: int
) -> Collection | Denied:
    """Give a number, typed twice: the last act for a person. Refused while a paper is missing, which it names.

    Args:
        custodian: what the use case works with.
        visit: who gives it.
        collection_id: public id of one of the visit's collections.
        number: as typed.
        again: as typed the second time.
        now: milliseconds since the epoch.
    """
    checked = _checked(number, again, sandbox=visit.sandbox)

    def work(tx: Transaction, household: Household) -> Collection | Denied:
        found = _giveable(household, collection_id)
        if isinstance(found, Denied):
            return found
        if isinstance(checked, Denied):
            return checked
        wanted = papers_for(household.subject(found.person), household.campaign.documents, day_in_japan(now))
        gaps = missing(wanted, items_of_collection(tx, visit.tenant, found.collection.id))
        if gaps:
            ja, en = "、".join(gap.ja for gap in gaps), "; ".join(gap.en for gap in gaps)
            return denied("papers-missing", f"足りないもの: {ja}", f"Missing: {en}")
        return put_number(tx, custodian, acting(visit), found.collection, checked, now)

    return await act(custodian, visit, Action.COLLECTION_SUBMIT, now, work)


async def decline(custodian: Custodian, visit: Visit, collection_id: str, now: int) -> Collection | Denied:
    """Say that a number is not given; what was given for it is destroyed. Nobody is asked why.

    Args:
        custodian: what the use case works with.
        visit: who says so.
        collection_id: public id of one of the visit's collections.
        now: milliseconds since the epoch.
    """

    def work(tx: Transaction, household: Household) -> Collection | Denied:
        found = household.find(collection_id)
        if isinstance(found, Denied):
            return found
        if allowed(found.collection.state, Step.REFUSE, By.PERSON) is None:
            return denied("collection-step-not-allowed")
        moved = replace(
            stepped(found.collection, Step.REFUSE, acting(visit), now),
            codes=(RefusalOutcome.DECLINED.value,),
            asked_on=day_in_japan(now).isoformat(),
            number_item=0,
        )
        bury_all(tx, custodian, visit.tenant, [moved])
        return write_steps(tx, custodian, acting(visit), Step.REFUSE, [moved], now)[0]

    return await act(custodian, visit, Action.COLLECTION_REFUSE, now, work)


async def add_dependent(
    custodian: Custodian, visit: Visit, name: str, kana: str, birth_date: str, kind: PersonKind, now: int
) -> Collection | Denied:
    """Add a dependent or spouse of the visitor, with a collection of their own in the campaign.

    Args:
        custodian: what the use case works with.
        visit: an employee's.
        name: needed.
        kana: its reading, or empty.
        birth_date: ISO 8601.
        kind: dependent or spouse; there is one spouse at most.
        now: milliseconds since the epoch.
    """
    newcomer = check_newcomer(name, kana, birth_date, kind, day_in_japan(now))

    def work(tx: Transaction, household: Household) -> Collection | Denied:
        if isinstance(newcomer, Denied):
            return newcomer
        refusal = refuse_newcomer(household, newcomer, now)
        if refusal is not None:
            return refusal
        made = add_newcomer(tx, custodian, acting(visit), household, newcomer, now)
        tell(tx, custodian, acting(visit), [made.person], telling_of(tx, custodian, household, now), now)
        return made

    return await act(custodian, visit, Action.COLLECTION_INSTRUCT, now, work)


def _giveable(household: Household, collection_id: str) -> Brought | Denied:
    """One of the collections, if something may be given for it."""
    found = household.find(collection_id)
    return found if isinstance(found, Denied) else _refuse(household, found) or found


def _refuse(household: Household, brought: Brought) -> Denied | None:
    if not household.is_told(brought.person):
        return denied("notice-not-acknowledged")
    able = allowed(brought.collection.state, Step.SUBMIT, By.PERSON)
    return None if able else denied("collection-step-not-allowed")


def _given(tx: Transaction, household: Household, item_id: str) -> tuple[Brought, SubmittedItem] | None:
    """An image that was given for one of the collections."""
    for brought in household.brought:
        for item in items_of_collection(tx, household.link.tenant, brought.collection.id):
            if item.public_id == item_id and item.kind == IMAGE:
                return brought, item
    return None


def _checked(number: str, again: str, *, sandbox: bool) -> bytes | Denied:
    """The number that was typed twice, or what to do about it; says nothing of what was typed."""
    digits, wrong = check_numbers([number, again], sandbox=sandbox)
    if wrong:
        _, _, message_ja, message_en = wrong[0]
        return Denied("number-invalid", message_ja, message_en)
    first, second = digits
    return first if first is not None and first == second else denied("number-differs-from-repeat")
