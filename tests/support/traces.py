"""Everything that an installation, its mail and its visitors' browsers leave behind, to be searched for numbers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import psycopg
import pypdfium2
from psycopg import sql

from tests.support.canary import Canaries
from tests.support.capture import Captured
from tests.support.databases import Postgres
from tests.support.installation import Installation
from tokenizer.storage.sqlite import SqliteDatabase

_NAMING: Final = frozenset({"answers", "mail", "browsers", "database"})


@dataclass
class Traces:
    """What is left of the numbers that were typed, written or printed: nothing in plain.

    Attributes:
        canaries: the numbers, each with whose it is.
        name: somebody's whose name stands in plain where names do: what shows that the search reads there.
        log: what the server logged.
        postgres: the server of the database, if it is on one.
        browsers: what browsers kept, each as text.
        papers: what was printed.
    """

    installation: Installation
    canaries: Canaries
    name: str
    log: Captured
    postgres: Postgres | None = None
    browsers: list[str] = field(default_factory=list)
    papers: list[bytes] = field(default_factory=list)

    def found(self, *names: str) -> dict[str, set[str]]:
        """Whose numbers stand where, and no release put them there.

        Args:
            *names: the channels to search; all of them if left out.
        """
        channels: dict[str, Callable[[], bytes]] = {
            "answers": self._answers,
            "log": self.log.getvalue,
            "mail": self._mail,
            "papers": lambda: b"\n".join(part for pdf in self.papers for part in (pdf, _text(pdf))),
            "browsers": lambda: "\n".join(self.browsers).encode(),
            "metrics": lambda: httpx.get(f"{self.installation.url}/metrics").content,
            "database": lambda: b"".join(self._database()),
        }
        searched = {name: channels[name]() for name in names or channels}
        assert all(searched.values()), "a channel without anything in it proves nothing"
        blind = {name for name in _NAMING & searched.keys() if self.name.encode() not in searched[name]}
        assert blind == set(), "the search does not read what stands there in plain"
        return {name: hits for name, data in searched.items() if (hits := self.canaries.hits(data))}

    def brought(self) -> set[str]:
        """Whose numbers were sent to the server: what shows that the search would find them."""
        return self.canaries.hits(b"\n".join(each.asked for each in self.installation.wiretap.heard))

    def _answers(self) -> bytes:
        heard = self.installation.wiretap.heard
        return b"\n".join(each.apart_from_released for each in heard if not each.answer.startswith(b"%PDF"))

    def _mail(self) -> bytes:
        taken = (mail for _, mail in self.installation.postbox.taken)
        return "\n".join(f"{mail}\n{mail.get_content()}" for mail in taken).encode()

    def _database(self) -> Iterator[bytes]:
        """Every byte of it: rows, what deleted ones left, and the write-ahead log."""
        database = self.installation.house.database
        if isinstance(database, SqliteDatabase):
            files = sorted(database.path.parent.glob(f"{database.path.name}*"))
            assert len(files) == 3
            yield from (file.read_bytes() for file in files)
        else:
            assert self.postgres is not None
            with self.postgres.superuser(self.installation.house.settings.database_url) as connection:
                connection.execute("CHECKPOINT")
                yield from _pages(connection)
                yield from _log(connection)


def _pages(connection: psycopg.Connection[Any]) -> Iterator[bytes]:
    """The files of all tables and indexes."""
    names = (
        "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind IN ('r', 'i', 't') AND c.oid >= 16384"
    )
    for (name,) in connection.execute(names).fetchall():
        wanted = sql.SQL("SELECT pg_read_binary_file(pg_relation_filepath({}))").format(sql.Literal(name))
        yield from _read(connection, wanted)


def _log(connection: psycopg.Connection[Any]) -> Iterator[bytes]:
    """The write-ahead log as far as it is there."""
    for (name,) in connection.execute("SELECT name FROM pg_ls_waldir() ORDER BY name").fetchall():
        yield from _read(
            connection, sql.SQL("SELECT pg_read_binary_file({})").format(sql.Literal(f"pg_wal/{name}"))
        )


def _read(connection: psycopg.Connection[Any], wanted: sql.Composed) -> Iterator[bytes]:
    with connection.cursor(binary=True) as cursor:
        row = cursor.execute(wanted).fetchone()
    yield bytes(row[0]) if row and row[0] else b""


def _text(pdf: bytes) -> bytes:
    """What stands on the pages of a PDF."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document).encode()
    finally:
        document.close()
