"""What a page of a kit says about itself, in its QR code and in small print: whose kit, which part, which sheet."""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import segno

from custody.kits.code import PREFIX, in_groups, parse_kit_code
from custody.kits.errors import KitError
from policies.catalogue_table import Bilingual


class Part(IntEnum):
    """The parts of a kit, in the order in which they lie in the envelope."""

    LETTER = 1
    NOTICE = 2
    FORM = 3
    DOCUMENTS = 4
    RETURN_SLIP = 5
    POWER_OF_ATTORNEY = 6

    @property
    def title(self) -> Bilingual:
        """What stands at the head of the part."""
        return _TITLES[self]

    @property
    def comes_back(self) -> bool:
        """Whether it is sent back, and so bears a QR code."""
        return self in {Part.FORM, Part.RETURN_SLIP, Part.POWER_OF_ATTORNEY}


_TITLES: Final = {
    Part.LETTER: Bilingual(
        "個人番号（マイナンバー）ご提出のお願い", "Request for your Individual Number (My Number)"
    ),
    Part.NOTICE: Bilingual("個人番号の利用目的の通知", "Notice of the purposes of use"),
    Part.FORM: Bilingual("個人番号申告書", "Declaration of Individual Numbers"),
    Part.DOCUMENTS: Bilingual("本人確認書類のご案内", "Documents that are accepted"),
    Part.RETURN_SLIP: Bilingual("返送用宛名票", "Address slip for the return"),
    Part.POWER_OF_ATTORNEY: Bilingual("委任状", "Power of attorney"),
}

_MARKER: Final = re.compile(rf"({PREFIX}[0-9A-Z]+)-([1-6])\.([1-9])/([1-9])")


@dataclass(frozen=True, slots=True)
class Marker:
    """A page's place: sheet so-and-so of a part of a kit, counted from one."""

    code: str
    part: Part
    sheet: int
    sheets: int

    @property
    def payload(self) -> str:
        """What the QR code holds, such as `WK1-…-3.1/2`."""
        return f"{self.code}-{self.part}.{self.sheet}/{self.sheets}"

    @property
    def printed(self) -> str:
        """The same in small print."""
        return f"{in_groups(self.code)} ／ {self.part}-{self.sheet}/{self.sheets}"


def read_marker(payload: str) -> Marker | None:
    """The place that a QR code names; None if the code is none of ours."""
    found = _MARKER.fullmatch(payload)
    if found is None:
        return None
    code, part, sheet, sheets = found.groups()
    try:
        known = parse_kit_code(code) == code
    except KitError:
        return None
    return Marker(code, Part(int(part)), int(sheet), int(sheets)) if known and sheet <= sheets else None


def qr_picture(payload: str) -> str:
    """A QR code as SVG without its quiet zone; nearly a third of it may be lost (level H)."""
    symbol = segno.make(payload, error="h", micro=False, boost_error=False)
    return symbol.svg_inline(border=0, omitsize=True)
