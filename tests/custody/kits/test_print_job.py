import asyncio
import csv
import os
import sys
from collections.abc import AsyncIterator, Sequence
from io import StringIO
from pathlib import Path

import pytest

from custody.kits.errors import KitError, KitFault
from custody.kits.facts import Kit
from custody.kits.press import KitPress
from custody.kits.print_job import MANIFEST, Printed, PrintJob
from custody.kits.scan import read_pages
from tests.support.kits import kit

_ROOT = Path(__file__).parents[3]
KITS = [kit(seed, seed % 6) for seed in range(5)]


class CountingPress(KitPress):
    """Counts what it sets, and is stopped after so many files."""

    def __init__(self, at_once: int = 1, most: int = 99) -> None:
        super().__init__(at_once)
        self.jobs = 0
        self._most = most

    async def set(self, job: bytes) -> bytes:
        if self.jobs == self._most:
            raise asyncio.CancelledError
        self.jobs += 1
        return await super().set(job)


async def flow(kits: Sequence[Kit]) -> AsyncIterator[Kit]:
    for one in kits:
        yield one


def told(_: Printed) -> None:
    pass


def files(place: Path, pattern: str = "*") -> list[Path]:
    return sorted(place.glob(pattern))


def names(place: Path, pattern: str = "*") -> list[str]:
    return [path.name for path in files(place, pattern)]


def manifest(place: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO((place / MANIFEST).read_text())))


async def test_the_manifest_says_on_which_pages_of_which_file_each_kit_stands(tmp_path: Path) -> None:
    progress: list[Printed] = []
    printed = await PrintJob(tmp_path, KitPress(), progress.append, per_file=2).run(flow(KITS))
    assert printed == progress[-1]
    assert [one.kits for one in progress] == [2, 4, 5]
    assert names(tmp_path) == [
        "kits-0001.pdf",
        "kits-0002.pdf",
        "kits-0003.pdf",
        MANIFEST,
    ]
    rows = manifest(tmp_path)
    assert [row["kit"] for row in rows] == [one.code for one in KITS]
    assert sum(int(row["pages"]) for row in rows) == printed.pages
    for path in files(tmp_path, "*.pdf"):
        arrival = read_pages(path.read_bytes())
        mine = [row for row in rows if row["file"] == path.name]
        assert int(mine[-1]["last_page"]) == len(arrival.pages)
        for page in arrival.pages:
            row = next(row for row in mine if int(row["first_page"]) <= page.number <= int(row["last_page"]))
            assert {marker.code for marker in page.markers} <= {row["kit"]}


async def test_the_files_are_their_owners_only(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "job"
    await PrintJob(place, KitPress(), told).run(flow(KITS[:1]))
    assert place.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in files(place))


async def test_two_files_at_once_come_out_as_one_after_the_other(tmp_path: Path) -> None:
    await PrintJob(tmp_path / "one", KitPress(), told, per_file=2).run(flow(KITS))
    await PrintJob(tmp_path / "two", KitPress(2), told, per_file=2).run(flow(KITS))
    for path in files(tmp_path / "one"):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


async def test_a_killed_job_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with pytest.raises(asyncio.CancelledError):
        await PrintJob(tmp_path, CountingPress(most=1), told, per_file=2).run(flow(KITS))
    assert not (tmp_path / MANIFEST).exists()
    assert names(tmp_path, "*.pdf") == ["kits-0001.pdf"]
    press = CountingPress()
    await PrintJob(tmp_path, press, told, per_file=2).run(flow(KITS))
    assert press.jobs == 2
    assert [row["kit"] for row in manifest(tmp_path)] == [one.code for one in KITS]


async def test_half_a_file_is_printed_anew(tmp_path: Path) -> None:
    with pytest.raises(asyncio.CancelledError):
        await PrintJob(tmp_path, CountingPress(most=1), told, per_file=2).run(flow(KITS))
    (first,) = files(tmp_path, "*.pdf")
    whole = first.read_bytes()
    first.write_bytes(whole[: len(whole) // 2])
    (tmp_path / ".kits-0002.pdf.part").write_bytes(b"%PDF-")
    await PrintJob(tmp_path, KitPress(), told, per_file=2).run(flow(KITS))
    assert first.read_bytes() == whole
    assert not files(tmp_path, ".*")


async def test_another_jobs_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(asyncio.CancelledError):
        await PrintJob(tmp_path, CountingPress(most=1), told, per_file=2).run(flow(KITS))
    with pytest.raises(KitError) as other:
        await PrintJob(tmp_path, KitPress(), told, per_file=2).run(flow(KITS[::-1]))
    assert other.value.fault is KitFault.OTHER_JOB


async def test_a_finished_directory_is_refused(tmp_path: Path) -> None:
    await PrintJob(tmp_path, KitPress(), told).run(flow(KITS[:1]))
    with pytest.raises(KitError) as other:
        await PrintJob(tmp_path, KitPress(), told).run(flow(KITS[:1]))
    assert other.value.fault is KitFault.OTHER_JOB


async def test_a_code_that_comes_twice_is_refused_also_files_apart(tmp_path: Path) -> None:
    with pytest.raises(KitError) as twice:
        await PrintJob(tmp_path, KitPress(), told, per_file=1).run(flow([KITS[0], KITS[1], KITS[0]]))
    assert twice.value.fault is KitFault.TWICE
    assert not (tmp_path / MANIFEST).exists()


async def test_the_kits_are_taken_from_their_source_a_file_at_a_time(tmp_path: Path) -> None:
    taken: list[str] = []
    printed: list[int] = []

    async def source() -> AsyncIterator[Kit]:
        for one in KITS:
            assert len(taken) - (printed[-1] if printed else 0) <= 2
            taken.append(one.code)
            yield one

    await PrintJob(tmp_path, KitPress(), lambda one: printed.append(one.kits), per_file=2).run(source())
    assert len(taken) == len(KITS)


async def test_a_job_that_is_killed_outright_leaves_whole_files_and_goes_on(tmp_path: Path) -> None:
    many = [kit(seed, seed % 3) for seed in range(12)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, str(tmp_path), stdout=pipe, env={**os.environ, "PYTHONPATH": str(_ROOT)}
    )
    assert process.stdout is not None
    for _ in range(3):
        assert await process.stdout.readline()
    process.kill()
    await process.communicate()
    assert MANIFEST not in names(tmp_path)
    for path in files(tmp_path, "kits-*.pdf"):
        assert len(read_pages(path.read_bytes()).kits) == 1
    press = CountingPress()
    await PrintJob(tmp_path, press, told, per_file=1).run(flow(many))
    assert press.jobs <= 9
    assert [row["kit"] for row in manifest(tmp_path)] == [one.code for one in many]


if __name__ == "__main__":
    twelve = [kit(seed, seed % 3) for seed in range(12)]
    job = PrintJob(Path(sys.argv[1]), KitPress(), lambda one: print(one, flush=True), per_file=1)  # noqa: T201
    asyncio.run(job.run(flow(twelve)))
