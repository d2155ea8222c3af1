"""One file of a printing: what stands on its papers, set as PDF and written where it can be fetched.

A letter's link is minted when its file is set, so that a file that was not finished leaves links that nobody has seen
and that the next ones replace.
"""

import asyncio
import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from custody.collection.acting import program
from custody.collection.campaign import read_campaign
from custody.collection.collection import collections_by_id
from custody.collection.dispatch import Sending
from custody.custodian import Custodian
from custody.kits.errors import KitError
from custody.kits.facts import Kit
from custody.kits.files import PrintPlace
from custody.kits.household import households
from custody.kits.kit import SentKit, kits_of_collections, part_of_order
from custody.kits.pages import LETTER_SHEETS, markers_of
from custody.kits.papers import Issue, kit_paper, letter_of, reminder_of
from custody.kits.press import SIDES, KitPress, kits_job, letters_job, reminders_job
from custody.kits.printout import PER_FILE, Printout, file_name
from custody.kits.sender import read_sender
from custody.selfservice.link import Factor
from custody.selfservice.links import mint_link
from policies.refusals import Denied
from tokenizer.storage.transaction import Transaction

Clock = Callable[[], int]

_NOTHING_LEFT: Final = "print-nothing-left"
_NO_ADDRESS: Final = "public-url-missing"


@dataclass(frozen=True, slots=True)
class Shop:
    """What printing takes.

    Attributes:
        place: where the files go.
        press: sets them, as many at once as it was told to.
        clock: milliseconds since the epoch.
        public_url: where people reach the pages of this installation; None if nowhere.
        per_file: how many kits a file has.
    """

    place: PrintPlace
    press: KitPress
    clock: Clock
    public_url: str | None = None
    per_file: int = PER_FILE


@dataclass(frozen=True, slots=True)
class PrintFile:
    """A file that is to be made.

    Attributes:
        printout: the printing it belongs to, as it was when that was asked for or last written down.
        number: counted from one.
        skipped: how many kits are in the files before it.
    """

    printout: Printout
    number: int
    skipped: int

    @property
    def name(self) -> str:
        """What it is fetched by."""
        return file_name(self.printout.kind, self.number)

    @property
    def listing(self) -> str:
        """Where its part of the manifest lies."""
        return listing_name(self.name)


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a file: how many kits and pages it has, or the name of the reason why there is none."""

    file: PrintFile
    kits: int = 0
    pages: int = 0
    problem: str = ""


def listing_name(name: str) -> str:
    """Where the part of the manifest lies that tells of a file."""
    return f".{name}.csv"


async def make_file(custodian: Custodian, shop: Shop, file: PrintFile) -> Made:
    """Set a file, and put it in its place.

    Raises:
        SealBrokenError: a row that it is made from was altered.
    """
    printout = file.printout
    try:
        kits = await _facts(custodian, shop, file)
        pdf = await shop.press.set(await _job(custodian, shop, file, kits))
    except KitError as error:
        return Made(file, problem=error.fault.value)
    except _GivenUpError as error:
        return Made(file, problem=error.problem)
    keep = partial(shop.place.keep, printout.tenant, printout.order)
    pages = [_pages(printout.kind, kit) for kit in kits]
    await asyncio.to_thread(keep, file.listing, _listed(file.name, kits, pages))
    await asyncio.to_thread(keep, file.name, pdf)
    return Made(file, len(kits), sum(pages))


async def _facts(custodian: Custodian, shop: Shop, file: PrintFile) -> list[Kit]:
    """What stands on the papers of a file."""
    printout = file.printout

    def work(tx: Transaction) -> list[Kit]:
        tenant, authority = printout.tenant, custodian.authority
        sent = part_of_order(tx, authority, tenant, printout.order, file.skipped, shop.per_file)
        there = collections_by_id(tx, authority, tenant, [each for kit in sent for each in kit.members])
        made, _ = households(tx, tenant, list(there.values()))
        sender = read_sender(tx, authority, tenant)
        campaign = read_campaign(tx, authority, tenant, made[0].collections[0].campaign) if made else None
        if sender is None or campaign is None:
            raise _GivenUpError(_NOTHING_LEFT)
        days = date.fromisoformat(printout.issued_on), date.fromisoformat(printout.deadline)
        issue = Issue(campaign, sender, *days)
        codes = _codes(tx, custodian, printout, sent)
        papers = [
            kit_paper(custodian.catalogue, one, codes[one.collections[0].id], issue)
            for one in made
            if one.collections[0].id in codes
        ]
        found = [each for each in papers if each is not None]
        if len(found) != len(sent):
            raise _GivenUpError(_NOTHING_LEFT)
        return sorted(found, key=lambda each: list(codes.values()).index(each.code))

    return await custodian.database.read(printout.tenant, work)


def _codes(
    tx: Transaction, custodian: Custodian, printout: Printout, sent: Sequence[SentKit]
) -> dict[int, str]:
    """The codes to print, by the first collection; a reminder has that of the kit it reminds of."""
    own = {each.members[0]: each.code for each in sent}
    if printout.kind is not Sending.POSTCARD:
        return own
    before = kits_of_collections(tx, custodian.authority, printout.tenant, list(own))
    earlier = {each.members[0]: each.code for each in before if each.order != printout.order}
    return {first: earlier.get(first, code) for first, code in own.items()}


async def _job(custodian: Custodian, shop: Shop, file: PrintFile, kits: Sequence[Kit]) -> bytes:
    kind = file.printout.kind
    if kind is Sending.KIT:
        return await asyncio.to_thread(kits_job, kits)
    if kind is Sending.POSTCARD:
        return await asyncio.to_thread(reminders_job, [reminder_of(each) for each in kits])
    if shop.public_url is None:
        raise _GivenUpError(_NO_ADDRESS)
    secrets = await _mint(custodian, shop, file)
    letters = [letter_of(each, f"{shop.public_url}/my#{secrets[each.code]}") for each in kits]
    return await asyncio.to_thread(letters_job, letters)


async def _mint(custodian: Custodian, shop: Shop, file: PrintFile) -> dict[str, str]:
    """New links for the households of a file, by the code of the letter."""
    printout = file.printout

    def work(tx: Transaction) -> dict[str, str]:
        tenant, authority = printout.tenant, custodian.authority
        custodian.vault.log(tenant).lock(tx)
        sent = part_of_order(tx, authority, tenant, printout.order, file.skipped, shop.per_file)
        there = collections_by_id(tx, authority, tenant, [kit.members[0] for kit in sent])
        found: dict[str, str] = {}
        for kit in sent:
            first = there[kit.members[0]]
            link = mint_link(tx, custodian, program(tenant), first, Factor.BIRTH_DATE, shop.clock())
            if isinstance(link, Denied):
                raise _GivenUpError(link.rule)
            found[kit.code] = link.secret
        return found

    return await custodian.database.write(printout.tenant, work)


def _pages(kind: Sending, kit: Kit) -> int:
    if kind is Sending.KIT:
        return len(markers_of(kit))
    return SIDES if kind is Sending.POSTCARD else LETTER_SHEETS


def _listed(name: str, kits: Sequence[Kit], pages: Sequence[int]) -> bytes:
    text, first = io.StringIO(), 1
    lines = csv.writer(text)
    for kit, count in zip(kits, pages, strict=True):
        lines.writerow((name, kit.code, first, first + count - 1, count))
        first += count
    return text.getvalue().encode()


class _GivenUpError(Exception):
    """The printing cannot go on; `problem` is the name of the reason."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
