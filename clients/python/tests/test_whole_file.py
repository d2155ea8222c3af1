import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from warifu.whole_file import NAMELESS, reserve, whole_file

KILLED = """
import os, sys
from pathlib import Path
from warifu.whole_file import whole_file
with whole_file(Path(sys.argv[1])) as stream:
    stream.write(b"half")
    stream.flush()
    os.kill(os.getpid(), 9)
"""


BOTH = pytest.mark.parametrize("nameless", [NAMELESS, False], ids=["without a name", "as .part"])


def listed(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@BOTH
def test_a_file_is_there_once_it_is_complete_and_its_owners_alone(tmp_path: Path, *, nameless: bool) -> None:
    path = tmp_path / "a.csv"
    with whole_file(path, nameless=nameless) as stream:
        stream.write(b"whole")
        assert not path.exists()
    assert path.read_bytes() == b"whole"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert listed(tmp_path) == ["a.csv"]


@BOTH
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt(), ValueError()])
def test_whatever_stops_it_leaves_nothing(tmp_path: Path, error: BaseException, *, nameless: bool) -> None:
    def interrupted() -> None:
        with whole_file(tmp_path / "a.csv", nameless=nameless) as stream:
            stream.write(b"half")
            raise error

    with pytest.raises(type(error)):
        interrupted()
    assert listed(tmp_path) == []


@BOTH
def test_a_file_that_is_there_stays_unless_it_may_be_replaced(tmp_path: Path, *, nameless: bool) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"old")
    with pytest.raises(FileExistsError) as caught, whole_file(path, nameless=nameless):
        pass
    assert caught.value.filename == str(path)
    with pytest.raises(ValueError, match="stop"), whole_file(path, replace=True, nameless=nameless):
        raise ValueError("stop")
    assert path.read_bytes() == b"old"
    with whole_file(path, replace=True, nameless=nameless) as stream:
        stream.write(b"new")
    assert path.read_bytes() == b"new"
    assert listed(tmp_path) == ["a.csv"]


@BOTH
def test_a_file_that_appears_meanwhile_stays(tmp_path: Path, *, nameless: bool) -> None:
    path = tmp_path / "a.csv"

    def late() -> None:
        with whole_file(path, nameless=nameless) as stream:
            stream.write(b"ours")
            path.write_bytes(b"theirs")

    with pytest.raises(FileExistsError):
        late()
    assert path.read_bytes() == b"theirs"
    assert listed(tmp_path) == ["a.csv"]


def test_an_unfinished_file_of_somebody_else_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "a.csv.part").write_bytes(b"theirs")
    with pytest.raises(FileExistsError) as caught, whole_file(tmp_path / "a.csv", nameless=False):
        pass
    assert str(caught.value.filename).endswith("a.csv.part")
    assert (tmp_path / "a.csv.part").read_bytes() == b"theirs"
    with whole_file(tmp_path / "a.csv", replace=True, nameless=False) as stream:
        stream.write(b"ours")
    assert listed(tmp_path) == ["a.csv"]


@pytest.mark.skipif(not NAMELESS, reason="files without a name are of Linux")
def test_not_even_a_process_that_is_killed_leaves_half_of_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path / "a.csv")]
    done = subprocess.run(command, check=False)  # noqa: S603 - our own program
    assert done.returncode == -9
    assert listed(tmp_path) == []


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), whole_file(tmp_path / "none" / "a.csv"):
        pass


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="this system cannot reserve")
def test_room_is_made_sure_of_beforehand(tmp_path: Path) -> None:
    with whole_file(tmp_path / "a.csv") as stream:
        reserve(stream, 1_000)
        stream.write(b"whole")
        stream.truncate()
    assert (tmp_path / "a.csv").read_bytes() == b"whole"
    with pytest.raises(OSError, match=r"space|large"), whole_file(tmp_path / "b.csv") as stream:
        reserve(stream, 1 << 60)
    assert listed(tmp_path) == ["a.csv"]
