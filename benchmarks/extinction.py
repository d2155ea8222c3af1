"""Draw the curve of extinction: `python -m benchmarks.extinction` writes docs/extinction.csv and docs/extinction.svg.

A made-up vault lives through 170 days; copies are taken daily, and each evening an attacker tries every key that lives
on every copy that was ever taken (see tests/support/extinction.py). The clock is set by hand; it takes a minute.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.support.clock import FakeClock
from tests.support.copies import copies_of
from tests.support.extinction import Evening, Plan, Story, check
from tests.support.vaults import InstalledVault

DOCS: Final = Path(__file__).parents[1] / "docs"
DAYS: Final = 170
_WIDTH, _HEIGHT, _LEFT, _TOP = 760, 360, 56, 48
_COLUMNS: Final[dict[str, Callable[[Evening], int]]] = {
    "day": lambda evening: evening.day,
    "living": lambda evening: len(evening.living),
    "living_readable_live": lambda evening: len(evening.living & evening.live),
    "disposed": lambda evening: len(evening.disposed),
    "disposed_readable_live": lambda evening: len(evening.disposed & evening.live),
    "disposed_readable_in_copies": lambda evening: len(evening.disposed & evening.copied),
}
_LINES: Final = (
    (
        "living_readable_live",
        "#0031d8",
        "生きている番号:データベースで読める / living, readable in the database",
    ),
    ("disposed", "#8c8c8c", "廃棄した番号の累計 / disposed of so far"),
    (
        "disposed_readable_in_copies",
        "#ce0000",
        "廃棄した番号:いずれかの写しで読める / disposed, readable in any copy",
    ),
    (
        "disposed_readable_live",
        "#197a4b",
        "廃棄した番号:データベースで読める / disposed, readable in the database",
    ),
)


async def play(days: int) -> list[Evening]:
    """Play the days on an embedded database, and check them."""
    with TemporaryDirectory(prefix="warifu-extinction-") as name:
        place, clock = Path(name), FakeClock()
        (place / "data").mkdir()
        vault = await InstalledVault.install(place, clock, f"sqlite:///{place / 'data' / 'warifu.db'}", None)
        async with vault.open() as house:
            story = Story(house, clock, copies_of(vault, place / "scratch"), Plan(days=days))
            evenings = await story.play()
            check(story, evenings)
    return evenings


def to_csv(evenings: Sequence[Evening]) -> str:
    """One line for each day."""
    lines = [",".join(str(count(evening)) for count in _COLUMNS.values()) for evening in evenings]
    return "\n".join([",".join(_COLUMNS), *lines, ""])


def to_svg(evenings: Sequence[Evening]) -> str:
    """The curve."""
    days = evenings[-1].day
    most = max(len(evening.living | evening.disposed) for evening in evenings)
    top = -(-most // 20) * 20

    def place(day: float, count: float) -> str:
        x = _LEFT + day * (_WIDTH - _LEFT - 16) / days
        y = _HEIGHT - 40 - count * (_HEIGHT - 40 - _TOP - 64) / top
        return f"{x:.1f},{y:.1f}"

    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
            'font-family="sans-serif" font-size="12" role="img">'
        ),
        "<title>番号の消滅 / The extinction of numbers</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
    ]
    for count in range(0, top + 1, 20):
        (x, y), (end, _) = place(0, count).split(","), place(days, count).split(",")
        parts += [
            f'<line x1="{x}" y1="{y}" x2="{end}" y2="{y}" stroke="#e6e6e6"/>',
            f'<text x="{_LEFT - 8}" y="{float(y) + 4:.1f}" text-anchor="end">{count}</text>',
        ]
    for day in range(0, days + 1, 10):
        x = place(day, 0).partition(",")[0]
        parts.append(f'<text x="{x}" y="{_HEIGHT - 20}" text-anchor="middle">{day}</text>')
    parts.append(f'<text x="{_WIDTH - 16}" y="{_HEIGHT - 4}" text-anchor="end">日 / day</text>')
    for row, (column, colour, title) in enumerate(_LINES):
        points = " ".join(place(evening.day, _COLUMNS[column](evening)) for evening in evenings)
        parts += [
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>',
            (
                f'<line x1="{_LEFT}" y1="{20 + 18 * row}" x2="{_LEFT + 24}" y2="{20 + 18 * row}" '
                f'stroke="{colour}" stroke-width="2"/>'
            ),
            f'<text x="{_LEFT + 32}" y="{24 + 18 * row}">{title}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def main() -> None:
    """Play, check and draw."""
    evenings = asyncio.run(play(DAYS))
    (DOCS / "extinction.csv").write_text(to_csv(evenings), encoding="utf-8")
    (DOCS / "extinction.svg").write_text(to_svg(evenings), encoding="utf-8")


if __name__ == "__main__":
    main()
