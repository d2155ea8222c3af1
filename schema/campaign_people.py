"""People of a campaign: added in columns, each row taken or rejected by itself."""

from typing import Annotated

import strawberry

from custody.collection.addition import Invited, add_people
from custody.roster import Columns
from policies.refusals import Denied
from schema.collection_enums import CollectionChannel
from schema.context import Info
from schema.enums import PersonKind
from schema.replay import IDEMPOTENCY, replay_of
from schema.results import INPUT, Refusal, RowRejection, refusal, row_rejections


@strawberry.input(
    description="People to ask, as columns: value n of every list belongs to row n. Up to 10,000 rows."
)
class AddToCampaignInput:
    """A batch of people; their numbers are what is asked for."""

    campaign_id: str = strawberry.field(description="Public id of the campaign.")
    external_ids: list[str] = strawberry.field(
        description="The tenant's own ids. Whoever is not known yet becomes a person without a number."
    )
    channels: list[CollectionChannel] = strawberry.field(description="How each is asked.")
    kinds: list[PersonKind] | None = strawberry.field(
        default=None, description="Whose numbers; employees if left out."
    )
    names: list[str] | None = strawberry.field(default=None, description="Names.")
    kana: list[str] | None = strawberry.field(default=None, description="Their readings.")
    birth_dates: list[str] | None = strawberry.field(default=None, description="YYYY-MM-DD, or empty.")
    addresses: list[str] | None = strawberry.field(default=None, description="Addresses.")
    employees: list[str] | None = strawberry.field(
        default=None, description="For dependents and spouses: external id of their employee; else empty."
    )
    emails: list[str] | None = strawberry.field(
        default=None,
        description="Addresses for mail, or empty; needed by LINK_MAIL, but not of family members.",
    )
    recollect: bool = strawberry.field(
        default=False, description="Ask those as well whose number is registered, because it was changed."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=IDEMPOTENCY)


@strawberry.type(description="Who is in the campaign now.")
class CampaignPeopleAdded:
    """What became of a batch."""

    collection_ids: list[str | None] = strawberry.field(
        description="The collection of each row; null for a rejected one."
    )
    added: int = strawberry.field(description="How many were added.")
    rejections: list[RowRejection] = strawberry.field(description="The rows that were not taken, in order.")


AddToCampaignResult = Annotated[
    CampaignPeopleAdded | Refusal,
    strawberry.union("AddToCampaignResult", description="What `addToCampaign` answers."),
]


async def _add(info: Info, input: Annotated[AddToCampaignInput, INPUT]) -> AddToCampaignResult:
    context = info.context
    replay = replay_of(context, input.idempotency_key, "addToCampaign", input)
    done = await add_people(
        context.custodian,
        context.somebody,
        input.campaign_id,
        _rows(input),
        context.clock(),
        recollect=input.recollect,
        replay=replay,
    )
    if isinstance(done, Denied):
        return refusal(context, done)
    return CampaignPeopleAdded(
        collection_ids=done.collections, added=done.count, rejections=row_rejections(done.rejections)
    )


@strawberry.type
class CampaignPeopleMutation:
    """Changes to who is in a campaign."""

    add_to_campaign: AddToCampaignResult = strawberry.mutation(
        resolver=_add, description="Add people to a campaign, up to 10,000, each row by itself."
    )


def _rows(sent: AddToCampaignInput) -> Invited:
    people = Columns(
        sent.external_ids,
        [""] * len(sent.external_ids),
        sent.kinds or (),
        sent.names or (),
        sent.kana or (),
        sent.birth_dates or (),
        sent.addresses or (),
        sent.employees or (),
    )
    return Invited(people, [channel.value for channel in sent.channels], sent.emails or ())
