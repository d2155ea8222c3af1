"""The tenant's choice (廃棄の方針): when numbers that have fallen due go, and how early somebody is told."""

from typing import Annotated

import strawberry

from custody.disposal.listing import show_choice
from custody.disposal_policy import change_disposal_policy
from policies.disposal_plan import DisposalPolicy as Choice
from policies.disposal_plan import RetentionError
from policies.refusals import Denied
from schema.context import Info
from schema.enums import DisposalMode
from schema.quiet import PublicError
from schema.results import INPUT, Refusal, refusal, refused_query


@strawberry.type(description="When numbers that have fallen due go.")
class DisposalPolicy:
    """A tenant's choice."""

    mode: DisposalMode = strawberry.field(description="At once, or together once a year.")
    month: int = strawberry.field(
        description="The month with whose last day the tenant's year ends; counts for a yearly batch."
    )
    copies_years: int = strawberry.field(
        description="How many years copies of payment records (支払調書) are kept after filing, 0 to 7."
    )
    notice_days: int = strawberry.field(description="How many days before its day a disposal is proposed.")


@strawberry.input(description="Another choice.")
class DisposalPolicyInput:
    """A tenant's choice."""

    mode: DisposalMode = strawberry.field(description="At once, or together once a year.")
    month: int = strawberry.field(
        description="The month with whose last day the tenant's year ends, 1 to 12."
    )
    copies_years: int = strawberry.field(
        description="How many years copies of payment records (支払調書) are kept after filing, 0 to 7."
    )
    notice_days: int = strawberry.field(
        description="How many days before its day a disposal is proposed, 0 to 366."
    )


@strawberry.type(description="The choice as it is now; it has reached everybody who has left.")
class DisposalPolicyChanged:
    """A changed choice."""

    policy: DisposalPolicy = strawberry.field(description="The choice.")


DisposalPolicyResult = Annotated[
    DisposalPolicyChanged | Refusal,
    strawberry.union("DisposalPolicyResult", description="What `changeDisposalPolicy` answers."),
]


async def _policy(info: Info) -> DisposalPolicy:
    context = info.context
    choice = await show_choice(context.custodian, context.somebody, context.clock())
    if isinstance(choice, Denied):
        raise refused_query(context, choice)
    return _told(choice.policy)


async def _change_policy(info: Info, input: Annotated[DisposalPolicyInput, INPUT]) -> DisposalPolicyResult:
    context = info.context
    try:
        choice = Choice(input.mode, input.month, input.copies_years, input.notice_days)
    except RetentionError as error:
        name = {"copies_years": "copiesYears", "notice_days": "noticeDays"}.get(error.field, error.field)
        raise PublicError(
            "BAD_USER_INPUT", f"{name}: {error.message_ja}", f"{name}: {error.message_en}"
        ) from None
    done = await change_disposal_policy(context.custodian, context.somebody, choice, context.clock())
    return refusal(context, done) if isinstance(done, Denied) else DisposalPolicyChanged(policy=_told(done))


@strawberry.type
class DisposalPolicyQuery:
    """Queries about the choice."""

    disposal_policy: DisposalPolicy = strawberry.field(
        resolver=_policy, description="The tenant's choice; for those who decide on disposals or check them."
    )


@strawberry.type
class DisposalPolicyMutation:
    """Changes of the choice."""

    change_disposal_policy: DisposalPolicyResult = strawberry.mutation(
        resolver=_change_policy,
        description="Choose when numbers go; for administrators with a recent one-time code.",
    )


def _told(choice: Choice) -> DisposalPolicy:
    return DisposalPolicy(
        mode=choice.mode,
        month=choice.month,
        copies_years=choice.copies_years,
        notice_days=choice.notice_days,
    )
