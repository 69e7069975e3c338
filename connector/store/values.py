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


DRAFTS = 31
"""Drafts that are kept: a month of nights."""


def save_draft(tx: Tx, document: Any, *, as_of: datetime) -> int:
    """Store a draft under the next version; the oldest drafts are dropped. Gives the version."""
    t = tables.value_table
    version: int = tx.execute(select(func.coalesce(func.max(t.c.version), 0) + 1)).scalar_one()
    kept = [one.version for one in drafts(tx)][: DRAFTS - 1]
    tx.execute(delete(t).where(t.c.published_at.is_(None), t.c.version.not_in(kept)))
    tx.execute(t.insert().values(version=version, as_of=as_of, document=document))
    return version


def publish(tx: Tx, version: int, *, document: Any, at: datetime, by: str) -> bool:
    """Make a draft the table in force, with what is published of it. False when there is no such draft, or a later table
    is in force."""
    t = tables.value_table
    draft = update(t).where(t.c.version == version, t.c.published_at.is_(None))
    later = select(t.c.version).where(t.c.published_at.is_not(None), t.c.version > version)
    if tx.execute(later.limit(1)).first():
        return False
    return tx.execute(draft.values(document=document, published_at=at, published_by=by)).rowcount > 0


def _table(row: Any) -> StoredTable:
    return StoredTable(row.version, row.as_of, row.published_at, row.published_by, row.document)


def published(tx: Tx) -> StoredTable | None:
    """The table in force, None before the first."""
    t = tables.value_table
    query = select(t).where(t.c.published_at.is_not(None)).order_by(t.c.version.desc()).limit(1)
    row = tx.execute(query).first()
    return None if row is None else _table(row)


def drafts(tx: Tx) -> list[StoredTable]:
    """The drafts that are kept, the newest first."""
    t = tables.value_table
    query = select(t).where(t.c.published_at.is_(None)).order_by(t.c.version.desc())
    return [_table(row) for row in tx.execute(query)]


def draft(tx: Tx) -> StoredTable | None:
    """The newest draft."""
    return next(iter(drafts(tx)), None)


def value_table(tx: Tx, version: int) -> StoredTable | None:
    """One table, by version."""
    t = tables.value_table
    row = tx.execute(select(t).where(t.c.version == version)).first()
    return None if row is None else _table(row)


def value_tables(tx: Tx) -> list[StoredTable]:
    """Every table that is kept, by version."""
    t = tables.value_table
    return [_table(row) for row in tx.execute(select(t).order_by(t.c.version))]
