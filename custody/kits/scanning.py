"""Kits that came back, as scans: each page is sealed for whom it belongs to, each kit in a transaction of its own.

A form goes to everybody who stands on it, since it is what their number is read from and verified by. A power of
attorney, and the copies behind it, go to the spouse who signed it; other copies to whom the kit was sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from custody.collection.acting import Acting, counter, refuse_acting
from custody.collection.campaign import read_campaign
from custody.collection.collection import Collection, collections_by_id
from custody.collection.item import items_of_collection
from custody.collection.submission import Picture, put_image
from custody.collection.taking import take
from custody.custodian import Custodian
from custody.kits.arriving import arrive
from custody.kits.household import households
from custody.kits.kit import KitPage, SentKit, insert_pages, kits_by_code, pages_of_kit
from custody.kits.marker import Marker, Part
from custody.kits.reader import PageReader
from custody.kits.scanned_page import PageOutcome, ScannedPage, codes_of, sorted_pages
from policies.actor import Actor
from policies.collection import State, Step, allowed
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Transaction

_DOCUMENTS: Final = {Part.FORM: "PREPRINTED_FORM", Part.POWER_OF_ATTORNEY: "POWER_OF_ATTORNEY"}


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What became of a scan.

    Attributes:
        pages: every page, in order.
        arrived: the collections that have arrived by it.
        missing: sheets of its kits that are not in it.
    """

    pages: list[ScannedPage]
    arrived: list[Collection]
    missing: tuple[Marker, ...]


async def scan_kits(
    custodian: Custodian, actor: Actor, data: bytes, reader: PageReader, now: int
) -> ScanReport | Denied:
    """Take a scan of kits that came back.

    Args:
        custodian: what the use case works with.
        actor: a handler, an administrator or a client.
        data: a PDF, or a photo as JPEG, PNG or WebP.
        reader: reads it, in a process of its own.
        now: milliseconds since the epoch.

    Raises:
        KitError: it cannot be read; nothing was kept.
    """
    acting = counter(actor)
    if refuse_acting(acting) is not None:
        return await take(custodian, acting, Action.COLLECTION_ARRIVE, None, now, _nothing)
    scanned = await reader.scan(data)
    pages = sorted_pages(scanned.arrival)
    arrived: list[Collection] = []
    for code in codes_of(pages):
        ours = [each for each in pages if each.code == code]
        work = partial(_keep_kit, custodian, acting, scanned.pictures, ours, now)
        done = await take(custodian, acting, Action.COLLECTION_ARRIVE, None, now, work)
        if isinstance(done, Denied):
            if done.rule != "kit-unknown":
                return done
            done = [each.told(PageOutcome.KIT_UNKNOWN) for each in ours], []
        for page in done[0]:
            pages[page.number - 1] = page
        arrived += done[1]
    known = {each.code for each in pages if each.outcome is not PageOutcome.KIT_UNKNOWN}
    missing = tuple(each for each in scanned.arrival.missing() if each.code in known)
    return ScanReport(pages, arrived, missing)


def _nothing(_tx: Transaction) -> ScanReport:
    return ScanReport([], [], ())


def _keep_kit(
    custodian: Custodian,
    acting: Acting,
    pictures: Sequence[bytes],
    pages: Sequence[ScannedPage],
    now: int,
    tx: Transaction,
) -> tuple[list[ScannedPage], list[Collection]] | Denied:
    """Keep the pages of one kit, and let it arrive if anything of it is new."""
    code = pages[0].code
    kit = kits_by_code(tx, custodian.authority, acting.tenant, [code]).get(code)
    if kit is None:
        return denied("kit-unknown")
    keeping = _Keeping(tx, custodian, acting, kit, now)
    told = [keeping.page(each, pictures[each.number - 1]) for each in pages]
    outcomes = {each.outcome for each in told}
    new = PageOutcome.KEPT in outcomes or (PageOutcome.NOT_NEEDED in outcomes and not kit.arrived_at)
    return told, arrive(tx, custodian, acting, kit, now) if new else []


class _Keeping:
    """Seals the pages of one kit, in a transaction that has locked the tenant's log."""

    def __init__(self, tx: Transaction, custodian: Custodian, acting: Acting, kit: SentKit, now: int) -> None:
        self._tx = tx
        self._custodian = custodian
        self._acting = acting
        self._kit = kit
        self._now = now
        self._everybody, self._principal = _family(tx, custodian, kit)
        self._items = {
            each.id: {item.id for item in items_of_collection(tx, kit.tenant, each.id)}
            for each in self._everybody
        }
        self._before = pages_of_kit(tx, kit.tenant, kit.id)
        self._today: list[KitPage] = []

    def page(self, page: ScannedPage, picture: bytes) -> ScannedPage:
        """Keep a page, unless it is not needed, not awaited or there already."""
        if page.marker is not None and page.part not in _DOCUMENTS:
            return page.told(PageOutcome.NOT_NEEDED)
        awaited = [each for each in self._whose(page) if allowed(each.state, Step.SUBMIT, self._acting.by)]
        if not awaited:
            return page.told(PageOutcome.NOT_AWAITED)
        kit = self._kit
        likeness = self._custodian.authority.stamp("kit_page", (kit.tenant, kit.id, picture))
        fresh = [each for each in awaited if not self._is_there(each, page.sheet, likeness)]
        if not fresh:
            return page.told(PageOutcome.ALREADY_THERE)
        kept = [each for each in fresh if self._keep(each, page, picture, likeness)]
        outcome = PageOutcome.KEPT if kept else PageOutcome.FULL
        return replace(page, outcome=outcome, collections=tuple(each.id for each in kept))

    def _whose(self, page: ScannedPage) -> Sequence[Collection]:
        if page.marker is not None and page.part is Part.FORM:
            return self._everybody
        if page.part is Part.POWER_OF_ATTORNEY and self._principal is not None:
            return [self._principal]
        return self._everybody[:1]

    def _is_there(self, collection: Collection, sheet: str, likeness: bytes) -> bool:
        """Whether a collection has this picture, or this sheet since it arrived the last time."""
        standing = [
            each
            for each in self._before
            if each.collection == collection.id and each.item in self._items[collection.id]
        ]
        today = [each for each in self._today if each.collection == collection.id]
        if any(each.likeness == likeness for each in (*standing, *today)):
            return True
        since = (*standing, *today) if collection.state is State.ARRIVED else today
        return bool(sheet) and any(each.sheet == sheet for each in since)

    def _keep(self, collection: Collection, page: ScannedPage, picture: bytes, likeness: bytes) -> bool:
        document = _DOCUMENTS[page.marker.part] if page.marker is not None else ""
        item = put_image(
            self._tx,
            self._custodian,
            self._acting,
            collection,
            Picture(document, "", picture),
            picture,
            self._now,
        )
        if isinstance(item, Denied):
            return False
        made = KitPage(self._kit.tenant, self._kit.id, item.id, collection.id, page.sheet, likeness)
        insert_pages(self._tx, [made])
        self._today.append(made)
        return True


def _family(
    tx: Transaction, custodian: Custodian, kit: SentKit
) -> tuple[list[Collection], Collection | None]:
    """Whose papers a kit brings, as it was sent; and who signs the power of attorney, if somebody does."""
    there = collections_by_id(tx, custodian.authority, kit.tenant, kit.members)
    everybody = [there[each] for each in kit.members if each in there]
    if not everybody:
        return [], None
    campaign = read_campaign(tx, custodian.authority, kit.tenant, everybody[0].campaign)
    made, _ = households(tx, kit.tenant, everybody)
    purposes = campaign.purposes if campaign else ()
    signing = [found for one in made if (found := one.principal(purposes)) is not None]
    return everybody, signing[0] if signing else None
