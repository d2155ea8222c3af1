"""What the figures were measured on."""

import os
import platform
import re
import sqlite3
from importlib.metadata import version
from pathlib import Path
from timeit import repeat
from typing import Final

_LOOPS: Final = 1_000
_LIBRARIES = ("psycopg", "pynacl", "sqlalchemy", "strawberry-graphql", "uvicorn")


def describe() -> dict[str, str]:
    """Processor, operating system, and the versions of everything that is measured."""
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": platform.platform(),
        "python": f"{platform.python_version()}, {_pace():.1f} us for a plain loop",
        "sqlite": sqlite3.sqlite_version,
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        **{name: version(name) for name in _LIBRARIES},
    }


def _pace() -> float:
    """Microseconds for a hundred strings, lists and entries of a dictionary.

    Builds of one Python version differ by half in it: those that were optimised with a profile, as distributions and
    images have them, and those compiled by hand.
    """
    loop = "found = {}\nfor each in range(100): found[str(each)] = [each]"
    return min(repeat(loop, number=_LOOPS, repeat=9)) / _LOOPS * 1e6


def _processor() -> str:
    found = re.search(
        r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE
    )
    return found[1] if found else platform.processor()
