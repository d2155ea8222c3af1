"""People and tokens: numbers in, tokens out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final, TypedDict, Unpack

from warifu.client_base import MAX_ROWS, Caller
from warifu.client_columns import Columns
from warifu.results import (
    IssuedToken,
    NoticeGiven,
    NumberChanged,
    Person,
    Purpose,
    RowRejection,
    Tokenized,
    TokensIssued,
    TokensRevoked,
)
from warifu.results_secret import Number
from warifu.roster import RosterColumns
from warifu.transport import random_name

_CHANGED: Final[Mapping[str, type[NumberChanged | RowRejection]]] = {
    "NumberChanged": NumberChanged,
    "RowRejection": RowRejection,
}


class Terms(TypedDict):
    """What holds for every row of a batch.

    Attributes:
        notified: codes of the purposes the persons were told of; added to those of who is registered already.
        notified_on: the day they were told.
        verification: a `Verification`: how their identity was verified.
        verified_on: the day it was.
    """

    notified: Sequence[str]
    notified_on: date
    verification: str
    verified_on: date


class TokenCalls(Caller):
    """What a client or a handler asks about people and their tokens."""

    def purposes(self) -> Iterator[Purpose]:
        """The catalogue of statutory purposes, refused ones included."""
        return self._pages("purposes", Purpose)

    def purpose(self, code: str) -> Purpose | None:
        """One purpose by its code, or None."""
        return self._find("purpose", Purpose, code=code)

    def tokenize(
        self,
        columns: Columns | RosterColumns,
        *,
        idempotency_key: str | None = None,
        consented: bool = False,
        **terms: Unpack[Terms],
    ) -> Tokenized:
        """Register people with their numbers, and get one's own tokens for them, in the same order.

        A row that says what the vault knows already gets the token it had. More than 10,000 rows travel as several
        requests; what was registered before a refusal stays registered, and sending all of it again is harmless.

        Args:
            columns: who, with their numbers.
            idempotency_key: the same key with the same content is done once, for 24 hours; random if left out.
            consented: whether they consented, where a purpose needs consent.
            **terms: `notified`, `notified_on`, `verification`, `verified_on`.

        Raises:
            Refused: a rule said no to the batch as a whole.
        """
        key = idempotency_key or random_name()
        rows = Columns.of_roster(columns) if isinstance(columns, RosterColumns) else columns
        done = [
            self._tokenize(part, start, f"{key}/{number}" if number else key, terms, consented=consented)
            for number, (start, part) in enumerate(rows.parts())
        ]
        joined = Tokenized(
            tokens=tuple(token for part in done for token in part.tokens),
            rejections=tuple(item for part in done for item in part.rejections),
            registered=sum(part.registered for part in done),
            log_size=done[-1].log_size,
            external_ids=tuple(rows.external_ids),
        )
        return _with_lines(joined, columns) if isinstance(columns, RosterColumns) else joined

    def tokenize_roster(
        self,
        batches: Iterable[RosterColumns],
        *,
        idempotency_key: str | None = None,
        consented: bool = False,
        **terms: Unpack[Terms],
    ) -> Iterator[Tokenized]:
        """Register a roster of any size, batch by batch; see `tokenize`.

        Args:
            batches: groups of `warifu.roster.columns`; employees before their families.
            idempotency_key: start of the batches' keys; random if left out.
            consented: whether they consented, where a purpose needs consent.
            **terms: `notified`, `notified_on`, `verification`, `verified_on`.

        Yields:
            What became of each batch; its rejections name the file's row as `line`.
        """
        key = idempotency_key or random_name()
        for number, batch in enumerate(batches):
            yield self.tokenize(batch, idempotency_key=f"{key}.{number}", consented=consented, **terms)

    def issue_tokens(self, external_ids: Sequence[str]) -> TokensIssued:
        """Get one's own tokens for persons who are registered already; asking again gives the same ones."""
        done = [
            (start, self._change("issueTokens", {"externalIds": part}, {"TokensIssued": TokensIssued}))
            for start, part in _parts(external_ids)
        ]
        return TokensIssued(
            tuple(token for _, part in done for token in part.tokens),
            tuple(item for start, part in done for item in _rebased(part.rejections, start)),
        )

    def revoke_tokens(self, tokens: Sequence[str]) -> int:
        """End tokens of one's own; tells how many ended."""
        return sum(
            self._change("revokeTokens", {"tokens": part}, {"TokensRevoked": TokensRevoked}).revoked
            for _, part in _parts(tokens)
        )

    def give_notice(
        self, external_ids: Sequence[str], purposes: Sequence[str], told_on: date, *, consented: bool = False
    ) -> NoticeGiven:
        """Record that persons were told of purposes (利用目的の通知).

        Args:
            external_ids: the persons.
            purposes: codes.
            told_on: the day they were told.
            consented: whether they consented, where a purpose needs consent.

        Raises:
            Refused: a rule said no.
        """
        same = {"purposes": list(purposes), "toldOn": told_on, "consented": consented}
        done = [
            (start, self._change("giveNotice", {"externalIds": part, **same}, {"NoticeGiven": NoticeGiven}))
            for start, part in _parts(external_ids)
        ]
        rejections = (item for start, part in done for item in _rebased(part.rejections, start))
        return NoticeGiven(sum(part.persons for _, part in done), tuple(rejections))

    def change_number(
        self, external_id: str, number: str | Number, *, verification: str, verified_on: date
    ) -> NumberChanged | RowRejection:
        """Put a person's changed number in force (番号法7条2項); tokens stay.

        Args:
            external_id: the person.
            number: the new number.
            verification: a `Verification`: how the identity was verified anew.
            verified_on: the day it was.

        Returns:
            The version in force; or why the number cannot be.

        Raises:
            Refused: a rule said no.
        """
        sent = {
            "externalId": external_id,
            "number": number,
            "verification": verification,
            "verifiedOn": verified_on,
        }
        return self._change("changeNumber", sent, _CHANGED)

    def persons(
        self, *, external_id: str | None = None, kind: str | None = None, number_state: str | None = None
    ) -> Iterator[Person]:
        """The tenant's people, in the order of registration; what is left out does not matter.

        Args:
            external_id: exactly this one.
            kind: a `PersonKind`.
            number_state: a `NumberState`.
        """
        wanted = {"externalId": external_id, "kind": kind, "numberState": number_state}
        return self._pages("persons", Person, filter=wanted)

    def tokens(self) -> Iterator[IssuedToken]:
        """The caller's own tokens, in the order in which the persons were registered."""
        return self._pages("tokens", IssuedToken)

    def _tokenize(self, part: Columns, start: int, key: str, terms: Terms, *, consented: bool) -> Tokenized:
        sent = {
            **part.to_input(),
            "notifiedPurposes": list(terms["notified"]),
            "notifiedOn": terms["notified_on"],
            "verification": terms["verification"],
            "verifiedOn": terms["verified_on"],
            "consented": consented,
            "idempotencyKey": key,
        }
        done = self._change("tokenize", sent, {"Tokenized": Tokenized}, repeatable=True)
        return replace(done, rejections=_rebased(done.rejections, start))


def _parts(rows: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    for start in range(0, max(len(rows), 1), MAX_ROWS):
        yield start, list(rows[start : start + MAX_ROWS])


def _rebased(rejections: Iterable[RowRejection], start: int) -> tuple[RowRejection, ...]:
    return tuple(replace(item, row=item.row + start) for item in rejections)


def _with_lines(done: Tokenized, roster: RosterColumns) -> Tokenized:
    placed = tuple(replace(item, line=roster.lines[item.row]) for item in done.rejections)
    return replace(done, rejections=placed)
