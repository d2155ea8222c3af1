"""Verdicts of identity verification, as they were given: what was shown, what the rules said, on which articles.

The row is stamped, as what lets a number be registered is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import BigInteger, Index, Integer, LargeBinary, Text, bindparam, select
from sqlmodel import Field, SQLModel

from policies.identity import Check, Fault, Verdict
from policies.identity_case import Case
from policies.identity_catalogue import Finding
from tokenizer.crypto.authority import Authority
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction


class VerificationRow(SQLModel, table=True):
    """One verdict."""

    __tablename__ = "verification"
    __table_args__ = (Index("verification_collection", "tenant_id", "collection_id", "verification_id"),)

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    verification_id: int = Field(primary_key=True, sa_type=BigInteger)
    collection_id: int = Field(sa_type=BigInteger)
    person_id: int = Field(sa_type=BigInteger)
    accepted: int = Field(sa_type=Integer)
    shown: str = Field(sa_type=Text, description="JSON: the case")
    faults: str = Field(sa_type=Text, description="JSON: [finding, check, document], and codes to discard")
    basis: str = Field(sa_type=Text, description="the articles it rests on")
    catalogue: str = Field(sa_type=Text, description="version of the catalogue of documents")
    decided_by: str = Field(sa_type=Text)
    decided_at: int = Field(sa_type=BigInteger)
    stamp: bytes = Field(sa_type=LargeBinary)


VERIFICATION: Final = table_of(VerificationRow)
_OF_COLLECTION: Final = Statement(
    select(VERIFICATION)
    .where(
        VERIFICATION.c.tenant_id == bindparam("tenant"),
        VERIFICATION.c.collection_id == bindparam("collection"),
    )
    .order_by(VERIFICATION.c.verification_id)
)


@dataclass(frozen=True, slots=True)
class VerificationRecord:
    """A verdict with what it was given on.

    Attributes:
        shown: the case as plain values: subject, channel, day, documents, exemption, agent.
        verdict: what the rules said.
        basis: the articles it rests on.
        catalogue: version of the catalogue of documents.
        decided_at: milliseconds since the epoch.
    """

    tenant: int
    id: int
    collection: int
    person: int
    shown: dict[str, Any]
    verdict: Verdict
    basis: tuple[str, ...]
    catalogue: str
    decided_by: str
    decided_at: int

    @property
    def public_id(self) -> str:
        """The id the API and the audit log name it by."""
        return f"vrf_{self.id}"


def plain_case(case: Case) -> dict[str, Any]:
    """A case as plain values."""
    plain: dict[str, Any] = orjson.loads(orjson.dumps(case, default=sorted))
    return plain


def insert_verification(tx: Transaction, authority: Authority, record: VerificationRecord) -> None:
    """Write a verdict."""
    values = _values(record)
    tx.insert(VerificationRow, [(*values, authority.stamp("verification", values))])


def verifications_of(
    tx: Transaction, authority: Authority, tenant: int, collection: int
) -> list[VerificationRecord]:
    """The verdicts on a collection, oldest first.

    Raises:
        SealBrokenError: a row was altered.
    """
    rows = tx.all(_OF_COLLECTION, {"tenant": tenant, "collection": collection})
    return [verification_of(authority, row) for row in rows]


def verification_of(authority: Authority, row: Row) -> VerificationRecord:
    """A verdict from a row of the table, in its column order.

    Raises:
        SealBrokenError: the row was altered.
    """
    authority.check("verification", row[:-1], row[-1])
    tenant, identity, collection, person, _, shown, faults, basis, catalogue, by, at = row[:-1]
    told = orjson.loads(faults)
    verdict = Verdict(
        tuple(Fault(Finding(finding), Check(check), document) for finding, check, document in told["faults"]),
        tuple(told["discard"]),
    )
    return VerificationRecord(
        tenant,
        identity,
        collection,
        person,
        orjson.loads(shown),
        verdict,
        tuple(basis.split("\n")) if basis else (),
        catalogue,
        by,
        at,
    )


def _values(record: VerificationRecord) -> Row:
    verdict = record.verdict
    faults: Sequence[Sequence[str]] = [
        (each.finding.value, each.check.value, each.document) for each in verdict.faults
    ]
    return (
        record.tenant,
        record.id,
        record.collection,
        record.person,
        int(verdict.is_accepted),
        orjson.dumps(record.shown, option=orjson.OPT_SORT_KEYS).decode(),
        orjson.dumps({"faults": faults, "discard": verdict.discard}).decode(),
        "\n".join(record.basis),
        record.catalogue,
        record.decided_by,
        record.decided_at,
    )
