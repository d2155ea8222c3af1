"""Messages in Japanese and English, kept as data: a file of tables, each with `ja` and `en`."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from policies.catalogue_table import Bilingual


@lru_cache
def load_messages(package: str, file: str) -> Mapping[str, Bilingual]:
    """The messages of a file, by their key.

    Args:
        package: where the file lies.
        file: its name.

    Raises:
        TypeError: a message lacks a language, or has something else; tests read every file.
    """
    tables = tomllib.loads((files(package) / file).read_text(encoding="utf-8"))
    return MappingProxyType({key: Bilingual(**table) for key, table in tables.items()})
