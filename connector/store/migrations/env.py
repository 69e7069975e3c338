"""Alembic's entry: it is always given an open transaction (see `connector.store.migrations.upgrade`)."""

from __future__ import annotations

from alembic import context

from connector.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    transaction_per_migration=False,
)
context.run_migrations()
