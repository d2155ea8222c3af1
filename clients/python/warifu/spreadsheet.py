"""Cells that a spreadsheet must not run: a quote is put before what begins a formula, and taken off again.

The two are each other's inverse for every text, also for one that has such a quote by itself.
"""

import re
from typing import Final

# In either width, after blanks that some programs drop, and after quotes, which would be taken for ours.
_FORMULA: Final = re.compile(r"['\s]*[=+\-@＝＋－＠\t\r\n]")


def guarded(text: str) -> str:
    """A cell as it is written: `'=1+1` is shown and not computed."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """What a cell says, without a quote that was put there."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell, 1) else cell
