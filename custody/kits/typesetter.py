"""Sets one file of kits or postcards: a job as JSON on standard input, a PDF on standard output.

Run as a process of its own (`python -I -m custody.kits.typesetter`): typst keeps what it laid out, so the memory of a
large print job is that of one file, and gone with it.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any, Final, TypedDict

from custody.kits.errors import KitError, KitFault
from custody.kits.marker import qr_picture
from custody.paper.compiler import compiler, pages
from custody.paper.pdf import opened

_HERE: Final = Path(__file__).parent
_NICE: Final = 10
"""Whoever waits for the server goes first."""


class Job(TypedDict):
    """A file to set.

    Attributes:
        template: name of a file beside this one.
        data: what stands on it; every text in it is set as text.
        payloads: what its QR codes hold.
        pages: how many pages it has to have.
        timestamp: the document's date, in seconds since the epoch.
    """

    template: str
    data: dict[str, Any]
    payloads: list[str]
    pages: int
    timestamp: int


def typeset(job: Job) -> bytes:
    """Set a file as PDF, the same for the same job; for printers, so without tags for screen readers.

    Raises:
        KitError: a text ran over its sheet: every page after it would belong to another kit than the manifest says.
    """
    pictures = json.dumps({payload: qr_picture(payload) for payload in job["payloads"]})
    compiled = compiler(_HERE / job["template"], job["data"], pictures=pictures)
    pdf = pages(compiled.compile(format="pdf", timestamp=job["timestamp"], pdf_tags=False))[0]
    with opened(pdf) as document:
        if len(document) != job["pages"]:
            raise KitError(KitFault.NOT_PRINTED)
    return pdf


if __name__ == "__main__":
    os.nice(_NICE)
    sys.stdout.buffer.write(typeset(json.loads(sys.stdin.buffer.read())))
