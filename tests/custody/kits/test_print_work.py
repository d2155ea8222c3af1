"""The worker at the press: whose file is next, how long a turn is, and what a kill or somebody else leaves behind."""

import asyncio
import csv
import io
from functools import cache

import pytest

from custody.kits.print_work import Turn
from custody.kits.printing import delete_print
from custody.kits.printout import MANIFEST, PrintState
from custody.kits.scan import read_pages
from tests.support import tamper
from tests.support.kills import kill_often
from tests.support.kitting import Kitting, PressInHouse
from tests.support.pressing import EventfulPress, print_one_by_one, slow_press
from tests.support.world import World
from tokenizer.errors import SealBrokenError


@pytest.fixture
async def kitting(world: World) -> Kitting:
    """With a file for each kit."""
    begun = await Kitting.begin(world)
    begun.per_file = 1
    return begun


async def asked(kitting: Kitting, *names: str) -> str:
    """An order for some people, which waits to be printed."""
    for name in names:
        await kitting.family(name)
    order = await kitting.order(*names)
    await kitting.ask(order)
    return order


async def state(kitting: Kitting, order: str) -> tuple[PrintState, int]:
    """How far an order is, and in how many files."""
    printout = await kitting.printout(order)
    return printout.state, printout.files


@cache
def kits_in(file: bytes) -> tuple[str, ...]:
    """The codes on a file's pages; of one that was there before it is known."""
    return read_pages(file).kits


def codes(kitting: Kitting, order: str) -> list[str]:
    """The kits of the manifest, in its order."""
    manifest = (kitting.directory(order) / MANIFEST).read_text()
    return [row["kit"] for row in csv.DictReader(io.StringIO(manifest))]


def files(kitting: Kitting, order: str) -> dict[str, bytes]:
    """What is there to be fetched."""
    return {path.name: path.read_bytes() for path in kitting.directory(order).glob("[!.]*")}


async def all_codes(kitting: Kitting, order: str) -> list[str]:
    return [each.code for each in await kitting.kits(order)]


class Killed(Exception):  # noqa: N818 - stands for a signal
    """The process ended here."""


class PressThatDies(PressInHouse):
    """Is killed at the file of a kit, whichever is set first."""

    def __init__(self, code: str) -> None:
        super().__init__()
        self._code = code.encode()

    async def set(self, job: bytes) -> bytes:
        if self._code in job:
            raise Killed
        return await super().set(job)


async def killed_at(kitting: Kitting, order: str, file: int) -> None:
    """Let a worker print an order and be killed when it sets a file, counted from one."""
    press, kitting.press = kitting.press, PressThatDies((await all_codes(kitting, order))[file - 1])
    with pytest.raises(Killed):
        await kitting.work()
    kitting.press = press


async def test_a_job_that_was_killed_goes_on_with_the_file_that_is_missing(kitting: Kitting) -> None:
    order = await asked(kitting, "E1", "E2", "E3")
    await killed_at(kitting, order, 2)
    halfway = await kitting.printout(order)
    assert (halfway.state, halfway.printed, halfway.names) == (PrintState.PRINTING, 1, ("kits-0001.pdf",))
    first = (kitting.directory(order) / "kits-0001.pdf").read_bytes()
    assert await kitting.work() == Turn(2, more=False)
    assert await state(kitting, order) == (PrintState.DONE, 3)
    assert (kitting.directory(order) / "kits-0001.pdf").read_bytes() == first
    assert codes(kitting, order) == await all_codes(kitting, order)


async def test_what_a_kill_left_of_a_file_that_does_not_count_is_replaced(kitting: Kitting) -> None:
    order = await asked(kitting, "E1", "E2")
    await killed_at(kitting, order, 2)
    directory = kitting.directory(order)
    for name in ("kits-0002.pdf", ".kits-0002.pdf.part", ".kits-0002.pdf.csv"):
        (directory / name).write_bytes(b"%PDF-")
    await kitting.work()
    second = read_pages((directory / "kits-0002.pdf").read_bytes())
    assert [*second.kits] == (await all_codes(kitting, order))[1:]
    assert codes(kitting, order) == await all_codes(kitting, order)
    assert not [*directory.glob("*.part")]


async def test_a_worker_killed_outright_leaves_whole_files_and_another_goes_on(kitting: Kitting) -> None:
    house, tenant = kitting.house, kitting.world.tenant.id
    order = await asked(kitting, *(f"E{number}" for number in range(8)))
    target = (house.settings, tenant, kitting.world.clock())
    async for _ in kill_often(print_one_by_one, target, 3, seed=8, longest=0.8):
        counted = (await kitting.printout(order)).names
        if kitting.directory(order).exists():
            assert set(counted) <= {path.name for path in kitting.directory(order).iterdir()}
            for path in kitting.directory(order).glob("kits-*.pdf"):
                assert len(kits_in(path.read_bytes())) == 1
    await kitting.work()
    assert await state(kitting, order) == (PrintState.DONE, 8)
    assert codes(kitting, order) == await all_codes(kitting, order)


async def test_a_turn_ends_when_its_time_is_over_and_the_next_one_goes_on(kitting: Kitting) -> None:
    order = await asked(kitting, "E1", "E2", "E3")
    kitting.press = slow_press(kitting.world.clock, 40)
    assert await kitting.work(seconds=30) == Turn(2, more=True)
    assert await state(kitting, order) == (PrintState.PRINTING, 2)
    assert await kitting.work(seconds=30) == Turn(1, more=False)
    assert await state(kitting, order) == (PrintState.DONE, 3)
    assert await kitting.work(seconds=30) == Turn(0, more=False)


async def test_files_set_at_once_come_out_as_one_after_the_other_whichever_is_ready_first(
    kitting: Kitting,
) -> None:
    order = await asked(kitting, "E1", "E2", "E3")
    await kitting.work()
    single = files(kitting, order)
    custodian, actor = kitting.world.custodian, kitting.collecting.administrator
    await delete_print(custodian, actor, order, kitting.world.clock())
    await kitting.ask(order)
    later = asyncio.Event()

    async def wait_for_the_third(before: int) -> None:
        if before == 2:
            later.set()
        await later.wait()

    kitting.press = EventfulPress(wait_for_the_third, at_once=2)
    assert await kitting.work() == Turn(3, more=False)
    assert files(kitting, order) == single


async def test_a_large_order_holds_no_small_one_up(kitting: Kitting) -> None:
    large = await asked(kitting, "E1", "E2", "E3", "E4")
    small = await asked(kitting, "E5")
    kitting.press = slow_press(kitting.world.clock, 40)
    assert await kitting.work(seconds=30) == Turn(2, more=True)
    assert await state(kitting, small) == (PrintState.DONE, 1)
    assert await state(kitting, large) == (PrintState.PRINTING, 1)


async def test_a_turn_begins_with_the_order_at_which_the_one_before_stopped(kitting: Kitting) -> None:
    orders = [await asked(kitting, f"{each}1", f"{each}2") for each in "ABC"]
    kitting.press = slow_press(kitting.world.clock, 40)
    seen = []
    for _ in range(3):
        await kitting.work(seconds=30)
        seen.append([(await kitting.printout(each)).files for each in orders])
    assert seen == [[1, 1, 0], [2, 1, 1], [2, 2, 2]]


async def test_an_order_whose_rows_were_altered_is_told_of_and_stops_no_other(kitting: Kitting) -> None:
    altered = await asked(kitting, "E1", "E2")
    whole = await asked(kitting, "E3", "E4")
    database, tenant = kitting.house.database, kitting.world.tenant.id
    await tamper.change(
        database,
        tenant,
        "UPDATE kit SET created_at = 1 WHERE tenant_id = :own AND order_id = :order_id",
        own=tenant,
        order_id=int(altered.removeprefix("ord_")),
    )
    with pytest.raises(SealBrokenError):
        await kitting.work()
    assert await state(kitting, whole) == (PrintState.DONE, 2)
    assert await state(kitting, altered) == (PrintState.WAITING, 0)


async def test_no_manifest_is_made_that_leaves_a_file_out(kitting: Kitting) -> None:
    order = await asked(kitting, "E1", "E2", "E3")
    kitting.press = slow_press(kitting.world.clock, 40)
    await kitting.work(seconds=30)
    (kitting.directory(order) / ".kits-0001.pdf.csv").unlink()
    await kitting.work()
    failed = await kitting.printout(order)
    assert (failed.state, failed.problem, failed.files) == (PrintState.FAILED, "kit-not-printed", 2)
    assert MANIFEST not in files(kitting, order)
    kitting.press = PressInHouse()
    await kitting.ask(order)
    await kitting.work()
    assert codes(kitting, order) == await all_codes(kitting, order)


async def test_a_file_of_a_printing_that_was_deleted_and_asked_for_anew_meanwhile_does_not_count(
    kitting: Kitting,
) -> None:
    order = await asked(kitting, "E1", "E2")
    world, actor = kitting.world, kitting.collecting.administrator

    async def ask_anew(before: int) -> None:
        if not before:
            await delete_print(world.custodian, actor, order, world.clock.advance(seconds=1))
            await kitting.ask(order)

    kitting.press = EventfulPress(ask_anew)
    turn = await kitting.work(seconds=60)
    assert (turn, await state(kitting, order)) == (Turn(0, more=True), (PrintState.WAITING, 0))
    assert await kitting.work() == Turn(2, more=False)
    assert codes(kitting, order) == await all_codes(kitting, order)
