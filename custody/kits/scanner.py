"""Limits and a file of pages on standard input; what was read, as JSON, on standard output.

Run as a process of its own (`python -I -m custody.kits.scanner`, see `reader`).
"""

import json
import resource
import sys

from custody.kits.arrival import ArrivedPage, PageState
from custody.kits.errors import KitError
from custody.kits.scan import read_pages


def main() -> None:
    """Read what comes in, within the limits that its first line names: bytes of memory, seconds of work."""
    memory, seconds = map(int, sys.stdin.buffer.readline().split())
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        told: dict[str, object] = {
            "pages": [_told(page) for page in read_pages(sys.stdin.buffer.read()).pages]
        }
    except KitError as error:
        told = {"fault": error.fault, "where": error.where}
    sys.stdout.write(json.dumps(told))


def _told(page: ArrivedPage) -> list[str | None]:
    """What its codes hold; None for what is none of ours and goes no further."""
    if page.state is PageState.FOREIGN_CODE:
        return [None]
    return [marker.payload for marker in page.markers]


if __name__ == "__main__":
    main()
