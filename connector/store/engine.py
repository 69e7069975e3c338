"""Opens the database and hands out transactions. The only place that knows which database it is.

SQLite: one writer at a time, taken at BEGIN (so that a read-modify-write never fails half way), readers beside it (WAL).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, IntegrityError

Tx: TypeAlias = Connection
"""An open transaction. Callers pass it on; only the store's modules look inside."""

ROW_FAULTS = (IntegrityError, DataError)
"""What the database raises of values that it cannot take: a fault of the row, not of the database."""

_WRITES = "baton_writes"

_PRAGMAS = (
    "PRAGMA busy_timeout = 10000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
)


def _on_connect(dbapi_connection: Any, _record: Any) -> None:
    # The driver's own idea of when a transaction begins is switched off: SQLAlchemy's begin event says it.
    dbapi_connection.isolation_level = None
    for pragma in _PRAGMAS:
        dbapi_connection.execute(pragma)


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def open_engine(url: str) -> Engine:
    """An engine for `url` with the settings that Baton relies on."""
    parsed = make_url(url)
    engine = create_engine(parsed, pool_pre_ping=parsed.get_backend_name() != "sqlite")
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
    return engine


class Store:
    """The database. Hold one per process; it is safe to share between threads, a transaction is not.

    Never keep a transaction open across a remote call, nor open a second one inside it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = open_engine(url)

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """A transaction that may write; commits at the end, rolls back on an exception."""
        with self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A transaction that sees one moment of the database and cannot write."""
        if self._engine.dialect.name == "sqlite":
            yield from self._read_sqlite()
            return
        options: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    def _read_sqlite(self) -> Iterator[Tx]:
        with self._engine.connect().execution_options(**{_WRITES: False}) as connection:
            connection.connection.driver_connection.execute("PRAGMA query_only = ON")  # type: ignore[union-attr]
            try:
                with connection.begin():
                    yield connection
            finally:
                connection.connection.driver_connection.execute("PRAGMA query_only = OFF")  # type: ignore[union-attr]

    def close(self) -> None:
        """Close every connection. The store can be used again afterwards."""
        self._engine.dispose()
