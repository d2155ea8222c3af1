"""The receipt: what was given for whom, when, as one leaf of the log with its proof; no number, and no digit of one."""

from dataclasses import dataclass

from custody.custodian import Custodian
from custody.selfservice.visits import Visit
from policies.purposes import PersonKind
from policies.refusals import Denied


@dataclass(frozen=True, slots=True)
class Given:
    """What was given for one person.

    Attributes:
        collection: public id of the collection.
        name: of the person, as it is on record now.
        kind: employee, dependent, spouse or payee.
        number: whether a number was given.
        declined: whether they said that none is given.
        documents: codes of the documents on the images.
        at: when the number was given or declined; ISO 8601 to the second, Japan time; empty for neither.
    """

    collection: str
    name: str
    kind: PersonKind
    number: bool
    declined: bool
    documents: tuple[str, ...]
    at: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt.

    Attributes:
        company: name of the company.
        campaign: name of the campaign.
        campaign_id: its public id.
        link: public id of the link.
        finished_at: milliseconds since the epoch.
        given: person by person.
        leaf_index: where the log says so.
        entry: the leaf itself, as text.
        proof: its inclusion proof with the checkpoint (c2sp.org/tlog-proof).
        verifier_key: the key that checks the checkpoint.
    """

    company: str
    campaign: str
    campaign_id: str
    link: str
    finished_at: int
    given: tuple[Given, ...]
    leaf_index: int
    entry: str
    proof: str
    verifier_key: str


async def finish(custodian: Custodian, visit: Visit, now: int) -> Receipt | Denied:
    """End the giving; a second time shows the receipt again."""
    raise NotImplementedError


async def receipt(custodian: Custodian, visit: Visit, now: int) -> Receipt | Denied:
    """The receipt of a link whose giving was finished."""
    raise NotImplementedError
