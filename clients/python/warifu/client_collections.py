"""Collections: where each person of a campaign stands, and the steps that many take at once."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from warifu.client_base import Caller
from warifu.results_collections import (
    CodeInWords,
    Collection,
    CollectionEndings,
    CollectionReview,
    CollectionsMoved,
)
from warifu.results_reader import read_all

_MOVED: Final = {"CollectionsMoved": CollectionsMoved}


class CollectionCalls(Caller):
    """What handlers and the company record of collections, up to 10,000 in each call.

    `revisions` are those the collections had when somebody looked at them: whatever has moved on since is rejected.
    Every method raises `Refused` where a rule says no.
    """

    def collections(self, campaign_id: str, *, state: str | None = None) -> Iterator[Collection]:
        """The collections of a campaign, as they were added; only those in a `CollectionState`, if wanted."""
        return self._pages("collections", Collection, campaignId=campaign_id, state=state)

    def collection(self, collection_id: str) -> CollectionReview | None:
        """One collection with what was submitted, decided and sent; or None."""
        return self._find("collection", CollectionReview, collectionId=collection_id)

    def deficiencies(self) -> tuple[CodeInWords, ...]:
        """Every reason why papers do not do, in the words that a person is told."""
        value, _ = self._ask("deficiencies")
        return read_all(CodeInWords, value, "deficiencies")

    def collection_endings(self) -> CollectionEndings:
        """How collections end without a number, as codes with words."""
        return self._query("collectionEndings", CollectionEndings)

    def record_arrivals(
        self, collection_ids: Sequence[str], *, revisions: Sequence[int] | None = None
    ) -> CollectionsMoved:
        """Record that kits came back, or papers were handed over."""
        return self._change("recordArrivals", _chosen(collection_ids, revisions), _MOVED)

    def record_deficiencies(
        self, collection_ids: Sequence[str], codes: Sequence[str], *, revisions: Sequence[int] | None = None
    ) -> CollectionsMoved:
        """Record why what arrived does not do; nothing goes out before the company orders it."""
        sent = {**_chosen(collection_ids, revisions), "codes": list(codes)}
        return self._change("recordDeficiencies", sent, _MOVED)

    def record_refusals(
        self,
        collection_ids: Sequence[str],
        outcome: str,
        asked_on: date,
        *,
        revisions: Sequence[int] | None = None,
    ) -> CollectionsMoved:
        """Record that persons did not give their number: asked when, with which `RefusalOutcome`."""
        sent = {**_chosen(collection_ids, revisions), "outcome": outcome, "askedOn": asked_on}
        return self._change("recordRefusals", sent, _MOVED)

    def record_no_number(
        self, collection_ids: Sequence[str], evidence: str, *, revisions: Sequence[int] | None = None
    ) -> CollectionsMoved:
        """Record that persons have no number, and which `NoNumberEvidence` shows it."""
        sent = {**_chosen(collection_ids, revisions), "evidence": evidence}
        return self._change("recordNoNumber", sent, _MOVED)

    def ask_again(
        self, collection_ids: Sequence[str], *, revisions: Sequence[int] | None = None
    ) -> CollectionsMoved:
        """Ask persons again who refused."""
        return self._change("askAgain", _chosen(collection_ids, revisions), _MOVED)

    def close_collections(
        self, collection_ids: Sequence[str], reason: str, *, revisions: Sequence[int] | None = None
    ) -> CollectionsMoved:
        """End collections without a number, for a `ClosingReason`; what was submitted is destroyed."""
        sent = {**_chosen(collection_ids, revisions), "reason": reason}
        return self._change("closeCollections", sent, _MOVED)


def _chosen(collection_ids: Sequence[str], revisions: Sequence[int] | None) -> dict[str, object]:
    seen = None if revisions is None else list(revisions)
    return {"collectionIds": list(collection_ids), "revisions": seen}
