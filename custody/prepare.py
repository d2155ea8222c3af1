"""Preparing a use: which persons, for which purpose, why; and who of them cannot be part of it.

A row that a rule refuses is rejected by itself and recorded as a refusal; the rest of the request stands. Nothing
is opened here: a prepared use is a question, which a human answers with a one-time code.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final, NamedTuple

from custody.account import is_login
from custody.calendar import day_in_japan, start_of_day_in_japan
from custody.contract.door import ContractOver, check_open
from custody.custodian import Custodian, entry, record_refusal
from custody.judge import Judge
from custody.people import Bearer, bearers
from custody.rejections import Rejection
from custody.replay import Once, Replay
from custody.roster import MAX_ROWS
from custody.tenants import Tenant, read_tenant
from custody.uses import Use, UseState, insert_use
from policies.actor import Actor
from policies.authorize import may_prepare
from policies.free_text import contains_number, is_plain
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.audit.entry import Entry, entry_batch
from tokenizer.audit.log import Leaves, joined, leaves
from tokenizer.storage.transaction import Conflict, Transaction

LIFETIME_MS: Final = 10 * 60_000
APPROVAL_LIFETIME_MS: Final = 24 * 3_600_000
REASON_LIMIT: Final = 200


class Request(NamedTuple):
    """What somebody wants to use numbers for.

    Attributes:
        tokens: of the caller's own audience, in the order in which the numbers are to come out.
        purpose: code of the catalogue.
        reason: why, in the human's words.
        handler: login of the only human who may confirm it; "" for any handler.
    """

    tokens: Sequence[str]
    purpose: str
    reason: str
    handler: str = ""


class Prepared(NamedTuple):
    """A use that waits for a human, and the rows that are not part of it.

    Attributes:
        use: what is asked for.
        rows: places of the tokens that are part of it.
        rejections: the others, each with the rule that refused it.
        refused: the person of each rejection, None where the token named nobody.
    """

    use: Use
    rows: Sequence[int]
    rejections: list[Rejection]
    refused: list[int | None]


class Sight(NamedTuple):
    """What the database knows of a request: the tenant it belongs to, and the person behind each token."""

    tenant: Tenant
    people: Sequence[Bearer | None]


async def prepare(
    custodian: Custodian, actor: Actor, request: Request, now: int, replay: Replay | None = None
) -> Prepared | Denied:
    """Fix a use for a human to confirm.

    Args:
        custodian: what the use case works with.
        actor: a client or a handler.
        request: what for, and whose numbers.
        now: milliseconds since the epoch.
        replay: makes the request idempotent.
    """
    once = Once(replay, _to_answer, _from_answer) if replay else None
    if once is not None:
        answered = await _answered(custodian, actor, request, once, now)
        if answered is not None:
            return answered
    drafted = await draft(custodian, actor, request, now)
    if isinstance(drafted, Denied):
        return drafted
    record = refusals(actor, drafted, now)
    prepared = entry(
        actor,
        Action.USE_PREPARE,
        now,
        purpose=request.purpose,
        use=drafted.use.public_id,
        reason=drafted.use.reason,
        detail={"persons": str(len(drafted.use.persons)), "digest": drafted.use.digest},
    )
    written = joined([record, leaves([prepared.to_bytes()])])

    def work(tx: Transaction) -> None:
        insert_use(tx, custodian.authority, drafted.use)
        if once is not None:
            once.remember(tx, custodian.vault, drafted, now)
        custodian.vault.log(actor.tenant).append(tx, written)
        check_open(tx, actor.tenant)

    try:
        await custodian.database.write(actor.tenant, work)
    except ContractOver:
        return await refuse(custodian, actor, request, denied("contract-ended"), now)
    except Conflict:
        answered = await _answered(custodian, actor, request, once, now) if once else None
        if answered is None:
            raise
        return answered
    return drafted


async def draft(custodian: Custodian, actor: Actor, request: Request, now: int) -> Prepared | Denied:
    """Decide everything that needs no human; write nothing but the record of a refusal."""
    denial = may_ask(custodian, actor, request, now, MAX_ROWS)
    if denial is not None:
        return await refuse(custodian, actor, request, denial, now)
    sight = await custodian.database.read(actor.tenant, lambda tx: look(tx, custodian, actor, request))
    return await draft_of(custodian, actor, request, sight, now)


def may_ask(custodian: Custodian, actor: Actor, request: Request, now: int, limit: int) -> Denied | None:
    """Why a request can be refused without a look at the database, if it can.

    Args:
        custodian: what the use case works with.
        actor: who asks.
        request: what for, and for how many numbers.
        now: milliseconds since the epoch.
        limit: how many numbers they may be.
    """
    return _refuse_shape(request, limit) or may_prepare(
        actor, custodian.catalogue, request.purpose, day_in_japan(now)
    )


def look(tx: Transaction, custodian: Custodian, actor: Actor, request: Request) -> Sight:
    """Read what a request is about."""
    return Sight(
        read_tenant(tx, custodian.authority, actor.tenant),
        bearers(tx, actor.tenant, actor.audience, request.tokens),
    )


async def draft_of(
    custodian: Custodian, actor: Actor, request: Request, sight: Sight, now: int
) -> Prepared | Denied:
    """Decide about what was looked at. If nobody is left, that is recorded and refused."""
    drafted = _choose(custodian, actor, sight, request, now)
    if not drafted.rows:
        await _record(custodian, actor, refusals(actor, drafted, now))
        return _nobody(drafted.rejections)
    return drafted


async def refuse(custodian: Custodian, actor: Actor, request: Request, denial: Denied, now: int) -> Denied:
    """Record that a request as a whole was refused."""
    known = custodian.catalogue.get(request.purpose) is not None
    refused = entry(
        actor,
        Action.NUMBER_REFUSE,
        now,
        denied=denial,
        purpose=request.purpose if known else None,
        detail={"numbers": str(len(request.tokens))},
    )
    return await record_refusal(custodian, actor, refused, denial)


def refusals(actor: Actor, prepared: Prepared, now: int) -> Leaves:
    """One leaf for each person a rule refused, and one for all tokens that name nobody."""
    by_rule: dict[str, list[int | None]] = {}
    for item, person in zip(prepared.rejections, prepared.refused, strict=True):
        by_rule.setdefault(item.code, []).append(person)
    entries: list[bytes] = []
    whom: list[int | None] = []
    for rule, people in by_rule.items():
        persons = [person for person in people if person is not None]
        nameless = len(people) - len(persons)
        refused = _refused(actor, prepared.use, rule, now)
        entries += entry_batch(refused, persons)
        whom += persons
        if nameless:
            entries.append(replace(refused, detail={"tokens": str(nameless)}).to_bytes())
            whom.append(None)
    return leaves(entries, whom)


async def _answered(
    custodian: Custodian, actor: Actor, request: Request, once: Once[Prepared], now: int
) -> Prepared | Denied | None:
    answered = await custodian.database.read(actor.tenant, lambda tx: once.answer(tx, custodian.vault, now))
    return (
        await refuse(custodian, actor, request, answered, now) if isinstance(answered, Denied) else answered
    )


def _to_answer(prepared: Prepared) -> list[Any]:
    use = {name: value for name, value in prepared.use._asdict().items() if name != "state"}
    rejections = [[item.row, item.code, item.message_ja, item.message_en] for item in prepared.rejections]
    return [use, list(prepared.rows), rejections, prepared.refused]


def _from_answer(answer: list[Any]) -> Prepared:
    use, rows, rejections, refused = answer
    return Prepared(
        Use(**use, state=UseState.PREPARED), rows, [Rejection(*item) for item in rejections], refused
    )


def _refuse_shape(request: Request, limit: int) -> Denied | None:
    if len(request.tokens) > limit:
        return denied("too-many-numbers")
    if not request.tokens:
        return denied("no-persons")
    if request.handler and not is_login(request.handler):
        return denied("handler-unknown")
    reason = request.reason.strip()
    if not 0 < len(reason) <= REASON_LIMIT or not is_plain(reason) or contains_number(reason):
        return denied("reason-invalid")
    return None


def _choose(custodian: Custodian, actor: Actor, sight: Sight, request: Request, now: int) -> Prepared:
    """Sort the rows into those the rules allow and those they refuse. Persons who are alike are judged once."""
    tenant, people = sight.tenant, sight.people
    judge = Judge(custodian.catalogue, actor, request.purpose, day_in_japan(now))
    known = [bearer for bearer in people if bearer is not None]
    everybody = dict.fromkeys([bearer.id for bearer in known])
    if len(everybody) == len(people) and judge.allows_all(known):
        use = _use(custodian, actor, tenant, request, list(everybody), now, judge.ends)
        return Prepared(use, range(len(people)), [], [])
    rows: list[int] = []
    persons: dict[int, None] = {}
    rejections: list[Rejection] = []
    refused: list[int | None] = []
    for row, bearer in enumerate(people):
        if bearer is None:
            verdict: Denied | None = denied("token-unknown")
        elif bearer.id in persons:
            verdict = denied("token-repeated")
        else:
            verdict = judge(bearer)
        if verdict is not None:
            rejections.append(Rejection(row, verdict.rule, verdict.message_ja, verdict.message_en))
            refused.append(bearer.id if bearer else None)
        elif bearer is not None:
            rows.append(row)
            persons[bearer.id] = None
    use = _use(custodian, actor, tenant, request, list(persons), now, judge.ends)
    return Prepared(use, rows, rejections, refused)


def _refused(actor: Actor, use: Use, rule: str, now: int) -> Entry:
    return entry(
        actor,
        Action.NUMBER_REFUSE,
        now,
        denied=denied(rule),
        purpose=use.purpose,
        use=use.public_id,
        reason=use.reason,
    )


def _use(
    custodian: Custodian,
    actor: Actor,
    tenant: Tenant,
    request: Request,
    persons: Sequence[int],
    now: int,
    ends: date | None,
) -> Use:
    needs_approval = len(persons) > tenant.settings.approval_over
    expires_at = now + (APPROVAL_LIFETIME_MS if needs_approval else LIFETIME_MS)
    return Use(
        tenant=actor.tenant,
        id=custodian.vault.new_ids(1, now)[0],
        audience=actor.audience,
        client=actor.client or "",
        prepared_by=actor.human or "",
        handler=request.handler,
        purpose=request.purpose,
        reason=request.reason.strip(),
        persons=persons,
        needs_approval=needs_approval,
        prepared_at=now,
        expires_at=min(expires_at, start_of_day_in_japan(ends) - 1) if ends else expires_at,
        state=UseState.PREPARED,
    )


def _nobody(rejections: Sequence[Rejection]) -> Denied:
    """The refusal of a request of which no row is left: by the rule, if one refused them all."""
    rules = {item.code for item in rejections}
    return denied(rules.pop()) if len(rules) == 1 else denied("no-persons")


async def _record(custodian: Custodian, actor: Actor, record: Leaves) -> None:
    if record.entries:
        log = custodian.vault.log(actor.tenant)
        await custodian.database.write(actor.tenant, lambda tx: log.append(tx, record))
