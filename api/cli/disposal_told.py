"""How commands tell disposals: to people in tables, to programs with the names of the API in snake case."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.text import Text

from api.cli.output import console, facts, table
from api.cli.rows import plain

if TYPE_CHECKING:
    from warifu import (
        DisposalForecast,
        DisposalGround,
        DisposalItem,
        DisposalReview,
        DisposalRun,
        DisposalTask,
        DuePerson,
    )

_JAPAN: Final = timezone(timedelta(hours=9))
_WIDEST_BAR: Final = 30
_KINDS: Final = {
    "DUE": "期限到来 / due",
    "INSTRUCTION": "指示 / instruction",
    "CONTRACT_END": "契約終了 / contract end",
}
_STATES: Final = {
    "GATHERING": "集計中 / gathering",
    "PROPOSED": "確認待ち / proposed",
    "CONFIRMED": "承認待ち / confirmed",
    "APPROVED": "実施待ち / approved",
    "DONE": "完了 / done",
    "CANCELLED": "取消し / cancelled",
}
_ITEM_STATES: Final = {
    "LISTED": "対象 / listed",
    "EXCLUDED": "除外 / excluded",
    "DISPOSED": "廃棄済み / disposed",
    "SPARED": "見送り / spared",
}
_TASKS: Final = {
    "CONFIRM": "確認してください / confirm",
    "APPROVE": "承認してください / approve",
    "WAIT": "他の担当者待ち / others",
}


def moment(at: datetime | None) -> str:
    """A moment in Japan, to the minute; "-" for none."""
    return "-" if at is None else f"{at.astimezone(_JAPAN):%Y-%m-%d %H:%M}"


def day(on: date | None) -> str:
    """A day; "-" for none."""
    return "-" if on is None else on.isoformat()


def plain_review(review: "DisposalReview") -> dict[str, Any]:
    """A run with the digest of its list, for programs."""
    counts = asdict(review)
    run = counts.pop("run")
    return {"run": run, **counts}


def tell_forecast(forecast: "DisposalForecast", persons: Sequence["DuePerson"] | None) -> None:
    """Print the year ahead, and who falls due if that was asked."""
    most = max((month.persons for month in forecast.months), default=0)
    rows = [[month.month, str(month.persons), _bar(month.persons, most)] for month in forecast.months]
    table("廃棄の予定 / numbers falling due", ["月 / month", "人数 / persons", ""], rows)
    facts(
        "そのほか / besides",
        {
            "期限超過 / overdue": forecast.overdue,
            f"{forecast.until} より後 / later": forecast.later,
            "保全中 / on hold": forecast.on_hold,
            "手続未了 / matter open": forecast.open,
        },
    )
    if persons is not None:
        tell_due(persons)


def tell_due(persons: Sequence["DuePerson"]) -> None:
    """Print persons who fall due."""
    legend = _Legend()
    rows: list[list[str | Text]] = [
        [
            plain(person.external_id),
            plain(person.name),
            day(person.due_on),
            legend.cell(person.grounds),
            "保全 / hold" if person.on_hold else "",
        ]
        for person in persons
    ]
    columns = ["管理番号\nid", "氏名\nname", "期限\ndue", "根拠\ngrounds", ""]
    table(f"期限が来る人 / who falls due: {len(rows)}", columns, rows, whole=(2, 3))
    legend.tell()


def tell_runs(runs: Sequence["DisposalRun"], tasks: Sequence["DisposalTask"]) -> None:
    """Print runs, with what the caller can do about each."""
    wanted = {task.run.run_id: _task(task) for task in tasks}
    rows = [
        [
            run.run_id,
            _KINDS[run.kind],
            _STATES[run.state],
            day(run.as_of),
            f"{run.disposed}/{run.listed}",
            wanted.get(run.run_id, ""),
        ]
        for run in runs
    ]
    columns = ["run", "種類\nkind", "状態\nstate", "実施日\nfrom", "廃棄\ngone", ""]
    table("廃棄 / disposals", columns, rows, whole=(0, 3))


def tell_review(
    review: "DisposalReview", items: Iterable["DisposalItem"] = (), to: Console = console
) -> None:
    """Print what a human is to see before deciding: the run, how many go under which rule, and the digest."""
    run = review.run
    pairs: dict[str, Any] = {
        "種類 / kind": _KINDS[run.kind],
        "状態 / state": _STATES[run.state],
        "理由 / reason": plain(run.reason).plain or "-",
        "実施日 / carried out from": day(run.as_of),
        "提案 / proposed": _by(run.proposed_by or "system", run.proposed_at),
        "確認 / confirmed": _by(run.confirmed_by, run.confirmed_at),
        "承認 / approved": _by(run.approved_by, run.approved_at),
        "提案時の人数 / persons proposed": run.listed,
        "対象 / to go": review.listed,
        "除外 / excluded": review.excluded,
        "廃棄済み / disposed": review.disposed,
        "見送り / spared": review.spared,
        **_finished(run),
    }
    if summary := _summary(items):
        pairs["根拠 / grounds"] = summary
    facts(f"廃棄 / disposal {run.run_id}", pairs, to)
    # In one piece, however narrow the terminal: people copy it.
    to.print(f" 要約値 / digest: {review.digest}", soft_wrap=True, highlight=False, markup=False)


def tell_items(items: Sequence["DisposalItem"]) -> None:
    """Print the persons of a run."""
    legend = _Legend()
    rows: list[list[str | Text]] = [
        [
            plain(item.external_id),
            plain(item.name),
            day(item.due_on),
            legend.cell(item.grounds),
            plain(f"{_ITEM_STATES[item.state]} {item.reason or ''}"),
        ]
        for item in items
    ]
    columns = ["管理番号\nid", "氏名\nname", "期限\ndue", "根拠\ngrounds", "状態\nstate"]
    table(f"対象者 / persons: {len(rows)}", columns, rows, whole=(2, 3))
    legend.tell()


def _finished(run: "DisposalRun") -> dict[str, Any]:
    if run.finished_at is None:
        return {}
    told: dict[str, Any] = {"終了 / finished": moment(run.finished_at)}
    if run.extinct_by is not None:
        told["複製の消滅期限 / extinct by"] = moment(run.extinct_by)
    if run.extinct_at is not None:
        told["複製の消滅 / extinct since"] = moment(run.extinct_at)
    return told


def _summary(items: Iterable["DisposalItem"]) -> list[str]:
    """For each set of grounds of those who are listed how many have it, most first."""
    grounds = Counter(
        " + ".join(sorted({_ground(ground) for ground in item.grounds})) or "-"
        for item in items
        if item.state == "LISTED"
    )
    return [f"{count} 人 / persons: {ground}" for ground, count in grounds.most_common()]


class _Legend:
    """Documents under short names: a list of many persons repeats the same few."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def cell(self, grounds: Sequence["DisposalGround"]) -> Text:
        """The grounds of one person: each by its short name, with the first free day."""
        lines = [f"[{self._name(_ground(ground))}] {day(ground.free_on)}" for ground in grounds]
        return Text("\n".join(lines))

    def tell(self) -> None:
        """Print what the short names stand for."""
        if self._names:
            facts("根拠 / grounds", {f"[{short}]": whole for whole, short in self._names.items()})

    def _name(self, whole: str) -> str:
        return self._names.setdefault(whole, str(len(self._names) + 1))


def _ground(ground: "DisposalGround") -> str:
    rule = "離職 / departure" if ground.rule == "departure" else ground.rule
    return f"{plain(ground.document or ground.purpose).plain} ({rule})"


def _task(task: "DisposalTask") -> str:
    return f"{_TASKS[task.kind]}{' · 期限超過 / overdue' if task.overdue else ''}"


def _by(name: str | None, at: datetime | None) -> str:
    return "-" if name is None else f"{plain(name).plain} ({moment(at)})"


def _bar(count: int, most: int) -> str:
    return "█" * -(-count * _WIDEST_BAR // most) if most else ""
