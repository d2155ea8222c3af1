"""Papers as they are sent: pictures, and PDFs whose pages become pictures; what is made to break things is refused."""

import asyncio
from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter

from custody.collection.item import SubmittedItem
from custody.collection.papers import pictures_in, submit_papers
from custody.collection.submission import MOST_IMAGES, Picture
from custody.collection.viewing import Opened, open_submitted
from policies.refusals import Denied
from tests.support.collecting import Collecting
from tests.support.outcomes import rule_of
from tests.support.pictures import picture

RED = (200, 20, 20)


def pdf(pages: int = 1, colour: tuple[int, int, int] = RED, size: tuple[int, int] = (400, 250)) -> bytes:
    """A scanned PDF."""
    sheets = [Image.new("RGB", size, colour) for _ in range(pages)]
    out = BytesIO()
    sheets[0].save(out, "PDF", save_all=True, append_images=sheets[1:], author="someone with a name")
    return out.getvalue()


def locked(content: bytes) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(content)))
    writer.encrypt("a word", algorithm="RC4-128")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


async def submit(
    collecting: Collecting, content: bytes, document: str = "MY_NUMBER_CARD", side: str = ""
) -> list[SubmittedItem] | Denied:
    return await submit_papers(
        collecting.custodian,
        collecting.themselves,
        collecting.ids["E1"],
        Picture(document, side, content),
        collecting.world.clock(),
    )


@pytest.fixture
async def asked(collecting: Collecting) -> Collecting:
    await collecting.add("E1")
    return collecting


async def opened(collecting: Collecting, items: list[SubmittedItem]) -> list[Image.Image]:
    shown = await open_submitted(
        collecting.custodian,
        collecting.handler,
        collecting.ids["E1"],
        [each.public_id for each in items],
        collecting.world.clock(),
    )
    assert isinstance(shown, Opened), shown
    return [Image.open(BytesIO(content)) for content in shown.contents]


async def test_each_page_of_a_pdf_becomes_a_picture_in_colour_and_nothing_else_is_kept(
    asked: Collecting,
) -> None:
    items = await submit(asked, pdf(3))
    assert isinstance(items, list)
    assert [(each.kind, each.document) for each in items] == [("image", "MY_NUMBER_CARD")] * 3
    for each in await opened(asked, items):
        assert each.format == "JPEG"
        assert max(each.size) <= 2_400
        red, green, blue = each.convert("RGB").resize((1, 1)).tobytes()
        assert red > 150 > max(green, blue)
        assert "author" not in str(each.info)


async def test_a_photo_is_one_picture_as_before(asked: Collecting) -> None:
    items = await submit(asked, picture(), side="front")
    assert isinstance(items, list)
    assert [(each.kind, each.side) for each in items] == [("image", "front")]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (locked(pdf()), "papers-locked"),
        (pdf(11), "papers-too-many-pages"),
        (pdf()[:300], "papers-broken"),
        (b"%PDF-1.7 and nothing else", "papers-broken"),
        (pdf(size=(8_000, 8_000)), "papers-pixels"),
        (b"%PDF-" + bytes(10 * 1024 * 1024), "collection-item-invalid"),
        (b"neither", "collection-item-invalid"),
    ],
    ids=["locked", "too many pages", "cut off", "empty", "too many pixels", "too large", "no picture"],
)
async def test_what_cannot_be_read_is_told_by_name_and_nothing_is_kept(
    asked: Collecting, content: bytes, rule: str
) -> None:
    assert rule_of(await submit(asked, content)) == rule
    assert (await asked.shown("E1")).items == []


async def test_a_pdf_of_no_known_document_is_not_even_opened(asked: Collecting) -> None:
    assert rule_of(await submit(asked, pdf(), document="NO_SUCH")) == "collection-item-invalid"
    assert rule_of(await submit(asked, pdf(), side="middle")) == "collection-item-invalid"


async def test_of_a_pdf_for_which_there_is_no_room_nothing_is_taken(asked: Collecting) -> None:
    for _ in range(2):
        assert isinstance(await submit(asked, pdf(9)), list)
    assert rule_of(await submit(asked, pdf(MOST_IMAGES - 17))) == "collection-item-invalid"
    assert len((await asked.shown("E1")).items) == 18
    assert isinstance(await submit(asked, pdf(2)), list)


async def test_a_pdf_that_takes_too_much_costs_a_process_and_no_more(asked: Collecting) -> None:
    sent = Picture("MY_NUMBER_CARD", "", pdf())
    assert rule_of(await pictures_in(asked.custodian, sent, memory=1 << 20)) == "papers-exhausting"
    assert len(await read(asked, sent)) == 1


async def test_while_as_many_pdfs_are_read_as_may_be_the_next_waits(asked: Collecting) -> None:
    reading = asyncio.Semaphore(0)
    custodian = replace(asked.custodian, reading=reading)
    waiting = asyncio.create_task(pictures_in(custodian, Picture("MY_NUMBER_CARD", "", pdf())))
    await asyncio.sleep(0)
    assert not waiting.done()
    reading.release()
    assert isinstance(await waiting, list)
    assert not reading.locked()


async def read(asked: Collecting, sent: Picture) -> list[bytes]:
    found = await pictures_in(asked.custodian, sent)
    assert isinstance(found, list), found
    return found
