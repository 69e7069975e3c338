"""What all tables share: the metadata with its constraint names, and columns that recur."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
)
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.schema import Index

from connector.store.types import UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Every constraint has a name, or a later migration could not change it."""

Serial = BigInteger().with_variant(Integer(), "sqlite")
"""A row number that the database gives; SQLite counts INTEGER keys only."""


def serial() -> Column[Any]:
    """A row number as primary key."""
    return Column("id", Serial, primary_key=True, autoincrement=True)


def record_key(*, primary_key: bool = True, nullable: bool = False) -> tuple[Column[Any], ...]:
    """The name of a remote record, see `mappings.records.RecordKey`."""
    return tuple(
        Column(name, String, primary_key=primary_key, nullable=nullable)
        for name in ("connection", "object", "remote_id")
    )


def text(name: str, *, default: str = "") -> Column[Any]:
    """Text that is there, blank when nothing is known."""
    return Column(name, String, nullable=False, default=default)


def flag(name: str) -> Column[Any]:
    """Yes or no, no when nobody says."""
    return Column(name, Boolean, nullable=False, default=False)


def count(name: str) -> Column[Any]:
    """A number that starts at nought."""
    return Column(name, Integer, nullable=False, default=0)


def at(name: str = "at") -> Column[Any]:
    """A time that is known."""
    return Column(name, UtcDateTime, nullable=False)


def maybe_at(name: str) -> Column[Any]:
    """A time that may be unknown or yet to come."""
    return Column(name, UtcDateTime)


def lead_ref(name: str = "lead_id", *, nullable: bool = False, primary_key: bool = False) -> Column[Any]:
    """The lead that a row is about."""
    return Column(name, String, ForeignKey("lead.id"), nullable=nullable, primary_key=primary_key)


def one_of(column: str, *words: str) -> CheckConstraint:
    """The column holds one of these words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def among(column: str, *words: str) -> CheckConstraint:
    """The same for tables that are filled by the hundred thousand: SQLite builds the list of an IN anew for every row, which
    is a third of what storing a mirrored record costs. Comparisons end at the first that holds: put the usual word first."""
    return CheckConstraint(" OR ".join(f"{column} = '{word}'" for word in words), name=column)


def partial_index(table: Table, *columns: str, where: ColumnElement[bool], unique: bool = False) -> Index:
    """An index over the few rows that a queue looks at; `unique`: at most one of them per value."""
    name = f"{'uq' if unique else 'ix'}_{table.name}_{'_'.join(columns)}_some"
    chosen = [table.c[column] for column in columns]
    return Index(name, *chosen, unique=unique, sqlite_where=where, postgresql_where=where)
