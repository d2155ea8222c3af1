"""Printing orders: who gets an envelope, what is in the files, and how long they are kept."""

import csv
import io
from dataclasses import replace
from datetime import date

import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import text

from api.jobs import JOBS
from custody.collection.board import ShownCollection
from custody.collection.dispatch import DispatchState, Sending
from custody.collection.telling import show_notices
from custody.kits.errors import KitError, KitFault
from custody.kits.print_work import Turn, clear_prints, print_waiting
from custody.kits.printing import delete_print, print_kits
from custody.kits.printout import KEPT_DAYS, MANIFEST, Printout, PrintState
from custody.kits.scan import scan_page
from policies.purposes import PersonKind
from policies.refusals import Denied
from tests.support.kitting import HOME, PUBLIC_URL, Kitting, PressInHouse
from tests.support.outcomes import record_of
from tests.support.world import World
from tokenizer.audit.action import Action
from tokenizer.storage.statement import Statement


@pytest.fixture
async def kitting(world: World) -> Kitting:
    return await Kitting.begin(world, "TAX_GENSEN", "NP_3GO")


def read_qr(picture: Image.Image) -> str:
    (found,) = zxingcpp.read_barcodes(picture)
    return found.text


async def dispatches(kitting: Kitting, name: str) -> list[DispatchState]:
    shown: ShownCollection = await kitting.collecting.shown(name)
    return [each.state for each in shown.dispatches]


async def test_a_family_gets_one_envelope_and_a_payee_one_of_their_own(kitting: Kitting) -> None:
    await kitting.family("E1", "spouse", "dependent")
    await kitting.invite(["P1"], kinds=[PersonKind.PAYEE], names=["架空 花子"], addresses=[HOME])
    order = await kitting.printed("E1-1", "E1", "P1", "E1-0")
    kits = await kitting.kits(order)
    assert sorted(len(each.members) for each in kits) == [1, 3]
    ids = kitting.collecting.ids
    family = next(each for each in kits if len(each.members) == 3)
    assert f"col_{family.members[0]}" == ids["E1"]
    printout = await kitting.printout(order)
    assert (printout.state, printout.papers, printout.printed) == (PrintState.DONE, 2, 2)
    assert printout.names == ("kits-0001.pdf", MANIFEST)


async def test_every_sheet_that_comes_back_bears_the_code_of_its_kit(kitting: Kitting) -> None:
    await kitting.family("E1", "spouse")
    await kitting.family("E2")
    order = await kitting.printed("E1", "E1-0", "E2")
    rows = list(csv.DictReader(io.StringIO((kitting.directory(order) / MANIFEST).read_text())))
    assert {each["kit"] for each in rows} == {each.code for each in await kitting.kits(order)}
    sheets = kitting.sheets(order)
    assert len(sheets) == sum(int(each["pages"]) for each in rows) == (await kitting.printout(order)).pages
    for row in rows:
        ours = sheets[int(row["first_page"]) - 1 : int(row["last_page"])]
        found = {marker.code for sheet in ours for marker in scan_page(sheet).markers}
        assert found == {row["kit"]}


async def test_whoever_cannot_be_written_to_is_left_out_told_of_and_can_be_ordered_for_again(
    kitting: Kitting,
) -> None:
    await kitting.family("E1")
    await kitting.family("E2", address="大阪府大阪市北区梅田九丁目9番99号")
    order = await kitting.order("E1", "E2")
    asked = await kitting.ask(order)
    assert asked.left_out == [kitting.collecting.ids["E2"]]
    assert [each.code for each in asked.rejections] == ["ADDRESS_WITHOUT_POSTAL_CODE"]
    assert asked.printout.papers == 1
    assert await dispatches(kitting, "E2") == [DispatchState.VOID]
    assert (await kitting.collecting.ordered("E2")).rejections == []


async def test_a_dependent_alone_gets_an_envelope_to_the_employee_without_boxes_for_them(
    kitting: Kitting,
) -> None:
    await kitting.family("E1", "dependent")
    order = await kitting.printed("E1-0")
    (kit,) = await kitting.kits(order)
    assert [f"col_{each}" for each in kit.members] == [kitting.collecting.ids["E1-0"]]
    assert (await kitting.printout(order)).state is PrintState.DONE


async def test_files_are_for_their_owner_only(kitting: Kitting) -> None:
    await kitting.family("E1")
    order = await kitting.printed("E1")
    directory = kitting.directory(order)
    modes = {path.name: path.stat().st_mode & 0o777 for path in [directory, *directory.iterdir()]}
    assert {mode for name, mode in modes.items() if name != directory.name} == {0o600}
    assert modes[directory.name] == 0o700
    assert not [name for name in modes if name.endswith(".part")]


async def test_what_is_asked_for_twice_is_printed_once(kitting: Kitting) -> None:
    await kitting.family("E1")
    order = await kitting.printed("E1")
    before = (kitting.directory(order) / "kits-0001.pdf").stat().st_mtime_ns
    assert (await kitting.ask(order)).printout.state is PrintState.DONE
    assert await kitting.work() == Turn(0, more=False)
    assert (kitting.directory(order) / "kits-0001.pdf").stat().st_mtime_ns == before


class PressThatFails(PressInHouse):
    """Has no paper."""

    async def set(self, job: bytes) -> bytes:
        raise KitError(KitFault.NOT_PRINTED)


async def test_what_cannot_be_printed_is_given_up_by_name_and_printed_when_asked_for_again(
    kitting: Kitting,
) -> None:
    await kitting.family("E1")
    order = await kitting.order("E1")
    await kitting.ask(order)
    kitting.press = PressThatFails()
    await kitting.work()
    failed = await kitting.printout(order)
    assert (failed.state, failed.problem) == (PrintState.FAILED, "kit-not-printed")
    kitting.press = PressInHouse()
    await kitting.ask(order)
    await kitting.work()
    assert (await kitting.printout(order)).state is PrintState.DONE


async def test_files_are_destroyed_after_their_days_or_when_somebody_says_so(kitting: Kitting) -> None:
    world, tenant = kitting.world, kitting.world.tenant.id
    await kitting.family("E1")
    await kitting.family("E2")
    first, second = await kitting.printed("E1"), await kitting.printed("E2")
    gone = await delete_print(world.custodian, kitting.collecting.handler, second, world.clock())
    assert isinstance(gone, Printout)
    assert gone.names == ()
    assert await clear_prints(world.custodian, kitting.place, [tenant], world.clock()) == 1
    assert (kitting.directory(first).exists(), kitting.directory(second).exists()) == (True, False)
    world.clock.advance(days=KEPT_DAYS - 0.01)
    assert await clear_prints(world.custodian, kitting.place, [tenant], world.clock()) == 0
    world.clock.advance(days=0.02)
    assert await clear_prints(world.custodian, kitting.place, [tenant], world.clock()) == 1
    assert not kitting.directory(first).exists()
    assert (await kitting.printout(first)).state is PrintState.DELETED


async def test_the_worker_prints_what_waits_in_a_process_of_its_own(kitting: Kitting) -> None:
    (job,) = (each for each in JOBS if each.name == "print-papers")
    await kitting.family("E1")
    order = await kitting.order("E1")
    await kitting.ask(order)
    assert await job.run(kitting.house, kitting.world.clock()) is False
    assert (await kitting.printout(order)).state is PrintState.DONE
    assert (kitting.directory(order) / "kits-0001.pdf").read_bytes().startswith(b"%PDF-")


async def test_files_of_a_tenant_who_is_gone_are_destroyed(kitting: Kitting) -> None:
    await kitting.family("E1")
    order = await kitting.printed("E1")
    assert await clear_prints(kitting.world.custodian, kitting.place, [], kitting.world.clock()) == 1
    assert not kitting.directory(order).exists()


async def test_when_the_order_goes_out_the_notice_in_the_kit_is_on_record_as_given(kitting: Kitting) -> None:
    world, collecting = kitting.world, kitting.collecting
    await kitting.family("E1", "spouse")
    order = await kitting.printed("E1", "E1-0")
    before = await show_notices(world.custodian, collecting.handler, "E1", world.clock())
    await collecting.sent(order)
    for name in ("E1", "E1-0"):
        notices = await show_notices(world.custodian, collecting.handler, name, world.clock())
        assert not isinstance(notices, Denied)
        (notice,) = notices
        assert notice.purposes == ("NP_3GO", "TAX_GENSEN")
        assert "次の事務に限り" in notice.text
        assert "0120-000-000" in notice.text
    assert before == []


async def test_without_a_sender_nothing_is_printed(world: World) -> None:
    kitting = await Kitting.begin(world)
    await kitting.family("E1")
    order = await kitting.order("E1")
    await world.house.database.write(
        world.tenant.id, lambda tx: tx.run(_no_sender(), {"tenant": world.tenant.id})
    )
    actor = kitting.collecting.administrator
    refused = await print_kits(world.custodian, actor, order, None, world.clock())
    assert isinstance(refused, Denied)
    assert refused.rule == "kit-sender-missing"


def _no_sender() -> Statement:
    return Statement(text("DELETE FROM kit_sender WHERE tenant_id = :tenant"))


async def test_after_the_campaign_s_deadline_a_new_day_is_needed_and_printed(kitting: Kitting) -> None:
    await kitting.family("E1")
    order = await kitting.order("E1")
    kitting.world.clock.advance(days=100)
    custodian, actor, now = kitting.world.custodian, kitting.collecting.administrator, kitting.world.clock()
    refused = await print_kits(custodian, actor, order, None, now)
    assert isinstance(refused, Denied)
    assert refused.rule == "print-deadline-past"
    done = await print_kits(custodian, actor, order, date(2027, 4, 30), now)
    assert not isinstance(done, Denied)
    assert done.printout.deadline == "2027-04-30"


@pytest.mark.parametrize(("order", "rule"), [("ord_1", "dispatch-unknown"), ("x", "dispatch-unknown")])
async def test_an_order_that_is_not_there_is_not_printed(kitting: Kitting, order: str, rule: str) -> None:
    custodian, actor = kitting.world.custodian, kitting.collecting.administrator
    refused = await print_kits(custodian, actor, order, None, kitting.world.clock())
    assert isinstance(refused, Denied)
    assert refused.rule == rule


async def test_a_postcard_bears_the_code_of_the_kit_it_reminds_of(kitting: Kitting) -> None:
    await kitting.family("E1", "dependent")
    kit_order = await kitting.printed("E1", "E1-0")
    await kitting.collecting.sent(kit_order)
    order = await kitting.printed("E1", "E1-0", kind=Sending.POSTCARD)
    printout = await kitting.printout(order)
    assert (printout.state, printout.pages, printout.names[0]) == (PrintState.DONE, 2, "postcards-0001.pdf")
    (kit,) = await kitting.kits(kit_order)
    assert kit.code in (kitting.directory(order) / MANIFEST).read_text()


async def test_a_letter_brings_a_link_that_stands_nowhere_but_in_its_code(kitting: Kitting) -> None:
    await kitting.family("E1")
    order = await kitting.printed("E1", kind=Sending.LINK_QR)
    printout = await kitting.printout(order)
    assert (printout.state, printout.pages) == (PrintState.DONE, 2)
    url = read_qr(kitting.sheets(order, "letters-0001.pdf")[0])
    assert url.startswith(f"{PUBLIC_URL}/my#wfl_")
    secret = url.partition("#")[2].encode()
    assert secret not in (kitting.directory(order) / MANIFEST).read_bytes()
    record = b"\n".join(entry.to_bytes() for entry in await record_of(kitting.world))
    assert secret not in record
    assert b"vault:link:issue" in record


async def test_whoever_has_no_birth_date_gets_no_letter_with_a_link(kitting: Kitting) -> None:
    await kitting.family("E1", born="")
    asked = await kitting.ask(await kitting.order("E1", kind=Sending.LINK_QR))
    assert [each.code for each in asked.rejections] == ["BIRTH_DATE_MISSING"]


async def test_letters_are_not_printed_where_nobody_could_open_them(kitting: Kitting) -> None:
    await kitting.family("E1")
    order = await kitting.order("E1", kind=Sending.LINK_QR)
    await kitting.ask(order)
    shop = replace(kitting.shop, public_url=None)
    await print_waiting(kitting.world.custodian, shop, [kitting.world.tenant.id], kitting.world.clock() + 1)
    assert (await kitting.printout(order)).problem == "public-url-missing"


async def test_printing_and_deleting_are_on_record(kitting: Kitting) -> None:
    await kitting.family("E1")
    order = await kitting.printed("E1")
    await delete_print(kitting.world.custodian, kitting.collecting.handler, order, kitting.world.clock())
    told = [each for each in await record_of(kitting.world) if each.detail.get("order") == order]
    assert {Action.KIT_PRINT, Action.KIT_PRINT_DELETE} <= {each.action for each in told}
