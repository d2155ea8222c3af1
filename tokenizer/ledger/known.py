"""What the ledger knows, as values. Ids and times only."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Disposal:
    """One batch of a disposal run.

    Attributes:
        tenant: whose persons.
        run: id of the run.
        persons: their ids.
        at: when, in milliseconds since the epoch; numbers registered later are none of it.
    """

    tenant: int
    run: int
    persons: Sequence[int]
    at: int


@dataclass(frozen=True, slots=True)
class ContractEnd:
    """A tenant whose contract ended and who is erased.

    Attributes:
        tenant: who it was.
        at: when the end began, in milliseconds since the epoch.
    """

    tenant: int
    at: int


@dataclass(frozen=True, slots=True)
class Witnessed:
    """How far a log had come when somebody looked.

    Attributes:
        size: how many leaves it had.
        checkpoint: the signed note over them.
    """

    size: int
    checkpoint: str
