"""Kits over HTTP: printed by the worker, fetched, filled in, scanned, and read back to whom they belong."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from PIL import Image

from api.kits import MAX_SCAN_BYTES
from custody.collection.viewing import Opened, open_submitted
from policies.actor import Role
from tests.support import tamper
from tests.support.api import Caller, Office
from tests.support.canary import Canaries
from tests.support.kits import (
    as_jpeg,
    as_png,
    as_scan,
    as_webp,
    blurred,
    drawn,
    noisy,
    rotated,
)
from tests.support.kitting import Kitting
from tests.support.outcomes import record_of
from tokenizer.audit.action import Action

FORM, SLIP, ATTORNEY = 2, 4, 5
"""Where the sheets that come back lie in a kit of a family with a spouse, counted from zero."""


@dataclass
class Counter:
    """A company whose kits have gone out, and the handler who scans what comes back.

    Attributes:
        family: the sheets of a kit for an employee, a spouse under 第3号 and a child.
        single: the sheets of a kit for one person.
    """

    office: Office
    kitting: Kitting
    handler: Caller
    order: str
    family: list[Image.Image]
    single: list[Image.Image]

    @classmethod
    async def open(cls, office: Office) -> "Counter":
        kitting = await Kitting.begin(office.world, "TAX_GENSEN", "NP_3GO")
        await kitting.family("E1", "spouse", "dependent")
        await kitting.family("E2")
        order = await kitting.printed("E1", "E1-0", "E1-1", "E2")
        await kitting.collecting.sent(order)
        handler = (await office.colleague("scanner", Role.HANDLER)).caller
        got = await fetch(office, handler, f"/kits/prints/{order}/kits-0001.pdf")
        assert got.status_code == 200, got.text
        sheets = drawn(got.content, 200)
        first = len((await kitting.kits(order))[0].members)
        family, single = (sheets[:6], sheets[6:]) if first > 1 else (sheets[5:], sheets[:5])
        return cls(office, kitting, handler, order, family, single)

    async def scan(self, data: bytes, caller: Caller | None = None) -> Any:
        got = await post(self.office, caller or self.handler, data)
        assert got.status_code == 200, got.text
        return got.json()

    async def states(self, *names: str) -> list[str]:
        return [await self.kitting.collecting.state(name) for name in names]

    async def items(self, name: str) -> list[tuple[str, str]]:
        shown = await self.kitting.collecting.shown(name)
        return [(each.kind, each.document) for each in shown.items]


async def fetch(office: Office, caller: Caller, path: str) -> httpx.Response:
    return await office.http.get(path, headers={"authorization": f"Bearer {caller.credential}"})


async def post(office: Office, caller: Caller, data: bytes, **headers: str) -> httpx.Response:
    if caller.credential is not None:
        headers["authorization"] = f"Bearer {caller.credential}"
    return await office.http.post("/kits/scans", content=data, headers=headers)


def outcomes(report: Any) -> list[str]:
    return [page["outcome"] for page in report["pages"]]


def copy(seed: int = 1) -> Image.Image:
    """A copy of some document, without a code."""
    return Image.effect_noise((600, 800 + seed), 40)


@pytest.fixture
async def counter(office: Office) -> Counter:
    return await Counter.open(office)


async def test_what_is_scanned_comes_to_whom_it_belongs(counter: Counter) -> None:
    family, single = counter.family, counter.single
    pages = [
        rotated(family[FORM], 2),
        copy(1),
        family[ATTORNEY],
        copy(2),
        family[SLIP],
        noisy(blurred(single[FORM], 1), 12),
        rotated(copy(3), 90),
    ]
    report = await counter.scan(as_scan(pages))
    assert outcomes(report) == ["KEPT", "KEPT", "KEPT", "KEPT", "NOT_NEEDED", "KEPT", "KEPT"]
    assert [len(page["collections"]) for page in report["pages"]] == [3, 1, 1, 1, 0, 1, 1]
    ids = counter.kitting.collecting.ids
    assert set(report["arrived"]) == {ids[name] for name in ("E1", "E1-0", "E1-1", "E2")}
    assert report["missing"] == []
    assert await counter.items("E1") == [("image", "PREPRINTED_FORM"), ("image", "")]
    assert await counter.items("E1-0") == [
        ("image", "PREPRINTED_FORM"),
        ("image", "POWER_OF_ATTORNEY"),
        ("image", ""),
    ]
    assert await counter.items("E1-1") == [("image", "PREPRINTED_FORM")]
    assert await counter.items("E2") == [("image", "PREPRINTED_FORM"), ("image", "")]
    assert await counter.states("E1", "E1-0", "E1-1", "E2") == ["arrived"] * 4


async def test_what_was_kept_is_the_page_as_a_picture_and_opens_for_whoever_verifies(
    counter: Counter,
) -> None:
    await counter.scan(as_scan([counter.single[FORM]]))
    collecting = counter.kitting.collecting
    (item,) = (await collecting.shown("E2")).items
    opened = await open_submitted(
        counter.office.world.custodian,
        collecting.handler,
        collecting.ids["E2"],
        [item.public_id],
        counter.office.world.clock(),
    )
    assert isinstance(opened, Opened), opened
    assert opened.contents[0].startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize("form", [as_jpeg, as_png, as_webp])
async def test_a_photo_does_as_well_as_a_scan(counter: Counter, form: Any) -> None:
    report = await counter.scan(form(rotated(counter.single[FORM], 12)))
    assert outcomes(report) == ["KEPT"]
    assert await counter.states("E2") == ["arrived"]


async def test_the_same_scan_sent_twice_adds_nothing_twice_and_says_so(counter: Counter) -> None:
    data = as_scan([counter.single[FORM], copy()])
    assert outcomes(await counter.scan(data)) == ["KEPT", "KEPT"]
    again = await counter.scan(data)
    assert (outcomes(again), again["arrived"]) == (["ALREADY_THERE", "ALREADY_THERE"], [])
    assert len(await counter.items("E2")) == 2


async def test_a_sheet_scanned_anew_is_not_kept_again_and_a_further_copy_behind_it_is(
    counter: Counter,
) -> None:
    await counter.scan(as_scan([counter.single[FORM]]))
    report = await counter.scan(as_scan([rotated(counter.single[FORM], 3), copy()]))
    assert outcomes(report) == ["ALREADY_THERE", "KEPT"]
    assert len(await counter.items("E2")) == 2


async def test_a_sheet_that_lies_twice_in_one_scan_is_kept_once(counter: Counter) -> None:
    report = await counter.scan(as_scan([counter.single[FORM], rotated(counter.single[FORM], 4)]))
    assert outcomes(report) == ["KEPT", "ALREADY_THERE"]


async def test_pages_of_which_nobody_can_tell_whose_they_are_are_told_and_not_kept(counter: Counter) -> None:
    both = Image.new("L", (counter.single[FORM].width * 2, counter.single[FORM].height), 255)
    both.paste(counter.single[FORM], (0, 0))
    both.paste(counter.family[FORM], (counter.single[FORM].width, 0))
    report = await counter.scan(as_scan([copy(1), both, copy(2)]))
    assert outcomes(report) == ["NO_KIT", "SEVERAL_KITS", "NO_KIT"]
    assert all(page["messageJa"] and page["messageEn"] for page in report["pages"])
    assert await counter.states("E1", "E2") == ["distributed"] * 2


async def test_sheets_that_did_not_come_are_named(counter: Counter) -> None:
    report = await counter.scan(as_scan([counter.family[ATTORNEY]]))
    assert [(each["part"], each["sheet"]) for each in report["missing"]] == [("FORM", 1)]


async def test_once_a_collection_has_ended_its_papers_are_not_kept(counter: Counter) -> None:
    collecting = counter.kitting.collecting
    await counter.scan(as_scan([counter.single[FORM]]))
    number = "123456789018"
    await collecting.submitted("E2", number, collecting.desk)
    await collecting.told("E2", purposes=frozenset({"TAX_GENSEN", "NP_3GO"}))
    collection = (await collecting.shown("E2")).collection
    assert collection.state.value == "arrived"
    await end(counter, "E2")
    report = await counter.scan(as_scan([rotated(counter.single[FORM], 2)]))
    assert outcomes(report) == ["NOT_AWAITED"]
    assert await counter.items("E2") == []


async def end(counter: Counter, name: str) -> None:
    handler = counter.handler
    done = await handler.do(
        "closeCollections", collectionIds=[counter.kitting.collecting.ids[name]], reason="LEFT"
    )
    assert done["rejections"] == []


async def test_another_company_s_kit_looks_like_none(counter: Counter) -> None:
    beta = await counter.office.beside("株式会社ベータ")
    stranger = (await beta.colleague("stranger", Role.HANDLER)).caller
    report = await counter.scan(as_scan([counter.single[FORM], copy()]), stranger)
    assert (outcomes(report), report["arrived"]) == (["KIT_UNKNOWN", "KIT_UNKNOWN"], [])
    assert await counter.states("E2") == ["distributed"]
    (kit,) = [each for each in await counter.kitting.kits(counter.order) if len(each.members) == 1]
    typed = await stranger.do("recordKitArrivals", kitCodes=[kit.code])
    assert [each["code"] for each in typed["rejections"]] == ["KIT_UNKNOWN"]
    assert await stranger.get("kit", kitCode=kit.code) is None
    for path in (f"/kits/prints/{counter.order}/kits-0001.pdf", f"/kits/prints/{counter.order}/manifest.csv"):
        got = await fetch(counter.office, stranger, path)
        assert (got.status_code, got.json()["errors"][0]["extensions"]["rule"]) == (404, "print-unknown")
    count = "SELECT count(*) FROM collection_item WHERE tenant_id = :own"
    database, tenant = beta.world.house.database, beta.world.tenant.id
    assert await tamper.value(database, tenant, count, own=tenant) == 0


GARBAGE: Sequence[tuple[str, bytes, int]] = (
    ("nothing", b"", 400),
    ("text", b"123456789018" * 10, 400),
    ("half a JPEG", as_jpeg(copy())[:4000], 400),
    ("half a PDF", b"%PDF-1.7\n1 0 obj\n<<", 400),
    ("zeros", bytes(100_000), 400),
    ("a huge picture", as_png(Image.new("1", (9_000, 9_000))), 413),
)


@pytest.mark.parametrize(
    ("data", "status"), [each[1:] for each in GARBAGE], ids=[each[0] for each in GARBAGE]
)
async def test_what_is_no_scan_is_refused_by_name_and_leaves_nothing(
    counter: Counter, data: bytes, status: int
) -> None:
    got = await post(counter.office, counter.handler, data)
    assert got.status_code == status, got.text
    told = got.json()["errors"][0]["extensions"]
    assert (told["code"], bool(told["messageJa"]), bool(told["messageEn"])) == ("SCAN_UNREADABLE", True, True)
    assert await counter.states("E1", "E2") == ["distributed"] * 2


async def test_a_body_that_is_too_long_is_refused_before_it_is_read(counter: Counter) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1 << 20)

    headers = {"authorization": f"Bearer {counter.handler.credential}"}
    got = await counter.office.http.post("/kits/scans", content=endless(), headers=headers)
    assert got.status_code == 413
    announced = {**headers, "content-length": str(MAX_SCAN_BYTES + 1)}
    got = await counter.office.http.post("/kits/scans", content=b"x", headers=announced)
    assert got.status_code == 413


async def test_a_body_that_was_compressed_is_refused(counter: Counter) -> None:
    got = await post(counter.office, counter.handler, b"x", **{"content-encoding": "gzip"})
    assert got.status_code == 415


async def test_who_may_not_scan_or_fetch_is_told_so(counter: Counter) -> None:
    office = counter.office
    data = as_scan([counter.single[FORM]])
    assert (await post(office, office.anonymous, data)).status_code == 401
    auditor = (await office.colleague("auditor", Role.AUDITOR)).caller
    for got in (
        await post(office, auditor, data),
        await fetch(office, auditor, f"/kits/prints/{counter.order}/kits-0001.pdf"),
    ):
        assert (got.status_code, got.json()["errors"][0]["extensions"]["rule"]) == (403, "no-rule-permits")
    assert await counter.states("E2") == ["distributed"]


async def test_who_took_a_file_is_on_record_and_what_was_deleted_is_not_to_be_had(counter: Counter) -> None:
    path = f"/kits/prints/{counter.order}/kits-0001.pdf"
    got = await fetch(counter.office, counter.handler, path)
    assert (got.headers["content-type"], got.headers["cache-control"]) == ("application/pdf", "no-store")
    fetched = [each for each in await record_of(counter.office.world) if each.action is Action.KIT_FETCH]
    assert {(each.detail["order"], each.detail["file"]) for each in fetched} == {
        (counter.order, "kits-0001.pdf")
    }
    await counter.handler.do("deletePrint", orderId=counter.order)
    gone = await fetch(counter.office, counter.handler, path)
    assert gone.status_code == 404
    assert (await counter.handler.get("kitPrint", orderId=counter.order))["files"] == []


@pytest.mark.parametrize("name", ["kits-0002.pdf", "..%2Fmanifest.csv", ".kits-0001.pdf.csv", "x"])
async def test_no_other_file_is_handed_out(counter: Counter, name: str) -> None:
    got = await fetch(counter.office, counter.handler, f"/kits/prints/{counter.order}/{name}")
    assert got.status_code == 404


async def test_codes_are_typed_in_any_spelling_and_wrong_ones_told(counter: Counter) -> None:
    shown = await counter.handler.get("kits", collectionId=counter.kitting.collecting.ids["E2"])
    code = shown[0]["code"]
    mistyped = code[:-1] + ("2" if code[-1] != "2" else "3")
    done = await counter.handler.do(
        "recordKitArrivals", kitCodes=[code.lower().replace("-", ""), mistyped, "WK1-AAAA"]
    )
    assert done["arrived"] == [1, 0, 0]
    assert [each["code"] for each in done["rejections"]] == ["KIT_CODE_INVALID"] * 2
    again = await counter.handler.do("recordKitArrivals", kitCodes=[code])
    assert [each["code"] for each in again["rejections"]] == ["KIT_ARRIVED"]
    assert (await counter.handler.get("kit", kitCode=code))["arrivedAt"]
    assert await counter.states("E1", "E2") == ["distributed", "arrived"]


async def test_a_dependent_s_kit_is_found_under_their_collection_too(counter: Counter) -> None:
    ids = counter.kitting.collecting.ids
    (child,) = await counter.handler.get("kits", collectionId=ids["E1-1"])
    (parent,) = await counter.handler.get("kits", collectionId=ids["E1"])
    assert child == parent
    assert child["collectionIds"] == [ids["E1"], ids["E1-0"], ids["E1-1"]]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_number_in_a_scan_is_found_nowhere(office: Office) -> None:
    counter, canaries = await Counter.open(office), Canaries()
    answers = []
    for place in ("body", "content type", "request id"):
        planted = str(canaries.plant(place))
        data = planted.encode() if place == "body" else as_scan([counter.single[FORM]])
        headers = {"content-type": planted} if place == "content type" else {}
        headers |= {"x-request-id": planted} if place == "request id" else {}
        answers.append(await post(office, counter.handler, data, **headers))
    # As text within a file that is kept, in what cameras and scanners write beside the picture.
    planted = str(canaries.plant("metadata"))
    photo = as_jpeg(counter.single[FORM])
    answers.append(await post(office, counter.handler, photo + planted.encode()))
    assert not canaries.hits(b"".join(each.content + str(each.headers).encode() for each in answers))
    assert not canaries.hits(office.log.getvalue())
    assert not canaries.hits(b"\n".join(entry.to_bytes() for entry in await record_of(office.world)))
    collecting = counter.kitting.collecting
    items = [item.public_id for item in (await collecting.shown("E2")).items]
    opened = await open_submitted(
        office.world.custodian, collecting.handler, collecting.ids["E2"], items, office.world.clock()
    )
    assert isinstance(opened, Opened), opened
    assert not canaries.hits(b"".join(opened.contents))
