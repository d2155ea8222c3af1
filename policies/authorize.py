"""May this be done? The one place that answers, and the only producer of `Grant`.

A release is decided in three steps, each a pure function of plain values:

1. `may_prepare`: this caller, this purpose.
2. `may_use`: these persons for this purpose, one decision for all who are alike.
3. `may_confirm` / `may_approve`: this human behind this use.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from policies.actor import Actor, ActorKind
from policies.purposes import Catalogue
from policies.refusals import Denied, denied
from policies.rules import DEFAULT_DENY, TENANT, Answer, Attributes, Question, decide, principal
from tokenizer.grant import Grant


class Likeness(NamedTuple):
    """Everything about a person that a rule looks at; most persons of a batch share one."""

    kind: str
    held: bool
    of_age: bool
    notified: frozenset[str]
    over: frozenset[str]


def may(actor: Actor, action: str) -> Denied | None:
    """Whether an actor may do something in their tenant; None means yes."""
    return _refusal(decide(Question(principal(actor), action, TENANT)))


def may_administer(actor: Actor, action: str, now: int) -> Denied | None:
    """Whether an actor may see or change who has rights in their tenant; None means yes.

    Args:
        actor: who wants to.
        action: the Cedar action.
        now: milliseconds since the epoch; what gives rights needs a one-time code of the last ten minutes.
    """
    context = (("recently_proven", actor.is_proven(now)),)
    return _refusal(decide(Question(principal(actor), action, TENANT, context)))


def may_see_submitted(actor: Actor, now: int) -> Denied | None:
    """Whether an actor may look at numbers and papers that were submitted and not registered yet; None means yes.

    Args:
        actor: who wants to.
        now: milliseconds since the epoch; it needs a one-time code of the last ten minutes.
    """
    context = (("recently_proven", actor.is_proven(now)),)
    return _refusal(decide(Question(principal(actor), "seeSubmitted", TENANT, context)))


def may_prepare(actor: Actor, catalogue: Catalogue, code: str, today: date) -> Denied | None:
    """Whether a caller may ask for numbers for a purpose on a day (in Japan); None means yes."""
    purpose = catalogue.get(code)
    conditions = purpose.conditions if purpose else None
    context = (("in_force", conditions is None or today >= conditions.since),)
    refusal = _refusal(decide(Question(principal(actor), "prepareUse", _purpose(catalogue, code), context)))
    if refusal is None or purpose is None or purpose.reason is None:
        return refusal
    if refusal.rule in {"purpose-refused-by-law", "purpose-off-by-default"}:
        return denied(refusal.rule, purpose.reason.ja, purpose.reason.en)
    return refusal


def may_use(actor: Actor, catalogue: Catalogue, code: str, persons: Likeness) -> Denied | None:
    """Whether the numbers of such persons may be used for a purpose; None means yes."""
    purpose = catalogue.get(code)
    concerns = frozenset[str](purpose.whose if purpose else ())
    return _refusal(
        decide(
            Question(
                principal(actor),
                "useNumber",
                (
                    "Persons",
                    (
                        ("kind", persons.kind),
                        ("held", persons.held),
                        ("of_age", persons.of_age),
                        ("notified", persons.notified),
                        ("over", persons.over),
                    ),
                ),
                (("purpose", code), ("concerns", concerns)),
            )
        )
    )


def may_confirm(human: Actor, catalogue: Catalogue, code: str) -> Denied | None:
    """Whether someone may stand behind a use with a one-time code; None means yes."""
    return _behind(human, "confirmUse", catalogue, code, confirmed=False)


def may_approve(human: Actor, catalogue: Catalogue, code: str, *, confirmed: bool) -> Denied | None:
    """Whether someone may approve a use; `confirmed` says that they confirmed it themselves."""
    return _behind(human, "approveUse", catalogue, code, confirmed=confirmed)


def may_confirm_disposal(human: Actor) -> Denied | None:
    """Whether someone may stand behind the disposal of numbers with a one-time code; None means yes."""
    return _refusal(decide(Question(principal(human), "confirmDisposal", TENANT, (("confirmed", False),))))


def may_approve_disposal(human: Actor, *, confirmed: bool) -> Denied | None:
    """Whether someone may approve a disposal; `confirmed` says that they confirmed it themselves."""
    question = Question(principal(human), "approveDisposal", TENANT, (("confirmed", confirmed),))
    return _refusal(decide(question))


def may_approve_contract_end(human: Actor, *, requested: bool) -> Denied | None:
    """Whether someone may approve that the contract ends; `requested` says that they asked for it themselves."""
    question = Question(principal(human), "approveContractEnd", TENANT, (("confirmed", requested),))
    return _refusal(decide(question))


def grant(
    *,
    human: Actor,
    receiver: Actor,
    persons: Sequence[int],
    purpose: str,
    use: str,
    reason: str,
    approver: str | None,
    rule: str,
    at: int,
) -> Grant:
    """The proof of a decision whose steps all said yes.

    Raises:
        ValueError: human and receiver belong to different tenants; no rule could have allowed that.
    """
    if human.tenant != receiver.tenant:
        raise ValueError("a grant never crosses tenants")
    return Grant(
        tenant=receiver.tenant,
        audience=receiver.audience,
        persons=persons,
        purpose=purpose,
        use=use,
        reason=reason,
        human=human.name,
        approver=approver,
        client=receiver.client,
        rule=rule,
        request=receiver.request,
        at=at,
    )


def _behind(human: Actor, action: str, catalogue: Catalogue, code: str, *, confirmed: bool) -> Denied | None:
    question = Question(principal(human), action, _purpose(catalogue, code), (("confirmed", confirmed),))
    refusal = _refusal(decide(question))
    if refusal and refusal.rule == DEFAULT_DENY and human.kind is ActorKind.CLIENT:
        return denied("a-use-needs-a-human")
    return refusal


def _purpose(catalogue: Catalogue, code: str) -> tuple[str, Attributes]:
    purpose = catalogue.get(code)
    status = purpose.status.value if purpose else "unknown"
    return "Purpose", (("code", code if purpose else ""), ("status", status))


def _refusal(answer: Answer) -> Denied | None:
    return None if answer.allowed else denied(answer.rule)
