"""Where the company prints its post: files of an order, the sheets for a person, what comes back of them."""

import csv
import io
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from custody.paper.glyphs import font_directories
from custody.paper.pdf import opened
from tests.support.employer import Employer
from tests.support.kits import blurred
from warifu import Warifu
from warifu.results_kits import KitPrintState

DPI = 200
_SIDE, _PIXELS = 20_000, 10**9


@dataclass
class Printed:
    """What was printed for an order.

    Attributes:
        files: by name.
    """

    order: str
    papers: int
    files: dict[str, bytes]

    @cached_property
    def rows(self) -> list[dict[str, str]]:
        """The manifest."""
        return list(csv.DictReader(io.StringIO(self.files["manifest.csv"].decode())))

    @property
    def pdfs(self) -> list[bytes]:
        return [content for name, content in self.files.items() if name.endswith(".pdf")]

    def sheets(self, code: str) -> list[Image.Image]:
        """The sheets under a code, as a scanner sees them."""
        (row,) = [each for each in self.rows if each["kit"] == code]
        with opened(self.files[row["file"]]) as document:
            first, last = int(row["first_page"]), int(row["last_page"])
            return [document.draw(page - 1, DPI, _SIDE, _PIXELS) for page in range(first, last + 1)]


@dataclass
class PrintRoom:
    """The print room of a company.

    Attributes:
        place: a directory of the company's, for what it fetches.
    """

    employer: Employer
    place: Path

    def prints(self, sato: Warifu, order: str) -> Printed:
        """Have an order printed by the worker, fetch the files, and post what is in them."""
        asked = sato.print_kits(order)
        assert asked.rejections == (), asked.rejections
        self.employer.installation.works()
        told = sato.kit_print(order)
        assert told is not None
        assert (told.state, told.printed) == (KitPrintState.DONE, told.papers), told
        printed = Printed(
            order, told.papers, {path.rpartition("/")[2]: self._fetched(sato, path) for path in told.files}
        )
        assert sato.record_dispatched(order).void == 0
        return printed

    def for_whom(self, vault: Warifu, printed: Printed, external_id: str) -> list[Image.Image]:
        """The sheets that were printed for somebody."""
        kits = vault.kits(self.employer.ids[external_id])
        (code,) = [each.code for each in kits if each.order_id == printed.order]
        head, _, rest = code.partition("-")
        return printed.sheets(f"{head}-{rest.replace('-', '')}")

    def _fetched(self, vault: Warifu, path: str) -> bytes:
        saved = self.place / path.replace("/", "-")
        vault.download_print(path, saved)
        return saved.read_bytes()


def link_on(sheet: Image.Image) -> str:
    """What a phone's camera reads off a letter."""
    (found,) = zxingcpp.read_barcodes(blurred(sheet, 1.5))
    return str(found.text)


def copy_of(title: str, *lines: str) -> Image.Image:
    """A copy of somebody's document, laid on the scanner; a specimen."""
    picture = Image.new("L", (1_100, 760), 255)
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((20, 20, 1_080, 740), 40, outline=60, width=4)
    font = ImageFont.truetype(str(next(font_directories()[0].glob("*.otf"))), 52)
    for place, line in enumerate((f"{title}(見本)", *lines)):
        draw.text((70, 80 + 110 * place), line, fill=30, font=font)
    return picture


def filled_in(form: Image.Image, number: str) -> Image.Image:
    """A form that somebody has written a number on by hand."""
    written = form.copy()
    font = ImageFont.truetype(str(next(font_directories()[0].glob("*.otf"))), 60)
    spot = (form.width // 4, form.height // 2)
    ImageDraw.Draw(written).text(spot, " ".join(number), fill=40, font=font)
    return written
