"""The proof that a use was allowed. The vault opens numbers for a `Grant` and for nothing else.

Its only producer is `policies.authorize`, once every rule has said yes; what remains for the vault is to spend the
one-time code and the quotas in the same transaction that writes the record.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tokenizer.audit.action import Action, Outcome
from tokenizer.audit.entry import Entry, entry_batch
from tokenizer.audit.log import Leaves, leaves


class Grant(NamedTuple):
    """One authorised release.

    Attributes:
        tenant: whose persons these are.
        audience: who the tokens were made for, and who receives the numbers.
        persons: person ids, in the order in which the numbers are to come out.
        purpose: code of the statutory purpose.
        use: public id of the use.
        reason: why, in the human's words.
        human: public id of the account that gave the one-time code.
        approver: public id of the second account, where the tenant's threshold asked for one.
        client: public id of the machine client that receives the numbers, if one does.
        rule: id of the rule that permitted it.
        request: id of the HTTP request.
        at: when, in milliseconds since the epoch, UTC.
    """

    tenant: int
    audience: int
    persons: Sequence[int]
    purpose: str
    use: str
    reason: str
    human: str
    approver: str | None
    client: str | None
    rule: str
    request: str | None
    at: int


@dataclass(frozen=True, slots=True)
class Withheld:
    """A release that failed at the last step, inside the transaction: a spent code, an exhausted quota.

    Attributes:
        rule: id of the rule that withheld it.
        leaves: the record of the refusal.
    """

    rule: str
    leaves: Leaves


def record_of(grant: Grant) -> Leaves:
    """The record of a release, one leaf for each number: who, through what, when, which person, for what, why."""
    entry = Entry(
        at=grant.at,
        action=Action.NUMBER_RELEASE,
        outcome=Outcome.ALLOWED,
        human=grant.human,
        client=grant.client,
        purpose=grant.purpose,
        use=grant.use,
        reason=grant.reason,
        rule=grant.rule,
        request=grant.request,
        detail={"approver": grant.approver} if grant.approver else {},
    )
    return leaves(entry_batch(entry, grant.persons), grant.persons)
