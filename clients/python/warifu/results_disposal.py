"""What the vault answers about the end of a number: documents, departures, holds, disposals."""

from dataclasses import dataclass
from datetime import date, datetime

from warifu.results import RowRejection
from warifu.results_enums import (
    DisposalItemState,
    DisposalKind,
    DisposalMode,
    DisposalState,
    DisposalTaskKind,
    PersonKind,
)


@dataclass(frozen=True, slots=True)
class Document:
    """A statutory document that bears a person's number.

    Attributes:
        document_id: public id, as the audit log names it.
        purpose: code of the purpose it serves.
        deadline_on: last day for filing it, where the rule counts from that.
        completed_on: the day the matter was closed; None while it is open.
        copies: copies that bear the number.
        recorded_at: when it was recorded.
    """

    document_id: str
    purpose: str
    deadline_on: date | None
    completed_on: date | None
    copies: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class DocumentsRecorded:
    """The document of each row, None for a rejected one; and the rows that were not taken."""

    document_ids: tuple[str | None, ...]
    rejections: tuple[RowRejection, ...]


@dataclass(frozen=True, slots=True)
class Departure:
    """Who left, and their last day."""

    external_id: str
    ended_on: date


@dataclass(frozen=True, slots=True)
class DeparturesRecorded:
    """How many departures were recorded or cancelled, how many documents were opened, and the rows not taken."""

    persons: int
    opened: int
    rejections: tuple[RowRejection, ...]


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold: as long as it stands, the person's number is not disposed of.

    Attributes:
        hold_id: public id, as the audit log names it.
        external_id: on whom.
        name: their name.
        reason: why.
        placed_by: login of who placed it.
        placed_at: when.
        lifted_by: login of who lifted it.
        lifted_at: when; None while it stands.
    """

    hold_id: str
    external_id: str
    name: str
    reason: str
    placed_by: str
    placed_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None


@dataclass(frozen=True, slots=True)
class HoldsChanged:
    """The hold of each row, None for a rejected one; and the rows that were not taken."""

    hold_ids: tuple[str | None, ...]
    rejections: tuple[RowRejection, ...]


@dataclass(frozen=True, slots=True)
class DisposalPolicy:
    """When numbers that have fallen due go.

    Attributes:
        mode: at once, or together once a year.
        month: the month with whose last day the tenant's year ends.
        copies_years: how many years copies of payment records are kept after filing.
        notice_days: how many days before its day a disposal is proposed.
    """

    mode: DisposalMode
    month: int
    copies_years: int
    notice_days: int


@dataclass(frozen=True, slots=True)
class MonthDue:
    """How many numbers fall due in a month, written as 2026-11."""

    month: str
    persons: int


@dataclass(frozen=True, slots=True)
class DisposalForecast:
    """The year ahead, counted.

    Attributes:
        overdue: fell due before today and have not gone.
        months: this month and the eleven after it.
        later: fall due after the last of these months.
        until: the last day of the last month.
        on_hold: of all who have a day, how many a legal hold keeps.
        open: have left but have no day, because the matter of a document is open.
    """

    overdue: int
    months: tuple[MonthDue, ...]
    later: int
    until: date
    on_hold: int
    open: int


@dataclass(frozen=True, slots=True)
class DisposalGround:
    """Why a number is to go, or what it still serves.

    Attributes:
        purpose: code of the purpose.
        document: the statutory document, in Japanese.
        rule: the retention rule of its documents; `departure` where there are none.
        free_on: first day on which nothing requires the number for it; None while it does.
    """

    purpose: str
    document: str | None
    rule: str
    free_on: date | None


@dataclass(frozen=True, slots=True)
class DuePerson:
    """A person whose number falls due, with the day, the grounds, and whether a legal hold keeps it."""

    external_id: str
    name: str
    kind: PersonKind
    due_on: date
    grounds: tuple[DisposalGround, ...]
    on_hold: bool


@dataclass(frozen=True, slots=True)
class DisposalRun:
    """A disposal: a list of persons whose numbers are to go, and what became of it.

    Attributes:
        run_id: public id, as the audit log names it.
        kind: because they fell due, on instruction, or at a contract's end.
        state: how far it has come.
        reason: the words of an instruction.
        as_of: the day from which it is carried out, once approved.
        proposed_by: who proposed it; None for the system.
        proposed_at: when.
        confirmed_by: who stood behind the list.
        confirmed_at: when.
        approved_by: the second person.
        approved_at: when.
        finished_at: when it was done, or cancelled.
        listed: how many persons were proposed.
        disposed: how many numbers are destroyed.
        epoch: the epoch of keys whose destruction makes every copy unreadable.
        extinct_by: by when that happens.
        extinct_at: since when it is so.
        certificates: where its certificates are; see `certificate`.
    """

    run_id: str
    kind: DisposalKind
    state: DisposalState
    reason: str
    as_of: date
    proposed_by: str | None
    proposed_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None
    approved_by: str | None
    approved_at: datetime | None
    finished_at: datetime | None
    listed: int
    disposed: int
    epoch: int | None
    extinct_by: datetime | None
    extinct_at: datetime | None
    certificates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DisposalReview:
    """A disposal as a human is to see it before deciding.

    Attributes:
        run: the disposal.
        digest: SHA-256 over the list as it stands; a human confirms exactly this.
        listed: persons whose numbers are to go.
        excluded: persons who were left out.
        disposed: persons whose numbers are destroyed.
        spared: persons kept at the last moment.
    """

    run: DisposalRun
    digest: str
    listed: int
    excluded: int
    disposed: int
    spared: int


@dataclass(frozen=True, slots=True)
class DisposalItem:
    """A person of a disposal.

    Attributes:
        external_id: your own id.
        name: name.
        kind: whose number it is.
        due_on: the day on which it was to go.
        grounds: document, rule and date of each purpose.
        state: what became of them.
        reason: why they were left out or kept.
        decided_by: who left them out; None for the clock.
        decided_at: when.
        disposed_at: when the number was destroyed.
        entry: where in the audit log that stands.
    """

    external_id: str
    name: str
    kind: PersonKind
    due_on: date | None
    grounds: tuple[DisposalGround, ...]
    state: DisposalItemState
    reason: str | None
    decided_by: str | None
    decided_at: datetime | None
    disposed_at: datetime | None
    entry: int | None


@dataclass(frozen=True, slots=True)
class DisposalTask:
    """Something about a disposal that concerns the caller."""

    kind: DisposalTaskKind
    run: DisposalRun
    persons: int
    overdue: bool


@dataclass(frozen=True, slots=True)
class DisposalProposed:
    """A disposal that waits for two humans, None if every row was rejected; and the rows that are not part of it."""

    run: DisposalRun | None
    rejections: tuple[RowRejection, ...]


@dataclass(frozen=True, slots=True)
class DisposalChanged:
    """A disposal after a step, and the rows that did not change it."""

    run: DisposalRun
    rejections: tuple[RowRejection, ...]
