"""What became of the pages of a scan: told page by page, so that whoever scanned knows what is left to do."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from custody.kits.arrival import Arrival, PageState
from custody.kits.marker import Marker, Part
from policies.catalogue_table import Bilingual


class PageOutcome(StrEnum):
    """What became of a page."""

    KEPT = "kept"
    NOT_NEEDED = "not_needed"
    ALREADY_THERE = "already_there"
    KIT_UNKNOWN = "kit_unknown"
    SEVERAL_KITS = "several_kits"
    NO_KIT = "no_kit"
    NOT_AWAITED = "not_awaited"
    FULL = "full"

    @property
    def advice(self) -> Bilingual:
        """What to tell whoever scanned."""
        return _ADVICE[self]


_ADVICE: Final = {
    PageOutcome.KEPT: Bilingual("保管しました。", "Kept."),
    PageOutcome.NOT_NEEDED: Bilingual(
        "返送用宛名票です。到着だけを記録し、画像は保管していません。",
        "The address slip: its arrival is recorded, its picture is not kept.",
    ),
    PageOutcome.ALREADY_THERE: Bilingual(
        "同じページが既にあります。保管していません。",
        "The same page is there already; it was not kept again.",
    ),
    PageOutcome.KIT_UNKNOWN: Bilingual(
        "この番号のキットはありません。別の会社の用紙でないか確認してください。保管していません。",
        "There is no kit with this code; see whether it is another company's. It was not kept.",
    ),
    PageOutcome.SEVERAL_KITS: Bilingual(
        "二つ以上のキットの用紙が一つの画像に写っています。一人分ずつスキャンし直してください。保管していません。",
        "Sheets of several kits stand on it. Scan one kit at a time. It was not kept.",
    ),
    PageOutcome.NO_KIT: Bilingual(
        "どのキットのものか分かりません。申告書か委任状を先に置いてスキャンし直してください。保管していません。",
        "It cannot be told whose this is. Scan it again behind its form or power of attorney. It was not kept.",
    ),
    PageOutcome.NOT_AWAITED: Bilingual(
        "この人の収集は終わっているか、本人確認が済んでいます。保管していません。",
        "The collection of this person has ended, or is verified. It was not kept.",
    ),
    PageOutcome.FULL: Bilingual(
        "この人の画像は上限に達しています。保管していません。",
        "There are as many images of this person as may be. It was not kept.",
    ),
}


@dataclass(frozen=True, slots=True)
class ScannedPage:
    """A page, counted from one.

    Attributes:
        outcome: what became of it.
        code: the kit it belongs to; empty if that is not known.
        marker: its own code, if it bears one.
        behind: for a copy, the part of the kit that it came behind.
        collections: ids of the collections that have it now.
    """

    number: int
    outcome: PageOutcome
    code: str = ""
    marker: Marker | None = None
    behind: Part | None = None
    collections: tuple[int, ...] = ()

    @property
    def sheet(self) -> str:
        """Which sheet of the kit it is, such as `3.1/2`; empty for a copy."""
        at = self.marker
        return "" if at is None else f"{int(at.part)}.{at.sheet}/{at.sheets}"

    @property
    def part(self) -> Part | None:
        """The part of the kit it is, or came behind."""
        return self.behind if self.marker is None else self.marker.part

    def told(self, outcome: PageOutcome) -> "ScannedPage":
        """The same page with an outcome."""
        return replace(self, outcome=outcome)


def sorted_pages(arrival: Arrival) -> list[ScannedPage]:
    """Every page with the kit it belongs to: a page without a code of ours belongs to the kit before it.

    What can be told of a page already is its outcome; the others stand as kept until they are.
    """
    found: list[ScannedPage] = []
    code, behind = "", None
    for page in arrival.pages:
        if page.state is PageState.KIT:
            marker = page.markers[0]
            code, behind = marker.code, marker.part
            found.append(ScannedPage(page.number, PageOutcome.KEPT, code, marker))
        elif page.state is PageState.SEVERAL_KITS:
            code, behind = "", None  # whose the copies behind it are, nobody can tell
            found.append(ScannedPage(page.number, PageOutcome.SEVERAL_KITS))
        elif code:
            found.append(ScannedPage(page.number, PageOutcome.KEPT, code, behind=behind))
        else:
            found.append(ScannedPage(page.number, PageOutcome.NO_KIT))
    return found


def codes_of(pages: Sequence[ScannedPage]) -> list[str]:
    """The codes of the kits, each once, in the order in which they came."""
    return list(dict.fromkeys(each.code for each in pages if each.code))
