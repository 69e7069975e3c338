"""Upserts and batches in the shape that is quick on both databases: one statement, executed for many rows.

Chunks of `VALUES` in one statement, or rows through the ORM, cost 18 to 70 times as much; do not bring them back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

import orjson
from sqlalchemy import Column, ColumnElement, Dialect, Table, and_, or_
from sqlalchemy.dialects import postgresql, sqlite

from connector.store.engine import Tx
from connector.store.types import UtcDateTime
from mappings.records import RecordKey

T = TypeVar("T")

LOOKUP = 500
"""How many keys one query asks for: within every database's limit on parameters, and plans stay quick."""


def chunks(items: Iterable[T], size: int = LOOKUP) -> Iterator[list[T]]:
    """The items in lists of at most `size`, taken from the stream as needed."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def insert_into(tx: Tx, table: Table) -> Any:
    """The dialect's own insert, which knows `on_conflict_do_update` and `excluded`."""
    return insert_for(tx.dialect.name, table)


def insert_for(dialect: str, table: Table) -> Any:
    """The same by the dialect's name, for statements that are built once and kept."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def _key_columns(table: Table, key: Sequence[str]) -> list[Column[Any]]:
    return [table.c[name] for name in key] if key else list(table.primary_key.columns)


def upsert(tx: Tx, table: Table, *, update: Sequence[str], key: Sequence[str] = ()) -> Any:
    """Insert, or where `key` (default: the primary key) exists set the columns of `update` to the new values."""
    return _upsert(tx.dialect.name, table, tuple(update), tuple(key))


@lru_cache(maxsize=256)
def _upsert(dialect: str, table: Table, update: tuple[str, ...], key: tuple[str, ...]) -> Any:
    """Kept, because building the statement costs more than executing it for one row."""
    statement = insert_for(dialect, table)
    return statement.on_conflict_do_update(
        index_elements=_key_columns(table, key),
        set_={column: statement.excluded[column] for column in update},
    )


def insert_new(tx: Tx, table: Table, *, key: Sequence[str] = ()) -> Any:
    """Insert, or do nothing where `key` (default: the primary key) exists."""
    return _insert_new(tx.dialect.name, table, tuple(key))


@lru_cache(maxsize=256)
def _insert_new(dialect: str, table: Table, key: tuple[str, ...]) -> Any:
    return insert_for(dialect, table).on_conflict_do_nothing(index_elements=_key_columns(table, key))


def insert_once(tx: Tx, table: Table, *, values: Mapping[str, Any], key: Sequence[str] = ()) -> bool:
    """Insert one row; False where `key` (default: the primary key) exists."""
    return tx.execute(_insert_once(tx.dialect.name, table, tuple(key)), dict(values)).first() is not None


@lru_cache(maxsize=256)
def _insert_once(dialect: str, table: Table, key: tuple[str, ...]) -> Any:
    return _insert_new(dialect, table, key).returning(*table.primary_key.columns)


def run_many(tx: Tx, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Execute for every row; for none, nothing."""
    if rows:
        tx.execute(statement, list(rows))


def run_raw(tx: Tx, statement: Any, *, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Execute for tuples of driver values in the order of `columns`, which must be every column: the hot path, past
    SQLAlchemy's work on each value. Values must be what the driver takes (see `time_writer`, JSON as text). The statement
    may hold no parameter of its own."""
    sql, names = _compiled(statement, tx.dialect, tuple(columns))
    place = {column: index for index, column in enumerate(columns)}
    for chunk in chunks(rows, 2000):
        if names is None:
            tx.exec_driver_sql(sql, [dict(zip(columns, row, strict=True)) for row in chunk])
        elif list(names) == list(columns):
            tx.exec_driver_sql(sql, chunk)
        else:
            tx.exec_driver_sql(sql, [tuple(row[place[name]] for name in names) for row in chunk])


@lru_cache(maxsize=32)
def _compiled(statement: Any, dialect: Dialect, columns: tuple[str, ...]) -> tuple[str, list[str] | None]:
    """The text of a statement and the order of its parameters (None: they go by name). Kept for statements that are."""
    compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    return str(compiled), compiled.positiontup


class TimeWriter:
    """Turns aware times into what the driver stores, for `run_raw`."""

    def __init__(self, tx: Tx) -> None:
        kind = UtcDateTime().dialect_impl(tx.dialect)
        self._process = kind.bind_processor(tx.dialect)
        self._sqlite = tx.dialect.name == "sqlite"

    def __call__(self, value: datetime) -> Any:
        """The driver's value. Raises ValueError for a naive time."""
        if self._sqlite and value.tzinfo is UTC:
            # What SQLAlchemy's own type writes, at a small part of the cost; orjson leaves out a fraction of nought.
            text = orjson.dumps(value).decode()
            return (
                f"{text[1:11]} {text[12:27]}" if value.microsecond else f"{text[1:11]} {text[12:20]}.000000"
            )
        return value if self._process is None else self._process(value)


def is_record(table: Table, keys: Iterable[RecordKey]) -> ColumnElement[bool]:
    """The rows of these records, grouped so that the primary key serves the look-up."""
    lanes: dict[tuple[str, str], list[str]] = {}
    for key in keys:
        lanes.setdefault((key.connection, key.object), []).append(key.id)
    return or_(
        *(
            and_(table.c.connection == connection, table.c.object == object_, table.c.remote_id.in_(ids))
            for (connection, object_), ids in lanes.items()
        )
    )


def key_values(key: RecordKey) -> dict[str, str]:
    """The three columns of a record key."""
    return {"connection": key.connection, "object": key.object, "remote_id": key.id}


def key_of(row: Any) -> RecordKey:
    """The record key in a row."""
    return RecordKey(row.connection, row.object, row.remote_id)
