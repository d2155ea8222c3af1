"""The ledger of contracts that ended: what it keeps, and that nobody takes it back by the files."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tokenizer.errors import LedgerError, StorageError
from tokenizer.ledger import ContractEnd, Disposal, Ledger, Witnessed

KEY = bytes(range(32))
AT = 1_790_000_000_000
OLDER = {
    "ledger.jsonl": (
        b'{"mac":"46210527534f504a5464cd6a52b8507783793a6d2b67af31f48182ff29e6d47a","at":1790000000000,'
        b'"format":1,"generation":0,"kind":"ledger"}\n'
        b'{"mac":"8dd5c768f651f532d9c3abb43c5cbb0ba72823e50ba86f11d5f3347c170b6fdd","at":1790000000001,'
        b'"kind":"disposal","persons":[11,12],"run":1,"tenant":7}\n'
        b'{"mac":"9e60c94d83f44cf3f0961f4b7accf7f1ef63ea23122128402105e7891df57aa7","at":1790000000002,'
        b'"kind":"retraction","persons":[12],"run":1,"tenant":7}\n'
    ),
    "witness.jsonl": (
        b'{"mac":"fd2beb4c4df9772a5334f000be509cbe1b1e590febd5b8e925c05b89fd8c3baa","at":1790000000000,'
        b'"format":1,"generation":0,"kind":"ledger"}\n'
        b'{"mac":"3dd10b87207e2a208fa0a131585808b7455656c8eb574d23d0c0174128e37159","at":1790000000003,'
        b'"heads":[[7,3,"note"]],"kind":"heads",'
        b'"last":"9e60c94d83f44cf3f0961f4b7accf7f1ef63ea23122128402105e7891df57aa7","lines":3}\n'
    ),
}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.create(tmp_path / "ledger", KEY, AT)


def reopened(ledger: Ledger) -> Ledger:
    return Ledger.open(ledger.path, KEY)


def lasting(ledger: Ledger) -> Path:
    return ledger.path / "ledger.jsonl"


def test_the_contracts_that_ended_are_there_in_order_when_it_is_opened_again(ledger: Ledger) -> None:
    other = reopened(ledger)
    assert list(ledger.contract_ends()) == []
    ledger.record_contract_end(8, AT + 1)
    ledger.record_disposals(8, 1, [11], AT + 2)
    ledger.record_contract_end(7, AT + 3)
    wanted = [ContractEnd(8, AT + 1), ContractEnd(7, AT + 3)]
    for seen in (ledger, other, reopened(ledger)):
        assert list(seen.contract_ends()) == wanted
        assert list(seen.disposals()) == [Disposal(8, 1, [11], AT + 2)]


def test_an_end_that_was_recorded_again_counts_once_and_as_of_the_first_time(ledger: Ledger) -> None:
    other = reopened(ledger)
    for later in range(3):
        (ledger, other)[later % 2].record_contract_end(7, AT + later)
    for seen in (ledger, other, reopened(ledger)):
        assert list(seen.contract_ends()) == [ContractEnd(7, AT)]


def test_the_line_holds_the_tenant_and_the_time_and_nothing_else(ledger: Ledger) -> None:
    ledger.record_contract_end(7, AT)
    written = json.loads(lasting(ledger).read_text().splitlines()[-1])
    written.pop("mac")
    assert written == {"kind": "contract_end", "tenant": 7, "at": AT}


def test_a_ledger_of_an_older_version_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    path.mkdir(mode=0o700)
    for name, content in OLDER.items():
        (path / name).touch(mode=0o600)
        (path / name).write_bytes(content)
    ledger = Ledger.open(path, KEY)
    assert list(ledger.contract_ends()) == []
    ledger.record_contract_end(7, AT + 9)
    again = reopened(ledger)
    assert list(again.contract_ends()) == [ContractEnd(7, AT + 9)]
    assert list(again.disposals()) == [Disposal(7, 1, [11], 1_790_000_000_001)]
    assert again.witnessed() == {7: Witnessed(3, "note")}
    assert lasting(ledger).read_bytes().startswith(OLDER["ledger.jsonl"])


def test_no_byte_of_an_end_can_be_changed(ledger: Ledger) -> None:
    before = lasting(ledger).stat().st_size
    ledger.record_contract_end(7, AT)
    whole = lasting(ledger).read_bytes()
    for place in range(before, len(whole) - 1):
        lasting(ledger).write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(LedgerError, match=r"(?s)行目.*ledger\.jsonl"):
            reopened(ledger)


def test_an_end_cannot_be_taken_out_moved_or_put_onto_another_tenant(ledger: Ledger) -> None:
    ledger.record_contract_end(7, AT)
    ledger.record_contract_end(8, AT)
    begun, seven, eight = lasting(ledger).read_bytes().splitlines(keepends=True)
    other = seven.replace(b'"tenant":7', b'"tenant":9')
    for lines in ([begun, eight], [begun, eight, seven], [begun, other, eight], [begun, seven, seven, eight]):
        lasting(ledger).write_bytes(b"".join(lines))
        with pytest.raises(LedgerError, match="not what was written"):
            reopened(ledger)


def test_a_file_cut_short_before_an_end_is_refused_once_it_was_witnessed(ledger: Ledger) -> None:
    older = lasting(ledger).read_bytes()
    ledger.record_contract_end(7, AT)
    lasting_now = lasting(ledger).read_bytes()
    lasting(ledger).write_bytes(older)
    with pytest.raises(LedgerError):
        list(ledger.contract_ends())
    lasting(ledger).write_bytes(lasting_now)
    ledger.witness_all({}, AT)
    lasting(ledger).write_bytes(older)
    with pytest.raises(LedgerError, match="older copy"):
        reopened(ledger)


@pytest.mark.parametrize("kept", [1, 40, 73, 100, -1])
def test_an_end_that_a_crash_left_torn_does_not_count_and_can_be_recorded_again(
    ledger: Ledger, kept: int
) -> None:
    before = lasting(ledger).read_bytes()
    ledger.record_contract_end(7, AT)
    torn = lasting(ledger).read_bytes()[len(before) :][:kept]
    lasting(ledger).write_bytes(before + torn)
    again = reopened(ledger)
    assert (list(again.contract_ends()), again.repairs) == ([], 1)
    again.record_contract_end(7, AT + 5)
    assert list(reopened(ledger).contract_ends()) == [ContractEnd(7, AT + 5)]


def test_many_processes_at_once_lose_no_end_and_break_nothing(ledger: Ledger) -> None:
    work = (
        "import sys; from pathlib import Path; from tokenizer.ledger import Ledger\n"
        "ledger, mine = Ledger.open(Path(sys.argv[1]), bytes(range(32))), int(sys.argv[2])\n"
        "for turn in range(40):\n"
        "    ledger.record_contract_end(turn, 1)\n"
        "    ledger.record_contract_end(1000 * mine + turn, 1)\n"
        "    ledger.record_disposals(mine, turn, [turn], 1)\n"
        "    assert len(list(ledger.contract_ends())) >= 2 * (turn + 1)\n"
    )
    workers = [subprocess.Popen([sys.executable, "-c", work, ledger.path, str(one)]) for one in (1, 2, 3)]
    assert [worker.wait() for worker in workers] == [0] * 3
    found = [end.tenant for end in reopened(ledger).contract_ends()]
    assert sorted(found) == sorted(range(40)) + [1000 * one + turn for one in (1, 2, 3) for turn in range(40)]
    assert len(list(ledger.disposals())) == 120


def test_a_process_killed_at_any_moment_leaves_every_end_it_acknowledged(ledger: Ledger) -> None:
    work = (
        "import sys; from pathlib import Path; from tokenizer.ledger import Ledger\n"
        "ledger = Ledger.open(Path(sys.argv[1]), bytes(range(32)))\n"
        "tenant = sum(1 for _ in ledger.contract_ends())\n"
        "while True:\n"
        "    ledger.record_contract_end(tenant, 1)\n"
        "    tenant += 1\n"
        "    print(tenant, flush=True)\n"
    )
    for turn in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", work, ledger.path], stdout=subprocess.PIPE, text=True
        ) as worker:
            assert worker.stdout is not None
            for _ in range(turn * 5):
                worker.stdout.readline()
            worker.kill()
            told = [int(line) for line in worker.stdout.read().split("\n")[:-1]]
        found = [end.tenant for end in reopened(ledger).contract_ends()]
        assert found == list(range(len(found)))
        assert len(found) >= max([0, *told])


def test_a_full_disk_refuses_by_name_and_the_contract_has_not_ended(ledger: Ledger) -> None:
    work = (
        "import resource, sys; from pathlib import Path; from tokenizer.errors import StorageError\n"
        "from tokenizer.ledger import Ledger\n"
        "ledger = Ledger.open(Path(sys.argv[1]), bytes(range(32)))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), -1))\n"
        "try: ledger.record_contract_end(7, 1)\n"
        "except StorageError as error: print(error.code)\n"
        "assert list(ledger.contract_ends()) == []\n"
    )
    full = str(lasting(ledger).stat().st_size + 20)
    done = subprocess.run(
        [sys.executable, "-c", work, ledger.path, full], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [StorageError.code]
    again = reopened(ledger)
    assert (list(again.contract_ends()), again.repairs) == ([], 0)


def test_no_end_is_recorded_during_a_rehearsal(ledger: Ledger) -> None:
    ledger.record_contract_end(7, AT)
    before = lasting(ledger).read_bytes()
    rehearsal = Ledger.open(ledger.path, KEY, rehearsal=True)
    assert list(rehearsal.contract_ends()) == [ContractEnd(7, AT)]
    with pytest.raises(LedgerError, match="drill"):
        rehearsal.record_contract_end(8, AT)
    assert lasting(ledger).read_bytes() == before
