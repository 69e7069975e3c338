"""Which stretch of a system's time is read next. Pure arithmetic on cursors: it asks no system and no clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from connector.ports import Capabilities, Window
from connector.store.cursors import Cursor


def next_window(
    cursor: Cursor | None, *, remote_now: datetime, capabilities: Capabilities, now: datetime
) -> Window:
    """The window to read: one left unfinished at its place, else all there is, else from an overlap before where the
    last one ended. It ends at the remote clock minus its known lag, so that rows still being written are left for the next.

    The overlap catches rows committed late; in the first poll of each hour the long one catches those that came later
    still. A remote clock that was set back is believed: its own time is what it stamps records with.
    """
    if cursor is not None and cursor.until is not None:
        return Window(cursor.since, cursor.until, cursor.after)
    until = remote_now - capabilities.clock_lag
    if cursor is None or cursor.done_until is None:
        return Window(None, until)
    long = hour_turned(cursor.updated_at, now)
    overlap = capabilities.long_overlap if long else capabilities.overlap
    return Window(min(cursor.done_until, until) - overlap, until)


def hour_turned(before: datetime | None, now: datetime) -> bool:
    """Whether a full hour was struck since `before`, or nobody knows."""
    return before is None or before.replace(minute=0, second=0, microsecond=0) < now.replace(
        minute=0, second=0, microsecond=0
    )


def reached(cursor: Cursor, window: Window, after: str | None) -> Cursor:
    """The cursor behind a page: inside the window, or at its end when `after` is None."""
    if after is None:
        return replace(cursor, since=None, until=None, after="", done_until=window.until)
    return replace(cursor, since=window.since, until=window.until, after=after)
