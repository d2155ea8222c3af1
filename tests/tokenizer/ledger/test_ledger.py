"""The ledger: what it keeps, whatever happens to its files, and what it refuses by name."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tokenizer.errors import LedgerError, StorageError
from tokenizer.ledger import Disposal, Ledger, Witnessed

KEY = bytes(range(32))
AT = 1_790_000_000_000
NOTE = "log.example/1\n{size}\nroot\n\n— signature\n"


def head(size: int) -> Witnessed:
    return Witnessed(size, NOTE.format(size=size))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


@pytest.fixture
def ledger(path: Path) -> Ledger:
    return Ledger.create(path, KEY, AT)


def reopened(ledger: Ledger) -> Ledger:
    return Ledger.open(ledger.path, KEY)


def lasting(ledger: Ledger) -> Path:
    return ledger.path / "ledger.jsonl"


def filled(ledger: Ledger) -> Ledger:
    """A ledger with a few batches and heads in it."""
    for run in range(1, 6):
        ledger.record_disposals(1, run, range(run * 100, run * 100 + 10), AT + run)
        ledger.witness(1, run * 10, NOTE.format(size=run * 10), AT + run)
    return ledger


# --- what it keeps


def test_what_was_recorded_is_there_in_order_when_it_is_opened_again(ledger: Ledger) -> None:
    ledger.record_disposals(7, 1, [11, 12], AT)
    ledger.record_disposals(8, 2, [13], AT + 1)
    wanted = [Disposal(7, 1, [11, 12], AT), Disposal(8, 2, [13], AT + 1)]
    assert list(ledger.disposals()) == wanted
    assert list(reopened(ledger).disposals()) == wanted


def test_a_batch_that_was_written_twice_is_there_twice_and_does_no_harm(ledger: Ledger) -> None:
    for _ in range(2):
        ledger.record_disposals(7, 1, [11], AT)
    assert [one.persons for one in ledger.disposals()] == [[11], [11]]


def test_a_retracted_person_is_no_longer_named_until_recorded_again(ledger: Ledger) -> None:
    ledger.record_disposals(7, 1, [11, 12], AT)
    ledger.record_disposals(7, 2, [11], AT)
    ledger.retract_disposals(7, 1, [11], AT + 1)
    for seen in (ledger, reopened(ledger)):
        assert [(one.run, one.persons) for one in seen.disposals()] == [(1, [12]), (2, [11])]
    ledger.record_disposals(7, 1, [11], AT + 2)
    for seen in (ledger, reopened(ledger)):
        assert [(one.run, one.persons) for one in seen.disposals()] == [(1, [12]), (2, [11]), (1, [11])]


def test_the_latest_head_of_each_tenant_counts(ledger: Ledger) -> None:
    ledger.witness(7, 10, NOTE.format(size=10), AT)
    ledger.witness(8, 5, NOTE.format(size=5), AT)
    ledger.witness(7, 20, NOTE.format(size=20), AT)
    for seen in (ledger, reopened(ledger)):
        assert seen.witnessed() == {7: head(20), 8: head(5)}


def test_a_head_never_goes_back_by_itself(ledger: Ledger) -> None:
    ledger.witness_all({7: head(20)}, AT)
    ledger.witness_all({7: head(19), 8: head(0)}, AT)
    assert reopened(ledger).witnessed() == {7: head(20), 8: head(0)}


def test_a_rollback_that_was_accepted_lets_a_head_go_back_and_stays_written(ledger: Ledger) -> None:
    ledger.witness_all({7: head(20), 8: head(3)}, AT)
    ledger.accept_rollback(7, head(12), AT + 1)
    assert reopened(ledger).witnessed() == {7: head(12), 8: head(3)}
    written = json.loads(lasting(ledger).read_text().splitlines()[-1])
    assert (written["kind"], written["tenant"], written["size"], written["witnessed"]) == (
        "rollback",
        7,
        12,
        20,
    )


def test_a_log_that_is_gone_with_an_accepted_rollback_is_expected_no_more(ledger: Ledger) -> None:
    other = reopened(ledger)
    ledger.witness_all({7: head(20), 8: head(3)}, AT)
    assert other.witnessed().keys() == {7, 8}
    ledger.accept_rollback(7, None, AT + 1)
    assert other.witnessed() == ledger.witnessed() == reopened(ledger).witnessed() == {8: head(3)}
    ledger.witness_all({7: head(0)}, AT + 2)
    assert reopened(ledger).witnessed() == {7: head(0), 8: head(3)}


def test_a_process_sees_what_another_wrote(ledger: Ledger) -> None:
    other = reopened(ledger)
    ledger.record_disposals(7, 1, [11], AT)
    ledger.witness(7, 10, NOTE.format(size=10), AT)
    assert [one.persons for one in other.disposals()] == [[11]]
    assert other.witnessed() == {7: head(10)}
    other.record_disposals(7, 2, [12], AT)
    assert [one.run for one in ledger.disposals()] == [1, 2]


def test_many_processes_at_once_lose_nothing_and_break_nothing(ledger: Ledger) -> None:
    work = (
        "import sys; from pathlib import Path; from tokenizer.ledger import Ledger\n"
        "path, tenant = Path(sys.argv[1]), int(sys.argv[2])\n"
        "ledger = Ledger.open(path, bytes(range(32)))\n"
        "for run in range(50):\n"
        "    ledger.record_disposals(tenant, run, [run], 1)\n"
        "    ledger.witness(tenant, run, 'x' * 2000, 1)\n"
    )
    workers = [subprocess.Popen([sys.executable, "-c", work, ledger.path, str(one)]) for one in range(4)]
    assert [worker.wait() for worker in workers] == [0] * 4
    found = list(reopened(ledger).disposals())
    for tenant in range(4):
        assert [one.run for one in found if one.tenant == tenant] == list(range(50))
    assert {one.size for one in ledger.witnessed().values()} == {49}


def test_the_witness_is_compacted_and_other_processes_follow(ledger: Ledger) -> None:
    other = reopened(ledger)
    ledger.record_disposals(7, 1, [11], AT)
    long = NOTE + "x" * 3_000
    for size in range(400):
        ledger.witness(size % 3, size, long, AT)
        if size % 50 == 0:
            assert other.witnessed() == ledger.witnessed()
    assert (ledger.path / "witness.jsonl").stat().st_size < 300 * 1024
    wanted = {tenant: Witnessed(size, long) for tenant, size in ((0, 399), (1, 397), (2, 398))}
    assert ledger.witnessed() == other.witnessed() == reopened(ledger).witnessed() == wanted
    assert sorted(file.name for file in ledger.path.iterdir()) == ["ledger.jsonl", "witness.jsonl"]


# --- tampering


@pytest.mark.parametrize("file", ["ledger.jsonl", "witness.jsonl"])
def test_no_byte_can_be_changed(ledger: Ledger, file: str) -> None:
    whole = (filled(ledger).path / file).read_bytes()
    for place in range(0, len(whole) - 1, 7):
        changed = bytes([whole[place] ^ 1 << place % 7])
        (ledger.path / file).write_bytes(whole[:place] + changed + whole[place + 1 :])
        with pytest.raises(LedgerError, match=file):
            reopened(ledger)
    (ledger.path / file).write_bytes(whole)
    assert reopened(ledger).witnessed() == {1: head(50)}


def _swapped(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], lines[3], lines[2], *lines[4:]]


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines[:3] + lines[4:],
        _swapped,
        lambda lines: [*lines[:3], lines[2], *lines[3:]],
        lambda lines: lines[1:],
        lambda lines: [],
        lambda lines: [*lines[:3], lines[3][:40], *lines[4:]],
    ],
    ids=["removed", "swapped", "repeated", "first removed", "emptied", "cut in the middle"],
)
@pytest.mark.parametrize("file", ["ledger.jsonl", "witness.jsonl"])
def test_no_line_can_be_removed_moved_or_repeated(
    ledger: Ledger, file: str, change: Callable[[list[bytes]], list[bytes]]
) -> None:
    path = filled(ledger).path / file
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
    with pytest.raises(LedgerError, match=file) as caught:
        reopened(ledger)
    assert "line" in caught.value.message_en.lower()
    assert "行目" in caught.value.message_ja


def test_an_older_copy_of_the_disposals_is_refused(ledger: Ledger) -> None:
    older = lasting(filled(ledger)).read_bytes()
    ledger.record_disposals(1, 9, [999], AT)
    ledger.witness(1, 99, NOTE.format(size=99), AT)
    lasting(ledger).write_bytes(older)
    with pytest.raises(LedgerError, match="older copy"):
        reopened(ledger)


def test_cutting_the_file_under_a_running_process_is_noticed(ledger: Ledger) -> None:
    path = lasting(filled(ledger))
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(LedgerError):
        ledger.record_disposals(1, 9, [999], AT)


def test_the_ledger_of_another_vault_is_refused(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="another vault"):
        Ledger.open(ledger.path, bytes(32))


def test_lines_of_one_file_do_not_count_in_the_other(ledger: Ledger) -> None:
    filled(ledger)
    (ledger.path / "witness.jsonl").write_bytes(lasting(ledger).read_bytes())
    with pytest.raises(LedgerError, match="witness"):
        reopened(ledger)


# --- crashes and full disks


@pytest.mark.parametrize("kept", [1, 7, 71, 73, 120, -1])
def test_a_torn_last_line_is_cut_off_and_said(ledger: Ledger, kept: int) -> None:
    whole = lasting(filled(ledger)).read_bytes()
    ledger.record_disposals(1, 9, [999] * 20, AT)
    torn = lasting(ledger).read_bytes()[len(whole) :][:kept]
    lasting(ledger).write_bytes(whole + torn)
    again = reopened(ledger)
    assert again.repairs == 1
    assert [one.run for one in again.disposals()] == [1, 2, 3, 4, 5]
    last = json.loads(lasting(ledger).read_text().splitlines()[-1])
    assert (last["kind"], last["bytes"]) == ("repair", len(torn))
    again.record_disposals(1, 9, [999], AT)
    assert [one.run for one in reopened(ledger).disposals()] == [1, 2, 3, 4, 5, 9]
    assert reopened(ledger).repairs == 1


def test_a_last_line_with_a_hole_of_zeros_is_torn_as_well(ledger: Ledger) -> None:
    path = lasting(filled(ledger))
    path.write_bytes(path.read_bytes() + bytes(4096) + b'7],"run":3}\n')
    assert reopened(ledger).repairs == 1


def test_zeros_anywhere_else_are_no_torn_line(ledger: Ledger) -> None:
    lines = lasting(filled(ledger)).read_bytes().splitlines(keepends=True)
    lines[2] = bytes(len(lines[2]) - 1) + b"\n"
    lasting(ledger).write_bytes(b"".join(lines))
    with pytest.raises(LedgerError):
        reopened(ledger)
    assert lasting(ledger).read_bytes() == b"".join(lines)


def test_a_running_process_repairs_what_another_left_torn(ledger: Ledger) -> None:
    with lasting(filled(ledger)).open("ab") as file:
        file.write(b'{"mac":"00')
    ledger.record_disposals(1, 9, [999], AT)
    assert [one.run for one in reopened(ledger).disposals()] == [1, 2, 3, 4, 5, 9]


def test_a_process_killed_at_any_moment_leaves_everything_it_acknowledged(ledger: Ledger) -> None:
    work = (
        "import sys; from pathlib import Path; from tokenizer.ledger import Ledger\n"
        "ledger = Ledger.open(Path(sys.argv[1]), bytes(range(32)))\n"
        "run = sum(1 for _ in ledger.disposals())\n"
        "while True:\n"
        "    ledger.record_disposals(1, run, list(range(500)), 1)\n"
        "    ledger.witness(1, run, 'x' * 9000, 1)\n"
        "    run += 1\n"
        "    print(run, flush=True)\n"
    )
    acknowledged = 0
    for turn in range(8):
        with subprocess.Popen(
            [sys.executable, "-c", work, ledger.path], stdout=subprocess.PIPE, text=True
        ) as worker:
            assert worker.stdout is not None
            for _ in range(turn * 3 + 1):
                acknowledged = int(worker.stdout.readline())
            worker.kill()
            acknowledged = max([acknowledged, *map(int, worker.stdout.read().splitlines())])
        found = [one.run for one in reopened(ledger).disposals()]
        assert found == list(range(len(found)))
        assert len(found) >= acknowledged
        assert ledger.witnessed()[1].size >= acknowledged - 1


def test_a_full_disk_refuses_by_name_and_loses_nothing(ledger: Ledger) -> None:
    size = lasting(filled(ledger)).stat().st_size
    work = (
        "import resource, sys; from pathlib import Path; from tokenizer.errors import StorageError\n"
        "from tokenizer.ledger import Ledger\n"
        "ledger = Ledger.open(Path(sys.argv[1]), bytes(range(32)))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), -1))\n"
        "try: ledger.record_disposals(1, 8, list(range(1000)), 1)\n"
        "except StorageError as error: print(error.code, error.message_en)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))\n"
        "ledger.record_disposals(1, 9, [1], 1)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", work, ledger.path, str(size + 100)], capture_output=True, text=True, check=True
    )
    assert "STORAGE_UNAVAILABLE" in done.stdout
    assert "cannot take the write" in done.stdout
    again = reopened(ledger)
    assert [one.run for one in again.disposals()] == [1, 2, 3, 4, 5, 9]
    assert again.repairs == 0


# --- its place


def test_the_directory_and_its_files_belong_to_their_owner_alone(ledger: Ledger) -> None:
    assert ledger.path.stat().st_mode & 0o777 == 0o700
    assert {file.name: file.stat().st_mode & 0o777 for file in ledger.path.iterdir()} == {
        "ledger.jsonl": 0o600,
        "witness.jsonl": 0o600,
    }


@pytest.mark.parametrize("name", ["", "ledger.jsonl", "witness.jsonl"])
def test_a_ledger_that_is_open_to_others_is_refused_and_named(ledger: Ledger, name: str) -> None:
    (ledger.path / name).chmod(0o755)
    with pytest.raises(LedgerError, match="chmod") as caught:
        reopened(ledger)
    assert str(ledger.path / name) in caught.value.message_ja


@pytest.mark.parametrize("name", ["ledger.jsonl", "witness.jsonl"])
def test_a_file_that_is_missing_or_a_link_is_refused_and_named(ledger: Ledger, name: str) -> None:
    (ledger.path / name).rename(ledger.path.parent / "elsewhere")
    with pytest.raises(LedgerError, match=f"(?s){name}.*adopt"):
        reopened(ledger)
    (ledger.path / name).symlink_to(ledger.path.parent / "elsewhere")
    with pytest.raises(LedgerError, match=name):
        reopened(ledger)


def test_a_missing_ledger_is_refused_and_not_made(path: Path) -> None:
    with pytest.raises(LedgerError, match="warifu ledger adopt"):
        Ledger.open(path, KEY)
    assert not path.exists()


def test_a_file_in_its_place_is_refused(path: Path) -> None:
    path.touch()
    with pytest.raises(LedgerError, match="not a directory"):
        Ledger.open(path, KEY)
    with pytest.raises(LedgerError):
        Ledger.create(path, KEY, AT)


def test_a_ledger_inside_the_data_directory_is_refused(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "ledger"):
        with pytest.raises(LedgerError, match="inside the data directory"):
            Ledger.create(place, KEY, AT, data_dir=tmp_path)
        with pytest.raises(LedgerError, match="inside the data directory"):
            Ledger.open(place, KEY, data_dir=tmp_path)


def test_a_ledger_is_not_made_over_another(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="not overwritten"):
        Ledger.create(ledger.path, KEY, AT)


def test_a_ledger_that_was_cut_short_while_it_was_made_can_be_made_again(ledger: Ledger) -> None:
    lasting(ledger).unlink()
    Ledger.create(ledger.path, KEY, AT).record_disposals(1, 1, [1], AT)
    assert [one.run for one in reopened(ledger).disposals()] == [1]


def test_nothing_is_written_into_a_ledger_during_a_rehearsal(ledger: Ledger) -> None:
    filled(ledger)
    before = [path.read_bytes() for path in sorted(ledger.path.iterdir())]
    rehearsal = Ledger.open(ledger.path, KEY, rehearsal=True)
    assert list(rehearsal.disposals()) == list(ledger.disposals())
    with pytest.raises(LedgerError, match="drill"):
        rehearsal.record_disposals(1, 9, [1], AT)
    with pytest.raises(LedgerError, match="drill"):
        rehearsal.retract_disposals(1, 1, [100], AT)
    with pytest.raises(LedgerError, match="drill"):
        rehearsal.witness_all({1: head(999)}, AT)
    with pytest.raises(LedgerError, match="drill"):
        rehearsal.accept_rollback(1, None, AT)
    assert [path.read_bytes() for path in sorted(ledger.path.iterdir())] == before


def test_it_prints_without_its_key(ledger: Ledger) -> None:
    assert KEY.hex() not in repr(ledger)
    assert repr(KEY) not in repr(ledger)


@pytest.fixture
def read_only(ledger: Ledger) -> Iterator[Ledger]:
    """A ledger whose lasting file a directory took the place of, so that no write succeeds."""
    path = lasting(filled(ledger))
    content = path.read_bytes()
    path.unlink()
    path.mkdir(mode=0o700)
    yield ledger
    path.rmdir()
    path.write_bytes(content)


def test_a_ledger_that_is_lost_while_in_use_refuses_by_name(read_only: Ledger) -> None:
    with pytest.raises((LedgerError, StorageError), match="ledger"):
        read_only.record_disposals(1, 9, [999], AT)
