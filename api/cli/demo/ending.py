"""The end of a number: two leave, two humans decide, the numbers are destroyed, and a certificate proves it."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any, Final

from api.cli.demo.report import Report
from api.cli.demo.stage import Stage
from api.cli.output import CommandError
from api.clock import wall_clock
from custody.calendar import day_in_japan
from policies.totp import code_at
from warifu import DisposalReview, DisposalRun, DisposalState, Refused, Role, Warifu

PURPOSE: Final = "TAX_GENSEN"
_REASON: Final = "本人の求め / at their request"
_STEP_MS: Final = 30_000
_PATIENCE: Final = 120
_PAUSE_SECONDS: Final = 0.5


def end_numbers(
    stage: Stage,
    payroll: Warifu,
    administrator: Warifu,
    tokens: dict[str, str],
    leaving: Sequence[str],
    report: Report,
) -> None:
    """Play the end of two numbers.

    Args:
        stage: files go there.
        payroll: the payroll client.
        administrator: who proposes and confirms.
        tokens: the payroll client's tokens by external id.
        leaving: external ids of the two who leave.
        report: what happens is told here.
    """
    report.chapter(
        "番号の終わり: 退職から廃棄証明書まで / the end of a number, from departure to certificate"
    )
    today = day_in_japan(wall_clock())
    left = payroll.record_departures([today] * len(leaving), external_ids=leaving)
    forecast = administrator.disposal_forecast()
    report.line(
        f"{', '.join(leaving)} が退職。退職後に提出する書類 {left.opened} 件を登録し、番号は提出まで残る / "
        f"they leave; {left.opened} documents are still to be filed and keep the numbers"
    )
    ahead = sum(month.persons for month in forecast.months)
    report.line(
        f"今後 12 か月に期限を迎える番号 {ahead} 件、提出待ち {forecast.open} 件 / due in twelve months; waiting"
    )
    run = _decide(stage, administrator, leaving, report)
    done = _wait(administrator, run)
    by = f"{done.extinct_by:%Y-%m-%d}" if done.extinct_by else "?"
    report.line(
        f"番号 {done.disposed} 件を廃棄。控えも {by} までに消滅 / destroyed; every copy is extinct by then"
    )
    _certify(stage, administrator, done, report)
    _answer_alike(payroll, [tokens[name] for name in leaving], report)
    report.fact("disposed", done.disposed)


def _decide(stage: Stage, administrator: Warifu, leaving: Sequence[str], report: Report) -> DisposalRun:
    """An administrator proposes and confirms, an approver approves; each with a code of their own."""
    with (
        _colleague(stage, administrator, "sato", Role.ADMINISTRATOR) as sato,
        _colleague(stage, administrator, "suzuki", Role.APPROVER) as suzuki,
    ):
        run = sato.vault.propose_disposal(_REASON, external_ids=leaving).run
        if run is None or run.listed != len(leaving):
            raise CommandError("DISPOSAL", "廃棄を提案できませんでした。", "The disposal was not proposed.")
        sato.vault.confirm_disposal(_seen(sato.vault, run), code_at(sato.seed, wall_clock()))
        code = code_at(suzuki.seed, wall_clock())
        approved = suzuki.vault.approve_disposal(_seen(suzuki.vault, run), code)
    report.line(
        f"{approved.listed} 人の一覧を {approved.confirmed_by} が確認し、{approved.approved_by} が承認 / "
        "one person confirms the list, another approves it"
    )
    return approved


@dataclass(frozen=True, slots=True)
class _Colleague:
    """A session, and the seed of the human's codes."""

    vault: Warifu
    seed: str


@contextmanager
def _colleague(stage: Stage, administrator: Warifu, login: str, role: Role) -> Iterator[_Colleague]:
    """Open an account, and log in with the code of the step before, which leaves the current one to be used."""
    password = token_urlsafe(16)
    seed = administrator.create_account(login, login, [role], password).seed.reveal()
    code = code_at(seed, wall_clock() - _STEP_MS)
    with Warifu.login(stage.endpoint, stage.first["tenant"], login, password, code) as vault:
        yield _Colleague(vault, seed)


def _seen(vault: Warifu, run: DisposalRun) -> DisposalReview:
    review = vault.disposal_run(run.run_id)
    if review is None:
        raise CommandError("DISPOSAL", "廃棄が見つかりません。", "The disposal is not there.")
    return review


def _wait(administrator: Warifu, run: DisposalRun) -> DisposalRun:
    """The server's worker carries it out within seconds."""
    for _ in range(_PATIENCE):
        review = administrator.disposal_run(run.run_id)
        if review is not None and review.run.state is DisposalState.DONE:
            return review.run
        time.sleep(_PAUSE_SECONDS)
    raise CommandError("DISPOSAL", "廃棄が実行されませんでした。", "The disposal was not carried out.")


def _certify(stage: Stage, administrator: Warifu, run: DisposalRun, report: Report) -> None:
    key = stage.file("audit.key").read_text(encoding="utf-8").strip()
    for name in ("certificate.json", "certificate.pdf"):
        verified = administrator.certificate(run.run_id, stage.file(name), key)
    report.line(
        f"{stage.file('certificate.pdf')}: 個人番号廃棄証明書 {len(verified.persons)} 人、"
        f"監査記録 {verified.completion.index} 番と照合 / certificate of disposal, verified offline against the log"
    )


def _answer_alike(payroll: Warifu, gone: Sequence[str], report: Report) -> None:
    """A token of somebody disposed of tells no more than one that never was."""
    told = [_refusal(payroll, token) for token in (gone[0], f"{gone[0][:-1]}_")]
    if told[0] is None or told[0] != told[1]:
        raise CommandError("TOKENS", "廃棄済みのトークンが区別できます。", "The tokens answer differently.")
    report.line(
        f"廃棄した人のトークンは未知のトークンと同じ応答 / answers like an unknown one\n{told[0]}", good=False
    )


def _refusal(payroll: Warifu, token: str) -> Any:
    try:
        payroll.prepare_use([token], PURPOSE, _REASON)
    except Refused as refused:
        return f"{refused.rule}: {refused.message_ja}"
    return None
