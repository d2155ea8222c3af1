"""Copies of a database, taken by every means there is, and what an attacker finds in each.

A copy that is not sealed is gone through once, when it is taken: what is in it does not change. A backup's container
is opened by the attacker, with the keys of the day.
"""

import sqlite3
import subprocess
from base64 import b64decode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final, Protocol

import psycopg
from sqlalchemy.engine import make_url

from api.bootstrap import House
from tests.support.databases import Postgres
from tests.support.loot import Loot, Person, loot_of_rows, search
from tests.support.vaults import InstalledVault
from tokenizer.backup.container import Container, place_of
from tokenizer.backup.manifest import BackupKeys
from tokenizer.crypto.primitives import mac, open_sealed
from tokenizer.errors import SealBrokenError
from tokenizer.providers.base import KeyProvider

_SEGMENT: Final = 16 * 1024 * 1024
_PAGE: Final = 8192
_NUMBERS: Final = count()


class Copy(Protocol):
    """A copy that was taken, and by which means."""

    means: str
    is_sealed: bool

    def loot(self, provider: KeyProvider, epoch: int) -> Loot | None:
        """What it gives to who has the key of one epoch; None if that key does not open it."""
        ...


@dataclass
class Open:
    """A copy that anybody can read."""

    means: str
    found: Loot
    is_sealed: bool = False

    def loot(self, provider: KeyProvider, epoch: int) -> Loot:
        return self.found


@dataclass
class Contained:
    """A backup's container, opened without asking it whether it is extinct."""

    means: str
    container: Container
    scratch: "Scratch"
    tools: Path | None
    is_sealed: bool = True
    _opened: dict[int, Loot] = field(default_factory=dict)

    def loot(self, provider: KeyProvider, epoch: int) -> Loot | None:
        manifest = self.container.manifest
        key = mac(provider.epoch_key(epoch), b"backup")
        try:
            place = place_of(manifest.backup, manifest.vault)
            stream_key = open_sealed(key, b64decode(manifest.key), place)
        except SealBrokenError:
            return None
        if epoch not in self._opened:
            content = b"".join(self.container.read(stream_key))
            self._opened[epoch] = self._ransack(content, manifest.backend)
        return self._opened[epoch]

    def _ransack(self, content: bytes, backend: str) -> Loot:
        if backend == "sqlite":
            return self.scratch.loot_of_files(content)
        tool = str(self.tools / "pg_restore") if self.tools else "pg_restore"
        done = subprocess.run(
            [tool, "--data-only", "--file=-"], input=content, stdout=subprocess.PIPE, check=True
        )
        return _loot_of_dump(done.stdout)


@dataclass
class Scratch:
    """A place to put files of SQLite, to read them."""

    place: Path

    def loot_of_files(self, main: bytes, wal: bytes = b"") -> Loot:
        path = self.place / f"copy-{next(_NUMBERS)}.db"
        path.write_bytes(main)
        path.with_name(path.name + "-wal").write_bytes(wal)
        with closing(sqlite3.connect(path)) as connection:
            loot, persons = loot_of_rows(lambda sql: connection.execute(sql).fetchall())
        for each in self.place.glob(path.name + "*"):
            each.unlink()
        return search(loot, _sqlite_pages(main, wal), persons)


class SqliteCopies:
    """Copies of the embedded database: its files as they lie there, the online backup, and our own."""

    means = ("files", "online backup", "warifu backup")

    def __init__(self, vault: InstalledVault, scratch: Path) -> None:
        self._vault = vault
        self._path = Path(vault.settings.database_url.removeprefix("sqlite:///"))
        self._scratch = Scratch(scratch)

    async def take(self, house: House) -> list[Copy]:
        """One by each means."""
        taken = await self._vault.back_up(house)
        container = Container.open(taken.written.path, BackupKeys(house.provider))
        return [
            self.files(),
            Open("online backup", self._scratch.loot_of_files(self._backed_up())),
            Contained("warifu backup", container, self._scratch, None),
        ]

    def files(self) -> Open:
        """The database's file and its log, as `cp` copies them."""
        wal = self._path.with_name(self._path.name + "-wal")
        found = self._scratch.loot_of_files(
            self._path.read_bytes(), wal.read_bytes() if wal.exists() else b""
        )
        return Open("files", found)

    def _backed_up(self) -> bytes:
        copy = self._scratch.place / f"backup-{next(_NUMBERS)}.db"
        with closing(sqlite3.connect(self._path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        content = copy.read_bytes()
        copy.unlink()
        return content


class PostgresCopies:
    """Copies of a database on a server: its rows, its pages with what deleted rows left, its log, and our own."""

    means = ("rows", "pages", "log archive", "warifu backup")

    def __init__(self, vault: InstalledVault, scratch: Path, server: Postgres) -> None:
        self._vault = vault
        self._scratch = Scratch(scratch)
        self._server = server
        self._url = vault.settings.database_url
        with server.superuser(self._url) as connection:
            self._archived = _log_end(connection)

    async def take(self, house: House) -> list[Copy]:
        """One by each means."""
        taken = await self._vault.back_up(house)
        container = Container.open(taken.written.path, BackupKeys(house.provider))
        return [self.rows(), *self.files(), Contained("warifu backup", container, self._scratch, self._tools)]

    def rows(self) -> Open:
        """A logical copy."""
        return Open("rows", self._rows()[0])

    def files(self) -> list[Open]:
        """Pages of the tables that hold something, and the log since the last copy: the data directory, an archive."""
        _, persons = self._rows()
        pages = Loot()
        with self._server.superuser(self._url) as connection:
            connection.execute("CHECKPOINT")
            for name in ("person_key", "number", "number_tenant_id_blind_index_key"):
                search(pages, _cut(_pages(connection, name)), persons)
            log = search(Loot(), [self._log(connection)], persons)
        return [Open("pages", pages), Open("log archive", log)]

    @property
    def _tools(self) -> Path | None:
        return self._vault.settings.postgres_tools

    def _rows(self) -> tuple[Loot, list[Person]]:
        reader = make_url(self._vault.settings.backup_database or "").set(drivername="postgresql")
        with psycopg.connect(reader.render_as_string(hide_password=False)) as connection:
            return loot_of_rows(lambda sql: connection.execute(sql.encode()).fetchall())

    def _log(self, connection: psycopg.Connection[Any]) -> bytes:
        end = _log_end(connection)
        parts = []
        while self._archived < end:
            offset = self._archived % _SEGMENT
            length = min(_SEGMENT - offset, end - self._archived)
            parts.append(_binary(connection, *_segment(connection, self._archived), offset, length))
            self._archived += length
        return b"".join(parts)


def copies_of(vault: InstalledVault, scratch: Path) -> SqliteCopies | PostgresCopies:
    """What takes copies of a vault's database; `scratch` is a directory of its own, not made yet."""
    scratch.mkdir()
    return (
        SqliteCopies(vault, scratch) if vault.server is None else PostgresCopies(vault, scratch, vault.server)
    )


def _sqlite_pages(main: bytes, wal: bytes) -> Iterator[bytes]:
    """The pages of the file, and those in its log: each behind a header of 24 bytes, all behind one of 32."""
    size = int.from_bytes(main[16:18])
    yield from (main[at : at + size] for at in range(0, len(main), size))
    yield from (wal[at + 24 : at + 24 + size] for at in range(32, len(wal), size + 24))


def _cut(pages: bytes) -> Iterator[bytes]:
    return (pages[at : at + _PAGE] for at in range(0, len(pages), _PAGE))


def _log_end(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT pg_current_wal_flush_lsn() - '0/0'").fetchone()
    return int(row[0]) if row else 0


def _segment(connection: psycopg.Connection[Any], at: int) -> tuple[str]:
    row = connection.execute("SELECT pg_walfile_name('0/0'::pg_lsn + %s)", [at + 1]).fetchone()
    return (f"pg_wal/{row[0]}" if row else "",)


def _pages(connection: psycopg.Connection[Any], table: str) -> bytes:
    row = connection.execute("SELECT pg_relation_filepath(%s)", [table]).fetchone()
    return _binary(connection, row[0] if row else "", 0, 2**26)


def _binary(connection: psycopg.Connection[Any], path: str, offset: int, length: int) -> bytes:
    with connection.cursor(binary=True) as cursor:
        row = cursor.execute(
            "SELECT pg_read_binary_file(%s, %s, %s, true)", [path, offset, length]
        ).fetchone()
    return bytes(row[0]) if row and row[0] else b""


def _loot_of_dump(dump: bytes) -> Loot:
    tables = {name: list(_lines(dump, name)) for name in ("person_key", "number", "person")}

    def execute(sql: str) -> Iterable[Sequence[Any]]:
        columns, _, table = sql.removeprefix("SELECT ").partition(" FROM ")
        return [[row[name] for name in columns.split(", ")] for row in tables[table]]

    loot, _ = loot_of_rows(execute)
    return search(loot, [dump], ())


def _lines(dump: bytes, table: str) -> Iterator[dict[str, Any]]:
    """The rows of a table in pg_restore's text."""
    _, _, rest = dump.partition(f"\nCOPY public.{table} (".encode())
    names, _, body = rest.partition(b") FROM stdin;\n")
    for line in body.partition(b"\\.\n")[0].splitlines():
        values = dict(zip(names.decode().split(", "), line.decode().split("\t"), strict=True))
        yield {name: _parsed(value) for name, value in values.items()}


def _parsed(value: str) -> Any:
    if value.startswith("\\\\x"):
        return bytes.fromhex(value[3:])
    return int(value) if value.isdigit() else value
