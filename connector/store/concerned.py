"""Whom a change of the rules concerns: leads by where they stand, by when they were decided, and all of them in turn."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import func, or_, select

from connector.store import tables
from connector.store.engine import Tx


def living(tx: Tx) -> int:
    """How many leads there are."""
    t = tables.lead
    return tx.execute(select(func.count()).where(t.c.merged_into.is_(None))).scalar_one()


def leads_after(tx: Tx, lead_id: str, *, limit: int) -> list[str]:
    """The next leads in the order of their ids, behind this one."""
    t = tables.lead
    query = select(t.c.id).where(t.c.merged_into.is_(None), t.c.id > lead_id).order_by(t.c.id).limit(limit)
    return list(tx.execute(query).scalars())


def standing_in(tx: Tx, personas: Collection[str], cells: Collection[str]) -> set[str]:
    """The leads that stand in one of these rows or cells, and all that were ever handed off: sales' leads keep the cell of
    their hand-off, whatever would be computed for them."""
    if not (personas or cells):
        return set()
    state, episode = tables.lead_state, tables.handoff
    here = or_(state.c.persona.in_(sorted(personas)), state.c.cell.in_(sorted(cells)))
    return {*_ids(tx, select(state.c.lead_id).where(here)), *_ids(tx, select(episode.c.lead_id))}


def decided_since(tx: Tx, at: datetime) -> set[str]:
    """The leads that were decided at that instant or later."""
    t = tables.lead_state
    return set(_ids(tx, select(t.c.lead_id).where(t.c.updated_at >= at)))


def _ids(tx: Tx, query: object) -> Iterator[str]:
    yield from tx.execute(query).scalars()  # type: ignore[call-overload]
