"""Papers as they are sent: a picture, or a PDF of which each page becomes a picture.

PDFs are drawn in a process of their own, with limits of time and memory: no keys, no environment, no files. What comes
back is decoded and made anew as any picture is, so that a file made to break PDFium costs a process and no more.
"""

import json
from collections.abc import Sequence
from functools import partial
from typing import Final

from custody.collection.acting import Acting
from custody.collection.collection import Collection
from custody.collection.image import LARGEST_BYTES, clean_image
from custody.collection.item import SubmittedItem, items_of_collection
from custody.collection.submission import IMAGE, MOST_IMAGES, Picture, cleaned, find_one, is_known, put_image
from custody.collection.taking import take
from custody.custodian import Custodian
from custody.paper.child import in_child
from policies.collection import Step
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Transaction

MEMORY: Final = 1 << 30
SECONDS: Final = 60
_RASTERISER: Final = "custody.collection.rasteriser"
_PDF: Final = b"%PDF-"
_PDF_HEAD: Final = 1024
_FAULTS: Final = {
    each.rule: each
    for each in (
        denied("papers-locked"),
        denied("papers-broken"),
        denied("papers-too-many-pages"),
        denied("papers-pixels"),
    )
}
_LONG: Final = 1_000
"""Decoding an image takes as long as sealing so many numbers."""


async def submit_papers(
    custodian: Custodian, acting: Acting, collection_id: str, picture: Picture, now: int
) -> list[SubmittedItem] | Denied:
    """Submit a picture, or a PDF of at most ten pages, all of it or nothing. Nothing but the pictures is kept.

    Args:
        custodian: what the use case works with.
        acting: the person, the desk or the company.
        collection_id: public id of the collection, which is not settled yet.
        picture: the file, and which document it shows.
        now: milliseconds since the epoch.
    """
    contents = await pictures_in(custodian, picture)
    denial = contents if isinstance(contents, Denied) else None

    def work(tx: Transaction) -> list[SubmittedItem] | Denied:
        found = find_one(tx, custodian, acting, collection_id, None, Step.SUBMIT)
        if isinstance(found, Denied) or isinstance(contents, Denied):
            return found if isinstance(found, Denied) else denied("collection-item-invalid")
        return put_images(tx, custodian, acting, found, picture, contents, now)

    return await take(custodian, acting, Action.COLLECTION_ADD_ITEM, denial, now, work)


async def pictures_in(
    custodian: Custodian, picture: Picture, memory: int = MEMORY, seconds: int = SECONDS
) -> list[bytes] | Denied:
    """The pictures of a file, each as plain JPEG; why there are none.

    Args:
        custodian: limits how many PDFs are read at once.
        picture: the file, and which document it shows.
        memory: how many bytes reading a PDF may take.
        seconds: how long it may compute.
    """
    content = picture.content
    if _PDF not in content[:_PDF_HEAD]:
        single = await cleaned(custodian, picture)
        return denied("collection-item-invalid") if single is None else [single]
    if not is_known(picture) or len(content) > LARGEST_BYTES:
        return denied("collection-item-invalid")
    async with custodian.reading:
        told = await in_child(_RASTERISER, f"{memory} {seconds}\n".encode() + content)
    drawn = _drawn(told)
    if isinstance(drawn, Denied):
        return drawn
    clean = [await custodian.vault.off_loop(_LONG, partial(clean_image, each)) for each in drawn]
    whole = [each for each in clean if each is not None]
    return whole if len(whole) == len(drawn) else denied("papers-broken")


def put_images(
    tx: Transaction,
    custodian: Custodian,
    acting: Acting,
    collection: Collection,
    picture: Picture,
    contents: Sequence[bytes],
    now: int,
) -> list[SubmittedItem] | Denied:
    """Seal the pictures of a file for a collection that can take them; none if there is no room for all."""
    there = items_of_collection(tx, acting.tenant, collection.id)
    if sum(each.kind == IMAGE for each in there) + len(contents) > MOST_IMAGES:
        return denied("collection-item-invalid")
    put = [put_image(tx, custodian, acting, collection, picture, each, now) for each in contents]
    return [each for each in put if isinstance(each, SubmittedItem)]


def _drawn(told: bytes | None) -> list[bytes] | Denied:
    """The pictures that a child wrote, if it wrote what it should."""
    head, _, body = (told or b"").partition(b"\n")
    try:
        said = json.loads(head)
    except ValueError:
        said = None
    match said:
        case {"fault": str(fault)} if fault in _FAULTS:
            return _FAULTS[fault]
        case {"sizes": [_, *_] as sizes} if all(type(each) is int for each in sizes) and sum(sizes) == len(
            body
        ):
            ends = [sum(sizes[: place + 1]) for place in range(len(sizes))]
            return [body[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    return denied("papers-exhausting")
