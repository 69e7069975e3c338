"""What came in by webhook or API: stored as it came, read later. And hints: records to be read again soon."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update

from connector.store import tables
from connector.store.engine import Tx
from connector.store.writes import insert_once, key_of, key_values, run_many, upsert
from mappings.records import RecordKey


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing that came in. `dedupe_key` is the same when it comes again."""

    connection: str
    kind: str
    dedupe_key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Received:
    """A delivery that waits to be read."""

    id: int
    connection: str
    kind: str
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Hint:
    """A record that is said to have changed."""

    key: RecordKey
    at: datetime


def receive(tx: Tx, delivery: Delivery, *, at: datetime) -> bool:
    """Store a delivery. False when it came before. Answer the sender only after commit."""
    values = {
        "connection": delivery.connection,
        "kind": delivery.kind,
        "dedupe_key": delivery.dedupe_key,
        "body": zlib.compress(delivery.body, 1),
        "received_at": at,
    }
    return insert_once(tx, tables.inbox, values=values, key=("dedupe_key",))


def _received(row: Any) -> Received:
    return Received(row.id, row.connection, row.kind, zlib.decompress(row.body), row.received_at)


def unread(tx: Tx, limit: int) -> list[Received]:
    """Deliveries to be read, in the order they came."""
    t = tables.inbox
    return [
        _received(row)
        for row in tx.execute(select(t).where(t.c.done_at.is_(None)).order_by(t.c.id).limit(limit))
    ]


def finish(tx: Tx, ids: Sequence[int], *, at: datetime) -> None:
    """These deliveries are read."""
    tx.execute(update(tables.inbox).where(tables.inbox.c.id.in_(list(ids))).values(done_at=at))


def refuse(tx: Tx, received: Received, *, at: datetime, error: str) -> None:
    """This delivery cannot be understood; it is kept with the reason until `prune`."""
    tx.execute(update(tables.inbox).where(tables.inbox.c.id == received.id).values(done_at=at, error=error))


def prune(tx: Tx, before: datetime) -> int:
    """Drop deliveries read before a moment. Gives how many. Keep them for as long as a sender may repeat."""
    t = tables.inbox
    return tx.execute(delete(t).where(t.c.done_at.is_not(None), t.c.done_at < before)).rowcount


def backlog(tx: Tx) -> int:
    """How many deliveries wait."""
    return tx.execute(select(func.count()).where(tables.inbox.c.done_at.is_(None))).scalar_one()


def give_hints(tx: Tx, keys: Iterable[RecordKey], *, at: datetime) -> None:
    """Let these records be read again soon."""
    rows = [{**key_values(key), "at": at} for key in dict.fromkeys(keys)]
    run_many(tx, upsert(tx, tables.hint, update=("at",)), rows)


def hints(tx: Tx, connection: str, *, object: str, limit: int) -> list[Hint]:
    """Records of an object to be read again, the oldest hint first."""
    t = tables.hint
    query = select(t).where(t.c.connection == connection, t.c.object == object)
    return [
        Hint(key_of(row), row.at) for row in tx.execute(query.order_by(t.c.at, t.c.remote_id).limit(limit))
    ]


def drop_hints(tx: Tx, taken: Sequence[Hint]) -> None:
    """These records were read since the hint. One hinted at again meanwhile stays."""
    t = tables.hint
    statement = (
        delete(t)
        .where(t.c.connection == bindparam("b_connection"), t.c.object == bindparam("b_object"))
        .where(t.c.remote_id == bindparam("b_id"), t.c.at <= bindparam("b_at"))
    )
    rows = [
        {
            "b_connection": hint.key.connection,
            "b_object": hint.key.object,
            "b_id": hint.key.id,
            "b_at": hint.at,
        }
        for hint in taken
    ]
    run_many(tx, statement, rows)
