"""The words of the page, in Japanese and English, read once from `words.toml`."""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

import orjson

from policies.catalogue_table import Bilingual

_FILE: Final = "words.toml"


class Language(StrEnum):
    """The languages of the page."""

    JA = "ja"
    EN = "en"


@cache
def load_words() -> Mapping[str, Bilingual]:
    """Every word by its key, `section.name`.

    Raises:
        KeyError: a word of the shipped file lacks one of the languages.
    """
    file = tomllib.loads((files("api.selfservice") / _FILE).read_text(encoding="utf-8"))
    found = {
        f"{section}.{name}": Bilingual(word["ja"], word["en"])
        for section, words in file.items()
        for name, word in words.items()
    }
    return MappingProxyType(found)


def words_in(language: Language) -> dict[str, str]:
    """Every word in one language."""
    return {key: getattr(word, language.value) for key, word in load_words().items()}


def words_module() -> bytes:
    """The words as an ES module, so that the page can change its language without asking again."""
    words = {key: {"ja": word.ja, "en": word.en} for key, word in load_words().items()}
    return b"export default " + orjson.dumps(words) + b";\n"


def chosen_language(accepted: str) -> Language:
    """The language a browser would rather have; Japanese where it says neither.

    Args:
        accepted: the header `Accept-Language` (RFC 9110, 12.5.4).
    """
    wishes: dict[Language, float] = {}
    for wish in accepted.split(",")[:20]:
        tag, _, weight = wish.partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in set(Language):
            wishes.setdefault(Language(language), _weight(weight))
    return max(wishes, key=lambda each: wishes[each], default=Language.JA)


def _weight(text: str) -> float:
    try:
        return float(text.strip().removeprefix("q="))
    except ValueError:
        return 1.0
