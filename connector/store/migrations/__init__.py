"""The schema's history. `upgrade(url)` brings a database, new or filled, to the schema of this release."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from connector.store.engine import open_engine


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to `revision`. Does nothing where it is there already; safe to run beside itself on SQLite, as
    the second waits for the first."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            _upgrade(connection, revision)
    finally:
        engine.dispose()


def _upgrade(connection: Connection, revision: str) -> None:
    on_sqlite = connection.dialect.name == "sqlite"
    if on_sqlite:
        # SQLite changes a table by copying it: rows that refer to it must not be checked, nor deleted, in between.
        _pragma(connection, "PRAGMA foreign_keys = OFF")
    try:
        with connection.begin():
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            if on_sqlite:
                _check_references(connection)
    finally:
        if on_sqlite:
            _pragma(connection, "PRAGMA foreign_keys = ON")


def _pragma(connection: Connection, pragma: str) -> None:
    # Past SQLAlchemy, which would open a transaction, inside which SQLite ignores this pragma.
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - an open connection has one
    driver.execute(pragma)


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        tables = sorted({row[0] for row in broken})
        raise RuntimeError(f"the migration would leave broken references in {', '.join(tables)}")


def current(url: str) -> str | None:
    """The revision that a database is at, None before the first."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def head() -> str | None:
    """The revision of this release."""
    return ScriptDirectory.from_config(_config()).get_current_head()
