"""Inquiries: what persons ask about the collection of their number, and what the company answers."""

from collections.abc import Iterator
from typing import Final

from warifu.client_base import Caller
from warifu.results_desk import Inquiry, InquiryChanged, InquiryCounts, InquiryState, InquiryThread
from warifu.transport import random_name

_CHANGED: Final = {"InquiryChanged": InquiryChanged}


class InquiryCalls(Caller):
    """What handlers and administrators do about inquiries; auditors may look on."""

    def inquiries(self, *, state: InquiryState | None = None) -> Iterator[Inquiry]:
        """Inquiries, oldest first; only those in one state, if wanted."""
        return self._pages("inquiries", Inquiry, state=state)

    def inquiry(self, inquiry_id: str) -> InquiryThread | None:
        """One inquiry with its messages, or None. They count as read once who may answer has looked."""
        return self._find("inquiry", InquiryThread, inquiryId=inquiry_id)

    def inquiry_counts(self) -> InquiryCounts:
        """What waits at the desk."""
        return self._query("inquiryCounts", InquiryCounts)

    def answer_inquiry(
        self, inquiry_id: str, text: str, *, idempotency_key: str | None = None
    ) -> InquiryChanged:
        """Write to a person in the company's name.

        Args:
            inquiry_id: public id of the inquiry; or of a collection, to write to its person first.
            text: 1 to 2,000 characters, with line ends, without a number.
            idempotency_key: the same key with the same content is done once, for 24 hours; random if left out.

        Raises:
            Refused: a rule said no.
        """
        sent = {"inquiryId": inquiry_id, "text": text, "idempotencyKey": idempotency_key or random_name()}
        return self._change("answerInquiry", sent, _CHANGED, repeatable=True)

    def close_inquiry(self, inquiry_id: str) -> InquiryChanged:
        """Close an inquiry that was read to its end; it opens when the person asks again.

        Raises:
            Refused: a rule said no.
        """
        return self._change("closeInquiry", {"inquiryId": inquiry_id}, _CHANGED)
