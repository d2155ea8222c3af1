"""What the figures were measured on."""

import os
import platform
import re
import sqlite3
from importlib.metadata import version
from pathlib import Path

_LIBRARIES = ("psycopg", "pynacl", "sqlalchemy", "strawberry-graphql", "uvicorn")


def describe() -> dict[str, str]:
    """Processor, operating system, and the versions of everything that is measured."""
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        **{name: version(name) for name in _LIBRARIES},
    }


def _processor() -> str:
    found = re.search(
        r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE
    )
    return found[1] if found else platform.processor()
