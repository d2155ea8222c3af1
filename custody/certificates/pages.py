"""What stands on the papers: the facts as words and dates, ready for the templates."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Final

from custody.certificates.facts import DisposedPerson, Signatory, Stage
from custody.certificates.report import LeftOut, ManagementFacts, Month, OverdueEpoch, RunLine
from custody.certificates.verify import Verified
from tokenizer.audit.note import VerifierKey
from tokenizer.audit.text import to_base64

MOST_PERSONS: Final = 10_000
"""The longest list that is printed; the machine-readable form has the rest."""
_MOST_RUNS: Final = 24
_MOST_REASONS: Final = 12
_JAPAN: Final = timezone(timedelta(hours=9))


def certificate_page(verified: Verified, key: VerifierKey) -> dict[str, Any]:
    """The page of a certificate that was verified with this key."""
    facts, proven = verified.facts, verified.extinction or verified.completion
    places = {rule.code: place for place, rule in enumerate(facts.rules, 1)}
    cited = Counter(code for one in facts.persons for code in one.rules)
    persons = sorted(facts.persons, key=lambda one: (one.external_id, one.person))
    return {
        "kind": facts.kind,
        "stage": facts.stage,
        "number": f"{facts.run}-{1 if facts.stage is Stage.DISPOSED else 2}",
        "issued_on": _day_of(facts.issued_at),
        "tenant": facts.tenant_name,
        "issuer": facts.issuer,
        "reason": facts.reason,
        "contract_ended_on": _day(facts.contract_ended_on),
        "listed": facts.listed,
        "disposed": len(facts.persons),
        "excluded": facts.excluded,
        "finished_at": _moment(facts.finished_at),
        "epoch": facts.epoch,
        "extinct_by": _day_of(facts.extinct_by),
        "extinct_by_en": _in_japan(facts.extinct_by).date().isoformat(),
        "extinct_at": None if facts.extinct_at is None else _moment(facts.extinct_at),
        "confirmed": _signatory(facts.confirmed),
        "approved": _signatory(facts.approved),
        "erased": [{"ja": one.what.ja, "en": one.what.en, "count": one.count} for one in facts.erased],
        "rules": [
            {
                "number": places[rule.code],
                "document": {"ja": rule.document.ja, "en": rule.document.en},
                "period": {"ja": rule.period.ja, "en": rule.period.en},
                "persons": cited[rule.code],
            }
            for rule in facts.rules
        ],
        "persons": [_person(one, [places[code] for code in one.rules]) for one in persons[:MOST_PERSONS]],
        "unnamed": bool(persons) and not any(one.external_id for one in persons),
        "beyond": max(0, len(persons) - MOST_PERSONS),
        "key": str(key),
        "digest": verified.digest,
        "log": {
            "completion": verified.completion.index,
            "extinction": None if verified.extinction is None else verified.extinction.index,
            "size": proven.checkpoint.size,
            "root": to_base64(proven.checkpoint.root),
        },
    }


def report_page(facts: ManagementFacts) -> dict[str, Any]:
    """The pages of a report to management: the latest runs and the commonest reasons, where there are too many."""
    reasons = sorted(facts.left_out, key=lambda one: (-one.persons, one.reason))
    months = facts.months
    return {
        "number": f"{facts.first_day}/{facts.last_day}",
        "issued_on": _day_of(facts.issued_at),
        "tenant": facts.tenant_name,
        "issuer": facts.issuer,
        "first_day": _day(facts.first_day),
        "last_day": _day(facts.last_day),
        "months": [_month(one) for one in months],
        "due": sum(one.due for one in months),
        "disposed": sum(one.disposed for one in months),
        "excluded": sum(one.excluded for one in months),
        "extinct": sum(one.extinct for one in months),
        "runs": [_run(one) for one in facts.runs[-_MOST_RUNS:]],
        "more_runs": max(0, len(facts.runs) - _MOST_RUNS),
        "left_out": [_left_out(one) for one in reasons[:_MOST_REASONS]],
        "more_left_out": sum(one.persons for one in reasons[_MOST_REASONS:]),
        "kept": facts.kept,
        "held": facts.held,
        "waiting": facts.waiting,
        "ahead": facts.ahead,
        "fading": facts.fading,
        "overdue_epochs": [_overdue(one) for one in facts.overdue_epochs],
    }


def _month(one: Month) -> dict[str, Any]:
    year, month = map(int, one.month.split("-"))
    return {
        "year": year,
        "month": month,
        "due": one.due,
        "disposed": one.disposed,
        "excluded": one.excluded,
        "extinct": one.extinct,
    }


def _run(one: RunLine) -> dict[str, Any]:
    return {
        "run": one.run,
        "kind": one.kind,
        "as_of": one.as_of.replace("-", "/"),
        "listed": one.listed,
        "disposed": one.disposed,
        "finished": _short(one.finished_at),
        "extinct_by": _short(one.extinct_by),
        "extinct": _short(one.extinct_at),
    }


def _left_out(one: LeftOut) -> dict[str, Any]:
    return {"reason": one.reason, "persons": one.persons, "held": one.held}


def _overdue(one: OverdueEpoch) -> dict[str, Any]:
    return {"epoch": one.epoch, "destroy_by": _short(one.destroy_by), "destroyed": _short(one.destroyed_at)}


def _short(at: int | None) -> str:
    return "" if at is None else _in_japan(at).strftime("%Y/%m/%d")


def _person(one: DisposedPerson, grounds: Sequence[int]) -> list[str]:
    return [
        one.external_id or f"person_{one.person}",
        one.name or "—",
        one.due_on.replace("-", "/") or "—",
        _in_japan(one.disposed_at).strftime("%Y/%m/%d %H:%M"),
        ", ".join(map(str, grounds)) or "—",
        str(one.leaf_index),
    ]


def _signatory(one: Signatory | None) -> dict[str, str] | None:
    return None if one is None else {"name": one.name, "at": _moment(one.at)}


def _in_japan(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(_JAPAN)


def _moment(at: int) -> str:
    moment = _in_japan(at)
    return f"{_day_of(at)} {moment.hour}時{moment.minute:02}分"


def _day_of(at: int) -> str:
    return _day(_in_japan(at).date().isoformat())


def _day(iso: str) -> str:
    if not iso:
        return ""
    day = date.fromisoformat(iso)
    return f"{day.year}年{day.month}月{day.day}日"
