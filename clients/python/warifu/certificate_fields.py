"""Which fields a certificate has, and what may stand in each."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from warifu.audit_error import CertificateVerificationError

Check = Callable[[Any], bool]
Fields = Mapping[str, Check]

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LARGEST = 2**53 - 1


def check_fields(found: object) -> None:
    """Make sure that a certificate has the fields it must have, no others, and each in order.

    Raises:
        CertificateVerificationError: It has not; `where` names the field.
    """
    facts = _checked(found, _REQUIRED, _OPTIONAL, "certificate")
    persons = [_checked(one, _PERSON, _PERSON_OPTIONAL, "persons") for one in facts.get("persons", ())]
    rules = [_checked(one, _RULE, {}, "rules") for one in facts.get("rules", ())]
    codes = [one["code"] for one in rules]
    known = set(codes)
    _require("persons", that=_ascends([one["person"] for one in persons]))
    _require("rules", that=_ascends(codes))
    _require("rules", that=all(known.issuperset(one.get("rules", ())) for one in persons))
    _require("disposed", that=facts["disposed"] == len(persons) <= facts["listed"])
    _require("stage", that=(facts["stage"] == "extinct") == ("extinct_at" in facts))


def _checked(found: object, required: Fields, optional: Fields, where: str) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise CertificateVerificationError("certificate-field", where)
    _require(where, that=required.keys() <= found.keys() <= required.keys() | optional.keys())
    for name, value in found.items():
        _require(name, that=(required.get(name) or optional[name])(value))
    return found


def _require(where: str, *, that: bool) -> None:
    if not that:
        raise CertificateVerificationError("certificate-field", where)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_integer(value: object) -> bool:
    return type(value) is int and 0 <= value <= _LARGEST


def _is_day(value: object) -> bool:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_filled_list(value: object) -> bool:
    return isinstance(value, list) and bool(value)


def _is_codes(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_text, value)) and _ascends(value)


def _ascends(values: Sequence[Any]) -> bool:
    return all(before < after for before, after in pairwise(values))


def _one_of(*words: str) -> Check:
    return lambda value: value in words


def _object(**fields: Check) -> Check:
    def check(value: object) -> bool:
        return (
            isinstance(value, dict)
            and value.keys() == fields.keys()
            and all(is_right(value[name]) for name, is_right in fields.items())
        )

    return check


_WORDS = _object(ja=_is_text, en=_is_text)
_SIGNATORY = _object(name=_is_text, account=_is_text, at=_is_integer)
_ERASED = _object(ja=_is_text, en=_is_text, count=_is_integer)
_REQUIRED: Fields = {
    "tenant": _is_text,
    "origin": _is_text,
    "run": _is_text,
    "kind": _one_of("due", "instruction", "contract_end"),
    "stage": _one_of("disposed", "extinct"),
    "as_of": _is_day,
    "listed": _is_integer,
    "disposed": _is_integer,
    "finished_at": _is_integer,
    "epoch": _is_integer,
    "extinct_by": _is_integer,
    "issued_at": _is_integer,
}
_OPTIONAL: Fields = {
    "issuer": _is_text,
    "reason": _is_text,
    "persons": _is_filled_list,
    "rules": _is_filled_list,
    "confirmed": _SIGNATORY,
    "approved": _SIGNATORY,
    "extinct_at": _is_integer,
    "contract_ended_on": _is_day,
    "erased": lambda value: _is_filled_list(value) and all(map(_ERASED, value)),
}
_PERSON: Fields = {"person": _is_integer, "disposed_at": _is_integer, "leaf": _is_integer}
_PERSON_OPTIONAL: Fields = {
    "external_id": _is_text,
    "name": _is_text,
    "due_on": _is_day,
    "rules": _is_codes,
}
_RULE: Fields = {"code": _is_text, "document": _WORDS, "period": _WORDS}
