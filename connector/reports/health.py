"""How Baton fares: how far each object is read, what waits in which queue, what is parked, how the last runs went."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connector.store import dirty, handoffs, inbox, links, outbox, parked, runs
from connector.store.cursors import cursors
from connector.store.engine import Tx

RUNS = 8


def health(tx: Tx, now: datetime) -> dict[str, Any]:
    """The documented shape of `baton status --json` and `GET /api/v1/status`: counts and times, no personal data."""
    return {
        "now": now.isoformat(),
        "leads": links.count_leads(tx),
        "leads_due": dirty.waiting(tx, now),
        "inbox": inbox.backlog(tx),
        "read": [
            {
                "connection": one.connection,
                "object": one.object,
                "lane": one.lane,
                "done_until": _iso(one.done_until),
                "behind_seconds": int((now - one.done_until).total_seconds()) if one.done_until else None,
                "under_way": one.until is not None,
            }
            for one in cursors(tx)
        ],
        "outbox": [
            {"connection": lane.connection, "object": lane.object, "due": lane.due, "parked": lane.parked}
            for lane in outbox.lanes(tx, now)
        ],
        "hand_offs": [
            {"point": point, "answer": answer, "count": count}
            for point, answer, count in handoffs.count_handoffs(tx)
        ],
        "parked": [{"kind": kind, "count": count} for kind, count in sorted(parked.count_parked(tx).items())],
        "runs": [
            {
                "job": run.job,
                "why": run.why,
                "started_at": _iso(run.started_at),
                "ended_at": _iso(run.ended_at),
                "outcome": run.outcome,
                "error": run.error,
            }
            for run in runs.runs(tx, limit=RUNS)
        ],
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
