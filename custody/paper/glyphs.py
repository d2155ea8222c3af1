"""Which characters the embedded font can print, and what stands in for those it cannot.

An archivable PDF must not hold a character without a glyph, and a paper must not fail over a name. So a character
that the font lacks (emoji, scripts that Japanese fonts leave out) is printed as 〓, which Japanese printers have
always put for a missing type. A machine-readable certificate keeps the name as it is.
"""

import re
import struct
import unicodedata
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

MISSING: Final = "〓"

_FONTS: Final = ("noto_cjk_sans_jp_regular", "noto_cjk_sans_jp_bold")
_SPACES: Final = re.compile(r"\s+")
_MARKED: Final = re.compile("[^\u0300-\u036f\u3099\u309a][\u0300-\u036f\u3099\u309a]+")
_SELECTORS: Final = "\ufe00-\ufe0f\U000e0100-\U000e01ef"  # they name a variant of the character before them
_CHARACTER: Final = re.compile(f"([^{_SELECTORS}])([{_SELECTORS}]*)|[{_SELECTORS}]")
_WIDTHLESS: Final = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_FORMAT_12: Final = 12


def font_directories() -> list[Path]:
    """Where the packages with the two weights of the font keep their files."""
    return [Path(str(files(package))) for package in _FONTS]


def printable(text: str) -> str:
    """Make text fit for print: white space as single spaces, each character one that the font has.

    A letter and its combining marks become the one character that Unicode has for them; nothing else is normalised,
    since in names the variants of a character differ on purpose.
    """
    composed = _MARKED.sub(lambda match: unicodedata.normalize("NFC", match[0]), text)
    spaced = _SPACES.sub(" ", _WIDTHLESS.sub("", composed)).strip()
    return _CHARACTER.sub(_shown, spaced)


def _shown(match: re.Match[str]) -> str:
    return match[0] if match[1] and ord(match[1]) in _coverage() else MISSING


@cache
def _coverage() -> frozenset[int]:
    """The code points that both weights have."""
    regular, bold = (_code_points(next(place.glob("*.otf")).read_bytes()) for place in font_directories())
    return frozenset(regular & bold)


def _code_points(font: bytes) -> set[int]:
    """Read the code points of a font from its `cmap` table, subtable format 12 (OpenType 1.9, cmap)."""
    table = _table(font, b"cmap")
    count = struct.unpack_from(">H", table, 2)[0]
    offsets = [struct.unpack_from(">HHI", table, 4 + 8 * place)[2] for place in range(count)]
    found: set[int] = set()
    for offset in offsets:
        if struct.unpack_from(">H", table, offset)[0] == _FORMAT_12:
            groups = struct.unpack_from(">I", table, offset + 12)[0]
            for first, last, _ in struct.iter_unpack(">III", table[offset + 16 : offset + 16 + 12 * groups]):
                found.update(range(first, last + 1))
    return found


def _table(font: bytes, tag: bytes) -> bytes:
    count = struct.unpack_from(">H", font, 4)[0]
    for place in range(count):
        name, _, offset, length = struct.unpack_from(">4sIII", font, 12 + 16 * place)
        if name == tag:
            return font[offset : offset + length]
    raise LookupError("the font has no such table")
