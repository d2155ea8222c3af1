"""Links (提出用リンク): by which persons bring their number themselves, issued and revoked by the company."""

from typing import Annotated

import strawberry

from custody.selfservice.link import MOST_TRIES, Factor, Link
from custody.selfservice.links import IssuedLinks, issue_links, revoke_links
from policies.refusals import Denied, denied
from schema.collection_chosen import COLLECTION_IDS, REVISIONS, chosen
from schema.context import Context, Info
from schema.days import moment_of
from schema.results import INPUT, Refusal, RowRejection, refusal, row_rejections
from schema.scalars import Moment, Secret

strawberry.enum(
    Factor,
    name="CollectionLinkFactor",
    description="What somebody has to know besides their link: the birth date on record, or a passcode told apart.",
)


@strawberry.type(description="A link of one person in one campaign, without its secret.")
class CollectionLink:
    """A link."""

    link_id: str = strawberry.field(description="Public id, as the audit log names it.")
    factor: Factor = strawberry.field(description="What the person has to know besides.")
    issued_by: str | None = strawberry.field(description="Who issued it; null if the program sent it.")
    issued_at: Moment = strawberry.field(description="When.")
    gives: bool = strawberry.field(description="Whether something can be given by it now.")
    gives_until: Moment = strawberry.field(description="Until when something can be, at the latest.")
    opens: bool = strawberry.field(description="Whether it opens now, at least to read.")
    opens_until: Moment = strawberry.field(description="Until when it does, at the latest.")
    tries_left: int = strawberry.field(description="How many wrong tries it still bears.")
    locked: bool = strawberry.field(description="Whether none is left: then the person needs a new link.")
    acknowledged_at: Moment | None = strawberry.field(
        description="When the person said that they read the purpose notice."
    )
    finished_at: Moment | None = strawberry.field(description="When they said that they are done.")
    revoked_at: Moment | None = strawberry.field(description="When the company revoked it.")


@strawberry.input(description="People who are to bring their number by a link.")
class IssueCollectionLinksInput:
    """Links to issue."""

    campaign_id: str = strawberry.field(description="Public id of the campaign.")
    collection_ids: list[str] = strawberry.field(
        description="Public ids of its collections, up to 10,000. A dependent's gives a link of the employee, "
        "by which the whole family's numbers are brought: one row for each family."
    )
    factor: Factor = strawberry.field(description="What they have to know besides.")
    revisions: list[int] | None = strawberry.field(default=None, description=REVISIONS)


@strawberry.type(
    description="New links, as columns in the order asked for; shown this once. Their earlier links give no more."
)
class CollectionLinksIssued:
    """Links to hand out."""

    collection_ids: list[str] = strawberry.field(description="Public ids of the collections.")
    urls: list[Secret] = strawberry.field(description="The address for each person, with its secret.")
    passcodes: list[Secret | None] = strawberry.field(
        description="What each is told in another way than the address; null where the birth date is asked for."
    )
    gives_until: list[Moment] = strawberry.field(description="Until when something can be given by each.")
    rejections: list[RowRejection] = strawberry.field(description="The rows without a link, in order.")


@strawberry.input(description="People whose links are to end at once.")
class RevokeCollectionLinksInput:
    """Links to revoke."""

    collection_ids: list[str] = strawberry.field(description=COLLECTION_IDS)
    revisions: list[int] | None = strawberry.field(default=None, description=REVISIONS)


@strawberry.type(description="None of their links opens any more; whoever was inside is out.")
class CollectionLinksRevoked:
    """What was revoked."""

    count: int = strawberry.field(description="How many links were revoked now.")
    rejections: list[RowRejection] = strawberry.field(
        description="The rows that name no collection, in order."
    )


IssueCollectionLinksResult = Annotated[
    CollectionLinksIssued | Refusal,
    strawberry.union("IssueCollectionLinksResult", description="What `issueCollectionLinks` answers."),
]
RevokeCollectionLinksResult = Annotated[
    CollectionLinksRevoked | Refusal,
    strawberry.union("RevokeCollectionLinksResult", description="What `revokeCollectionLinks` answers."),
]


async def _issue(
    info: Info, input: Annotated[IssueCollectionLinksInput, INPUT]
) -> IssueCollectionLinksResult:
    context = info.context
    done = await issue_links(
        context.custodian,
        context.somebody,
        input.campaign_id,
        chosen(input.collection_ids, input.revisions),
        input.factor,
        context.clock(),
        denied("link-without-address") if context.public_url is None else None,
    )
    return refusal(context, done) if isinstance(done, Denied) else _issued(context, done)


async def _revoke(
    info: Info, input: Annotated[RevokeCollectionLinksInput, INPUT]
) -> RevokeCollectionLinksResult:
    context = info.context
    wanted = chosen(input.collection_ids, input.revisions)
    done = await revoke_links(context.custodian, context.somebody, wanted, context.clock())
    if isinstance(done, Denied):
        return refusal(context, done)
    return CollectionLinksRevoked(count=done.count, rejections=row_rejections(done.rejections))


@strawberry.type
class CollectionLinkMutation:
    """Links, issued and revoked."""

    issue_collection_links: IssueCollectionLinksResult = strawberry.mutation(
        resolver=_issue,
        description="Give people a link by which they bring their number and their family's themselves. "
        "To have links mailed or printed, order a dispatch instead. Sent again, it makes new ones.",
    )
    revoke_collection_links: RevokeCollectionLinksResult = strawberry.mutation(
        resolver=_revoke, description="End every link of people at once, also for reading."
    )


def link_node(link: Link, now: int) -> CollectionLink:
    """A link as the schema tells it."""
    return CollectionLink(
        link_id=link.public_id,
        factor=link.factor,
        issued_by=link.created_by or None,
        issued_at=Moment(link.created_at),
        gives=link.gives(now) and not link.is_locked,
        gives_until=Moment(link.gives_until),
        opens=link.reads(now) and not link.is_locked,
        opens_until=Moment(link.reads_until),
        tries_left=max(0, MOST_TRIES - link.tries),
        locked=link.is_locked,
        acknowledged_at=moment_of(link.told_at),
        finished_at=moment_of(link.finished_at),
        revoked_at=moment_of(link.revoked_at),
    )


def _issued(context: Context, done: IssuedLinks) -> CollectionLinksIssued:
    return CollectionLinksIssued(
        collection_ids=[each.collection for each in done.links],
        urls=[Secret(f"{context.public_url}/my#{each.secret}") for each in done.links],
        passcodes=[Secret(each.passcode) if each.passcode else None for each in done.links],
        gives_until=[Moment(each.gives_until) for each in done.links],
        rejections=row_rejections(done.rejections),
    )
