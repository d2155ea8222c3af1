"""Documents and departures: what a number's retention is counted from. Up to 10,000 rows in each call."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from warifu.client_base import Caller
from warifu.results_disposal import Departure, DeparturesRecorded, Document, DocumentsRecorded
from warifu.transport import random_name

_DOCUMENTS: Final = {"DocumentsRecorded": DocumentsRecorded}
_DEPARTURES: Final = {"DeparturesRecorded": DeparturesRecorded}


class DocumentCalls(Caller):
    """What a client or a handler records about people's documents, and about people who leave.

    Persons are named by `external_ids`, or by one's own `tokens`: give one of the two.
    """

    def documents(self, external_id: str) -> Iterator[Document]:
        """The documents that bear a person's number, oldest first.

        Raises:
            Refused: a rule said no, or nobody has the id.
        """
        return self._pages("documents", Document, externalId=external_id)

    def record_documents(
        self,
        purposes: Sequence[str],
        *,
        external_ids: Sequence[str] | None = None,
        tokens: Sequence[str] | None = None,
        deadlines: Sequence[date | None] = (),
        completions: Sequence[date | None] = (),
        copies: Sequence[int] = (),
        idempotency_key: str | None = None,
    ) -> DocumentsRecorded:
        """Record which statutory documents bear persons' numbers: value n of every column belongs to row n.

        Args:
            purposes: codes of the purposes they serve.
            external_ids: whose numbers.
            tokens: whose numbers.
            deadlines: last days for filing them, None where the rule does not count from that.
            completions: days on which the matters were closed, None while they are open.
            copies: copies of each that bear the number; 1 if left empty.
            idempotency_key: the same key with the same content is done once, for 24 hours; random if left out.

        Raises:
            Refused: a rule said no to the batch as a whole.
        """
        sent: dict[str, object] = {
            **people(external_ids, tokens),
            "purposes": list(purposes),
            "deadlines": _days(deadlines),
            "completions": _days(completions),
            "copies": list(copies),
            "idempotencyKey": idempotency_key or random_name(),
        }
        return self._change("recordDocuments", sent, _DOCUMENTS, repeatable=True)

    def close_documents(self, document_ids: Sequence[str], days: Sequence[date]) -> DocumentsRecorded:
        """Record on which day the matter of each open document was closed."""
        sent = {"documentIds": list(document_ids), "days": _days(days)}
        return self._change("closeDocuments", sent, _DOCUMENTS)

    def correct_documents(
        self,
        document_ids: Sequence[str],
        deadlines: Sequence[date | None],
        completions: Sequence[date | None],
        copies: Sequence[int],
        reason: str,
    ) -> DocumentsRecorded:
        """Put right documents that were recorded wrongly: each row as it should have been."""
        sent = {
            "documentIds": list(document_ids),
            "deadlines": _days(deadlines),
            "completions": _days(completions),
            "copies": list(copies),
            "reason": reason,
        }
        return self._change("correctDocuments", sent, _DOCUMENTS)

    def withdraw_documents(self, document_ids: Sequence[str], reason: str) -> DocumentsRecorded:
        """Take back documents that were recorded by mistake."""
        sent = {"documentIds": list(document_ids), "reason": reason}
        return self._change("withdrawDocuments", sent, _DOCUMENTS)

    def departure(self, external_id: str) -> Departure | None:
        """A person's own departure; None while there is none."""
        return self._find("departure", Departure, externalId=external_id)

    def record_departures(
        self,
        days: Sequence[date],
        *,
        external_ids: Sequence[str] | None = None,
        tokens: Sequence[str] | None = None,
        open_documents: bool = True,
    ) -> DeparturesRecorded:
        """Record on which day persons left. A day that was recorded before is put right.

        Args:
            days: the last day of each.
            external_ids: who.
            tokens: who.
            open_documents: record as open the documents that are filed after a departure; close them once they are.

        Raises:
            Refused: a rule said no to the batch as a whole.
        """
        sent: dict[str, object] = {
            **people(external_ids, tokens),
            "days": _days(days),
            "openDocuments": open_documents,
        }
        return self._change("recordDepartures", sent, _DEPARTURES)

    def cancel_departures(
        self,
        reason: str,
        *,
        external_ids: Sequence[str] | None = None,
        tokens: Sequence[str] | None = None,
    ) -> DeparturesRecorded:
        """Take back departures: persons who stayed after all, or came back."""
        sent: dict[str, object] = {**people(external_ids, tokens), "reason": reason}
        return self._change("cancelDepartures", sent, _DEPARTURES)


def people(external_ids: Sequence[str] | None, tokens: Sequence[str] | None) -> Mapping[str, object]:
    """The persons of an input; the vault refuses both columns, and neither."""
    given = {"externalIds": external_ids, "tokens": tokens}
    return {name: list(column) for name, column in given.items() if column is not None}


def _days(days: Sequence[date | None]) -> list[str]:
    return [day.isoformat() if day else "" for day in days]
