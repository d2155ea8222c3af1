"""What a finished run's certificates say: read from its rows, with the leaves of the log that bear it out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from sqlalchemy import bindparam, select

from custody.account import list_accounts
from custody.certificates.facts import DisposalFacts, DisposedPerson, Erased, Evidence, Rule, Signatory
from custody.custodian import Custodian
from custody.disposal.digest import read_items, rules_of
from custody.disposal.item import Item, ItemState
from custody.disposal.run import Run, RunState
from custody.disposal.step import find_run
from custody.forecast import refuse_reading
from custody.record import proof_path
from custody.tenants import read_tenant
from custody.terms import DEPARTURE
from policies.actor import Actor
from policies.catalogue_table import Bilingual
from policies.purposes import Catalogue, Purpose, RetentionRule
from policies.refusals import Denied, denied
from tokenizer.audit.path import plan_inclusion
from tokenizer.audit.proof import Proof
from tokenizer.storage.rows import AuditLeaf, table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Lookup, Transaction

_LEAF: Final = table_of(AuditLeaf)
_ENTRY: Final = Statement(
    select(_LEAF.c.entry).where(
        _LEAF.c.tenant_id == bindparam("tenant"), _LEAF.c.leaf_index == bindparam("at")
    )
)
_NAMES: Final = Lookup(
    "p.external_id, p.name",
    "{keys} CROSS JOIN person p WHERE p.tenant_id = :tenant AND p.person_id = keys.key",
    "bigint",
)
_ERASED: Final = ("", "")
"""Id and name of somebody whose record is gone with the contract."""

_LEFT: Final = Bilingual(
    "退職・契約終了の日の翌日から不要になった。", "Not needed from the day after the person left."
)
_AT_MOST: Final = Bilingual("最長", "at most ")


@dataclass(frozen=True, slots=True)
class Certified:
    """The facts of a run, and for each certificate the leaf that bears it out."""

    facts: DisposalFacts
    evidence: tuple[Evidence, ...]


async def certify(
    custodian: Custodian, actor: Actor, run_id: str, now: int, *, issuer: str = "", first: bool = False
) -> Certified | Denied:
    """What is certified of a run that is done: the first certificate, or the second once it is extinct.

    Args:
        custodian: what the use case works with.
        actor: who decides on disposals, or checks them.
        run_id: public id of the run.
        now: milliseconds since the epoch.
        issuer: who keeps the vault.
        first: the first certificate though the second could be drawn.
    """
    denial = await refuse_reading(custodian, actor, now)
    run = None if denial else await find_run(custodian, actor, run_id)
    if denial is not None or run is None:
        return denial or denied("run-unknown")
    if run.state is not RunState.DONE:
        return denied("run-not-done")
    return await certified(custodian, run, issuer=issuer, first=first)


async def certified(
    custodian: Custodian,
    run: Run,
    *,
    issuer: str,
    first: bool,
    signatories: Mapping[str, str] | None = None,
    ended_on: str = "",
    erased: tuple[Erased, ...] = (),
) -> Certified:
    """What is certified of a run that is done, whoever asks.

    Args:
        custodian: what the use case works with.
        run: the run.
        issuer: who keeps the vault.
        first: the first certificate though the second could be drawn.
        signatories: login -> name of who stood behind it; those of the tenant's accounts if None.
        ended_on: the last day of the contract, if it ended.
        erased: what else was erased then.
    """
    is_extinct = bool(run.extinct_at) and not first
    persons = await _persons(custodian, run)
    places = [run.completion_leaf, run.extinction_leaf] if is_extinct else [run.completion_leaf]
    facts = await custodian.database.read(
        run.tenant,
        lambda tx: _facts(tx, custodian, run, persons, issuer, signatories, extinct=is_extinct),
    )
    evidence = await custodian.database.read(
        run.tenant, lambda tx: tuple(_evidence(tx, custodian, run.tenant, place) for place in places)
    )
    return Certified(replace(facts, contract_ended_on=ended_on, erased=erased), evidence)


async def _persons(custodian: Custodian, run: Run) -> tuple[DisposedPerson, ...]:
    found: list[DisposedPerson] = []
    async for items in read_items(custodian, run):
        gone = [item for item in items if item.state is ItemState.DISPOSED]
        if gone:
            found += await custodian.database.read(run.tenant, partial(_named, run, gone))
    return tuple(found)


def _named(run: Run, gone: list[Item], tx: Transaction) -> list[DisposedPerson]:
    rows = tx.match(_NAMES, {"tenant": run.tenant}, [item.person for item in gone])
    names = {gone[place].person: (external_id, name) for place, external_id, name in rows}
    return [
        DisposedPerson(
            item.person,
            *names.get(item.person, _ERASED),
            item.disposed_at,
            item.due_on,
            rules_of(run, item),
            item.leaf_index,
        )
        for item in gone
    ]


def _facts(
    tx: Transaction,
    custodian: Custodian,
    run: Run,
    persons: tuple[DisposedPerson, ...],
    issuer: str,
    signatories: Mapping[str, str] | None,
    *,
    extinct: bool,
) -> DisposalFacts:
    names = _names(tx, custodian, run.tenant) if signatories is None else signatories
    codes = {code for person in persons for code in person.rules}
    return DisposalFacts(
        tenant_name=read_tenant(tx, custodian.authority, run.tenant).name,
        issuer=issuer,
        origin=custodian.vault.log(run.tenant).origin,
        run=run.public_id,
        kind=run.kind,
        reason=run.reason,
        as_of=run.as_of,
        listed=run.listed,
        persons=persons,
        rules=rules(custodian.catalogue, codes),
        confirmed=Signatory(names.get(run.confirmed_by, ""), run.confirmed_by, run.confirmed_at),
        approved=Signatory(names.get(run.approved_by, ""), run.approved_by, run.approved_at),
        finished_at=run.finished_at,
        epoch=run.epoch,
        extinct_by=run.extinct_by,
        extinct_at=run.extinct_at if extinct else None,
        issued_at=run.extinct_at if extinct else run.finished_at,
    )


def _names(tx: Transaction, custodian: Custodian, tenant: int) -> dict[str, str]:
    return {account.login: account.name for account in list_accounts(tx, custodian.authority, tenant)}


def rules(catalogue: Catalogue, codes: Iterable[str]) -> tuple[Rule, ...]:
    """Grounds in words, in the order of their codes."""
    return tuple(_rule(catalogue, code) for code in sorted(codes))


def _rule(catalogue: Catalogue, code: str) -> Rule:
    purpose_code, _, rule = code.partition(":")
    purpose = catalogue.get(purpose_code)
    if purpose is None:
        return Rule(code, Bilingual(purpose_code, purpose_code), _LEFT)
    if rule == DEPARTURE:
        document = Bilingual(
            f"{purpose.name.ja}(書類の記録なし)", f"{purpose.name.en} (no document recorded)"
        )
        return Rule(code, document, _LEFT)
    return Rule(code, purpose.document, _period(catalogue, purpose))


def _period(catalogue: Catalogue, purpose: Purpose) -> Bilingual:
    kept = purpose.retention
    words = catalogue.retention_rules[kept.rule]
    if kept.years is None:
        return words
    limit = _AT_MOST if kept.rule is RetentionRule.B else Bilingual("", "")
    years = "year" if kept.years == 1 else "years"
    return Bilingual(f"{limit.ja}{kept.years}年。{words.ja}", f"{limit.en}{kept.years} {years}. {words.en}")


def _evidence(tx: Transaction, custodian: Custodian, tenant: int, place: int) -> Evidence:
    row = tx.one(_ENTRY, {"tenant": tenant, "at": place})
    if row is None:
        raise LookupError("the log has no such leaf")
    size, checkpoint = custodian.vault.log(tenant).head(tx)
    path = proof_path(tx, tenant, plan_inclusion(place, size))
    return Evidence(row[0], Proof(place, tuple(path), checkpoint).to_text())
