"""The ledger: a directory outside the database and outside every backup of it, with two files.

    ledger.jsonl     for good: who was disposed of, whose contract ended, which rollbacks were accepted
    witness.jsonl    how far each tenant's log had come, as its signed checkpoint; compacted, the latest counts

A copy of the database that is put back knows nothing of what happened after it was taken. The ledger does: a person
who was disposed of is disposed of again before anybody is served, a tenant whose contract ended is erased again, and a
log that is shorter than it once was is noticed. It holds ids only: no number, no part and no hash of one.

Each line of the witness says how many lines the other file had, and the MAC of the last: an older copy of
`ledger.jsonl` in its place is found out. Older copies of both are not; keep yours apart from the database's.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Self

from tokenizer.crypto.primitives import mac
from tokenizer.errors import LedgerError, StorageError
from tokenizer.ledger import place
from tokenizer.ledger.chain import Chain
from tokenizer.ledger.known import ContractEnd, Disposal, Witnessed

_FORMAT: Final = 1
_LASTING: Final = "ledger.jsonl"
_COMPACT_OVER: Final = 256 * 1024
_GROWTH: Final = 8


_GONE: Final = Witnessed(-1, "")


class Ledger:
    """The ledger in use: safe for many processes and threads at once. Prints without its key.

    Args:
        path: the directory.
        authority_key: the vault's authority key, from which the ledger's own is derived.
    """

    def __init__(self, path: Path, authority_key: bytes) -> None:
        key = mac(authority_key, b"ledger")
        self.path = path
        self._lasting = Chain(path / _LASTING, key)
        self._witness = Chain(path / "witness.jsonl", key)
        self._heads: dict[int, Witnessed] = {}
        self._anchor: tuple[int, str] = (0, "")
        self._retracted: dict[tuple[int, int, int], int] = {}
        self._ended: dict[int, int] = {}
        self._compacted = self._generation = 0
        self._is_rehearsal = False

    def __repr__(self) -> str:
        return f"Ledger({self.path})"

    @classmethod
    def create(cls, path: Path, authority_key: bytes, at: int, data_dir: Path | None = None) -> Self:
        """Begin the ledger of a vault.

        Args:
            path: the directory; it may be there, but hold no ledger.
            authority_key: the vault's authority key.
            at: milliseconds since the epoch.
            data_dir: directory of the database, which must not hold the ledger.

        Raises:
            LedgerError: there is a ledger already, or the place is unsuitable.
            StorageError: the disk did not take it.
        """
        _refuse_data_directory(path, data_dir)
        place.make(path)
        ledger = cls(path, authority_key)
        with place.locked(path):
            if cls.is_in(path):
                raise LedgerError(
                    f"台帳 {path} は既にあります。上書きはしません。別の場所を指定してください。",
                    f"There is a ledger in {path} already and it is not overwritten. Choose another place.",
                )
            begun = {"kind": "ledger", "format": _FORMAT, "generation": 0, "at": at}
            ledger._witness.rewrite([begun])
            # Last: a directory without it was cut short while being made, and `open` refuses it.
            ledger._lasting.rewrite([begun])
        return ledger

    @classmethod
    def open(
        cls, path: Path, authority_key: bytes, data_dir: Path | None = None, *, rehearsal: bool = False
    ) -> Self:
        """Open a ledger and read it from its first line to its last.

        Args:
            path: the directory.
            authority_key: the vault's authority key.
            data_dir: directory of the database, which must not hold the ledger.
            rehearsal: whether whatever is written into it is refused.

        Raises:
            LedgerError: it is missing, open to others, inside the data directory, altered, cut short, of another
                vault or of a newer version; the message names the file, the line and what to do.
        """
        _refuse_data_directory(path, data_dir)
        place.check(path)
        ledger = cls(path, authority_key)
        ledger._is_rehearsal = rehearsal
        with ledger._caught_up():
            return ledger

    @staticmethod
    def is_in(path: Path) -> bool:
        """Whether there is a ledger in a directory, whatever its state."""
        return (path / _LASTING).exists()

    @property
    def repairs(self) -> int:
        """How many torn lines, left by crashes, were ever cut off."""
        return self._lasting.repairs + self._witness.repairs

    def record_disposals(self, tenant: int, run: int, persons: Sequence[int], at: int) -> None:
        """Write down a batch of disposed persons, on disk before it returns: call it before the commit.

        Writing the same again does no harm.

        Args:
            tenant: whose persons.
            run: id of the disposal run.
            persons: their ids.
            at: milliseconds since the epoch; not before a number of theirs was registered.

        Raises:
            StorageError: the disk did not take it; nothing of it is kept.
            LedgerError: the ledger is missing or was altered.
        """
        self._record("disposal", tenant, run, persons, at)

    def retract_disposals(self, tenant: int, run: int, persons: Sequence[int], at: int) -> None:
        """Write down that persons of a batch were not disposed of after all: its commit failed, and now they are held.

        Raises:
            StorageError: the disk did not take it.
            LedgerError: the ledger is missing or was altered.
        """
        self._record("retraction", tenant, run, persons, at)

    def disposals(self) -> Iterator[Disposal]:
        """Every batch, oldest first, without the persons it was retracted for.

        Raises:
            LedgerError: the ledger is missing or was altered.
        """
        with self._caught_up():
            pass
        for entry in self._lasting.entries():
            if entry["kind"] == "disposal" and (persons := self._standing(entry)):
                yield Disposal(entry["tenant"], entry["run"], persons, entry["at"])

    def record_contract_end(self, tenant: int, at: int) -> None:
        """Write down that a contract ended, on disk before it returns: call it before the commit that shuts the door.

        There is no way back. Writing it again does no harm; the first time counts.

        Args:
            tenant: whose contract.
            at: milliseconds since the epoch.

        Raises:
            StorageError: the disk did not take it; nothing of it is kept.
            LedgerError: the ledger is missing or was altered.
        """
        self._keep({"kind": "contract_end", "tenant": tenant, "at": at})

    def contract_ends(self) -> Iterator[ContractEnd]:
        """Every contract that ended, once, oldest first.

        Raises:
            LedgerError: the ledger is missing or was altered.
        """
        with self._caught_up():
            found = list(self._ended.items())
        for tenant, at in found:
            yield ContractEnd(tenant, at)

    def witness(self, tenant: int, size: int, checkpoint: str, at: int) -> None:
        """Write down how far a tenant's log has come; see `witness_all`."""
        self.witness_all({tenant: Witnessed(size, checkpoint)}, at)

    def witness_all(self, heads: dict[int, Witnessed], at: int) -> None:
        """Write down how far logs have come, on disk before it returns. A log never goes back by this.

        Args:
            heads: tenant -> head. That a head extends the one before is for the caller to verify.
            at: milliseconds since the epoch.

        Raises:
            StorageError: the disk did not take it; nothing of it is kept.
            LedgerError: the ledger is missing or was altered.
        """
        with self._writing():
            moved = {tenant: head for tenant, head in heads.items() if head.size > self._size_of(tenant)}
            if moved or self._anchor != self._tail():
                self._witness_now(moved, at)

    def accept_rollback(self, tenant: int, head: Witnessed | None, at: int) -> None:
        """Let a log go back: what was witnessed of it before counts no more. Stays written for good.

        Args:
            tenant: whose log.
            head: how far it has come now; None if it is gone.
            at: milliseconds since the epoch.

        Raises:
            StorageError: the disk did not take it.
            LedgerError: the ledger is missing or was altered.
        """
        with self._writing():
            before, after = self._size_of(tenant), head or _GONE
            self._lasting.append(
                {"kind": "rollback", "tenant": tenant, "size": after.size, "witnessed": before, "at": at}
            )
            self._witness_now({tenant: after}, at)

    def witnessed(self) -> dict[int, Witnessed]:
        """How far each tenant's log is known to have come.

        Raises:
            LedgerError: the ledger is missing or was altered.
        """
        with self._caught_up():
            return dict(self._heads)

    def _record(self, kind: str, tenant: int, run: int, persons: Sequence[int], at: int) -> None:
        self._keep({"kind": kind, "tenant": tenant, "run": run, "persons": list(persons), "at": at})

    def _keep(self, entry: dict[str, Any]) -> None:
        with self._writing():
            self._lasting.append(entry)
            self._learn(entry)

    def _witness_now(self, heads: dict[int, Witnessed], at: int) -> None:
        entry = _heads_entry(heads, self._tail(), at)
        self._witness.append(entry)
        self._see(entry)
        if self._witness.size > max(_COMPACT_OVER, _GROWTH * self._compacted):
            # It can wait for a disk with more room: what counts has been written.
            with suppress(StorageError):
                self._compact(at)

    def _compact(self, at: int) -> None:
        self._generation += 1
        begun = {"kind": "ledger", "format": _FORMAT, "generation": self._generation, "at": at}
        heads = _heads_entry(self._heads, self._tail(), at)
        self._witness.rewrite([begun | {"torn": self._witness.repairs}, heads])
        self._compacted = self._witness.size

    @contextmanager
    def _caught_up(self) -> Iterator[None]:
        """Hold the lock, having read what other processes wrote."""
        with place.locked(self.path):
            for entry in self._witness.follow():
                self._see(entry)
            self._follow_lasting()
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if self._is_rehearsal:
            raise LedgerError(
                "復元訓練中は台帳に書き込めません。", "Nothing is written into the ledger during a drill."
            )
        with self._caught_up():
            yield

    def _see(self, entry: dict[str, Any]) -> None:
        _refuse_newer(self._witness.path, entry)
        self._generation = entry.get("generation", self._generation)
        if entry["kind"] == "heads":
            self._heads |= {tenant: Witnessed(size, note) for tenant, size, note in entry["heads"]}
            self._heads = {tenant: head for tenant, head in self._heads.items() if head != _GONE}
            self._anchor = (entry["lines"], entry["last"])

    def _follow_lasting(self) -> None:
        """Read on in the lasting file, which must come past the point that the witness has seen."""
        lines, last = self._anchor
        passed = self._lasting.lines >= lines
        for entry in self._lasting.follow():
            _refuse_newer(self._lasting.path, entry)
            passed = passed or self._tail() == (lines, last)
            self._learn(entry)
        if not passed or self._lasting.lines < lines:
            raise LedgerError(
                f"台帳 {self._lasting.path} が古い写しに置き換えられています(以前は {lines} 行以上ありました)。"
                "最新の控えから戻してください。",
                f"The ledger {self._lasting.path} is an older copy (there were {lines} lines or more before). "
                "Bring your latest copy of the ledger back.",
            )

    def _learn(self, entry: dict[str, Any]) -> None:
        if entry["kind"] == "contract_end":
            self._ended.setdefault(entry["tenant"], entry["at"])
        if entry["kind"] == "retraction":
            tenant, run, at = entry["tenant"], entry["run"], entry["at"]
            self._retracted |= {(tenant, run, person): at for person in entry["persons"]}

    def _standing(self, entry: dict[str, Any]) -> list[int]:
        """The persons of a batch, without those it was retracted for later."""
        tenant, run, persons, at = entry["tenant"], entry["run"], entry["persons"], entry["at"]
        if not self._retracted:
            return list(persons)
        return [person for person in persons if self._retracted.get((tenant, run, person), -1) < at]

    def _size_of(self, tenant: int) -> int:
        known = self._heads.get(tenant)
        return known.size if known else -1

    def _tail(self) -> tuple[int, str]:
        return self._lasting.lines, self._lasting.mac


def _heads_entry(heads: dict[int, Witnessed], tail: tuple[int, str], at: int) -> dict[str, Any]:
    found = [[tenant, head.size, head.checkpoint] for tenant, head in heads.items()]
    return {"kind": "heads", "heads": found, "lines": tail[0], "last": tail[1], "at": at}


def _refuse_newer(path: Path, entry: dict[str, Any]) -> None:
    if entry["kind"] == "ledger" and entry["format"] != _FORMAT:
        raise LedgerError(
            f"台帳 {path} は、この版の割符が知らない形式です。作成した版以降の割符を使ってください。",
            f"The ledger {path} has a format that this version does not know. Run the version that wrote it or newer.",
        )


def _refuse_data_directory(path: Path, data_dir: Path | None) -> None:
    if data_dir is not None and path.resolve().is_relative_to(data_dir.resolve()):
        raise LedgerError(
            f"台帳 {path} がデータディレクトリ {data_dir} の中にあります。"
            "データのバックアップと一緒に古くならないよう、外に置いてください(設定 ledger)。",
            f"The ledger {path} lies inside the data directory {data_dir}. "
            "Put it outside (setting `ledger`), so that no restored backup takes its place.",
        )
