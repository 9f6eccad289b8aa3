"""Bring the database to the present schema, once, whoever starts first."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from figment.core.database import DatabaseError

_MIGRATION_LOCK = 0x46494D47


def migrate(url: str) -> None:
    """Run every migration that the database lacks, forward only. Blocks; a second starter waits and finds nothing to do.

    Raises:
        DatabaseError: the database is away, or refuses something.
    """
    # SQLAlchemy is what Alembic runs on, and is used for nothing else.
    engine = create_engine(
        make_url(url.replace("postgres://", "postgresql://", 1)).set(drivername="postgresql+psycopg")
    )
    try:
        with engine.begin() as connection:
            # Held to the commit: two processes that start together would otherwise both create the tables.
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            config = _config()
            config.attributes["connection"] = connection
            if not _is_current(connection, config):
                command.upgrade(config, "head")
    except DBAPIError as error:
        if isinstance(error.orig, DatabaseError):
            raise error.orig from error
        raise
    finally:
        engine.dispose()


def _is_current(connection: Connection, config: Config) -> bool:
    have = MigrationContext.configure(connection).get_current_heads()
    return set(have) == set(ScriptDirectory.from_config(config).get_heads())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.set_main_option("path_separator", "os")
    return config
