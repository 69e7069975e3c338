"""Value tables: nightly drafts, and those that were published. A published table is never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update

from connector.store import tables
from connector.store.engine import Tx


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A value table as a document. `published_at` None: a draft."""

    version: int
    as_of: datetime
    published_at: datetime | None
    published_by: str
    document: Any


def save_draft(tx: Tx, document: Any, *, as_of: datetime) -> int:
    """Store a draft under the next version; earlier drafts are dropped. Gives the version."""
    t = tables.value_table
    version: int = tx.execute(select(func.coalesce(func.max(t.c.version), 0) + 1)).scalar_one()
    tx.execute(delete(t).where(t.c.published_at.is_(None)))
    tx.execute(t.insert().values(version=version, as_of=as_of, document=document))
    return version


def publish(tx: Tx, version: int, *, at: datetime, by: str) -> bool:
    """Make a draft the table in force. False when there is no such draft."""
    t = tables.value_table
    draft = update(t).where(t.c.version == version, t.c.published_at.is_(None))
    return tx.execute(draft.values(published_at=at, published_by=by)).rowcount > 0


def _table(row: Any) -> StoredTable:
    return StoredTable(row.version, row.as_of, row.published_at, row.published_by, row.document)


def published(tx: Tx) -> StoredTable | None:
    """The table in force, None before the first."""
    t = tables.value_table
    query = select(t).where(t.c.published_at.is_not(None)).order_by(t.c.version.desc()).limit(1)
    row = tx.execute(query).first()
    return None if row is None else _table(row)


def draft(tx: Tx) -> StoredTable | None:
    """The newest draft."""
    t = tables.value_table
    query = select(t).where(t.c.published_at.is_(None)).order_by(t.c.version.desc()).limit(1)
    row = tx.execute(query).first()
    return None if row is None else _table(row)


def value_table(tx: Tx, version: int) -> StoredTable | None:
    """One table, by version."""
    t = tables.value_table
    row = tx.execute(select(t).where(t.c.version == version)).first()
    return None if row is None else _table(row)


def value_tables(tx: Tx) -> list[StoredTable]:
    """Every table that is kept, by version."""
    t = tables.value_table
    return [_table(row) for row in tx.execute(select(t).order_by(t.c.version))]
