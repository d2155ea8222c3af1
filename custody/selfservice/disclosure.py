"""One's own record (本人開示): who used, released, refused or looked at one's number, when and why, with proofs.

Only entries about the visitor's own person: a dependent asks for theirs themselves. Reading is written down before
anything is read, and shows on the page like everything else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import bindparam, select

from custody.custodian import Custodian
from custody.leaves import leaves_of
from custody.listing import Page, Window
from custody.record import verifier_key
from custody.selfservice.deeds import DEEDS, ROLES
from custody.selfservice.household import Household, act, acting
from custody.selfservice.proofs import ProvenLeaf, read_proven
from custody.selfservice.visits import Visit
from policies.catalogue_table import Bilingual
from policies.purposes import Catalogue
from policies.refusals import Denied
from tokenizer.audit.action import Action, Outcome
from tokenizer.storage.rows import AuditLeaf, table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Transaction

MOST: Final = 20
"""So many entries are on a page: each proof reads at most 512 hashes."""

_END: Final = 2**53
_LEAF: Final = table_of(AuditLeaf)
_RANGE: Final = (
    _LEAF.c.tenant_id == bindparam("tenant"),
    _LEAF.c.person_id == bindparam("person"),
    _LEAF.c.leaf_index > bindparam("after"),
    _LEAF.c.leaf_index < bindparam("before"),
)
_FORWARD: Final = Statement(
    select(_LEAF.c.leaf_index).where(*_RANGE).order_by(_LEAF.c.leaf_index).limit(MOST + 1)
)
_BACKWARD: Final = Statement(
    select(_LEAF.c.leaf_index).where(*_RANGE).order_by(_LEAF.c.leaf_index.desc()).limit(MOST + 1)
)


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
    """A page of what the log says of the visitor, at most 20 entries; reading it is written down first.

    Args:
        custodian: what the use case works with.
        visit: whose record.
        window: which page; keys are indexes of the log.
        now: milliseconds since the epoch.
    """

    def record(tx: Transaction, household: Household) -> Denied | None:
        said = acting(visit).says(Action.RECORD_DISCLOSE, now, {"link": household.link.public_id})
        custodian.vault.log(visit.tenant).append(tx, leaves_of([visit.person], [0], lambda _: said))
        return None

    refused = await act(custodian, visit, Action.RECORD_DISCLOSE, now, record, giving=False)
    if refused is not None:
        return refused
    wanted = replace(window, limit=min(window.limit, MOST))
    return await custodian.database.read(visit.tenant, lambda tx: _page(tx, custodian, visit, wanted))


def log_key(custodian: Custodian, visit: Visit) -> str:
    """The public key of the company's log, by which proofs are checked."""
    return verifier_key(custodian, visit.tenant)


def _page(tx: Transaction, custodian: Custodian, visit: Visit, window: Window) -> Page[OwnUse]:
    found = _indexes(tx, visit, window)
    more = len(found) > window.limit
    shown = found[: window.limit][:: -1 if window.backward else 1]
    items = [_own_use(custodian.catalogue, leaf) for leaf in read_proven(tx, custodian, visit.tenant, shown)]
    if window.backward:
        return Page(items, has_next=window.before is not None, has_previous=more)
    return Page(items, has_next=more, has_previous=window.after is not None)


def _indexes(tx: Transaction, visit: Visit, window: Window) -> Sequence[int]:
    """One more than the page, nearest to its start first."""
    params = {
        "tenant": visit.tenant,
        "person": visit.person,
        "after": -1 if window.after is None else window.after,
        "before": _END if window.before is None else window.before,
    }
    rows = tx.all(_BACKWARD if window.backward else _FORWARD, params)
    return [row[0] for row in rows[: window.limit + 1]]


def _own_use(catalogue: Catalogue, leaf: ProvenLeaf) -> OwnUse:
    entry = leaf.entry
    purpose = catalogue.get(entry.purpose) if entry.purpose else None
    return OwnUse(
        leaf.index,
        entry.at,
        entry.action,
        DEEDS.get(entry.action, Bilingual(entry.action.value, entry.action.value)),
        entry.outcome,
        entry.human or entry.client or "",
        ROLES[entry.detail.get("by", "company" if entry.human or entry.client else "system")],
        entry.human or "",
        entry.client or "",
        entry.purpose or "",
        purpose.name if purpose else None,
        entry.reason or "",
        entry.rule or "",
        entry.use or "",
        entry.detail,
        leaf.text,
        leaf.proof,
    )
