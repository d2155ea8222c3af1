"""Campaigns (収集): what a company asks people for their numbers for, until when, and how far that has come."""

from typing import Annotated

import strawberry

from custody.collection.board import Board, Standing, list_campaigns, show_board
from custody.collection.campaign import Campaign as CustodyCampaign
from custody.collection.campaigns import Wanted, close_campaign, create_campaign
from policies.collection import STATE_NAMES
from policies.refusals import Denied
from schema.collection_enums import CollectionState
from schema.context import Context, Info
from schema.days import day_of, moment_of
from schema.nodes import Node, to_id
from schema.pages import After, Before, Connection, First, Last, connection, window
from schema.purposes import Bilingual, bilingual
from schema.replay import IDEMPOTENCY, replay_of
from schema.results import INPUT, Refusal, refusal, refused_query
from schema.scalars import Day, Moment

CampaignId = Annotated[str, strawberry.argument(description="Public id of the campaign.")]


@strawberry.type(description="A campaign: people are asked for their numbers, for purposes, until a day.")
class Campaign(Node):
    """A campaign."""

    campaign_id: str = strawberry.field(description="Public id, as the audit log names it.")
    name: str = strawberry.field(description="What the company calls it.")
    purposes: list[str] = strawberry.field(description="Codes of the purposes it asks for numbers for.")
    documents: list[str] = strawberry.field(
        description="Codes of the documents it asks for; empty for whatever the law accepts."
    )
    deadline: Day | None = strawberry.field(description="The day by which people are to answer.")
    created_by: str = strawberry.field(description="Who began it.")
    created_at: Moment = strawberry.field(description="When.")
    closed_at: Moment | None = strawberry.field(description="Since when nobody is added; null while it runs.")
    papers_days: int = strawberry.field(
        description="For how many days images are kept after a registration; 0 if they die with it."
    )


@strawberry.type(description="How many collections of a campaign are in a state.")
class CampaignStanding:
    """One column of the board."""

    state: CollectionState = strawberry.field(description="The state.")
    name: Bilingual = strawberry.field(description="The state in words.")
    count: int = strawberry.field(description="How many.")
    first_at: Moment | None = strawberry.field(description="When the first of them came into it.")
    last_at: Moment | None = strawberry.field(description="When the last of them did.")


@strawberry.type(description="A campaign at a glance.")
class CampaignBoard:
    """A campaign with its counts."""

    campaign: Campaign = strawberry.field(description="The campaign.")
    states: list[CampaignStanding] = strawberry.field(
        description="Every state, in the order in which they are passed; those nobody is in with 0."
    )
    sent: int = strawberry.field(
        description="How many envelopes, cards and mails have gone out; a household gets one."
    )
    cost_yen: int = strawberry.field(description="What they cost, in yen.")
    papers: int = strawberry.field(
        description="How many collections have images that are kept beyond the registration."
    )
    papers_first_at: Moment | None = strawberry.field(description="When the first of them are destroyed.")
    papers_last_at: Moment | None = strawberry.field(description="When the last of them are.")


@strawberry.input(description="A campaign to begin.")
class CreateCampaignInput:
    """What a campaign is for."""

    name: str = strawberry.field(description="What the company calls it; 100 characters at most.")
    purposes: list[str] = strawberry.field(description="Codes of the purposes; at least one.")
    deadline: Day = strawberry.field(description="The day by which people are to answer; within two years.")
    documents: list[str] | None = strawberry.field(
        default=None, description="Codes of the documents to ask for; whatever the law accepts if left out."
    )
    consented: bool = strawberry.field(
        default=False, description="Whether the persons consent, where a purpose needs consent."
    )
    papers_days: int = strawberry.field(
        default=0,
        description="For how many days images of papers are kept after a registration: at most 2,557, seven years. "
        "Left out, they are destroyed with it.",
    )
    idempotency_key: str | None = strawberry.field(default=None, description=IDEMPOTENCY)


@strawberry.input(description="A campaign to which nobody is to be added any more.")
class CloseCampaignInput:
    """A campaign to end."""

    campaign_id: str = strawberry.field(description="Public id of the campaign.")


@strawberry.type(description="The campaign as it is now.")
class CampaignChanged:
    """A changed campaign."""

    campaign: Campaign = strawberry.field(description="The campaign; what is under way in it goes on.")


CampaignResult = Annotated[
    CampaignChanged | Refusal,
    strawberry.union("CampaignResult", description="What a mutation answers that changes a campaign."),
]


async def _campaigns(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Connection[Campaign]:
    context = info.context
    view = window(first, after, last, before, "campaign", context)
    page = await list_campaigns(context.custodian, context.somebody, view, context.clock())
    if isinstance(page, Denied):
        raise refused_query(context, page)
    return connection(context, "campaign", page, lambda item: item.id, campaign_node)


async def _campaign(info: Info, campaign_id: CampaignId) -> CampaignBoard | None:
    context = info.context
    board = await show_board(context.custodian, context.somebody, campaign_id, context.clock())
    if isinstance(board, Denied):
        if board.rule == "campaign-unknown":
            return None
        raise refused_query(context, board)
    return _board(board)


async def _create(info: Info, input: Annotated[CreateCampaignInput, INPUT]) -> CampaignResult:
    context = info.context
    wanted = Wanted(
        input.name,
        frozenset(input.purposes),
        frozenset(input.documents or ()),
        input.deadline.isoformat(),
        input.consented,
        input.papers_days,
    )
    replay = replay_of(context, input.idempotency_key, "createCampaign", input)
    done = await create_campaign(context.custodian, context.somebody, wanted, context.clock(), replay)
    return _changed(context, done)


async def _close(info: Info, input: Annotated[CloseCampaignInput, INPUT]) -> CampaignResult:
    context = info.context
    done = await close_campaign(context.custodian, context.somebody, input.campaign_id, context.clock())
    return _changed(context, done)


@strawberry.type
class CampaignQuery:
    """Queries about campaigns."""

    campaigns: Connection[Campaign] = strawberry.field(
        resolver=_campaigns, description="The campaigns of the tenant, oldest first."
    )
    campaign: CampaignBoard | None = strawberry.field(
        resolver=_campaign, description="One campaign, with how many stand where, since when, and the cost."
    )


@strawberry.type
class CampaignMutation:
    """Changes to campaigns."""

    create_campaign: CampaignResult = strawberry.mutation(
        resolver=_create, description="Begin to ask people for their numbers (収集)."
    )
    close_campaign: CampaignResult = strawberry.mutation(
        resolver=_close, description="End a campaign: nobody is added to it; what is under way goes on."
    )


def campaign_node(campaign: CustodyCampaign) -> Campaign:
    """A campaign as the schema tells it."""
    return Campaign(
        id=to_id("Campaign", campaign.public_id),
        campaign_id=campaign.public_id,
        name=campaign.name,
        purposes=list(campaign.purposes),
        documents=list(campaign.documents),
        deadline=day_of(campaign.deadline),
        created_by=campaign.created_by,
        created_at=Moment(campaign.created_at),
        closed_at=moment_of(campaign.closed_at),
        papers_days=campaign.papers_days,
    )


def _board(board: Board) -> CampaignBoard:
    return CampaignBoard(
        campaign=campaign_node(board.campaign),
        states=[_standing(each) for each in board.states],
        sent=board.sent,
        cost_yen=board.cost_yen,
        papers=board.papers,
        papers_first_at=moment_of(board.papers_from),
        papers_last_at=moment_of(board.papers_to),
    )


def _standing(standing: Standing) -> CampaignStanding:
    return CampaignStanding(
        state=standing.state,
        name=bilingual(STATE_NAMES[standing.state]),
        count=standing.count,
        first_at=moment_of(standing.first_at),
        last_at=moment_of(standing.last_at),
    )


def _changed(context: Context, done: CustodyCampaign | Denied) -> CampaignChanged | Refusal:
    if isinstance(done, Denied):
        return refusal(context, done)
    return CampaignChanged(campaign=campaign_node(done))
