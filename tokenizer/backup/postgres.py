"""Copies of a PostgreSQL database by its own tools, pg_dump and pg_restore.

A transaction exports its snapshot, pg_dump reads that very snapshot, and so what the manifest says and what the copy
holds are one state of the database. The role must bypass row-level security: pg_dump refuses to copy a part of a
table, and so do we. Rows that no restored database may have (sessions, kept answers, the mark that makes a database
servable) are left out.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final

import psycopg
from sqlalchemy.engine import make_url

from tokenizer.backup.copies import Copy, facts_of
from tokenizer.errors import BackupError, StorageError

LEFT_OUT: Final = ("vault_meta", "session", "replay")
"""Tables whose rows are not copied."""

_PIECE: Final = 1024 * 1024
_DUMP: Final = "pg_dump"
_RESTORE: Final = "pg_restore"
_BOUND: Final = "SELECT NOT (rolsuper OR rolbypassrls) FROM pg_roles WHERE rolname = current_user"
_BEGIN: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_TABLES: Final = (
    "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND n.nspname !~ '^(pg_|information_schema$)'"
)
_OTHERS: Final = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
)
_NAMED_TABLES: Final = (
    "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|information_schema$)'"
)


@contextmanager
def copy_of(url: str, tools: Path | None = None) -> Iterator[Copy]:
    """Pin one state of a database, to be dumped.

    Args:
        url: its address, past any pooler, as a role that bypasses row-level security.
        tools: directory of pg_dump; looked for on the PATH if None.

    Raises:
        BackupError: the role is bound by row-level security, or there is no pg_dump.
        StorageError: the database cannot be reached or read.
    """
    dump = _tool(_DUMP, tools)
    try:
        with psycopg.connect(_conninfo(url), autocommit=True) as connection:
            connection.execute(_BEGIN)
            _refuse_bound(connection)
            snapshot = _value(connection, "SELECT pg_export_snapshot()")
            size = int(_value(connection, "SELECT pg_database_size(current_database())"))
            facts = facts_of(lambda sql: connection.execute(sql.encode()).fetchall(), size)
            yield Copy(facts, lambda: _dumped(dump, url, snapshot))
    except psycopg.Error as error:
        raise _unreachable(error) from error


def restore_into(url: str, content: Iterable[bytes], tools: Path | None = None) -> None:
    """Fill an empty database from a copy's content, in one transaction: after a failure it is empty still.

    Args:
        url: its address, as the role that is to own the tables.
        content: the copy.
        tools: directory of pg_restore; looked for on the PATH if None.

    Raises:
        BackupError: pg_restore refused it, or there is none.
        StorageError: the database cannot be reached.
    """
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    with _running([_tool(_RESTORE, tools), *options], url, stdin=subprocess.PIPE) as process:
        try:
            for piece in content:
                _pipe(process.stdin).write(piece)
            _pipe(process.stdin).close()
        except BrokenPipeError:
            return  # it ended early, and says why


def is_free(url: str) -> bool:
    """Whether a database has no table, and nobody works on it, such as a restore that was cut short and still ends.

    Raises:
        StorageError: it cannot be reached.
    """
    try:
        with psycopg.connect(_conninfo(url), autocommit=True) as connection:
            return int(_value(connection, _TABLES)) == int(_value(connection, _OTHERS)) == 0
    except psycopg.Error as error:
        raise _unreachable(error) from error


def drop_tables(url: str) -> None:
    """Empty a database again that was empty before.

    Raises:
        StorageError: it cannot be reached, or not be changed.
    """
    try:
        with psycopg.connect(_conninfo(url)) as connection:
            for (table,) in connection.execute(_NAMED_TABLES.encode()).fetchall():
                connection.execute(f"DROP TABLE IF EXISTS {table} CASCADE".encode())
    except psycopg.Error as error:
        raise _unreachable(error) from error


def _dumped(dump: str, url: str, snapshot: str) -> Iterator[bytes]:
    left_out = [f"--exclude-table-data={table}" for table in LEFT_OUT]
    options = ["--format=custom", "--compress=1", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
    with _running([dump, *options, *left_out], url, stdout=subprocess.PIPE) as process:
        while piece := _pipe(process.stdout).read(_PIECE):
            yield piece


@contextmanager
def _running(
    command: Sequence[str], url: str, *, stdin: int | None = None, stdout: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a tool beside us, and make sure that it ended well. Its password is in no argument.

    Raises:
        BackupError: it did not.
    """
    parsed = make_url(url).set(drivername="postgresql")
    place = parsed.set(password=None).render_as_string(hide_password=False)
    environment = {**os.environ, "LC_ALL": "C"} | (
        {"PGPASSWORD": str(parsed.password)} if parsed.password else {}
    )
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603 - the operator's own tool, with arguments of ours
            [*command, f"--dbname={place}"],
            stdin=stdin or subprocess.DEVNULL,
            stdout=stdout or subprocess.DEVNULL,
            stderr=errors,
            env=environment,
        )
        try:
            yield process
        except BaseException:
            process.kill()
            raise
        finally:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(BrokenPipeError):
                        pipe.close()
            process.wait()
        if process.returncode != 0:
            raise _failed(Path(command[0]).name, errors)


def _failed(tool: str, errors: IO[bytes]) -> BackupError:
    """Say what the tool said, but for lines that may quote a row."""
    errors.seek(0)
    said = [
        line for line in errors.read(65_536).decode(errors="replace").splitlines() if line.startswith(tool)
    ]
    why = " ".join(said[:2])[:500] or "-"
    return BackupError(
        f"{tool} が失敗しました: {why}。サーバーと同じ版以降のツール、ロールの権限、空き容量を確かめてください。",
        f"{tool} failed: {why}. Check that the tool is no older than the server, the role's rights and free space.",
    )


def _tool(name: str, tools: Path | None) -> str:
    found = shutil.which(name, path=None if tools is None else str(tools))
    if found is None:
        raise BackupError(
            f"{name} が見つかりません。PostgreSQL のクライアントツールを入れ、"
            "設定 postgres_tools に場所を書いてください。",
            f"{name} is not found. Install PostgreSQL's client tools, and name their directory in the setting "
            "`postgres_tools`.",
        )
    return found


def _refuse_bound(connection: psycopg.Connection[Any]) -> None:
    if _value(connection, _BOUND):
        raise BackupError(
            "このロールは行単位セキュリティに従うため、全体を複製できません。BYPASSRLS と pg_read_all_data を持つ"
            "バックアップ用のロールを作り、設定 backup_database に書いてください。",
            "This role is bound by row-level security and cannot copy the whole. Create one for backups with "
            "BYPASSRLS and pg_read_all_data, and name it in the setting `backup_database`.",
        )


def _value(connection: psycopg.Connection[Any], sql: str) -> Any:
    row = connection.execute(sql.encode()).fetchone()
    return row[0] if row else None


def _conninfo(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise AssertionError
    return pipe


def _unreachable(error: psycopg.Error) -> StorageError:
    kind = type(error).__name__
    return StorageError(
        f"データベースに接続できないか、読み書きできません({kind})。アドレス・ロール・権限を確かめてください。",
        f"The database cannot be reached, read or written ({kind}). Check address, role and rights.",
    )
