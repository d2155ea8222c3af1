"""The story: register a roster, play the year-end job, see what does not work, verify the record, end two numbers."""

from datetime import date
from pathlib import Path
from typing import Any, Final

from api.cli.demo.ending import end_numbers
from api.cli.demo.refusals import Cast, show_refusals
from api.cli.demo.report import Report
from api.cli.demo.slips import write_slips
from api.cli.demo.stage import Stage
from api.cli.demo.verification import Witness, verify_record
from api.cli.output import CommandError
from api.clock import wall_clock
from policies.totp import code_at
from warifu import NumbersReleased, UseConfirmed, Warifu
from warifu.roster import RosterProblem, RosterRow, columns, read_roster

PURPOSE: Final = "TAX_GENSEN"
TOLD: Final = ("TAX_GENSEN", "TAX_FUYO", "SI_SHUTOKU")
_REASON: Final = "令和6年分 年末調整 / year-end adjustment"
_BATCH: Final = 500
_ATTESTED: Final = date(2024, 4, 1)
_STEP_MS: Final = 30_000


def tell(stage: Stage, people: list[RosterRow], report: Report) -> None:
    """Play every chapter.

    Args:
        stage: a fresh installation with a running server.
        people: whom to register.
        report: what happens is told here.
    """
    first = stage.first
    report.chapter("事業者・担当者・クライアントを開設 / a tenant, a handler, a payroll client")
    report.line(f"事業者 / tenant: {first['tenant_name']} ({first['tenant']})")
    report.line(
        f"担当者 / handler: {first['handler']} (パスワードとワンタイムコード / password and one-time code)"
    )
    report.line(f"サーバー / server: {stage.endpoint}")
    with (
        Warifu(stage.endpoint, first["client_key"]) as payroll,
        _log_in(stage, first) as handler,
        Warifu(stage.endpoint, handler.create_client("accounting", ["TAX_GENSEN"]).key) as accounting,
        Warifu(stage.endpoint, stage.stranger["client_key"]) as stranger,
        _log_in(stage, stage.stranger) as their_auditor,
    ):
        report.line("クライアント / clients: payroll, accounting")
        tokens = _register(payroll, people, report)
        _compare(accounting, tokens, report)
        witness = Witness.of(payroll)
        released, code = _year_end(stage, payroll, handler, tokens, report)
        _file(stage, people, tokens, released, report)
        show_refusals(Cast(payroll, handler, stranger, their_auditor), tokens, code, report)
        verify_record(stage, payroll, handler, witness, next(iter(tokens)), report)
        leaving = [row.external_id for row in people if row.kind == "employee"][-2:]
        end_numbers(stage, payroll, handler, tokens, leaving, report)


def _log_in(stage: Stage, human: dict[str, Any]) -> Warifu:
    """Log in with the code of the step before: it still counts, and leaves the current one for the confirmation."""
    code = code_at(human["one_time_code_seed"], wall_clock() - _STEP_MS)
    return Warifu.login(stage.endpoint, human["tenant"], human["handler"], human["password"], code)


def read_people(roster: Path) -> list[RosterRow]:
    """The people of a roster.

    Raises:
        CommandError: a row of it is wrong.
    """
    people: list[RosterRow] = []
    for row in read_roster(roster):
        if isinstance(row, RosterProblem):
            raise CommandError(
                "ROSTER", f"{row.line} 行目: {row.message_ja}", f"line {row.line}: {row.message_en}"
            )
        people.append(row)
    return people


def _register(payroll: Warifu, people: list[RosterRow], report: Report) -> dict[str, str]:
    """Employees first, then their families: an employee verifies their dependents, the company the employee."""
    employees = [row for row in people if row.kind == "employee"]
    family = [row for row in people if row.kind != "employee"]
    report.chapter(f"名簿 {len(people)} 人を登録し、トークンを受け取る / {len(people)} people in, tokens out")
    tokens: dict[str, str] = {}
    with report.progress("登録 / registering", len(people)) as advance:
        for rows, how in ((employees, "MY_NUMBER_CARD"), (family, "BY_THE_EMPLOYEE")):
            for batch in columns(rows, _BATCH):
                done = payroll.tokenize(
                    batch, notified=TOLD, notified_on=_ATTESTED, verification=how, verified_on=_ATTESTED
                )
                if done.rejections:
                    wrong = done.rejections[0]
                    raise CommandError("REJECTED", wrong.message_ja, wrong.message_en)
                tokens |= {
                    name: token for name, token in zip(batch.external_ids, done.tokens, strict=True) if token
                }
                advance(len(batch.external_ids))
    report.line(f"従業員 {len(employees)} 人と家族 {len(family)} 人 / employees and family members")
    report.line(f"例 / for example: {people[0].external_id} → {tokens[people[0].external_id]}")
    report.fact("people", len(people))
    return tokens


def _compare(accounting: Warifu, tokens: dict[str, str], report: Report) -> None:
    names = list(tokens)
    others = accounting.issue_tokens(names).tokens
    shared = set(tokens.values()) & set(others)
    if shared or None in others:
        raise CommandError("TOKENS", "トークンが共有されています。", "Two audiences share a token.")
    report.line(f"別のクライアントは別のトークン / another client, other tokens: {names[0]} → {others[0]}")


def _year_end(
    stage: Stage, payroll: Warifu, handler: Warifu, tokens: dict[str, str], report: Report
) -> tuple[NumbersReleased, str]:
    report.chapter("年末調整: 全員の番号を 1 回の確認で利用 / the year-end job, confirmed once by a human")
    prepared = payroll.prepare_use(list(tokens.values()), PURPOSE, _REASON)
    use = handler.use(prepared.use.use_id)
    if use is None:
        raise CommandError("USE", "利用申請が見つかりません。", "The use is not there.")
    purpose = use.purpose.name.ja if use.purpose else PURPOSE
    report.line(
        f"担当者が見る内容 / what the handler sees: {purpose}, {use.persons} 人, {use.client}, 「{use.reason}」"
    )
    code = code_at(stage.first["one_time_code_seed"], wall_clock())
    confirmed = handler.confirm_use(use, code)
    if not isinstance(confirmed, UseConfirmed):
        raise CommandError("USE", "確認できませんでした。", "The use was not confirmed.")
    report.line(f"担当者がワンタイムコードで確認 / confirmed with a one-time code: {use.use_id}")
    released = payroll.release_use(confirmed)
    report.line(
        f"番号 {len(released.numbers)} 件が届いた(記録 {released.first_leaf} 番から) / numbers arrived, recorded"
    )
    report.fact("released", len(released.numbers))
    return released, code


def _file(
    stage: Stage, people: list[RosterRow], tokens: dict[str, str], released: NumbersReleased, report: Report
) -> None:
    numbers = {token: number.reveal() for token, number in released.pairs()}
    by_person = {name: numbers[token] for name, token in tokens.items()}
    path = stage.file("375dat01.txt")
    written = write_slips(people, by_person, path)
    report.line(f"{path}: 源泉徴収票 {written} 件 / withholding slips (132 列 / columns, Shift_JIS)")
    report.fact("slips", written)
