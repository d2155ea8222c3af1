"""`warifu demo`: the main job on real input, against a real server, as a payroll vendor would do it."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.output import Json, fail

_EXAMPLES = Path(__file__).parents[3] / "examples"


def demo(
    directory: Annotated[
        Path, typer.Option(help="Where the demo's files go; replaced if it is a demo's.")
    ] = Path("demo"),
    roster: Annotated[Path, typer.Option(help="The roster to register.")] = _EXAMPLES / "roster.csv",
    as_json: Json = False,
) -> None:
    """Play the year-end job from roster to tax file. / 年末調整の一連の流れを実演します。"""
    from api.cli.demo.play import play

    if not roster.exists():
        fail(
            "ROSTER",
            f"名簿 {roster} がありません。--roster で指定してください。",
            f"There is no roster {roster}. Name one with --roster.",
            as_json,
        )
    play(directory, roster, as_json)
