"""Collections (収集の進捗): where each person of a campaign stands, since when, and what can be done next."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

import strawberry

from custody.collection.board import ListedCollection, ShownCollection, list_collections, show_collection
from custody.collection.decisions import record_arrival
from custody.collection.possible import names_of, possible_steps
from custody.people import Person as CustodyPerson
from policies.catalogue_table import Bilingual as Words
from policies.collection import STATE_NAMES, STEP_NAMES, By
from policies.collection_codes import CLOSINGS, DEFICIENCIES, NO_NUMBER, REFUSAL_OUTCOMES
from policies.refusals import Denied
from schema.campaigns import CampaignId
from schema.collection_chosen import COLLECTION_IDS, REVISIONS, CollectionsResult, chosen, moved
from schema.collection_enums import CollectionChannel, CollectionState, CollectionStep
from schema.context import Context, Info
from schema.days import day_of, moment_of
from schema.enums import NumberState, PersonKind
from schema.nodes import Node, to_id
from schema.pages import After, Before, Connection, First, Last, connection, window
from schema.purposes import Bilingual, bilingual
from schema.results import INPUT, refused_query
from schema.scalars import Day, Moment


@strawberry.type(description="Whose number is asked for.")
class CollectionPerson:
    """The person of a collection."""

    external_id: str = strawberry.field(description="The tenant's own id.")
    kind: PersonKind = strawberry.field(description="Whose number it is.")
    name: str = strawberry.field(description="Name.")
    kana: str = strawberry.field(description="Its reading.")
    birth_date: Day | None = strawberry.field(description="Birth date.")
    address: str = strawberry.field(description="Address.")
    employee: str | None = strawberry.field(description="External id of the employee who brings the number.")
    number_state: NumberState = strawberry.field(description="Whether the vault holds their number.")


@strawberry.type(description="Why a collection stands where it stands.")
class CollectionReason:
    """A code with its words."""

    code: str = strawberry.field(
        description="Of DeficiencyCode, RefusalOutcome, NoNumberEvidence or ClosingReason."
    )
    words: Bilingual = strawberry.field(description="The same in words.")


@strawberry.type(description="Something the caller may do next.")
class CollectionPossibleStep:
    """A step with its name."""

    step: CollectionStep = strawberry.field(description="The step.")
    name: Bilingual = strawberry.field(description="The same in words.")


@strawberry.type(description="The collection of one person's number in a campaign.")
class Collection(Node):
    """Where one person stands."""

    collection_id: str = strawberry.field(description="Public id, as the audit log names it.")
    campaign_id: str = strawberry.field(description="Public id of the campaign.")
    person: CollectionPerson = strawberry.field(description="Whose number is asked for.")
    channel: CollectionChannel = strawberry.field(description="How they are asked.")
    email: str | None = strawberry.field(description="Where mail goes.")
    state: CollectionState = strawberry.field(description="Where it stands.")
    state_name: Bilingual = strawberry.field(description="The state in words.")
    since: Moment = strawberry.field(description="Since when.")
    revision: int = strawberry.field(
        description="Counts its changes: whoever decides names the one they saw, and is told if it has moved on."
    )
    instructed_at: Moment = strawberry.field(description="When it was asked for.")
    distributed_at: Moment | None = strawberry.field(description="When a kit, link or mail last went out.")
    dispatched_at: Moment | None = strawberry.field(
        description="When anything last went out, or was ordered to: kit, link, mail or reminder."
    )
    arrived_at: Moment | None = strawberry.field(description="When something last came back.")
    deficient_at: Moment | None = strawberry.field(description="When it was last found deficient.")
    verified_at: Moment | None = strawberry.field(description="When the identity was verified.")
    ended_at: Moment | None = strawberry.field(
        description="When it ended: registered, refused, not assigned, closed."
    )
    reasons: list[CollectionReason] = strawberry.field(description="Deficiencies, or why it ended.")
    asked_on: Day | None = strawberry.field(description="The day on which who refused was asked.")
    has_number: bool = strawberry.field(
        description="Whether a number was submitted that is not registered yet."
    )
    papers_until: Moment | None = strawberry.field(
        description="When images that are kept beyond the registration are destroyed; null where there are none."
    )
    steps: list[CollectionPossibleStep] = strawberry.field(description="What the caller may do with it next.")


@strawberry.input(description="Collections whose kits came back, or whose papers were handed over.")
class RecordArrivalsInput:
    """Arrivals."""

    collection_ids: list[str] = strawberry.field(description=COLLECTION_IDS)
    revisions: list[int] | None = strawberry.field(default=None, description=REVISIONS)


async def _collections(
    info: Info,
    campaign_id: CampaignId,
    state: Annotated[
        CollectionState | None, strawberry.argument(description="Only collections in this state.")
    ] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[Collection]:
    context = info.context
    view = window(first, after, last, before, "collection", context)
    page = await list_collections(
        context.custodian, context.somebody, campaign_id, state, view, context.clock()
    )
    if isinstance(page, Denied):
        raise refused_query(context, page)
    names = names_of(context.somebody)

    def node(item: ListedCollection) -> Collection:
        return collection_node(item, names)

    return connection(context, "collection", page, lambda item: item.collection.id, node)


async def _arrived(info: Info, input: Annotated[RecordArrivalsInput, INPUT]) -> CollectionsResult:
    context = info.context
    which = chosen(input.collection_ids, input.revisions)
    return moved(context, await record_arrival(context.custodian, context.somebody, which, context.clock()))


@strawberry.type
class CollectionQuery:
    """Queries about collections."""

    collections: Connection[Collection] = strawberry.field(
        resolver=_collections,
        description="The collections of a campaign, in the order in which they were added.",
    )


@strawberry.type
class CollectionMutation:
    """Steps of collections."""

    record_arrivals: CollectionsResult = strawberry.mutation(
        resolver=_arrived, description="Record that kits came back, or papers were handed over (キット到着)."
    )


async def find_collection(context: Context, collection_id: str) -> Collection | None:
    """The collection of a public id, for whoever may see it."""
    shown = await show_collection(context.custodian, context.somebody, collection_id, context.clock())
    if isinstance(shown, Denied):
        return None
    return collection_node(shown, names_of(context.somebody))


def collection_node(found: ListedCollection | ShownCollection, names: frozenset[By]) -> Collection:
    """A collection as the schema tells it to somebody who may act in these names."""
    collection = found.collection
    return Collection(
        id=to_id("Collection", collection.public_id),
        collection_id=collection.public_id,
        campaign_id=f"cmp_{collection.campaign}",
        person=_person(found.person),
        channel=collection.channel,
        email=collection.email or None,
        state=collection.state,
        state_name=bilingual(STATE_NAMES[collection.state]),
        since=Moment(collection.since),
        revision=collection.revision,
        instructed_at=Moment(collection.instructed_at),
        distributed_at=moment_of(collection.distributed_at),
        dispatched_at=moment_of(found.dispatched_at),
        arrived_at=moment_of(collection.arrived_at),
        deficient_at=moment_of(collection.deficient_at),
        verified_at=moment_of(collection.verified_at),
        ended_at=moment_of(collection.ended_at),
        reasons=_reasons(collection.codes),
        asked_on=day_of(collection.asked_on),
        has_number=bool(collection.number_item),
        papers_until=moment_of(collection.papers_until),
        steps=[
            CollectionPossibleStep(step=step, name=bilingual(STEP_NAMES[step]))
            for step in possible_steps(collection.state, names)
        ],
    )


def _person(person: CustodyPerson) -> CollectionPerson:
    return CollectionPerson(
        external_id=person.external_id,
        kind=person.kind,
        name=person.name,
        kana=person.kana,
        birth_date=Day(person.birth_date) if person.birth_date else None,
        address=person.address,
        employee=person.employee or None,
        number_state=person.number_state,
    )


def _reasons(codes: Sequence[str]) -> list[CollectionReason]:
    return [CollectionReason(code=code, words=bilingual(_WORDS[code])) for code in codes]


_WORDS: Final[Mapping[str, Words]] = {
    code.value: words
    for listed in (DEFICIENCIES, REFUSAL_OUTCOMES, NO_NUMBER, CLOSINGS)
    for code, words in listed.items()
}
