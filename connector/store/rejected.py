"""Rejections with the hand-offs that they answer: what digests, lists and brakes ask for. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from connector.domain.facts import Rejection
from connector.domain.floods import SaidNo
from connector.store import tables
from connector.store.engine import Tx
from connector.store.handoffs import HandOff, handoffs_by_id
from connector.store.rejections import rejections_of
from connector.store.writes import chunks


@dataclass(frozen=True, slots=True)
class Rejected:
    """A hand-off that sales rejected, what it said, and when Baton learned of it."""

    handoff: HandOff
    rejection: Rejection
    learned_at: datetime

    @property
    def by(self) -> str:
        """Who set it: the user where known, else the rep whose no it is."""
        return self.rejection.said_by or self.rejection.rep_id


def learned_between(tx: Tx, start: datetime, *, end: datetime) -> list[Rejected]:
    """Rejections learned of in `start <= t < end`, by time. By the time of learning, so that none falls between two
    periods, however late it was read."""
    t = tables.rejection
    return _read(tx, t.c.learned_at >= start, t.c.learned_at < end)


def contested(tx: Tx) -> list[Rejected]:
    """Rejections that an SDR contests and no manager has settled."""
    t = tables.rejection
    return _read(tx, t.c.contested_at.is_not(None), t.c.found_at.is_(None))


def found_between(tx: Tx, start: datetime, *, end: datetime) -> list[Rejected]:
    """Rejections that a manager settled in `start <= t < end`."""
    t = tables.rejection
    return _read(tx, t.c.found_at >= start, t.c.found_at < end)


def owed(tx: Tx) -> list[Rejected]:
    """Rejections that still lack their reason."""
    t = tables.rejection
    return _read(tx, t.c.reason == "", t.c.annulled.is_(False))


def said_by(tx: Tx, users: Iterable[str], *, start: datetime, end: datetime) -> list[SaidNo]:
    """What these users rejected in `start <= t <= end`, as it happened in the CRM."""
    t = tables.rejection
    who = func.coalesce(func.nullif(t.c.said_by, ""), t.c.rep_id)
    found: list[SaidNo] = []
    for chunk in chunks(sorted(set(users))):
        query = select(who, t.c.at, t.c.handoff_id).where(who.in_(chunk), t.c.at >= start, t.c.at <= end)
        found += [SaidNo(*row) for row in tx.execute(query)]
    return found


def _read(tx: Tx, *conditions: Any) -> list[Rejected]:
    t = tables.rejection
    query = select(t.c.handoff_id, t.c.learned_at).where(*conditions).order_by(t.c.at, t.c.handoff_id)
    learned: dict[str, datetime] = {row.handoff_id: row.learned_at for row in tx.execute(query)}
    return _joined(tx, learned, list(learned))


def _joined(tx: Tx, learned: dict[str, datetime], ids: Sequence[str]) -> list[Rejected]:
    handoffs, said = handoffs_by_id(tx, ids), rejections_of(tx, ids)
    return [Rejected(handoffs[one], said[one], learned[one]) for one in ids]
