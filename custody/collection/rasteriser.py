"""Draws the pages of a PDF: limits and the file on standard input, pictures or why not on standard output.

Run as a process of its own (`python -I -m custody.collection.rasteriser`, see `papers`). What it writes is a line of
JSON, `{"sizes": [...]}` or `{"fault": "..."}`, and after it the pictures as JPEG, one after the other.
"""

import json
import resource
import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Final

from custody.paper.pdf import BrokenPdfError, HugePictureError, LockedPdfError, opened

MOST_PAGES: Final = 10
_DPI: Final = 200
_SIDE: Final = 2_400
_MOST_PIXELS: Final = 50_000_000
_QUALITY: Final = 92
"""More than what is kept in the end, since the pictures are encoded once more."""


class TooManyPagesError(Exception):
    """There are more pages than are read."""


def main() -> None:
    """Draw what comes in, within the limits that its first line names: bytes of memory, seconds of work."""
    memory, seconds = map(int, sys.stdin.buffer.readline().split())
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        pictures = list(draw_pages(sys.stdin.buffer.read()))
    except LockedPdfError:
        _tell({"fault": "papers-locked"})
    except BrokenPdfError:
        _tell({"fault": "papers-broken"})
    except HugePictureError:
        _tell({"fault": "papers-pixels"})
    except TooManyPagesError:
        _tell({"fault": "papers-too-many-pages"})
    else:
        _tell({"sizes": [len(each) for each in pictures]})
        sys.stdout.buffer.write(b"".join(pictures))


def draw_pages(data: bytes) -> Iterator[bytes]:
    """The pages of a PDF in their order, as JPEG in colour.

    Raises:
        LockedPdfError: it needs a password.
        BrokenPdfError: it cannot be opened, or has no page.
        TooManyPagesError: it has more than ten.
        HugePictureError: a page holds pictures of too many pixels.
    """
    with opened(data) as pdf:
        if not len(pdf):
            raise BrokenPdfError
        if len(pdf) > MOST_PAGES:
            raise TooManyPagesError
        for place in range(len(pdf)):
            out = BytesIO()
            drawn = pdf.draw(place, _DPI, _SIDE, _MOST_PIXELS, grey=False)
            drawn.convert("RGB").save(out, "JPEG", quality=_QUALITY)
            yield out.getvalue()


def _tell(said: dict[str, object]) -> None:
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n")


if __name__ == "__main__":
    main()
