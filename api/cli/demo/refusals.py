"""What does not work, each with its reason and its entry in the audit log."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from api.cli.demo.report import Report
from api.cli.output import CommandError
from warifu import Refused, Warifu

PURPOSE: Final = "TAX_GENSEN"
_NOT_TOLD: Final = "EI_SHUTOKU"
_NOT_OURS: Final = "TAX_SHI_HOSHU"
_REASON: Final = "デモ / demo"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part.

    Attributes:
        payroll: the payroll client.
        handler: the handler's session.
        stranger: a client of another company.
        their_auditor: somebody who may read the other company's record.
    """

    payroll: Warifu
    handler: Warifu
    stranger: Warifu
    their_auditor: Warifu


def show_refusals(cast: Cast, tokens: dict[str, str], code: str, report: Report) -> None:
    """Try what must not work.

    Args:
        cast: who takes part.
        tokens: the payroll client's tokens.
        code: the handler's code that was spent.
        report: what happens is told here.
    """
    payroll, handler, stranger = cast.payroll, cast.handler, cast.stranger
    some = list(tokens.values())[:3]
    report.chapter("できないこと / what does not work")
    handler_name = handler.viewer().name
    handler.change_client("payroll", [PURPOSE, _NOT_TOLD])
    attempts: list[tuple[str, str, Callable[[], object]]] = [
        (
            "同じコードをもう一度 / the same code again",
            "code-used",
            lambda: payroll.detokenize(some, PURPOSE, _REASON, code, handler_name),
        ),
        (
            "別の利用目的 / another purpose",
            "purpose-not-allowed-to-client",
            lambda: payroll.prepare_use(some, _NOT_OURS, _REASON),
        ),
        (
            "本人に通知していない目的 / a purpose the persons were not told of",
            "purpose-not-notified",
            lambda: payroll.prepare_use(some, _NOT_TOLD, _REASON),
        ),
        (
            "よその会社のトークン / another company's token",
            "token-unknown",
            lambda: stranger.prepare_use(some, PURPOSE, _REASON),
        ),
        (
            "人の確認がないクライアント単独 / the client alone, without a human",
            "a-use-needs-a-human",
            lambda: payroll.detokenize(some, PURPOSE, _REASON, code, ""),
        ),
        (
            "労災年金 RO_NENKIN / an industrial accident pension",
            "purpose-refused-by-law",
            lambda: payroll.prepare_use(some, "RO_NENKIN", _REASON),
        ),
    ]
    for what, rule, attempt in attempts:
        _refused(what, rule, attempt, cast.their_auditor if rule == "token-unknown" else handler, report)


def _refused(what: str, rule: str, attempt: Callable[[], object], auditor: Warifu, report: Report) -> None:
    """Make an attempt that must be refused, and find the record of the refusal."""
    refusal = _refusal_of(attempt)
    if refusal is None:
        raise CommandError(
            "NOT_REFUSED", f"拒否されるはずでした: {what}", f"This should have been refused: {what}"
        )
    entry = auditor.audit_entry(auditor.audit_log().size - 1)
    if entry is None or entry.outcome != "DENIED" or entry.rule != rule:
        raise CommandError("NOT_RECORDED", f"記録がありません: {what}", f"There is no record: {what}")
    told = f"{refusal.rule}: {refusal.message_ja}"
    found = f"監査記録 {entry.index} / audit entry: {entry.action} {entry.outcome}"
    report.line(f"{what}\n{told}\n{found}", good=False)


def _refusal_of(attempt: Callable[[], object]) -> Refused | None:
    try:
        attempt()
    except Refused as refusal:
        return refusal
    return None
