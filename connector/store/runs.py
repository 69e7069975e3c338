"""What ran when, why, with what outcome; who may run it now; and how many API calls a day has left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select, update

from connector.store import tables
from connector.store.claims import Claim
from connector.store.engine import Tx
from connector.store.writes import insert_into, upsert


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job. `outcome`: running, done, stopped, failed."""

    id: int
    job: str
    why: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    counts: Mapping[str, int]
    error: str


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended: done, stopped or failed, with its counts. `error` names class and request id, never a body."""

    outcome: str
    counts: Mapping[str, int] = field(default_factory=dict)
    error: str = ""


def start_run(tx: Tx, job: str, *, why: str, at: datetime) -> int:
    """Record that a job starts, and gives the run's id."""
    t = tables.run
    values = {"job": job, "why": why, "started_at": at, "counts": {}}
    number: int = tx.execute(t.insert().values(**values).returning(t.c.id)).scalar_one()
    return number


def end_run(tx: Tx, run_id: int, *, at: datetime, end: RunEnd) -> None:
    """Record how a run ended."""
    t = tables.run
    values = {"ended_at": at, "outcome": end.outcome, "counts": dict(end.counts), "error": end.error}
    tx.execute(update(t).where(t.c.id == run_id).values(**values))


def _run(row: Any) -> Run:
    return Run(row.id, row.job, row.why, row.started_at, row.ended_at, row.outcome, row.counts, row.error)


def runs(tx: Tx, job: str = "", *, limit: int = 50) -> list[Run]:
    """Runs of a job or of all, the newest first."""
    t = tables.run
    query = select(t).order_by(t.c.started_at.desc(), t.c.id.desc()).limit(limit)
    if job:
        query = query.where(t.c.job == job)
    return [_run(row) for row in tx.execute(query)]


def last_run(tx: Tx, job: str, *, outcome: str) -> Run | None:
    """The newest run of a job that ended so."""
    t = tables.run
    query = select(t).where(t.c.job == job, t.c.outcome == outcome).order_by(t.c.started_at.desc()).limit(1)
    row = tx.execute(query).first()
    return None if row is None else _run(row)


def take_lease(tx: Tx, name: str, *, claim: Claim) -> bool:
    """Be the only one who does `name` until the claim ends. Taking one's own lease again prolongs it. False when another
    holds it."""
    t = tables.lease
    statement = insert_into(tx, t)
    new = statement.excluded
    taking = statement.on_conflict_do_update(
        index_elements=[t.c.name],
        set_={"holder": new.holder, "until": new.until},
        where=(t.c.holder == new.holder) | (t.c.until <= claim.at),
    )
    values = {"name": name, "holder": claim.token, "until": claim.until}
    return tx.execute(taking.values(**values).returning(t.c.name)).first() is not None


def lease_holder(tx: Tx, name: str) -> str | None:
    """Who took the lease on `name` and has not ended it, None when nobody; its time may be over."""
    t = tables.lease
    holder: str | None = tx.execute(select(t.c.holder).where(t.c.name == name)).scalar()
    return holder


def end_lease(tx: Tx, name: str, *, claim: Claim) -> None:
    """Let others do `name` again."""
    t = tables.lease
    tx.execute(delete(t).where(t.c.name == name, t.c.holder == claim.token))


def spend_calls(tx: Tx, connection: str, *, day: date, calls: int) -> int:
    """Count API calls against a day's budget. Gives the day's total so far."""
    t = tables.call_budget
    statement = insert_into(tx, t)
    adding = statement.on_conflict_do_update(
        index_elements=[t.c.connection, t.c.day], set_={"used": t.c.used + statement.excluded.used}
    )
    values = {"connection": connection, "day": day, "used": calls}
    used: int = tx.execute(adding.values(**values).returning(t.c.used)).scalar_one()
    return used


def set_call_limit(tx: Tx, connection: str, *, day: date, limit: int | None) -> None:
    """How many calls Baton may make on a day; None: no bound."""
    values = {"connection": connection, "day": day, "limit": limit}
    tx.execute(upsert(tx, tables.call_budget, update=("limit",)), values)


def calls_left(tx: Tx, connection: str, *, day: date) -> int | None:
    """How many calls the day has left, never below nought; None: no bound is set."""
    t = tables.call_budget
    row = tx.execute(select(t).where(t.c.connection == connection, t.c.day == day)).first()
    if row is None or row.limit is None:
        return None
    return max(0, int(row.limit) - int(row.used))
