"""Finds the QR codes on pages. A page without one is looked at several times, in harsher light each time."""

from collections.abc import Iterator
from typing import Final

import zxingcpp
from PIL import Image, ImageFilter, ImageOps

from custody.kits.arrival import Arrival, ArrivedPage, page_of
from custody.kits.marker import Marker, read_marker
from custody.kits.pictures import USUAL, Limits, pictures_of

_CUT: Final = 1
"""How much of the darkest and brightest, in percent, is given up to stretch the rest over all greys."""
_QR: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_COARSE: Final = 1_400


def read_pages(data: bytes, limits: Limits = USUAL) -> Arrival:
    """Read a photo (JPEG, PNG, WebP) or a scanned PDF, told apart by content.

    It holds one page at a time. Not for two threads at once, and files from outside are better read in a process of
    their own: `PageReader` does so.

    Raises:
        KitError: the file is empty, too large, of another kind, broken or locked.
    """
    return Arrival(
        tuple(scan_page(picture, number) for number, picture in enumerate(pictures_of(data, limits), 1))
    )


def scan_page(picture: Image.Image, number: int = 1) -> ArrivedPage:
    """Find all codes on one page, in grey.

    A code of ours ends the search. A foreign one does not: it may be on a document that covers half of a form.
    """
    foreign = False
    for shown in _ever_clearer(picture):
        found = _codes(shown)
        if any(found):
            return page_of(number, found)
        foreign = foreign or bool(found)
    return page_of(number, [None] if foreign else [])


def _ever_clearer(picture: Image.Image) -> Iterator[Image.Image]:
    yield picture
    stretched = ImageOps.autocontrast(picture, cutoff=_CUT)
    yield stretched
    yield stretched.filter(ImageFilter.MedianFilter(3))
    yield stretched.filter(ImageFilter.GaussianBlur(1.6))
    yield stretched.filter(ImageFilter.UnsharpMask(radius=6, percent=250, threshold=0))
    if max(picture.size) > _COARSE:
        coarse = stretched.copy()
        coarse.thumbnail((_COARSE, _COARSE))
        yield coarse


def _codes(picture: Image.Image) -> list[Marker | None]:
    found = zxingcpp.read_barcodes(picture, formats=_QR)
    return [read_marker(one.text) for one in found]
