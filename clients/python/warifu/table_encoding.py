"""Finds the row from which a text file goes on in another encoding, as files do that were put together from two.

Shift_JIS reads many UTF-8 bytes as rare characters without complaint, so every row is looked at by itself: one
that is UTF-8 and says something in Japanese is UTF-8.
"""

import re
from collections.abc import Iterator
from typing import Final

from warifu.roster_file import Source, open_bytes
from warifu.roster_problem import RosterProblem, problem

_LONGEST_LINE: Final = 1 << 16
_JAPANESE: Final = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_FOREIGN: Final = re.compile(r"[^\x00-\x7f]")
_NAMES: Final = {"utf-8": "UTF-8", "cp932": "Shift_JIS"}


def mixed_encodings(source: Source) -> RosterProblem | None:
    """The first row that is in another encoding than those before it.

    Returns:
        A problem with its row, or None when all rows agree, or when a row is in neither UTF-8 nor Shift_JIS.

    Raises:
        OSError: the path cannot be read.
    """
    first = ""
    for line, content in _rows(source):
        found = _encoding(content)
        if found is None:
            return None
        if first and found and found != first:
            return problem("MIXED_ENCODINGS", line, found=_NAMES[found], first=_NAMES[first])
        first = first or found
    return None


def _rows(source: Source) -> Iterator[tuple[int, bytes]]:
    """Lines with the number of the row they are in: one that is inside quotes belongs to the row before."""
    row, quoted = 0, False
    with open_bytes(source) as stream:
        while content := stream.readline(_LONGEST_LINE):
            row += not quoted
            yield row, content
            quoted ^= content.count(b'"') % 2 == 1


def _encoding(content: bytes) -> str | None:
    """The encoding of a line, "" when it is ASCII and so in both, None when it is in neither."""
    if content.isascii():
        return ""
    readings = {name: _decoded(content, name) for name in _NAMES}
    text = readings["utf-8"]
    if text and (readings["cp932"] is None or _is_japanese(text)):
        return "utf-8"
    return None if readings["cp932"] is None else "cp932"


def _is_japanese(text: str) -> bool:
    """Whether this is no chance: two bytes of half-width kana, read as UTF-8, may be a letter with an accent."""
    return 2 * len(_JAPANESE.findall(text)) >= len(_FOREIGN.findall(text))


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None
