"""A database that tests have one after the other: as new for each, and no longer used once it is not."""

import psycopg
import pytest

from tests.support.databases import Postgres

CHANGES = (
    "ALTER TABLE person DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE person ADD note text",
    "ALTER TABLE person ALTER external_id TYPE varchar(500)",
    "ALTER TABLE person ALTER external_id SET DEFAULT 'x'",
    "ALTER TABLE person ADD CONSTRAINT positive CHECK (person_id > 0)",
    "CREATE INDEX ON person (external_id)",
    "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TYPE mood AS ENUM ('fine')",
    "CREATE SCHEMA elsewhere",
    "DROP TABLE replay",
    "TRUNCATE tenant",
    "GRANT SELECT ON person TO public",
    "UPDATE alembic_version SET version_num = '0001'",
    "SELECT setval('tenant_tenant_id_seq', 3)",
    "INSERT INTO login_attempt SELECT 1, g, 0, 0 FROM generate_series(1, 2000) g",
)


def change(server: Postgres, url: str, *statements: str) -> None:
    with psycopg.connect(server.admin_url_of(url), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@pytest.fixture
def lent(postgres_server: Postgres) -> str:
    """A database that was used before, and is used on."""
    with postgres_server.lent() as url:
        pass
    return url


def test_what_one_left_is_gone_for_the_next(postgres_server: Postgres, lent: str) -> None:
    change(
        postgres_server,
        lent,
        "INSERT INTO login_attempt SELECT tenant, 1, 0, 0 FROM generate_series(1, 3) tenant",
        "INSERT INTO audit_head VALUES (1, 1, ''::bytea, '', 0, 0, 0)",
    )
    with psycopg.connect(lent) as stays, postgres_server.lent() as again:
        assert again == lent
        with pytest.raises(psycopg.OperationalError):  # who is still there is sent away
            stays.execute("SELECT 1")
    with psycopg.connect(postgres_server.admin_url_of(lent)) as connection:
        left = "SELECT (SELECT count(*) FROM login_attempt), (SELECT count(*) FROM audit_head)"
        assert connection.execute(left).fetchone() == (0, 0)


def test_what_was_there_from_the_beginning_is_there_for_the_next(
    postgres_server: Postgres, lent: str
) -> None:
    lease = "SELECT * FROM worker_lease"
    with psycopg.connect(postgres_server.admin_url_of(lent)) as connection:
        first = connection.execute(lease).fetchall()
    assert first
    change(postgres_server, lent, "UPDATE worker_lease SET holder = 'somebody', until = 5")
    with (
        postgres_server.lent() as again,
        psycopg.connect(postgres_server.admin_url_of(again)) as connection,
    ):
        assert again == lent
        assert connection.execute(lease).fetchall() == first


@pytest.mark.parametrize("statement", CHANGES)
def test_one_that_was_changed_is_not_lent_again(postgres_server: Postgres, lent: str, statement: str) -> None:
    change(postgres_server, lent, statement)
    with postgres_server.lent() as other:
        assert other != lent


def test_one_with_a_setting_of_its_own_is_not_lent_again(postgres_server: Postgres, lent: str) -> None:
    postgres_server.set(lent, "work_mem", "5MB")
    with postgres_server.lent() as other:
        assert other != lent
