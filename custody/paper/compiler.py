"""The typst compiler with our fonts only, and data that reaches a template as text.

typst keeps in memory what it once laid out, so whatever uses this runs in a process of its own (see `child`).
"""

import json
from pathlib import Path
from typing import Any, Final

import typst

from custody.paper.glyphs import MISSING, font_directories, printable

_ROOT: Final = Path(__file__).parents[1]
"""Templates read each other below this directory, and nothing else."""


def compiler(template: Path, data: dict[str, Any], **inputs: str) -> typst.Compiler:
    """A compiler of one template.

    Args:
        template: a file below the root.
        data: arrives as JSON in `sys.inputs.data`, each character one that the fonts have. `missing` is added: whether
            one of them is the mark for a character without a glyph.
        inputs: what else stands in `sys.inputs`, as it is.
    """
    shown = _printable(data)
    shown["missing"] = MISSING in json.dumps(shown, ensure_ascii=False)
    return typst.Compiler(
        template,
        root=_ROOT,
        font_paths=typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=font_directories()
        ),
        sys_inputs={"data": json.dumps(shown, ensure_ascii=False), **inputs},
    )


def pages(compiled: bytes | list[bytes] | None) -> list[bytes]:
    """What the compiler gave, page by page; one for a PDF."""
    return compiled if isinstance(compiled, list) else [compiled or b""]


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {name: _printable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_printable(inner) for inner in value]
    return value
