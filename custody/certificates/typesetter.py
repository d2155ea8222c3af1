"""Sets one paper: a job as JSON on standard input, a PDF on standard output.

Run as a process of its own (`python -I -m custody.certificates.typesetter`, see `press`), since typst keeps in memory
what it once laid out: a list of ten thousand persons leaves half a gigabyte behind. The process ends with the paper.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final, TypedDict

import typst

from custody.paper.compiler import compiler, pages

_HERE: Final = Path(__file__).parent
_LONG_LIST: Final = 1_000
"""Longer lists go without the tags for screen readers, which would make up nearly all of the file."""
_PIXELS_PER_INCH: Final = 110


class Job(TypedDict):
    """A paper to set.

    Attributes:
        template: name of a file beside this one.
        data: what stands on the paper; every text in it is set as text.
        timestamp: the document's date, in seconds since the epoch.
        machine: what is attached, if the template attaches anything.
    """

    template: str
    data: dict[str, Any]
    timestamp: int
    machine: str


def typeset(job: Job) -> bytes:
    """Set a paper as an archivable PDF (PDF/A-3, and PDF/UA-1 unless its list is long), the same for the same job."""
    tagged = len(job["data"].get("persons", ())) <= _LONG_LIST
    pdf = _compiler(job).compile(
        format="pdf",
        pdf_standards=["a-3a", "ua-1"] if tagged else ["a-3u"],
        timestamp=job["timestamp"],
        pdf_tags=tagged,
    )
    return pages(pdf)[0]


def picture(job: Job) -> list[bytes]:
    """Set a paper as pictures of its pages, in PNG."""
    return pages(_compiler(job).compile(format="png", ppi=_PIXELS_PER_INCH, timestamp=job["timestamp"]))


def _compiler(job: Job) -> typst.Compiler:
    return compiler(_HERE / job["template"], job["data"], machine=job["machine"])


if __name__ == "__main__":
    sys.stdout.buffer.write(typeset(json.loads(sys.stdin.buffer.read())))
