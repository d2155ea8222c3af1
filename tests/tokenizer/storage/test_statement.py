"""Core statements as SQL text: written once, right for both databases."""

import sqlite3

import pytest
from sqlalchemy import bindparam, select, text, update

from tokenizer.storage.rows import AuditLeaf, TokenRow, table_of
from tokenizer.storage.statement import Backend, Statement, insert_sql, unnest_sql

TOKEN = table_of(TokenRow)
LEAF = table_of(AuditLeaf)


def test_a_statement_takes_named_values_in_the_form_each_driver_wants() -> None:
    statement = Statement(select(TOKEN.c.token).where(TOKEN.c.tenant_id == bindparam("tenant")))
    sqlite, _ = statement.render(Backend.SQLITE, {"tenant": 1})
    postgres, _ = statement.render(Backend.POSTGRESQL, {"tenant": 1})
    assert sqlite.endswith("token.tenant_id = :tenant")
    assert "token.tenant_id = %(tenant)s" in postgres


def test_a_row_lock_is_asked_of_postgresql_only() -> None:
    statement = Statement(select(TOKEN.c.token).with_for_update())
    assert statement.render(Backend.POSTGRESQL, {})[0].endswith("FOR UPDATE")
    assert "FOR UPDATE" not in statement.render(Backend.SQLITE, {})[0]


def test_constants_of_a_statement_come_along_and_the_caller_s_values_win() -> None:
    statement = Statement(
        update(TOKEN).where(TOKEN.c.audience_id == bindparam("audience")).values(created_at=7)
    )
    sql, values = statement.render(Backend.SQLITE, {"audience": 3})
    assert sorted(values.values()) == [3, 7]
    assert values["audience"] == 3
    assert statement.render(Backend.SQLITE, {"audience": 4}) == (sql, {**values, "audience": 4})


@pytest.mark.parametrize("backend", list(Backend))
def test_a_statement_is_compiled_once(backend: Backend) -> None:
    statement = Statement(text("SELECT :one"))
    first, _ = statement.render(backend, {"one": 1})
    second, _ = statement.render(backend, {"one": 2})
    assert first is second


def test_values_are_never_written_into_the_text() -> None:
    statement = Statement(select(TOKEN.c.token).where(TOKEN.c.token == bindparam("token")))
    for backend in Backend:
        sql, _ = statement.render(backend, {"token": "'; DROP TABLE token; --"})
        assert "DROP" not in sql


def test_an_insert_names_every_column_in_the_table_s_own_order() -> None:
    assert insert_sql(LEAF, Backend.SQLITE) == (
        "INSERT INTO audit_leaf (tenant_id, leaf_index, person_id, hash, entry) VALUES (?, ?, ?, ?, ?)"
    )
    assert insert_sql(LEAF, Backend.POSTGRESQL).endswith("VALUES (%s, %s, %s, %s, %s)")


def test_a_bulk_insert_gives_each_column_its_own_typed_array() -> None:
    assert unnest_sql(LEAF) == (
        "INSERT INTO audit_leaf (tenant_id, leaf_index, person_id, hash, entry) SELECT * FROM unnest("
        "%b::bigint[], %b::bigint[], %b::bigint[], %b::bytea[], %b::bytea[])"
    )


def test_sqlite_takes_what_the_statement_renders() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE token (tenant_id, token, audience_id, person_id, created_at)")
    connection.execute(insert_sql(TOKEN, Backend.SQLITE), (1, "wft_a", 2, 3, 4))
    statement = Statement(select(TOKEN.c.person_id).where(TOKEN.c.tenant_id == bindparam("tenant")))
    assert connection.execute(*statement.render(Backend.SQLITE, {"tenant": 1})).fetchall() == [(3,)]
    connection.close()
