"""What people asked for or set: hand-off requests, a manager's overrides, a stage or persona set by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update

from connector.domain.facts import Actor, HandSet, Override, Request
from connector.store import tables
from connector.store.engine import Tx
from connector.store.writes import chunks, insert_once
from mappings.records import RecordKey


def put_request(tx: Tx, request: Request, *, lead_id: str) -> bool:
    """Store a request, once per id. False when it is known: the same click, read again."""
    source = request.source
    values = {
        "id": request.id,
        "lead_id": lead_id,
        "at": request.at,
        "actor_kind": request.by.kind,
        "actor_id": request.by.id,
        "connection": source.connection if source else None,
        "object": source.object if source else None,
        "remote_id": source.id if source else None,
    }
    return insert_once(tx, tables.request, values=values)


def answer_request(tx: Tx, request_id: str, *, at: datetime, outcome: str) -> bool:
    """The request got its answer (handed_off, refused, ...). False when it had one."""
    t = tables.request
    statement = update(t).where(t.c.id == request_id, t.c.answered_at.is_(None))
    return tx.execute(statement.values(answered_at=at, outcome=outcome)).rowcount > 0


def let_ask_again(tx: Tx, request_id: str, *, outcome: str) -> bool:
    """What the request led to came to nothing (failed, withdrawn): the same click may ask once more. False when there is
    no such request."""
    t = tables.request
    return tx.execute(update(t).where(t.c.id == request_id).values(outcome=outcome)).rowcount > 0


def wait_again(tx: Tx, request_id: str, *, outcomes: Sequence[str] = ("failed",)) -> bool:
    """The request waits for an answer again, if its answer was one of `outcomes`. False when it was another one."""
    t = tables.request
    statement = update(t).where(t.c.id == request_id, t.c.outcome.in_(outcomes))
    return tx.execute(statement.values(answered_at=None, outcome="")).rowcount > 0


def requests_of(tx: Tx, lead_ids: Sequence[str], *, answered: bool = False) -> dict[str, tuple[Request, ...]]:
    """The requests of these leads that wait for an answer (with `answered`, all of them), by time."""
    t = tables.request
    found: dict[str, list[Request]] = {}
    for chunk in chunks(lead_ids):
        query = select(t).where(t.c.lead_id.in_(chunk)).order_by(t.c.at, t.c.id)
        if not answered:
            query = query.where(t.c.answered_at.is_(None))
        for row in tx.execute(query):
            found.setdefault(row.lead_id, []).append(_request(row))
    return {lead_id: tuple(requests) for lead_id, requests in found.items()}


def _request(row: Any) -> Request:
    source = RecordKey(row.connection, row.object, row.remote_id) if row.remote_id else None
    return Request(row.id, row.at, Actor(row.actor_kind, row.actor_id), source)


def grant_override(tx: Tx, lead_id: str, *, override: Override) -> int:
    """Store a manager's leave to pass a cooldown once. Gives its id."""
    t = tables.override_grant
    values = {
        "lead_id": lead_id,
        "at": override.at,
        "actor_kind": override.by.kind,
        "actor_id": override.by.id,
        "reason": override.reason,
        "used_at": override.at if override.used else None,
    }
    number: int = tx.execute(t.insert().values(**values).returning(t.c.id)).scalar_one()
    return number


def use_overrides(tx: Tx, lead_id: str, *, handoff_id: str, at: datetime) -> int:
    """A hand-off began: the lead's overrides are spent. Gives how many there were."""
    t = tables.override_grant
    mine = update(t).where(t.c.lead_id == lead_id, or_(t.c.used_at.is_(None), t.c.handoff_id.in_(_FAILED)))
    return tx.execute(mine.values(used_at=at, handoff_id=handoff_id)).rowcount


_FAILED = select(tables.handoff.c.id).where(tables.handoff.c.point == "failed")
"""A hand-off that came to nothing spends no override."""


def overrides_of(tx: Tx, lead_ids: Sequence[str]) -> dict[str, tuple[Override, ...]]:
    """The overrides of these leads, spent ones marked, by time."""
    t, h = tables.override_grant, tables.handoff
    found: dict[str, list[Override]] = {}
    query = select(t, h.c.point).join(h, h.c.id == t.c.handoff_id, isouter=True).order_by(t.c.at, t.c.id)
    for chunk in chunks(lead_ids):
        for row in tx.execute(query.where(t.c.lead_id.in_(chunk))):
            used = row.used_at is not None and row.point != "failed"
            actor = Actor(row.actor_kind, row.actor_id)
            spent_on = (row.handoff_id or "") if used else ""
            found.setdefault(row.lead_id, []).append(Override(row.at, actor, row.reason, used, spent_on))
    return {lead_id: tuple(overrides) for lead_id, overrides in found.items()}


def set_by_hand(tx: Tx, lead_id: str, *, what: str, hand_set: HandSet) -> None:
    """A person sets persona, stage or role; what was set before is ended and kept."""
    end_hand_set(tx, lead_id, what=what, end=Undone(hand_set.at, hand_set.by, hand_set.reason))
    values = {
        "lead_id": lead_id,
        "what": what,
        "value": hand_set.value,
        "reason": hand_set.reason,
        "actor_kind": hand_set.by.kind,
        "actor_id": hand_set.by.id,
        "at": hand_set.at,
    }
    tx.execute(tables.hand_set.insert().values(**values))


@dataclass(frozen=True, slots=True)
class Undone:
    """When, by whom and why something set by hand was taken back."""

    at: datetime
    by: Actor
    reason: str = ""


def end_hand_set(tx: Tx, lead_id: str, *, what: str, end: Undone) -> bool:
    """The computed one counts again. False when nothing was set."""
    t = tables.hand_set
    values = {
        "ended_at": end.at,
        "ended_kind": end.by.kind,
        "ended_id": end.by.id,
        "ended_reason": end.reason,
    }
    statement = update(t).where(t.c.lead_id == lead_id, t.c.what == what, t.c.ended_at.is_(None))
    return tx.execute(statement.values(**values)).rowcount > 0


def hand_sets_of(tx: Tx, lead_ids: Sequence[str]) -> dict[tuple[str, str], HandSet]:
    """What stands set by hand: (lead id, what) → value and reason."""
    t = tables.hand_set
    found: dict[tuple[str, str], HandSet] = {}
    for chunk in chunks(lead_ids):
        for row in tx.execute(select(t).where(t.c.lead_id.in_(chunk), t.c.ended_at.is_(None))):
            actor = Actor(row.actor_kind, row.actor_id)
            found[row.lead_id, row.what] = HandSet(row.value, row.reason, actor, row.at)
    return found
