"""Limits and a file of pages on standard input; what was read on standard output: a line of JSON, then the pictures.

Run as a process of its own (`python -I -m custody.kits.scanner`, see `reader`).
"""

import json
import resource
import sys
from io import BytesIO
from typing import Final

from PIL import Image

from custody.kits.arrival import ArrivedPage, PageState
from custody.kits.errors import KitError
from custody.kits.pictures import pictures_of
from custody.kits.scan import scan_page

_LONGER_SIDE: Final = 2_400
_QUALITY: Final = 80


def main() -> None:
    """Read what comes in, as its first line wants it: bytes of memory, seconds of work, 1 for pictures of the pages."""
    memory, seconds, keep = map(int, sys.stdin.buffer.readline().split())
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    pages: list[list[str | None]] = []
    pictures: list[bytes] = []
    try:
        for number, picture in enumerate(pictures_of(sys.stdin.buffer.read()), 1):
            pages.append(_told(scan_page(picture, number)))
            if keep:
                pictures.append(_plain(picture))
        told: dict[str, object] = {"pages": pages, "pictures": [len(each) for each in pictures]}
    except KitError as error:
        told, pictures = {"fault": error.fault, "where": error.where}, []
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + b"".join(pictures))


def _told(page: ArrivedPage) -> list[str | None]:
    """What its codes hold; None for what is none of ours and goes no further."""
    if page.state is PageState.FOREIGN_CODE:
        return [None]
    return [marker.payload for marker in page.markers]


def _plain(picture: Image.Image) -> bytes:
    """The picture alone, small enough to be kept."""
    shown = picture.copy()
    shown.thumbnail((_LONGER_SIDE, _LONGER_SIDE))
    bare = Image.new("L", shown.size)
    bare.paste(shown)  # without the metadata that came along
    out = BytesIO()
    bare.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


if __name__ == "__main__":
    main()
