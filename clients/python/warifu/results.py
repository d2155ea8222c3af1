"""What the vault answers about people, purposes, tokens and uses.

Field names are the schema's, in snake case. Tokens are kept out of repr, since what stands for a number has no place
in a log either; and so are the ids that were sent, since a misplaced column may hold numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from warifu.results_enums import NumberState, PersonKind, PurposeStatus, UseState, Verification
from warifu.results_secret import Number

LOCAL: Final = {"local": True}
"""Metadata of fields that the client fills in, not the vault."""


@dataclass(frozen=True, slots=True)
class RowRejection:
    """One row of a batch that was not taken; the others were.

    Attributes:
        row: its place in what was sent, from 0, however many requests carried it.
        code: why: a code in UPPER_SNAKE, or the id of a rule.
        message_ja: why, and what to do, in Japanese.
        message_en: the same in English.
        line: the row of the roster file, where the batch came from one.
    """

    row: int
    code: str
    message_ja: str
    message_en: str
    line: int | None = field(default=None, metadata=LOCAL)


@dataclass(frozen=True, slots=True)
class Tokenized:
    """Tokens in the order of the rows.

    Attributes:
        tokens: one for each row; None for a rejected one.
        rejections: the rows that were not taken, in order.
        registered: numbers that are new in the vault.
        log_size: size of the audit log that records it.
        external_ids: the ids that were sent, row by row.
    """

    tokens: tuple[str | None, ...] = field(repr=False)
    rejections: tuple[RowRejection, ...]
    registered: int
    log_size: int
    external_ids: tuple[str, ...] = field(default=(), repr=False, metadata=LOCAL)

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Each external id that has a token, with its token."""
        for external_id, token in zip(self.external_ids, self.tokens, strict=True):
            if token is not None:
                yield external_id, token


@dataclass(frozen=True, slots=True)
class TokensIssued:
    """The caller's own tokens, in the order of the external ids; None where nobody has the id."""

    tokens: tuple[str | None, ...] = field(repr=False)
    rejections: tuple[RowRejection, ...]


@dataclass(frozen=True, slots=True)
class TokensRevoked:
    """How many tokens ended."""

    revoked: int


@dataclass(frozen=True, slots=True)
class NoticeGiven:
    """A purpose notice on record.

    Attributes:
        persons: how many it now stands for.
        rejections: rows that named nobody.
    """

    persons: int
    rejections: tuple[RowRejection, ...]


@dataclass(frozen=True, slots=True)
class NumberChanged:
    """A changed number in force; tokens stay."""

    external_id: str
    version: int


@dataclass(frozen=True, slots=True)
class PurposeNotice:
    """That a person was told of a purpose (利用目的の通知)."""

    purpose: str
    told_on: date


@dataclass(frozen=True, slots=True)
class PurposeEnd:
    """The first day on which a person's number is not used for a purpose any more."""

    purpose: str
    ends_on: date


@dataclass(frozen=True, slots=True)
class Person:
    """A person whose number is kept (本人); never with the number.

    Attributes:
        external_id: the tenant's own id.
        kind: whose number it is.
        name: name.
        kana: its reading.
        birth_date: birth date.
        address: address.
        employee: external id of the employee they belong to.
        notices: the purposes they were told of.
        verification: how their identity was verified.
        verified_on: the day it was.
        number_state: whether the vault holds their number.
        token: the caller's own token for them.
        registered_at: when they were registered.
        ends: the purposes that have an end; none while the person is with the company.
        due_on: the day on which their number is to go; None while something requires it.
        on_hold: whether a legal hold keeps the number.
    """

    external_id: str
    kind: PersonKind
    name: str
    kana: str
    birth_date: date | None
    address: str
    employee: str | None
    notices: tuple[PurposeNotice, ...]
    verification: Verification | None
    verified_on: date | None
    number_state: NumberState
    token: str | None = field(repr=False)
    registered_at: datetime
    ends: tuple[PurposeEnd, ...]
    due_on: date | None
    on_hold: bool


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token of the caller's, with the person it stands for."""

    token: str = field(repr=False)
    person: Person


@dataclass(frozen=True, slots=True)
class Bilingual:
    """Text in both languages; the Japanese one is binding."""

    ja: str
    en: str


@dataclass(frozen=True, slots=True)
class LegalBasis:
    """An article a purpose rests on, as numbered today."""

    law: Bilingual
    article: str


@dataclass(frozen=True, slots=True)
class Purpose:
    """A statutory purpose.

    Attributes:
        code: stable code.
        status: whether it can be used.
        name: the affair, as it is named to the person.
        document: the statutory document that bears the number.
        destination: where the document goes.
        whose: whose numbers the document bears.
        reason: if it cannot be used: why, and what to do instead.
        retention_rule: how the document's retention is counted.
        retention_years: years, where the rule counts in years.
        legal_basis: the articles in force today.
    """

    code: str
    status: PurposeStatus
    name: Bilingual
    document: Bilingual
    destination: Bilingual
    whose: tuple[PersonKind, ...]
    reason: Bilingual | None
    retention_rule: str
    retention_years: int | None
    legal_basis: tuple[LegalBasis, ...]


@dataclass(frozen=True, slots=True)
class PurposeName:
    """A purpose by code and name."""

    code: str
    name: Bilingual


@dataclass(frozen=True, slots=True)
class Use:
    """A use of numbers: what a human sees before standing behind it, and what became of it.

    Attributes:
        use_id: public id, as the audit log names it.
        purpose: what for.
        reason: why, in the words of who asked.
        persons: how many numbers.
        client: the client that asked, if a client did.
        prepared_by: the human who asked, if a human did.
        handler: login of the only human who may confirm it, if one was named.
        digest: SHA-256 over all of the above; a human confirms exactly this.
        needs_approval: whether a second person must approve.
        state: how far it has come.
        confirmed_by: who stood behind it.
        approved_by: who approved it.
        prepared_at: when it was asked for.
        expires_at: until when it can be confirmed and taken.
        released_at: when the numbers came out.
    """

    use_id: str
    purpose: PurposeName | None
    reason: str
    persons: int
    client: str | None
    prepared_by: str | None
    handler: str | None
    digest: str
    needs_approval: bool
    state: UseState
    confirmed_by: str | None
    approved_by: str | None
    prepared_at: datetime
    expires_at: datetime
    released_at: datetime | None


@dataclass(frozen=True, slots=True)
class PreparedUse:
    """A use that waits for a human.

    Attributes:
        use: what a human is to confirm.
        rejections: rows that are not part of it.
    """

    use: Use
    rejections: tuple[RowRejection, ...]


@dataclass(frozen=True, slots=True)
class UseConfirmed:
    """A use that went a step further; no number left yet."""

    use: Use


@dataclass(frozen=True, slots=True)
class NumbersReleased:
    """Numbers, in the order of the request. They are given once; the record is on the vault's disk.

    Attributes:
        use: what they were released for.
        tokens: the token of each number.
        numbers: the numbers, masked until `reveal()`.
        rejections: rows that are not among them.
        first_leaf: index of the first of the log's entries, one for each number.
        checkpoint: the log's signed checkpoint that covers them.
    """

    use: Use
    tokens: tuple[str, ...] = field(repr=False)
    numbers: tuple[Number, ...]
    rejections: tuple[RowRejection, ...]
    first_leaf: int
    checkpoint: str

    def pairs(self) -> Iterator[tuple[str, Number]]:
        """Each token with its number."""
        return zip(self.tokens, self.numbers, strict=True)
