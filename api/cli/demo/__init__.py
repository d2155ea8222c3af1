"""`warifu demo`: the main job on real input, against a real server, as a payroll vendor would do it."""

from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from api.cli.demo.report import Report
from api.cli.demo.stage import Stage
from api.cli.output import Json, fail, run, show

_EXAMPLES = Path(__file__).parents[3] / "examples"


def demo(
    directory: Annotated[
        Path, typer.Option(help="Where the demo's files go; replaced if it is a demo's.")
    ] = Path("demo"),
    roster: Annotated[Path, typer.Option(help="The roster to register.")] = _EXAMPLES / "roster.csv",
    as_json: Json = False,
) -> None:
    """Play the year-end job from roster to tax file. / 年末調整の一連の流れを実演します。"""
    report = Report(quiet=as_json, clock=monotonic)
    if not roster.exists():
        fail(
            "ROSTER",
            f"名簿 {roster} がありません。--roster で指定してください。",
            f"There is no roster {roster}. Name one with --roster.",
            as_json,
        )
    told = run(lambda: _play(directory, roster, report), as_json)
    show(told, as_json, report.close)


async def _play(directory: Path, roster: Path, report: Report) -> dict[str, object]:
    # The client library is the demo's alone: loading it would slow every other command down.
    from api.cli.demo.story import tell  # noqa: PLC0415

    with Stage(directory, report) as stage:
        tell(stage, roster, report)
    return report.summary(directory)
