"""Which leads are to be decided again, and since when. The only door to deciding.

One row per lead for good: its generation grows with every cause and every decision, so that a decision taken on older
facts, or by a worker that slept, settles nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, func, literal, select, update
from sqlalchemy.sql.elements import ColumnElement

from connector.store import tables
from connector.store.engine import Tx
from connector.store.types import UtcDateTime
from connector.store.writes import chunks, insert_into, run_many


@dataclass(frozen=True, slots=True)
class Dirty:
    """A lead that waits. Hand `generation` back to `settle`."""

    lead_id: str
    reason: str
    generation: int
    since: datetime


def _marking(tx: Tx, source: Any = None) -> Any:
    """The upsert behind every cause: a sooner due time wins, and the first cause names the reason."""
    t = tables.dirty
    statement = insert_into(tx, t)
    if source is not None:
        statement = statement.from_select(["lead_id", "reason", "generation", "since", "due_at"], source)
    new = statement.excluded
    sooner: ColumnElement[bool] = t.c.due_at.is_(None) | (new.due_at < t.c.due_at)
    return statement.on_conflict_do_update(
        index_elements=[t.c.lead_id],
        set_={
            "generation": t.c.generation + 1,
            "reason": case((sooner, new.reason), else_=t.c.reason),
            "since": case((sooner, new.since), else_=t.c.since),
            "due_at": case((sooner, new.due_at), else_=t.c.due_at),
        },
    )


def mark(
    tx: Tx, lead_ids: Iterable[str], *, reason: str, at: datetime, due_at: datetime | None = None
) -> None:
    """Let these leads be decided again, now or at `due_at`. In the transaction that causes it."""
    row = {"reason": reason, "generation": 1, "since": at, "due_at": due_at or at}
    run_many(tx, _marking(tx), [{"lead_id": lead_id, **row} for lead_id in dict.fromkeys(lead_ids)])


def mark_accounts(tx: Tx, account_ids: Iterable[str], *, reason: str, at: datetime) -> None:
    """Let every lead of these accounts be decided again."""
    ids = list(dict.fromkeys(account_ids))
    if ids:
        _mark_where(tx, tables.lead.c.account_id.in_(ids), reason=reason, at=at)


def mark_all(tx: Tx, *, reason: str, at: datetime) -> None:
    """Let every lead be decided again, after rules changed."""
    _mark_where(tx, tables.lead.c.id.is_not(None), reason=reason, at=at)


@dataclass(frozen=True, slots=True)
class Pace:
    """So many leads at once, the next after `every`: work that can wait does not stand before what cannot."""

    leads: int
    every: timedelta = timedelta(minutes=1)


def mark_cells(
    tx: Tx, cells: Sequence[str], *, reason: str, at: datetime, pace: Pace, without: Collection[str]
) -> int:
    """Let the leads that stand in these cells be decided again in slices, those at the steps `without` left out. Gives
    how many. A lead that has another cause meanwhile is decided for it at once."""
    t = tables.lead_state
    query = select(t.c.lead_id).where(t.c.cell.in_(list(cells)), t.c.step.not_in(list(without)))
    ids = list(tx.execute(query.order_by(t.c.lead_id)).scalars())
    for turn, chunk in enumerate(chunks(ids, pace.leads)):
        mark(tx, chunk, reason=reason, at=at, due_at=at + turn * pace.every)
    return len(ids)


def _mark_where(tx: Tx, which: ColumnElement[bool], *, reason: str, at: datetime) -> None:
    now = literal(at, UtcDateTime)
    source = select(tables.lead.c.id, literal(reason), literal(1), now, now)
    tx.execute(_marking(tx, source.where(tables.lead.c.merged_into.is_(None), which)))


def due(tx: Tx, now: datetime, *, limit: int) -> list[Dirty]:
    """Leads to be decided now, the longest waiting first."""
    t = tables.dirty
    query = (
        select(t)
        .where(t.c.due_at.is_not(None), t.c.due_at <= now)
        .order_by(t.c.due_at, t.c.lead_id)
        .limit(limit)
    )
    return [Dirty(row.lead_id, row.reason, row.generation, row.since) for row in tx.execute(query)]


def settle(tx: Tx, waiting: Dirty, *, at: datetime, reconsider_at: datetime | None) -> bool:
    """The lead was decided on the facts of this generation; it becomes due again at `reconsider_at`. False when something
    happened since: then throw the decision away (roll back), the lead is still due."""
    same = {"b_lead": waiting.lead_id, "b_generation": waiting.generation}
    return tx.execute(_SETTLE, {**same, "b_due": reconsider_at, "b_at": at}).rowcount > 0


def _settling() -> Any:
    t = tables.dirty
    same = update(t).where(t.c.lead_id == bindparam("b_lead"), t.c.generation == bindparam("b_generation"))
    return same.values(
        generation=t.c.generation + 1, due_at=bindparam("b_due"), since=bindparam("b_at"), reason="reconsider"
    )


_SETTLE = _settling()
"""Built once: every decision ends with it."""


def waiting(tx: Tx, now: datetime) -> int:
    """How many leads are due."""
    t = tables.dirty
    return tx.execute(select(func.count()).where(t.c.due_at.is_not(None), t.c.due_at <= now)).scalar_one()


def next_due(tx: Tx) -> datetime | None:
    """When the next lead becomes due."""
    t = tables.dirty
    found: datetime | None = tx.execute(
        select(func.min(t.c.due_at)).where(t.c.due_at.is_not(None))
    ).scalar_one()
    return found
