"""What could not be done and waits for a person, with its reason. Nothing is lost, nothing is tried for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select, update

from connector.store import tables
from connector.store.engine import Tx
from connector.store.writes import insert_into


@dataclass(frozen=True, slots=True)
class Trouble:
    """What could not be done: `kind` says what it is (activity, record, field, value, ...), `key` which one, `reason` why,
    as a code. `detail` has no personal data; `payload` is what a replay needs."""

    kind: str
    key: str
    reason: str
    detail: str = ""
    payload: Any = None


@dataclass(frozen=True, slots=True)
class Parked:
    """A trouble that waits."""

    id: int
    kind: str
    key: str
    reason: str
    detail: str
    payload: Any
    at: datetime


def park(tx: Tx, trouble: Trouble, *, at: datetime) -> None:
    """Park something; parked again while it waits, it is one row with the newest reason."""
    t = tables.parked
    statement = insert_into(tx, t)
    new = statement.excluded
    putting = statement.on_conflict_do_update(
        index_elements=[t.c.kind, t.c.key],
        index_where=t.c.resolved_at.is_(None),
        set_={"reason": new.reason, "detail": new.detail, "payload": new.payload, "at": new.at},
    )
    tx.execute(putting, {**asdict(trouble), "at": at})


def ask_once(tx: Tx, trouble: Trouble, *, at: datetime) -> None:
    """Park a question to a person. Asked about the same `detail` it keeps its time, and what somebody has dealt with is not
    asked again."""
    t = tables.parked
    mine = and_(t.c.kind == trouble.kind, t.c.key == trouble.key, t.c.detail == trouble.detail)
    stands = or_(t.c.resolved_at.is_(None), t.c.resolved_by != "baton")
    if tx.execute(select(t.c.id).where(mine, stands).limit(1)).first() is None:
        park(tx, trouble, at=at)


def waiting_parked(tx: Tx, kind: str = "", *, limit: int = 100) -> list[Parked]:
    """What waits, of one kind or all, the oldest first."""
    t = tables.parked
    query = select(t).where(t.c.resolved_at.is_(None)).order_by(t.c.at, t.c.id).limit(limit)
    if kind:
        query = query.where(t.c.kind == kind)
    return [Parked(r.id, r.kind, r.key, r.reason, r.detail, r.payload, r.at) for r in tx.execute(query)]


def count_parked(tx: Tx) -> dict[str, int]:
    """How many things wait, by kind."""
    t = tables.parked
    query = select(t.c.kind, func.count()).where(t.c.resolved_at.is_(None)).group_by(t.c.kind)
    return dict(tx.execute(query).all())


def resolve_parked(tx: Tx, ids: Sequence[int], *, at: datetime, by: str) -> int:
    """These are dealt with (replayed, or given up by a person). Gives how many waited."""
    t = tables.parked
    statement = update(t).where(t.c.id.in_(list(ids)), t.c.resolved_at.is_(None))
    return tx.execute(statement.values(resolved_at=at, resolved_by=by)).rowcount


def resolve_key(tx: Tx, kind: str, *, key: str, at: datetime) -> bool:
    """What was parked under this key has come right by itself. False when nothing was."""
    t = tables.parked
    statement = update(t).where(t.c.kind == kind, t.c.key == key, t.c.resolved_at.is_(None))
    return tx.execute(statement.values(resolved_at=at, resolved_by="baton")).rowcount > 0


def came_right(tx: Tx, kind: str, *, keys: Sequence[str], reason: str, at: datetime) -> None:
    """What was parked under these keys for this reason has come right by itself."""
    t = tables.parked
    mine = and_(t.c.kind == kind, t.c.key.in_(list(keys)), t.c.reason == reason, t.c.resolved_at.is_(None))
    tx.execute(update(t).where(mine).values(resolved_at=at, resolved_by="baton"))
