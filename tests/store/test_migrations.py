"""Migrations bring every database, empty or filled, to what the code says, and lose nothing."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, inspect, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from connector.store import dirty, links, migrations, tables
from connector.store.engine import Store, open_engine

REVISIONS = [
    revision.revision
    for revision in reversed(list(ScriptDirectory.from_config(migrations._config()).walk_revisions()))
]


def differences(url: str) -> list[object]:
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            return list(compare_metadata(context, tables.metadata))
    finally:
        engine.dispose()


def test_migrations_make_what_the_tables_say(url: str) -> None:
    assert differences(url) == []
    assert migrations.current(url) == migrations.head()


def test_every_check_and_partial_index_of_the_tables_is_made(url: str, tmp_path: Path) -> None:
    # Alembic compares neither, so a database made from the tables is held beside the migrated one.
    straight = open_engine(f"sqlite:///{tmp_path / 'straight.db'}")
    migrated = open_engine(url)
    tables.metadata.create_all(straight)
    try:
        for table in tables.metadata.sorted_tables:
            assert _checks(migrated, table.name) == _checks(straight, table.name)
            assert _indexes(migrated, table.name) == _indexes(straight, table.name)
    finally:
        straight.dispose()
        migrated.dispose()


def _checks(engine: object, table: str) -> object:
    return sorted((c["name"], c["sqltext"]) for c in inspect(engine).get_check_constraints(table))


def _indexes(engine: object, table: str) -> object:
    return sorted(
        (i["name"], i["column_names"], i["unique"], str(i["dialect_options"].get("sqlite_where")))
        for i in inspect(engine).get_indexes(table)
    )


def test_every_constraint_has_a_name() -> None:
    for table in tables.metadata.sorted_tables:
        for constraint in table.constraints:
            assert constraint.name or isinstance(constraint, CheckConstraint), (table.name, constraint)
        assert all(index.name for index in table.indexes)


@pytest.mark.parametrize("stop", REVISIONS)
def test_a_filled_database_at_any_revision_comes_to_the_head_with_its_rows(
    stop: str, tmp_path: Path, now: datetime
) -> None:
    url = f"sqlite:///{tmp_path / 'filled.db'}"
    migrations.upgrade(url, stop)
    store = Store(url)
    with store.begin() as tx:
        links.new_lead(tx, "lead-1", at=now)
    migrations.upgrade(url)
    with store.begin() as tx:
        dirty.mark(tx, ["lead-1"], reason="new", at=now)
        assert tx.execute(select(tables.lead.c.created_at)).scalar_one() == now
    assert differences(url) == []
    store.close()


def test_upgrading_twice_changes_nothing(url: str) -> None:
    migrations.upgrade(url)
    assert differences(url) == []


def test_a_new_database_has_no_revision(tmp_path: Path) -> None:
    assert migrations.current(f"sqlite:///{tmp_path / 'new.db'}") is None


def test_every_table_can_be_made_on_postgresql() -> None:
    dialect = postgresql.dialect()
    for table in tables.metadata.sorted_tables:
        made = str(CreateTable(table).compile(dialect=dialect))
        assert "DATETIME" not in made
        for index in table.indexes:
            made += str(CreateIndex(index).compile(dialect=dialect))
        assert made.count("WHERE") == sum(index.name.endswith("_some") for index in table.indexes)
    assert "BIGSERIAL" in str(CreateTable(tables.decision).compile(dialect=dialect))
    assert "TIMESTAMP WITH TIME ZONE" in str(CreateTable(tables.decision).compile(dialect=dialect))
