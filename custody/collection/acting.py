"""Who takes a step of a collection, and what the log says of them: the company, the desk, the person, the program."""

from dataclasses import dataclass

from custody.custodian import entry
from policies.actor import Actor
from policies.authorize import may
from policies.collection import By
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action, Outcome
from tokenizer.audit.entry import Entry


@dataclass(frozen=True, slots=True)
class Acting:
    """Somebody who takes a step.

    Attributes:
        by: in whose name.
        tenant: in which tenant.
        sandbox: whether it is a sandbox.
        actor: who of the tenant it is; None for the person, who has no account, and for the program.
        request: id of the HTTP request, where there is one.
    """

    by: By
    tenant: int
    sandbox: bool = False
    actor: Actor | None = None
    request: str | None = None

    def says(
        self, action: Action, now: int, detail: dict[str, str], *, denied: Denied | None = None
    ) -> Entry:
        """A leaf about what they did, or were refused; the person it concerns is added with the leaf."""
        told = {**detail, "by": self.by.value}
        if self.actor is not None:
            return entry(self.actor, action, now, denied=denied, detail=told)
        return Entry(
            at=now,
            action=action,
            outcome=Outcome.DENIED if denied else Outcome.ALLOWED,
            rule=denied.rule if denied else None,
            request=self.request,
            detail=told,
        )


def company(actor: Actor) -> Acting:
    """Somebody of the company, or a client of it."""
    return Acting(By.COMPANY, actor.tenant, actor.sandbox, actor, actor.request)


def desk(actor: Actor) -> Acting:
    """A handler who checks what arrived."""
    return Acting(By.DESK, actor.tenant, actor.sandbox, actor, actor.request)


def person(tenant: int, request: str | None, *, sandbox: bool) -> Acting:
    """The person whose number it is, or who brings a dependent's; whoever calls this made sure that it is them."""
    return Acting(By.PERSON, tenant, sandbox, None, request)


def program(tenant: int) -> Acting:
    """The program by itself."""
    return Acting(By.SYSTEM, tenant)


def counter(actor: Actor) -> Acting:
    """Whoever stands at the counter: a handler as the desk, anybody else as the company."""
    return desk(actor) if may(actor, "verifyCollections") is None else company(actor)


def refuse_acting(acting: Acting) -> Denied | None:
    """Why somebody may take no steps in this name; None if they may.

    Of the person, and of the program, whoever made the `Acting` has made sure.
    """
    if acting.actor is None:
        return None if acting.by in {By.PERSON, By.SYSTEM} else denied("no-rule-permits")
    return may(acting.actor, "verifyCollections" if acting.by is By.DESK else "manageCampaigns")
