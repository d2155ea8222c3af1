"""How commands tell collections: to people in tables, to programs with the names of the API in snake case."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from api.cli.disposal_told import day, moment
from api.cli.output import facts, table
from api.cli.rows import plain
from policies.collection import STATE_NAMES, State

if TYPE_CHECKING:
    from warifu import (
        Bilingual,
        Collection,
        CollectionReview,
        Dispatch,
        IdentityVerification,
        SubmittedItem,
        VerificationFault,
    )

CHANNELS: Final = {
    "LINK_MAIL": "メール / mail",
    "LINK_QR": "QR",
    "KIT": "郵送 / kit",
    "DIRECT": "対面 / direct",
}
KINDS: Final = {
    "EMPLOYEE": "本人 / employee",
    "SPOUSE": "配偶者 / spouse",
    "DEPENDENT": "扶養親族 / dependent",
    "PAYEE": "支払先 / payee",
}
_CHECKS: Final = {"NUMBER": "番号\nnumber", "IDENTITY": "身元\nidentity", "AGENT": "代理\nagent"}
_SENT: Final = {
    "ORDERED": "指示済み / ordered",
    "SENT": "発送済み / sent",
    "VOID": "取りやめ / void",
    "FAILED": "不達 / failed",
}


def both(words: "Bilingual") -> str:
    """Words in both languages, in two lines."""
    return f"{words.ja}\n{words.en}"


def tell_collections(found: Sequence["Collection"]) -> None:
    """Print who stands where."""
    rows: list[list[str | Text]] = [
        [
            Text(f"{each.collection_id}\n") + plain(f"{each.person.external_id} {each.person.name}"),
            _short(CHANNELS, each.channel),
            both(each.state_name),
            moment(each.since),
            "\n".join(reason.code for reason in each.reasons),
        ]
        for each in found
    ]
    columns = ["collection\nperson / 対象者", "方法\nby", "状態\nstate", "日時\nsince", "理由\nwhy"]
    table(f"対象者 / persons: {len(rows)}", columns, rows, whole=(2, 3))


def tell_person(found: "Collection") -> None:
    """Print whose number it is, as on record, and where the collection stands."""
    person = found.person
    pairs: dict[str, Any] = {
        "管理番号 / id": plain(person.external_id),
        "区分 / kind": KINDS.get(person.kind, person.kind),
        "氏名 / name": plain(person.name),
        "フリガナ / kana": plain(person.kana),
        "生年月日 / born": day(person.birth_date),
        "住所 / address": plain(person.address),
        "従業員 / employee": plain(person.employee or "-"),
        "方法 / channel": CHANNELS.get(found.channel, found.channel),
        "状態 / state": f"{found.state_name.ja} / {found.state_name.en} ({moment(found.since)})",
        "理由 / why": [both(reason.words) for reason in found.reasons] or "-",
        "版 / revision": found.revision,
        "次にできること / steps": [f"{each.name.ja} / {each.name.en}" for each in found.steps] or "-",
    }
    facts(f"収集 / collection {found.collection_id}", pairs)


def tell_review(found: "CollectionReview") -> None:
    """Print a collection with all that belongs to it."""
    tell_person(found.collection)
    if found.items:
        _tell_items(found.items)
    for verdict in found.verifications:
        tell_verdict(verdict)
    if found.dispatches:
        _tell_dispatches(found.dispatches)


def tell_verdict(verdict: "IdentityVerification") -> None:
    """Print what the rules decided, and on which articles."""
    words = "認められました / accepted" if verdict.accepted else "認められません / refused"
    pairs: dict[str, Any] = {
        "判定 / verdict": words,
        "番号確認 / number": ", ".join(verdict.number_documents) or "-",
        "身元確認 / identity": ", ".join(verdict.identity_documents) or "-",
        "担当者 / by": f"{plain(verdict.decided_by).plain} ({moment(verdict.decided_at)})",
        "根拠 / articles": list(verdict.basis) or "-",
        "保存しない書類 / destroyed": ", ".join(verdict.discarded) or "-",
    }
    facts(f"本人確認 / verification {verdict.verification_id}", pairs)
    tell_faults(verdict.faults)


def tell_faults(faults: Sequence["VerificationFault"]) -> None:
    """Print everything that does not count, with its article."""
    if not faults:
        return
    rows = [
        [
            "\n".join(filter(None, (each.finding, each.document))),
            _CHECKS.get(each.check, each.check),
            both(each.words),
            each.basis,
        ]
        for each in faults
    ]
    columns = ["不足\nfinding", "確認\ncheck", "内容\nwhat", "根拠\narticle"]
    table(f"認められない点 / findings: {len(rows)}", columns, rows, whole=(0,))


def tell_moved(moved: Iterable[Mapping[str, str | int]]) -> None:
    """Print which collections have moved on."""
    rows = [[str(each["collection_id"]), _state(str(each["state"])), str(each["revision"])] for each in moved]
    columns = ["collection", "状態\nstate", "版\nrevision"]
    table(f"記録しました / recorded: {len(rows)}", columns, rows, whole=(0,))


def _short(names: Mapping[str, str], code: str) -> str:
    """A code in words, in two narrow lines."""
    return names.get(code, code).replace(" / ", "\n")


def _state(name: str) -> str:
    known = STATE_NAMES.get(State[name]) if name in State.__members__ else None
    return f"{known.ja} / {known.en}" if known else name


def _tell_items(items: Sequence["SubmittedItem"]) -> None:
    rows = [
        [
            each.item_id,
            "番号 / number" if each.is_number else f"{each.document or '-'} {each.side or ''}".strip(),
            f"{each.size:,}",
            moment(each.submitted_at),
        ]
        for each in items
    ]
    columns = ["item", "内容\nwhat", "bytes", "日時\nat"]
    table(f"提出物(封印済み) / submitted, sealed: {len(rows)}", columns, rows, whole=(0, 3))


def _state_of(sent: "Dispatch") -> str:
    state = _short(_SENT, sent.state)
    return f"{state}\n{both(sent.fault_name)}" if sent.fault_name else state


def _tell_dispatches(dispatches: Sequence["Dispatch"]) -> None:
    rows: list[list[str | Text]] = [
        [
            each.order_id,
            each.kind,
            f"{each.cost_yen:,}",
            _state_of(each),
            plain(f"{each.ordered_by} ({moment(each.ordered_at)})"),
            moment(each.sent_at),
        ]
        for each in dispatches
    ]
    columns = ["order", "種類\nkind", "円\nyen", "状態\nstate", "指示\nordered", "発送\nsent"]
    table(f"発送 / sent: {len(rows)}", columns, rows, whole=(0, 5))
