"""Migrations: from nothing, again, by two at once, and the parts for servers older than ours."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from alembic import command
from sqlalchemy import create_engine

from figment.accounts.schemas import EVERY_SCOPE
from figment.core import migrate as migrate_module
from figment.core.migrate import migrate
from figment.core.migrations.versions import v0001_foundation
from tests.conftest import create_database, drop_database

_numbers = itertools.count()


@pytest.fixture
def empty_url(postgres: str) -> Iterator[str]:
    """A database with nothing in it."""
    name = f"migrate_{next(_numbers)}"
    yield create_database(postgres, name, template="template1")
    drop_database(postgres, name)


def ask(url: str, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(sql).fetchall()


def _newest() -> str:
    found = (Path(migrate_module.__file__).parent / "migrations" / "versions").glob("v*.py")
    return max(path.name[1:5] for path in found)


def tables(url: str) -> set[str]:
    return {row[0] for row in ask(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


def test_from_nothing_and_again(empty_url: str) -> None:
    migrate(empty_url)
    made = tables(empty_url)
    assert {"people", "sessions", "images", "blobs", "jobs", "events", "rate_limits", "procrastinate_jobs"} <= made
    assert ask(empty_url, "SELECT 1 FROM pg_extension WHERE extname = 'vector'") == [(1,)]
    assert ask(empty_url, "SELECT version_num FROM alembic_version") == [(_newest(),)]
    with psycopg.connect(empty_url) as connection:
        connection.execute("INSERT INTO people (name) VALUES ('Ada')")
    migrate(empty_url)
    assert tables(empty_url) == made
    assert ask(empty_url, "SELECT name FROM people") == [("Ada",)]


def migrate_to(url: str, revision: str) -> None:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.begin() as connection:
        config = migrate_module._config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def test_whom_an_administrator_let_in_before_is_vouched_for(empty_url: str) -> None:
    migrate_to(empty_url, "0005")
    with psycopg.connect(empty_url) as connection:
        connection.execute(
            """
                WITH invite AS (INSERT INTO invites (token_hash, uses_left) VALUES ('x', 0) RETURNING id),
                people AS (
                    INSERT INTO people (name, invite)
                    VALUES ('invited', (SELECT id FROM invite)), ('made', NULL), ('let in', NULL), ('suspended', NULL), ('new', NULL)
                    RETURNING id, name
                )
                INSERT INTO audit_log (actor_name, action, subject)
                SELECT 'the operator', CASE name WHEN 'made' THEN 'person.made' WHEN 'let in' THEN 'person.waiting' ELSE 'person.suspended' END, id
                FROM people WHERE name IN ('made', 'let in', 'suspended')
            """
        )
    migrate(empty_url)
    found = ask(empty_url, "SELECT name FROM people WHERE vouched ORDER BY name")
    assert [name for (name,) in found] == ["invited", "let in", "made"]


def test_a_database_of_before_comes_along_with_its_tokens(empty_url: str) -> None:
    migrate_to(empty_url, "0001")
    with psycopg.connect(empty_url) as connection:
        connection.execute(
            "WITH ada AS (INSERT INTO people (name) VALUES ('Ada') RETURNING id) "
            "INSERT INTO api_tokens (token_hash, person, name) SELECT 'hash', id, 'laptop' FROM ada"
        )
    migrate(empty_url)
    assert ask(empty_url, "SELECT name, scopes, expires_at FROM api_tokens") == [("laptop", list(EVERY_SCOPE), None)]
    assert {"models", "model_loads"} <= tables(empty_url)


def test_four_starters_at_once(empty_url: str) -> None:
    together = threading.Barrier(4)
    failures: list[Exception] = []

    def start() -> None:
        together.wait()
        try:
            migrate(empty_url)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert ask(empty_url, "SELECT count(*) FROM alembic_version") == [(1,)]


def test_a_migration_that_breaks_leaves_nothing(empty_url: str) -> None:
    with psycopg.connect(empty_url) as connection:
        connection.execute("CREATE TABLE studio_generations ()")
    with pytest.raises(Exception, match="studio_generations"):
        migrate(empty_url)
    assert tables(empty_url) == {"studio_generations"}
    with psycopg.connect(empty_url) as connection:
        connection.execute("DROP TABLE studio_generations")
    migrate(empty_url)
    assert "studio_generations" in tables(empty_url)


class TestUuidv7OfOlderServers:
    """PostgreSQL 15 to 17 have no `uuidv7()`; the same statement under another name, for every version."""

    @pytest.fixture
    def url(self, empty_url: str) -> str:
        statement = v0001_foundation._UUIDV7.replace("uuidv7()", "our_uuidv7()").replace("< 180000", "> 0")
        with psycopg.connect(empty_url) as connection:
            connection.execute(statement.encode())
        return empty_url

    def test_layout(self, url: str) -> None:
        before = time.time_ns() // 1_000_000
        made = [row[0] for row in ask(url, "SELECT our_uuidv7() FROM generate_series(1, 500)")]
        after = time.time_ns() // 1_000_000
        assert all(isinstance(value, UUID) for value in made)
        assert {value.version for value in made} == {7}
        assert {value.int >> 62 & 3 for value in made} == {2}, "RFC 9562's variant"
        assert len(set(made)) == 500
        assert all(before <= value.int >> 80 <= after for value in made)
        for bit in range(74):
            at = bit if bit < 62 else bit + 2
            ones = sum(value.int >> at & 1 for value in made)
            assert 150 < ones < 350, f"bit {at} is not random"

    def test_order(self, url: str) -> None:
        made = []
        with psycopg.connect(url, autocommit=True) as connection:
            for _ in range(20):
                row = connection.execute("SELECT our_uuidv7()").fetchone()
                assert row is not None
                made.append(row[0])
                time.sleep(0.002)
        assert made == sorted(made)

    def test_it_is_not_made_where_the_server_has_its_own(self, empty_url: str) -> None:
        migrate(empty_url)
        schemas = ask(empty_url, "SELECT pronamespace::regnamespace::text FROM pg_proc WHERE proname = 'uuidv7'")
        has_its_own = ask(empty_url, "SELECT current_setting('server_version_num')::int >= 180000") == [(True,)]
        assert set(schemas) == {("pg_catalog" if has_its_own else "public",)}
