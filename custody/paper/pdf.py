"""PDFs as far as we open them, by PDFium: how many pages, and what they look like.

PDFium is C++ that reads what strangers send, is not to be used by two threads at a time, and holds what it decodes: use
this in a process of its own (see `child`) whenever the PDF comes from outside.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

from PIL import Image

_PDFIUM: Final[Any] = import_module("pypdfium2")  # it carries no types
_RAW: Final[Any] = import_module("pypdfium2.raw")
_POINTS: Final = 72
_NESTED: Final = 6


class BrokenPdfError(Exception):
    """It is no PDF that can be opened, or a page cannot be drawn."""


class LockedPdfError(Exception):
    """It opens with a password only."""


class HugePictureError(Exception):
    """A page holds pictures of more pixels than may be decoded."""


class Pdf:
    """An open document."""

    def __init__(self, document: Any) -> None:
        self._document = document

    def __len__(self) -> int:
        return len(self._document)

    def draw(
        self, place: int, dpi: int, most_side: int, most_pixels: int, *, grey: bool = True
    ) -> Image.Image:
        """Draw a page without its comments and forms.

        Args:
            place: which page, counted from zero.
            dpi: how finely.
            most_side: more coarsely if a side would have more pixels than this.
            most_pixels: how many pixels the pictures on the page may have together.
            grey: whether colours are left out.

        Raises:
            BrokenPdfError: the page cannot be drawn.
            HugePictureError: its pictures have too many pixels.
        """
        try:
            page = self._document[place]
        except _PDFIUM.PdfiumError:
            raise BrokenPdfError from None
        try:
            if _pixels(page) > most_pixels:
                raise HugePictureError
            scale = min(dpi / _POINTS, most_side / max(*page.get_size(), 1))
            bitmap = page.render(scale=scale, grayscale=grey, may_draw_forms=False, draw_annots=False)
            try:
                drawn: Image.Image = bitmap.to_pil().copy()
            finally:
                bitmap.close()
        except (_PDFIUM.PdfiumError, ValueError):
            raise BrokenPdfError from None
        finally:
            page.close()
        return drawn


@contextmanager
def opened(data: bytes) -> Iterator[Pdf]:
    """Open a PDF.

    Raises:
        BrokenPdfError: it cannot be opened.
        LockedPdfError: it needs a password.
    """
    try:
        document = _PDFIUM.PdfDocument(data)
    except _PDFIUM.PdfiumError as error:
        raise (LockedPdfError if "password" in str(error).lower() else BrokenPdfError) from None
    try:
        yield Pdf(document)
    finally:
        document.close()


def _pixels(page: Any) -> int:
    pictures = page.get_objects(filter=(_RAW.FPDF_PAGEOBJ_IMAGE,), max_depth=_NESTED)
    return sum(width * height for width, height in (one.get_px_size() for one in pictures))
