"""The end of a contract (解約): asked for by one human, approved by another; after its last day all of it is erased."""

from datetime import date
from typing import Annotated

import strawberry

from custody.contract.ask import request_end, withdraw_end
from custody.contract.decide import approve_end
from custody.contract.end import ContractEnd as CustodyEnd
from custody.contract.show import show_end
from policies.refusals import Denied
from schema.context import Info
from schema.days import moment_of
from schema.disposal import DisposalRun, run_node
from schema.enums import ContractEndState, ContractWait
from schema.replay import IDEMPOTENCY, replay_of
from schema.results import INPUT, Refusal, refusal, refused_query
from schema.scalars import Day, Moment, OneTimeCode, Secret


@strawberry.type(description="The end of the contract, as it was asked for.")
class ContractEnd:
    """A contract's end."""

    state: ContractEndState = strawberry.field(description="How far it has come.")
    ends_on: Day = strawberry.field(
        description="The last day of the contract in Japan. From the next day on nobody can log in."
    )
    reason: str = strawberry.field(description="Why, in the words of who asked.")
    digest: str = strawberry.field(description="SHA-256 over the request: who approves names exactly this.")
    requested_by: str = strawberry.field(description="Login of who asked.")
    requested_at: Moment = strawberry.field(description="When.")
    approved_by: str | None = strawberry.field(description="The second person, who approved it.")
    approved_at: Moment | None = strawberry.field(description="When.")


@strawberry.type(
    description="The end of the contract as a human is to see it before asking for it or approving it."
)
class ContractEndReview:
    """What an end would meet."""

    end: ContractEnd | None = strawberry.field(description="What was asked for; null while nobody has.")
    ends_on: Day = strawberry.field(
        description="The contract's last day: as asked for, or the last day of this month if somebody asked now."
    )
    persons: int = strawberry.field(description="How many numbers would be destroyed.")
    holds: int = strawberry.field(description="How many legal holds stand; with one nothing can be approved.")
    open_runs: list[DisposalRun] = strawberry.field(
        description="Disposals that are open: those of which nothing is destroyed yet would be cancelled."
    )
    waits_for: list[ContractWait] = strawberry.field(
        description="What the end would wait for after the last day, if it is not settled before."
    )


@strawberry.input(description="The contract is to end with the last day of this month.")
class RequestContractEndInput:
    """A request."""

    reason: str = strawberry.field(description="Why; 200 characters at most. It stands on the certificate.")
    idempotency_key: str | None = strawberry.field(default=None, description=IDEMPOTENCY)


@strawberry.input(description="A second human approves that the contract ends and everything is erased.")
class ApproveContractEndInput:
    """An approval."""

    digest: str = strawberry.field(
        description="The digest of the request the human saw (`contractEnd`); refused if it is another."
    )
    code: OneTimeCode = strawberry.field(description="The human's one-time code.")


@strawberry.input(description="The contract is to go on.")
class WithdrawContractEndInput:
    """A withdrawal."""

    reason: str = strawberry.field(description="Why; 200 characters at most.")


@strawberry.type(description="The contract's end waits for another human's approval.")
class ContractEndRequested:
    """A requested end."""

    end: ContractEnd = strawberry.field(description="What was asked for.")
    certificate_key: Secret = strawberry.field(
        description="Fetches the certificates once no account is left; shown this once. "
        "GET /contract/certificates/{disposed|extinct}.{json|pdf} with Authorization: Bearer. Keep it safe."
    )


@strawberry.type(description="The contract's end is approved.")
class ContractEndApproved:
    """An approved end."""

    end: ContractEnd = strawberry.field(description="What was approved.")


@strawberry.type(description="The contract goes on; its certificate key is void.")
class ContractEndWithdrawn:
    """A withdrawn end."""

    ends_on: Day = strawberry.field(description="The day that had been asked for.")


RequestContractEndResult = Annotated[
    ContractEndRequested | Refusal,
    strawberry.union("RequestContractEndResult", description="What `requestContractEnd` answers."),
]
ApproveContractEndResult = Annotated[
    ContractEndApproved | Refusal,
    strawberry.union("ApproveContractEndResult", description="What `approveContractEnd` answers."),
]
WithdrawContractEndResult = Annotated[
    ContractEndWithdrawn | Refusal,
    strawberry.union("WithdrawContractEndResult", description="What `withdrawContractEnd` answers."),
]


async def _contract_end(info: Info) -> ContractEndReview:
    context = info.context
    shown = await show_end(context.custodian, context.somebody, context.clock())
    if isinstance(shown, Denied):
        raise refused_query(context, shown)
    stake = shown.stake
    return ContractEndReview(
        end=_end(shown.end) if shown.end else None,
        ends_on=_day(shown.ends_on),
        persons=stake.persons,
        holds=stake.holds,
        open_runs=[run_node(run) for run in stake.runs],
        waits_for=list(stake.waits_for),
    )


async def _request(info: Info, input: Annotated[RequestContractEndInput, INPUT]) -> RequestContractEndResult:
    context = info.context
    replay = replay_of(context, input.idempotency_key, "requestContractEnd", input)
    done = await request_end(context.custodian, context.somebody, input.reason, context.clock(), replay)
    if isinstance(done, Denied):
        return refusal(context, done)
    return ContractEndRequested(end=_end(done.end), certificate_key=Secret(done.key))


async def _approve(info: Info, input: Annotated[ApproveContractEndInput, INPUT]) -> ApproveContractEndResult:
    context = info.context
    done = await approve_end(context.custodian, context.somebody, input.digest, input.code, context.clock())
    return refusal(context, done) if isinstance(done, Denied) else ContractEndApproved(end=_end(done))


async def _withdraw(
    info: Info, input: Annotated[WithdrawContractEndInput, INPUT]
) -> WithdrawContractEndResult:
    context = info.context
    done = await withdraw_end(context.custodian, context.somebody, input.reason, context.clock())
    if isinstance(done, Denied):
        return refusal(context, done)
    return ContractEndWithdrawn(ends_on=_day(done.ends_on))


@strawberry.type
class ContractQuery:
    """The query about the contract's end."""

    contract_end: ContractEndReview = strawberry.field(
        resolver=_contract_end,
        description="The end of the contract and what it would meet; for those who decide on disposals or check them.",
    )


@strawberry.type
class ContractMutation:
    """The steps of a contract's end."""

    request_contract_end: RequestContractEndResult = strawberry.mutation(
        resolver=_request,
        description="Ask that the contract ends with this month; for administrators with a recent one-time code.",
    )
    approve_contract_end: ApproveContractEndResult = strawberry.mutation(
        resolver=_approve,
        description="Approve the end of the contract as a second person, with a one-time code. "
        "After its last day every number is destroyed and everything else erased.",
    )
    withdraw_contract_end: WithdrawContractEndResult = strawberry.mutation(
        resolver=_withdraw,
        description="Take the end of the contract back; for administrators, until it has begun.",
    )


def _end(end: CustodyEnd) -> ContractEnd:
    return ContractEnd(
        state=end.state,
        ends_on=_day(end.ends_on),
        reason=end.reason,
        digest=end.digest,
        requested_by=end.requested_by,
        requested_at=Moment(end.requested_at),
        approved_by=end.approved_by or None,
        approved_at=moment_of(end.approved_at),
    )


def _day(text: str) -> Day:
    return Day(date.fromisoformat(text))
