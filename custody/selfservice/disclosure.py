"""One's own record (本人開示): who used, released, refused or looked at one's number, when and why, each with its proof."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from custody.custodian import Custodian
from custody.listing import Page, Window
from custody.selfservice.visits import Visit
from policies.catalogue_table import Bilingual
from policies.refusals import Denied
from tokenizer.audit.action import Action, Outcome

MOST: Final = 50


@dataclass(frozen=True, slots=True)
class OwnUse:
    """One entry of the log about the visitor, with its proof.

    Attributes:
        index: its place in the log; the key of the page.
        at: milliseconds since the epoch.
        action: what was done.
        words: the same in words.
        outcome: whether it was allowed.
        by: login of the human, else name of the client; empty for the person and the program.
        role: in whose name: the company's, the desk's, the person's or the program's, in words.
        human: login of the human, or empty.
        client: name of the client it came through, or empty.
        purpose: code of the purpose, or empty.
        purpose_name: its name; None without one.
        reason: the reason that was given, or empty.
        rule: the rule that decided, or empty.
        use: public id of the use, or empty.
        detail: further facts.
        entry: the leaf itself, as text.
        proof: its inclusion proof with the checkpoint (c2sp.org/tlog-proof).
    """

    index: int
    at: int
    action: Action
    words: Bilingual
    outcome: Outcome
    by: str
    role: Bilingual
    human: str
    client: str
    purpose: str
    purpose_name: Bilingual | None
    reason: str
    rule: str
    use: str
    detail: Mapping[str, str]
    entry: str
    proof: str


async def own_uses(custodian: Custodian, visit: Visit, window: Window, now: int) -> Page[OwnUse] | Denied:
    """A page of what the log says of the visitor, at most 50 entries; reading it is written down first.

    Args:
        custodian: what the use case works with.
        visit: whose record.
        window: which page; keys are indexes of the log.
        now: milliseconds since the epoch.
    """
    raise NotImplementedError
