"""History of facts: every change of a field that matters, as the source remembers it or as Baton saw it. Append-only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from connector.store import tables
from connector.store.engine import Tx
from connector.store.types import digest
from connector.store.writes import chunks, insert_new, is_record, key_of, key_values, run_many
from mappings.records import FieldChange, RecordKey

_ONCE = ("connection", "object", "remote_id", "field", "occurred_at", "hash")


def add_changes(tx: Tx, changes: Sequence[FieldChange], *, learned_at: datetime, seen: bool = False) -> None:
    """Append changes; one that is there already is not doubled. `seen`: noticed by comparing two reads, for a field whose
    source keeps no history; its `occurred_at` is then when the record was modified."""
    rows = [
        {
            **key_values(change.key),
            "field": change.field,
            "old": change.old,
            "new": change.new,
            "occurred_at": change.occurred_at,
            "learned_at": learned_at,
            "actor_id": change.actor_id,
            "seen": seen,
            "hash": digest([change.old, change.new]),
        }
        for change in changes
    ]
    run_many(tx, insert_new(tx, tables.fact_change, key=_ONCE), rows)


def _change(row: Any) -> FieldChange:
    return FieldChange(key_of(row), row.field, row.old, row.new, row.occurred_at, row.actor_id)


def changes_of(
    tx: Tx, keys: Sequence[RecordKey], *, fields: Sequence[str] = ()
) -> dict[RecordKey, list[FieldChange]]:
    """The changes of these records (of these fields only, if any are named), oldest first."""
    t = tables.fact_change
    found: dict[RecordKey, list[FieldChange]] = {}
    for chunk in chunks(dict.fromkeys(keys)):
        wanted: list[ColumnElement[bool]] = [is_record(t, chunk)]
        if fields:
            wanted.append(t.c.field.in_(list(fields)))
        for row in tx.execute(select(t).where(*wanted).order_by(t.c.occurred_at, t.c.id)):
            found.setdefault(key_of(row), []).append(_change(row))
    return found


def changes_learned(tx: Tx, since: datetime) -> Iterator[FieldChange]:
    """Changes learned since a moment, in the order they were learned."""
    t = tables.fact_change
    query = select(t).where(t.c.learned_at >= since).order_by(t.c.id).execution_options(yield_per=1000)
    for row in tx.execute(query):
        yield _change(row)
