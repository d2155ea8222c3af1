"""Pages that came back: which kit each belongs to, as far as its QR code can be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from custody.kits.marker import Marker, Part
from policies.catalogue_table import Bilingual


class PageState(StrEnum):
    """What was found on a page.

    `NO_CODE` is usual for copies of documents; on a form it means that it cannot be read. `FOREIGN_CODE` is usual for
    the back of an Individual Number Card, whose QR code holds the number: what a foreign code says is never kept.
    """

    KIT = "kit"
    SEVERAL_KITS = "several_kits"
    FOREIGN_CODE = "foreign_code"
    NO_CODE = "no_code"

    @property
    def advice(self) -> Bilingual:
        """What to tell whoever scans."""
        return _ADVICE[self]


_ADVICE = {
    PageState.KIT: Bilingual("キットの用紙です。", "A sheet of a kit."),
    PageState.SEVERAL_KITS: Bilingual(
        "二つ以上のキットの用紙が一つの画像に写っています。一人分ずつ撮影し直してください。",
        "Sheets of several kits stand in one picture. Take one picture for each person.",
    ),
    PageState.FOREIGN_CODE: Bilingual(
        "キットのものではないコードがあります。本人確認書類の写しなら、そのままで構いません。",
        "It has a code that is not a kit's. If it is a copy of a document, leave it as it is.",
    ),
    PageState.NO_CODE: Bilingual(
        "コードが読めません。申告書又は委任状なら、明るい所で真上から撮り直すか、印字されたキット番号を入力してください。"
        "本人確認書類の写しなら、そのままで構いません。",
        "No code can be read. If it is a form or a power of attorney, take it again from above in good light, or type "
        "the code printed on it. If it is a copy of a document, leave it as it is.",
    ),
}


@dataclass(frozen=True, slots=True)
class ArrivedPage:
    """A page of a file, counted from one, with the sheets that stand on it."""

    number: int
    state: PageState
    markers: tuple[Marker, ...]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file of pages."""

    pages: tuple[ArrivedPage, ...]

    @property
    def kits(self) -> tuple[str, ...]:
        """The codes of all kits in the file, each once, in the order in which they came."""
        return tuple(dict.fromkeys(marker.code for page in self.pages for marker in page.markers))

    @property
    def is_mixed(self) -> bool:
        """Whether the file has sheets of more than one kit, so that no other page of it can be told whose it is."""
        return len(self.kits) > 1

    def missing(self) -> tuple[Marker, ...]:
        """The sheets that did not come, of every kit of which something did.

        These are all of its forms, and the rest of any part that came in part. A power of attorney of which nothing
        came is not among them: only the kit's own facts tell whether there should be one.
        """
        found = {marker for page in self.pages for marker in page.markers}
        wanted = {sheet for marker in found for sheet in _siblings(marker)}
        forms = {Marker(code, Part.FORM, 1, 1) for code in self.kits if not _has_form(found, code)}
        return tuple(sorted((wanted - found) | forms, key=_order))


def page_of(number: int, payloads: Sequence[Marker | None]) -> ArrivedPage:
    """A page on which these codes were read; None stands for a code that is none of ours."""
    markers = tuple(dict.fromkeys(sorted((one for one in payloads if one is not None), key=_order)))
    return ArrivedPage(number, _state(markers, found=bool(payloads)), markers)


def _state(markers: Sequence[Marker], *, found: bool) -> PageState:
    if not markers:
        return PageState.FOREIGN_CODE if found else PageState.NO_CODE
    return PageState.KIT if len({one.code for one in markers}) == 1 else PageState.SEVERAL_KITS


def _siblings(marker: Marker) -> list[Marker]:
    return [Marker(marker.code, marker.part, sheet, marker.sheets) for sheet in range(1, marker.sheets + 1)]


def _has_form(found: set[Marker], code: str) -> bool:
    return any(one.code == code and one.part is Part.FORM for one in found)


def _order(marker: Marker) -> tuple[str, int, int, int]:
    return marker.code, marker.part, marker.sheet, marker.sheets
