"""The worker's part of a printing: one file after the other, each written down before the next is begun.

What holds at every moment, also after a kill: a file that bears its name is whole; the row says how many there are;
whoever goes on begins with the next one. A letter's link is minted when its file is set, so that a file that was not
finished leaves links that nobody has seen and that the next ones replace.
"""

import asyncio
import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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
from custody.kits.printout import (
    KEPT_DAYS,
    MANIFEST,
    OPEN,
    PER_FILE,
    Printout,
    PrintState,
    file_name,
    printouts_of,
    read_printout,
    save_printout,
)
from custody.kits.sender import read_sender
from custody.selfservice.link import Factor
from custody.selfservice.links import mint_link
from policies.refusals import Denied
from tokenizer.storage.transaction import Transaction

Clock = Callable[[], int]

_DAY_MS: Final = 86_400_000
_COLUMNS: Final = ("file", "kit", "first_page", "last_page", "pages")
_NOTHING_LEFT: Final = "print-nothing-left"
_NO_ADDRESS: Final = "public-url-missing"


@dataclass(frozen=True, slots=True)
class Shop:
    """What printing takes.

    Attributes:
        place: where the files go.
        press: sets them.
        clock: milliseconds since the epoch.
        public_url: where people reach the pages of this installation; None if nowhere.
        per_file: how many kits a file has.
    """

    place: PrintPlace
    press: KitPress
    clock: Clock
    public_url: str | None = None
    per_file: int = PER_FILE


async def print_waiting(custodian: Custodian, shop: Shop, tenant: int, most: int) -> int:
    """Print what a tenant waits for, at most so many files; says how many were printed."""
    made = 0
    waiting = await custodian.database.read(tenant, partial(printouts_of, tenant=tenant))
    for printout in waiting:
        while printout.state in OPEN and made < most:
            printout = await _next_file(custodian, shop, printout)  # noqa: PLW2901 - the same, one file further
            made += 1
    return made


async def clear_prints(custodian: Custodian, place: PrintPlace, tenants: Sequence[int], now: int) -> int:
    """Destroy the files whose time is over, or that nobody owns any more; says how many printings that were."""
    living: set[str] = set()
    for tenant in tenants:
        for printout in await custodian.database.write(tenant, partial(_expire, tenant=tenant, now=now)):
            if printout.state is not PrintState.DELETED:
                living.add(place.named(tenant, printout.order))
    doomed = [name for name in await asyncio.to_thread(place.there) if name not in living]
    for name in doomed:
        await asyncio.to_thread(place.forget, name)
    return len(doomed)


def _expire(tx: Transaction, tenant: int, now: int) -> list[Printout]:
    found = printouts_of(tx, tenant)
    return [
        save_printout(tx, replace(each, state=PrintState.DELETED))
        if each.state is PrintState.DONE and each.delete_at <= now
        else each
        for each in found
    ]


async def _next_file(custodian: Custodian, shop: Shop, printout: Printout) -> Printout:
    try:
        kits = await _facts(custodian, shop, printout)
        job = await _job(custodian, shop, printout, kits)
        pdf = await shop.press.set(job)
    except KitError as error:
        return await _go_on(custodian, printout, partial(_fail, problem=error.fault.value))
    except _GivenUpError as error:
        return await _go_on(custodian, printout, partial(_fail, problem=error.problem))
    keep = partial(shop.place.keep, printout.tenant, printout.order)
    number = printout.files + 1
    name = file_name(printout.kind, number)
    pages = [_pages(printout.kind, kit) for kit in kits]
    await asyncio.to_thread(keep, f".{name}.csv", _listed(name, kits, pages))
    await asyncio.to_thread(keep, name, pdf)
    last = printout.printed + len(kits) >= printout.papers
    if last:
        manifest = await asyncio.to_thread(_manifest, shop.place, printout, number)
        await asyncio.to_thread(keep, MANIFEST, manifest)
    now = shop.clock()

    def further(found: Printout) -> Printout:
        return replace(
            found,
            state=PrintState.DONE if last else PrintState.PRINTING,
            files=number,
            printed=found.printed + len(kits),
            pages=found.pages + sum(pages),
            finished_at=now if last else 0,
            delete_at=now + KEPT_DAYS * _DAY_MS if last else 0,
        )

    return await _go_on(custodian, printout, further)


async def _go_on(
    custodian: Custodian, printout: Printout, change: Callable[[Printout], Printout]
) -> Printout:
    """Write how far it came, unless somebody had it deleted, or another worker went on meanwhile."""

    def work(tx: Transaction) -> Printout:
        found = read_printout(tx, printout.tenant, printout.order, lock=True)
        if found is None or found.files != printout.files or found.state not in OPEN:
            return found or replace(printout, state=PrintState.DELETED)
        return save_printout(tx, change(found))

    return await custodian.database.write(printout.tenant, work)


def _fail(printout: Printout, problem: str) -> Printout:
    return replace(printout, state=PrintState.FAILED, problem=problem)


async def _facts(custodian: Custodian, shop: Shop, printout: Printout) -> list[Kit]:
    """What stands on the papers of the next file."""

    def work(tx: Transaction) -> list[Kit]:
        tenant, authority = printout.tenant, custodian.authority
        sent = part_of_order(tx, authority, tenant, printout.order, printout.printed, shop.per_file)
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


async def _job(custodian: Custodian, shop: Shop, printout: Printout, kits: Sequence[Kit]) -> bytes:
    if printout.kind is Sending.KIT:
        return await asyncio.to_thread(kits_job, kits)
    if printout.kind is Sending.POSTCARD:
        return await asyncio.to_thread(reminders_job, [reminder_of(each) for each in kits])
    if shop.public_url is None:
        raise _GivenUpError(_NO_ADDRESS)
    secrets = await _mint(custodian, shop, printout)
    letters = [letter_of(each, f"{shop.public_url}/my#{secrets[each.code]}") for each in kits]
    return await asyncio.to_thread(letters_job, letters)


async def _mint(custodian: Custodian, shop: Shop, printout: Printout) -> dict[str, str]:
    """New links for the households of the next file, by the code of the letter."""

    def work(tx: Transaction) -> dict[str, str]:
        tenant, authority = printout.tenant, custodian.authority
        custodian.vault.log(tenant).lock(tx)
        sent = part_of_order(tx, authority, tenant, printout.order, printout.printed, shop.per_file)
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


def _manifest(place: PrintPlace, printout: Printout, files: int) -> bytes:
    """Who stands on which pages of which file."""
    text = io.StringIO()
    csv.writer(text).writerow(_COLUMNS)
    names = (f".{file_name(printout.kind, number)}.csv" for number in range(1, files + 1))
    parts = [place.read(printout.tenant, printout.order, name) or b"" for name in names]
    return text.getvalue().encode() + b"".join(parts)


class _GivenUpError(Exception):
    """The printing cannot go on; `problem` is the name of the reason."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
