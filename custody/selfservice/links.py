"""Links as the company deals with them: issued for people of a campaign, and revoked."""

from dataclasses import dataclass, field

from custody.collection.acting import Acting
from custody.collection.collection import Collection
from custody.collection.steps import Chosen
from custody.custodian import Custodian
from custody.rejections import Rejection
from custody.selfservice.link import Factor
from policies.actor import Actor
from policies.refusals import Denied
from tokenizer.storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class IssuedLink:
    """A new link; its secrets are shown this once and kept out of `repr`.

    Attributes:
        collection: public id of the collection it was asked for.
        link: public id of the link.
        secret: what stands behind the `#` of the address.
        passcode: told apart, in two groups of four; None where the birth date is asked for.
        gives_until: until when something can be given; milliseconds since the epoch.
    """

    collection: str
    link: str
    secret: str = field(repr=False)
    passcode: str | None = field(repr=False)
    gives_until: int


@dataclass(frozen=True, slots=True)
class IssuedLinks:
    """The links of many people, in the order asked for, and the rows without one."""

    links: list[IssuedLink]
    rejections: list[Rejection] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RevokedLinks:
    """How many links were revoked, and the rows that named no collection."""

    count: int
    rejections: list[Rejection] = field(default_factory=list)


async def issue_links(
    custodian: Custodian, actor: Actor, campaign_id: str, chosen: Chosen, factor: Factor, now: int
) -> IssuedLinks | Denied:
    """Issue links to people of a campaign. Earlier links of theirs in it give no more.

    Args:
        custodian: what the use case works with.
        actor: an administrator, a handler or a client.
        campaign_id: public id of the campaign.
        chosen: at most 10,000 of its collections; a dependent's stands for the link of the employee.
        factor: what the people have to know besides.
        now: milliseconds since the epoch.
    """
    raise NotImplementedError


def mint_link(
    tx: Transaction, custodian: Custodian, acting: Acting, collection: Collection, factor: Factor, now: int
) -> IssuedLink | Denied:
    """Issue one link, in a transaction that has locked the tenant's log; refused before anything is written.

    Args:
        tx: the transaction.
        custodian: what the use case works with.
        acting: the company, or the program that sends what the company ordered.
        collection: whose number is wanted; a dependent's stands for the link of the employee.
        factor: what the person has to know besides.
        now: milliseconds since the epoch.
    """
    raise NotImplementedError


async def revoke_links(custodian: Custodian, actor: Actor, chosen: Chosen, now: int) -> RevokedLinks | Denied:
    """Revoke every link of people: none opens any more, visits end at once.

    Args:
        custodian: what the use case works with.
        actor: an administrator, a handler or a client.
        chosen: at most 10,000 collections.
        now: milliseconds since the epoch.
    """
    raise NotImplementedError
