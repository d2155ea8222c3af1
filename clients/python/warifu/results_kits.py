"""What the vault answers about paper kits: who sends them, their printing, their codes, and what a scan brought."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from warifu.results import RowRejection
from warifu.results_collection_enums import DispatchKind


class KitPrintState(StrEnum):
    """How far a printing is: waiting, under way, all there, given up, files destroyed."""

    WAITING = "WAITING"
    PRINTING = "PRINTING"
    DONE = "DONE"
    FAILED = "FAILED"
    DELETED = "DELETED"


class ScanOutcome(StrEnum):
    """What became of a page: kept; not needed; or why it was not kept."""

    KEPT = "KEPT"
    NOT_NEEDED = "NOT_NEEDED"
    ALREADY_THERE = "ALREADY_THERE"
    KIT_UNKNOWN = "KIT_UNKNOWN"
    SEVERAL_KITS = "SEVERAL_KITS"
    NO_KIT = "NO_KIT"
    NOT_AWAITED = "NOT_AWAITED"
    FULL = "FULL"


@dataclass(frozen=True, slots=True)
class KitSender:
    """Who sends the company's kits, where papers come back to, and whom to ask; what is empty is left out."""

    company: str
    return_name: str
    postal_code: str
    address: str
    contact_name: str
    phone: str
    hours: str
    mail: str
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class KitPrint:
    """The printing of an order.

    Attributes:
        deadline: the day that is printed as the last one.
        papers: how many households it is for.
        printed: how many of them stand in files already.
        pages: how many pages those have.
        delete_at: when its files are, or were, destroyed.
        problem: why it was given up.
        files: where they are, from the server's address on; for `download_print`.
    """

    order_id: str
    kind: DispatchKind
    state: KitPrintState
    deadline: date
    papers: int
    printed: int
    pages: int
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    delete_at: datetime | None
    problem: str | None
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KitsPrinting:
    """An order that is being printed; to which collections nothing goes out, and why, by place in `left_out`."""

    kit_print: KitPrint
    left_out: tuple[str, ...]
    rejections: tuple[RowRejection, ...]


@dataclass(frozen=True, slots=True)
class Kit:
    """A kit as it was given out, with the collections it stands for."""

    code: str
    order_id: str
    collection_ids: tuple[str, ...]
    created_at: datetime
    arrived_at: datetime | None


@dataclass(frozen=True, slots=True)
class KitArrivalsRecorded:
    """For each code how many collections arrived by it, which those are, and the rows by which nothing did."""

    arrived: tuple[int, ...]
    collection_ids: tuple[str, ...]
    rejections: tuple[RowRejection, ...]


@dataclass(frozen=True, slots=True)
class ScannedPage:
    """What became of a page of a scan, counted from one.

    Attributes:
        kit: code of the kit it belongs to; None if that cannot be told.
        part: the part of the kit that it is, such as `FORM`; None for a copy.
        sheet: which sheet of that part.
        sheets: how many it has.
        collections: public ids of the collections that have it now.
    """

    page: int
    outcome: ScanOutcome
    kit: str | None
    part: str | None
    sheet: int | None
    sheets: int | None
    collections: tuple[str, ...]
    message_ja: str
    message_en: str


@dataclass(frozen=True, slots=True)
class MissingSheet:
    """A sheet of a kit that was not in the scan."""

    kit: str
    part: str
    sheet: int
    sheets: int


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What became of a scan: its pages, the collections that arrived by it, and the sheets that are missing."""

    pages: tuple[ScannedPage, ...]
    arrived: tuple[str, ...]
    missing: tuple[MissingSheet, ...]
