"""What may stand in a text column of a tax file: full-width characters of JIS X 0208, level 1 and 2.

Windows' Shift_JIS (CP932) also has 髙, 﨑, ① and ㈱. The tax office does not take them, so they are refused
with the character named: turning 髙 into 高 is a decision about somebody's name and is left to people.
"""

import re
import unicodedata
from typing import Final

# Windows and JIS name these characters differently; the bytes in the file are the same.
_SAME_BYTES: Final = str.maketrans("\u2014\u2016\u2212\u301c\u00a5", "\u2015\u2225\uff0d\uff5e\uffe5")
_FULL_WIDTH: Final = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000} | _SAME_BYTES
_HALF_WIDTH_KANA: Final = re.compile("[\uff61-\uff9f]+")
_BREAKS: Final = re.compile("[\x00-\x1f\x7f\u0085\u2028\u2029]")

_VARIANTS: Final = dict(
    zip(
        "髙﨑𠮷德濵瀨賴橫黑淸增寬敎栁曻冝琦圡",
        "高崎吉徳浜瀬頼横黒清増寛教柳昇宜埼土",
        strict=True,
    )
)
"""Common variants in names and the character of level 1 that offices write instead."""


def to_full_width(text: str) -> str:
    """Write half-width letters, digits, signs, spaces and kana in full width; nothing else is changed."""
    kana = _HALF_WIDTH_KANA.sub(lambda found: unicodedata.normalize("NFKC", found.group()), text)
    return kana.translate(_FULL_WIDTH)


def has_line_break(text: str) -> bool:
    """Whether a text has line breaks or control characters."""
    return _BREAKS.search(text) is not None


def outside_jis(text: str) -> str | None:
    """The first character that is neither in JIS X 0208 nor half-width ASCII, or None."""
    return next((character for character in text if not _is_jis(character)), None)


def instead_of(character: str) -> str | None:
    """What offices write instead of a character outside JIS, when there is a usual answer."""
    usual = _VARIANTS.get(character) or to_full_width(unicodedata.normalize("NFKC", character))
    return None if usual == character or outside_jis(usual) else usual


def encode(text: str) -> bytes:
    """Shift_JIS bytes of a text in which `outside_jis` finds nothing.

    Raises:
        UnicodeEncodeError: it does find something.
    """
    return text.encode("cp932")


def _is_jis(character: str) -> bool:
    try:
        encoded = character.encode("cp932")
        # Python's strict codec knows JIS X 0208 alone: it refuses the rows that NEC and IBM added.
        return character.isascii() or (len(encoded) > 1 and bool(encoded.decode("shift_jis")))
    except UnicodeError:
        return False
