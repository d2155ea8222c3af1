"""The facts of a certificate as the members of a JSON object, and back.

A field that has nothing to say is left out, and reading gives exactly what was written or refuses: one meaning has
one form. Read are only objects whose persons and rules stand in order, once each, and whose days and times are such.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Final, TypeVar

from custody.certificates.errors import CertificateError, CertificateFault
from custody.certificates.facts import DisposalFacts, DisposedPerson, Erased, Kind, Rule, Signatory
from policies.catalogue_table import Bilingual
from tokenizer.audit.text import MAX_INTEGER

T = TypeVar("T")
Ordered = TypeVar("Ordered", int, str)
Members = Mapping[str, Any]

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def encode(facts: DisposalFacts) -> dict[str, object]:
    """Give the members of the certificate's object."""
    return _without_empty(
        {
            "tenant": facts.tenant_name,
            "issuer": facts.issuer,
            "origin": facts.origin,
            "run": facts.run,
            "kind": str(facts.kind),
            "stage": str(facts.stage),
            "reason": facts.reason,
            "as_of": facts.as_of,
            "listed": facts.listed,
            "disposed": len(facts.persons),
            "persons": [_person(one) for one in facts.persons],
            "rules": [_rule(one) for one in facts.rules],
            "confirmed": _signatory(facts.confirmed),
            "approved": _signatory(facts.approved),
            "finished_at": facts.finished_at,
            "epoch": facts.epoch,
            "extinct_by": facts.extinct_by,
            "extinct_at": facts.extinct_at,
            "issued_at": facts.issued_at,
            "contract_ended_on": facts.contract_ended_on,
            "erased": [{**_words(one.what), "count": one.count} for one in facts.erased],
        }
    )


def decode(found: object) -> DisposalFacts:
    """Read what `encode` gave.

    Raises:
        CertificateError: a member is missing, unknown, empty, out of order, or of the wrong type or value.
    """
    members = _members(found, "certificate")
    facts = DisposalFacts(
        tenant_name=_text(members, "tenant"),
        issuer=_text(members, "issuer", ""),
        origin=_text(members, "origin"),
        run=_text(members, "run"),
        kind=_kind(members),
        reason=_text(members, "reason", ""),
        as_of=_day(members, "as_of"),
        listed=_integer(members, "listed"),
        persons=_each(members, "persons", _read_person),
        rules=_each(members, "rules", _read_rule),
        confirmed=_read_signatory(members, "confirmed"),
        approved=_read_signatory(members, "approved"),
        finished_at=_integer(members, "finished_at"),
        epoch=_integer(members, "epoch"),
        extinct_by=_integer(members, "extinct_by"),
        extinct_at=_integer(members, "extinct_at") if "extinct_at" in members else None,
        issued_at=_integer(members, "issued_at"),
        contract_ended_on=_day(members, "contract_ended_on", ""),
        erased=_each(members, "erased", _read_erased),
    )
    _check_order(facts)
    if encode(facts) != found:
        raise _wrong("certificate")
    return facts


def _person(one: DisposedPerson) -> dict[str, object]:
    return _without_empty(
        {
            "person": one.person,
            "external_id": one.external_id,
            "name": one.name,
            "disposed_at": one.disposed_at,
            "due_on": one.due_on,
            "rules": sorted(one.rules),
            "leaf": one.leaf_index,
        }
    )


def _rule(one: Rule) -> dict[str, object]:
    return {"code": one.code, "document": _words(one.document), "period": _words(one.period)}


def _signatory(one: Signatory | None) -> dict[str, object] | None:
    return None if one is None else {"name": one.name, "account": one.account, "at": one.at}


def _words(one: Bilingual) -> dict[str, object]:
    return {"ja": one.ja, "en": one.en}


def _without_empty(members: Members) -> dict[str, object]:
    return {name: value for name, value in members.items() if value not in ("", None, [])}


def _read_person(found: object) -> DisposedPerson:
    members = _members(found, "persons")
    rules = _each(members, "rules", lambda rule: _filled(rule, "rules"))
    return DisposedPerson(
        person=_integer(members, "person"),
        external_id=_text(members, "external_id", ""),
        name=_text(members, "name", ""),
        disposed_at=_integer(members, "disposed_at"),
        due_on=_day(members, "due_on", ""),
        rules=rules,
        leaf_index=_integer(members, "leaf"),
    )


def _read_rule(found: object) -> Rule:
    members = _members(found, "rules")
    return Rule(_text(members, "code"), _read_words(members, "document"), _read_words(members, "period"))


def _read_signatory(members: Members, name: str) -> Signatory | None:
    if name not in members:
        return None
    found = _members(members[name], name)
    return Signatory(_text(found, "name"), _text(found, "account"), _integer(found, "at"))


def _read_words(members: Members, name: str) -> Bilingual:
    found = _members(members.get(name), name)
    return Bilingual(_text(found, "ja"), _text(found, "en"))


def _read_erased(found: object) -> Erased:
    members = _members(found, "erased")
    return Erased(Bilingual(_text(members, "ja"), _text(members, "en")), _integer(members, "count"))


def _check_order(facts: DisposalFacts) -> None:
    codes = [rule.code for rule in facts.rules]
    if not _ascends(codes):
        raise _wrong("rules")
    if not _ascends([one.person for one in facts.persons]) or facts.excluded < 0:
        raise _wrong("persons")
    known = set(codes)
    if not all(_ascends(one.rules) and known.issuperset(one.rules) for one in facts.persons):
        raise _wrong("rules")


def _ascends(values: Sequence[Ordered]) -> bool:
    return all(one < other for one, other in pairwise(values))


def _kind(members: Members) -> Kind:
    try:
        return Kind(_text(members, "kind"))
    except ValueError:
        raise _wrong("kind") from None


def _text(members: Members, name: str, absent: str | None = None) -> str:
    return absent if absent is not None and name not in members else _filled(members.get(name), name)


def _filled(value: object, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise _wrong(name)
    return value


def _day(members: Members, name: str, absent: str | None = None) -> str:
    text = _text(members, name, absent)
    if text and not _is_day(text):
        raise _wrong(name)
    return text


def _is_day(text: str) -> bool:
    try:
        return _DAY.fullmatch(text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _integer(members: Members, name: str) -> int:
    value = members.get(name)
    if type(value) is not int or not 0 <= value <= MAX_INTEGER:
        raise _wrong(name)
    return value


def _each(members: Members, name: str, read: Callable[[object], T]) -> tuple[T, ...]:
    found = members.get(name, [])
    if not isinstance(found, list):
        raise _wrong(name)
    return tuple(map(read, found))


def _members(found: object, name: str) -> Members:
    if not isinstance(found, dict):
        raise _wrong(name)
    return found


def _wrong(name: str) -> CertificateError:
    return CertificateError(CertificateFault.FIELD, name)
