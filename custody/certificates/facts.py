"""What a certificate of disposal says, as plain values; whoever runs disposals fills them in.

- No field has room for a number: persons are named by id, external id and name.
- Times are milliseconds since 1970-01-01T00:00:00Z, days are ISO 8601 texts of Japan's calendar.
- A run has two certificates. The first (廃棄証明書, for a contract's end データ破棄証明書) follows the last batch
  and names the day by which every copy is unreadable. The second (消滅証明書) follows the destruction of the
  epoch key: the same facts with `extinct_at`.
"""

from dataclasses import dataclass
from enum import StrEnum

from policies.catalogue_table import Bilingual


class Kind(StrEnum):
    """Why a run took place."""

    DUE = "due"
    INSTRUCTION = "instruction"
    CONTRACT_END = "contract_end"


class Stage(StrEnum):
    """How far the destruction has come."""

    DISPOSED = "disposed"
    EXTINCT = "extinct"


@dataclass(frozen=True, slots=True)
class Rule:
    """One ground of disposal, in words; persons name it by its code.

    Attributes:
        code: short and unique within the certificate, such as `TAX_FUYO:A`.
        document: the statutory document that bore the number.
        period: how long it was kept and from when that was counted.
    """

    code: str
    document: Bilingual
    period: Bilingual


@dataclass(frozen=True, slots=True)
class DisposedPerson:
    """A person whose number was destroyed.

    Attributes:
        person: id of the person.
        external_id: the tenant's own id, such as an employee number; empty once it is erased.
        name: empty if none was kept, or once it is erased.
        disposed_at: when the number was destroyed.
        due_on: the day on which it was to go; empty when no day was set.
        rules: codes of `DisposalFacts.rules`; empty when disposed of on instruction alone.
        leaf_index: where in the tenant's log the disposal stands.
    """

    person: int
    external_id: str
    name: str
    disposed_at: int
    due_on: str
    rules: tuple[str, ...]
    leaf_index: int


@dataclass(frozen=True, slots=True)
class Signatory:
    """A human who took a decision: name, public id of the account, when."""

    name: str
    account: str
    at: int


@dataclass(frozen=True, slots=True)
class Erased:
    """Rows that were erased besides, for the end of a contract: what, and how many."""

    what: Bilingual
    count: int


@dataclass(frozen=True, slots=True)
class DisposalFacts:
    """One run, as its certificates tell it.

    Attributes:
        tenant_name: whose certificate it is (事業者).
        issuer: who keeps the vault and issues the certificate; empty leaves the line out.
        origin: the name of the tenant's log.
        run: public id of the run.
        kind: why it took place.
        reason: the words of the instruction or the notice of cancellation; empty for runs that fell due.
        as_of: the day for which it was drawn up.
        listed: how many persons were proposed; those listed and not disposed of were excluded.
        persons: those disposed of, in the order of their ids.
        rules: the grounds that the persons name.
        confirmed: who confirmed the list.
        approved: who approved it; never the same human.
        finished_at: when the last batch was done.
        epoch: the epoch whose destruction makes every copy unreadable.
        extinct_by: by when it is destroyed at the latest.
        extinct_at: when it was destroyed; None on the first certificate.
        issued_at: the certificate's date. Taken from the run, not from the clock, a certificate drawn twice is
            the same.
        contract_ended_on: the last day of the contract; empty for other kinds.
        erased: what else was erased at the end of the contract.
    """

    tenant_name: str
    issuer: str
    origin: str
    run: str
    kind: Kind
    reason: str
    as_of: str
    listed: int
    persons: tuple[DisposedPerson, ...]
    rules: tuple[Rule, ...]
    confirmed: Signatory | None
    approved: Signatory | None
    finished_at: int
    epoch: int
    extinct_by: int
    extinct_at: int | None
    issued_at: int
    contract_ended_on: str = ""
    erased: tuple[Erased, ...] = ()

    @property
    def stage(self) -> Stage:
        """Which of the two certificates this is."""
        return Stage.DISPOSED if self.extinct_at is None else Stage.EXTINCT

    @property
    def excluded(self) -> int:
        """How many of those listed were left out."""
        return self.listed - len(self.persons)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A leaf of the tenant's log, and the proof that it is there.

    Attributes:
        leaf: its canonical bytes.
        proof: the c2sp.org/tlog-proof text, with the signed checkpoint.
    """

    leaf: bytes
    proof: str
