"""Tokens for persons who are already registered, and the end of a token."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, delete

from custody.custodian import Custodian, entry, record_refusal
from custody.people import NumberState, known, searchable, tokens_of
from custody.rejections import Rejection, rejection
from custody.roster import MAX_ROWS, normalise_id
from policies.actor import Actor
from policies.authorize import may
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.audit.entry import entry_batch
from tokenizer.audit.log import leaves
from tokenizer.storage.rows import TokenRow, table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Conflict, Transaction

_ATTEMPTS: Final = 6
_TOKEN: Final = table_of(TokenRow)
_DROP: Final = Statement(
    delete(_TOKEN)
    .where(
        _TOKEN.c.tenant_id == bindparam("tenant"),
        _TOKEN.c.token == bindparam("token"),
        _TOKEN.c.audience_id == bindparam("audience"),
    )
    .returning(_TOKEN.c.person_id)
)


@dataclass(frozen=True, slots=True)
class Issued:
    """Tokens in the order of the external ids; None where nobody has the id."""

    tokens: list[str | None]
    rejections: list[Rejection]


async def issue_tokens(
    custodian: Custodian, actor: Actor, external_ids: Sequence[str], now: int
) -> Issued | Denied:
    """Give the caller's own tokens for registered persons; asking again gives the same ones."""
    denial = may(actor, "issueTokens") or _too_many(external_ids)
    if denial is not None:
        refused = entry(actor, Action.TOKEN_ISSUE, now, denied=denial)
        return await record_refusal(custodian, actor, refused, denial)
    wanted = [normalise_id(text) for text in external_ids]
    for _ in range(_ATTEMPTS):
        try:
            return await custodian.database.write(
                actor.tenant, lambda tx: _issue(tx, custodian, actor, wanted, now)
            )
        except Conflict:
            continue
    raise Conflict


async def revoke_tokens(custodian: Custodian, actor: Actor, tokens: Sequence[str], now: int) -> int | Denied:
    """End tokens of the caller's own; a new one can be issued. Returns how many ended."""
    denial = may(actor, "revokeTokens") or _too_many(tokens)
    if denial is not None:
        refused = entry(actor, Action.TOKEN_REVOKE, now, denied=denial)
        return await record_refusal(custodian, actor, refused, denial)

    def work(tx: Transaction) -> int:
        persons = [
            row[0]
            for token in searchable(tokens)
            if (row := tx.one(_DROP, {"tenant": actor.tenant, "token": token, "audience": actor.audience}))
        ]
        if persons:
            record = leaves(entry_batch(entry(actor, Action.TOKEN_REVOKE, now), persons), persons)
            custodian.vault.log(actor.tenant).append(tx, record)
        return len(persons)

    return await custodian.database.write(actor.tenant, work)


def _issue(
    tx: Transaction, custodian: Custodian, actor: Actor, external_ids: Sequence[str], now: int
) -> Issued:
    log = custodian.vault.log(actor.tenant)
    before = log.destructions(tx)
    everybody = known(tx, actor.tenant, external_ids)
    disposed = NumberState.DISPOSED.value
    persons = {text: person for text, person in everybody.items() if person.state != disposed}
    have = tokens_of(tx, actor.tenant, actor.audience, [person.id for person in persons.values()])
    bare = sorted({person.id for person in persons.values()} - have.keys())
    rows = custodian.vault.mint(actor.tenant, actor.audience, bare, now, sandbox=actor.sandbox)
    if rows:
        custodian.vault.store_tokens(tx, rows)
        record = leaves(entry_batch(entry(actor, Action.TOKEN_ISSUE, now), bare), bare)
        if log.append(tx, record).destructions != before:
            raise Conflict  # somebody may have been disposed of since they were looked up
    have |= {row[3]: row[1] for row in rows}
    tokens = [have[persons[text].id] if text in persons else None for text in external_ids]
    without = [
        rejection(row, "NUMBER_NOT_HELD" if external_ids[row] in everybody else "PERSON_UNKNOWN")
        for row, token in enumerate(tokens)
        if token is None
    ]
    return Issued(tokens, without)


def _too_many(rows: Sequence[str]) -> Denied | None:
    return denied("too-many-rows") if len(rows) > MAX_ROWS else None
