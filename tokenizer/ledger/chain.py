"""A file of JSON lines, each under a MAC over itself and the MAC of the line before.

    {"mac":"<64 hex digits>","at":1790000000000,"kind":"disposal",...}

- Lines are appended, one at a time, and are on disk before `append` returns. What is there is never changed.
- A line that was altered, moved, inserted or taken out breaks the chain from there on: the file is refused.
- A crash in the middle of an append leaves a torn last line: no newline, or a hole of zeros. Nobody was told that it
  is there, so the next reader cuts it off and says so in a line of its own.
- A file is replaced as a whole only by `rewrite`, at once and durably. Its first line then is another, which is how
  other processes notice.

Whoever calls holds the lock of the directory; `entries` alone needs none.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from tokenizer.crypto.primitives import equal, mac
from tokenizer.errors import LedgerError
from tokenizer.ledger import place

Entry = dict[str, Any]

_HEAD: Final = b'{"mac":"'
_BODY: Final = len(_HEAD) + 64 + len(b'",')
_APPEND: Final = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


class Chain:
    """One file, followed from its beginning to the last line that was seen.

    Attributes:
        path: the file.
        lines: how many lines were seen.
        size: their bytes.
        repairs: how many torn lines were ever cut off.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        self._key = key
        self._start = mac(key, b"first\x00" + path.name.encode())
        self._first = b""
        self._mac = self._start
        self.lines = self.size = self.repairs = 0

    @property
    def mac(self) -> str:
        """The MAC of the last line that was seen, in hex: it stands for all lines up to there."""
        return self._mac.hex()

    def follow(self) -> Iterator[Entry]:
        """The lines that were not seen yet; all of them if the file was replaced. Cuts off a torn last line.

        Raises:
            LedgerError: the file is missing, open to others, or a line is not what was written.
        """
        with self._opened() as file:
            first = file.read(_BODY)
            if self.lines and first != self._first:
                self._forget()
            self._first = first
            if file.seek(0, os.SEEK_END) < self.size:
                raise self._damaged()
            file.seek(self.size)
            for line in file:
                if _is_torn(line) and not file.read(1):
                    self._cut(len(line))
                    break
                yield self._advance(line)
        if not self.lines:
            raise self._damaged()

    def entries(self) -> Iterator[Entry]:
        """The lines that were seen, once more from the first, read while others may append.

        Raises:
            LedgerError: as `follow`.
        """
        again = Chain(self.path, self._key)
        with self._opened() as file:
            while again.size < self.size:
                yield again._advance(file.readline())

    def append(self, entry: Entry) -> None:
        """Write one line, durably. The caller has followed the file to its end.

        Raises:
            StorageError: the disk did not take it; the file is as before.
        """
        line, tag = self._line(self._mac, entry)
        try:
            descriptor = os.open(self.path, _APPEND)
            try:
                self._write(descriptor, line)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise place.unwritable(self.path, error) from error
        self._mac, self.lines, self.size = tag, self.lines + 1, self.size + len(line)

    def rewrite(self, entries: Iterable[Entry]) -> None:
        """Put other lines in the place of all there are: after a crash the old ones are there, or the new ones.

        Raises:
            StorageError: the disk did not take it; the file is as before.
        """
        lines, tag, torn = [], self._start, 0
        for entry in entries:
            torn += entry.get("torn", 0)
            line, tag = self._line(tag, entry)
            lines.append(line)
        partial = self.path.with_name(self.path.name + ".partial")
        try:
            partial.unlink(missing_ok=True)
            with os.fdopen(os.open(partial, _CREATE, 0o600), "wb") as file:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
            partial.rename(self.path)
            place.sync(self.path.parent)
        except OSError as error:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise place.unwritable(self.path, error) from error
        self._forget()
        self._first, self._mac, self.repairs = lines[0][:_BODY], tag, torn
        self.lines, self.size = len(lines), sum(map(len, lines))

    def _forget(self) -> None:
        self._first, self._mac = b"", self._start
        self.lines = self.size = self.repairs = 0

    def _line(self, before: bytes, entry: Entry) -> tuple[bytes, bytes]:
        body = orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)
        tag = mac(self._key, before + body)
        return b'%b%b",%b\n' % (_HEAD, tag.hex().encode(), body[1:]), tag

    def _advance(self, line: bytes) -> Entry:
        body = b"{" + line[_BODY:-1]
        tag = mac(self._key, self._mac + body)
        if not equal(line[:_BODY] + line[-1:], b'%b%b",\n' % (_HEAD, tag.hex().encode())):
            raise self._damaged()
        self._mac, self.lines, self.size = tag, self.lines + 1, self.size + len(line)
        entry: Entry = orjson.loads(body)
        self.repairs += entry.get("torn", 0)
        return entry

    def _cut(self, torn: int) -> None:
        try:
            os.truncate(self.path, self.size)
        except OSError as error:
            raise place.unwritable(self.path, error) from error
        self.append({"kind": "repair", "bytes": torn, "torn": 1})
        self.repairs += 1

    def _write(self, descriptor: int, line: bytes) -> None:
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        except OSError:
            # What cannot be taken back now is torn, and the next reader cuts it off.
            with suppress(OSError):
                os.ftruncate(descriptor, self.size)
                os.fsync(descriptor)
            raise

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            raise place.unreadable(self.path, error) from None
        with ExitStack() as stack:
            stack.callback(os.close, descriptor)
            place.check_file(self.path, os.fstat(descriptor).st_mode)
            yield stack.enter_context(os.fdopen(descriptor, "rb", closefd=False))

    def _damaged(self) -> LedgerError:
        line = self.lines + 1
        return LedgerError(
            f"台帳 {self.path} の {line} 行目が、書かれたときのものではありません"
            "(壊れたか、書き換え・削除・追加されたか、別の保管庫のものです)。写しを取ってから、控えから戻してください。",
            f"Line {line} of the ledger {self.path} is not what was written there: damaged, altered, removed, "
            "added, or of another vault. Keep a copy of it, then bring your own copy of the ledger back.",
        )


def _is_torn(line: bytes) -> bool:
    return not line.endswith(b"\n") or b"\0" in line
