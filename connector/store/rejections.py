"""Sales' rejections, and how a contested one was found (还原真相)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from connector.domain.facts import Rejection
from connector.store import tables
from connector.store.engine import Tx
from connector.store.writes import chunks, insert_once


def record_rejection(tx: Tx, handoff_id: str, *, rejection: Rejection, learned_at: datetime) -> bool:
    """Store a rejection, or what became known of it later (a reason that was owed). False when nothing is new.
    A finding is never undone by this."""
    t = tables.rejection
    values: dict[str, Any] = {
        "rep_id": rejection.rep_id,
        "reason": rejection.reason,
        "note": rejection.note,
        "until": rejection.until,
        "return_to_me": rejection.return_to_me,
    }
    new = {
        "handoff_id": handoff_id,
        "at": rejection.at,
        "learned_at": learned_at,
        "annulled": rejection.annulled,
    }
    if insert_once(tx, t, values={**new, **values}):
        return True
    row = tx.execute(select(t).where(t.c.handoff_id == handoff_id)).mappings().one()
    if all(row[name] == value for name, value in values.items()):
        return False
    tx.execute(update(t).where(t.c.handoff_id == handoff_id).values(**values))
    return True


def contest(tx: Tx, handoff_id: str, *, at: datetime, by: str, note: str) -> bool:
    """An SDR contests a rejection. False when there is none, or it was contested before."""
    t = tables.rejection
    statement = update(t).where(t.c.handoff_id == handoff_id, t.c.contested_at.is_(None))
    return tx.execute(statement.values(contested_at=at, contested_by=by, contest_note=note)).rowcount > 0


def find(tx: Tx, handoff_id: str, *, finding: str, at: datetime, by: str) -> bool:
    """A manager's finding (lead, sdr, rep, unclear). Against the rep, the rejection is annulled. False when there is no
    rejection, or a finding stands."""
    t = tables.rejection
    statement = update(t).where(t.c.handoff_id == handoff_id, t.c.found_at.is_(None))
    values = {"finding": finding, "found_at": at, "found_by": by, "annulled": finding == "rep"}
    return tx.execute(statement.values(values)).rowcount > 0


def rejections_of(tx: Tx, handoff_ids: Sequence[str]) -> dict[str, Rejection]:
    """The rejections of these hand-offs, annulled ones marked."""
    t = tables.rejection
    found: dict[str, Rejection] = {}
    for chunk in chunks(handoff_ids):
        for row in tx.execute(select(t).where(t.c.handoff_id.in_(chunk))):
            found[row.handoff_id] = _rejection(row)
    return found


def rejections_since(tx: Tx, since: datetime) -> dict[str, Rejection]:
    """Rejections learned since a moment, by hand-off: for the digest, and for the brake on many at once."""
    t = tables.rejection
    query = select(t).where(t.c.learned_at >= since).order_by(t.c.learned_at)
    return {row.handoff_id: _rejection(row) for row in tx.execute(query)}


def count_since(tx: Tx, since: datetime) -> int:
    """How many rejections were learned since a moment."""
    t = tables.rejection
    return tx.execute(select(func.count()).where(t.c.learned_at >= since)).scalar_one()


def _rejection(row: Any) -> Rejection:
    return Rejection(
        at=row.at,
        rep_id=row.rep_id,
        reason=row.reason,
        note=row.note,
        until=row.until,
        return_to_me=row.return_to_me,
        annulled=row.annulled,
    )
