"""Who falls due: found by the index on the day, in steps, without those whom a hold or another run has."""

from typing import Final, NamedTuple

from sqlalchemy import and_, bindparam, exists, or_, select, text, tuple_

from custody.certificates.facts import Kind
from custody.disposal.item import ITEM
from custody.disposal.run import OPEN, RUN, RunState
from custody.hold import HOLD
from custody.people import PERSON, NumberState
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Transaction

_OPEN: Final = or_(*(RUN.c.state == state.value for state in OPEN))
_OF_LIST: Final = and_(
    ITEM.c.tenant_id == PERSON.c.tenant_id,
    ITEM.c.person_id == PERSON.c.person_id,
    RUN.c.tenant_id == ITEM.c.tenant_id,
    RUN.c.run_id == ITEM.c.run_id,
)
_CANCELLED: Final = and_(
    RUN.c.kind == Kind.DUE.value,
    RUN.c.state == RunState.CANCELLED.value,
    RUN.c.finished_at > bindparam("since"),
)
_LEFT_OUT: Final = and_(ITEM.c.decided_by != "", ITEM.c.decided_at > bindparam("since"))
_CONDITIONS: Final = (
    PERSON.c.tenant_id == bindparam("tenant"),
    text("person.due_on <> ''"),  # the condition of the index, which no planner uses unless it is told
    PERSON.c.due_on <= bindparam("until"),
    PERSON.c.number_state == NumberState.HELD.value,
    ~exists().where(
        HOLD.c.tenant_id == PERSON.c.tenant_id, HOLD.c.person_id == PERSON.c.person_id, HOLD.c.lifted_at == 0
    ),
    ~exists().where(_OF_LIST, or_(_OPEN, _CANCELLED, _LEFT_OUT)),
)
_DAYS: Final = Statement(select(PERSON.c.due_on).where(*_CONDITIONS).distinct().order_by(PERSON.c.due_on))
_PERSONS: Final = Statement(
    select(PERSON.c.due_on, PERSON.c.person_id)
    .where(
        *_CONDITIONS,
        tuple_(PERSON.c.due_on, PERSON.c.person_id) > tuple_(bindparam("day"), bindparam("person")),
    )
    .order_by(PERSON.c.due_on, PERSON.c.person_id)
    .limit(bindparam("count"))
)


class Candidate(NamedTuple):
    """A person whose number falls due, and on which day (ISO 8601)."""

    day: str
    person: int


START: Final = Candidate("", 0)
"""Before everybody."""


def due_days(tx: Transaction, tenant: int, until: str, since: int) -> list[str]:
    """The days up to one on which somebody falls due, earliest first.

    Args:
        tx: the transaction.
        tenant: whose persons.
        until: the last day, ISO 8601.
        since: whoever was left out by hand, or was on a run that was cancelled, later than this (in milliseconds) is
            not asked about again yet.
    """
    return [row[0] for row in tx.all(_DAYS, {"tenant": tenant, "until": until, "since": since})]


def due_persons(
    tx: Transaction, tenant: int, until: str, since: int, after: Candidate, count: int
) -> list[Candidate]:
    """The next persons who fall due, by day and id; the arguments are those of `due_days`."""
    params = {
        "tenant": tenant,
        "until": until,
        "since": since,
        "day": after.day,
        "person": after.person,
        "count": count,
    }
    return [Candidate(*row) for row in tx.all(_PERSONS, params)]
