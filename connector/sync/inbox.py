"""Follows hints: what webhooks name is read again at once, consistently, and not believed. Order, repeats and losses of
deliveries do not matter, for polling finds what hints missed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import orjson

from connector.hubspot import events
from connector.ports import RecordSource, RecordState, RemoteRow
from connector.store import inbox, mirror, parked
from connector.store.engine import Tx
from connector.store.inbox import Hint, Received
from connector.sync.engine import Engine
from connector.sync.lanes import counted
from connector.sync.pull import Shelf, take_rows
from connector.sync.reading import fields_of, record_objects
from connector.sync.results import Counts, RoundResult
from connector.sync.trouble import Guard
from mappings.records import RecordKey

HUBSPOT_EVENTS, RECORDS = "hubspot", "records"
"""Kinds of deliveries: a webhook body as HubSpot sent it, and a list of `{"object": ..., "id": ...}` that a receiver has
already taken from a message in another form."""

DELIVERIES = 100
"""How many deliveries one transaction reads."""


def drain(engine: Engine, result: RoundResult) -> None:
    """Read what came in, then the records that it names."""
    while _read_deliveries(engine):
        pass
    follow_hints(engine, result)


def _read_deliveries(engine: Engine) -> int:
    now = engine.now()
    with engine.store.begin() as tx:
        waiting = inbox.unread(tx, DELIVERIES)
        done = [one.id for one in waiting if _understood(engine, tx, one)]
        inbox.finish(tx, done, at=now)
    return len(waiting)


def _understood(engine: Engine, tx: Tx, received: Received) -> bool:
    now = engine.now()
    try:
        named = _READERS[received.kind](received.body)
        wanted = set(record_objects(engine, received.connection))
    except (KeyError, ValueError) as error:
        inbox.refuse(tx, received, at=now, error=type(error).__name__)
        return False
    keys = [RecordKey(received.connection, one.object, one.id) for one in named if one.object in wanted]
    inbox.give_hints(tx, keys, at=now)
    for one in named:
        if one.erase:
            key = RecordKey(received.connection, one.object, one.id)
            parked.park(tx, parked.Trouble("privacy", str(key), "erasure_asked"), at=now)
    return True


def _records(body: bytes) -> list[events.RecordHint]:
    named = orjson.loads(body)
    if not isinstance(named, list) or not all(isinstance(one, dict) for one in named):
        raise ValueError("the body is no list of records")
    return [events.RecordHint(str(one["object"]), str(one["id"])) for one in named]


_READERS: Mapping[str, Callable[[bytes], Sequence[events.RecordHint]]] = {
    HUBSPOT_EVENTS: events.hints_of,
    RECORDS: _records,
}


def follow_hints(engine: Engine, result: RoundResult) -> None:
    """Read every record that is hinted at. What cannot be read now keeps its hint."""
    guard = Guard(result)
    for system in engine.systems:
        for name in record_objects(engine, system.connection):
            counts = result.of(system.connection, name)
            guard.run(system.connection, name, partial(_follow, engine, system, name, counts=counts))


def _follow(engine: Engine, system: RecordSource, object: str, *, counts: Counts) -> None:
    shelf = Shelf.of(engine, system, object)
    size = system.capabilities.read_batch
    while True:
        with engine.store.read() as tx:
            waiting = inbox.hints(tx, system.connection, object=object, limit=size)
        if not waiting:
            return
        with counted(system, counts):
            ids = [hint.key.id for hint in waiting]
            rows = list(system.fetch(object, ids, fields_of(engine, system.connection, object)))
        _take(shelf, waiting, rows, counts)


def _take(shelf: Shelf, waiting: Sequence[Hint], rows: Sequence[RemoteRow], counts: Counts) -> None:
    now = shelf.engine.now()
    answered = {row.id for row in rows}
    missing = [hint.key for hint in waiting if hint.key.id not in answered]
    with shelf.engine.store.begin() as tx:
        take_rows(tx, shelf, [*rows, *gone_rows(tx, missing)], counts=counts, now=now)
        inbox.drop_hints(tx, waiting)


def gone_rows(tx: Tx, keys: Sequence[RecordKey]) -> list[RemoteRow]:
    """Rows that say of known records that their system has them no more. They keep their last time of change, so that
    anything the system says of them later is newer."""
    known = mirror.mirrored(tx, keys)
    live = (RecordState.ACTIVE, RecordState.CONVERTED)
    return [
        RemoteRow(key.id, row.modified_at, {}, RecordState.DELETED)
        for key, row in known.items()
        if row.state in live
    ]
