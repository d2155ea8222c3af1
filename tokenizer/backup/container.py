"""A backup as one file.

    warifu-backup 1
    {"backup":"...","vault":"...",...}          the manifest
    mac <64 hex digits>                         over the two lines above
    <24 bytes><chunk><chunk>...<last chunk>     the database, sealed in chunks of 1 MiB
    sha256 <64 hex digits>                      on a line of its own, over everything above
    mac <64 hex digits>                         over the manifest's MAC and that hash

It is written beside its place under another name, sees the disk, and only then gets its own: a file under that name is
whole, or somebody cut it. Its end says so at a glance, its hash for certain, and no chunk opens that is not the next.
"""

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final, Self

from tokenizer.backup.manifest import BackupKeys, Manifest
from tokenizer.crypto.primitives import equal
from tokenizer.crypto.stream import CHUNK_OVERHEAD_BYTES, HEADER_BYTES, StreamOpener, StreamSealer
from tokenizer.errors import BackupError, SealBrokenError, StorageError

CHUNK_BYTES: Final = 1024 * 1024
SUFFIX: Final = ".backup"
PARTIAL: Final = ".partial"

Progress = Callable[[int, int], None]
"""Told how many of how many bytes are done."""

_MAGIC: Final = b"warifu-backup 1\n"
_HEX: Final = 64
_MAC_LINE: Final = len(b"mac \n") + _HEX
_HASH_LINE: Final = len(b"\nsha256 \n") + _HEX
_END: Final = _HASH_LINE + _MAC_LINE
_LONGEST_MANIFEST: Final = 64 * 1024 * 1024
_SEALED_CHUNK: Final = CHUNK_BYTES + CHUNK_OVERHEAD_BYTES


@dataclass(frozen=True, slots=True)
class Written:
    """A backup that is on disk.

    Attributes:
        path: its file.
        size: its bytes.
        sha256: of the file without its last two lines, in hex.
    """

    path: Path
    size: int
    sha256: str


def place_of(backup: str, vault: str) -> bytes:
    """What a stream's key is bound to."""
    return f"warifu-backup 1\n{backup}\n{vault}\n".encode()


def write_container(
    directory: Path, manifest: Manifest, keys: BackupKeys, stream_key: bytes, content: Iterable[bytes]
) -> Written:
    """Write a backup, whole and durably or not at all.

    Args:
        directory: where it goes; made if it is not there.
        manifest: what it says of itself.
        keys: mark it as this vault's.
        stream_key: the key that the manifest holds sealed.
        content: the database, in pieces of any length.

    Raises:
        StorageError: the disk did not take it; nothing is left of it.
    """
    path = directory / f"warifu-{manifest.backup}{SUFFIX}"
    partial = path.with_name(path.name + PARTIAL)
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _created(partial) as file:
            digest = _write(file, manifest, keys, stream_key, content)
            partial.rename(path)
            _sync(directory)
            return Written(path, file.tell(), digest)
    except OSError as error:
        raise StorageError(
            f"バックアップ {path} を書き込めません({error.strerror})。空き容量と権限を確かめてください。"
            "何も残していません。",
            f"The backup {path} cannot be written ({error.strerror}). Check free space and permissions. "
            "Nothing is left of it.",
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def is_being_written(partial: Path) -> bool:
    """Whether somebody still works on a file or directory that is not whole; nobody does after a crash."""
    descriptor = -1
    try:
        descriptor = os.open(partial, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        if descriptor >= 0:
            os.close(descriptor)
    return False


class Container:
    """A backup's file, looked at. `read` gives the database back.

    Attributes:
        path: the file.
        manifest: what it says of itself; its MAC was checked.
        size: bytes of the file.
        sha256: of the file without its last two lines, as these say.
    """

    def __init__(self, path: Path, manifest: Manifest, size: int, head: int, hashed: str) -> None:
        self.path = path
        self.manifest = manifest
        self.size = size
        self.sha256 = hashed
        self._head = head

    @classmethod
    def open(cls, path: Path, keys: BackupKeys) -> Self:
        """Look at a file's beginning and end.

        Raises:
            BackupError: it is missing, no backup, of another vault, cut short or altered.
        """
        with _opened(path) as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise _no_backup(path)
            line, mark = file.readline(_LONGEST_MANIFEST), file.read(_MAC_LINE)
            if not equal(mark, _mac_line(keys.mark(_MAGIC + line))):
                raise _foreign_or_altered(path)
            head, size = file.tell(), file.seek(0, os.SEEK_END)
            file.seek(max(head, size - _END))
            end = file.read(_END)
            if not equal(end[_HASH_LINE:], _mac_line(keys.mark(mark + end[:_HASH_LINE]))):
                raise _cut_or_altered(path)
        return cls(path, _manifest(path, line), size, head, end[len(b"\nsha256 ") : -_MAC_LINE - 1].decode())

    def verify(self, progress: Progress | None = None) -> None:
        """Hash the whole file.

        Raises:
            BackupError: a byte of it is not what was written.
        """
        hashed, done = sha256(), 0
        with _opened(self.path) as file:
            while part := file.read(min(CHUNK_BYTES, self.size - _END - done)):
                hashed.update(part)
                done += len(part)
                if progress is not None:
                    progress(done, self.size)
        if not equal(hashed.hexdigest().encode(), self.sha256.encode()):
            raise _cut_or_altered(self.path)

    def read(self, stream_key: bytes, progress: Progress | None = None) -> Iterator[bytes]:
        """The database, in pieces; every piece is what was written, and the last comes only if none is missing.

        Raises:
            BackupError: a byte of it is not what was written.
        """
        end = self.size - _END
        with _opened(self.path) as file:
            head = file.read(self._head)
            try:
                opener = StreamOpener(stream_key, file.read(HEADER_BYTES), sha256(head).digest())
                while (left := end - file.tell()) > 0:
                    sealed = file.read(min(_SEALED_CHUNK, left))
                    yield opener.open(sealed, last=left <= _SEALED_CHUNK)
                    if progress is not None:
                        progress(file.tell(), self.size)
            except SealBrokenError:
                raise _cut_or_altered(self.path) from None


@contextmanager
def _created(partial: Path) -> Iterator[BinaryIO]:
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _write(
    file: BinaryIO, manifest: Manifest, keys: BackupKeys, stream_key: bytes, content: Iterable[bytes]
) -> str:
    first = _MAGIC + manifest.to_line() + b"\n"
    mark = _mac_line(keys.mark(first))
    head, hashed = first + mark, sha256()
    sealer = StreamSealer(stream_key, sha256(head).digest())

    def put(part: bytes) -> None:
        hashed.update(part)
        file.write(part)

    put(head + sealer.header)
    waiting: bytes | None = None
    for chunk in _chunks(content):
        if waiting is not None:
            put(sealer.seal(waiting, last=False))
        waiting = chunk
    put(sealer.seal(waiting or b"", last=True))
    end = b"\nsha256 %b\n" % hashed.hexdigest().encode()
    file.write(end + _mac_line(keys.mark(mark + end)))
    file.flush()
    os.fsync(file.fileno())
    return hashed.hexdigest()


def _chunks(content: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces of `CHUNK_BYTES`, but for the last."""
    waiting = bytearray()
    for part in content:
        waiting += part
        while len(waiting) >= CHUNK_BYTES:
            yield bytes(waiting[:CHUNK_BYTES])
            del waiting[:CHUNK_BYTES]
    if waiting:
        yield bytes(waiting)


def _mac_line(tag: bytes) -> bytes:
    return b"mac %b\n" % tag.hex().encode()


def _manifest(path: Path, line: bytes) -> Manifest:
    try:
        return Manifest.from_line(line)
    except ValueError:
        raise BackupError(
            f"{path} は、この版の割符が知らない形式です。作成した版以降の割符を使ってください。",
            f"{path} has a format that this version does not know. Run the version that made it or newer.",
        ) from None


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise BackupError(
            f"バックアップ {path} を読めません({error.strerror})。パスと権限を確かめてください。",
            f"The backup {path} cannot be read ({error.strerror}). Check path and permissions.",
        ) from None
    with file:
        yield file


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _no_backup(path: Path) -> BackupError:
    return BackupError(
        f"{path} は割符のバックアップではありません。`warifu backup` が作成した .backup ファイルを指定してください。",
        f"{path} is no backup of Warifu. Name a .backup file that `warifu backup` made.",
    )


def _foreign_or_altered(path: Path) -> BackupError:
    return BackupError(
        f"{path} は別の保管庫のバックアップか、書き換えられています。鍵ディレクトリの指定を確かめてください。",
        f"{path} is a backup of another vault, or was altered. Check which key directory is in use.",
    )


def _cut_or_altered(path: Path) -> BackupError:
    return BackupError(
        f"{path} は途中で切れているか、書き換えられています。使えません。別のバックアップを使ってください。",
        f"{path} is cut short or altered and cannot be used. Use another backup.",
    )
