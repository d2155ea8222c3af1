"""The pages of a file as grey pictures, one after the other: photos, and scanned PDFs.

What arrives comes from anyone. The kind is told by content, sizes are looked at before anything is decoded, and only
one page is in memory at a time.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from custody.kits.errors import KitError, KitFault
from custody.paper.pdf import BrokenPdfError, HugePictureError, LockedPdfError, Pdf, opened

_MEBI: Final = 1 << 20
_PDF_HEAD: Final = 1024
_PDF: Final = b"%PDF-"
_DPI: Final = 200
_KINDS: Final = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (8, b"WEBP", "WEBP"),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read.

    Attributes:
        bytes: of the file.
        pages: of a PDF.
        pixels: of a photo, or of all pictures on a page of a PDF: as they are, before anything is made smaller.
        side: the longest side of the picture in which codes are sought.
    """

    bytes: int = 64 * _MEBI
    pages: int = 200
    pixels: int = 64_000_000
    side: int = 3_500


USUAL: Final = Limits()


def pictures_of(data: bytes, limits: Limits = USUAL) -> Iterator[Image.Image]:
    """The pages in their order.

    Raises:
        KitError: the file is empty, too large, of another kind, broken or locked; it names the page where there is one.
    """
    if not data:
        raise KitError(KitFault.EMPTY)
    if len(data) > limits.bytes:
        raise KitError(KitFault.TOO_LARGE)
    kind = next((name for at, sign, name in _KINDS if data.startswith(sign, at)), None)
    if kind is not None:
        yield _photo(data, kind, limits)
    elif _PDF in data[:_PDF_HEAD]:
        yield from _pages(data, limits)
    else:
        raise KitError(KitFault.KIND)


def _photo(data: bytes, kind: str, limits: Limits) -> Image.Image:
    try:
        with Image.open(BytesIO(data), formats=(kind,)) as photo:
            if photo.width * photo.height > limits.pixels:
                raise KitError(KitFault.PIXELS)
            # A JPEG is decoded at a half or a quarter of its size where that is enough.
            photo.draft("L", (limits.side, limits.side))
            return _smaller(_on_white(ImageOps.exif_transpose(photo)), limits.side)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise KitError(KitFault.PIXELS) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, struct.error):
        raise KitError(KitFault.BROKEN) from None


def _on_white(photo: Image.Image) -> Image.Image:
    if not photo.has_transparency_data:
        return photo.convert("L")
    shown = photo.convert("LA")
    white = Image.new("L", shown.size, 255)
    white.paste(shown.getchannel("L"), mask=shown.getchannel("A"))
    return white


def _smaller(photo: Image.Image, side: int) -> Image.Image:
    if max(photo.size) > side:
        photo.thumbnail((side, side))
    return photo


def _pages(data: bytes, limits: Limits) -> Iterator[Image.Image]:
    try:
        with opened(data) as pdf:
            if len(pdf) > limits.pages:
                raise KitError(KitFault.TOO_MANY_PAGES)
            if not len(pdf):
                raise KitError(KitFault.EMPTY)
            for place in range(len(pdf)):
                yield _page(pdf, place, limits)
    except LockedPdfError:
        raise KitError(KitFault.LOCKED) from None
    except BrokenPdfError:
        raise KitError(KitFault.BROKEN) from None


def _page(pdf: Pdf, place: int, limits: Limits) -> Image.Image:
    try:
        return pdf.draw(place, _DPI, limits.side, limits.pixels)
    except BrokenPdfError:
        raise KitError(KitFault.BROKEN, f"p. {place + 1}") from None
    except HugePictureError:
        raise KitError(KitFault.PIXELS, f"p. {place + 1}") from None
