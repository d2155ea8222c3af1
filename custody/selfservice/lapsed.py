"""Links and visits whose time is over: their rows go. What they did stays in the log."""

from typing import Final

from sqlalchemy import bindparam, delete, or_

from custody.selfservice.link import LINK
from custody.selfservice.visit import ABSOLUTE_MS, IDLE_MS, VISIT
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Transaction

_LINKS: Final = Statement(
    delete(LINK).where(LINK.c.tenant_id == bindparam("tenant"), LINK.c.reads_until < bindparam("now"))
)
_VISITS: Final = Statement(
    delete(VISIT).where(
        VISIT.c.tenant_id == bindparam("tenant"),
        or_(VISIT.c.seen_at < bindparam("idle"), VISIT.c.created_at < bindparam("begun")),
    )
)


def drop_lapsed(tx: Transaction, tenant: int, now: int) -> int:
    """Delete the links that open no more, a year and a day after they were issued, and the visits that have ended.

    A link that was revoked or locked stays until then: its collection tells of it. Whoever comes by one that is gone
    is told what whoever comes by an unknown one is: to ask the company for another.

    Args:
        tx: the transaction.
        tenant: whose.
        now: milliseconds since the epoch.

    Returns:
        How many rows went.
    """
    visits = tx.run(_VISITS, {"tenant": tenant, "idle": now - IDLE_MS, "begun": now - ABSOLUTE_MS})
    return visits + tx.run(_LINKS, {"tenant": tenant, "now": now})
