"""Turns mirror rows into leads, accounts and opportunities: rows that changed wait as pending, and are matched in batches,
each with all it causes in one transaction. Killed at any moment and run again, it ends in the same state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from connector.store import mirror
from connector.store.engine import Tx
from connector.store.mirror import MirrorRow
from connector.sync import match_accounts, match_leads, match_opportunities
from connector.sync.engine import Engine
from connector.sync.reading import RECORD_ROLES, objects_of
from connector.sync.results import Counts, RoundResult
from mappings.records import ObjectRole, RecordKey

BATCH = 500
"""Rows of one transaction."""


class MatchRows(Protocol):
    """Matches one batch, and says how many rows it had to park."""

    def __call__(
        self, engine: Engine, tx: Tx, connection: str, rows: Sequence[MirrorRow], *, now: datetime
    ) -> int: ...


_MATCH: dict[ObjectRole, MatchRows] = {
    ObjectRole.ACCOUNT: match_accounts.match_rows,
    ObjectRole.LEAD: match_leads.match_rows,
    ObjectRole.OPPORTUNITY: match_opportunities.match_rows,
}


def match_pending(engine: Engine, result: RoundResult) -> None:
    """Match every pending row, companies first and deals last."""
    for role in RECORD_ROLES:
        for system in engine.systems:
            for name in objects_of(engine, system.connection, role):
                counts = result.of(system.connection, name)
                _match_object(engine, RecordKey(system.connection, name, ""), role, counts=counts)


def _match_object(engine: Engine, lane: RecordKey, role: ObjectRole, *, counts: Counts) -> None:
    while True:
        now = engine.now()
        with engine.store.begin() as tx:
            rows = mirror.pending(tx, lane.connection, object=lane.object, limit=BATCH)
            if rows:
                counts.parked += _MATCH[role](engine, tx, lane.connection, rows, now=now)
                mirror.settle(tx, rows)
        if not rows:
            return
        engine.progress.advance(len(rows))


def rematch(engine: Engine, connection: str, *, object: str) -> None:
    """Match every row of an object again, after its mapping changed."""
    with engine.store.begin() as tx:
        mirror.make_pending(tx, connection, object=object)
