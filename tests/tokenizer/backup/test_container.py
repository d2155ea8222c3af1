"""A backup's file: whole, ours and unaltered, or refused by name."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tokenizer.backup.container import (
    CHUNK_BYTES,
    Container,
    Written,
    is_being_written,
    place_of,
    write_container,
)
from tokenizer.backup.manifest import EPOCH_LIFE_MS, BackupKeys, Manifest, expires_at
from tokenizer.crypto.primitives import system_random
from tokenizer.errors import BackupError, KeyGoneError, StorageError
from tokenizer.providers.base import Epoch
from tokenizer.providers.file import FileKeyProvider

AT = 1_790_000_000_000
VAULT = "test-vault"


@pytest.fixture
def provider(tmp_path: Path) -> FileKeyProvider:
    return FileKeyProvider.create(tmp_path / "keys", VAULT, now_ms=AT)


@pytest.fixture
def keys(provider: FileKeyProvider) -> BackupKeys:
    return BackupKeys(provider)


def made(keys: BackupKeys, backup: str = "one", epoch: int = 1) -> tuple[Manifest, bytes]:
    stream_key, sealed = keys.new_stream_key(epoch, place_of(backup, VAULT), system_random)
    manifest = Manifest(
        backup=backup,
        vault=VAULT,
        origin="log.example",
        version="0",
        made_at=AT,
        created_at=AT,
        backend="sqlite",
        revision="0001",
        epoch=epoch,
        epochs=(epoch,),
        expires_at=expires_at([epoch], keys.epochs()),
        logs={7: 3, 8: 0},
        key=sealed,
    )
    return manifest, stream_key


def written(path: Path, keys: BackupKeys, content: list[bytes], backup: str = "one") -> Written:
    manifest, stream_key = made(keys, backup)
    return write_container(path, manifest, keys, stream_key, content)


def content_of(path: Path, keys: BackupKeys) -> bytes:
    container = Container.open(path, keys)
    container.verify()
    key = keys.stream_key(container.manifest, place_of(container.manifest.backup, VAULT))
    return b"".join(container.read(key))


@pytest.mark.parametrize("length", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_what_was_put_in_comes_out(tmp_path: Path, keys: BackupKeys, length: int) -> None:
    data = os.urandom(length)
    pieces = [data[start : start + 70_001] for start in range(0, length, 70_001)]
    done = written(tmp_path / "to", keys, pieces)
    assert content_of(done.path, keys) == data
    assert done.size == done.path.stat().st_size
    found = Container.open(done.path, keys)
    assert (found.manifest.logs, found.sha256, found.size) == ({7: 3, 8: 0}, done.sha256, done.size)


def test_the_file_is_for_its_owner_alone_and_holds_nothing_in_the_clear(
    tmp_path: Path, keys: BackupKeys
) -> None:
    done = written(tmp_path / "to", keys, [b"a secret that is easy to find" * 100])
    assert done.path.stat().st_mode & 0o777 == 0o600
    assert b"secret" not in done.path.read_bytes()
    assert [file.name for file in (tmp_path / "to").iterdir()] == [done.path.name]


def test_progress_is_told_up_to_the_whole(tmp_path: Path, keys: BackupKeys) -> None:
    done = written(tmp_path / "to", keys, [os.urandom(3 * CHUNK_BYTES + 5)])
    told: list[int] = []
    Container.open(done.path, keys).verify(lambda part, whole: told.append(part * 100 // whole))
    assert told == sorted(told)
    assert told[-1] >= 99


def test_no_byte_can_be_changed(tmp_path: Path, keys: BackupKeys) -> None:
    path = written(tmp_path / "to", keys, [os.urandom(3_000)]).path
    whole = path.read_bytes()
    for place in range(0, len(whole), 13):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :])
        with pytest.raises(BackupError):
            Container.open(path, keys).verify()


def test_a_changed_chunk_does_not_open_either_when_nobody_hashed_the_file(
    tmp_path: Path, keys: BackupKeys
) -> None:
    path = written(tmp_path / "to", keys, [os.urandom(2 * CHUNK_BYTES + 100)]).path
    whole = path.read_bytes()
    key = keys.stream_key(Container.open(path, keys).manifest, place_of("one", VAULT))
    for place in (1_000, CHUNK_BYTES + 5_000, len(whole) - 300):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(BackupError):
            list(Container.open(path, keys).read(key))


@pytest.mark.parametrize("kept", [0, 1, 10, 100, 900, -200, -100, -1])
def test_a_file_that_was_cut_is_refused_at_a_glance(tmp_path: Path, keys: BackupKeys, kept: int) -> None:
    path = written(tmp_path / "to", keys, [os.urandom(CHUNK_BYTES)]).path
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(BackupError):
        Container.open(path, keys)


def test_the_end_of_one_backup_does_not_fit_another(tmp_path: Path, keys: BackupKeys) -> None:
    first = written(tmp_path / "to", keys, [b"x" * 100], "first").path
    second = written(tmp_path / "to", keys, [b"x" * 100], "second").path
    end = 73 + 69
    first.write_bytes(first.read_bytes()[:-end] + second.read_bytes()[-end:])
    with pytest.raises(BackupError):
        Container.open(first, keys)


def test_the_backup_of_another_vault_is_refused(tmp_path: Path, keys: BackupKeys) -> None:
    path = written(tmp_path / "to", keys, [b"x"]).path
    other = BackupKeys(FileKeyProvider.create(tmp_path / "other", "other", now_ms=AT))
    with pytest.raises(BackupError, match="another vault"):
        Container.open(path, other)


@pytest.mark.parametrize("content", [b"", b"x" * 5_000, b"warifu-backup 2\n{}\n"])
def test_another_file_is_no_backup(tmp_path: Path, keys: BackupKeys, content: bytes) -> None:
    (tmp_path / "x.backup").write_bytes(content)
    with pytest.raises(BackupError, match="no backup"):
        Container.open(tmp_path / "x.backup", keys)


def test_a_missing_file_is_named(tmp_path: Path, keys: BackupKeys) -> None:
    with pytest.raises(BackupError, match=r"gone\.backup"):
        Container.open(tmp_path / "gone.backup", keys)


def test_a_manifest_of_another_version_is_refused_by_name(tmp_path: Path, keys: BackupKeys) -> None:
    class Later(Manifest):
        def to_line(self) -> bytes:
            return super().to_line().replace(b'"logs"', b'"journals"')

    manifest, key = made(keys)
    later = Later(**{name: getattr(manifest, name) for name in Manifest.__slots__})
    path = write_container(tmp_path, later, keys, key, [b"x"]).path
    with pytest.raises(BackupError, match="newer"):
        Container.open(path, keys)


# --- epochs


def test_a_backup_dies_with_its_epoch(tmp_path: Path, provider: FileKeyProvider, keys: BackupKeys) -> None:
    provider.create_epoch(2, AT + 7)
    path = written(tmp_path / "to", keys, [b"x"]).path
    provider.destroy_epoch(1)
    container = Container.open(path, keys)
    with pytest.raises(KeyGoneError, match="extinct") as caught:
        keys.stream_key(container.manifest, place_of("one", VAULT))
    assert "消滅" in caught.value.message_ja


def test_a_backup_dies_with_any_epoch_that_something_in_it_needs(
    provider: FileKeyProvider, keys: BackupKeys
) -> None:
    provider.create_epoch(2, AT + 7)
    manifest, _ = made(keys, epoch=2)
    needing = replace(manifest, epochs=(1, 2))
    keys.refuse_extinct(needing)
    provider.destroy_epoch(1)
    keys.refuse_extinct(manifest)
    with pytest.raises(KeyGoneError, match="epoch 1"):
        keys.refuse_extinct(needing)


def test_a_backup_expires_with_the_oldest_epoch_it_needs() -> None:
    living = [Epoch(3, AT), Epoch(4, AT + 7), Epoch(5, AT + 14)]
    assert expires_at([4, 5], living) == AT + 7 + EPOCH_LIFE_MS
    with pytest.raises(BackupError, match="epoch 2"):
        expires_at([2, 5], living)


# --- disks and crashes


def failing() -> Iterator[bytes]:
    yield b"x" * (2 * CHUNK_BYTES)
    raise ConnectionError("lost")


def test_a_source_that_fails_leaves_nothing(tmp_path: Path, keys: BackupKeys) -> None:
    manifest, key = made(keys)
    with pytest.raises(StorageError):
        write_container(tmp_path / "to", manifest, keys, key, failing())
    assert list((tmp_path / "to").iterdir()) == []


@pytest.mark.usefixtures("provider")
def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from tokenizer.backup.container import write_container, place_of\n"
        "from tokenizer.backup.manifest import BackupKeys, Manifest\n"
        "from tokenizer.crypto.primitives import system_random\n"
        "from tokenizer.errors import StorageError\n"
        "from tokenizer.providers.file import FileKeyProvider\n"
        "place = Path(sys.argv[1])\n"
        "keys = BackupKeys(FileKeyProvider.open(place / 'keys'))\n"
        "key, sealed = keys.new_stream_key(1, place_of('one', 'test-vault'), system_random)\n"
        "manifest = Manifest(backup='one', vault='test-vault', origin='o', version='0', made_at=1, created_at=1,\n"
        "    backend='sqlite', revision='1', epoch=1, epochs=(1,), expires_at=1, logs={}, key=sealed)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, -1))\n"
        "try: write_container(place / 'to', manifest, keys, key, [bytes(5_000_000)])\n"
        "except StorageError as error: print(error.code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "STORAGE_UNAVAILABLE"
    assert list((tmp_path / "to").iterdir()) == []


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path, keys: BackupKeys) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="file"):
        written(tmp_path / "file" / "to", keys, [b"x"])


def test_a_file_is_not_whole_as_long_as_it_is_being_written(tmp_path: Path, keys: BackupKeys) -> None:
    seen: list[tuple[list[str], bool]] = []

    def content() -> Iterator[bytes]:
        yield bytes(CHUNK_BYTES)
        files = list((tmp_path / "to").iterdir())
        seen.append(([file.suffix for file in files], is_being_written(files[0])))
        yield b"x"

    manifest, key = made(keys)
    path = write_container(tmp_path / "to", manifest, keys, key, content()).path
    assert seen == [([".partial"], True)]
    assert not is_being_written(path)
