"""Verification: numbers and papers sealed, looked at, decided by the rules, registered."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from warifu.client_base import Caller
from warifu.results import RowRejection
from warifu.results_collections import (
    CollectionsRegistered,
    CollectionVerified,
    IdentityDocument,
    NumberEntered,
    NumberSubmitted,
    SubmittedItem,
    SubmittedOpened,
    VerificationRefused,
)
from warifu.results_secret import Number
from warifu.verification_case import VerificationCase

_SUBMITTED: Final[dict[str, type[Any]]] = {
    "CollectionNumberSubmitted": NumberSubmitted,
    "RowRejection": RowRejection,
}
_ENTERED: Final[dict[str, type[Any]]] = {
    "CollectionNumberEntered": NumberEntered,
    "VerificationRefused": VerificationRefused,
    "RowRejection": RowRejection,
}


@dataclass(frozen=True, slots=True)
class _ImageSubmitted:
    items: tuple[SubmittedItem, ...]


class VerificationCalls(Caller):
    """What handlers do to verify persons. Every method raises `Refused` where a rule says no."""

    def identity_documents(self) -> Iterator[IdentityDocument]:
        """The documents of identity verification (本人確認書類), those that never count included."""
        return self._pages("verificationDocuments", IdentityDocument)

    def submit_number(
        self, collection_id: str, number: str | Number, *, revision: int | None = None
    ) -> NumberSubmitted | RowRejection:
        """Seal a person's number, read from their papers; it takes the place of one sent before.

        Returns:
            Where the collection stands; or why the number cannot be one.
        """
        sent = {"collectionId": collection_id, "number": number, "revision": revision}
        done: NumberSubmitted | RowRejection = self._change("submitNumber", sent, _SUBMITTED)
        return done

    def submit_image(
        self, collection_id: str, document: str, content: bytes, *, side: str = ""
    ) -> tuple[SubmittedItem, ...]:
        """Seal an image of a person's papers.

        Args:
            collection_id: public id of the collection.
            document: code of the document it shows (`identity_documents`).
            content: JPEG, PNG or WebP, or a PDF of which each page is an item; 5 MiB at most.
            side: `front`, `back`, or "" where it has one side.
        """
        image = b64encode(content).decode()
        sent = {"collectionId": collection_id, "document": document, "side": side, "image": image}
        return self._change("submitImage", sent, {"CollectionImageSubmitted": _ImageSubmitted}).items

    def open_submitted(self, collection_id: str, item_ids: Sequence[str]) -> SubmittedOpened:
        """Look at the number and images of a collection, at most 8 items. Each look is recorded before it opens."""
        sent = {"collectionId": collection_id, "itemIds": list(item_ids)}
        return self._change("openSubmitted", sent, {"CollectionItemsOpened": SubmittedOpened})

    def verify_collection(
        self, collection_id: str, case: VerificationCase, revision: int
    ) -> CollectionVerified:
        """Have the rules decide whether what was shown proves the number and whose it is (番号法16条).

        Args:
            collection_id: public id of the collection.
            case: what you saw.
            revision: the revision of the collection that you looked at.
        """
        sent = {"collectionId": collection_id, "revision": revision, "case": case.to_input()}
        return self._change("verifyCollection", sent, {"CollectionVerified": CollectionVerified})

    def register_collections(
        self, collection_ids: Sequence[str], *, revisions: Sequence[int] | None = None
    ) -> CollectionsRegistered:
        """Register verified numbers, at most 1,000, for your own tokens; what was submitted is destroyed."""
        seen = None if revisions is None else list(revisions)
        sent = {"collectionIds": list(collection_ids), "revisions": seen}
        return self._change("registerCollections", sent, {"CollectionsRegistered": CollectionsRegistered})

    def enter_number(
        self,
        collection_id: str,
        number: str | Number,
        case: VerificationCase,
        *,
        revision: int | None = None,
    ) -> NumberEntered | VerificationRefused | RowRejection:
        """Take a number at the counter: submitted, verified and registered in one go, or nothing of it.

        Returns:
            Your token; or what does not suffice; or why the number cannot be registered.
        """
        sent = {
            "collectionId": collection_id,
            "number": number,
            "case": case.to_input(),
            "revision": revision,
        }
        done: NumberEntered | VerificationRefused | RowRejection = self._change("enterNumber", sent, _ENTERED)
        return done
