"""Links by which persons bring their number themselves: issued, revoked. Which are out, a collection tells."""

from collections.abc import Sequence

from warifu.client_base import Caller
from warifu.results_collection_links import CollectionLinksIssued, CollectionLinksRevoked


class CollectionLinkCalls(Caller):
    """What the company does about links, up to 10,000 in each call.

    `revisions` are those the collections had when somebody looked at them: whatever has moved on since is rejected.
    Every method raises `Refused` where a rule says no.
    """

    def issue_collection_links(
        self,
        campaign_id: str,
        collection_ids: Sequence[str],
        factor: str,
        *,
        revisions: Sequence[int] | None = None,
    ) -> CollectionLinksIssued:
        """Give people a link by which they bring their number and their family's. Their earlier ones give no more.

        Never sent again by itself: if no answer came, call it once more, and the links nobody saw give nothing.

        Args:
            campaign_id: public id of the campaign.
            collection_ids: of its collections, one for each family: a dependent's gives a link of the employee.
            factor: a `CollectionLinkFactor`.
            revisions: the revision each had when it was looked at; whatever it is now if left out.
        """
        sent = {
            "campaignId": campaign_id,
            "collectionIds": list(collection_ids),
            "factor": factor,
            "revisions": None if revisions is None else list(revisions),
        }
        members = {"CollectionLinksIssued": CollectionLinksIssued}
        return self._change("issueCollectionLinks", sent, members)

    def revoke_collection_links(
        self, collection_ids: Sequence[str], *, revisions: Sequence[int] | None = None
    ) -> CollectionLinksRevoked:
        """End every link of people at once, also for reading; whoever is inside is out."""
        sent = {
            "collectionIds": list(collection_ids),
            "revisions": None if revisions is None else list(revisions),
        }
        members = {"CollectionLinksRevoked": CollectionLinksRevoked}
        return self._change("revokeCollectionLinks", sent, members)
