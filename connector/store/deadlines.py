"""Deadlines as they ran: one row per lead, name and start, kept when they are over; and notices, who is to be told of what.

A row that the decision no longer names has ended, met or not: what was owed then stays in history for figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select, update

from connector.domain.decision import Deadline
from connector.store import tables
from connector.store.engine import Tx
from connector.store.writes import chunks, insert_new, run_many, upsert

Open = Mapping[tuple[str, datetime], Deadline]
"""The deadlines of a lead that have not ended, by name and start."""

_ONCE = ("lead_id", "name", "since")
_TOLD_ONCE = ("lead_id", "kind", "deadline", "since", "to_kind", "to_id")


@dataclass(frozen=True, slots=True)
class Running:
    """A deadline that runs, with the lead and hand-off it is about."""

    lead_id: str
    handoff_id: str | None
    deadline: Deadline
    answer: str = ""
    cell: str = ""
    crm: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Somebody is to be told: `kind` is `breach`, or the cause of a reassignment; `since` when what it is about began.
    `to_kind` rep or sdr or manager; an empty `to_id` is whoever has that part."""

    kind: str
    lead_id: str
    handoff_id: str | None
    deadline: str
    since: datetime
    due_at: datetime | None
    to_kind: str
    to_id: str = ""


def open_deadlines(tx: Tx, lead_ids: Sequence[str]) -> dict[str, Open]:
    """The deadlines of these leads that have not ended."""
    t = tables.deadline
    found: dict[str, dict[tuple[str, datetime], Deadline]] = {}
    for chunk in chunks(lead_ids):
        query = select(t).where(t.c.lead_id.in_(chunk), t.c.ended_at.is_(None))
        for row in tx.execute(query):
            found.setdefault(row.lead_id, {})[row.name, row.since] = _deadline(row)
    return dict(found)


def keep_deadlines(
    tx: Tx, lead_id: str, *, before: Open, now: Sequence[Deadline], handoff_id: str | None, at: datetime
) -> None:
    """Make the rows say what the decision says; only what differs is written."""
    t = tables.deadline
    changed = [one for one in now if before.get((one.name, one.since)) != one]
    rows = [{**asdict(one), "lead_id": lead_id, "handoff_id": _whose(one, handoff_id)} for one in changed]
    new = ("handoff_id", "owner_id", "due_at", "met_at", "breached", "ended_at")
    run_many(tx, upsert(tx, t, update=new, key=_ONCE), [{**row, "ended_at": None} for row in rows])
    kept = {(one.name, one.since) for one in now}
    for name, since in before.keys() - kept:
        mine = and_(t.c.lead_id == lead_id, t.c.name == name, t.c.since == since)
        tx.execute(update(t).where(mine).values(ended_at=at))


def _whose(one: Deadline, handoff_id: str | None) -> str | None:
    return handoff_id if one.owner_id else None


def running(tx: Tx, now: datetime, *, owner_id: str = "") -> list[Running]:
    """Unmet deadlines that have not ended, of one rep or all, the longest due first. `breached` is as of `now`."""
    t, h = tables.deadline, tables.handoff
    query = select(t, h.c.answer, h.c.cell, h.c.crm_connection, h.c.crm_object, h.c.crm_id)
    query = query.join(h, h.c.id == t.c.handoff_id, isouter=True)
    query = query.where(t.c.ended_at.is_(None), t.c.met_at.is_(None))
    if owner_id:
        query = query.where(t.c.owner_id == owner_id)
    return [_running(row, now) for row in tx.execute(query.order_by(t.c.due_at, t.c.id))]


def _running(row: Any, now: datetime) -> Running:
    one = _deadline(row, breached=row.due_at <= now)
    crm = ":".join((row.crm_connection, row.crm_object, row.crm_id)) if row.crm_id else ""
    return Running(row.lead_id, row.handoff_id, one, row.answer or "", row.cell or "", crm)


def _deadline(row: Any, *, breached: bool | None = None) -> Deadline:
    late = row.breached if breached is None else breached
    return Deadline(row.name, row.owner_id, row.since, row.due_at, row.met_at, late)


def give_notice(tx: Tx, notices: Iterable[Notice], *, at: datetime) -> None:
    """Note who is to be told; of the same thing everybody is told once."""
    rows = [{**asdict(one), "at": at} for one in notices]
    run_many(tx, insert_new(tx, tables.notice, key=_TOLD_ONCE), rows)


def notices_waiting(tx: Tx, *, limit: int = 1000) -> list[tuple[int, datetime, Notice]]:
    """(id, at, notice) of whom nobody told yet, the oldest first."""
    t = tables.notice
    query = select(t).where(t.c.told_at.is_(None)).order_by(t.c.id).limit(limit)
    return [(row.id, row.at, _notice(row)) for row in tx.execute(query)]


def _notice(row: Any) -> Notice:
    return Notice(
        kind=row.kind,
        lead_id=row.lead_id,
        handoff_id=row.handoff_id,
        deadline=row.deadline,
        since=row.since,
        due_at=row.due_at,
        to_kind=row.to_kind,
        to_id=row.to_id,
    )
