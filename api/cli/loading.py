"""Loading of what stays for good: the collector would look through all of it again and again, and find nothing."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType


@contextmanager
def loading() -> Iterator[None]:
    """Load without the collector, and keep it from looking at what there is now."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


def load(name: str) -> ModuleType:
    """The module of that name, loaded now if it was not before."""
    if (found := sys.modules.get(name)) is not None:
        return found
    with loading():
        return import_module(name)
