"""Sales' rejections, and how a contested one was found (还原真相)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update

from connector.domain.dispute import Contested, Found
from connector.domain.facts import Dispute, Rejection
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
        "said_by": rejection.said_by,
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


def contest(tx: Tx, contested: Contested) -> bool:
    """An SDR contests a rejection. False when there is none, or it was contested before."""
    t = tables.rejection
    statement = update(t).where(t.c.handoff_id == contested.handoff_id, t.c.contested_at.is_(None))
    values = {"contested_at": contested.at, "contested_by": contested.by, "contest_note": contested.note}
    return tx.execute(statement.values(values)).rowcount > 0


def find(tx: Tx, found: Found) -> bool:
    """A manager's finding. Against the rep, the rejection is annulled. False when there is no rejection, or a finding
    stands."""
    t = tables.rejection
    statement = update(t).where(t.c.handoff_id == found.handoff_id, t.c.found_at.is_(None))
    values = {
        "finding": found.finding.value,
        "found_at": found.at,
        "found_by": found.by,
        "found_note": found.note,
        "annulled": found.annuls,
    }
    return tx.execute(statement.values(values)).rowcount > 0


def note_merge(tx: Tx, lead_ids: Sequence[str], *, at: datetime) -> None:
    """These leads are one from now on: a no that called one of them a duplicate is settled."""
    t, h = tables.rejection, tables.handoff
    mine = select(h.c.id).where(h.c.lead_id.in_(list(lead_ids)))
    tx.execute(update(t).where(t.c.handoff_id.in_(mine), t.c.merged_at.is_(None)).values(merged_at=at))


def rejections_of(tx: Tx, handoff_ids: Sequence[str]) -> dict[str, Rejection]:
    """The rejections of these hand-offs, annulled ones marked."""
    t = tables.rejection
    found: dict[str, Rejection] = {}
    for chunk in chunks(handoff_ids):
        for row in tx.execute(select(t).where(t.c.handoff_id.in_(chunk))):
            found[row.handoff_id] = _rejection(row)
    return found


def count_of_rep(tx: Tx, rep_id: str, *, since: datetime) -> int:
    """How many leads a rep rejected since a moment, whoever set it for them, and how many they set themselves."""
    t = tables.rejection
    mine = or_(t.c.rep_id == rep_id, t.c.said_by == rep_id)
    return tx.execute(select(func.count()).where(mine, t.c.at >= since)).scalar_one()


def _rejection(row: Any) -> Rejection:
    return Rejection(
        at=row.at,
        rep_id=row.rep_id,
        reason=row.reason,
        note=row.note,
        until=row.until,
        return_to_me=row.return_to_me,
        annulled=row.annulled,
        said_by=row.said_by,
        merged_at=row.merged_at,
        dispute=Dispute(**{one.name: getattr(row, one.name) for one in fields(Dispute)}),
    )
