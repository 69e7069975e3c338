"""What every reading step does alike: find its cursor, open its window, count its calls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from connector.ports import System, Window
from connector.store import cursors, mirror
from connector.store.cursors import Cursor
from connector.store.meta import recall, remember
from connector.sync.engine import Engine
from connector.sync.reading import record_objects
from connector.sync.results import Counts
from connector.sync.windows import next_window

POLL, GONE, ACTIVITY, HISTORY, LIST = "poll", "gone", "activity", "history", "list"
"""Lanes of an object or stream: its changes, what disappeared, what people did, how facts changed, a list read whole."""


def cursor_of(engine: Engine, connection: str, name: str, lane: str) -> Cursor:
    """How far a lane was read; a fresh cursor before the first time."""
    with engine.store.read() as tx:
        found = cursors.cursor(tx, connection, object=name, lane=lane)
    return found or Cursor(connection, name, lane)


def open_window(engine: Engine, system: System, cursor: Cursor) -> Window:
    """The window to read now. An unfinished one costs no look at the remote clock."""
    if cursor.until is not None:
        return Window(cursor.since, cursor.until, cursor.after)
    return next_window(cursor, remote_now=system.now(), capabilities=system.capabilities, now=engine.now())


@contextmanager
def counted(system: System, counts: Counts) -> Iterator[None]:
    """Add the calls made inside, also when they end in trouble."""
    begun = system.calls
    try:
        yield
    finally:
        counts.calls += system.calls - begun


def start_over(engine: Engine) -> None:
    """Forget how far everything was read: the next round reads it all again and matches every record again, which changes
    nothing that is known and mends what was lost here."""
    with engine.store.begin() as tx:
        for cursor in list(cursors.cursors(tx)):
            cursors.forget_cursor(tx, cursor.connection, object=cursor.object, lane=cursor.lane)
        for system in engine.systems:
            for name in record_objects(engine, system.connection):
                mirror.make_pending(tx, system.connection, object=name)


def read_again(engine: Engine, connection: str, object: str) -> None:
    """Forget how far one object was read: fields of it can be seen, or are asked for, that were not before."""
    with engine.store.begin() as tx:
        cursors.forget_cursor(tx, connection, object=object, lane=POLL)


def ask_for(engine: Engine, connection: str, object: str, fields: tuple[str, ...]) -> None:
    """Remember what is asked for of an object. When that changed, after a mapping did, everything is read again: records
    that did not change since would never show the new field."""
    key = f"fields:{connection}:{object}"
    wanted = sorted(fields)
    with engine.store.read() as tx:
        before = recall(tx, key)
    if before == wanted:
        return
    if before is not None:
        read_again(engine, connection, object)
    with engine.store.begin() as tx:
        remember(tx, key, value=wanted)
