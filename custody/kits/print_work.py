"""The worker's part of printing: a turn at the press, in which each file is written down before it counts.

What holds at every moment, also after a kill: a file that bears its name is whole; the row says how many there are;
whoever goes on begins with the next one. Several files are made at once, and written down one after the other.
"""

import asyncio
import csv
import io
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from custody.custodian import Custodian
from custody.kits.errors import KitError, KitFault
from custody.kits.files import PrintPlace
from custody.kits.print_file import Made, PrintFile, Shop, listing_name, make_file
from custody.kits.printout import (
    KEPT_DAYS,
    MANIFEST,
    OPEN,
    Printout,
    PrintState,
    file_name,
    printouts_of,
    read_printout,
    save_printout,
)
from tokenizer.errors import SealBrokenError
from tokenizer.storage.transaction import Transaction

_DAY_MS: Final = 86_400_000
_COLUMNS: Final = ("file", "kit", "first_page", "last_page", "pages")


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of a turn at the press: how many files there are more, and whether some are still to be made."""

    files: int
    more: bool


async def print_waiting(custodian: Custodian, shop: Shop, tenants: Sequence[int], until: int) -> Turn:
    """Print what tenants wait for, a file of each order in turn, so that a large one holds no small one up.

    Args:
        custodian: what the use case works with.
        shop: what printing takes.
        tenants: whose orders.
        until: after this time no file is begun, in milliseconds since the epoch.

    Raises:
        SealBrokenError: a row that an order is printed from was altered; the others were printed.
    """
    waiting = await _waiting(custodian, tenants)
    return await _Press(custodian, shop, waiting).work(until)


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


@dataclass(slots=True)
class _Order:
    """An order at the press.

    Attributes:
        printout: as it is written down.
        begun: how many files are being made beyond those.
        given_up: whether this turn makes no more of it.
    """

    printout: Printout
    begun: int = 0
    given_up: bool = False

    def next_file(self, per_file: int) -> PrintFile | None:
        """The file to begin now; None if all are under way, or the order is at its end."""
        printout = self.printout
        skipped = printout.printed + self.begun * per_file
        if self.given_up or printout.state not in OPEN or (self.begun and skipped >= printout.papers):
            return None
        self.begun += 1
        return PrintFile(printout, printout.files + self.begun, skipped)


async def _waiting(custodian: Custodian, tenants: Sequence[int]) -> list[_Order]:
    found: list[_Order] = []
    for tenant in tenants:
        there = await custodian.database.read(tenant, partial(printouts_of, tenant=tenant))
        found += [_Order(each) for each in there if each.state in OPEN]
    return found


class _Press:
    """One turn: as many files under way as are set at once, and one more, so that its facts are there in time."""

    def __init__(self, custodian: Custodian, shop: Shop, waiting: Sequence[_Order]) -> None:
        self._custodian = custodian
        self._shop = shop
        self._waiting = waiting
        # Where the turn before stopped: each file that is written down moves the beginning by one.
        self._queue = deque(waiting)
        self._queue.rotate(-(sum(each.printout.files for each in waiting) % max(len(waiting), 1)))
        self._under_way: deque[tuple[_Order, asyncio.Task[Made]]] = deque()
        self._broken: SealBrokenError | None = None

    async def work(self, until: int) -> Turn:
        files = 0
        try:
            while self._begin(until):
                files += await self._finish(*self._under_way.popleft())
        finally:
            left = [task for _, task in self._under_way]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
        if self._broken is not None:
            raise self._broken
        return Turn(files, more=any(each.printout.state in OPEN for each in self._waiting))

    def _begin(self, until: int) -> bool:
        """Have files made until enough are under way; says whether any is."""
        shop = self._shop
        while self._queue and len(self._under_way) <= shop.press.at_once and shop.clock() < until:
            order = self._queue.popleft()
            file = order.next_file(shop.per_file)
            if file is not None:
                making = asyncio.create_task(make_file(self._custodian, shop, file))
                self._under_way.append((order, making))
                self._queue.append(order)
        return bool(self._under_way)

    async def _finish(self, order: _Order, making: asyncio.Task[Made]) -> int:
        """Write down the oldest file under way; says whether there is one more."""
        try:
            made = await making
        except SealBrokenError as error:
            self._broken, order.given_up = error, True
            return 0
        before, order.begun = order.printout.files, order.begun - 1
        order.printout = await _write_down(self._custodian, self._shop, made)
        # It failed, or somebody else has a say in it: what is there now is looked at in the next turn.
        order.given_up = order.printout.files <= before
        return int(not order.given_up)


async def _write_down(custodian: Custodian, shop: Shop, made: Made) -> Printout:
    file, now = made.file, shop.clock()
    if made.problem:
        return await _go_on(custodian, file, partial(_fail, problem=made.problem))
    last = file.skipped + made.kits >= file.printout.papers
    if last:
        try:
            await asyncio.to_thread(_keep_manifest, shop.place, file)
        except KitError as error:
            return await _go_on(custodian, file, partial(_fail, problem=error.fault.value))

    def further(found: Printout) -> Printout:
        return replace(
            found,
            state=PrintState.DONE if last else PrintState.PRINTING,
            files=file.number,
            printed=file.skipped + made.kits,
            pages=found.pages + made.pages,
            finished_at=now if last else 0,
            delete_at=now + KEPT_DAYS * _DAY_MS if last else 0,
        )

    return await _go_on(custodian, file, further)


async def _go_on(custodian: Custodian, file: PrintFile, change: Callable[[Printout], Printout]) -> Printout:
    """Write how far it came, unless the file before is missing, or the printing was deleted or asked for anew."""
    ours = file.printout
    expected = (ours.asked_at, file.number - 1, file.skipped)

    def work(tx: Transaction) -> Printout:
        found = read_printout(tx, ours.tenant, ours.order, lock=True)
        if found is None:
            return replace(ours, state=PrintState.DELETED)
        if found.state not in OPEN or (found.asked_at, found.files, found.printed) != expected:
            return found
        return save_printout(tx, change(found))

    return await custodian.database.write(ours.tenant, work)


def _fail(printout: Printout, problem: str) -> Printout:
    return replace(printout, state=PrintState.FAILED, problem=problem)


def _keep_manifest(place: PrintPlace, file: PrintFile) -> None:
    """Write who stands on which pages of which file.

    Raises:
        KitError: a file's part of it is gone.
    """
    printout, text = file.printout, io.StringIO()
    csv.writer(text).writerow(_COLUMNS)
    names = [listing_name(file_name(printout.kind, number)) for number in range(1, file.number + 1)]
    parts = [place.read(printout.tenant, printout.order, name) for name in names]
    if None in parts:
        raise KitError(KitFault.NOT_PRINTED)
    manifest = text.getvalue().encode() + b"".join(part for part in parts if part)
    place.keep(printout.tenant, printout.order, MANIFEST, manifest)
