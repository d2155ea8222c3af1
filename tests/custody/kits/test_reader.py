"""Files made to break, to fill the memory, or to pass for something else."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image
from pypdf import PdfWriter

from custody.kits.errors import KitError, KitFault
from custody.kits.pictures import Limits
from custody.kits.reader import PageReader
from custody.kits.scan import read_pages
from tests.support.kits import as_jpeg, as_png, as_scan, as_webp, code_of, kit, printed, sheet


def fault_of(data: bytes, limits: Limits | None = None) -> tuple[KitFault, str]:
    with pytest.raises(KitError) as refused:
        read_pages(data, limits or Limits())
    assert refused.value.message_ja
    assert refused.value.message_en
    return refused.value.fault, refused.value.where


def test_an_empty_file_is_refused() -> None:
    assert fault_of(b"") == (KitFault.EMPTY, "")


def test_a_large_file_is_refused_before_it_is_looked_at() -> None:
    assert fault_of(b"\xff\xd8\xff" + bytes(100), Limits(bytes=100)) == (KitFault.TOO_LARGE, "")


@pytest.mark.parametrize(
    "data",
    [
        b"hello",
        b"GIF89a" + bytes(50),
        b"II*\x00" + bytes(50),
        b"<svg/>",
        b"PK\x03\x04" + bytes(50),
        b"BM" + bytes(50),
    ],
)
def test_other_kinds_are_refused_by_content(data: bytes) -> None:
    assert fault_of(data)[0] is KitFault.KIND


def test_cut_short_and_garbled_files_are_broken() -> None:
    for whole in (as_jpeg(sheet()), as_png(sheet()), as_webp(sheet())):
        assert fault_of(whole[: len(whole) // 2])[0] is KitFault.BROKEN
        assert fault_of(whole[:16] + bytes(400))[0] is KitFault.BROKEN
    assert fault_of(b"%PDF-1.7\n" + bytes(200))[0] is KitFault.BROKEN


def test_a_pdf_with_a_password_is_named_as_such() -> None:
    writer = PdfWriter(clone_from=BytesIO(printed(kit())))
    writer.encrypt("himitsu", algorithm="RC4-128")
    file = BytesIO()
    writer.write(file)
    assert fault_of(file.getvalue())[0] is KitFault.LOCKED


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    bomb = png_of(60_000, 60_000)
    assert len(bomb) < 10_000
    assert fault_of(bomb)[0] is KitFault.PIXELS
    assert fault_of(png_of(10_000, 10_000))[0] is KitFault.PIXELS
    assert fault_of(png_of(8_100, 8_100))[0] is KitFault.PIXELS


def test_a_small_picture_that_unpacks_to_more_than_it_says_is_no_more_than_it_says() -> None:
    swollen = png_of(10, 10, zlib.compress(bytes(50_000_000)))
    assert len(swollen) < 100_000
    assert [page.markers for page in read_pages(swollen).pages] == [()]


def test_a_page_with_a_picture_of_too_many_pixels_is_refused() -> None:
    scan = as_scan([sheet(), sheet()])
    assert fault_of(scan, Limits(pixels=1_000_000)) == (KitFault.PIXELS, "p. 1")


def test_a_pdf_of_too_many_pages_is_refused() -> None:
    assert fault_of(printed(kit()), Limits(pages=5))[0] is KitFault.TOO_MANY_PAGES


def test_a_page_as_large_as_a_house_is_drawn_coarsely() -> None:
    writer = PdfWriter()
    writer.add_blank_page(14_400, 14_400)
    file = BytesIO()
    writer.write(file)
    assert len(read_pages(file.getvalue()).pages) == 1


def test_transparent_pictures_stand_on_white() -> None:
    paper = Image.merge(
        "LA", (Image.new("L", sheet().size, 0), sheet().point([255 - grey for grey in range(256)]))
    )
    file = BytesIO()
    paper.save(file, format="PNG")
    assert read_pages(file.getvalue()).kits == (code_of(1),)


async def test_a_process_of_its_own_reads_the_same() -> None:
    for data in (as_jpeg(sheet()), printed(kit(3, 8))):
        assert await PageReader().read(data) == read_pages(data)


async def test_a_process_of_its_own_tells_the_same_faults() -> None:
    for data, fault in (
        (b"", KitFault.EMPTY),
        (b"hello", KitFault.KIND),
        (png_of(60_000, 60_000), KitFault.PIXELS),
    ):
        with pytest.raises(KitError) as refused:
            await PageReader().read(data)
        assert refused.value.fault is fault


async def test_a_file_that_takes_too_much_costs_its_process_only() -> None:
    reader = PageReader(memory=1 << 24)
    with pytest.raises(KitError) as refused:
        await reader.read(as_jpeg(sheet()))
    assert refused.value.fault is KitFault.EXHAUSTING


def png_of(width: int, height: int, packed: bytes = b"") -> bytes:
    """A PNG that says it has this size, with little in it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", packed or zlib.compress(bytes(1000))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )
