"""Submitting: the number as it was typed, and images of papers, sealed before anything of them is written down.

A number is checked as in registration (check digit; the published samples in a sandbox alone). A second one takes the
place of the first, which is destroyed. Whether somebody else has the number is not told here: the desk sees it later.
"""

from dataclasses import dataclass, replace
from typing import Final

from custody.collection.acting import Acting
from custody.collection.collection import Collection, collections_by_id, parse_collection_id
from custody.collection.image import clean_image
from custody.collection.item import SubmittedItem, bury, insert_item, items_of_collection
from custody.collection.steps import stepped, write_steps
from custody.collection.taking import take
from custody.custodian import Custodian
from custody.leaves import leaves_of
from custody.rejections import Rejection
from policies.collection import Step, allowed
from policies.identity_catalogue import load_identity_catalogue
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.items import NUMBER, begin_person, seal_item
from tokenizer.my_number import check_numbers
from tokenizer.storage.transaction import Transaction

IMAGE: Final = "image"
MOST_IMAGES: Final = 20
_SIDES: Final = frozenset({"", "front", "back"})


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of a paper.

    Attributes:
        document: code of the document it shows; empty for a copy that nobody has looked at yet.
        side: `front`, `back`, or empty where it has one side.
        content: the file as it came.
    """

    document: str
    side: str
    content: bytes

    def __repr__(self) -> str:
        return f"Picture({self.document!r}, {self.side!r})"


async def submit_number(
    custodian: Custodian,
    acting: Acting,
    collection_id: str,
    number: str,
    now: int,
    revision: int | None = None,
) -> Collection | Rejection | Denied:
    """Submit a person's number; it is registered only once it was verified.

    Args:
        custodian: what the use case works with.
        acting: the person, the desk that reads it from the paper, or the company.
        collection_id: public id of the collection.
        number: as typed.
        now: milliseconds since the epoch.
        revision: the revision they saw; None for whatever it is now.
    """
    digits, wrong = check_numbers([number], sandbox=acting.sandbox)
    if wrong or digits[0] is None:
        return Rejection(*wrong[0])
    checked = digits[0]

    def work(tx: Transaction) -> Collection | Rejection | Denied:
        found = find_one(tx, custodian, acting, collection_id, revision, Step.SUBMIT)
        return found if isinstance(found, Denied) else put_number(tx, custodian, acting, found, checked, now)

    return await take(custodian, acting, Action.COLLECTION_SUBMIT, None, now, work)


async def submit_image(
    custodian: Custodian, acting: Acting, collection_id: str, picture: Picture, now: int
) -> SubmittedItem | Denied:
    """Submit an image of a paper: decoded, encoded anew without location data, sealed. Nothing else is kept of it.

    Args:
        custodian: what the use case works with.
        acting: the person, the desk or the company.
        collection_id: public id of the collection, which is not settled yet.
        picture: the image.
        now: milliseconds since the epoch.
    """
    content = await cleaned(custodian, picture)
    denial = denied("collection-item-invalid") if content is None else None

    def work(tx: Transaction) -> SubmittedItem | Denied:
        found = find_one(tx, custodian, acting, collection_id, None, Step.SUBMIT)
        if isinstance(found, Denied) or content is None:
            return found if isinstance(found, Denied) else denied("collection-item-invalid")
        return put_image(tx, custodian, acting, found, picture, content, now)

    return await take(custodian, acting, Action.COLLECTION_ADD_ITEM, denial, now, work)


async def cleaned(custodian: Custodian, picture: Picture) -> bytes | None:
    """The picture alone, as JPEG; None if it is no image, or of no document there is."""
    if not is_known(picture):
        return None
    return await custodian.vault.off_loop(_LONG, lambda: clean_image(picture.content))


def is_known(picture: Picture) -> bool:
    """Whether a picture is said to show a document of the catalogue, and a side that documents have."""
    return picture.document in load_identity_catalogue().documents and picture.side in _SIDES


def find_one(
    tx: Transaction,
    custodian: Custodian,
    acting: Acting,
    collection_id: str,
    revision: int | None,
    step: Step,
) -> Collection | Denied:
    """One collection that can take a step; why there is none.

    Raises:
        SealBrokenError: the row was altered.
    """
    identity = parse_collection_id(collection_id) or 0
    found = collections_by_id(tx, custodian.authority, acting.tenant, [identity]).get(identity)
    if found is None:
        return denied("collection-unknown")
    if revision is not None and revision != found.revision:
        return denied("collection-changed")
    return found if allowed(found.state, step, acting.by) else denied("collection-step-not-allowed")


def put_image(
    tx: Transaction,
    custodian: Custodian,
    acting: Acting,
    collection: Collection,
    picture: Picture,
    content: bytes,
    now: int,
) -> SubmittedItem | Denied:
    """Seal an image for a collection that can take it, unless it has as many as it may have."""
    there = items_of_collection(tx, acting.tenant, collection.id)
    if sum(each.kind == IMAGE for each in there) >= MOST_IMAGES:
        return denied("collection-item-invalid")
    item = _put(tx, custodian, acting, collection, IMAGE, picture.document, picture.side, content, now)
    detail = {"item": item.public_id} | ({"document": picture.document} if picture.document else {})
    record = leaves_of(
        [collection.person], [0], lambda _: acting.says(Action.COLLECTION_ADD_ITEM, now, detail)
    )
    custodian.vault.log(acting.tenant).append(tx, record)
    return item


def put_number(
    tx: Transaction, custodian: Custodian, acting: Acting, collection: Collection, number: bytes, now: int
) -> Collection:
    """Seal a checked number for a collection that can take it, in the place of one that is there."""
    item = _put(tx, custodian, acting, collection, NUMBER, "", "", number, now)
    if collection.number_item:  # after the new one, so that the key of somebody without a number lives on
        bury(tx, custodian, collection, [collection.number_item])
    moved = replace(stepped(collection, Step.SUBMIT, acting, now), number_item=item.id)
    write_steps(tx, custodian, acting, Step.SUBMIT, [moved], now, {"item": item.public_id})
    return moved


def _put(
    tx: Transaction,
    custodian: Custodian,
    acting: Acting,
    collection: Collection,
    kind: str,
    document: str,
    side: str,
    content: bytes,
    now: int,
) -> SubmittedItem:
    vault, tenant, person = custodian.vault, collection.tenant, collection.person
    (identity,) = vault.new_ids(1, now)
    begin_person(vault, tx, tenant, person)
    seal_item(vault, tx, tenant, person, kind, identity, content, now)
    size = len(content)
    item = SubmittedItem(tenant, collection.id, identity, kind, document, side, size, now, acting.by.value)
    insert_item(tx, item)
    return item


_LONG: Final = 1_000
"""Decoding an image takes as long as sealing so many numbers."""
