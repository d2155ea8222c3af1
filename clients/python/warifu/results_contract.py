"""What the vault answers about the end of a contract."""

from dataclasses import dataclass
from datetime import date, datetime

from warifu.results_disposal import DisposalRun
from warifu.results_enums import ContractEndState, ContractWait
from warifu.results_secret import Secret


@dataclass(frozen=True, slots=True)
class ContractEnd:
    """The end of the contract, as it was asked for.

    Attributes:
        state: how far it has come.
        ends_on: the contract's last day in Japan; from the next day on nobody can log in.
        reason: why.
        digest: of the request; who approves names exactly this.
        requested_by: login of who asked.
        requested_at: when.
        approved_by: the second person.
        approved_at: when.
    """

    state: ContractEndState
    ends_on: date
    reason: str
    digest: str
    requested_by: str
    requested_at: datetime
    approved_by: str | None
    approved_at: datetime | None


@dataclass(frozen=True, slots=True)
class ContractEndReview:
    """The end of the contract as a human is to see it before asking for it or approving it.

    Attributes:
        end: what was asked for; None while nobody has.
        ends_on: the contract's last day: as asked for, or if somebody asked now.
        persons: how many numbers would be destroyed.
        holds: how many legal holds stand; with one nothing can be approved.
        open_runs: disposals that are open.
        waits_for: what the end would wait for after the last day.
    """

    end: ContractEnd | None
    ends_on: date
    persons: int
    holds: int
    open_runs: tuple[DisposalRun, ...]
    waits_for: tuple[ContractWait, ...]


@dataclass(frozen=True, slots=True)
class ContractEndRequested:
    """A requested end, and the key that fetches the certificates once no account is left; shown this once."""

    end: ContractEnd
    certificate_key: Secret
