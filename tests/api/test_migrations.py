"""Migrations make exactly the tables the code wants, and refuse a database they do not know."""

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from api.migrations import migrate
from api.migrations.tables import METADATA
from tokenizer.errors import DatabaseVersionError, StorageError


def scripts() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent))
    return config


def connect(url: str) -> Connection:
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return create_engine(parsed, poolclass=NullPool).connect()


def run(url: str, sql: str) -> None:
    with connect(url) as connection, connection.begin():
        connection.execute(text(sql))


def step(url: str, revision: str) -> None:
    """Bring a database up or down to a revision."""
    config = scripts()
    with connect(url) as connection, connection.begin():
        found = MigrationContext.configure(connection).get_current_revision() or ""
        config.attributes["connection"] = connection
        (command.upgrade if revision > found else command.downgrade)(config, revision)


def columns(url: str, table: str) -> set[str]:
    with connect(url) as connection:
        return {column["name"] for column in inspect(connection).get_columns(table)}


def test_the_migrated_schema_is_the_one_the_code_wants(database_url: str) -> None:
    with connect(database_url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_a_difference_between_schema_and_code_would_be_noticed(database_url: str) -> None:
    run(database_url, "ALTER TABLE token ADD COLUMN surplus TEXT")
    run(database_url, "DROP INDEX audit_leaf_person")
    with connect(database_url) as connection:
        differences = compare_metadata(MigrationContext.configure(connection), METADATA)
    assert {item[0] for item in differences} == {"remove_column", "add_index"}


def test_every_table_of_a_tenant_is_keyed_and_made_unique_by_tenant_first(database_url: str) -> None:
    with connect(database_url) as connection:
        found = inspect(connection)
        for table in METADATA.sorted_tables:
            if "tenant_id" not in table.columns:
                continue
            first = {found.get_pk_constraint(table.name)["constrained_columns"][0]}
            first |= {each["column_names"][0] for each in found.get_unique_constraints(table.name)}
            indexes = {each["column_names"][0] for each in found.get_indexes(table.name)}
            assert first | indexes == {"tenant_id"}, table.name


def test_columns_hold_integers_text_and_bytes_only() -> None:
    kinds = {type(column.type).__name__ for table in METADATA.sorted_tables for column in table.columns}
    assert kinds == {"BigInteger", "Integer", "Text", "LargeBinary"}


def test_migrating_again_changes_nothing(database_url: str) -> None:
    migrate.upgrade(database_url)
    migrate.check(database_url)


def test_migrating_down_removes_every_table(sqlite_url: str) -> None:
    with connect(sqlite_url) as connection, connection.begin():
        config = scripts()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    with connect(sqlite_url) as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]


def test_the_revisions_that_a_start_knows_are_alembic_s() -> None:
    newest_first = [script.revision for script in ScriptDirectory.from_config(scripts()).walk_revisions()]
    assert newest_first == [*reversed(migrate.REVISIONS)]


def test_a_database_of_the_first_version_is_refused_by_name_until_it_is_upgraded(database_url: str) -> None:
    step(database_url, "0001")
    with pytest.raises(DatabaseVersionError, match="init --upgrade") as caught:
        migrate.check(database_url)
    assert "古い版" in caught.value.message_ja
    migrate.upgrade(database_url)
    migrate.check(database_url)


def test_with_the_proof_of_sessions_every_open_session_ends_and_nothing_else_does(database_url: str) -> None:
    step(database_url, "0001")
    assert "proven_at" not in columns(database_url, "session")
    of_tenant = "SELECT set_config('warifu.tenant', '7', false)"
    on_postgresql = database_url.startswith("postgresql")
    with connect(database_url) as connection, connection.begin():
        if on_postgresql:
            connection.execute(text(of_tenant))
        connection.execute(text("INSERT INTO login_attempt VALUES (7, 1, 0, 0)"))
        connection.execute(
            text("INSERT INTO session VALUES (7, :digest, 1, 5, 5, :stamp)"), {"digest": b"d", "stamp": b"s"}
        )
    migrate.upgrade(database_url)
    assert "proven_at" in columns(database_url, "session")
    with connect(database_url) as connection:
        if on_postgresql:
            connection.execute(text(of_tenant))
        assert connection.execute(text("SELECT count(*) FROM session")).scalar_one() == 0
        assert connection.execute(text("SELECT count(*) FROM login_attempt")).scalar_one() == 1


def test_every_table_of_a_tenant_keeps_its_row_level_security_through_the_upgrades(postgres_url: str) -> None:
    sql = (
        "SELECT relname, relrowsecurity AND relforcerowsecurity, "
        "(SELECT count(*) FROM pg_policy WHERE polrelid = pg_class.oid) FROM pg_class WHERE relkind = 'r'"
    )
    with connect(postgres_url) as connection:
        found = {name: (forced, rules > 0) for name, forced, rules in connection.execute(text(sql))}
    owned = {table.name for table in METADATA.sorted_tables if "tenant_id" in table.columns}
    assert {name: found[name] for name in owned} == dict.fromkeys(owned, (True, True))


def test_a_database_written_by_a_newer_version_is_refused_by_name(database_url: str) -> None:
    run(database_url, "UPDATE alembic_version SET version_num = '9999'")
    for act in (migrate.check, migrate.upgrade):
        with pytest.raises(DatabaseVersionError) as caught:
            act(database_url)
        assert "新しい版" in caught.value.message_ja
        assert "newer Warifu" in caught.value.message_en


def test_an_empty_database_was_never_set_up(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    with pytest.raises(DatabaseVersionError, match="warifu init"):
        migrate.check(f"sqlite:///{path}")


def test_a_file_that_is_not_there_was_never_set_up_and_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    with pytest.raises(DatabaseVersionError, match="warifu init"):
        migrate.check(f"sqlite:///{path}")
    assert not path.exists()


def test_tables_without_a_version_were_never_set_up(sqlite_url: str) -> None:
    run(sqlite_url, "DELETE FROM alembic_version")
    with pytest.raises(DatabaseVersionError, match="never set up"):
        migrate.check(sqlite_url)


@pytest.mark.parametrize("act", [migrate.check, migrate.upgrade])
def test_a_file_that_is_no_database_is_refused_by_name(tmp_path: Path, act: object) -> None:
    path = tmp_path / "warifu.db"
    path.write_bytes(b"no database at all, but long enough to have a header to look at" * 20)
    assert callable(act)
    with pytest.raises(StorageError):
        act(f"sqlite:///{path}")


@pytest.mark.parametrize(
    "url", ["sqlite:////no/such/directory/warifu.db", "postgresql://nobody@127.0.0.1:1/none"]
)
def test_a_database_that_cannot_be_opened_is_refused_by_name(url: str) -> None:
    with pytest.raises(StorageError):
        migrate.upgrade(url)
