"""Reads what happened: activities of each stream, and the changes that a system's own field history tells.

Both are appended once and tied to the leads they concern, who are then to be decided again. Their meaning is not asked here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from connector.ports import ActivityPage, ActivitySource, HistorySource, Window
from connector.store import accounts, activities, cursors, dirty, facts, links, parked
from connector.store.cursors import Cursor
from connector.store.engine import Tx
from connector.sync.engine import Engine
from connector.sync.lanes import ACTIVITY, HISTORY, counted, cursor_of, open_window
from connector.sync.reading import history_fields, objects_of, record_objects, tells_history
from connector.sync.results import Counts, RoundResult
from connector.sync.trouble import Guard
from connector.sync.windows import reached
from mappings.records import FieldChange, ObjectRole

RECENT_DAYS = 3
"""How far back the nightly reading looks for activities that were tied to somebody afterwards."""


def pull_streams(engine: Engine, result: RoundResult) -> None:
    """Read new activities and field histories of both systems."""
    guard = Guard(result)
    for system in engine.systems:
        for stream in system.capabilities.activity_streams:
            guard.run(system.connection, stream, partial(pull_activities, engine, system, stream, result))
        for name in record_objects(engine, system.connection):
            if tells_history(engine, system, name):
                guard.run(system.connection, name, partial(pull_history, engine, system, name, result))
        with engine.store.begin() as tx:
            activities.set_connection_coverage(tx, system.connection, states=system.coverage())


def pull_activities(engine: Engine, system: ActivitySource, stream: str, result: RoundResult) -> None:
    """Read one stream from where its cursor stands. On the first load the adapter marks activities as backfill.

    A stream that the connection may not read yields no page at all: its cursor stays, so that nothing is missed on the
    day the permission is granted. Why it cannot be read is told by `coverage`.
    """
    counts = result.of(system.connection, stream)
    cursor = cursor_of(engine, system.connection, stream, ACTIVITY)
    engine.progress.step(f"{system.connection} {stream}")
    with counted(system, counts):
        window = open_window(engine, system, cursor)
        answered = False
        for page in system.activities(stream, window, engine.now()):
            answered = True
            cursor = reached(cursor, window, page.after)
            with engine.store.begin() as tx:
                _keep(tx, page, f"{system.connection}:{stream}", counts=counts, now=engine.now())
                cursors.save_cursor(tx, cursor, at=engine.now())
            engine.progress.advance(len(page.activities))
        if answered:
            _close(engine, cursor, window)


def _keep(tx: Tx, page: ActivityPage, source: str, *, counts: Counts, now: datetime) -> None:
    kept = activities.keep_activities(tx, page.activities)
    dirty.mark(tx, sorted(kept.leads), reason="activity", at=now)
    for id_, why in page.refused:
        trouble = parked.Trouble("activity", f"{source}:{id_}", "not_understood", detail=why)
        parked.park(tx, trouble, at=now)
    counts.read += len(page.activities) + len(page.refused)
    counts.changed += kept.new + kept.changed
    counts.parked += len(page.refused)


def reread_recent(engine: Engine, result: RoundResult, *, days: int = RECENT_DAYS) -> None:
    """Read the last days' activities once more, nightly: an association that changes leaves no mark on its activity, so
    no window of changes would ever show it. Moves no cursor."""
    guard = Guard(result)
    for system in engine.systems:
        for stream in system.capabilities.activity_streams:
            guard.run(
                system.connection,
                stream,
                partial(
                    _reread, engine, system, result.of(system.connection, stream), stream=stream, days=days
                ),
            )


def _reread(engine: Engine, system: ActivitySource, counts: Counts, *, stream: str, days: int) -> None:
    with counted(system, counts):
        until = system.now() - system.capabilities.clock_lag
        for page in system.activities(stream, Window(until - timedelta(days=days), until), engine.now()):
            with engine.store.begin() as tx:
                _keep(tx, page, f"{system.connection}:{stream}", counts=counts, now=engine.now())


def pull_history(engine: Engine, system: HistorySource, object: str, result: RoundResult) -> None:
    """Read how the facts of one object changed, as its system remembers it; on the first load as far back as it does."""
    fields = history_fields(engine, system.connection, object)
    cursor = cursor_of(engine, system.connection, object, HISTORY)
    mark = _marker(engine, system.connection, object)
    with counted(system, result.of(system.connection, object)):
        window = open_window(engine, system, cursor)
        for changes in system.field_changes(object, window, fields):
            with engine.store.begin() as tx:
                facts.add_changes(tx, changes, learned_at=engine.now())
                mark(tx, changes, engine.now())
        _close(engine, cursor, window)


Marker = Callable[[Tx, Sequence[FieldChange], datetime], None]


def _marker(engine: Engine, connection: str, object: str) -> Marker:
    """How the leads behind changes of this object are marked."""
    if object in objects_of(engine, connection, ObjectRole.LEAD):
        return _mark_leads
    return _mark_accounts if object in objects_of(engine, connection, ObjectRole.ACCOUNT) else _mark_nobody


def _mark_leads(tx: Tx, changes: Sequence[FieldChange], at: datetime) -> None:
    found = links.links(tx, [change.key for change in changes])
    dirty.mark(tx, sorted({link.lead_id for link in found.values()}), reason="history", at=at)


def _mark_accounts(tx: Tx, changes: Sequence[FieldChange], at: datetime) -> None:
    found = accounts.accounts_of(tx, [change.key for change in changes])
    dirty.mark_accounts(tx, sorted(set(found.values())), reason="history", at=at)


def _mark_nobody(tx: Tx, changes: Sequence[FieldChange], at: datetime) -> None:
    """An opportunity's history is read when its own row is matched."""


def _close(engine: Engine, cursor: Cursor, window: Window) -> None:
    """The window is read: also a source that a tier does not offer ends, without a page."""
    with engine.store.begin() as tx:
        cursors.save_cursor(tx, reached(cursor, window, None), at=engine.now())
