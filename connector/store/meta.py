"""Single values under a name, for what has no table of its own (when a baseline was taken, a secret's fingerprint)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from connector.store import tables
from connector.store.engine import Tx
from connector.store.writes import upsert


def remember(tx: Tx, key: str, *, value: Any) -> None:
    """Keep a value under a name."""
    tx.execute(upsert(tx, tables.meta, update=("value",)), {"key": key, "value": value})


def recall(tx: Tx, key: str) -> Any:
    """The value under a name, None when there is none."""
    return tx.execute(select(tables.meta.c.value).where(tables.meta.c.key == key)).scalar()
