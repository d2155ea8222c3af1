"""What the report to management (経営報告書) says, as plain values; whoever runs disposals counts them.

One report covers one tenant and one period: what fell due, what was disposed of, what was left out and why, what is on
legal hold, what is extinct, and which epochs were destroyed late. It is no certificate: it is not signed.
"""

from dataclasses import asdict, dataclass

from custody.certificates.facts import Kind
from custody.certificates.issue import refuse_numbers


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the period, in persons.

    Attributes:
        month: such as `2026-01`.
        due: their day came in this month.
        disposed: their numbers were destroyed.
        excluded: they were left out of a run.
        extinct: the last copy of their numbers became unreadable.
    """

    month: str
    due: int
    disposed: int
    excluded: int
    extinct: int


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run of the period.

    Attributes:
        run: its public id.
        kind: why it took place.
        as_of: the day for which it was drawn up.
        listed: how many persons were proposed.
        disposed: how many were disposed of.
        finished_at: when it was done; None while it waits for a decision.
        extinct_by: by when every copy is unreadable; None before it is done.
        extinct_at: since when it is so; None until then.
    """

    run: str
    kind: Kind
    as_of: str
    listed: int
    disposed: int
    finished_at: int | None
    extinct_by: int | None
    extinct_at: int | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A reason for which persons were left out of runs, how many, and whether a legal hold stands behind it."""

    reason: str
    persons: int
    held: bool


@dataclass(frozen=True, slots=True)
class OverdueEpoch:
    """An epoch key that outlived its day.

    Attributes:
        epoch: its number.
        destroy_by: its last day, in milliseconds.
        destroyed_at: when it was destroyed; None if it still exists.
    """

    epoch: int
    destroy_by: int
    destroyed_at: int | None


@dataclass(frozen=True, slots=True)
class ManagementFacts:
    """A tenant's report for a period.

    Attributes:
        tenant_name: whose report it is.
        issuer: who keeps the vault; empty leaves the line out.
        first_day: the period's first day, ISO 8601.
        last_day: its last day, inclusive.
        months: each month of the period, in order.
        runs: oldest first.
        left_out: each reason once.
        kept: how many numbers are kept at the period's end.
        held: how many of those are on legal hold.
        waiting: how many of those are overdue: their day has come, no hold stands, and they are not disposed of.
        ahead: how many fall due in the twelve months that follow.
        fading: how many are disposed of and not yet extinct.
        overdue_epochs: those destroyed late or not at all.
        issued_at: the report's date, in milliseconds.
    """

    tenant_name: str
    issuer: str
    first_day: str
    last_day: str
    months: tuple[Month, ...]
    runs: tuple[RunLine, ...]
    left_out: tuple[LeftOut, ...]
    kept: int
    held: int
    waiting: int
    ahead: int
    fading: int
    overdue_epochs: tuple[OverdueEpoch, ...]
    issued_at: int

    def check(self) -> None:
        """Make sure that no text of the report holds an Individual Number.

        Raises:
            CertificateError: one does; it names the field, never the text.
        """
        refuse_numbers(asdict(self))
