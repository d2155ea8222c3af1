"""Seals and MACs of the rows that grant power: credentials, one-time-code seeds, settings, prepared uses.

Someone who can write to the database, but has not the authority key, cannot add themselves, swap two rows, widen a
client's purposes or move a seed to another account: the row then fails its check and is refused.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

from tokenizer.crypto.primitives import MacKey, RandomBytes, equal, mac, open_sealed, seal
from tokenizer.errors import SealBrokenError

T = TypeVar("T")
Value = int | str | bytes | None

_Build = Callable[[Sequence[Any]], Any]
_Known = tuple[str, Sequence[Any], _Build, Any]
"""A table, a stamped row of it, and what was made of that row, by whom."""

_REMEMBERED: Final = 4096
_TAGS: Final = {int: b"i", str: b"s", bytes: b"b"}
_SHORT: Final = 256
_LENGTHS: Final = [size.to_bytes(4) for size in range(_SHORT)]


class Authority:
    """The authority key in use. Prints without it.

    The rows of a request (its tenant, client, account) are those of the one before, so rows that passed their check
    are remembered, with what was made of them, and the same values under the same stamp pass again.
    """

    __slots__ = ("_known", "_mac_key", "_seal_key")

    def __init__(self, key: bytes) -> None:
        self._mac_key = MacKey(mac(key, b"row-mac"))
        self._seal_key = mac(key, b"row-seal")
        self._known: dict[bytes, _Known] = {}

    def __repr__(self) -> str:
        return "Authority(****)"

    def stamp(self, table: str, values: Sequence[Value]) -> bytes:
        """The MAC of a row: its table's name and the values that matter, each with its type and length."""
        return self._mac_key.mac(_encode((table, *values)))

    def check(self, table: str, values: Sequence[Value], stamp: bytes) -> None:
        """Make sure that a row is as it was stamped.

        Raises:
            SealBrokenError: somebody changed it.
        """
        row = (*values, stamp)
        # 1 and True are equal, and not the same.
        if self.read(table, row, _types) != _types(row):
            raise _altered(table)

    def read(self, table: str, row: Sequence[Any], build: Callable[[Sequence[Any]], T]) -> T:
        """What a stamped row says, for the tables that every request looks at.

        A row that equals one that was read before, stamp and all, gives what was made of that one then.

        Args:
            table: its name.
            row: the values that matter, and the stamp last.
            build: makes an unchanging value of the row, stamp included; always the same function, since what another
                made is not taken for it.

        Raises:
            SealBrokenError: somebody changed it.
        """
        stamp = row[-1]
        known = self._known.get(stamp)
        if known is not None and known[1] == row and known[2] is build and known[0] == table:
            made: T = known[3]
            return made
        if not equal(self.stamp(table, row[:-1]), stamp):
            raise _altered(table)
        made = build(row)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[stamp] = (table, row, build, made)
        return made

    def check_all(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Make sure that many rows, each with its stamp last, are as they were stamped; none is remembered.

        Raises:
            SealBrokenError: somebody changed one.
        """
        head, key = _encode((table,)), self._mac_key
        for row in rows:
            if not equal(key.mac(head + _encode(row[:-1])), row[-1]):
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


def _types(row: Sequence[Any]) -> tuple[type, ...]:
    return tuple(map(type, row))


def _encode(values: Iterable[Value]) -> bytes:
    """Length-prefixed, so that no two lists of values share an encoding."""
    parts = []
    for value in values:
        if value is None:
            parts.append(b"n\x00\x00\x00\x00")
            continue
        tag = _TAGS[type(value)]
        raw = value if isinstance(value, bytes) else str(value).encode()
        size = len(raw)
        parts += (tag, _LENGTHS[size] if size < _SHORT else size.to_bytes(4), raw)
    return b"".join(parts)


def _altered(table: str) -> SealBrokenError:
    return SealBrokenError(
        f"権限に関わる行({table})が書き換えられています。使用を拒否しました。監査ログを検証してください。",
        f"A row that grants power ({table}) was altered; its use is refused. Verify the audit log.",
    )
