"""Registrations (登録): verified numbers in the vault, with tokens; and a number taken at the counter in one go."""

from typing import Annotated, cast

import strawberry

from custody.collection.registering import enter_number, register_verified
from custody.rejections import Rejection
from policies.collection_codes import deficiency_of
from policies.identity import Verdict
from policies.refusals import Denied
from schema.collection_chosen import REVISIONS, chosen
from schema.context import Info
from schema.deficiencies import Deficiency, deficiency_nodes
from schema.results import INPUT, Refusal, RowRejection, refusal, row_rejections
from schema.scalars import MyNumber, Token
from schema.verification import VerificationFault, fault_nodes
from schema.verification_case import VerificationCaseInput, case_of


@strawberry.input(description="Collections whose numbers are verified.")
class RegisterCollectionsInput:
    """Collections to register."""

    collection_ids: list[str] = strawberry.field(description="Public ids of the collections, up to 1,000.")
    revisions: list[int] | None = strawberry.field(default=None, description=REVISIONS)


@strawberry.type(
    description="The numbers are in the vault, as columns in the order asked for; what was submitted is destroyed."
)
class CollectionsRegistered:
    """What was registered."""

    collection_ids: list[str] = strawberry.field(description="Public ids.")
    tokens: list[Token] = strawberry.field(description="The caller's own token of each.")
    rejections: list[RowRejection] = strawberry.field(description="The rows that were not, in order.")


@strawberry.input(description="A number that is taken at the counter, with what the handler saw.")
class EnterNumberInput:
    """A number and its case."""

    collection_id: str = strawberry.field(description="Public id of the collection.")
    number: MyNumber = strawberry.field(description="The number.")
    case: VerificationCaseInput = strawberry.field(description="What they saw.")
    revision: int | None = strawberry.field(
        default=None, description="The revision the handler looked at; refused if it has moved on."
    )


@strawberry.type(description="The number is verified and in the vault.")
class CollectionNumberEntered:
    """What was registered."""

    collection_id: str = strawberry.field(description="Public id of the collection.")
    token: Token = strawberry.field(description="The caller's own token.")


@strawberry.type(description="What was shown does not suffice; nothing was kept.")
class VerificationRefused:
    """A verdict that only the log knows of."""

    faults: list[VerificationFault] = strawberry.field(description="Everything that is wrong.")
    deficiencies: list[Deficiency] = strawberry.field(description="What to tell the person.")


RegisterCollectionsResult = Annotated[
    CollectionsRegistered | Refusal,
    strawberry.union("RegisterCollectionsResult", description="What `registerCollections` answers."),
]
EnterNumberResult = Annotated[
    CollectionNumberEntered | VerificationRefused | RowRejection | Refusal,
    strawberry.union("EnterNumberResult", description="What `enterNumber` answers."),
]


async def _register(
    info: Info, input: Annotated[RegisterCollectionsInput, INPUT]
) -> RegisterCollectionsResult:
    context = info.context
    which = chosen(input.collection_ids, input.revisions)
    done = await register_verified(context.custodian, context.somebody, which, context.clock())
    if isinstance(done, Denied):
        return refusal(context, done)
    return CollectionsRegistered(
        collection_ids=[each.public_id for each in done.collections],
        tokens=cast("list[Token]", done.tokens),
        rejections=row_rejections(done.rejections),
    )


async def _enter(info: Info, input: Annotated[EnterNumberInput, INPUT]) -> EnterNumberResult:
    context, now = info.context, info.context.clock()
    done = await enter_number(
        context.custodian,
        context.somebody,
        input.collection_id,
        input.number,
        case_of(input.case, now),
        now,
        input.revision,
    )
    if isinstance(done, Denied):
        return refusal(context, done)
    if isinstance(done, Rejection):
        return row_rejections([done])[0]
    if isinstance(done, Verdict):
        return _refused(done)
    return CollectionNumberEntered(collection_id=done.collections[0].public_id, token=Token(done.tokens[0]))


@strawberry.type
class RegistrationMutation:
    """Numbers that come into force."""

    register_collections: RegisterCollectionsResult = strawberry.mutation(
        resolver=_register,
        description="Register verified numbers, and give the caller's tokens (登録); for handlers.",
    )
    enter_number: EnterNumberResult = strawberry.mutation(
        resolver=_enter,
        description="Take a number at the counter: submitted, verified and registered in one go, or nothing of it; "
        "for handlers.",
    )


def _refused(verdict: Verdict) -> VerificationRefused:
    codes = dict.fromkeys(deficiency_of(each.finding, each.document) for each in verdict.faults)
    return VerificationRefused(
        faults=fault_nodes(verdict.faults), deficiencies=deficiency_nodes(tuple(codes))
    )
