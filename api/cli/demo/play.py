"""The demo from beginning to end, and what it says about itself."""

from pathlib import Path
from time import monotonic

from api.cli.demo.report import Report
from api.cli.demo.stage import Stage
from api.cli.demo.story import read_people, tell
from api.cli.output import run, show


def play(directory: Path, roster: Path, as_json: bool) -> None:
    """Tell the story on a stage of its own, and report what it took."""
    report = Report(quiet=as_json, clock=monotonic)
    told = run(lambda: _play(directory, roster, report), as_json)
    show(told, as_json, report.close)


async def _play(directory: Path, roster: Path, report: Report) -> dict[str, object]:
    people = read_people(roster)
    with Stage(directory, report) as stage:
        tell(stage, people, report)
    return report.summary(directory)
