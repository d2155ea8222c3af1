"""Seals and MACs of the rows that grant power: credentials, one-time-code seeds, settings, prepared uses.

Someone who can write to the database, but has not the authority key, cannot add themselves, swap two rows, widen a
client's purposes or move a seed to another account: the row then fails its check and is refused.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

from tokenizer.crypto.primitives import RandomBytes, equal, mac, open_sealed, seal
from tokenizer.errors import SealBrokenError

T = TypeVar("T")
Value = int | str | bytes | None

_Row = tuple[str, tuple[Value, ...], tuple[type, ...]]
"""A table, the values of a row, and their types: 1 and True are equal, and not the same."""

_REMEMBERED: Final = 4096
_SHORT: Final = 256
_LENGTHS: Final = [size.to_bytes(4) for size in range(_SHORT)]


class Authority:
    """The authority key in use. Prints without it.

    The rows of a request (its tenant, client, account) are those of the one before, so rows that passed their check
    are remembered, with what was made of them, and the same values under the same stamp pass again.
    """

    __slots__ = ("_mac_key", "_passed", "_read", "_seal_key")

    def __init__(self, key: bytes) -> None:
        self._mac_key = mac(key, b"row-mac")
        self._seal_key = mac(key, b"row-seal")
        self._passed: dict[bytes, _Row] = {}
        self._read: dict[bytes, tuple[str, Sequence[Any], Any]] = {}

    def __repr__(self) -> str:
        return "Authority(****)"

    def stamp(self, table: str, values: Sequence[Value]) -> bytes:
        """The MAC of a row: its table's name and the values that matter, each with its type and length."""
        return mac(self._mac_key, _encode((table, *values)))

    def check(self, table: str, values: Sequence[Value], stamp: bytes) -> None:
        """Make sure that a row is as it was stamped.

        Raises:
            SealBrokenError: somebody changed it.
        """
        row = (table, tuple(values), tuple(map(type, values)))
        if self._passed.get(stamp) == row:
            return
        if not equal(self.stamp(table, values), stamp):
            raise _altered(table)
        if len(self._passed) >= _REMEMBERED:
            self._passed.clear()
        self._passed[stamp] = row

    def read(self, table: str, row: Sequence[Any], build: Callable[[Sequence[Any]], T]) -> T:
        """What a stamped row says, for the tables that every request looks at.

        A row that equals one that was read before, stamp and all, gives what was made of that one then.

        Args:
            table: its name.
            row: the values that matter, and the stamp last.
            build: makes an unchanging value of the row, stamp included.

        Raises:
            SealBrokenError: somebody changed it.
        """
        known = self._read.get(row[-1])
        if known is not None and known[1] == row and known[0] == table:
            made: T = known[2]
            return made
        if not equal(self.stamp(table, row[:-1]), row[-1]):
            raise _altered(table)
        made = build(row)
        if len(self._read) >= _REMEMBERED:
            self._read.clear()
        self._read[row[-1]] = (table, row, made)
        return made

    def check_all(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Make sure that many rows, each with its stamp last, are as they were stamped; none is remembered.

        Raises:
            SealBrokenError: somebody changed one.
        """
        head, key = _encode((table,)), self._mac_key
        for row in rows:
            if not equal(mac(key, head + _encode(row[:-1])), row[-1]):
                raise _altered(table)

    def seal(self, kind: str, place: Sequence[Value], plaintext: bytes, random_bytes: RandomBytes) -> bytes:
        """Seal a secret (such as a one-time-code seed) to its row."""
        return seal(self._seal_key, plaintext, _encode((kind, *place)), random_bytes)

    def open(self, kind: str, place: Sequence[Value], sealed: bytes) -> bytes:
        """Open what `seal` sealed.

        Raises:
            SealBrokenError: it was altered or moved to another row.
        """
        return open_sealed(self._seal_key, sealed, _encode((kind, *place)))


def _encode(values: Iterable[Value]) -> bytes:
    """Length-prefixed, so that no two lists of values share an encoding."""
    return b"".join([_TAGGED[type(value)](value) for value in values])


def _tagged_integer(value: int) -> bytes:
    raw = b"%d" % value
    return b"i%b%b" % (_LENGTHS[len(raw)], raw)


def _tagged_text(value: str) -> bytes:
    raw = value.encode()
    size = len(raw)
    return b"s%b%b" % (_LENGTHS[size] if size < _SHORT else size.to_bytes(4), raw)


def _tagged_bytes(value: bytes) -> bytes:
    size = len(value)
    return b"b%b%b" % (_LENGTHS[size] if size < _SHORT else size.to_bytes(4), value)


_TAGGED: Final[dict[type, Callable[[Any], bytes]]] = {
    int: _tagged_integer,
    str: _tagged_text,
    bytes: _tagged_bytes,
    type(None): lambda _none: b"n\x00\x00\x00\x00",
}


def _altered(table: str) -> SealBrokenError:
    return SealBrokenError(
        f"権限に関わる行({table})が書き換えられています。使用を拒否しました。監査ログを検証してください。",
        f"A row that grants power ({table}) was altered; its use is refused. Verify the audit log.",
    )
