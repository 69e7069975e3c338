"""How far each object or stream of each connection has been read, one cursor per lane.

A cursor moves in the transaction that stores the rows it passed, never before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from connector.store import tables
from connector.store.engine import Tx
from connector.store.writes import upsert


@dataclass(frozen=True, slots=True)
class Cursor:
    """A closed window `since <= t < until` of the remote's own time and the place `after` inside it. `done_until`: all
    before it is read. `until` None: no window is open."""

    connection: str
    object: str
    lane: str
    since: datetime | None = None
    until: datetime | None = None
    after: str = ""
    done_until: datetime | None = None
    updated_at: datetime | None = None


def cursor(tx: Tx, connection: str, *, object: str, lane: str) -> Cursor | None:
    """The cursor of a lane (poll, backfill, gone, activity, ...), None before the first read."""
    t = tables.cursor
    query = select(t).where(t.c.connection == connection, t.c.object == object, t.c.lane == lane)
    row = tx.execute(query).mappings().first()
    return None if row is None else Cursor(**row)


def cursors(tx: Tx) -> Iterator[Cursor]:
    """Every cursor, by connection, object and lane."""
    t = tables.cursor
    for row in tx.execute(select(t).order_by(t.c.connection, t.c.object, t.c.lane)).mappings():
        yield Cursor(**row)


def save_cursor(tx: Tx, cursor: Cursor, *, at: datetime) -> None:
    """Store where the lane has got to."""
    values = {
        "connection": cursor.connection,
        "object": cursor.object,
        "lane": cursor.lane,
        "since": cursor.since,
        "until": cursor.until,
        "after": cursor.after,
        "done_until": cursor.done_until,
        "updated_at": at,
    }
    tx.execute(
        upsert(tx, tables.cursor, update=("since", "until", "after", "done_until", "updated_at")), values
    )


def forget_cursor(tx: Tx, connection: str, *, object: str, lane: str) -> None:
    """Read this lane from the beginning next time."""
    t = tables.cursor
    tx.execute(delete(t).where(t.c.connection == connection, t.c.object == object, t.c.lane == lane))
